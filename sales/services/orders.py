"""Place, pay and cancel orders. What a line is worth, and its class, are decided here once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext

from representatives.errors import UnableTo
from representatives.models import Company, Representative, User
from sales import after_sale
from sales.amounts import AMOUNT_LIMIT, QUANTITY_LIMIT, line_amounts
from sales.classes import CLASSIFY_PLACED_ORDER
from sales.locks import lock_buyers
from sales.models import Customer, LineClass, Order, OrderLine, Payment, Product
from sales.periods import Interval, is_open
from sales.references import new_reference
from sales.services.customers import self_customer

LINE_LIMIT = 200


class UnableToPlaceOrder(UnableTo):
    """An order was refused; `field` is `customer`, `lines` or `lines-<n>-quantity`."""


class UnableToPayOrder(UnableTo):
    """A payment was refused; `field` names the part at fault."""


class UnableToCancelOrder(UnableTo):
    """An order is not placed any more, so it can't be cancelled."""


@dataclass(frozen=True, slots=True)
class LineRequest:
    """So many pieces of one product."""

    product_id: int
    quantity: int


@transaction.atomic
def place_order(
    *,
    seller: Representative,
    customer: Customer | None,
    lines: Sequence[LineRequest],
    now: datetime,
    reference: str | None = None,
    invoiced_to_customer: bool = True,
) -> Order:
    """Place an order for a customer of the seller, or for the seller himself (customer None).

    Own orders are at the IR price, customers' at the retail price; prices, tax, volumes, points
    and the repeat flag are copied from the catalogue. With `invoiced_to_customer` the company
    invoices the customer, and what he pays over the IR price is the seller's retail profit; the
    seller's own orders are never so. A `reference` drawn beforehand makes a
    second submission of the same form return the order of the first.

    :raises UnableToPlaceOrder: if the seller is not enrolled, the customer is not his, a product
        is not on sale, a quantity is out of bounds, or there is no line.
    """
    seller = Representative.objects.select_for_update(of=("self",), no_key=True).get(pk=seller.pk)
    if reference:
        earlier = Order.objects.filter(reference=reference, seller=seller).first()
        if earlier:
            return earlier
    if seller.status != Representative.Status.ENROLLED:
        raise UnableToPlaceOrder(gettext("Only an enrolled representative can place orders."))
    buyer = _buyer(seller, customer, now=now)
    invoiced = invoiced_to_customer and not buyer.is_self
    order_lines = _priced_lines(lines, own=buyer.is_self, invoiced=invoiced)
    order = Order(
        reference=reference or new_reference(),
        seller=seller,
        customer=buyer,
        own=buyer.is_self,
        invoiced_to_customer=invoiced,
        placed_at=now,
        currency=Company.objects.get(pk=Company.ONLY_ID).currency,
        gross_minor=sum(line.gross_minor for line in order_lines),
        tax_minor=sum(line.tax_minor for line in order_lines),
        bv=sum(line.bv for line in order_lines),
        rsp=sum(line.rsp for line in order_lines if line.repeat),
        rsp_all=sum(line.rsp for line in order_lines),
        margin_minor=sum(line.margin_minor for line in order_lines),
        units=sum(line.quantity for line in order_lines),
        line_count=len(order_lines),
    )
    if order.gross_minor > AMOUNT_LIMIT:
        raise UnableToPlaceOrder(gettext("The order is too large."), "lines")
    order.save(force_insert=True)
    for line in order_lines:
        line.order = order
    OrderLine.objects.bulk_create(order_lines)
    return order


def _buyer(seller: Representative, customer: Customer | None, *, now: datetime) -> Customer:
    if customer is None:
        return self_customer(representative=seller, now=now)
    buyer = Customer.objects.filter(pk=customer.pk, representative=seller).first()
    if buyer is None or not (buyer.is_alive or buyer.is_self):
        raise UnableToPlaceOrder(gettext("Choose one of your own customers."), "customer")
    return buyer


def _priced_lines(lines: Sequence[LineRequest], *, own: bool, invoiced: bool) -> list[OrderLine]:
    if not lines:
        raise UnableToPlaceOrder(gettext("Add at least one product."), "lines")
    if len(lines) > LINE_LIMIT:
        raise UnableToPlaceOrder(
            gettext("An order has at most %(line_limit)s lines.") % {"line_limit": LINE_LIMIT},
            "lines",
        )
    products = Product.objects.filter(is_active=True).in_bulk({line.product_id for line in lines})
    return [
        _priced_line(number, line, products.get(line.product_id), own=own, invoiced=invoiced)
        for number, line in enumerate(lines, start=1)
    ]


def _priced_line(
    number: int, line: LineRequest, product: Product | None, *, own: bool, invoiced: bool
) -> OrderLine:
    if product is None:
        raise UnableToPlaceOrder(
            gettext("This product is not on sale."), f"lines-{number - 1}-product"
        )
    if not 1 <= line.quantity <= QUANTITY_LIMIT:
        raise UnableToPlaceOrder(
            gettext("Order 1 to %(quantity_limit)s pieces.") % {"quantity_limit": QUANTITY_LIMIT},
            f"lines-{number - 1}-quantity",
        )
    price = product.ir_price_minor if own else product.retail_price_minor
    worth = line_amounts(
        quantity=line.quantity,
        unit_price_minor=price,
        tax_rate_bp=product.tax_rate_bp,
        unit_bv=product.bv,
        unit_rsp=product.rsp,
        ir_price_minor=product.ir_price_minor if invoiced else None,
    )
    return OrderLine(
        number=number,
        product=product,
        quantity=line.quantity,
        unit_price_minor=price,
        gross_minor=worth.gross_minor,
        tax_minor=worth.tax_minor,
        tax_rate_bp=product.tax_rate_bp,
        unit_bv=product.bv,
        unit_rsp=product.rsp,
        bv=worth.bv,
        rsp=worth.rsp,
        margin_minor=worth.margin_minor,
        repeat=product.repeat,
    )


@transaction.atomic
def pay_order(
    *,
    order: Order,
    payment_reference: str,
    amount_minor: int,
    paid_at: datetime,
    counted_at: datetime,
    open_intervals: Sequence[Interval],
    recorded_by: User,
    now: datetime,
) -> Order:
    """Record the payment of an order; from here on its facts stand and it counts.

    `counted_at` is the clock's now on a page and the paid date in an import; `open_intervals` are
    the open periods, half-open. The class of each line is set, once, and with it the points of
    repeat sales. The same payment again is already done and changes nothing. Locks the order,
    then its customer with whoever recommended that person, so that two payments of one customer
    are classed one after the other.

    :raises UnableToPayOrder: if the order is not placed, the amount is not its total, a date lies
        after the clock, or `counted_at` in no open period.
    """
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
    reference = payment_reference.strip()
    if _is_paid_by(order, reference=reference, amount_minor=amount_minor):
        return order
    _check_payment(
        order,
        reference=reference,
        amount_minor=amount_minor,
        paid_at=paid_at,
        counted_at=counted_at,
        now=now,
    )
    if not is_open(counted_at, open_intervals):
        raise UnableToPayOrder(gettext("The period of this payment is not open."), "paid_at")
    lock_buyers([order.customer_id])
    _class_lines(order, paid_at=paid_at)
    Payment.objects.create(
        order=order,
        reference=reference,
        amount_minor=amount_minor,
        paid_at=paid_at,
        recorded_by=recorded_by,
        recorded_at=now,
    )
    order.status = Order.Status.PAID
    order.paid_at = paid_at
    order.counted_at = counted_at
    repeat_sales = order.lines.filter(repeat=True, line_class=LineClass.REPEAT)
    order.rsp_repeat = repeat_sales.aggregate(rsp=Sum("rsp"))["rsp"] or 0
    order.save(update_fields=["status", "paid_at", "counted_at", "rsp_repeat"])
    after_sale.follow(order_ids=[order.pk], now=now)
    return order


def _is_paid_by(order: Order, *, reference: str, amount_minor: int) -> bool:
    """Return whether this very payment is recorded; refuse one for an order that takes none."""
    if order.is_paid:
        payment = order.payment
        if (payment.reference, payment.amount_minor) == (reference, amount_minor):
            return True
        raise UnableToPayOrder(
            gettext("Order %(reference)s is paid already.") % {"reference": order.reference}
        )
    if not order.is_placed:
        raise UnableToPayOrder(
            gettext("Order %(reference)s was cancelled.") % {"reference": order.reference}
        )
    return False


def _check_payment(
    order: Order,
    *,
    reference: str,
    amount_minor: int,
    paid_at: datetime,
    counted_at: datetime,
    now: datetime,
) -> None:
    if not reference or len(reference) > 100:
        raise UnableToPayOrder(gettext("Give the reference of the payment."), "reference")
    if amount_minor != order.gross_minor:
        raise UnableToPayOrder(gettext("The amount is not the total of the order."), "amount")
    if paid_at > now:
        raise UnableToPayOrder(gettext("The payment lies in the future."), "paid_at")
    if counted_at > now or counted_at < paid_at:
        raise UnableToPayOrder(gettext("An order counts from its payment to now."), "counted_at")


def _class_lines(order: Order, *, paid_at: datetime) -> None:
    """Set the class of each line, by what its customer bought before; the customer is locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            CLASSIFY_PLACED_ORDER,
            {
                "order_id": order.pk,
                "paid_at": paid_at,
                "add_on_days": Company.objects.get(pk=Company.ONLY_ID).add_on_days,
            },
        )


@transaction.atomic
def cancel_order(*, order: Order) -> Order:
    """Cancel an order that is not paid. Cancelled twice is cancelled.

    :raises UnableToCancelOrder: if it is paid; then its pieces can be returned.
    """
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
    if order.is_paid:
        raise UnableToCancelOrder(
            gettext("Order %(reference)s is paid: ask for a return instead of cancelling it.")
            % {"reference": order.reference}
        )
    if order.is_placed:
        order.status = Order.Status.CANCELLED
        order.save(update_fields=["status"])
    return order
