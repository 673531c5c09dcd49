"""Arrays that come out of the engine, in pre-order; units as in ``compensation.engine.types``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compensation.engine.carried import CarriedOut
from compensation.engine.types import Bool, Int, Int16, Int32

ADDED = {"added": True}
"""Marks fields that came after results were stored: noughts are not part of the digest."""


@dataclass(frozen=True, slots=True)
class MemberResults:
    """Qualification and volumes, one element per member, in pre-order.

    ``*_bv`` and ``*_rsp`` are hundredths. "Personal" is the member's own purchases and those of
    his customers. Volumes used for qualification include ``Qualifying`` rows, see each field.
    """

    ids: Int
    row: Int
    """Row of the member in ``Members``."""
    sponsor_position: Int
    """Position of the sponsor, -1 for a root."""
    subtree_end: Int
    """First position behind the member's downline (exclusive)."""
    depth: Int32
    """Number of uplines; 0 for a root."""
    status: Int16
    active: Bool
    inactive_reason: Int16
    """``Reason``: PAID (0) when active, else INACTIVE, SUSPENDED or TERMINATED."""
    sold_bv: Int
    """BV of the period's sales, the commission base: without qualifying-only volume."""
    personal_bv: Int
    """BV of the period with qualifying-only volume (returns of posted periods)."""
    own_bv: Int
    """The part of ``personal_bv`` from own purchases."""
    window_bv: Int
    """Personal BV over the activity window."""
    window_own_bv: Int
    """The part of ``window_bv`` from own purchases."""
    group_bv: Int
    """``personal_bv`` of the member and the whole downline."""
    personal_rsp: Int
    """RSP of own and customers' purchases in the period, as the plan counts them."""
    window_rsp: Int
    """Personal RSP over the activity window."""
    rsp_own: Int
    """Points credited for own sales."""
    rsp_total: Int
    """All points credited: own and from levels."""
    rsp_base: Int
    """The rank measure ``rsp_total``: own points and levels at the plan's base depth."""
    active_directs: Int32
    direct_count: Int32
    """Directly sponsored members who are enrolled."""
    points: Int
    """``Stated.points``, 0 where nothing is stated."""
    opening_title: Int16
    title_rank: Int16
    """Title at the end of the period."""
    pay_rank: Int16
    commission_minor: Int
    """Sum of the member's money lines."""
    order_count: Int32
    """Orders of the period credited to the member."""
    retail_customers: Int32 = field(metadata=ADDED)
    """Distinct customers, not the member, whose orders of the period have BV above nought.

    Nought where no order names its customer.
    """
    grace_used: Int16 = field(metadata=ADDED)
    """Periods in a row, with this one, in which a rank is held by grace alone; 0: none."""
    figures: tuple[Int, ...] = field(metadata=ADDED)
    """The plan's further figures, one array for each of ``figure_names``."""
    figure_names: tuple[str, ...] = field(metadata=ADDED)
    """Names of the further figures that the plan uses, in alphabetical order."""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Earnings:
    """Statement lines, ordered by (receiver, component, paid level).

    A line exists exactly where base and rate are not nought. amount = base × rate_num ÷ rate_den,
    rounded once by the plan's rule.
    """

    receiver: Int
    """Position in ``MemberResults``."""
    component: Int16
    """Index in the plan's components; a cut of a cap: their number + the index of the cap."""
    paid_level: Int16
    """Level counted for payment, 0 for own sales."""
    base: Int
    """Hundredths of BV or RSP, minor units of net sales, or a number of orders."""
    rate_num: Int
    rate_den: Int
    amount: Int
    """Minor units of money or hundredths of RSP, by ``unit``."""
    unit: Int16
    """``Unit`` values."""
    members: Int32
    """Sellers behind the line."""
    sales: Int32
    """Orders behind the line (those whose own base is not nought)."""

    def __len__(self) -> int:
        return len(self.receiver)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the whole run, exact Python integers (hundredths, minor units, counts)."""

    members: int
    active: int
    promotions: int
    orders: int
    bv: int
    rsp_sold: int
    net_minor: int
    commission_minor: int
    rsp_credited: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """How members stand in a ranking, by position in the tree."""

    value: Int
    position: Int
    """1 for the first; 0 for who is not in it."""
    used: Int
    """Coupons used."""
    left: Int
    """Coupons left for the next period."""


@dataclass(frozen=True, slots=True)
class Results:
    """What a run computed, with digests (sha256, hex) of what went in and came out."""

    members: MemberResults
    earnings: Earnings
    totals: Totals
    carried: CarriedOut
    """What the period leaves behind for the next one."""
    rankings: Mapping[str, Ranked]
    """How members stand in the plan's rankings, by id."""
    engine_version: str
    input_digest: str
    plan_digest: str
    result_digest: str
