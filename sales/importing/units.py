"""One unit of a file, parsed and checked as far as the file alone can tell."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from zoneinfo import ZoneInfo

from sales import amounts
from sales.importing.source import COLUMNS, SourceFile, split_line
from sales.references import imported_reference
from sales.services.customers import SELF_REFERENCE

LINE_LIMIT = 1000
_SEPARATOR = "\x1f"  # not printable, so in no field
_LIMITS = {"seller_code": 32, "customer_ref": 64, "sku": 64, "returned_ref": 64}

parse_quantity = lru_cache(1024)(amounts.parse_quantity)
parse_money = lru_cache(65536)(amounts.parse_money)


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A line of a unit; with `returned_ref` it takes back pieces, without it it sells them."""

    line: int
    sku: str
    quantity: int
    unit_price_minor: int | None
    returned_ref: str


@dataclass(frozen=True, slots=True)
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


@dataclass(slots=True)
class UnitParser:
    """Parses units of one file; holds what the file does not say."""

    source: SourceFile
    zone: ZoneInfo
    currency: str

    def __post_init__(self) -> None:
        positions = [self.source.columns.index(name) for name in COLUMNS]
        self._pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*positions)

    _pick: Callable[[list[str]], tuple[str, ...]] = None  # type: ignore[assignment]

    def sort_key(self, external_ref: str) -> tuple[datetime, bool, str]:
        """Return the place of a unit: by (paid at, order reference), unpaid last.

        Returns alone come after the orders of the same instant. What can't be parsed goes last
        and is rejected there.
        """
        _, text = next(self.source.lines_of(external_ref))
        try:
            fields = self._pick(split_line(text))
            paid_at = parse_instant(fields[7], self.zone)
            return paid_at, bool(fields[8]), imported_reference(external_ref)
        except (ValueError, IndexError):
            return datetime.max.replace(tzinfo=UTC), False, imported_reference(external_ref)

    def parse(self, external_ref: str) -> Unit:
        """Return a unit of the file.

        :raises UnitFault: with every fault of its lines.
        """
        faults: list[tuple[int, str]] = []
        rows: list[tuple[int, tuple[str, ...]]] = []
        for number, text in self.source.lines_of(external_ref):
            if number in self.source.unreadable:
                faults.append((number, self.source.unreadable[number]))
            else:
                rows.append((number, self._pick(split_line(text))))
        if faults:
            raise UnitFault(faults)
        head = rows[0][1]
        paid_at = self._check_head(rows, faults)
        sales: list[UnitLine] = []
        returns: list[UnitLine] = []
        for number, fields in rows:
            line = self._parse_line(number, fields, faults)
            (returns if line.returned_ref else sales).append(line)
        if returns and paid_at is None and not faults:
            faults.append((returns[0].line, "paid_at is missing: it says when pieces came back"))
        if len(rows) > LINE_LIMIT:
            faults.append((rows[0][0], f"the order has more than {LINE_LIMIT} lines"))
        if faults:
            raise UnitFault(faults)
        return Unit(
            external_ref=external_ref,
            reference=imported_reference(external_ref),
            seller_code=head[1],
            customer_ref=head[2],
            own=head[3] == "1",
            paid_at=paid_at,
            sales=sales,
            returns=returns,
            digest=_digest(head, paid_at, sales, returns),
        )

    def _check_head(
        self, rows: list[tuple[int, tuple[str, ...]]], faults: list[tuple[int, str]]
    ) -> datetime | None:
        """Check what all lines of a unit must agree in, and return its instant."""
        number, head = rows[0]
        for other, fields in rows[1:]:
            faults += [
                (other, f"{COLUMNS[position]} differs from line {number} of this order")
                for position in (1, 2, 3, 7)
                if fields[position] != head[position]
                and not (position == 7 and self._same_instant(fields[7], head[7]))
            ]
        for position in (1, 2):
            limit = _LIMITS[COLUMNS[position]]
            if len(head[position]) > limit:
                faults.append((number, f"{COLUMNS[position]} is longer than {limit} characters"))
        if not head[1]:
            faults.append((number, "seller_code is missing"))
        if head[3] not in ("0", "1"):
            faults.append((number, f"own {head[3]!r} is neither 1 nor 0"))
        elif head[3] == "1" and head[2]:
            faults.append((number, "customer_ref is not empty on an own purchase"))
        elif head[3] == "0" and not head[2]:
            faults.append((number, "customer_ref is missing"))
        elif head[2] == SELF_REFERENCE:
            faults.append((number, f"customer_ref {SELF_REFERENCE} is the seller: set own to 1"))
        if not head[7]:
            return None
        try:
            return parse_instant(head[7], self.zone)
        except ValueError as error:
            faults.append((number, f"paid_at {head[7]!r} {error}"))
            return None

    def _same_instant(self, text: str, other: str) -> bool:
        try:
            return parse_instant(text, self.zone) == parse_instant(other, self.zone)
        except ValueError:
            return False

    def _parse_line(
        self, number: int, fields: tuple[str, ...], faults: list[tuple[int, str]]
    ) -> UnitLine:
        sku, returned_ref = fields[4], fields[8]
        quantity, price = 0, None
        if not sku:
            faults.append((number, "sku is missing"))
        for name, text in (("sku", sku), ("returned_ref", returned_ref)):
            if len(text) > _LIMITS[name]:
                faults.append((number, f"{name} is longer than {_LIMITS[name]} characters"))
        try:
            quantity = parse_quantity(fields[5])
        except ValueError as error:
            faults.append((number, f"quantity {fields[5]!r} {error}"))
        if fields[6]:
            try:
                price = parse_money(fields[6], self.currency)
            except ValueError as error:
                faults.append((number, f"unit_price {fields[6]!r} {error}"))
        elif not returned_ref:
            faults.append((number, "unit_price is missing"))
        return UnitLine(number, sku, quantity, price, returned_ref)


def _digest(
    head: tuple[str, ...],
    paid_at: datetime | None,
    sales: list[UnitLine],
    returns: list[UnitLine],
) -> str:
    """Return a digest of the content: blind to the order of lines and to how values are spelt."""
    stamp = paid_at.isoformat() if paid_at else ""
    lines = sorted(
        f"{line.sku}{_SEPARATOR}{line.quantity}{_SEPARATOR}{line.unit_price_minor}"
        f"{_SEPARATOR}{line.returned_ref}"
        for line in (*sales, *returns)
    )
    content = "\n".join([_SEPARATOR.join((*head[1:4], stamp)), *lines])
    return hashlib.sha256(content.encode()).hexdigest()
