"""Rankings of what members have sold, and coupons (docs/plan/rankings.md)."""

from __future__ import annotations

from decimal import ROUND_FLOOR
from typing import Any

from tests.engine.oracle.facts import ROUNDING, Placing, number
from tests.engine.oracle.statement import Statement

NO_SALE = 10**30
"""Later than any sale: who sold nothing comes last among equals."""


def rank_sellers(period: Statement, ranking: dict[str, Any]) -> dict[int, Placing]:
    """Value and position of each member; coupons that are left are left behind."""
    entries = []
    found = {}
    for member_id in period.members:
        orders = period.orders_of[member_id]
        value = sum(order.units for order in orders)
        used = coupons_used(period, ranking, member_id, value)
        value += used
        found[member_id] = Placing(value, 0)
        if value > 0 and period.is_qualified(ranking, member_id):
            last_sale = max((order.paid_at for order in orders if order.units > 0), default=NO_SALE)
            entries.append((-value, last_sale, member_id))
    for position, (value, _, member_id) in enumerate(sorted(entries), start=1):
        found[member_id] = Placing(-value, position)
    return found


def coupons_used(period: Statement, ranking: dict[str, Any], member_id: int, units: int) -> int:
    """How many coupons a member uses: as he wishes, has, and as his units allow."""
    key = f"coupons:{ranking['id']}"
    said = period.stated.get(member_id, {})
    held = period.brought(member_id, key) + said.get("coupons", 0)
    used = 0
    if ranking["value"] == "units_plus_coupons_used":
        used = min(said.get("coupons_to_use", 0), held)
        per_unit = ranking.get("coupons_per_unit", "1")
        if per_unit != "unlimited":
            allowed = units * number(per_unit)
            used = min(used, int(allowed.to_integral_value(ROUND_FLOOR, ROUNDING)))
        used = max(0, used)
    period.leave(member_id, key, held - used)
    return used
