"""Placing, paying and cancelling: what is copied, what is summed, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from representatives.models import Representative, User
from representatives.services import suspend_representative
from sales import services
from sales.models import Customer, Order, Product
from tests.sales.conftest import NOW, local

Buy = Callable[..., Order]
Intervals = list[tuple[datetime, datetime]]


def test_customer_order_copies_retail_prices_and_keeps_totals(
    place: Buy, customer: Customer
) -> None:
    order = place(customer, GREENS=2, JUG=1)

    greens, jug = order.lines.order_by("number")
    assert (greens.unit_price_minor, greens.gross_minor, greens.tax_minor) == (4990, 9980, 1866)
    assert (greens.bv, greens.rsp, greens.repeat) == (5000, 4000, True)
    assert (jug.gross_minor, jug.tax_minor, jug.rsp, jug.repeat) == (8900, 1664, 1000, False)
    assert (order.gross_minor, order.tax_minor, order.net_minor) == (18880, 3530, 15350)
    assert (order.bv, order.rsp, order.rsp_all, order.line_count) == (9000, 4000, 5000, 2)
    assert (order.status, order.own, order.currency) == ("placed", False, "EUR")
    assert greens.line_class is None


def test_own_order_takes_ir_prices_and_the_own_customer(place: Buy, seller: Representative) -> None:
    order = place(None, GREENS=1)

    assert order.own
    assert order.customer.is_self
    assert order.customer.name == seller.name
    assert order.gross_minor == 4990 * 8 // 10


def test_own_customer_is_made_once(seller: Representative) -> None:
    first = services.self_customer(representative=seller, now=NOW)

    assert services.self_customer(representative=seller, now=NOW) == first
    assert seller.customers.filter(is_self=True).count() == 1


def test_later_price_change_leaves_the_order(
    place: Buy, customer: Customer, products: dict[str, Product]
) -> None:
    order = place(customer, TEA=1)

    services.edit_product(
        product_id=products["TEA"].pk,
        facts=services.ProductFacts(
            sku="TEA", name="Tea", retail_price_minor=99999, ir_price_minor=1, bv=1
        ),
    )

    assert order.lines.get().gross_minor == 1290
    assert order.lines.get().bv == 600


def test_references_are_stable_and_can_not_be_walked(place: Buy, customer: Customer) -> None:
    first, second = place(customer, TEA=1), place(customer, TEA=1)

    assert len(first.reference) == 13
    assert first.reference[:6] != second.reference[:6]


def test_same_submission_twice_is_one_order(
    seller: Representative, customer: Customer, products: dict[str, Product]
) -> None:
    def submit() -> Order:
        return services.place_order(
            seller=seller,
            customer=customer,
            lines=[services.LineRequest(products["TEA"].pk, 1)],
            now=NOW,
            reference="F0RM000000001",
        )

    assert submit() == submit()
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("pieces", "field"),
    [
        ({}, "lines"),
        ({"OLD": 1}, "lines-0-product"),
        ({"TEA": 0}, "lines-0-quantity"),
        ({"TEA": 1, "JUG": 100_001}, "lines-1-quantity"),
    ],
)
def test_wrong_lines_are_refused_by_name(
    place: Buy, customer: Customer, pieces: dict[str, int], field: str
) -> None:
    with pytest.raises(services.UnableToPlaceOrder) as refusal:
        place(customer, **pieces)

    assert refusal.value.field == field
    assert not Order.objects.exists()


def test_another_sellers_customer_is_refused(
    other_seller: Representative, customer: Customer, products: dict[str, Product]
) -> None:
    with pytest.raises(services.UnableToPlaceOrder) as refusal:
        services.place_order(
            seller=other_seller,
            customer=customer,
            lines=[services.LineRequest(products["TEA"].pk, 1)],
            now=NOW,
        )

    assert refusal.value.field == "customer"


def test_suspended_seller_can_not_place(
    place: Buy, seller: Representative, customer: Customer, staff: User
) -> None:
    suspend_representative(representative=seller, reason="unpaid", decided_by=staff, now=NOW)

    with pytest.raises(services.UnableToPlaceOrder):
        place(customer, TEA=1)


def pay(order: Order, staff: User, intervals: Intervals, **changes: Any) -> Order:
    facts = {
        "order": order,
        "payment_reference": "bank 17",
        "amount_minor": order.gross_minor,
        "paid_at": NOW - timedelta(hours=2),
        "counted_at": NOW,
        "open_intervals": intervals,
        "recorded_by": staff,
        "now": NOW,
    }
    return services.pay_order(**(facts | changes))


def test_payment_makes_the_order_count(
    place: Buy, customer: Customer, staff: User, intervals: Intervals
) -> None:
    order = pay(place(customer, TEA=1), staff, intervals)

    assert (order.status, order.counted_at) == ("paid", NOW)
    assert order.payment.reference == "bank 17"
    assert order.payment.recorded_by == staff
    assert order.lines.get().line_class == "first"


def test_same_payment_again_is_already_done(
    place: Buy, customer: Customer, staff: User, intervals: Intervals
) -> None:
    order = place(customer, TEA=1)
    pay(order, staff, intervals)

    assert pay(order, staff, intervals, now=NOW).status == "paid"
    with pytest.raises(services.UnableToPayOrder):
        pay(order, staff, intervals, payment_reference="another")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"payment_reference": " "}, "reference"),
        ({"amount_minor": 1}, "amount"),
        ({"paid_at": NOW + timedelta(seconds=1)}, "paid_at"),
        ({"counted_at": NOW + timedelta(seconds=1)}, "counted_at"),
        ({"counted_at": NOW - timedelta(days=1)}, "counted_at"),
        ({"open_intervals": []}, "paid_at"),
    ],
)
def test_wrong_payment_is_refused_by_name(
    place: Buy,
    customer: Customer,
    staff: User,
    intervals: Intervals,
    changes: dict[str, Any],
    field: str,
) -> None:
    order = place(customer, TEA=1)

    with pytest.raises(services.UnableToPayOrder) as refusal:
        pay(order, staff, intervals, **changes)

    assert refusal.value.field == field
    order.refresh_from_db()
    assert order.is_placed


def test_cancelled_order_can_not_be_paid_and_stays_cancelled(
    place: Buy, customer: Customer, staff: User, intervals: Intervals
) -> None:
    order = services.cancel_order(order=place(customer, TEA=1))

    assert services.cancel_order(order=order).status == "cancelled"
    with pytest.raises(services.UnableToPayOrder):
        pay(order, staff, intervals)


def test_paid_order_can_not_be_cancelled(buy: Buy, customer: Customer) -> None:
    order = buy(customer, "2017-03-01T10:00", TEA=1)

    with pytest.raises(services.UnableToCancelOrder):
        services.cancel_order(order=order)


def test_enrolment_alone_brings_no_order(other_seller: Representative) -> None:
    assert not Order.objects.exists()
    assert local("2017-01-01") < NOW
