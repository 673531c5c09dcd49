"""Input beside the sales: what counts for qualification only, and what is stated."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from compensation.engine.arrays import NOT_STATED, Bool, EngineError, Int, truths, whole_numbers

VOLUMES = (
    "bv",
    "own_bv",
    "rsp",
    "rsp_all",
    "rsp_repeat",
    "own_rsp",
    "own_rsp_all",
    "own_rsp_repeat",
)


@dataclass(frozen=True, slots=True)
class PeriodPlace:
    """Where the period stands in the calendar."""

    month_of_quarter: int
    """0, 1 or 2: how many earlier periods ``quarter_to_date`` reaches back over."""


@dataclass(frozen=True, slots=True)
class Qualifying:
    """Volumes that count for activity and ranks only, never for a commission or point base.

    Two things come in here: earlier periods that a window of the plan reaches back to
    (``periods_ago`` 1 and more), and returns of orders of posted periods that fall into this one
    (``periods_ago`` 0, negative). Any number of rows per member.
    """

    member: Int
    """Row in ``Members``."""
    bv: Int
    """Personal BV, hundredths."""
    own_bv: Int
    """The part of ``bv`` that is the member's own purchases."""
    rsp: Int
    """Personal RSP of repeat-flagged products, hundredths."""
    rsp_all: Int
    """Personal RSP of all products, hundredths."""
    rsp_repeat: Int
    """Personal RSP of lines that carry points and are of the class repeat, hundredths."""
    own_rsp: Int
    """The part of ``rsp`` that is the member's own purchases."""
    own_rsp_all: Int
    """The part of ``rsp_all`` that is the member's own purchases."""
    own_rsp_repeat: Int
    """The part of ``rsp_repeat`` that is the member's own purchases."""
    periods_ago: Int
    """0: counts in this period's measures and in windows; n: in windows that reach n back."""

    @property
    def in_period(self) -> Bool:
        """Tell which rows count in this period's own measures."""
        now: Bool = self.periods_ago == 0
        return now

    @classmethod
    def of(
        cls,
        member: npt.ArrayLike,
        *,
        periods_ago: npt.ArrayLike | None = None,
        in_period: npt.ArrayLike | None = None,
        **volumes: npt.ArrayLike,
    ) -> Self:
        """Check and bundle; volumes left out are nought.

        ``rsp_all`` and ``own_rsp_all`` equal ``rsp`` and ``own_rsp`` where they are left out.
        ``in_period`` says no more than this period (0) or one ago (1); without either all rows
        are of the period before.

        :raises EngineError: if a name is unknown, a length or type differs, or a period is yet
            to come.
        """
        rows = whole_numbers("qualifying.member", member, None)
        n = len(rows)
        unknown = sorted(set(volumes) - set(VOLUMES))
        if unknown:
            raise EngineError(f"qualifying.{unknown[0]}: no such volume")
        found = {
            name: whole_numbers(f"qualifying.{name}", values, n) for name, values in volumes.items()
        }
        for name in VOLUMES:
            like = name.removesuffix("_all")
            found.setdefault(name, found.get(like, np.zeros(n, dtype=np.int64)))
        if periods_ago is not None:
            ago = whole_numbers("qualifying.periods_ago", periods_ago, n)
        elif in_period is not None:
            ago = (~truths("qualifying.in_period", in_period, n)).astype(np.int64)
        else:
            ago = np.ones(n, dtype=np.int64)
        if n and int(ago.min()) < 0:
            raise EngineError("qualifying.periods_ago: a period that is yet to come")
        return cls(member=rows, periods_ago=ago, **found)

    @classmethod
    def none(cls) -> Self:
        """No earlier periods in any window and no returns of posted periods."""
        return cls.of(np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.member)


@dataclass(frozen=True, slots=True)
class Stated:
    """Figures that stand instead of computed ones, per member row; ``NOT_STATED`` elsewhere.

    Figures replace a member's own in the activity test and in rank rules and nothing else:
    nobody's commission base and no upline's group volume changes.
    """

    personal_bv: Int
    window_bv: Int
    group_bv: Int
    personal_rsp: Int
    window_rsp: Int
    points: Int
    """The rank measure ``stated_points`` (for ladders over a figure given from outside)."""
    active: Int
    """0 or 1: stands instead of the activity test (never for suspended or terminated)."""
    pay_rank: Int
    """Stands instead of the computed pay rank, index in the ladder."""
    pay_rank_at_least: Int
    """The pay rank is not below it (staff override), index in the ladder."""
    pay_rank_at_most: Int
    """The pay rank is not above it (staff override), index in the ladder."""
    coupons: Int
    """Coupons held when the period began, besides those that the period before left behind."""
    coupons_to_use: Int
    """Coupons that the member wishes to use in this period's rankings."""

    @classmethod
    def of(cls, count: int, **values: npt.ArrayLike) -> Self:
        """Bundle for ``count`` members; each figure left out is not stated for anybody.

        :raises EngineError: if a name is unknown, a length differs or ``active`` is not 0 or 1.
        """
        names = [field.name for field in fields(cls)]
        unknown = sorted(set(values) - set(names))
        if unknown:
            raise EngineError(f"stated.{unknown[0]}: no such figure")
        empty = np.full(count, NOT_STATED)
        given = {
            name: whole_numbers(f"stated.{name}", array, count) for name, array in values.items()
        }
        made = cls(**{name: given.get(name, empty) for name in names})
        if not np.isin(made.active, (NOT_STATED, 0, 1)).all():
            raise EngineError("stated.active: only 0 and 1 can be stated")
        return made
