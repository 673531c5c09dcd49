"""Who stands behind a statement line, and why somebody is or is not paid for a sale.

Pure functions over arrays that a run has stored; they give the same answers as the run itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from compensation.engine.branches import (
    FIGURES,
    Branch,
    Upline,
    Verdict,
    branch_of,
    own_reason,
    standing_by_position,
    standing_of,
    standing_of_people,
)
from compensation.engine.components import (
    Component,
    Differential,
    FlatBonus,
    LevelPercent,
    Match,
    RspPoints,
    VolumeBracket,
)
from compensation.engine.components.base import Standing
from compensation.engine.requirements import Requirement
from compensation.engine.tree import nearest_above
from compensation.engine.types import Bool, EngineError, Int, Reason
from compensation.engine.volumes import Orders

__all__ = [
    "FIGURES",
    "Branch",
    "Upline",
    "Verdict",
    "branch_of",
    "contributors",
    "standing_by_position",
    "standing_of",
    "why",
    "why_matched",
]


def contributors(component: Component, paid_level: int, branch: Branch) -> Int:
    """Give the positions whose sales belong to the member's line of this component and level.

    For a match they are the positions of the earners whose lines are matched.

    ``branch`` is the receiver's. The receiver is taken as paid; sellers without sales are
    among them.
    """
    if isinstance(component, (VolumeBracket, Differential)):
        return component.behind(paid_level, branch) + branch.start
    if paid_level == 0:
        return np.array([branch.start], dtype=np.int64)
    if isinstance(component, (LevelPercent, Match)) and component.compression == "dynamic":
        return _taken_by_receiver(component, paid_level, branch) + branch.start
    counted = component.counted(branch.standing)
    if component.compression == "skip_and_recount":
        found = _counted_above(branch, counted) == paid_level
    else:
        plain = branch.depth - branch.depth[0]
        if component.compression == "none":
            found = plain == paid_level
        else:
            found = _rolled_up(branch, counted, plain, paid_level)
    return np.flatnonzero(found) + branch.start


def _taken_by_receiver(component: LevelPercent | Match, paid_level: int, branch: Branch) -> Int:
    """Sellers whose level is taken by the receiver: each level goes on from its taker."""
    sponsor: Int = branch.sponsor - branch.start
    sponsor[0] = -1
    seller = taker = np.arange(len(branch))
    for level in range(1, paid_level + 1):
        may = component.takers(level, branch.standing)
        if level == paid_level:
            may[0] = True  # he was paid
        taker = nearest_above(sponsor, may)[taker]
        found = taker >= 0 if level == paid_level else taker > 0
        seller, taker = seller[found], taker[found]
    sellers: Int = seller[taker == 0]
    return sellers


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


def why(
    component: Component, sale: Orders, seller: Upline, enrolled_day: int, path: Sequence[Upline]
) -> list[Verdict]:
    """Tell for the seller and each upline whether a sale pays him, and why not.

    ``sale`` holds one order (rows added up); ``path`` are the uplines from the seller's sponsor
    upwards, as far as they are of interest. The seller comes first if the component pays him at
    all. The list is empty if the sale has no share in the component (no points, not a first
    order); for a match it always is, see ``why_matched``.

    :raises EngineError: if ``sale`` is not a single order.
    """
    if len(sale) != 1:
        raise EngineError("one order is needed")
    standing = standing_of_people([seller], enrolled_day)
    alone = replace(sale, seller=np.zeros(1, dtype=np.int64))
    if isinstance(component, (VolumeBracket, Differential)):
        return component.verdicts(alone, seller, enrolled_day, path)
    if int(component.quantity(alone, standing)[0]) == 0:
        return _unpaid(component, alone, standing, seller, path)
    verdicts = _on_levels(component, path)
    if _pays_seller(component):
        may = bool(component.may_receive(0, standing)[0])
        reason = Reason.PAID if may else own_reason(_qualification(component), seller)
        depth = _depth(component, seller)
        verdicts.insert(0, Verdict(seller.position, 0, reason, (0,) if may else (), depth, None))
    return verdicts


def why_matched(component: Match, path: Sequence[Upline]) -> list[Verdict]:
    """Tell for each upline of an earner whether what the latter earned is matched, and why not."""
    return _on_levels(component, path)


def _pays_seller(component: Component) -> bool:
    if isinstance(component, RspPoints):
        return component.own_points
    if isinstance(component, LevelPercent):
        return component.seller_rate > 0
    return isinstance(component, FlatBonus) and component.to == "seller"


def _qualification(component: Component) -> tuple[Requirement, ...]:
    if isinstance(component, (LevelPercent, Match)):
        return component.qualification
    return ()


def _depth(component: Component, person: Upline) -> int | None:
    depth = component.depth(np.array([person.pay_rank], dtype=np.int64))
    return None if depth is None else int(depth[0])


def _deepest(component: Component) -> int:
    """Give the last level that the component pays anybody."""
    if isinstance(component, RspPoints):
        return max(component.depths)
    if isinstance(component, (LevelPercent, Match)):
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
        unqualified = not component.unqualified_volume_pays and not component.counted(standing)[0]
        reason = (
            own_reason(_qualification(component), seller) if unqualified else Reason.OUTSIDE_WINDOW
        )
    elif isinstance(component, FlatBonus):
        whatever_bv = replace(component, minimum_bv=0).quantity(sale, standing)
        reason = Reason.BELOW_MINIMUM if whatever_bv[0] else None
    if reason is None:
        return []
    return [Verdict(one.position, None, reason, (), _depth(component, one), None) for one in path]


def _on_levels(component: Component, path: Sequence[Upline]) -> list[Verdict]:
    standing = standing_of_people(path, 0)
    counted = component.counted(standing).tolist()
    deepest = _deepest(component)
    if isinstance(component, (LevelPercent, Match)) and component.compression == "dynamic":
        return _taking_turns(component, path, standing, counted)
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
            unqualified = own_reason(_qualification(component), person)
            verdicts.append(Verdict(person.position, place, unqualified, (), depth, None))
            continue
        level = level + 1 if recount else distance
        due = [*missed, level]
        missed = []
        limit = deepest if depth is None else min(deepest, depth)
        reached = [one for one in due if one <= limit]
        paid = tuple(
            one for one in reached if bool(component.may_receive(one, standing)[distance - 1])
        )
        reason = Reason.BELOW_MINIMUM if reached else Reason.TOO_DEEP
        reason = Reason.PAID if paid else reason
        verdicts.append(Verdict(person.position, level, reason, paid, depth, None))
    return _with_receivers(verdicts, path, counted, component.compression)


def _taking_turns(
    component: LevelPercent | Match,
    path: Sequence[Upline],
    standing: Standing,
    counted: Sequence[bool],
) -> list[Verdict]:
    """Dynamic compression: each level waits for somebody who may be paid on it."""
    verdicts: list[Verdict] = []
    waiting: list[int] = []
    due = 1
    may_take = cache(lambda level: component.may_receive(level, standing).tolist())
    for place, person in enumerate(path):
        depth = _depth(component, person)
        limit = len(component.rates) if depth is None else min(len(component.rates), depth)
        paid: tuple[int, ...] = ()
        if not counted[place]:
            reason = own_reason(_qualification(component), person)
        elif due > limit:
            reason = Reason.TOO_DEEP
        elif not may_take(due)[place]:
            reason = Reason.BELOW_MINIMUM
        else:
            reason, paid = Reason.PAID, (due,)
        level = due if counted[place] else None
        verdicts.append(Verdict(person.position, level, reason, paid, depth, None))
        if paid:
            for index in waiting:
                verdicts[index] = replace(verdicts[index], received_by=person.position)
            waiting = []
            due += 1
        elif due <= len(component.rates):
            waiting.append(place)
    return verdicts


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
