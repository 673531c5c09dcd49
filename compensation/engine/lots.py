"""Lots of points: what was credited, what of it is left, and in which state. No clock of its own.

Rules: docs/plan/rsp-bank.md. A lot is what one source credited in one month. Whatever takes points
away (a conversion, an expiry, a return) takes the oldest first, so that what is left is a function
of sums alone: neither the order of rows nor that of postings matters. Points in hundredths.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from compensation.engine.types import Int


class Source(StrEnum):
    """Where points came from; in a month they are used in this order."""

    OWN = "own"
    DOWNLINE = "downline"
    CORRECTION = "correction"


class State(StrEnum):
    """What can be done with the points of a lot."""

    PENDING = "pending"
    ACTIVE = "active"
    USED = "used"
    """Nothing of it is left."""
    EXPIRED = "expired"
    """Past its date; what is left of it is about to be cashed by itself."""


class Use(StrEnum):
    """What took points away."""

    CONVERTED = "converted"
    EXPIRED = "expired"
    RETURNED = "returned"
    """Returns and corrections: negative lots."""


SOURCES = tuple(Source)


@dataclass(frozen=True, slots=True)
class Credit:
    """Points of one source in one month, before anything was taken away; never negative."""

    month: str
    """Label of the period, such as 2017-03; labels sort as time does."""
    source: Source
    points: int
    active_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Debit:
    """Points taken away at a moment, above nought; ``order`` breaks ties."""

    use: Use
    points: int
    order: int


@dataclass(frozen=True, slots=True)
class Lot:
    """A credit, and what became of it: left + converted + expired + returned = points."""

    month: str
    source: Source
    points: int
    left: int
    converted: int
    expired: int
    returned: int
    active_at: datetime
    expires_at: datetime
    state: State


@dataclass(frozen=True, slots=True)
class Bank:
    """All lots of a person, oldest first, and what they add up to."""

    lots: tuple[Lot, ...]
    pending: int
    active: int
    overdue: int
    """Left in lots past their date."""
    owed: int
    """Points taken away beyond all credits: later credits settle them first."""
    converted: int
    expired: int
    returned: int

    @property
    def balance(self) -> int:
        """What the ledger holds: negative where points are owed."""
        return self.pending + self.active + self.overdue - self.owed

    @property
    def next_expiry(self) -> Lot | None:
        """The lot of which something is left that expires first."""
        left = [lot for lot in self.lots if lot.left and lot.state is not State.EXPIRED]
        return min(left, key=lambda lot: (lot.expires_at, lot.month), default=None)

    def expiring_with(self, lot: Lot) -> int:
        """Give what is left in all lots that expire at the same moment as this one."""
        return sum(one.left for one in self.lots if one.expires_at == lot.expires_at)


def settle(credits: Iterable[Credit], debits: Iterable[Debit], *, now: datetime) -> Bank:
    """Take the debits from the credits, oldest first, and say what is left in which state.

    ``now`` is an instant; a lot is active from ``active_at`` on and expired from ``expires_at`` on.
    """
    given = sorted(credits, key=lambda one: (one.month, SOURCES.index(one.source)))
    taken = sorted(debits, key=lambda one: one.order)
    if any(points < 0 for points in [*(x.points for x in given), *(x.points for x in taken)]):
        raise ValueError("points of credits and debits are never negative")
    uses = _uses([one.points for one in given], taken)
    lots = tuple(_lot(credit, use, now) for credit, use in zip(given, uses, strict=True))
    total = sum(one.points for one in given)
    gone = {use: sum(one.points for one in taken if one.use is use) for use in Use}
    left = {state: sum(lot.left for lot in lots if lot.state is state) for state in State}
    return Bank(
        lots=lots,
        pending=left[State.PENDING],
        active=left[State.ACTIVE],
        overdue=left[State.EXPIRED],
        owed=max(sum(gone.values()) - total, 0),
        converted=gone[Use.CONVERTED],
        expired=gone[Use.EXPIRED],
        returned=gone[Use.RETURNED],
    )


def _uses(points: Sequence[int], debits: Sequence[Debit]) -> list[dict[Use, int]]:
    """Give what each use took of each lot: debits in their order, lots oldest first."""
    found = [dict.fromkeys(Use, 0) for _ in points]
    lot, left = 0, points[0] if points else 0
    for debit in debits:
        wanted = debit.points
        while wanted and lot < len(points):
            part = min(wanted, left)
            found[lot][debit.use] += part
            wanted -= part
            left -= part
            if not left:
                lot += 1
                left = points[lot] if lot < len(points) else 0
    return found


def _lot(credit: Credit, used: dict[Use, int], now: datetime) -> Lot:
    left = credit.points - sum(used.values())
    if now >= credit.expires_at:
        state = State.EXPIRED if left else State.USED
    elif not left:
        state = State.USED
    else:
        state = State.ACTIVE if now >= credit.active_at else State.PENDING
    return Lot(
        month=credit.month,
        source=credit.source,
        points=credit.points,
        left=left,
        converted=used[Use.CONVERTED],
        expired=used[Use.EXPIRED],
        returned=used[Use.RETURNED],
        active_at=credit.active_at,
        expires_at=credit.expires_at,
        state=state,
    )


def left_of_lots(owner: Int, month: Int, points: Int, consumed: Int) -> Int:
    """Give what is left of each lot of many people at once; same order as the input.

    ``owner`` counts people from 0, ``month`` orders the lots of one person (lots of a month are one
    lot here or follow each other in input order), ``points`` are their credits and ``consumed`` is
    what each person used in all. All int64; a sum must fit into 64 bits.
    """
    assert len(owner) == len(month) == len(points)
    if len(owner) == 0:
        return points.copy()
    order = np.lexsort((np.arange(len(owner)), month, owner))
    sorted_points = points[order]
    running = np.cumsum(sorted_points)
    first = np.r_[True, owner[order][1:] != owner[order][:-1]]
    before = running - sorted_points
    start = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    running -= before[start]
    kept = np.clip(running - consumed[owner[order]], 0, sorted_points)
    left = np.empty_like(points)
    left[order] = kept
    return left
