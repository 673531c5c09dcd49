"""Read who there is and what was sold in an example: members, sales, refunds, sponsor changes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from compensation import calendar
from compensation.calendar import CalendarPeriod
from compensation.examples.fields import Fields
from compensation.examples.reading import ExampleError

STATED_NUMBERS = (
    *("pbv", "pv", "personal_rsp", "monthly_points", "base", "percent", "earned", "uncapped"),
)
STATED_WORDS = ("rank", "title", "title_rank")
STATED_COUNTS = ("units", "coupons_used")
STATED_FLAGS = ("active", "payout_qualified")
NAMING = "child n of P is called P.n"
MOST_GENERATED = 200_000


@dataclass(frozen=True, slots=True)
class Person:
    """A member of an example; volumes and points in hundredths."""

    name: str
    sponsor: str | None
    numbers: dict[str, int]
    words: dict[str, str]
    flags: dict[str, bool]
    active_by_month: dict[str, bool]
    enrolled: date | None
    line: int
    counts: dict[str, int] = field(default_factory=dict)
    """Pieces and coupons, whole."""
    last_sale: datetime | None = None

    def is_active(self, period: CalendarPeriod | None) -> bool | None:
        """Return the activity stated for a period, null where the example says nothing."""
        if period is not None and period.label in self.active_by_month:
            return self.active_by_month[period.label]
        return self.flags.get("active")


@dataclass(frozen=True, slots=True)
class Line:
    """An order line of an example; volumes, points and price in hundredths."""

    name: str
    order: str
    seller: str
    own: bool
    repeat: bool
    bv: int
    rsp: int
    price: int
    """Price, the net sales of the line; its BV where the example names no price."""
    pv: int
    """Points that choose a bracket; its BV where the example names none."""
    day: date | None
    """Local day of payment; null for a sale without any date."""
    is_paid: bool
    line: int
    units: int = 0
    """Pieces."""
    paid_at: int = 0
    """Time of payment, seconds since 1970 UTC; 0 for a sale without any."""


@dataclass(frozen=True, slots=True)
class Refund:
    """A line that comes back."""

    sale: str
    day: date


@dataclass(frozen=True, slots=True)
class Move:
    """A change of sponsor and the day from which it holds."""

    member: str
    sponsor: str | None
    from_day: date


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody and everything of an example."""

    people: dict[str, Person]
    lines: dict[str, Line]
    refunds: tuple[Refund, ...] = ()
    moves: tuple[Move, ...] = field(default=())

    def sponsors_on(self, day: date | None) -> dict[str, str | None]:
        """Return everybody's sponsor on a day, the latest of the changes that hold by then."""
        sponsors = {person.name: person.sponsor for person in self.people.values()}
        for move in self.moves:
            if day is not None and move.from_day <= day:
                sponsors[move.member] = move.sponsor
        return sponsors

    def first_orders(self) -> set[str]:
        """Return the first order of each seller, by day and then by name of the order."""
        first: dict[str, tuple[date, str]] = {}
        for line in self.lines.values():
            if line.day is None:
                continue
            place = (line.day, line.order)
            first[line.seller] = min(first.get(line.seller, place), place)
        return {order for _, order in first.values()}


def read_cast(content: Fields, *, with_moves: bool) -> Cast:
    """Read the people and facts of an example and close it.

    :raises ExampleError: if a name is missing, there twice or unknown, or a value is not readable.
    """
    if content.take("generator", None) is None:
        people = _read_members(content)
        lines = _read_sales(content, people)
    else:
        if content.take("members", None) or content.take("sales", None):
            raise content.fault("generator", "and members or sales are both given")
        people, lines = _generate(content.inner("generator"))
    refunds = tuple(_read_refunds(content, lines))
    moves = tuple(sorted(_read_moves(content, people), key=lambda move: move.from_day))
    if moves and not with_moves:
        raise content.fault(
            "sponsor_changes", "need the parameter sponsor_change_takes_effect: next_month"
        )
    content.close()
    return Cast(people, lines, refunds, moves)


def _read_members(content: Fields) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for row in content.rows("members"):
        person = _read_member(row)
        if person.name in people:
            raise row.fault("id", f"{person.name} is there twice")
        people[person.name] = person
    for person in people.values():
        if person.sponsor is not None and person.sponsor not in people:
            raise ExampleError(
                f"{content.where}: member {person.name}: sponsor {person.sponsor} is not a member",
                person.line,
            )
    return people


def _read_member(row: Fields) -> Person:
    name = row.text("id")
    row.where = f"{row.where} ({name})"
    by_month: dict[str, bool] = {}
    if row.take("active_by_period", None) is not None:
        table = row.inner("active_by_period")
        for label in table.mapping:
            by_month[label] = table.flag(label)
    person = Person(
        name=name,
        sponsor=row.text("sponsor", None),
        numbers=_stated(row, STATED_NUMBERS, row.hundredths),
        words=_stated(row, STATED_WORDS, row.text),
        flags=_stated(row, STATED_FLAGS, row.flag),
        active_by_month=by_month,
        enrolled=row.day("enrolled", None),
        line=row.mapping.line,
        counts=_stated(row, STATED_COUNTS, row.whole),
        last_sale=row.moment("last_sale", None),
    )
    row.close()
    return person


def _stated(row: Fields, keys: tuple[str, ...], read: Callable[..., Any]) -> dict[str, Any]:
    """Read what a member states of some fields; null is nothing stated."""
    found = {key: read(key, None) for key in keys}
    return {key: value for key, value in found.items() if value is not None}


def _read_sales(content: Fields, people: dict[str, Person]) -> dict[str, Line]:
    lines: dict[str, Line] = {}
    for row in content.rows("sales"):
        line = _read_sale(row)
        if line.name in lines:
            raise row.fault("id", f"{line.name} is there twice")
        if line.seller not in people:
            raise row.fault("seller", f"{line.seller} is not a member")
        lines[line.name] = line
    return lines


def _read_sale(row: Fields) -> Line:
    name = row.text("id")
    row.where = f"{row.where} ({name})"
    buyer = row.choice("buyer", ("self", "customer"), "customer")
    bv = row.hundredths("bv", 0)
    day, was_ordered = _day_of_payment(row)
    line = Line(
        name=name,
        order=row.text("order", name),
        seller=row.text("seller"),
        own=buyer == "self",
        repeat=row.flag("repeat", False),
        bv=bv,
        rsp=row.hundredths("rsp", 0),
        price=row.hundredths("price", bv),
        pv=row.hundredths("pv", bv),
        day=day,
        is_paid=day is not None or not was_ordered,
        line=row.mapping.line,
    )
    row.close()
    return line


def _day_of_payment(row: Fields) -> tuple[date | None, bool]:
    """Return the local day on which a sale counts, and whether only its order is dated."""
    placed = [row.day(key, None) for key in ("ordered_on", "posted_on")]
    placed += [row.instant(key, None) for key in ("ordered_at", "posted_at")]
    paid_at = row.instant("paid_at", None)
    days = [row.day("date", None), row.day("paid_on", None), paid_at and paid_at.date()]
    given = [day for day in days if day is not None]
    if len(given) > 1:
        raise row.fault("date", "paid_on and paid_at: only one can be given")
    return (given[0] if given else None), any(placed)


def _read_refunds(content: Fields, lines: dict[str, Line]) -> Iterator[Refund]:
    seen = set()
    for row in content.rows("refunds"):
        refund = Refund(row.text("sale"), row.day("date"))
        row.close()
        if refund.sale not in lines:
            raise row.fault("sale", f"{refund.sale} is not a sale")
        if refund.sale in seen:
            raise row.fault("sale", f"{refund.sale} is refunded twice")
        sold = lines[refund.sale].day
        if sold is None or refund.day < sold:
            raise row.fault("date", f"lies before the payment of {refund.sale}")
        seen.add(refund.sale)
        yield refund


def _read_moves(content: Fields, people: dict[str, Person]) -> Iterator[Move]:
    for row in content.rows("sponsor_changes"):
        member, sponsor = row.text("member"), row.text("new_sponsor")
        decided_on = row.day("decided_on")
        row.close()
        for key, name in (("member", member), ("new_sponsor", sponsor)):
            if name not in people:
                raise row.fault(key, f"{name} is not a member")
        month = calendar.period_of_day(calendar.PeriodKind.MONTH, decided_on)
        yield Move(member, sponsor, month.next().first_day)


def _generate(generator: Fields) -> tuple[dict[str, Person], dict[str, Line]]:
    """Grow a regular tree: so many directs of the root, so many below each of the others."""
    root = generator.text("root")
    first_level = generator.whole("first_level")
    branching = generator.whole("branching")
    levels = generator.whole("levels")
    generator.choice("naming", (NAMING,), NAMING)
    purchase = generator.inner("each_member_below_root_buys")
    bv, rsp = purchase.hundredths("bv", 0), purchase.hundredths("rsp", 0)
    repeat = purchase.flag("repeat", "rsp" in purchase)
    price = purchase.hundredths("price", bv)
    pv, day = purchase.hundredths("pv", bv), purchase.day("date", None)
    purchase.close()
    generator.close()
    for key, value in (("first_level", first_level), ("branching", branching), ("levels", levels)):
        if value < 0:
            raise generator.fault(key, "can't be negative")
    people: dict[str, Person] = {root: _grown(root, None, generator.mapping.line)}
    lines: dict[str, Line] = {}
    row: deque[str] = deque([root])
    for level in range(levels):
        for parent in list(row):
            row.popleft()
            for number in range(1, (first_level if level == 0 else branching) + 1):
                name = f"{parent}.{number}"
                people[name] = _grown(name, parent, generator.mapping.line)
                lines[name] = Line(
                    name=name,
                    order=name,
                    seller=name,
                    own=True,
                    repeat=repeat,
                    bv=bv,
                    rsp=rsp,
                    price=price,
                    pv=pv,
                    day=day,
                    is_paid=True,
                    line=generator.mapping.line,
                )
                row.append(name)
                if len(people) > MOST_GENERATED:
                    raise generator.fault("levels", f"make more than {MOST_GENERATED} members")
    return people, lines


def _grown(name: str, sponsor: str | None, line: int) -> Person:
    return Person(name, sponsor, {}, {}, {}, {}, None, line)
