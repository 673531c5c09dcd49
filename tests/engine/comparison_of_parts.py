"""Compare how the engine explains its figures with its second implementation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from compensation import engine
from compensation.engine.components import Match
from compensation.engine.explain import Branch, Upline, branch_of, why, why_matched
from compensation.engine.opening import Opener, StatementLine
from compensation.engine.parts import OrderLines
from compensation.engine.volumes import FACTS, QUANTITIES, Orders
from tests.engine import oracle
from tests.engine.oracle import matching
from tests.engine.strategies import World

LINES_WITH_PARTS = 60
ORDERS_WITH_VERDICTS = 15


def part_differences(world: World, results: engine.Results, expected: oracle.Oracle) -> list[str]:
    """Name every statement line whose parts are not the same by both."""
    position_of = {member_id: place for place, member_id in enumerate(results.members.ids.tolist())}
    opener = opener_of(world, results, position_of)
    found = []
    lines = [line for line in expected.lines.values() if line.base]
    for line in lines[:LINES_WITH_PARTS]:
        stored = StatementLine(
            position_of[line.receiver], line.receiver, line.component, line.level, line.amount
        )
        got = {number: amount for (_, number), amount in opener.parts(stored).items()}
        wanted = expected.parts(line)
        if got != wanted:
            found.append(f"line {line}: engine {got}, oracle {wanted}")
        if expected.hangs_on_orders(line) and opener.unopened(stored):
            found.append(f"line {line}: {opener.unopened(stored)} hangs on no order")
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
            **facts_of(sales),
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
    plan = engine.parse_plan(world.plan)
    lines = lines_of(plan, expected)

    def upline(member_id: int) -> Upline:
        return Upline.of(members, position_of[member_id], lines.get(member_id, {}))

    for order in expected.orders[:ORDERS_WITH_VERDICTS]:
        sale = one_order(order, position_of[order.seller])
        path = [upline(above) for _, above in expected.uplines(order.seller)]
        for index, component in enumerate(plan.components):
            verdicts = why(
                component,
                sale,
                upline(order.seller),
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
                if line.component == index and line.orders.get(order.order)
            }
            if got != wanted:
                found.append(f"order {order} component {index}: engine {got}, oracle {wanted}")
    return found


def lines_of(
    plan: engine.Plan, expected: oracle.Oracle
) -> dict[int, dict[tuple[str, int], tuple[int, int]]]:
    """Base and amount of everybody's lines, as a run stores them."""
    found: dict[int, dict[tuple[str, int], tuple[int, int]]] = {}
    for line in expected.lines.values():
        if line.base:
            key = plan.statement_id(line.component), line.level
            found.setdefault(line.receiver, {})[key] = line.base, line.amount
    return found


def match_differences(world: World, results: engine.Results, expected: oracle.Oracle) -> list[str]:
    """Name every earner for whom the engine tells other receivers of a match than were paid."""
    members = results.members
    ids = members.ids.tolist()
    position_of = {member_id: place for place, member_id in enumerate(ids)}
    found = []
    for index, component in enumerate(engine.parse_plan(world.plan).components):
        if not isinstance(component, Match):
            continue
        lines = [line for line in expected.lines.values() if line.component == index]
        earners = {
            line.receiver
            for line in matching.matched_lines(expected, world.plan["components"][index])
        }
        for earner in sorted(earners)[:ORDERS_WITH_VERDICTS]:
            path = [Upline.of(members, position_of[above]) for _, above in expected.uplines(earner)]
            unpaid = unpaid_levels(world.plan["components"][index])
            got = {
                (ids[verdict.position], level)
                for verdict in why_matched(component, path)
                for level in verdict.paid_levels
                if level not in unpaid
            }
            wanted = {
                (line.receiver, line.level)
                for line in lines
                if any(other.receiver == earner for other in line.matched)
            }
            if got != wanted:
                found.append(f"earner {earner} match {index}: engine {got}, oracle {wanted}")
    return found


def unpaid_levels(component: dict[str, Any]) -> set[int]:
    """Paid levels of a component whose rate is nought."""
    rates = component.get("rates", [])
    if component["kind"] == "volume_bracket":
        rates = [bracket["percent"] for bracket in component["brackets"]]
    of_seller = {
        "level_percent": component.get("seller_rate", "0"),
        "generation_percent": component.get("own_rate", "0"),
        "retail_profit": component.get("percent", "100"),
    }
    by_level = [of_seller.get(component["kind"], "1"), *rates]
    return {level for level, rate in enumerate(by_level) if Fraction(rate) == 0}


def one_order(order: oracle.Sale, position: int) -> Orders:
    """Give a whole order as the engine takes it."""
    return Orders.of_rows(engine.Sales.of([position], order=[order.order], **facts_of([order])))


def facts_of(sales: list[oracle.Sale]) -> dict[str, list[Any]]:
    """What the engine takes of each row."""
    facts = {name: [getattr(sale, name) for sale in sales] for name in (*QUANTITIES, *FACTS)}
    facts["customer"] = [-1 if one is None else one for one in facts["customer"]]
    return facts
