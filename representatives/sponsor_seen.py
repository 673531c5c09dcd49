"""A mark that staff have looked at what a sponsor change does to people's pay.

The page that shows who gains and who loses hands it out; deciding asks for it. It names what was
looked at: both people, who looked, from when on the change would hold, the member's sponsor now and
the changes that are decided already. It holds for an hour, and no longer than all this is so.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.core import signing

from representatives.clock import next_period_start
from representatives.models import Representative, SponsorChange, User

SALT = "representatives.sponsor-change"
HOLDS_SECONDS = 3600


def seen_mark(
    member: Representative, sponsor: Representative, *, by: User, now: datetime, zone: ZoneInfo
) -> str:
    """Return the mark for one member below one sponsor, as it was looked at by somebody."""
    return signing.dumps(_facts(member, sponsor, by, now, zone), salt=SALT)


def was_seen(
    mark: str,
    member: Representative,
    sponsor: Representative,
    *,
    by: User,
    now: datetime,
    zone: ZoneInfo,
) -> bool:
    """Tell whether a mark is of this change as it is now and this person, and holds still."""
    try:
        seen = signing.loads(mark, salt=SALT, max_age=HOLDS_SECONDS)
    except signing.BadSignature:
        return False
    return bool(seen == _facts(member, sponsor, by, now, zone))


def _facts(
    member: Representative, sponsor: Representative, by: User, now: datetime, zone: ZoneInfo
) -> list[int | list[int] | None]:
    """Return what the effect of a change rests on and the mark holds."""
    pending = SponsorChange.objects.filter(
        representative=member, applied_at__isnull=True, cancelled_at__isnull=True
    )
    present = Representative.objects.filter(pk=member.pk).values_list("sponsor_id", flat=True)
    return [
        member.pk,
        sponsor.pk,
        by.pk,
        int(next_period_start(now, zone).timestamp()),
        present.first(),
        list(pending.order_by("pk").values_list("pk", flat=True)),
    ]
