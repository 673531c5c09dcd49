"""A share of the company's volume (docs/plan/pool.md)."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any

from tests.engine.oracle.facts import EXACT, ROUNDING, Line, number
from tests.engine.oracle.statement import Statement, company_volume, share_out


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Share the pool out to all qualified members who have shares."""
    on = component.get("on", "bv")
    pool = max(0, period.round(company_volume(period, on) * period.rate(component["percent"], on)))
    shares = {}
    for member_id in sorted(period.members):
        if period.is_qualified(component, member_id):
            of_member = shares_of(period, component["shares"], member_id)
            if of_member > 0:
                shares[member_id] = of_member
    if pool == 0:
        return
    for member_id, amount in share_out(pool, list(shares.items())).items():
        rate = Fraction(shares[member_id], sum(shares.values()))
        line = Line(member_id, index, 0, rate, "money", base=pool, amount=amount, shared=True)
        period.lines[member_id, index, 0, rate] = line


def shares_of(period: Statement, rule: dict[str, Any], member_id: int) -> int:
    """How many shares a member has, before his qualification is looked at."""
    if "by_rank" in rule:
        name = period.ladder()[period.members[member_id].pay_rank]["name"]
        return rule["by_rank"].get(name, 0)
    if "ranking" in rule:
        position = period.rankings[rule["ranking"]][member_id].position
        of_position = [0, *rule["by_position"]]
        return of_position[position] if position < len(of_position) else 0
    figure: Decimal = period.measure(member_id, rule["measure"])
    per = number(rule["per"])
    return int(ROUNDING.divide(figure - EXACT.remainder(figure, per), per).to_integral(ROUND_FLOOR))
