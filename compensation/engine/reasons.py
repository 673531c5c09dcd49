"""What kinds that pay by levels say of themselves: who is behind a line, and why not.

Components call these functions from their ``behind``, ``verdicts`` and ``parts``; pages and
commands go through ``compensation.engine.explain``. Rules: docs/plan/compression.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol, runtime_checkable

import numpy as np

from compensation.engine.arrays import column
from compensation.engine.branches import (
    Branch,
    Missed,
    Upline,
    Verdict,
    own_reason,
    standing_of_people,
    unmet,
)
from compensation.engine.components.base import Component, Standing
from compensation.engine.tree import count_above, nearest_above
from compensation.engine.types import Bool, Int, Reason
from compensation.engine.volumes import Orders


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a sale that could have had a share in a component pays nobody."""

    reason: Reason
    missed: tuple[Missed, ...] = ()


@runtime_checkable
class AsksForMore(Protocol):
    """A component that counts people by more than a qualification or activity."""

    def why_not_counted(self, person: Upline) -> Cause:
        """Tell why somebody is not counted."""


class PaysByLevel(Component, Protocol):
    """A component that pays levels of people above a seller (or an earner)."""

    @property
    def depths(self) -> tuple[int, ...]:
        """Deepest paid level for each rank of the ladder; none where there is no such limit."""

    def deepest(self) -> int:
        """Give the last level that it pays anybody."""


class PaysForSales(PaysByLevel, Protocol):
    """A component that pays levels of people above a seller for what he has sold."""

    def pays_seller(self) -> bool:
        """Tell whether the seller himself can be paid."""

    def why_nobody(self, sale: Orders, seller: Upline, standing: Standing) -> Cause | None:
        """Tell why a sale without a quantity pays nobody; ``None``: it has no share at all."""


@runtime_checkable
class AsksByLevel(Protocol):
    """A component that asks for more on some levels, besides qualification and depth."""

    def lacks(self, level: int, person: Upline) -> tuple[Missed, ...]:
        """Tell what somebody qualified lacks to be paid on a level."""


class TakesTurns(PaysByLevel, Protocol):
    """A component that knows dynamic compression."""

    def takers(self, level: int, standing: Standing) -> Bool:
        """Tell who may be paid on a level, with depth."""


# ------------------------------------------------------------------------- who is behind a line


def behind_level(component: Component, paid_level: int, branch: Branch) -> Int:
    """Give the places in the receiver's branch of those who make his line of a level.

    Under ``none``, ``skip_and_recount`` and ``roll_up``; for ``dynamic``: ``behind_taker``.
    """
    if paid_level == 0:
        return np.zeros(1, dtype=np.int64)
    counted = component.counted(branch.standing)
    if component.compression == "skip_and_recount":
        return np.flatnonzero(counted_above(branch, counted) == paid_level)
    plain = branch.depth - branch.depth[0]
    if component.compression == "none":
        return np.flatnonzero(plain == paid_level)
    return np.flatnonzero(_rolled_up(branch, counted, plain, paid_level))


def behind_taker(component: TakesTurns, paid_level: int, branch: Branch) -> Int:
    """Give the places of those whose level is taken by the receiver, under any compression."""
    if component.compression != "dynamic":
        return behind_level(component, paid_level, branch)
    sponsor: Int = branch.sponsor - branch.start
    sponsor[0] = -1
    seller = taker = np.arange(len(branch))
    for level in range(1, paid_level + 1):
        may = component.takers(level, branch.standing)
        may[0] = True  # he was paid on the last one; what goes past him on others is gone as well
        taker = nearest_above(sponsor, may)[taker]
        seller, taker = seller[taker >= 0], taker[taker >= 0]
    sellers: Int = seller[taker == 0]
    return sellers


def counted_above(branch: Branch, counted: Bool) -> Int:
    """Count the counted uplines within the branch; the receiver is one of them."""
    with_receiver = counted.copy()
    with_receiver[0] = True
    return count_above(branch.end - branch.start, with_receiver)


def _rolled_up(branch: Branch, counted: Bool, plain: Int, paid_level: int) -> Bool:
    """Sellers whose upline at the plain distance is the receiver, or passes the level to him."""
    found = np.zeros(len(branch), dtype=np.bool_)
    sellers = np.flatnonzero(plain >= paid_level)
    upline = sellers
    for _ in range(paid_level):
        upline = branch.sponsor[upline] - branch.start
    only_receiver_above = (counted_above(branch, counted) == 1) & ~counted
    only_receiver_above[0] = True
    found[sellers] = only_receiver_above[upline]
    return found


# --------------------------------------------------------------------------------- why, why not


def verdicts_by_level(
    component: PaysForSales,
    sale: Orders,
    seller: Upline,
    enrolled_day: int,
    path: Sequence[Upline],
) -> list[Verdict]:
    """Tell for the seller (if he can be paid at all) and each upline whether a sale pays him.

    ``sale.seller`` is 0. Empty if the sale has no share in the component.
    """
    standing = standing_of_people([seller], enrolled_day)
    if int(component.quantity(sale, standing)[0]) == 0:
        cause = component.why_nobody(sale, seller, standing)
        if cause is None:
            return []
        return [
            Verdict(
                one.position, None, cause.reason, (), depth_of(component, one), None, cause.missed
            )
            for one in path
        ]
    verdicts = verdicts_on_levels(component, path)
    if component.pays_seller():
        verdicts.insert(0, _of_seller(component, seller, standing))
    return verdicts


def why_not_counted(component: Component, person: Upline) -> Cause:
    """Tell why somebody is not counted by a component: his status, activity or requirements."""
    if isinstance(component, AsksForMore):
        return component.why_not_counted(person)
    asked = component.qualification
    return Cause(own_reason(asked, person), unmet(asked, person))


def _of_seller(component: PaysForSales, seller: Upline, standing: Standing) -> Verdict:
    depth = depth_of(component, seller)
    if bool(component.may_receive(0, standing)[0]):
        return Verdict(seller.position, 0, Reason.PAID, (0,), depth, None)
    cause = why_not_counted(component, seller)
    return Verdict(seller.position, 0, cause.reason, (), depth, None, cause.missed)


def depth_of(component: Component, person: Upline) -> int | None:
    """Give the deepest level on which somebody may be paid; ``None``: no limit."""
    depth = component.depth(column([person.pay_rank]))
    return None if depth is None else int(depth[0])


def too_deep(component: PaysByLevel, level: int, person: Upline) -> tuple[Missed, ...]:
    """Tell which rank a level takes; where none does, how deep the component pays."""
    reaching = [rank for rank, depth in enumerate(component.depths) if depth >= level]
    if level > component.deepest() or not reaching:
        deepest = min(component.deepest(), max(component.depths, default=component.deepest()))
        return (Missed("depth", level, deepest),)
    return (Missed("pay_rank", reaching[0], person.pay_rank),)


def verdicts_on_levels(component: PaysByLevel, path: Sequence[Upline]) -> list[Verdict]:
    """Tell for each upline on which levels he is paid, and why not."""
    if not path:
        return []
    standing = standing_of_people(path, 0)
    counted = component.counted(standing).tolist()
    if component.compression == "dynamic":
        return _taking_turns(component, path, standing, counted)
    deepest = component.deepest()
    recount = component.compression == "skip_and_recount"
    rolls = component.compression == "roll_up"
    verdicts: list[Verdict] = []
    level = 0
    rolling: list[int] = []
    for distance, (person, counts) in enumerate(zip(path, counted, strict=True), start=1):
        depth = depth_of(component, person)
        if not counts:
            if rolls and distance <= deepest:
                rolling.append(distance)
            verdicts.append(_passed_over(component, person, None if recount else distance))
            continue
        level = level + 1 if recount else distance
        due = [*rolling, level]
        rolling = []
        limit = deepest if depth is None else min(deepest, depth)
        reached = [one for one in due if one <= limit]
        paid = tuple(
            one for one in reached if bool(component.may_receive(one, standing)[distance - 1])
        )
        reason = Reason.PAID
        missed: tuple[Missed, ...] = ()
        if not paid:
            reason = Reason.BELOW_MINIMUM if reached else Reason.TOO_DEEP
            missed = (
                _lacks(component, reached[0], person)
                if reached
                else too_deep(component, due[0], person)
            )
        verdicts.append(Verdict(person.position, level, reason, paid, depth, None, missed))
    return with_receivers(verdicts, counted, component.compression)


def _lacks(component: PaysByLevel, level: int, person: Upline) -> tuple[Missed, ...]:
    """Tell what keeps somebody qualified from a level within his depth."""
    assert isinstance(component, AsksByLevel)
    return component.lacks(level, person)


def _passed_over(component: PaysByLevel, person: Upline, level: int | None) -> Verdict:
    """Somebody who is not qualified."""
    cause = why_not_counted(component, person)
    depth = depth_of(component, person)
    return Verdict(person.position, level, cause.reason, (), depth, None, cause.missed)


def _taking_turns(
    component: PaysByLevel, path: Sequence[Upline], standing: Standing, counted: Sequence[bool]
) -> list[Verdict]:
    """Dynamic compression: each level waits for somebody who may be paid on it."""
    verdicts: list[Verdict] = []
    waiting: list[int] = []
    due, deepest = 1, component.deepest()
    may_take = cache(lambda level: component.may_receive(level, standing).tolist())
    for place, person in enumerate(path):
        depth = depth_of(component, person)
        limit = deepest if depth is None else min(deepest, depth)
        paid: tuple[int, ...] = ()
        missed: tuple[Missed, ...] = ()
        if not counted[place]:
            verdicts.append(_passed_over(component, person, None))
        else:
            if due > limit:
                reason, missed = Reason.TOO_DEEP, too_deep(component, due, person)
            elif not may_take(due)[place]:
                reason, missed = Reason.BELOW_MINIMUM, _lacks(component, due, person)
            else:
                reason, paid = Reason.PAID, (due,)
            verdicts.append(Verdict(person.position, due, reason, paid, depth, None, missed))
        if paid:
            for index in waiting:
                verdicts[index] = replace(verdicts[index], received_by=person.position)
            waiting = []
            due += 1
        elif due <= deepest:
            waiting.append(place)
    return verdicts


def with_receivers(
    verdicts: list[Verdict], counted: Sequence[bool], compression: str
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
        result.append(replace(verdict, received_by=receiver))
    return result[::-1]
