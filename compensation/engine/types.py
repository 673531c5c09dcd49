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

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np
import numpy.typing as npt

from compensation.engine.arrays import (
    NOT_STATED,
    Bool,
    EngineError,
    Int,
    Int16,
    Int32,
    truths,
    whole_numbers,
)
from compensation.engine.carried import Carried
from compensation.engine.qualifying import PeriodPlace, Qualifying, Stated

__all__ = [
    "NOT_STATED",
    "Bool",
    "Carried",
    "EngineError",
    "Int",
    "Int16",
    "Int32",
    "Members",
    "PeriodPlace",
    "Qualifying",
    "Reason",
    "Sales",
    "Stated",
    "Status",
    "Unit",
    "sponsor_rows",
]


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
    placement: Int
    """Row of the parent in the placement tree, -1 for nobody above or not placed."""
    side: Int
    """The parent's leg: 0 left, 1 right, -1 not placed."""
    bought_bv: Int
    """BV bought with points in the period, hundredths: group BV in ranks' requirements alone."""

    @classmethod
    def of(
        cls,
        ids: npt.ArrayLike,
        sponsor: npt.ArrayLike,
        *,
        status: npt.ArrayLike | None = None,
        opening_title: npt.ArrayLike | None = None,
        enrolled: npt.ArrayLike | None = None,
        placement: npt.ArrayLike | None = None,
        side: npt.ArrayLike | None = None,
        bought_bv: npt.ArrayLike | None = None,
    ) -> Self:
        """Check and bundle; what is left out is nought (enrolled, lowest rank, day 0).

        Without ``placement`` and ``side`` nobody is placed.
        """
        keys = whole_numbers("members.ids", ids, None)
        n = len(keys)
        zeros = np.zeros(n, dtype=np.int64)
        nobody = np.full(n, -1)

        def optional(name: str, values: npt.ArrayLike | None, missing: Int = zeros) -> Int:
            return missing if values is None else whole_numbers(f"members.{name}", values, n)

        made = cls(
            ids=keys,
            sponsor=whole_numbers("members.sponsor", sponsor, n),
            status=optional("status", status),
            opening_title=optional("opening_title", opening_title),
            enrolled=optional("enrolled", enrolled),
            placement=optional("placement", placement, nobody),
            side=optional("side", side, nobody),
            bought_bv=optional("bought_bv", bought_bv),
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

        if len(self.ids) and int(self.bought_bv.min()) < 0:
            row = int(np.argmin(self.bought_bv))
            raise EngineError(f"member {int(self.ids[row])}: the bought BV is negative")

        self._check_placement()

    def _check_placement(self) -> None:
        bad = np.flatnonzero((self.placement < -1) | (self.placement >= len(self.ids)))
        if len(bad):
            raise EngineError(
                f"member {int(self.ids[bad[0]])}: the placement is not among the members"
            )
        sided = np.where(self.placement < 0, self.side == -1, (self.side == 0) | (self.side == 1))
        if not sided.all():
            raise EngineError(
                f"member {int(self.ids[np.argmin(sided)])}: a placement has a side, left or right"
            )

    def __len__(self) -> int:
        return len(self.ids)


def sponsor_rows(ids: npt.ArrayLike, sponsor_ids: npt.ArrayLike, top: int = -1) -> Int:
    """Row numbers for sponsors given by id; ``top`` is the id that stands for "nobody".

    :raises EngineError: if a sponsor is not among ``ids``; the member's id is named.
    """
    keys = whole_numbers("ids", ids, None)
    wanted = whole_numbers("sponsor_ids", sponsor_ids, len(keys))
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
    give the same result. ``seller``, ``own``, ``first_order``, ``day``, ``customer`` and
    ``paid_at`` belong to the order and must agree on all of its rows.
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
    customer: Int
    """Id of the buying customer; -1 for own purchases, or where it is not known."""
    margin: Int
    """Retail price less representative price, without tax, minor units.

    Only of customers' orders that the company invoices to the customer; else 0.
    """
    units: Int
    """Pieces, a plain count."""
    rsp_repeat: Int
    """RSP, hundredths, of lines that carry points and are of the class repeat."""
    paid_at: Int
    """Instant of payment, seconds since 1970-01-01 UTC."""

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
        customer: npt.ArrayLike | None = None,
        margin: npt.ArrayLike | None = None,
        units: npt.ArrayLike | None = None,
        rsp_repeat: npt.ArrayLike | None = None,
        paid_at: npt.ArrayLike | None = None,
    ) -> Self:
        """Check and bundle.

        Left out: ``order`` numbers the rows (each its own order), ``rsp_all`` equals ``rsp``,
        no customer is known, all else is nought or false.
        """
        sellers = whole_numbers("sales.seller", seller, None)
        n = len(sellers)

        def numbers(name: str, values: npt.ArrayLike | None) -> Int:
            if values is None:
                return np.zeros(n, dtype=np.int64)
            return whole_numbers(f"sales.{name}", values, n)

        def flags(name: str, values: npt.ArrayLike | None) -> Bool:
            if values is None:
                return np.zeros(n, dtype=np.bool_)
            return truths(f"sales.{name}", values, n)

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
            customer=(np.full(n, -1) if customer is None else numbers("customer", customer)),
            margin=numbers("margin", margin),
            units=numbers("units", units),
            rsp_repeat=numbers("rsp_repeat", rsp_repeat),
            paid_at=numbers("paid_at", paid_at),
        )

    @classmethod
    def none(cls) -> Self:
        """A period without sales."""
        return cls.of(np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.seller)
