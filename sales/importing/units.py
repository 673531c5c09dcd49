"""One unit of a file, parsed and checked as far as the file alone can tell."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sales.amounts import parse_money, parse_quantity
from sales.importing.source import SourceFile, split_line
from sales.references import imported_reference
from sales.services.customers import SELF_REFERENCE

LINE_LIMIT = 1000
_SEPARATOR = "\x1f"  # not printable, so in no field
_LIMITS = {"seller_code": 32, "customer_ref": 64, "sku": 64, "returned_ref": 64}


@dataclass(slots=True, eq=False)
class Content:
    """What a line says beside its order; shared by all lines of a file that say the same.

    With `returned_ref` it takes back pieces, without it it sells them. `text` spells it one way.
    """

    sku: str
    quantity: int
    unit_price_minor: int | None
    returned_ref: str
    text: str


class UnitLine(NamedTuple):
    """A line of a unit and its number in the file."""

    line: int
    says: Content


@dataclass(slots=True)
class Unit:
    """What a file says under one external reference; `paid_at` is in UTC, None for unpaid."""

    external_ref: str
    reference: str
    seller_code: str
    customer_ref: str
    own: bool
    paid_at: datetime | None
    sales: list[UnitLine]
    returns: list[UnitLine]
    digest: str

    @property
    def first_line(self) -> int:
        """Return the number of the unit's first line in the file."""
        return min(line.line for line in (*self.sales[:1], *self.returns[:1]))


class UnitFault(Exception):  # noqa: N818  (carries faults to the runner, never shown by itself)
    """A unit is wrong; `faults` names line and reason of all that was found."""

    def __init__(self, faults: list[tuple[int, str]]) -> None:
        super().__init__(faults)
        self.faults = faults


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """Return an ISO 8601 date or time in UTC; without an offset it is read in `zone`.

    A time that the clocks show twice is the first of the two.

    :raises ValueError: if it is none, or a time that the clocks skipped.
    """
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            local = instant.replace(tzinfo=zone)
            utc = local.astimezone(UTC)
            if utc.astimezone(zone).replace(tzinfo=None) != instant:
                raise ValueError(f"does not exist in {zone.key}")
            return utc
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is not a date") from error
    except ValueError as error:
        if str(error).startswith("does not exist"):
            raise
        raise ValueError("is not an ISO 8601 date and time") from error


# The fields of a line in the order used here: what an order's lines share, then what they say.
_HEAD = ("seller_code", "customer_ref", "own", "paid_at")
_BODY = ("sku", "quantity", "unit_price", "returned_ref")
_CONTENTS_KEPT = 200_000


class UnitParser:
    """Parses the units of one file; zone and currency are what the file does not say."""

    def __init__(self, source: SourceFile, zone: ZoneInfo, currency: str) -> None:
        self.source = source
        self.zone = zone
        self.currency = currency
        place = source.columns.index
        self._head = itemgetter(*(place(name) for name in _HEAD))
        self._body = itemgetter(*(place(name) for name in _BODY))
        self._contents: dict[tuple[str, ...], Content] = {}

    def sort_key(self, external_ref: str) -> tuple[datetime, bool, str]:
        """Return the place of a unit: by (paid at, order reference), unpaid last.

        Returns alone come after the orders of the same instant. What can't be parsed goes last
        and is rejected there.
        """
        _, text = next(self.source.lines_of(external_ref))
        reference = imported_reference(external_ref)
        try:
            fields = split_line(text)
            paid_at = parse_instant(self._head(fields)[3], self.zone)
            return paid_at, bool(self._body(fields)[3]), reference
        except (ValueError, IndexError):
            return datetime.max.replace(tzinfo=UTC), False, reference

    def parse(self, external_ref: str) -> Unit:
        """Return a unit of the file.

        :raises UnitFault: with every fault of its lines.
        """
        faults: list[tuple[int, str]] = []
        sales: list[UnitLine] = []
        returns: list[UnitLine] = []
        head: tuple[str, ...] = ()
        first = 0
        for number, text in self.source.lines_of(external_ref):
            if number in self.source.unreadable:
                faults.append((number, self.source.unreadable[number]))
                continue
            fields = split_line(text)
            shared = self._head(fields)
            if not head:
                head, first = shared, number
            elif shared != head:
                faults += self._differences(number, shared, first, head)
            content = self._content(number, self._body(fields), faults)
            if content is not None:
                (returns if content.returned_ref else sales).append(UnitLine(number, content))
        paid_at = self._check_head(first, head, faults) if head else None
        if returns and paid_at is None and not faults:
            faults.append((returns[0].line, "paid_at is missing: it says when pieces came back"))
        if len(sales) + len(returns) > LINE_LIMIT:
            faults.append((first, f"the order has more than {LINE_LIMIT} lines"))
        if faults:
            raise UnitFault(sorted(faults))
        return Unit(
            external_ref=external_ref,
            reference=imported_reference(external_ref),
            seller_code=head[0],
            customer_ref=head[1],
            own=head[2] == "1",
            paid_at=paid_at,
            sales=sales,
            returns=returns,
            digest=_digest(head, paid_at, sales, returns),
        )

    def _differences(
        self, number: int, shared: tuple[str, ...], first: int, head: tuple[str, ...]
    ) -> list[tuple[int, str]]:
        """Return in what a line differs from the first of its order."""
        return [
            (number, f"{name} differs from line {first} of this order")
            for name, found, expected in zip(_HEAD, shared, head, strict=True)
            if found != expected and not (name == "paid_at" and self._same(found, expected))
        ]

    def _same(self, text: str, other: str) -> bool:
        try:
            return parse_instant(text, self.zone) == parse_instant(other, self.zone)
        except ValueError:
            return False

    def _check_head(
        self, number: int, head: tuple[str, ...], faults: list[tuple[int, str]]
    ) -> datetime | None:
        """Check what all lines of a unit share, and return its instant."""
        seller_code, customer_ref, own, paid_at = head
        for name, text in zip(_HEAD, head[:2], strict=False):
            if len(text) > _LIMITS[name]:
                faults.append((number, f"{name} is longer than {_LIMITS[name]} characters"))
        if not seller_code:
            faults.append((number, "seller_code is missing"))
        if own not in ("0", "1"):
            faults.append((number, f"own {own!r} is neither 1 nor 0"))
        elif own == "1" and customer_ref:
            faults.append((number, "customer_ref is not empty on an own purchase"))
        elif own == "0" and not customer_ref:
            faults.append((number, "customer_ref is missing"))
        elif customer_ref == SELF_REFERENCE:
            faults.append((number, f"customer_ref {SELF_REFERENCE} is the seller: set own to 1"))
        if not paid_at:
            return None
        try:
            return parse_instant(paid_at, self.zone)
        except ValueError as error:
            faults.append((number, f"paid_at {paid_at!r} {error}"))
            return None

    def _content(
        self, number: int, body: tuple[str, ...], faults: list[tuple[int, str]]
    ) -> Content | None:
        """Return what a line says; the same words are parsed once."""
        found = self._contents.get(body)
        if found is not None:
            return found
        before = len(faults)
        sku, quantity_text, price_text, returned_ref = body
        quantity, price = 0, None
        if not sku:
            faults.append((number, "sku is missing"))
        for name, text in (("sku", sku), ("returned_ref", returned_ref)):
            if len(text) > _LIMITS[name]:
                faults.append((number, f"{name} is longer than {_LIMITS[name]} characters"))
        try:
            quantity = parse_quantity(quantity_text)
        except ValueError as error:
            faults.append((number, f"quantity {quantity_text!r} {error}"))
        if price_text:
            try:
                price = parse_money(price_text, self.currency)
            except ValueError as error:
                faults.append((number, f"unit_price {price_text!r} {error}"))
        elif not returned_ref:
            faults.append((number, "unit_price is missing"))
        if len(faults) > before:
            return None
        if len(self._contents) >= _CONTENTS_KEPT:
            self._contents.clear()
        text = _SEPARATOR.join((sku, str(quantity), str(price), returned_ref))
        content = self._contents[body] = Content(sku, quantity, price, returned_ref, text)
        return content


def _digest(
    head: tuple[str, ...],
    paid_at: datetime | None,
    sales: list[UnitLine],
    returns: list[UnitLine],
) -> str:
    """Return a digest of the content: blind to the order of lines and to how values are spelt."""
    stamp = paid_at.isoformat() if paid_at else ""
    lines = sorted([line.says.text for line in sales] + [line.says.text for line in returns])
    content = "\n".join([_SEPARATOR.join((*head[:3], stamp)), *lines])
    return hashlib.sha256(content.encode()).hexdigest()
