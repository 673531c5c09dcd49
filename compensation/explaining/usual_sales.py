"""What sellers usually sell: the median order of the last periods, in BV and in points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from compensation import calendar
from compensation.engine.volumes import POINTS
from compensation.models import Run
from representatives.models import Company

PERIODS = 3
"""Periods looked at, with the run's own."""

# The lower median, so that half of the orders were at least as large.
_MEDIANS = """
    SELECT seller_id, percentile_disc(0.5) WITHIN GROUP (ORDER BY bv),
           percentile_disc(0.5) WITHIN GROUP (ORDER BY {points})
    FROM sales_order
    WHERE seller_id = ANY(%(sellers)s) AND bv > 0
      AND counted_at >= %(begins)s AND counted_at < %(ends)s
    GROUP BY seller_id
"""


@dataclass(frozen=True, slots=True)
class UsualSale:
    """The median order of a seller, hundredths."""

    bv: int
    rsp: int


def usual_sales(run: Run, points_from: str, seller_ids: Sequence[int]) -> dict[int, UsualSale]:
    """Return the usual sale of each seller who sold anything with BV in the last periods.

    BV and points are medians of their own.
    """
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    begins = calendar.trailing(calendar.month(run.period.label), PERIODS).bounds(zone).starts_at
    with connection.cursor() as cursor:
        cursor.execute(
            _MEDIANS.format(points=POINTS[points_from]),
            {"sellers": list(seller_ids), "begins": begins, "ends": run.period.ends_at},
        )
        return {seller: UsualSale(int(bv), int(rsp)) for seller, bv, rsp in cursor.fetchall()}
