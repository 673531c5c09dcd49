"""What the oracle is given and what it finds out; amounts as docs/plan says them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from typing import Any

EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, Overflow, DivisionByZero])
ROUNDING = Context(prec=200, traps=[InvalidOperation, Overflow, DivisionByZero])
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Person:
    """A member as he was at the period's last instant."""

    id: int
    sponsor: int | None
    status: str = "enrolled"
    opening_title: int = 0
    enrolled: int = 0
    placement: int | None = None
    """Who stands above in the placement tree."""
    side: str | None = None
    """``left`` or ``right`` of that person."""
    bought_bv: int = 0
    """BV bought with points; it counts for ranks alone, as group volume."""


@dataclass(frozen=True)
class Sale:
    """One row of a paid order; rows of the same order are added up."""

    seller: int
    order: int
    bv: int = 0
    rsp: int = 0
    rsp_all: int = 0
    net: int = 0
    own: bool = False
    first_order: bool = False
    day: int = 0
    rsp_repeat: int = 0
    margin: int = 0
    units: int = 0
    customer: int | None = None
    paid_at: int = 0


@dataclass(frozen=True)
class QualifyingVolume:
    """Volume for activity and ranks alone: earlier months, or returns of posted months."""

    member: int
    bv: int = 0
    own_bv: int = 0
    rsp: int = 0
    rsp_all: int = 0
    rsp_repeat: int = 0
    own_rsp: int = 0
    own_rsp_all: int = 0
    own_rsp_repeat: int = 0
    periods_ago: int = 0


@dataclass
class Member:
    """All that is found out about one person."""

    person: Person
    directs: list[int] = field(default_factory=list)
    sold_bv: Decimal = Decimal(0)
    personal_bv: Decimal = Decimal(0)
    own_bv: Decimal = Decimal(0)
    window_bv: Decimal = Decimal(0)
    window_own_bv: Decimal = Decimal(0)
    group_bv: Decimal = Decimal(0)
    bought_in_group: Decimal = Decimal(0)
    personal_rsp: Decimal = Decimal(0)
    window_rsp: Decimal = Decimal(0)
    points: Decimal = Decimal(0)
    order_count: int = 0
    active: bool = False
    inactive_reason: str = "paid"
    active_directs: int = 0
    direct_count: int = 0
    retail_customers: int = 0
    rsp_base: Decimal = Decimal(0)
    title_rank: int = 0
    pay_rank: int = 0
    grace_used: int = 0
    rsp_own: Decimal = Decimal(0)
    rsp_total: Decimal = Decimal(0)
    commission_minor: int = 0


@dataclass
class Line:
    """One line of a statement, and the orders behind it."""

    receiver: int
    component: int
    level: int
    rate: Decimal | Fraction
    """Minor units of money for one of the base; 1 for points."""
    unit: str
    base: int = 0
    """Hundredths of BV or points, minor units of net sales, or a number of orders."""
    amount: int = 0
    """Minor units of money or hundredths of points."""
    sellers: set[int] = field(default_factory=set)
    orders: dict[int, int] = field(default_factory=dict)
    """Order number -> its own base, which may be nought."""
    matched: list[Line] = field(default_factory=list)
    """Lines of other components that this one is a percentage of, or cuts."""
    shared: bool = False
    """The amount is a share of a sum: it is not rounded by itself."""

    @property
    def sales(self) -> int:
        """How many orders, or matched lines, are behind it."""
        if self.shared:
            return 0
        return len(self.matched) or sum(base != 0 for base in self.orders.values())


@dataclass(frozen=True)
class Placing:
    """Where somebody stands in a ranking."""

    value: int
    position: int


@dataclass(frozen=True)
class Answer:
    """What a period comes to."""

    members: dict[int, Member]
    lines: list[Line]
    rankings: dict[str, dict[int, Placing]]
    """By id of the ranking and member."""
    figures: Callable[[dict[str, Any], bool], dict[int, Decimal]]
    """Everybody's figure for a requirement, which a rank asks for or somebody else."""
    breakaways: dict[str, tuple[dict[int, Decimal], set[int]]]
    """By component that breaks away: what is left of group BV, and who has broken away."""
    carried: dict[tuple[int, str], int]
    """What is left behind for the period after: by member and key, without noughts."""


def whole(value: int) -> Decimal:
    """Turn hundredths into a number of units."""
    return EXACT.divide(Decimal(value), HUNDRED)


def number(value: object) -> Decimal:
    """Read a number of the plan document."""
    return Decimal(str(value))
