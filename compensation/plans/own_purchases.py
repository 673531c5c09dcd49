"""How far activity rests on own purchases: a warning sign that regulators look at."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from compensation.calendar import day_start, month, quarter_to_date, trailing
from compensation.engine import PlanError
from compensation.models import Period, PeriodStatus
from compensation.plans import load_plan
from representatives.clock import company_zone

QUERY = """
WITH own AS (
    SELECT seller_id, sum(bv)::bigint AS bv FROM sales_order
    WHERE own AND counted_at >= %s AND counted_at < %s GROUP BY seller_id
)
SELECT count(*), count(*) FILTER (WHERE found.window_bv - coalesce(own.bv, 0) < %s)
FROM compensation_memberresult found
LEFT JOIN own ON own.seller_id = found.representative_id
WHERE found.run_id = %s AND found.active
"""


@dataclass(frozen=True, slots=True)
class OwnShare:
    """Of the members who were active in a closed month: who would not be without own purchases."""

    period: str
    active: int
    by_own_purchases: int


def activity_by_own_purchases() -> OwnShare | None:
    """Look at the last posted month; ``None`` if there is none or its test is not on BV.

    :raises django.db.DatabaseError: if the database can't be asked.
    """
    period = (
        Period.objects.filter(status=PeriodStatus.POSTED, visible_run__isnull=False)
        .select_related("visible_run__plan_version")
        .order_by("-starts_at")
        .first()
    )
    return None if period is None else own_share_of(period)


def own_share_of(period: Period) -> OwnShare | None:
    """Look at a month's visible run; ``None`` if there is none or its test is not on BV."""
    if period.visible_run is None:
        return None
    try:
        activity = load_plan(period.visible_run.plan_version.document).activity
    except PlanError:
        return None
    if activity.measure != "personal_bv":
        return None
    zone = company_zone()
    opens_at = period.starts_at
    if activity.window == "quarter_to_date":
        opens_at = quarter_to_date(month(period.label), zone).starts_at
    elif activity.window == "trailing":
        first = trailing(month(period.label), activity.trailing)
        opens_at = day_start(first.first_day, zone)
    with connection.cursor() as cursor:
        cursor.execute(QUERY, [opens_at, period.ends_at, activity.at_least, period.visible_run_id])
        active, by_own = cursor.fetchone()
    return OwnShare(period.label, active, by_own)
