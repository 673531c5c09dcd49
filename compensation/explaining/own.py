"""Which components pay a member nothing in a month, and why: what was needed and what was had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from compensation.engine.branches import Missed
from compensation.engine.components import Component, Match
from compensation.engine.explain import why_not_counted
from compensation.engine.plan import Plan
from compensation.engine.types import Reason, Status
from compensation.explaining.opened import Lines
from compensation.explaining.stored import People
from compensation.explaining.why import missed_as_json
from compensation.models import Carried, Earning, Run

PAID, NO_SALES = Reason.PAID.code, "no_sales"
"""``no_sales``: qualified, and nothing was sold (or earned) that the component pays for."""


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """Why a component paid a member nothing; or that it paid, and on which levels."""

    index: int
    id: str
    code: str
    """A reason code, or ``no_sales``."""
    missed: tuple[Missed, ...] = ()
    lines: tuple[Earning, ...] = ()
    unpaid_level: int | None = None
    """First level with sales that is too deep for him."""


def why_member(
    run: Run, plan: Plan, representative_id: int, *, component: int | None = None
) -> list[OwnAnswer]:
    """Tell for each component of the plan (or one) whether it paid a member, and why not.

    Empty if the member was not in the run.
    """
    lines = Lines(run, plan)
    people = lines.stored.members([representative_id])
    if not len(people):
        return []
    earned: dict[int, list[Earning]] = {}
    for line in Earning.objects.filter(run_id=run.pk, receiver_id=representative_id).order_by(
        "component", "paid_level"
    ):
        earned.setdefault(line.component, []).append(line)
    return [
        _answer(lines, people, index, one, tuple(earned.get(index, ())))
        for index, one in enumerate(plan.components)
        if component in (None, index)
    ]


def _answer(
    lines: Lines, people: People, index: int, component: Component, own: tuple[Earning, ...]
) -> OwnAnswer:
    person = people.uplines()[0]
    deeper = _too_deep(lines, people, component)
    if any(line.amount for line in own):
        return OwnAnswer(index, component.id, PAID, lines=own, unpaid_level=deeper)
    if not component.counted(people.standing)[0]:
        cause = why_not_counted(component, person, plan=lines.plan)
        return OwnAnswer(index, component.id, cause.reason.code, cause.missed)
    if deeper is not None:
        depth = component.depth(people.standing.ranks())
        had = None if depth is None else int(depth[0])
        return OwnAnswer(
            index,
            component.id,
            Reason.TOO_DEEP.code,
            (Missed("depth", deeper, had),),
            unpaid_level=deeper,
        )
    missed = _figures_missed(lines.run, component, people)
    code = Reason.BELOW_MINIMUM.code if missed else NO_SALES
    return OwnAnswer(index, component.id, code, missed)


def _too_deep(lines: Lines, people: People, component: Component) -> int | None:
    """Give the first level below the member's own depth that has sales, if the plan pays it."""
    depths = component.depth(people.standing.ranks())
    if depths is None or (not component.opens_to_orders and not isinstance(component, Match)):
        return None
    depth = int(depths[0])
    deepest = component.deepest() if hasattr(component, "deepest") else depth
    if people.fact("status")[0] != Status.ENROLLED or depth >= deepest:
        return None
    member = int(people.fact("representative_id")[0])
    return depth + 1 if lines.has_sellers(member, component, depth + 1) else None


def _figures_missed(run: Run, component: Component, people: People) -> tuple[Missed, ...]:
    """What a kind that hangs on no order asked for, where its own figures say so."""
    if component.kind == "rank_bonus":
        title, before = (int(people.fact(name)[0]) for name in ("title_rank", "opening_title"))
        return () if title > before else (Missed("title_rank", before + 1, title),)
    if component.kind == "binary_cycles":
        member = int(people.fact("representative_id")[0])
        found = []
        for side, name in (("left", "cycle_left"), ("right", "cycle_right")):
            needed = int(getattr(component, name))
            had = _carried(run, member, f"binary:{component.id}:{side}")
            if had < needed:
                found.append(Missed(f"{side}_leg_bv", needed, had))
        return tuple(found)
    return ()


def _carried(run: Run, member: int, key: str) -> int:
    keys = list(run.carried_keys)
    if key not in keys:
        return 0
    found = Carried.objects.filter(
        run_id=run.pk, representative_id=member, key=keys.index(key)
    ).first()
    return int(found.value) if found is not None else 0


def own_as_json(answer: OwnAnswer) -> dict[str, Any]:
    """Return an answer as plain values."""
    return {
        "component": answer.id,
        "reason": answer.code,
        "missed": missed_as_json(answer.missed),
        "levels_paid": [line.paid_level for line in answer.lines],
        "first_level_too_deep": answer.unpaid_level,
    }
