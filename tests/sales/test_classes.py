"""The class of a sale, as a table: what a customer bought before, and what the next line is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from representatives.models import Representative, User
from sales import services
from sales.models import Customer, Order
from tests.sales.conftest import NOW, local

Buy = Callable[..., Order]


def classes(order: Order) -> dict[str, tuple[str, bool | None]]:
    return {
        line.product.sku: (line.line_class, line.within_add_on_days)
        for line in order.lines.select_related("product")
    }


def test_first_order_then_repeat_and_add_on(buy: Buy, customer: Customer) -> None:
    first = buy(customer, "2017-01-10T10:00", GREENS=1, JUG=1)
    second = buy(customer, "2017-02-09T10:00", GREENS=1, TEA=1)
    third = buy(customer, "2017-03-12T10:00", JUG=1, TEA=1)

    assert classes(first) == {"GREENS": ("first", None), "JUG": ("first", None)}
    assert classes(second) == {"GREENS": ("repeat", None), "TEA": ("add_on", True)}
    assert classes(third) == {"JUG": ("repeat", None), "TEA": ("repeat", None)}


@pytest.mark.parametrize(
    ("at", "within"),
    [("2017-02-09T10:00", True), ("2017-02-09T10:01", False)],
    ids=["on the last instant of the days", "a minute later"],
)
def test_add_on_says_whether_within_the_days(
    buy: Buy, customer: Customer, at: str, within: bool
) -> None:
    buy(customer, "2017-01-10T10:00", GREENS=1)

    assert classes(buy(customer, at, TEA=1)) == {"TEA": ("add_on", within)}


def test_add_on_days_count_from_the_latest_earlier_order(buy: Buy, customer: Customer) -> None:
    buy(customer, "2017-01-01T10:00", GREENS=1)
    buy(customer, "2017-02-20T10:00", GREENS=1)

    assert classes(buy(customer, "2017-03-05T10:00", TEA=1)) == {"TEA": ("add_on", True)}


def test_every_line_of_a_referred_customers_first_order_is_referral(
    buy: Buy, seller: Representative, customer: Customer
) -> None:
    friend = services.add_customer(
        representative=seller, name="Igor", now=NOW, referred_by=customer
    )

    assert classes(buy(friend, "2017-01-10T10:00", GREENS=1, JUG=1)) == {
        "GREENS": ("referral", None),
        "JUG": ("referral", None),
    }
    assert classes(buy(friend, "2017-01-12T10:00", GREENS=1)) == {"GREENS": ("repeat", None)}


def test_same_product_on_two_lines_is_not_its_own_repeat(
    seller: Representative,
    customer: Customer,
    buy: Buy,
    staff: User,
    products: dict[str, object],
    intervals: list[tuple[datetime, datetime]],
) -> None:
    buy(customer, "2017-01-10T10:00", GREENS=1)
    tea = products["TEA"].pk
    order = services.place_order(
        seller=seller,
        customer=customer,
        lines=[services.LineRequest(tea, 1), services.LineRequest(tea, 2)],
        now=NOW,
    )
    services.pay_order(
        order=order,
        payment_reference="x",
        amount_minor=order.gross_minor,
        paid_at=NOW,
        counted_at=NOW,
        open_intervals=intervals,
        recorded_by=staff,
        now=NOW,
    )

    assert {line.line_class for line in order.lines.all()} == {"add_on"}


def test_order_recorded_late_is_classed_by_its_date_and_changes_nothing(
    buy: Buy, customer: Customer
) -> None:
    march = buy(customer, "2017-03-01T10:00", GREENS=1)
    january = buy(customer, "2017-01-01T10:00", GREENS=1)

    assert classes(january) == {"GREENS": ("first", None)}
    assert classes(march) == {"GREENS": ("first", None)}


def test_orders_of_one_instant_go_by_reference(buy: Buy, customer: Customer) -> None:
    orders = [buy(customer, "2017-01-10T10:00", GREENS=1) for _ in range(4)]

    # The one recorded first had nobody before it; a later one is first only with a lower reference.
    for number, order in enumerate(orders):
        lower = [other for other in orders[:number] if other.reference < order.reference]
        assert classes(order)["GREENS"][0] == ("repeat" if lower else "first")


def test_own_purchases_are_classed_like_any_customers(buy: Buy) -> None:
    first = buy(None, "2017-01-10T10:00", GREENS=1)
    second = buy(None, "2017-02-10T10:00", GREENS=1)

    assert classes(first) == {"GREENS": ("first", None)}
    assert classes(second) == {"GREENS": ("repeat", None)}


def test_cancelled_and_unpaid_orders_do_not_count(place: Buy, buy: Buy, customer: Customer) -> None:
    place(customer, GREENS=1)
    services.cancel_order(order=place(customer, GREENS=1))

    assert classes(buy(customer, "2017-01-10T10:00", GREENS=1)) == {"GREENS": ("first", None)}


@pytest.mark.parametrize(
    ("returned", "expected"),
    [(2, ("add_on", True)), (1, ("repeat", None))],
    ids=["all of it came back", "a part came back"],
)
def test_returned_product_is_not_a_repeat(
    buy: Buy,
    customer: Customer,
    staff: User,
    intervals: list[tuple[datetime, datetime]],
    returned: int,
    expected: tuple[str, bool | None],
) -> None:
    line = buy(customer, "2017-03-01T10:00", GREENS=2).lines.get()
    request = services.request_return(line=line, quantity=returned, requested_by=staff, now=NOW)
    services.accept_return(
        return_=request, decided_by=staff, open_intervals=intervals, now=local("2017-03-05T10:00")
    )

    before = buy(customer, "2017-03-04T10:00", GREENS=1)
    assert classes(before) == {"GREENS": ("repeat", None)}
    services.accept_return(
        return_=services.request_return(
            line=before.lines.get(), quantity=1, requested_by=staff, now=NOW
        ),
        decided_by=staff,
        open_intervals=intervals,
        now=local("2017-03-06T10:00"),
    )
    assert classes(buy(customer, "2017-03-07T10:00", GREENS=1)) == {"GREENS": expected}
