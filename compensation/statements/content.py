"""What a statement says, as plain data: no words of a language, no rows of the database.

Money is in minor units of the currency, points and volumes are in hundredths.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Source:
    """What pays a line: a component of the plan, or a limit that cuts."""

    kind: str
    """Kind of the component, or ``cap``."""
    id: str
    """Its name in the plan document."""
    on: str = ""
    """``bv`` or ``net``, where a percentage is of one of them."""
    every_order: bool = False
    """Of a bonus for orders: for each order, not for a first one alone."""
    scope: str = ""
    """Of a limit: ``person`` or ``company``."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the run: ``base`` × ``rate`` = ``amount``, rounded once."""

    source: Source
    level: int
    """Paid level, generation, bracket or rank, as the component counts."""
    rank: str
    """Name of the rank, where the level is one."""
    is_money: bool
    base: int
    base_unit: str
    """BV, RSP, net (money), orders or times."""
    rate: tuple[int, int]
    amount: int
    members: int
    sales: int


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one source and their sum."""

    source: Source
    lines: tuple[Line, ...]

    @property
    def amount(self) -> int:
        """Sum of the lines."""
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class Correction:
    """A return reversed, or an adjustment, in money or in points."""

    kind: str
    """Kind of the journal: ``reversal`` or ``adjustment``."""
    is_money: bool
    amount: int
    on: date
    reference: str = ""
    """Of a return: the order's reference. Never whose customer."""
    sold_on: date | None = None
    reason: str = ""
    """Of an adjustment."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What else moved a balance: points turned into cash, payouts."""

    kind: str
    """Kind of the journal: ``conversion``, ``expiry``, ``reserve`` or ``release``."""
    on: date
    money: int
    points: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What was there before the month, and after it."""

    opening_money: int
    opening_points: int
    closing_money: int
    closing_points: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan that was in force."""

    name: str
    title: str
    effective_from: date
    digest: str


@dataclass(frozen=True, slots=True)
class Logo:
    """The company's logo of the posting, a JPEG; its size in pixels. From edition 2 on."""

    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom the statement is for: all that a statement says of a person.

    ``name`` is empty after the person was erased; nothing else of the statement depends on it.
    """

    label: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One representative's statement of one posted month."""

    edition: int
    number: str
    company: str
    addressee: Addressee
    first_day: date
    last_day: date
    posted_on: date
    posted_at: str
    """The instant of the posting in UTC, ``YYYYMMDDHHMMSS``."""
    plan: Plan
    currency: str
    rank: str
    title: str
    active: bool
    personal_bv: int
    group_bv: int
    money: tuple[Group, ...]
    points: tuple[Group, ...]
    balance: Balance
    corrections: tuple[Correction, ...] = ()
    movements: tuple[Movement, ...] = field(default=())
    logo: Logo | None = None

    @property
    def says_tax(self) -> bool:
        """Whether the form has a line on tax: from edition 2 on."""
        return self.edition >= 2

    def corrected(self, *, is_money: bool) -> int:
        """Sum of the corrections, of money or of points."""
        return sum(one.amount for one in self.corrections if one.is_money == is_money)

    @property
    def earned(self) -> int:
        """Money of the month: lines and corrections."""
        return sum(group.amount for group in self.money) + self.corrected(is_money=True)

    @property
    def credited(self) -> int:
        """Points of the month: lines and corrections."""
        return sum(group.amount for group in self.points) + self.corrected(is_money=False)

    def faults(self) -> list[str]:
        """Return where the statement does not add up; a statement that does has none."""
        balance = self.balance
        money = balance.opening_money + self.earned + sum(one.money for one in self.movements)
        points = balance.opening_points + self.credited + sum(one.points for one in self.movements)
        return [
            f"{self.number}: {what} is {found}, its parts are {parts}"
            for what, found, parts in (
                ("the balance", balance.closing_money, money),
                ("the balance of points", balance.closing_points, points),
            )
            if found != parts
        ]
