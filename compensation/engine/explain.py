"""Who stands behind a statement line, and why somebody is or is not paid for a sale.

Pure functions over arrays that a run has stored; they give the same answers as the run itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from compensation.engine.components import Component, FlatBonus, LevelPercent, RspPoints
from compensation.engine.components.base import Standing
from compensation.engine.results import MemberResults
from compensation.engine.types import Bool, EngineError, Int, Reason, Status
from compensation.engine.volumes import Orders


@dataclass(frozen=True, slots=True)
class Branch:
    """A member and the whole downline: consecutive positions of one run, the member first."""

    start: int
    """Position of the member."""
    sponsor: Int
    """Position of each one's sponsor (absolute)."""
    end: Int
    """End of each one's downline (absolute, exclusive)."""
    depth: Int
    """Number of uplines, as stored."""
    standing: Standing

    def __len__(self) -> int:
        return len(self.sponsor)


def standing_of(status: Int, active: Bool, enrolled_day: Int) -> Standing:
    """Make a ``Standing`` from stored columns."""
    return Standing(enrolled=status == Status.ENROLLED, qualified=active, enrolled_day=enrolled_day)


def branch_of(results: MemberResults, position: int, enrolled_day: Int) -> Branch:
    """Cut a member's branch out of results; ``enrolled_day`` is by position."""
    part = slice(position, int(results.subtree_end[position]))
    return Branch(
        start=position,
        sponsor=results.sponsor_position[part],
        end=results.subtree_end[part],
        depth=results.depth[part].astype(np.int64),
        standing=standing_of(
            results.status[part].astype(np.int64), results.active[part], enrolled_day[part]
        ),
    )


def contributors(component: Component, paid_level: int, branch: Branch) -> Int:
    """Give the positions whose sales belong to the member's line of this component and level.

    ``branch`` is the receiver's. The receiver is taken as paid; sellers without sales are
    among them.
    """
    if paid_level == 0:
        return np.array([branch.start], dtype=np.int64)
    counted = component.may_receive(1, branch.standing)
    if component.compression == "skip_and_recount":
        found = _counted_above(branch, counted) == paid_level
    else:
        plain = branch.depth - branch.depth[0]
        if component.compression == "none":
            found = plain == paid_level
        else:
            found = _rolled_up(branch, counted, plain, paid_level)
    return np.flatnonzero(found) + branch.start


def _counted_above(branch: Branch, counted: Bool) -> Int:
    """Count the counted uplines within the branch; the receiver is one of them."""
    n = len(branch)
    change = np.zeros(n + 1, dtype=np.int64)
    change[1:][counted] += 1
    change -= np.bincount(branch.end[counted] - branch.start, minlength=n + 1)
    return np.cumsum(change[:-1])


def _rolled_up(branch: Branch, counted: Bool, plain: Int, paid_level: int) -> Bool:
    """Sellers whose upline at the plain distance is the receiver, or passes the level to him."""
    found = np.zeros(len(branch), dtype=np.bool_)
    sellers = np.flatnonzero(plain >= paid_level)
    upline = sellers
    for _ in range(paid_level):
        upline = branch.sponsor[upline] - branch.start
    only_receiver_above = (_counted_above(branch, counted) == 1) & ~counted
    only_receiver_above[0] = True
    found[sellers] = only_receiver_above[upline]
    return found


@dataclass(frozen=True, slots=True)
class Upline:
    """One person on the way up from a seller, as a run stored him."""

    position: int
    status: int
    active: bool
    pay_rank: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why one person is or is not paid for a sale by a component."""

    position: int
    level: int | None
    """Level counted for payment; ``None`` for people passed over by compression."""
    reason: Reason
    paid_levels: tuple[int, ...]
    """Levels paid on this sale; more than one only where missed levels roll up."""
    depth: int | None
    """Deepest level the person may be paid on, ``None``: no limit."""
    received_by: int | None
    """Position of who got the level instead, where somebody did."""


def why(
    component: Component, sale: Orders, seller: Upline, enrolled_day: int, path: Sequence[Upline]
) -> list[Verdict]:
    """Tell for the seller and each upline whether a sale pays him, and why not.

    ``sale`` holds one order (rows added up); ``path`` are the uplines from the seller's sponsor
    upwards, as far as they are of interest. The seller comes first if the component pays him at
    all. The list is empty if the sale has no share in the component (no points, not a first
    order).

    :raises EngineError: if ``sale`` is not a single order.
    """
    if len(sale) != 1:
        raise EngineError("one order is needed")
    standing = _standing([seller], enrolled_day)
    alone = Orders(
        seller=np.zeros(1, dtype=np.int64),
        number=sale.number,
        bv=sale.bv,
        rsp=sale.rsp,
        rsp_all=sale.rsp_all,
        net=sale.net,
        own=sale.own,
        first_order=sale.first_order,
        day=sale.day,
    )
    if int(component.quantity(alone, standing)[0]) == 0:
        return _unpaid(component, alone, standing, seller, path)
    verdicts = _on_levels(component, path)
    if _pays_seller(component):
        may = bool(component.may_receive(0, standing)[0])
        reason = Reason.PAID if may else _own_reason(seller)
        depth = _depth(component, seller)
        verdicts.insert(0, Verdict(seller.position, 0, reason, (0,) if may else (), depth, None))
    return verdicts


def _standing(people: Sequence[Upline], enrolled_day: int) -> Standing:
    return Standing(
        enrolled=np.array([one.status == Status.ENROLLED for one in people], dtype=np.bool_),
        qualified=np.array([one.active for one in people], dtype=np.bool_),
        enrolled_day=np.full(len(people), enrolled_day, dtype=np.int64),
    )


def _pays_seller(component: Component) -> bool:
    if isinstance(component, RspPoints):
        return component.own_points
    if isinstance(component, LevelPercent):
        return component.seller_rate > 0
    return isinstance(component, FlatBonus) and component.to == "seller"


def _own_reason(person: Upline) -> Reason:
    if person.status == Status.SUSPENDED:
        return Reason.SUSPENDED
    if person.status == Status.TERMINATED:
        return Reason.TERMINATED
    return Reason.PAID if person.active else Reason.INACTIVE


def _depth(component: Component, person: Upline) -> int | None:
    depth = component.depth(np.array([person.pay_rank], dtype=np.int64))
    return None if depth is None else int(depth[0])


def _deepest(component: Component) -> int:
    """Give the last level that the component pays anybody."""
    if isinstance(component, RspPoints):
        return max(component.depths)
    if isinstance(component, LevelPercent):
        return len(component.rates)
    return 0 if isinstance(component, FlatBonus) and component.to == "seller" else 1


def _unpaid(
    component: Component, sale: Orders, standing: Standing, seller: Upline, path: Sequence[Upline]
) -> list[Verdict]:
    """A sale that earns nobody anything: for a reason that can be named, or no share at all."""
    reason = None
    if isinstance(component, LevelPercent):
        if (sale.net if component.on == "net" else sale.bv)[0] == 0:
            return []
        unqualified = not component.unqualified_volume_pays and not standing.qualified[0]
        reason = _own_reason(seller) if unqualified else Reason.OUTSIDE_WINDOW
    elif isinstance(component, FlatBonus):
        whatever_bv = replace(component, minimum_bv=0).quantity(sale, standing)
        reason = Reason.BELOW_MINIMUM if whatever_bv[0] else None
    if reason is None:
        return []
    return [Verdict(one.position, None, reason, (), _depth(component, one), None) for one in path]


def _on_levels(component: Component, path: Sequence[Upline]) -> list[Verdict]:
    counted = component.may_receive(1, _standing(path, 0)).tolist()
    deepest = _deepest(component)
    recount = component.compression == "skip_and_recount"
    rolls = component.compression == "roll_up"
    verdicts: list[Verdict] = []
    level = 0
    missed: list[int] = []
    for distance, (person, counts) in enumerate(zip(path, counted, strict=True), start=1):
        depth = _depth(component, person)
        if not counts:
            if rolls and distance <= deepest:
                missed.append(distance)
            place = None if recount else distance
            verdicts.append(Verdict(person.position, place, _own_reason(person), (), depth, None))
            continue
        level = level + 1 if recount else distance
        due = [*missed, level]
        missed = []
        limit = deepest if depth is None else min(deepest, depth)
        paid = tuple(one for one in due if one <= limit)
        reason = Reason.PAID if paid else Reason.TOO_DEEP
        verdicts.append(Verdict(person.position, level, reason, paid, depth, None))
    return _with_receivers(verdicts, path, counted, component.compression)


def _with_receivers(
    verdicts: list[Verdict], path: Sequence[Upline], counted: Sequence[bool], compression: str
) -> list[Verdict]:
    """Name, for people passed over, who got the level instead."""
    if compression == "none":
        return verdicts
    following: Verdict | None = None
    result: list[Verdict] = []
    for verdict, counts in zip(reversed(verdicts), reversed(counted), strict=True):
        if counts:
            following = verdict
            result.append(verdict)
            continue
        receiver = None
        if following is not None and following.paid_levels:
            took = verdict.level is None or verdict.level in following.paid_levels
            receiver = following.position if took else None
        result.append(
            Verdict(verdict.position, verdict.level, verdict.reason, (), verdict.depth, receiver)
        )
    return result[::-1]
