"""What a line rests on that opens to no order lines: a bonus for a rank, a pool, cycles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from compensation.engine.caps import Cap
from compensation.engine.components import Component
from compensation.engine.figures import BOUGHT
from compensation.engine.opening import source_of
from compensation.engine.plan import Plan
from compensation.explaining.rank_card import figures_of, rows_of
from compensation.explaining.stored import StoredRun
from compensation.models import Carried, Earning, Run


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure that a line rests on; ``measure`` names it and says its unit."""

    measure: str
    value: int
    at_least: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"measure": self.measure, "value": self.value, "at_least": self.at_least}


def qualifying_facts(run: Run, plan: Plan, earning: Earning) -> list[Fact]:
    """Return the qualifying volume and figures of a line that hangs on no order; else nothing."""
    source = source_of(plan, earning.component)
    if isinstance(source, Cap):
        return []
    if source.kind == "rank_bonus":
        return _of_rank(run, plan, earning)
    if source.kind == "pool":
        return _of_pool(run, source, earning)
    if source.kind == "binary_cycles":
        return _of_cycles(run, source, earning)
    return []


def _of_rank(run: Run, plan: Plan, earning: Earning) -> list[Fact]:
    """The figures that the rank asks for, as they were, and the group's volume.

    The bonus itself asks for group BV without what was bought with points.
    """
    figures = figures_of(StoredRun(run).members([earning.receiver_id]))
    requires = plan.ranks.ladder[earning.paid_level].requires
    found = [Fact("rank", earning.paid_level)]
    for row in rows_of(requires, figures):
        found.append(Fact(row.measure, row.current, row.required))
        if row.bought:
            found.append(Fact(BOUGHT, row.bought))
    if not any(one.measure == "group_bv" for one in requires):
        found.append(Fact("group_bv", figures["group_bv"]))
    return found


def _of_pool(run: Run, source: Component, earning: Earning) -> list[Fact]:
    """The company's volume, the pool, and the shares."""
    on_net = getattr(source, "on", "bv") == "net"
    volume = Fact("company_net", run.net_minor) if on_net else Fact("company_bv", run.bv)
    return [
        volume,
        Fact("pool", earning.base),
        Fact("shares_own", earning.rate_num),
        Fact("shares_all", earning.rate_den),
    ]


def _of_cycles(run: Run, source: Component, earning: Earning) -> list[Fact]:
    """The cycles, what one takes, and what is left for the next period."""
    found = [
        Fact("cycles", earning.base),
        Fact("cycle_left", getattr(source, "cycle_left", 0)),
        Fact("cycle_right", getattr(source, "cycle_right", 0)),
    ]
    keys = list(run.carried_keys)
    for side in ("left", "right"):
        key = f"binary:{source.id}:{side}"
        left = None
        if key in keys:
            left = Carried.objects.filter(
                run_id=run.pk, representative_id=earning.receiver_id, key=keys.index(key)
            ).first()
        found.append(Fact(f"carried_{side}", left.value if left is not None else 0))
    return found
