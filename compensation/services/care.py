"""What a sponsor does for members: a talk put on the list; and the counts that sponsors see."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection, transaction

from compensation.models.care import FEWEST
from representatives.models import Representative
from sales.followups.services import plan_follow_up
from sales.models import FollowUp

LATELY_DAYS = 60
"""A customer who went quiet longer ago is no news any more."""

_FORGET = "DELETE FROM compensation_quietcustomers"

# Who was erased, merged or asked not to be contacted is no matter of anybody's care.
_COUNT = """
INSERT INTO compensation_quietcustomers (representative_id, people, counted_on)
SELECT c.representative_id, count(*), %(day)s
FROM sales_customerpulse p JOIN sales_customer c ON c.id = p.customer_id
WHERE p.quiet_on <= %(day)s AND p.quiet_on > %(since)s
AND NOT c.is_self AND c.erased_at IS NULL AND c.merged_into_id IS NULL AND c.no_contact_at IS NULL
GROUP BY c.representative_id
HAVING count(*) >= %(fewest)s
ON CONFLICT (representative_id)
DO UPDATE SET people = EXCLUDED.people, counted_on = EXCLUDED.counted_on
"""


@transaction.atomic
def count_quiet_customers(*, day: date) -> int:
    """Count anew whose customers went quiet in the 60 days up to a day; return how many members.

    Set-based: one statement whatever the number of customers. Members with fewer than three get no
    row. Safe to repeat, and beside itself.
    """
    since = date.fromordinal(day.toordinal() - LATELY_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)
        cursor.execute(_COUNT, {"day": day, "since": since, "fewest": FEWEST})
        return int(cursor.rowcount)


@transaction.atomic
def plan_talk(
    *,
    representative: Representative,
    member: Representative,
    about: str,
    text: str,
    due_on: date,
    now: datetime,
) -> FollowUp:
    """Return the follow-up for a talk with a member; the open one where there is one already.

    Two clicks at the same moment make one.

    :raises UnableToFollowUp: if the member is not in the representative's line.
    """
    prefix = f"team:{representative.pk}:{member.pk}:{about}:"
    rows = FollowUp.objects.filter(representative=representative, member=member)
    planned = rows.filter(state=FollowUp.State.OPEN).order_by("due_on", "pk").first()
    if planned is not None:
        return planned
    return plan_follow_up(
        representative=representative,
        kind=FollowUp.Kind.MEMBER,
        member=member,
        due_on=due_on,
        text=text,
        source_key=f"{prefix}{rows.filter(source_key__startswith=prefix).count()}",
        now=now,
    )
