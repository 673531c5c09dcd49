"""Compare what the engine and its second implementation make of the same world."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from compensation import engine
from compensation.engine.explain import (
    Branch,
    Upline,
    branch_of,
    why,
)
from compensation.engine.opening import Opener, StatementLine
from compensation.engine.parts import OrderLines
from compensation.engine.types import Stated, Status
from compensation.engine.volumes import Orders
from tests.engine import oracle, strategies
from tests.engine.strategies import World

LINES_WITH_PARTS = 60
ORDERS_WITH_VERDICTS = 15

VOLUMES = (
    "sold_bv",
    "personal_bv",
    "own_bv",
    "window_bv",
    "window_own_bv",
    "group_bv",
    "personal_rsp",
    "window_rsp",
    "rsp_own",
    "rsp_total",
    "rsp_base",
    "points",
)
COUNTS = (
    "active",
    "active_directs",
    "direct_count",
    "title_rank",
    "pay_rank",
    "commission_minor",
    "order_count",
)


def compute(world: World) -> engine.Results:
    """Give a world to the engine."""
    row_of = {person.id: row for row, person in enumerate(world.people)}

    def column(rows: list[Any], name: str) -> list[Any]:
        return [getattr(row, name) for row in rows]

    members = engine.Members.of(
        column(world.people, "id"),
        [-1 if person.sponsor is None else row_of[person.sponsor] for person in world.people],
        status=[Status[person.status.upper()] for person in world.people],
        opening_title=column(world.people, "opening_title"),
        enrolled=column(world.people, "enrolled"),
    )
    sales = engine.Sales.of(
        [row_of[sale.seller] for sale in world.sales],
        **{
            name: column(world.sales, name)
            for name in ("order", "bv", "rsp", "rsp_all", "net", "own", "first_order", "day")
        },
    )
    qualifying = engine.Qualifying.of(
        [row_of[volume.member] for volume in world.qualifying],
        **{
            name: column(world.qualifying, name)
            for name in ("bv", "own_bv", "rsp", "rsp_all", "in_period")
        },
    )
    figures = {
        name: np.array(
            [
                world.stated.get(person.id, {}).get(name, engine.NOT_STATED)
                for person in world.people
            ]
        )
        for name in strategies.STATED
    }
    plan = engine.parse_plan(world.plan)
    stated = Stated.of(len(world.people), **figures)
    return engine.compute(plan, members, sales, qualifying=qualifying, stated=stated)


def answer(world: World) -> oracle.Answer:
    """Give a world to the oracle."""
    return oracle.Oracle(
        world.plan, world.people, world.sales, world.qualifying, world.stated
    ).answer()


def differences(
    results: engine.Results, expected: oracle.Answer, said: dict[int, dict[str, int]]
) -> list[str]:
    """Name every figure on which the two do not agree."""
    found = []
    members = results.members
    if sorted(members.ids.tolist()) != sorted(expected.members):
        found.append("the members are not the same")
    for position, member_id in enumerate(members.ids.tolist()):
        member = expected.members[member_id]
        pairs = {name: getattr(member, name) * 100 for name in VOLUMES}
        pairs |= {name: getattr(member, name) for name in COUNTS}
        pairs |= {name: value for name, value in said.get(member_id, {}).items() if name in VOLUMES}
        for name, wanted in pairs.items():
            got = getattr(members, name)[position].item()
            if got != wanted:
                found.append(f"member {member_id} {name}: engine {got}, oracle {wanted}")
        reason = engine.Reason(int(members.inactive_reason[position])).code
        if reason != member.inactive_reason:
            found.append(f"member {member_id} reason: {reason}, oracle {member.inactive_reason}")
    return found + line_differences(results, expected)


def line_differences(results: engine.Results, expected: oracle.Answer) -> list[str]:
    """Name every statement line on which the two do not agree."""
    earnings = results.earnings
    got = {}
    for index in range(len(earnings)):
        key = (
            int(results.members.ids[earnings.receiver[index]]),
            int(earnings.component[index]),
            int(earnings.paid_level[index]),
            Fraction(int(earnings.rate_num[index]), int(earnings.rate_den[index])),
        )
        assert key not in got, f"the line {key} is there twice"
        got[key] = (
            int(earnings.base[index]),
            int(earnings.amount[index]),
            engine.Unit(int(earnings.unit[index])).name.lower(),
            int(earnings.members[index]),
            int(earnings.sales[index]),
        )
    wanted = {
        (line.receiver, line.component, line.level, Fraction(line.rate)): (
            line.base,
            line.amount,
            line.unit,
            len(line.sellers),
            len(line.matched or line.orders),
        )
        for line in expected.lines
    }
    return [
        f"line {key}: engine {got.get(key)}, oracle {wanted.get(key)}"
        for key in sorted(got.keys() | wanted.keys())
        if got.get(key) != wanted.get(key)
    ]


def part_differences(world: World, results: engine.Results, expected: oracle.Oracle) -> list[str]:
    """Name every statement line whose parts are not the same by both."""
    position_of = {member_id: place for place, member_id in enumerate(results.members.ids.tolist())}
    opener = opener_of(world, results, position_of)
    found = []
    for line in list(expected.lines.values())[:LINES_WITH_PARTS]:
        stored = StatementLine(
            position_of[line.receiver], line.receiver, line.component, line.level, line.amount
        )
        got = {number: amount for (_, number), amount in opener.parts(stored).items()}
        wanted = expected.parts(line)
        assert sum(wanted.values()) == line.amount
        if got != wanted:
            found.append(f"line {line}: engine {got}, oracle {wanted}")
    return found


def opener_of(world: World, results: engine.Results, position_of: dict[int, int]) -> Opener:
    """Open lines of these results; an order line's number is its row's."""
    members, earnings = results.members, results.earnings
    enrolled_of = {person.id: person.enrolled for person in world.people}
    enrolled = np.array([enrolled_of[member_id] for member_id in members.ids.tolist()])

    def order_lines(positions: Any, branch: Branch) -> OrderLines:
        wanted = set(positions.tolist())
        rows = [
            number for number, sale in enumerate(world.sales) if position_of[sale.seller] in wanted
        ]
        sales = [world.sales[number] for number in rows]
        return OrderLines.of(
            [position_of[sale.seller] - branch.start for sale in sales],
            [sale.order for sale in sales],
            [str(sale.order) for sale in sales],
            rows,
            **{
                name: [getattr(sale, name) for sale in sales]
                for name in ("bv", "rsp", "rsp_all", "net", "own", "first_order", "day")
            },
        )

    def statement_lines(positions: Any, components: Any, branch: Branch) -> list[StatementLine]:
        return [
            StatementLine(
                int(earnings.receiver[index]),
                int(members.ids[earnings.receiver[index]]),
                int(earnings.component[index]),
                int(earnings.paid_level[index]),
                int(earnings.amount[index]),
            )
            for index in range(len(earnings))
            if earnings.receiver[index] in positions and earnings.component[index] in components
        ]

    return Opener(
        plan=engine.parse_plan(world.plan),
        branch=lambda line: branch_of(members, line.position, enrolled),
        order_lines=order_lines,
        statement_lines=statement_lines,
    )


def verdict_differences(
    world: World, results: engine.Results, expected: oracle.Oracle
) -> list[str]:
    """Name every order for which the engine tells other receivers than were paid."""
    members = results.members
    ids = members.ids.tolist()
    position_of = {member_id: place for place, member_id in enumerate(ids)}
    enrolled_of = {person.id: person.enrolled for person in world.people}

    found = []
    components = engine.parse_plan(world.plan).components
    for order in expected.orders[:ORDERS_WITH_VERDICTS]:
        sale = one_order(order, position_of[order.seller])
        path = [
            Upline.of(members, position_of[above]) for _, above in expected.uplines(order.seller)
        ]
        for index, component in enumerate(components):
            if component.kind == "match":
                continue  # it hangs on lines, not on an order
            verdicts = why(
                component,
                sale,
                Upline.of(members, position_of[order.seller]),
                enrolled_of[order.seller],
                path,
            )
            # A level without a rate pays nobody; the verdict tells of the level all the same.
            unpaid = unpaid_levels(world.plan["components"][index])
            got = {
                (ids[verdict.position], level)
                for verdict in verdicts
                for level in verdict.paid_levels
                if level not in unpaid
            }
            wanted = {
                (line.receiver, line.level)
                for line in expected.lines.values()
                if line.component == index and order.order in line.orders
            }
            if world.plan["components"][index].get("method") == "marginal":
                got &= wanted  # the verdict names every bracket, also those not reached
            if got != wanted:
                found.append(f"order {order} component {index}: engine {got}, oracle {wanted}")
    return found


def unpaid_levels(component: dict[str, Any]) -> set[int]:
    """Paid levels of a component whose rate is nought."""
    rates = component.get("rates", [])
    if component["kind"] == "volume_bracket":
        rates = [bracket["percent"] for bracket in component["brackets"]]
    return {level for level, rate in enumerate(rates, start=1) if Fraction(rate) == 0}


def one_order(order: oracle.Sale, position: int) -> Orders:
    """Give a whole order as the engine takes it."""
    facts = {
        name: np.array([getattr(order, name)])
        for name in ("bv", "rsp", "rsp_all", "net", "own", "first_order", "day")
    }
    return Orders.of_rows(
        engine.Sales.of(np.array([position]), order=np.array([order.order]), **facts)
    )
