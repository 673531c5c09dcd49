"""Several people at once: one payment, no more returns than pieces, classes in turn."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from representatives.models import Representative, User
from sales import services
from sales.models import Customer, Order, Payment, Product, Return
from tests.sales.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)

Buy = Callable[..., Order]
Intervals = list[tuple[datetime, datetime]]


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all acts at the same moment, each on a connection of its own; return what came of them."""
    start = Barrier(len(acts))

    def attempt(act: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=30)
            return act()
        except services.UnableToPayOrder as refusal:
            return refusal
        except services.UnableToReturn as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(attempt, acts))


def payment(order: Order, staff: User, intervals: Intervals, reference: str) -> Callable[[], Order]:
    def pay() -> Order:
        return services.pay_order(
            order=order,
            payment_reference=reference,
            amount_minor=order.gross_minor,
            paid_at=NOW,
            counted_at=NOW,
            open_intervals=intervals,
            recorded_by=staff,
            now=NOW,
        )

    return pay


def test_one_order_is_paid_once(
    place: Buy, customer: Customer, staff: User, intervals: Intervals
) -> None:
    order = place(customer, TEA=1)

    ends = at_once(*[payment(order, staff, intervals, f"p{n}") for n in range(4)])

    assert sum(isinstance(end, Order) for end in ends) == 1
    assert Payment.objects.count() == 1


def test_two_orders_of_one_customer_are_classed_in_turn(
    place: Buy, customer: Customer, staff: User, intervals: Intervals
) -> None:
    orders = [place(customer, TEA=1) for _ in range(4)]

    at_once(*[payment(order, staff, intervals, "p") for order in orders])

    # All at one instant: whoever came first was first, and at least the lowest reference was.
    by_reference = sorted(orders, key=lambda order: order.reference)
    found = [order.lines.get().line_class for order in by_reference]
    assert found[0] == "first"
    assert set(found) <= {"first", "repeat"}
    assert Order.objects.filter(status="paid").count() == 4


def test_returns_never_exceed_the_pieces(buy: Buy, customer: Customer, staff: User) -> None:
    line = buy(customer, "2017-03-01T10:00", TEA=3).lines.get()

    def ask() -> Return:
        return services.request_return(line=line, quantity=2, requested_by=staff, now=NOW)

    ends = at_once(ask, ask, ask, ask)

    assert sum(isinstance(end, Return) for end in ends) == 1
    assert Return.objects.get().quantity == 2


def test_own_customer_is_made_once_by_many(seller: Representative) -> None:
    def make() -> int:
        return services.self_customer(representative=seller, now=NOW).pk

    assert len(set(at_once(make, make, make, make))) == 1


def test_a_double_click_places_one_order(
    seller: Representative, customer: Customer, products: dict[str, Product]
) -> None:
    def submit() -> int:
        order = services.place_order(
            seller=seller,
            customer=customer,
            lines=[services.LineRequest(products["TEA"].pk, 1)],
            now=NOW,
            reference="D0UBLE0000001",
        )
        return order.pk

    assert len(set(at_once(submit, submit, submit))) == 1
    assert Order.objects.count() == 1
