"""What points buy: exact sums over the plan's lumps, one rounding, no clock and no database.

Rules: docs/plan/rsp-bank.md. Points and BV in hundredths, cash in minor units.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from compensation.engine.money import round_ratio
from compensation.engine.rsp_bank import RspBank, Tier

if TYPE_CHECKING:
    from compensation.engine.plan import Plan


class Target(StrEnum):
    """What points are converted to."""

    CASH = "cash"
    BV = "bv"


class NoBankError(ValueError):
    """The plan has no RSP bank: points buy nothing."""


@dataclass(frozen=True, slots=True)
class Table:
    """All that decides what points buy; made of a plan by ``table_of``."""

    bank: RspBank
    cash_rate: Fraction | None
    """Minor units for a hundredth of a point where there are no tiers."""
    rounding: str

    @property
    def rest_rate(self) -> Fraction:
        """Minor units for a hundredth of a point outside a lump."""
        if self.bank.tiers:
            return Fraction(self.bank.tiers[0].cash, self.bank.tiers[0].points)
        assert self.cash_rate is not None, "read_rsp_bank refuses a bank without any rate"
        return self.cash_rate


@dataclass(frozen=True, slots=True)
class Lump:
    """A tier and how often it was taken."""

    tier: Tier
    count: int

    @property
    def points(self) -> int:
        """Points of all of them together."""
        return self.tier.points * self.count

    @property
    def cash(self) -> int:
        """Cash for all of them together."""
        return self.tier.cash * self.count

    @property
    def bv(self) -> int:
        """BV for all of them together."""
        return (self.tier.bv or 0) * self.count


@dataclass(frozen=True, slots=True)
class Quote:
    """What a number of points buys."""

    target: Target
    asked: int
    """Points that were asked about."""
    points: int
    """Points that are converted; fewer than asked where a rest stays in the bank."""
    cash: int
    bv: int
    lumps: tuple[Lump, ...]
    """From the largest down."""
    rest: int
    """Points outside the lumps."""
    rest_cash: int
    """What the rest brings in cash; 0 where it stays in the bank."""

    @property
    def stays(self) -> int:
        """Points that stay in the bank."""
        return self.asked - self.points


@dataclass(frozen=True, slots=True)
class Waiting:
    """What it brings to wait for more points and convert them together with those there are."""

    tier: Tier
    """The lump that is then filled."""
    more: int
    """How many points more that takes."""
    cash: int
    """What all of them together bring in cash."""
    extra: int
    """How much more cash that is than now."""
    gain: int
    """How much of it is due to waiting: more than converting now, and later what has come."""
    bv: int | None
    """What all of them together bring in BV; ``None`` where lumps buy none."""
    extra_bv: int | None


def table_of(plan: Plan) -> Table:
    """Take from a plan what decides on conversions.

    :raises NoBankError: if the plan has no RSP bank.
    """
    if plan.rsp_bank is None:
        raise NoBankError("the plan has no RSP bank")
    rate = plan.rsp_cash_rate
    return Table(plan.rsp_bank, None if rate is None else rate.per_point, plan.rounding)


def decompose(bank: RspBank, points: int) -> tuple[tuple[Lump, ...], int]:
    """Split points into lumps, from the largest down, and a rest that fills none."""
    if points < 0:
        raise ValueError("points are never negative here")
    found: list[Lump] = []
    rest = points
    for tier in reversed(bank.tiers):
        count = rest // tier.points
        if count and bank.decomposition == "single_lump":
            return (Lump(tier, 1),), rest - tier.points
        if count:
            found.append(Lump(tier, count))
            rest -= count * tier.points
    return tuple(found), rest


def quote(table: Table, points: int, target: Target = Target.CASH) -> Quote:
    """Work out what points bring; the only rounding is that of the part outside the lumps.

    A ``Quote`` for BV of a plan that sells none, or of points that fill no lump, has no BV.
    """
    if target is Target.BV:
        return _in_bv(table, points)
    lumps, rest = decompose(table.bank, points)
    rest_cash = _rest_cash(table, rest)
    cash = sum(lump.cash for lump in lumps) + rest_cash
    return Quote(target, points, points, cash, 0, lumps, rest, rest_cash)


def _in_bv(table: Table, points: int) -> Quote:
    bank = table.bank
    if bank.bv is not None:
        bv = round_ratio(points * bank.bv.bv, bank.bv.points, table.rounding)
        return Quote(Target.BV, points, points if bv else 0, 0, bv, (), 0, 0)
    lumps, rest = decompose(bank, points) if bank.buys_bv else ((), points)
    bv = sum(lump.bv for lump in lumps)
    if not bv:
        return Quote(Target.BV, points, 0, 0, 0, (), points, 0)
    if bank.rest == "cash":
        rest_cash = _rest_cash(table, rest)
        return Quote(Target.BV, points, points, rest_cash, bv, lumps, rest, rest_cash)
    return Quote(Target.BV, points, points - rest, 0, bv, lumps, rest, 0)


def _rest_cash(table: Table, rest: int) -> int:
    exact = rest * table.rest_rate
    return round_ratio(exact.numerator, exact.denominator, table.rounding)


def next_lump(bank: RspBank, points: int) -> Tier | None:
    """Give the next lump that more points would fill; ``None`` without tiers.

    Beyond the largest lump: the next one that what lies over it would fill.
    """
    return _next(bank, points)[0]


def _next(bank: RspBank, points: int) -> tuple[Tier | None, int]:
    """Give the next lump and the number of points at which it is filled."""
    if not bank.tiers:
        return None, 0
    largest = bank.tiers[-1].points
    if bank.decomposition == "single_lump" and points >= largest:
        return None, 0
    over = points % largest
    tier = next(one for one in bank.tiers if one.points > over)
    return tier, points - over + tier.points


def waiting(table: Table, points: int) -> Waiting | None:
    """Say what waiting until the next lump would bring; ``None`` where no lump follows."""
    tier, there = _next(table.bank, points)
    return None if tier is None else _waiting(table, points, tier, there)


def better_waiting(table: Table, points: int) -> Waiting | None:
    """Say at which next lump waiting pays more than converting now and the others later.

    ``None`` where it never does within the lumps that follow.
    """
    tier, there = _next(table.bank, points)
    for _ in table.bank.tiers:
        if tier is None:
            return None
        found = _waiting(table, points, tier, there)
        if found.gain > 0:
            return found
        tier, there = _next(table.bank, there)
    return None


def _waiting(table: Table, points: int, tier: Tier, there: int) -> Waiting:
    now, then, later = (quote(table, many) for many in (points, there, there - points))
    bv = extra_bv = None
    if tier.bv is not None:
        bv = _in_bv(table, there).bv
        extra_bv = bv - _in_bv(table, points).bv
    return Waiting(
        tier=tier,
        more=there - points,
        cash=then.cash,
        extra=then.cash - now.cash,
        gain=then.cash - now.cash - later.cash,
        bv=bv,
        extra_bv=extra_bv,
    )
