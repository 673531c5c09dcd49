"""What a portal does that loops over orders with the ORM: one ``.sponsor`` query a step.

``python -m bench.orm_walk PERIOD`` computes the plan ``four-levels`` for the period that way and
prints its time and totals, which must be those of the period's run to the cent.
"""

import json
import sys
import time
from collections import defaultdict

import django

from bench.setting_up import level_percentages

ACTIVE_AT = 60_00
DEPTH = 4


def walk(period: str) -> dict[str, float | int]:
    """Walk every order's sellers up to the top, twice: for volumes, then for points and money."""
    from compensation.models import Period
    from sales.models import Order

    rates = level_percentages()
    month = Period.objects.get(label=period)
    orders = Order.objects.filter(counted_at__gte=month.starts_at, counted_at__lt=month.ends_at)
    started = time.perf_counter()
    personal: dict[int, int] = defaultdict(int)
    group: dict[int, int] = defaultdict(int)
    for order in orders:
        personal[order.seller_id] += order.bv
        member = order.seller
        while member is not None:
            group[member.pk] += order.bv
            member = member.sponsor

    points: dict[int, int] = defaultdict(int)
    base: dict[tuple[int, int], int] = defaultdict(int)
    for order in orders.all():
        points[order.seller_id] += order.rsp
        level = 0
        member = order.seller.sponsor
        while member is not None and level < max(DEPTH, len(rates)):
            if personal[member.pk] >= ACTIVE_AT:
                level += 1
                if level <= DEPTH:
                    points[member.pk] += order.rsp
                if level <= len(rates):
                    base[member.pk, level] += order.bv
            member = member.sponsor
    commission = 0
    for (_, level), volume in base.items():
        # Hundredths of a BV times per cent, rounded once a line, half away from zero.
        commission += (volume * rates[level - 1] + 50) // 100
    return {
        "seconds": time.perf_counter() - started,
        "commission_minor": commission,
        "rsp_credited": sum(points.values()),
        "group_bv_of_all": sum(group.values()),
    }


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(walk(sys.argv[1])) + "\n")
