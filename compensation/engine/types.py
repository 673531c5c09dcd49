"""Arrays that go into the engine; those that come out are in ``compensation.engine.results``.

Everything is a struct of arrays: one frozen dataclass whose fields are numpy arrays of equal
length, one element per member, sale or statement line. There is no float anywhere.

Units
    volumes and points (BV, RSP)    int64, hundredths: ``6000`` is 60 BV
    money                           int64, minor units of the plan's currency
    days                            int64, days since 1970-01-01 in the company's time zone
    ranks                           int16, index in the plan's ladder, 0 is the lowest

Rows of ``Members``, ``Sales`` and ``Qualifying`` may come in any order; results do not depend on
it. ``Sales.seller`` and ``Qualifying.member`` are row numbers of ``Members``. Everything that
comes out is in pre-order: position 0 is the first root, a member's whole downline is the half-open
range ``position + 1 .. subtree_end``, siblings and roots stand in the order of their ids.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Self

import numpy as np
import numpy.typing as npt

Int = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Int16 = npt.NDArray[np.int16]
Bool = npt.NDArray[np.bool_]

NOT_STATED = int(np.iinfo(np.int64).min)
"""Marks a member for whom ``Stated`` says nothing."""


class EngineError(ValueError):
    """The input can't be computed; the message names ids, orders or the figure at fault."""


class Status(IntEnum):
    """Membership, as it was at the period's last instant."""

    ENROLLED = 0
    SUSPENDED = 1
    TERMINATED = 2


class Reason(IntEnum):
    """Why a member or a sale pays or does not pay (design section 5)."""

    PAID = 0
    INACTIVE = 1
    SUSPENDED = 2
    TERMINATED = 3
    TOO_DEEP = 4
    OUTSIDE_WINDOW = 5
    BELOW_MINIMUM = 6
    CAPPED = 7
    BREAKAWAY = 8
    REFUNDED = 9
    NOT_IN_PERIOD = 10
    HELD = 11

    @property
    def code(self) -> str:
        """The code as examples and pages write it, e.g. ``too_deep``."""
        return self.name.lower()


class Unit(IntEnum):
    """What an amount is counted in."""

    MONEY = 0
    RSP = 1


def _integers(name: str, values: npt.ArrayLike, length: int | None) -> Int:
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise EngineError(f"{name}: whole numbers in one dimension are needed, not {array.dtype}")
    if array.dtype == np.uint64 and array.size and int(array.max()) > np.iinfo(np.int64).max:
        raise EngineError(f"{name}: a number does not fit into 64 bits")
    if length is not None and len(array) != length:
        raise EngineError(f"{name}: {len(array)} elements, {length} are needed")
    return np.ascontiguousarray(array, dtype=np.int64)


def _flags(name: str, values: npt.ArrayLike, length: int) -> Bool:
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.bool_)
    if array.dtype != np.bool_ or array.ndim != 1:
        raise EngineError(f"{name}: true/false values in one dimension are needed")
    if len(array) != length:
        raise EngineError(f"{name}: {len(array)} elements, {length} are needed")
    return np.ascontiguousarray(array)


@dataclass(frozen=True, slots=True)
class Members:
    """The people of one run, as they were at the period's last instant; n rows, any order.

    :raises EngineError: from ``of`` if lengths or types differ, an id comes twice, a sponsor row
        does not exist or a status is unknown. Cycles are found when the tree is built.
    """

    ids: Int
    """Unique number of each member (the representative's primary key)."""
    sponsor: Int
    """Row of the sponsor in these arrays, -1 for nobody above. Any number of roots."""
    status: Int
    """``Status`` values."""
    opening_title: Int
    """Title rank held when the period began, index in the plan's ladder."""
    enrolled: Int
    """Day of enrolment, days since 1970-01-01."""

    @classmethod
    def of(
        cls,
        ids: npt.ArrayLike,
        sponsor: npt.ArrayLike,
        *,
        status: npt.ArrayLike | None = None,
        opening_title: npt.ArrayLike | None = None,
        enrolled: npt.ArrayLike | None = None,
    ) -> Self:
        """Check and bundle; what is left out is nought (enrolled, lowest rank, day 0)."""
        keys = _integers("members.ids", ids, None)
        n = len(keys)
        zeros = np.zeros(n, dtype=np.int64)

        def optional(name: str, values: npt.ArrayLike | None) -> Int:
            return zeros if values is None else _integers(f"members.{name}", values, n)

        made = cls(
            ids=keys,
            sponsor=_integers("members.sponsor", sponsor, n),
            status=optional("status", status),
            opening_title=optional("opening_title", opening_title),
            enrolled=optional("enrolled", enrolled),
        )
        made._check()
        return made

    def _check(self) -> None:
        ordered = np.sort(self.ids)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        if len(twice):
            raise EngineError(f"member {int(twice[0])} is given twice")
        bad = np.flatnonzero((self.sponsor < -1) | (self.sponsor >= len(self.ids)))
        if len(bad):
            raise EngineError(
                f"member {int(self.ids[bad[0]])}: the sponsor is not among the members"
            )
        known = (self.status >= min(Status)) & (self.status <= max(Status))
        if not known.all():
            raise EngineError(f"member {int(self.ids[np.argmin(known)])}: unknown status")
        if len(self.ids) and int(self.opening_title.min()) < 0:
            row = int(np.argmin(self.opening_title))
            raise EngineError(f"member {int(self.ids[row])}: the opening title is negative")

    def __len__(self) -> int:
        return len(self.ids)


def sponsor_rows(ids: npt.ArrayLike, sponsor_ids: npt.ArrayLike, top: int = -1) -> Int:
    """Row numbers for sponsors given by id; ``top`` is the id that stands for "nobody".

    :raises EngineError: if a sponsor is not among ``ids``; the member's id is named.
    """
    keys = _integers("ids", ids, None)
    wanted = _integers("sponsor_ids", sponsor_ids, len(keys))
    order = np.argsort(keys, kind="stable")
    place = np.searchsorted(keys[order], wanted).clip(max=max(len(keys) - 1, 0))
    rows = order[place] if len(keys) else wanted
    orphan = (wanted != top) & (keys[rows] != wanted) if len(keys) else np.zeros(0, dtype=np.bool_)
    if orphan.any():
        row = int(np.argmax(orphan))
        raise EngineError(
            f"member {int(keys[row])}: sponsor {int(wanted[row])} is not among the members"
        )
    return np.where(wanted == top, -1, rows)


@dataclass(frozen=True, slots=True)
class Sales:
    """The paid facts of the period, net of what was returned before it was frozen; any order.

    A row is an order or an order line: rows with the same ``order`` are added up first, so both
    give the same result. ``seller``, ``own``, ``first_order`` and ``day`` belong to the order and
    must agree on all of its rows.
    """

    seller: Int
    """Row of the credited member in ``Members``."""
    order: Int
    """Number of the order, unique in the run."""
    bv: Int
    """BV, hundredths."""
    rsp: Int
    """RSP of the lines of repeat-flagged products, hundredths."""
    rsp_all: Int
    """RSP of all lines, hundredths (for a plan with ``points_from: all_products``)."""
    net: Int
    """Net sales without tax, minor units."""
    own: Bool
    """The seller's own purchase (else a customer's); both are the seller's personal volume."""
    first_order: Bool
    """First paid order of its customer."""
    day: Int
    """Day of payment, days since 1970-01-01."""

    @classmethod
    def of(
        cls,
        seller: npt.ArrayLike,
        *,
        bv: npt.ArrayLike | None = None,
        rsp: npt.ArrayLike | None = None,
        rsp_all: npt.ArrayLike | None = None,
        net: npt.ArrayLike | None = None,
        order: npt.ArrayLike | None = None,
        own: npt.ArrayLike | None = None,
        first_order: npt.ArrayLike | None = None,
        day: npt.ArrayLike | None = None,
    ) -> Self:
        """Check and bundle.

        Left out: ``order`` numbers the rows (each its own order), ``rsp_all`` equals ``rsp``,
        all else is nought or false.
        """
        sellers = _integers("sales.seller", seller, None)
        n = len(sellers)

        def numbers(name: str, values: npt.ArrayLike | None) -> Int:
            if values is None:
                return np.zeros(n, dtype=np.int64)
            return _integers(f"sales.{name}", values, n)

        def flags(name: str, values: npt.ArrayLike | None) -> Bool:
            if values is None:
                return np.zeros(n, dtype=np.bool_)
            return _flags(f"sales.{name}", values, n)

        repeat_points = numbers("rsp", rsp)
        return cls(
            seller=sellers,
            order=np.arange(n) if order is None else numbers("order", order),
            bv=numbers("bv", bv),
            rsp=repeat_points,
            rsp_all=repeat_points if rsp_all is None else numbers("rsp_all", rsp_all),
            net=numbers("net", net),
            own=flags("own", own),
            first_order=flags("first_order", first_order),
            day=numbers("day", day),
        )

    @classmethod
    def none(cls) -> Self:
        """A period without sales."""
        return cls.of(np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.seller)


@dataclass(frozen=True, slots=True)
class Qualifying:
    """Volumes that count for activity and ranks only, never for a commission or point base.

    Two things come in here: the earlier periods of the activity window (``in_period`` false), and
    returns of orders of posted periods that fall into this one (``in_period`` true, negative).
    Any number of rows per member.
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
    in_period: Bool
    """True: counts in this period's measures and in the window; false: in the window only."""

    @classmethod
    def of(
        cls,
        member: npt.ArrayLike,
        *,
        bv: npt.ArrayLike | None = None,
        own_bv: npt.ArrayLike | None = None,
        rsp: npt.ArrayLike | None = None,
        rsp_all: npt.ArrayLike | None = None,
        in_period: npt.ArrayLike | None = None,
    ) -> Self:
        """Check and bundle; volumes left out are nought, ``rsp_all`` equals ``rsp``."""
        rows = _integers("qualifying.member", member, None)
        n = len(rows)

        def numbers(name: str, values: npt.ArrayLike | None) -> Int:
            if values is None:
                return np.zeros(n, dtype=np.int64)
            return _integers(f"qualifying.{name}", values, n)

        points = numbers("rsp", rsp)
        return cls(
            member=rows,
            bv=numbers("bv", bv),
            own_bv=numbers("own_bv", own_bv),
            rsp=points,
            rsp_all=points if rsp_all is None else numbers("rsp_all", rsp_all),
            in_period=(
                np.zeros(n, dtype=np.bool_)
                if in_period is None
                else _flags("qualifying.in_period", in_period, n)
            ),
        )

    @classmethod
    def none(cls) -> Self:
        """No earlier periods in the window and no returns of posted periods."""
        return cls.of(np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.member)


@dataclass(frozen=True, slots=True)
class Stated:
    """Figures that stand instead of computed ones, per member row; ``NOT_STATED`` elsewhere.

    They replace a member's own figure in the activity test and in rank rules and nothing else:
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

    @classmethod
    def of(cls, count: int, **values: npt.ArrayLike) -> Self:
        """Bundle for ``count`` members; each figure left out is not stated for anybody.

        :raises EngineError: if a name is unknown, a length differs or ``active`` is not 0 or 1.
        """
        names = [field.name for field in fields(cls)]
        unknown = sorted(set(values) - set(names))
        if unknown:
            raise EngineError(f"stated.{unknown[0]}: no such figure")
        empty = np.full(count, NOT_STATED, dtype=np.int64)
        made = cls(
            **{
                name: _integers(f"stated.{name}", values[name], count) if name in values else empty
                for name in names
            }
        )
        if not np.isin(made.active, (NOT_STATED, 0, 1)).all():
            raise EngineError("stated.active: only 0 and 1 can be stated")
        return made
