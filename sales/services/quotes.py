"""What an order would be worth if it were placed and paid now; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext

from representatives.models import Company, Representative
from sales.amounts import AMOUNT_LIMIT
from sales.classes import CLASSIFICATION
from sales.models import Customer, LineClass, OrderLine
from sales.services.orders import LineRequest, UnableToPlaceOrder, _priced_lines


@dataclass(frozen=True, slots=True)
class Quote:
    """The totals of an order that does not exist: money in minor units, volumes in hundredths."""

    seller: Representative
    customer: Customer | None
    """The buyer; ``None`` for somebody who has not bought yet."""
    own: bool
    lines: tuple[OrderLine, ...]
    """With their classes; not saved."""

    @property
    def gross_minor(self) -> int:
        """The total with tax."""
        return sum(line.gross_minor for line in self.lines)

    @property
    def net_minor(self) -> int:
        """The total without tax."""
        return sum(line.net_minor for line in self.lines)

    @property
    def bv(self) -> int:
        """The volume."""
        return sum(line.bv for line in self.lines)

    @property
    def rsp(self) -> int:
        """The points of repeat products."""
        return sum(line.rsp for line in self.lines if line.repeat)

    @property
    def rsp_all(self) -> int:
        """The points of all lines."""
        return sum(line.rsp for line in self.lines)

    @property
    def rsp_repeat(self) -> int:
        """The points of repeat sales."""
        of_repeats = (one for one in self.lines if one.line_class == LineClass.REPEAT)
        return sum(line.rsp for line in of_repeats if line.repeat)

    @property
    def margin_minor(self) -> int:
        """The seller's retail profit."""
        return sum(line.margin_minor for line in self.lines)

    @property
    def units(self) -> int:
        """The number of pieces."""
        return sum(line.quantity for line in self.lines)

    @property
    def is_first(self) -> bool:
        """Whether it is the buyer's first order."""
        return self.lines[0].line_class in (LineClass.FIRST, LineClass.REFERRAL)


def quote_order(
    *,
    seller: Representative,
    own: bool,
    customer: Customer | None,
    lines: Sequence[LineRequest],
    now: datetime,
    invoiced_to_customer: bool = True,
) -> Quote:
    """Return what an order would be worth, as `place_order` and `pay_order` would decide now.

    ``own`` is the seller's own purchase; else ``customer`` is the buyer, or somebody new (None).

    :raises UnableToPlaceOrder: as `place_order`.
    """
    if seller.status != Representative.Status.ENROLLED:
        raise UnableToPlaceOrder(gettext("Only an enrolled representative can place orders."))
    if own:
        customer = Customer.objects.filter(representative=seller, is_self=True).first()
    elif customer is not None and (customer.representative_id != seller.pk or customer.is_self):
        raise UnableToPlaceOrder(gettext("Choose one of your own customers."), "customer")
    priced = _priced_lines(lines, own=own, invoiced=invoiced_to_customer and not own)
    if sum(line.gross_minor for line in priced) > AMOUNT_LIMIT:
        raise UnableToPlaceOrder(gettext("The order is too large."), "lines")
    classes = {} if customer is None else _classes(customer, priced, now=now)
    for line in priced:
        line.line_class = classes.get(line.product_id, LineClass.FIRST)
    return Quote(seller=seller, customer=customer, own=own, lines=tuple(priced))


# It comes after every order of its instant: no reference is behind this one.
_CLASSES = f"""
WITH new_order AS (
    SELECT 1::bigint AS order_key, %(customer)s::bigint AS customer_id,
           %(paid_at)s::timestamptz AS paid_at, '~' AS reference
), new_line AS (
    SELECT 1::bigint AS order_key, l.product_id, l.quantity
      FROM unnest(%(products)s::bigint[], %(quantities)s::bigint[]) AS l(product_id, quantity)
), new_return AS (
    SELECT NULL::bigint AS customer_id, NULL::bigint AS product_id,
           NULL::timestamptz AS at, NULL::bigint AS quantity WHERE false
), {CLASSIFICATION}
SELECT product_id, line_class FROM classed
"""  # noqa: S608  (constants of this package)


def _classes(customer: Customer, lines: Sequence[OrderLine], *, now: datetime) -> dict[int, str]:
    """Return the class of each product's lines if they were bought now."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLASSES,
            {
                "customer": customer.pk,
                "paid_at": now,
                "products": [line.product_id for line in lines],
                "quantities": [line.quantity for line in lines],
                "add_on_days": Company.objects.get(pk=Company.ONLY_ID).add_on_days,
            },
        )
        return dict(cursor.fetchall())
