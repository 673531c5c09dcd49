"""A chunk of units against the database: what they name, and whether it may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from sales.amounts import AMOUNT_LIMIT, Amounts, line_amounts, returned_amounts
from sales.importing.targets import Target, TargetOrder, stored_targets
from sales.importing.units import Content, Unit, UnitFault, UnitLine
from sales.models import Order, Product, Return
from sales.periods import Interval, is_open, return_counts_at


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a whole import: the clock, the open periods, the company's currency."""

    now: datetime
    open_intervals: Sequence[Interval]
    into_open_period: bool
    currency: str
    add_on_days: int


@dataclass(slots=True, eq=False)
class Priced:
    """What a line sells and is worth; shared by all lines of a chunk that say the same.

    `text` is its part of a row of COPY: integers and truth values, which need no escaping.
    """

    product: Product
    quantity: int
    unit_price_minor: int
    worth: Amounts
    text: str


@dataclass(frozen=True, slots=True)
class NewReturn:
    """Pieces to be taken back."""

    order: TargetOrder
    target: Target
    quantity: int
    worth: Amounts
    reference: str
    counted_at: datetime


@dataclass(slots=True)
class Resolved:
    """A unit that may be written; its lines are numbered from 1 in this order."""

    unit: Unit
    seller_id: int
    counted_at: datetime | None
    lines: list[Priced]
    returns: list[NewReturn]

    @property
    def customer_key(self) -> tuple[int, str | None]:
        """Return whose customer buys: his reference, or None for the seller himself."""
        return self.seller_id, None if self.unit.own else self.unit.customer_ref


@dataclass(slots=True)
class Outcome:
    """What became of the units of a chunk."""

    resolved: list[Resolved] = field(default_factory=list)
    known: int = 0
    conflicts: list[tuple[Unit, str]] = field(default_factory=list)
    rejected: list[tuple[Unit, list[tuple[int, str]]]] = field(default_factory=list)


def resolve(units: Sequence[Unit], terms: Terms) -> Outcome:
    """Return which units may be written, and why not the others. Reads and locks, writes nothing.

    Stored lines that pieces come back from are locked, so that a request made at the same moment
    can't exceed them.
    """
    outcome = Outcome()
    fresh = _not_yet_there(units, outcome)
    resolver = _Resolver(fresh, terms)
    for unit in fresh:
        try:
            outcome.resolved.append(resolver.resolve(unit))
        except UnitFault as fault:
            outcome.rejected.append((unit, fault.faults))
    return outcome


def _not_yet_there(units: Sequence[Unit], outcome: Outcome) -> list[Unit]:
    references = [unit.external_ref for unit in units]
    orders = dict(
        Order.objects.filter(external_ref__in=references).values_list(
            "external_ref", "import_digest"
        )
    )
    returns = dict(
        Return.objects.filter(external_ref__in=references).values_list(
            "external_ref", "import_digest"
        )
    )
    fresh = []
    for unit in units:
        stored = orders if unit.sales else returns
        if stored.get(unit.external_ref) == unit.digest:
            outcome.known += 1
        elif unit.external_ref in orders or unit.external_ref in returns:
            outcome.conflicts.append((unit, "it is there already with other content"))
        else:
            fresh.append(unit)
    return fresh


class _Resolver:
    """Looks up what units name, with one query per kind of thing for the whole chunk."""

    def __init__(self, units: Sequence[Unit], terms: Terms) -> None:
        self.terms = terms
        self.sellers = _sellers({unit.seller_code for unit in units})
        skus = {line.says.sku for unit in units for line in unit.sales}
        self.products = {row.sku: row for row in Product.objects.filter(sku__in=skus)}
        wanted = {line.says.returned_ref for unit in units for line in unit.returns}
        self.targets = stored_targets(wanted) if wanted else {}
        self.wanted = wanted
        self.priced: dict[tuple[Content, bool], Priced | str] = {}

    def resolve(self, unit: Unit) -> Resolved:
        """Return what to write for a unit.

        :raises UnitFault: with every fault found.
        """
        faults: list[tuple[int, str]] = []
        seller_id = self.sellers.get(unit.seller_code)
        if seller_id is None:
            faults.append((unit.first_line, f"seller_code {unit.seller_code!r} is not known"))
        counted_at = self._counted_at(unit, faults)
        sold: list[Priced] = []
        for number, content in unit.sales:
            key = (content, unit.own)
            priced = self.priced.get(key)
            if priced is None:
                priced = self.priced[key] = self._price(content, own=unit.own)
            if isinstance(priced, str):
                faults.append((number, priced))
            else:
                sold.append(priced)
        if faults:
            raise UnitFault(faults)
        assert seller_id is not None
        returns = self._returns(unit)
        if sum(line.worth.gross_minor for line in sold) > AMOUNT_LIMIT:
            raise UnitFault([(unit.first_line, "the order is too large")])
        if unit.external_ref in self.wanted and counted_at and unit.paid_at and sold:
            self.targets[unit.external_ref] = _new_target(unit, sold, counted_at)
        return Resolved(unit, seller_id, counted_at, sold, returns)

    def _counted_at(self, unit: Unit, faults: list[tuple[int, str]]) -> datetime | None:
        if unit.paid_at is None:
            return None
        if unit.paid_at > self.terms.now:
            faults.append((unit.first_line, f"paid_at {_spelt(unit.paid_at)} is in the future"))
            return None
        if not unit.sales:
            return None
        if is_open(unit.paid_at, self.terms.open_intervals):
            return unit.paid_at
        return self._late(unit, faults)

    def _late(self, unit: Unit, faults: list[tuple[int, str]]) -> datetime | None:
        terms = self.terms
        if terms.into_open_period and is_open(terms.now, terms.open_intervals):
            return terms.now
        assert unit.paid_at is not None
        reason = f"paid_at {_spelt(unit.paid_at)} lies in no open period"
        if terms.into_open_period:
            reason += ", and the period that holds the clock is not open either"
        else:
            reason += " (--into-open-period counts it in the present one)"
        faults.append((unit.first_line, reason))
        return None

    def _price(self, content: Content, *, own: bool) -> Priced | str:
        """Return what a line is worth, or why it can't be sold.

        The company invoices the customers of imported orders.
        """
        product = self.products.get(content.sku)
        if product is None:
            return f"sku {content.sku!r} is not in the catalogue"
        price, quantity = content.unit_price_minor, content.quantity
        assert price is not None
        worth = line_amounts(
            quantity=quantity,
            unit_price_minor=price,
            tax_rate_bp=product.tax_rate_bp,
            unit_bv=product.bv,
            unit_rsp=product.rsp,
            ir_price_minor=None if own else product.ir_price_minor,
        )
        if max(worth.gross_minor, worth.bv, worth.rsp) > AMOUNT_LIMIT:
            return "quantity × unit_price is too large"
        cells = (
            *(product.pk, quantity, price, worth.gross_minor, worth.tax_minor),
            *(product.tax_rate_bp, product.bv, product.rsp, worth.bv, worth.rsp),
            worth.margin_minor,
            "t" if product.repeat else "f",
        )
        return Priced(product, quantity, price, worth, "\t".join(map(str, cells)))

    def _returns(self, unit: Unit) -> list[NewReturn]:
        """Take the pieces of a unit back, all or, by raising, none."""
        found: list[NewReturn] = []
        try:
            for line in unit.returns:
                found += self._take_back(unit, line, len(found))
        except UnitFault:
            for one in found:
                one.target.taken -= one.quantity
                one.target.accepted -= one.quantity
            raise
        return found

    def _take_back(self, unit: Unit, line: UnitLine, before: int) -> list[NewReturn]:
        order = self._target_order(unit, line)
        says = line.says
        own_faults: list[tuple[int, str]] = []
        assert unit.paid_at is not None
        counted_at = return_counts_at(
            order_counted_at=order.counted_at,
            returned_at=unit.paid_at,
            open_intervals=self.terms.open_intervals,
        ) or self._late(unit, own_faults)
        if counted_at is None:
            raise UnitFault([(line.line, own_faults[0][1])])
        candidates = [
            target
            for target in order.lines
            if target.sku == says.sku and says.unit_price_minor in (None, target.unit_price_minor)
        ]
        left = sum(target.quantity - target.taken for target in candidates)
        if not candidates:
            price = "" if says.unit_price_minor is None else " at this unit_price"
            reason = f"sku {says.sku!r} was not bought{price} in order {says.returned_ref!r}"
            raise UnitFault([(line.line, reason)])
        if left < says.quantity:
            reason = f"only {left} pieces of {says.sku!r} are left in order {says.returned_ref!r}"
            raise UnitFault([(line.line, reason)])
        taken: list[NewReturn] = []
        open_quantity = says.quantity
        for target in candidates:
            pieces = min(open_quantity, target.quantity - target.taken)
            if not pieces:
                continue
            worth = returned_amounts(
                target.worth, pieces=target.quantity, before=target.accepted, quantity=pieces
            )
            reference = f"{unit.external_ref}:{before + len(taken) + 1}"
            taken.append(NewReturn(order, target, pieces, worth, reference, counted_at))
            target.taken += pieces
            target.accepted += pieces
            open_quantity -= pieces
        return taken

    def _target_order(self, unit: Unit, line: UnitLine) -> TargetOrder:
        order = self.targets.get(line.says.returned_ref)
        reason = ""
        if order is None:
            reason = "names no paid order"
        elif (order.seller_code, order.own) != (unit.seller_code, unit.own) or (
            order.customer_ref not in (None, unit.customer_ref)
        ):
            reason = "names an order of another seller or customer"
        elif unit.paid_at is not None and unit.paid_at < order.paid_at:
            reason = "names an order that was paid later"
        if order is None or reason:
            raise UnitFault([(line.line, f"returned_ref {line.says.returned_ref!r} {reason}")])
        return order


def _sellers(codes: set[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, id FROM representatives_representative WHERE code = ANY(%s)",
            [sorted(codes)],
        )
        return dict(cursor.fetchall())


def _new_target(unit: Unit, lines: list[Priced], counted_at: datetime) -> TargetOrder:
    assert unit.paid_at is not None
    return TargetOrder(
        unit.external_ref,
        None,
        unit.seller_code,
        unit.customer_ref,
        unit.own,
        unit.paid_at,
        counted_at,
        [
            Target(
                number,
                line.product.sku,
                line.product.pk,
                line.quantity,
                line.unit_price_minor,
                line.worth,
            )
            for number, line in enumerate(lines, start=1)
        ],
    )


def _spelt(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")
