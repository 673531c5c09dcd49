"""A mark that staff have looked at what a sponsor change does to people's pay.

The page that shows who gains and who loses hands it out; deciding asks for it. It names both
people and holds for an hour: what was looked at yesterday may be something else today.
"""

from django.core import signing

from representatives.models import Representative

SALT = "representatives.sponsor-change"
HOLDS_SECONDS = 3600


def seen_mark(member: Representative, sponsor: Representative) -> str:
    """Return the mark for one member below one sponsor."""
    return signing.dumps([member.pk, sponsor.pk], salt=SALT)


def was_seen(mark: str, member: Representative, sponsor: Representative) -> bool:
    """Tell whether a mark is of these two, and not older than it holds."""
    try:
        return bool(
            signing.loads(mark, salt=SALT, max_age=HOLDS_SECONDS) == [member.pk, sponsor.pk]
        )
    except signing.BadSignature:
        return False
