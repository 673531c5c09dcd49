"""What the oracle is given and what it finds out; amounts as docs/plan says them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

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


@dataclass(frozen=True)
class QualifyingVolume:
    """Volume for activity and ranks alone: earlier months, or returns of posted months."""

    member: int
    bv: int = 0
    own_bv: int = 0
    rsp: int = 0
    rsp_all: int = 0
    in_period: bool = False


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
    personal_rsp: Decimal = Decimal(0)
    window_rsp: Decimal = Decimal(0)
    points: Decimal = Decimal(0)
    order_count: int = 0
    active: bool = False
    inactive_reason: str = "paid"
    active_directs: int = 0
    direct_count: int = 0
    rsp_base: Decimal = Decimal(0)
    title_rank: int = 0
    pay_rank: int = 0
    rsp_own: Decimal = Decimal(0)
    rsp_total: Decimal = Decimal(0)
    commission_minor: int = 0


@dataclass
class Line:
    """One line of a statement, and the orders behind it."""

    receiver: int
    component: int
    level: int
    rate: Decimal
    """Minor units of money for one of the base; 1 for points."""
    unit: str
    base: int = 0
    """Hundredths of BV or points, minor units of net sales, or a number of orders."""
    amount: int = 0
    """Minor units of money or hundredths of points."""
    sellers: set[int] = field(default_factory=set)
    orders: dict[int, int] = field(default_factory=dict)
    """Order number -> its own base."""
    matched: list[Line] = field(default_factory=list)
    """Lines of other components that this one is a percentage of."""


@dataclass(frozen=True)
class Answer:
    """What a period comes to."""

    members: dict[int, Member]
    lines: list[Line]


def whole(value: int) -> Decimal:
    """Turn hundredths into a number of units."""
    return EXACT.divide(Decimal(value), HUNDRED)


def number(value: object) -> Decimal:
    """Read a number of the plan document."""
    return Decimal(str(value))
