"""The whole computation of a period: activity, volumes, ranks, depths, points, commissions."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from compensation.engine.carried import Carried, CarriedOut
from compensation.engine.components import Component, RspPoints
from compensation.engine.components.base import Situation, Standing
from compensation.engine.digests import carried_digest, input_digest, part_digest, result_digest
from compensation.engine.levels import Level
from compensation.engine.money import multiply_and_round, require_sum_fits
from compensation.engine.plan import Activity, Plan
from compensation.engine.ranks import decide_ranks
from compensation.engine.results import Earnings, MemberResults, Results, Totals
from compensation.engine.tree import Tree, build_tree
from compensation.engine.types import (
    NOT_STATED,
    Bool,
    EngineError,
    Int,
    Int32,
    Members,
    PeriodPlace,
    Qualifying,
    Reason,
    Sales,
    Stated,
    Status,
    Unit,
)
from compensation.engine.version import ENGINE_VERSION
from compensation.engine.volumes import Orders, Personal, Sums, gather_orders, personal_volumes


@dataclass(frozen=True, slots=True)
class _Lines:
    """The statement lines of one component and paid level."""

    component: int
    level: int
    rate: Fraction
    unit: Unit
    receiver: Int
    base: Int
    amount: Int
    members: Int32
    orders: Int32


def compute(
    plan: Plan,
    members: Members,
    sales: Sales,
    *,
    qualifying: Qualifying | None = None,
    stated: Stated | None = None,
    carried: Carried | None = None,
    calendar: PeriodPlace | None = None,
) -> Results:
    """Compute a period.

    The order is fixed: activity, volumes, ranks, depths, points, commissions. Nothing feeds back:
    the depth of a receiver is that of the own pay rank, which comes from volumes and from points
    at the base depth, never from points at the depth that is being decided.

    :raises EngineError: for input that can't be computed (a cycle, an unknown seller, an opening
        title outside the ladder); members are named by id, orders by number.
    :raises SumTooLargeError: if a sum or product would leave 64 bits.
    """
    qualifying = Qualifying.none() if qualifying is None else qualifying
    if stated is not None and len(stated.active) != len(members):
        raise EngineError(f"stated figures for {len(stated.active)} of {len(members)} members")
    tree = build_tree(members)
    orders = gather_orders(sales, tree)
    with ThreadPoolExecutor(max_workers=1) as aside:  # hashing lets the other core work
        went_in = aside.submit(
            input_digest, members, tree, orders, qualifying, stated, carried, calendar
        )
        personal = personal_volumes(orders, qualifying, tree, plan.points_from)
        results, lines = _earned(plan, members, tree, orders, personal, stated)
        left_behind = CarriedOut()
        came_out = aside.submit(part_digest, results)
        earnings = _assembled(lines, len(tree))
        digest_of_lines = part_digest(earnings)
    return Results(
        members=results,
        earnings=earnings,
        totals=_totals(results, orders, plan.points_from),
        carried=left_behind,
        engine_version=ENGINE_VERSION,
        input_digest=went_in.result(),
        plan_digest=plan.digest(),
        result_digest=result_digest(
            came_out.result(), digest_of_lines, carried_digest(left_behind)
        ),
    )


def _earned(
    plan: Plan,
    members: Members,
    tree: Tree,
    orders: Orders,
    personal: Personal,
    stated: Stated | None,
) -> tuple[MemberResults, list[_Lines]]:
    """Decide activity and ranks, then points and commissions."""
    measures = _Measured(tree, personal, stated)
    status = members.status[tree.row]
    enrolled = status == Status.ENROLLED
    active = _activity(plan.activity, measures, enrolled)
    situation = Situation(
        tree=tree,
        orders=orders,
        standing=Standing(
            enrolled=enrolled, qualified=active, enrolled_day=members.enrolled[tree.row]
        ),
        ids=members.ids[tree.row],
    )
    points: dict[str, list[Level]] = {}
    rsp_base = np.zeros(len(tree), dtype=np.int64)
    for component in plan.components:
        if isinstance(component, RspPoints):
            levels = points[component.id] = component.spread(situation)
            _require_points_fit(component, situation)
            rsp_base += component.at_base_depth(levels, situation)
    directs = tree.child_sums(enrolled.astype(np.int64))
    active_directs = tree.child_sums(active.astype(np.int64))
    figures = {
        **measures.by_name,
        "active_directs": active_directs,
        "direct_count": directs,
    }
    opening = members.opening_title[tree.row]
    _check_titles(plan, members.ids[tree.row], opening)
    title, pay = decide_ranks(
        plan.ranks,
        {**figures, "rsp_total": rsp_base, "active": active.astype(np.int64)},
        opening,
        enrolled,
    )
    pay = _stated_ranks(plan, stated, tree, pay)
    situation = replace(
        situation, standing=replace(situation.standing, pay_rank=pay, figures=figures)
    )
    matched = {one for component in plan.components for one in getattr(component, "of", ())}
    lines: list[_Lines] = []
    for index, component in enumerate(plan.components):
        levels = points[component.id] if component.id in points else component.spread(situation)
        made = _lines(plan, index, levels, situation, pay)
        lines += made
        if component.id in matched:
            situation.earned[component.id] = _paid(component.id, made, len(tree))
    rsp_own, rsp_total, commission = _credited(lines, len(tree))
    by_name = measures.by_name
    results = MemberResults(
        ids=members.ids[tree.row],
        row=tree.row,
        sponsor_position=tree.sponsor,
        subtree_end=tree.end,
        depth=tree.depth,
        status=status.astype(np.int16),
        active=active,
        inactive_reason=_reasons(status, active),
        sold_bv=personal.sold_bv,
        personal_bv=by_name["personal_bv"],
        own_bv=personal.own_bv,
        window_bv=by_name["window_bv"],
        window_own_bv=personal.window_own_bv,
        group_bv=by_name["group_bv"],
        personal_rsp=by_name["personal_rsp"],
        window_rsp=by_name["window_rsp"],
        rsp_own=rsp_own,
        rsp_total=rsp_total,
        rsp_base=rsp_base,
        active_directs=active_directs.astype(np.int32),
        direct_count=directs.astype(np.int32),
        points=by_name["stated_points"],
        opening_title=opening.astype(np.int16),
        title_rank=title.astype(np.int16),
        pay_rank=pay.astype(np.int16),
        commission_minor=commission,
        order_count=np.bincount(orders.seller, minlength=len(tree)).astype(np.int32),
        retail_customers=np.zeros(len(tree), dtype=np.int32),
        grace_used=np.zeros(len(tree), dtype=np.int16),
        figures=(),
        figure_names=(),
    )
    return results, lines


class _Measured:
    """A member's own figures for the activity test and rank rules, stated ones in place."""

    def __init__(self, tree: Tree, personal: Personal, stated: Stated | None) -> None:
        self._tree = tree
        self._stated = stated
        self.by_name: dict[str, Int] = {
            "personal_bv": self.figure("personal_bv", personal.bv),
            "own_bv": personal.own_bv,
            "window_bv": self.figure("window_bv", personal.window_bv),
            "group_bv": self.figure("group_bv", tree.subtree_sums(personal.bv)),
            "personal_rsp": self.figure("personal_rsp", personal.rsp),
            "window_rsp": self.figure("window_rsp", personal.window_rsp),
            "stated_points": self.figure("points", np.zeros(len(tree), dtype=np.int64)),
        }

    def figure(self, name: str, computed: Int) -> Int:
        """Give the computed figures with stated ones in their place."""
        if self._stated is None:
            return computed
        given: Int = getattr(self._stated, name)[self._tree.row]
        return np.where(given == NOT_STATED, computed, given)


def _activity(activity: Activity, measures: _Measured, enrolled: Bool) -> Bool:
    """Decide who is active; suspended and terminated members never are."""
    n = len(enrolled)
    if activity.measure == "personal_bv":
        passed = measures.by_name["window_bv"] >= activity.at_least
    elif activity.measure == "personal_rsp":
        passed = measures.by_name["window_rsp"] >= activity.at_least
    else:
        passed = np.full(n, activity.measure == "always")
    active: Bool = measures.figure("active", passed.astype(np.int64)) == 1
    return active & enrolled


def _reasons(status: Int, active: Bool) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    reason = np.where(active, np.int16(Reason.PAID), np.int16(Reason.INACTIVE))
    reason[status == Status.SUSPENDED] = Reason.SUSPENDED
    reason[status == Status.TERMINATED] = Reason.TERMINATED
    return reason


def _check_titles(plan: Plan, ids: Int, opening: Int) -> None:
    outside = np.flatnonzero(opening >= len(plan.ranks.ladder))
    if len(outside):
        at = int(outside[0])
        raise EngineError(
            f"member {int(ids[at])}: the opening title {int(opening[at])} is not in the plan's "
            f"ladder of {len(plan.ranks.ladder)} ranks"
        )


def _stated_ranks(plan: Plan, stated: Stated | None, tree: Tree, computed: Int) -> Int:
    if stated is None:
        return computed
    given = stated.pay_rank[tree.row]
    said = given != NOT_STATED
    if bool((said & ((given < 0) | (given >= len(plan.ranks.ladder)))).any()):
        raise EngineError("a stated pay rank is not in the plan's ladder")
    return np.where(said, given, computed)


def _require_points_fit(component: RspPoints, situation: Situation) -> None:
    times = 1 + max(component.base_depth, *component.depths)
    points = component.quantity(situation.orders, situation.standing)
    require_sum_fits(component.id, points, times=times)


def _lines(
    plan: Plan, index: int, levels: Sequence[Level], situation: Situation, pay: Int
) -> list[_Lines]:
    """Make a component's statement lines: who is paid on which level, rounded once."""
    component: Component = plan.components[index]
    depth = component.depth(pay)
    made = []
    for level in levels:
        rate = component.rate(level.number, plan.bv_value)
        if rate == 0:
            continue
        paid = component.may_receive(level.number, situation.standing)[level.receiver] & (
            level.base != 0
        )
        if depth is not None:
            paid &= depth[level.receiver] >= level.number
        base = level.base[paid]
        what = f"component {component.id}, level {level.number}"
        made.append(
            _Lines(
                component=index,
                level=level.number,
                rate=rate,
                unit=component.unit,
                receiver=level.receiver[paid],
                base=base,
                amount=multiply_and_round(base, rate, plan.rounding, what),
                members=level.members[paid],
                orders=level.orders[paid],
            )
        )
    return made


def _paid(component: str, lines: Sequence[_Lines], count: int) -> Sums:
    """Add up what a component pays each member, and how many of his lines are not nought."""
    require_sum_fits(component, *(block.amount for block in lines))
    total, number = (np.zeros(count, dtype=np.int64) for _ in range(2))
    for block in lines:
        np.add.at(total, block.receiver, block.amount)
        np.add.at(number, block.receiver, (block.amount != 0).astype(np.int64))
    return Sums(total=total, orders=number)


def _assembled(lines: Sequence[_Lines], count: int) -> Earnings:
    """Put all lines in the order of receiver, component and level.

    The blocks come in the order of component and level, each with ascending receivers; so a
    line's place is its receiver's first place plus the lines this receiver already has.
    """
    per_receiver = np.zeros(count + 1, dtype=np.int64)
    for block in lines:
        per_receiver[1:][block.receiver] += 1
    free = np.cumsum(per_receiver)
    total = int(free[-1])
    kind = np.empty(total, dtype=np.int16)
    receiver, base, amount = (np.empty(total, dtype=np.int64) for _ in range(3))
    members, sales = (np.empty(total, dtype=np.int32) for _ in range(2))
    for number, block in enumerate(lines):
        place = free[block.receiver]
        free[block.receiver] = place + 1
        kind[place] = number
        receiver[place] = block.receiver
        base[place] = block.base
        amount[place] = block.amount
        members[place] = block.members
        sales[place] = block.orders

    def of_kind(values: Sequence[int], dtype: type[np.signedinteger[Any]]) -> Any:
        return np.array(values, dtype=dtype)[kind]

    return Earnings(
        receiver=receiver,
        component=of_kind([block.component for block in lines], np.int16),
        paid_level=of_kind([block.level for block in lines], np.int16),
        base=base,
        rate_num=of_kind([block.rate.numerator for block in lines], np.int64),
        rate_den=of_kind([block.rate.denominator for block in lines], np.int64),
        amount=amount,
        unit=of_kind([block.unit for block in lines], np.int16),
        members=members,
        sales=sales,
    )


def _credited(lines: Sequence[_Lines], count: int) -> tuple[Int, Int, Int]:
    """Add up each member's own points, all points and money."""
    own, points, money = (np.zeros(count, dtype=np.int64) for _ in range(3))
    for unit, sums in ((Unit.RSP, points), (Unit.MONEY, money)):
        blocks = [block for block in lines if block.unit == unit]
        if not blocks:
            continue
        require_sum_fits(unit.name.lower(), *(block.amount for block in blocks))
        for block in blocks:
            sums[block.receiver] += block.amount
            if unit == Unit.RSP and block.level == 0:
                own[block.receiver] += block.amount
    return own, points, money


def _totals(members: MemberResults, orders: Orders, points_from: str) -> Totals:
    return Totals(
        members=len(members),
        active=int(members.active.sum()),
        promotions=int((members.title_rank > members.opening_title).sum()),
        orders=len(orders),
        bv=int(orders.bv.sum()),
        rsp_sold=int(orders.points(points_from).sum()),
        net_minor=int(orders.net.sum()),
        commission_minor=int(members.commission_minor.sum()),
        rsp_credited=int(members.rsp_total.sum()),
    )
