"""Hold the reasons that the engine gives against what the oracle knows of people and lines."""

from __future__ import annotations

from typing import Any

from compensation import engine
from compensation.engine.explain import Upline, Verdict, why
from tests.engine import oracle
from tests.engine.comparison_of_parts import ORDERS_WITH_VERDICTS, lines_of, one_order
from tests.engine.oracle import caps
from tests.engine.strategies import World


def reason_differences(world: World, results: engine.Results, expected: oracle.Oracle) -> list[str]:
    """Name every reason that does not fit who somebody is and what he was paid."""
    position_of = {member_id: place for place, member_id in enumerate(results.members.ids.tolist())}
    enrolled_of = {person.id: person.enrolled for person in world.people}
    plan = engine.parse_plan(world.plan)
    lines = lines_of(plan, expected)

    def upline(member_id: int) -> Upline:
        return Upline.of(results.members, position_of[member_id], lines.get(member_id, {}))

    found = []
    for order in expected.orders[:ORDERS_WITH_VERDICTS]:
        sale = one_order(order, position_of[order.seller])
        above = [member_id for _, member_id in expected.uplines(order.seller)]
        for index, component in enumerate(plan.components):
            verdicts = why(
                component,
                sale,
                upline(order.seller),
                enrolled_of[order.seller],
                [upline(member_id) for member_id in above],
                plan=plan,
            )
            if pays_nobody(verdicts):
                continue
            gone = False
            told = dict(zip([order.seller, *above], [None] * (1 + len(above)), strict=True))
            for verdict in verdicts:
                told[results.members.ids[verdict.position].item()] = verdict
            for member_id, verdict in told.items():
                if verdict is not None:
                    possible = reasons_of(expected, index, member_id, verdict, gone=gone)
                    if verdict.reason.code not in possible:
                        found.append(
                            f"order {order.order} component {index} member {member_id}: "
                            f"{verdict}, oracle {sorted(possible)}"
                        )
                gone = gone or has_broken_away(expected, index, member_id)
    return found


def pays_nobody(verdicts: list[Verdict]) -> bool:
    """Whether a sale pays nobody for one reason, which lies in the sale or its seller."""
    return len({verdict.reason for verdict in verdicts}) <= 1 and not any(
        verdict.paid_levels for verdict in verdicts
    )


def has_broken_away(expected: oracle.Oracle, index: int, member_id: int) -> bool:
    """Whether sales stop at a member."""
    identifier = expected.plan["components"][index]["id"]
    return member_id in expected.breakaways.get(identifier, ({}, set()))[1]


def reasons_of(
    expected: oracle.Oracle, index: int, member_id: int, verdict: Verdict, *, gone: bool
) -> set[str]:
    """The reasons that fit a member."""
    component = expected.plan["components"][index]
    if verdict.paid_levels:
        return {"capped"} if is_cut(expected, index, member_id) else {"paid"}
    if not expected.is_enrolled(member_id):
        return {expected.members[member_id].person.status}
    if not is_qualified(expected, component, member_id):
        return {"inactive", "below_minimum"} if "qualification" in component else {"inactive"}
    return {"breakaway"} if gone else {"too_deep", "below_minimum"}


def is_qualified(expected: oracle.Oracle, component: dict[str, Any], member_id: int) -> bool:
    """Whether an enrolled member can be paid by a component at all."""
    if component["kind"] == "flat_bonus" and not component.get("requires_active", True):
        return True
    if component["kind"] == "retail_profit" and "qualification" not in component:
        return True
    return expected.is_qualified(component, member_id)


def is_cut(expected: oracle.Oracle, index: int, member_id: int) -> bool:
    """Whether a cap has cut what a member got from a component."""
    components = len(expected.plan["components"])
    return any(
        index in caps.components_of(expected, expected.plan["caps"][line.component - components])
        for line in expected.lines.values()
        if line.receiver == member_id and line.component >= components
    )
