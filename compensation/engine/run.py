"""The whole computation of a period: activity, volumes, ranks, points, commissions, caps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from compensation.engine.carried import Carried, CarriedOut
from compensation.engine.components import BinaryCycles, RspPoints
from compensation.engine.components.base import HasFigures, LeavesBehind, Situation, Standing
from compensation.engine.cuts import cut_blocks
from compensation.engine.digests import carried_digest, input_digest, part_digest, result_digest
from compensation.engine.figures import as_ranks_take_them, asks_for_ranks
from compensation.engine.levels import Level
from compensation.engine.measured import Measured
from compensation.engine.money import require_sum_fits
from compensation.engine.placement import place
from compensation.engine.plan import Activity, Plan
from compensation.engine.ranks import Decided, RankGiven, count_by_rank, decide_ranks
from compensation.engine.results import MemberResults, Results, Totals
from compensation.engine.statement import Block, assembled, component_blocks, credited, paid_sums
from compensation.engine.tree import Tree, build_tree
from compensation.engine.types import (
    NOT_STATED,
    Bool,
    EngineError,
    Int,
    Members,
    PeriodPlace,
    Qualifying,
    Reason,
    Sales,
    Stated,
    Status,
)
from compensation.engine.version import ENGINE_VERSION
from compensation.engine.volumes import Orders, Personal, gather_orders, personal_volumes

LAST_OF_QUARTER = PeriodPlace(month_of_quarter=2)
"""Taken where nobody says where the period stands: all that is given counts."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a period is computed from, by position in the tree."""

    members: Members
    tree: Tree
    orders: Orders
    qualifying: Qualifying
    personal: Personal
    stated: Stated | None
    left_behind: dict[str, Int]
    month_of_quarter: int


@dataclass(frozen=True, slots=True)
class _Standings:
    """What is decided before anybody earns."""

    situation: Situation
    ranks: Decided
    points: dict[str, list[Level]]
    """Levels of the components that credit points, by id."""
    rsp_base: Int
    further: tuple[str, ...]
    """Names of all figures beyond the plain measures, sorted."""


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

    The order is fixed: activity, volumes, ranks, depths, points, commissions, caps. Nothing feeds
    back: the depth of a receiver is that of the own pay rank, which comes from volumes and from
    points at the base depth, never from points at the depth that is being decided.

    ``carried`` is what the period before left behind (``Results.carried`` of that period),
    ``calendar`` tells how far windows by quarter reach back; without it they reach over two
    earlier periods.

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
        month = (calendar or LAST_OF_QUARTER).month_of_quarter
        reach = plan.activity.reach(month)
        personal = personal_volumes(orders, qualifying, tree, plan.points_from, reach)
        left_behind = {} if carried is None else carried.by_key(tree.position)
        facts = _Facts(members, tree, orders, qualifying, personal, stated, left_behind, month)
        standings = _decided(plan, facts)
        blocks = _earned(plan, standings)
        results = _member_results(facts, standings, blocks)
        came_out = aside.submit(part_digest, results)
        earnings = assembled(blocks, len(tree))
        left = _left_behind(plan, standings)
        digest_of_lines = part_digest(earnings)
    return Results(
        members=results,
        earnings=earnings,
        totals=_totals(results, orders, plan.points_from),
        carried=left,
        rankings=standings.situation.rankings,
        engine_version=ENGINE_VERSION,
        input_digest=went_in.result(),
        plan_digest=plan.digest(),
        result_digest=result_digest(came_out.result(), digest_of_lines, carried_digest(left)),
    )


def _decided(plan: Plan, facts: _Facts) -> _Standings:
    """Decide activity, ranks and rankings."""
    tree, members, orders = facts.tree, facts.members, facts.orders
    measured = Measured(
        tree, orders, facts.qualifying, facts.personal, facts.stated, plan.points_from
    )
    enrolled = members.status[tree.row] == Status.ENROLLED
    active = _activity(plan.activity, measured, enrolled)
    opening = members.opening_title[tree.row]
    _check_titles(plan, members.ids[tree.row], opening)
    standing = Standing(
        enrolled=enrolled,
        qualified=active,
        enrolled_day=members.enrolled[tree.row],
        opening_title=opening,
    )
    situation = _situation(plan, facts, measured, standing)
    points, rsp_base = _points(plan, situation)
    figures = {
        **measured.by_name,
        "active_directs": tree.child_sums(active.astype(np.int64)),
        "direct_count": tree.child_sums(enrolled.astype(np.int64)),
    }
    plain = {**figures, "rsp_total": rsp_base, "active": active.astype(np.int64)}
    names = plan.figure_names
    further = measured.further(names, facts.month_of_quarter, enrolled, plain)
    further |= measured.with_bought(plan.ranks.figures, members.bought_bv[tree.row], enrolled)
    given = RankGiven(
        opening=opening,
        enrolled=enrolled,
        figures=as_ranks_take_them({**plain, **further}),
        tree=tree,
        left_behind=facts.left_behind,
        exactly=measured.stated("pay_rank"),
        at_least=measured.stated("pay_rank_at_least"),
        at_most=measured.stated("pay_rank_at_most"),
    )
    ranks = decide_ranks(plan.ranks, given)
    further |= ranks.figures
    for name in names:
        if asks_for_ranks(name) and name not in further:
            further[name] = count_by_rank(name, ranks.pay, given)
    for component in plan.components:
        if isinstance(component, HasFigures):
            further |= component.figures(tree, facts.personal.bv, measured.stated("group_bv"))
    standing = replace(
        standing, pay_rank=ranks.pay, title_rank=ranks.title, figures={**figures, **further}
    )
    situation = replace(situation, standing=standing)
    for ranking in plan.rankings:
        situation.rankings[ranking.id] = ranking.ranked(situation)
    return _Standings(situation, ranks, points, rsp_base, tuple(sorted(further)))


def _situation(plan: Plan, facts: _Facts, measured: Measured, standing: Standing) -> Situation:
    placed = any(isinstance(component, BinaryCycles) for component in plan.components)
    return Situation(
        tree=facts.tree,
        orders=facts.orders,
        standing=standing,
        ids=facts.members.ids[facts.tree.row],
        left_behind=facts.left_behind,
        placement=place(facts.members, facts.tree) if placed else None,
        plan_rounding=plan.rounding,
        bv_value=plan.bv_value,
        coupons=_noughts_for_unsaid(measured.stated("coupons")),
        coupons_to_use=_noughts_for_unsaid(measured.stated("coupons_to_use")),
    )


def _noughts_for_unsaid(stated: Int | None) -> Int | None:
    return None if stated is None else np.where(stated == NOT_STATED, 0, stated)


def _points(plan: Plan, situation: Situation) -> tuple[dict[str, list[Level]], Int]:
    """Give the levels of all that credits points, and everybody's points at the base depth.

    :raises SumTooLargeError: if a sum would leave 64 bits.
    """
    points: dict[str, list[Level]] = {}
    rsp_base = np.zeros(len(situation.tree), dtype=np.int64)
    for component in plan.components:
        if isinstance(component, RspPoints):
            levels = points[component.id] = component.spread(situation)
            _require_points_fit(component, situation)
            at_base_depth = component.at_base_depth(levels, situation)
            if len(points) > 1:
                require_sum_fits("rsp_total", rsp_base, at_base_depth)
            rsp_base += at_base_depth
    return points, rsp_base


def _earned(plan: Plan, standings: _Standings) -> list[Block]:
    """Make all statement lines: points and commissions, then what caps cut."""
    situation, points = standings.situation, standings.points
    matched = {one for component in plan.components for one in getattr(component, "of", ())}
    blocks: list[Block] = []
    for index, component in enumerate(plan.components):
        levels = points[component.id] if component.id in points else component.spread(situation)
        made = component_blocks(plan, index, levels, situation)
        blocks += made
        if component.id in matched:
            situation.earned[component.id] = paid_sums(component.id, made, len(situation.tree))
    return [*blocks, *cut_blocks(plan, blocks, situation.orders, situation.ids)]


def _left_behind(plan: Plan, standings: _Standings) -> CarriedOut:
    """Gather what ranks, components and rankings leave for the next period."""
    values = dict(standings.ranks.carried)
    for component in plan.components:
        if isinstance(component, LeavesBehind):
            values |= component.carries(standings.situation)
    for identifier, ranked in standings.situation.rankings.items():
        values[f"coupons:{identifier}"] = ranked.left
    return CarriedOut.of(values)


def _member_results(facts: _Facts, standings: _Standings, blocks: list[Block]) -> MemberResults:
    tree, members, personal = facts.tree, facts.members, facts.personal
    standing, ranks = standings.situation.standing, standings.ranks
    status = members.status[tree.row]
    figures = standing.figures
    rsp_own, rsp_total, commission = credited(blocks, len(tree))
    return MemberResults(
        ids=standings.situation.ids,
        row=tree.row,
        sponsor_position=tree.sponsor,
        subtree_end=tree.end,
        depth=tree.depth,
        status=status.astype(np.int16),
        active=standing.qualified,
        inactive_reason=_reasons(status, standing.qualified),
        sold_bv=personal.sold_bv,
        personal_bv=figures["personal_bv"],
        own_bv=personal.own_bv,
        window_bv=figures["window_bv"],
        window_own_bv=personal.window_own_bv,
        group_bv=figures["group_bv"],
        personal_rsp=figures["personal_rsp"],
        window_rsp=figures["window_rsp"],
        rsp_own=rsp_own,
        rsp_total=rsp_total,
        rsp_base=standings.rsp_base,
        active_directs=figures["active_directs"].astype(np.int32),
        direct_count=figures["direct_count"].astype(np.int32),
        points=figures["stated_points"],
        opening_title=members.opening_title[tree.row].astype(np.int16),
        title_rank=ranks.title.astype(np.int16),
        pay_rank=ranks.pay.astype(np.int16),
        commission_minor=commission,
        order_count=np.bincount(facts.orders.seller, minlength=len(tree)).astype(np.int32),
        retail_customers=figures["retail_customers"].astype(np.int32),
        grace_used=ranks.grace_used.astype(np.int16),
        figures=tuple(figures[name] for name in standings.further),
        figure_names=standings.further,
    )


def _activity(activity: Activity, measured: Measured, enrolled: Bool) -> Bool:
    """Decide who is active; suspended and terminated members never are."""
    n = len(enrolled)
    if activity.measure == "personal_bv":
        passed = measured.by_name["window_bv"] >= activity.at_least
    elif activity.measure == "personal_rsp":
        passed = measured.by_name["window_rsp"] >= activity.at_least
    else:
        passed = np.full(n, activity.measure == "always")
    active: Bool = measured.figure("active", passed.astype(np.int64)) == 1
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


def _require_points_fit(component: RspPoints, situation: Situation) -> None:
    times = 1 + max(component.base_depth, *component.depths)
    points = component.quantity(situation.orders, situation.standing)
    require_sum_fits(component.id, points, times=times)


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
