"""Each morning on which something is due: one notice to each representative, by one statement.

It tells how many follow-ups wait and never of whom, so that no name leaves the portal by e-mail.
"""

from __future__ import annotations

from datetime import datetime, time

from django.core.cache import cache
from django.db import connection, transaction

from representatives.models import Company
from representatives.notice_kinds import NoticeKind
from representatives.notices import notify_selected

DAY_SECONDS = 24 * 3600
REMINDED_KEY = "follow-ups-reminded"
"""Where the cache keeps which day was seen to: a hint that saves looking again, no more."""
REMINDED_AT = time(6)
"""From when on the notices of a day are written, in the company's zone: before its digests."""

_DUE = """
    SELECT r.user_id, %(event)s::text,
           jsonb_build_object('due', due.all, 'overdue', due.late, 'day', %(day)s::text)
    FROM (
        SELECT f.representative_id, count(*) AS all,
               count(*) FILTER (WHERE f.due_on < %(day)s::date) AS late
        FROM sales_followup f
        WHERE f.state = 'open' AND f.due_on <= %(day)s::date
        GROUP BY f.representative_id
    ) due
    JOIN representatives_representative r ON r.id = due.representative_id
    WHERE r.user_id IS NOT NULL AND r.status = 'enrolled'
    AND NOT EXISTS (
        SELECT FROM representatives_notice n
        WHERE n.user_id = r.user_id AND n.event = %(event)s
    )
"""

# A newer one says all that the ones before it said: only the newest is left to read.
_REPLACE = """
UPDATE representatives_notice n SET read_at = %(now)s
WHERE n.kind = %(kind)s AND n.read_at IS NULL AND n.event <> %(event)s
AND n.user_id IN (
    SELECT r.user_id FROM representatives_representative r
    WHERE r.id IN (
        SELECT f.representative_id FROM sales_followup f
        WHERE f.state = 'open' AND f.due_on <= %(day)s::date
    )
)
AND EXISTS (
    SELECT FROM representatives_notice newer
    WHERE newer.user_id = n.user_id AND newer.event = %(event)s
)
"""


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Tell whoever has something to do today how much it is; return how many were told.

    Safe to repeat: once a day. Before REMINDED_AT nobody is told.
    """
    company = Company.objects.get(pk=Company.ONLY_ID)
    local = now.astimezone(company.zone)
    if local.time() < REMINDED_AT:
        return 0
    day = local.date()
    event = f"follow-ups:{day.isoformat()}"
    told = notify_selected(
        kind=NoticeKind.FOLLOW_UPS,
        receivers=_DUE,
        parameters={"event": event, "day": day.isoformat()},
        now=datetime.combine(day, REMINDED_AT, tzinfo=company.zone),
    )
    if told:
        with connection.cursor() as cursor:
            cursor.execute(
                _REPLACE,
                {
                    "event": event,
                    "day": day.isoformat(),
                    "kind": NoticeKind.FOLLOW_UPS.value,
                    "now": now,
                },
            )
    return told


def remind_once_a_day(*, now: datetime) -> int:
    """Remind on the first call of a day that comes late enough; the others look at nothing."""
    company = Company.objects.get(pk=Company.ONLY_ID)
    local = now.astimezone(company.zone)
    day = local.date().isoformat()
    if local.time() < REMINDED_AT or cache.get(REMINDED_KEY) == day:
        return 0
    told = remind(now=now)
    cache.set(REMINDED_KEY, day, timeout=DAY_SECONDS)
    return told
