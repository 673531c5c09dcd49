"""What follows from a payment: the care of a first sale, and that nobody who ordered is chased."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from representatives.models import Representative, User
from sales import services
from sales.followups import care
from sales.followups.services import plan_follow_up
from sales.models import CarePlan, Customer, FollowUp, Order, Product
from tests.sales.conftest import NOW

pytestmark = pytest.mark.django_db

Buy = Callable[..., Order]
TODAY = date(2017, 3, 20)
NOON = "2017-03-20T12:30"


def open_rows(customer: Customer) -> list[tuple[str, str, date, str | None]]:
    """Return kind, occasion, day and product of what is open, in the order of days."""
    rows = FollowUp.objects.filter(customer=customer, state="open").select_related("product")
    return [
        (row.kind, row.occasion, row.due_on, row.product.sku if row.product else None)
        for row in rows.order_by("due_on", "id")
    ]


def plan(customer: Customer, kind: str) -> FollowUp:
    """Plan something of a kind for tomorrow, as it stood a day ago."""
    return plan_follow_up(
        representative=customer.representative,
        customer=customer,
        kind=kind,
        due_on=TODAY + timedelta(days=1),
        text="Ask",
        now=NOW - timedelta(days=1),
    )


def test_first_sale_plans_its_care(buy: Buy, customer: Customer) -> None:
    buy(customer, NOON, JUG=1, GREENS=1)

    assert open_rows(customer) == [
        ("care", "arrived", date(2017, 3, 22), "GREENS"),
        ("care", "first_days", date(2017, 3, 26), "GREENS"),
        ("care", "result", date(2017, 4, 10), "GREENS"),
        ("reorder", "reorder", date(2017, 4, 14), "GREENS"),
    ]
    rows = FollowUp.objects.filter(customer=customer)
    assert {row.representative_id for row in rows} == {customer.representative_id}


def test_pack_of_unknown_length_has_no_day_of_running_out(buy: Buy, customer: Customer) -> None:
    buy(customer, NOON, TEA=1)

    assert [kind for kind, *_rest in open_rows(customer)] == ["care", "care", "care"]


def test_more_packs_last_longer(buy: Buy, customer: Customer) -> None:
    buy(customer, NOON, GREENS=3)

    assert open_rows(customer)[-1] == ("reorder", "reorder", date(2017, 6, 13), "GREENS")


def test_days_that_are_past_are_not_planned(buy: Buy, customer: Customer) -> None:
    buy(customer, "2017-03-05T09:00", GREENS=1)

    assert [day for _kind, _occasion, day, _sku in open_rows(customer)] == [
        date(2017, 3, 26),
        date(2017, 3, 30),
    ]


def test_product_with_a_plan_of_its_own_leads(
    buy: Buy, customer: Customer, products: dict[str, Product]
) -> None:
    own = CarePlan.objects.create(product=products["JUG"])
    own.steps.create(anchor="sale", days=3, occasion="hello")

    buy(customer, NOON, JUG=1, GREENS=1)

    assert open_rows(customer) == [("care", "hello", date(2017, 3, 23), "JUG")]


def test_plan_without_steps_means_no_care(
    buy: Buy, customer: Customer, products: dict[str, Product]
) -> None:
    CarePlan.objects.create(product=products["GREENS"])

    buy(customer, NOON, GREENS=1)

    assert open_rows(customer) == []


def test_own_purchase_is_not_followed_up(buy: Buy, seller: Representative) -> None:
    buy(None, NOON, GREENS=1)

    assert not FollowUp.objects.exists()


def test_customer_who_orders_again_is_not_chased(buy: Buy, customer: Customer) -> None:
    buy(customer, "2017-03-19T09:00", GREENS=1)
    assert len(open_rows(customer)) == 4

    second = buy(customer, NOON, TEA=1)

    assert open_rows(customer) == []
    rows = FollowUp.objects.filter(customer=customer)
    assert {(row.state, row.result, row.closing_order_id) for row in rows} == {
        ("done", "ordered", second.pk)
    }


@pytest.mark.parametrize(
    ("kind", "is_answered"),
    [
        ("care", True),
        ("reorder", True),
        ("win_back", True),
        ("own", False),
        ("referral_ask", False),
        ("guide", False),
    ],
)
def test_an_order_answers_what_asks_for_one(
    buy: Buy, customer: Customer, kind: str, is_answered: bool
) -> None:
    row = plan(customer, kind)

    buy(customer, NOON, TEA=1)

    row.refresh_from_db()
    assert (row.state == "done") is is_answered


def test_order_of_another_customer_answers_nothing(
    buy: Buy, customer: Customer, seller: Representative
) -> None:
    row = plan(customer, "reorder")
    other = services.add_customer(representative=seller, name="Ala", now=NOW)

    buy(other, NOON, TEA=1)

    row.refresh_from_db()
    assert row.is_open


def test_old_order_that_comes_late_answers_nothing(buy: Buy, customer: Customer) -> None:
    row = plan(customer, "reorder")

    buy(customer, "2017-02-01T09:00", TEA=1)

    row.refresh_from_db()
    assert row.is_open


def test_money_that_came_long_ago_and_counts_now_answers(
    place: Callable[..., Order],
    customer: Customer,
    intervals: list[tuple[datetime, datetime]],
    staff: User,
) -> None:
    row = plan(customer, "reorder")
    order = place(customer, TEA=1)

    services.pay_order(
        order=order,
        payment_reference="found later",
        amount_minor=order.gross_minor,
        paid_at=NOW - timedelta(days=50),
        counted_at=NOW,
        open_intervals=intervals,
        recorded_by=staff,
        now=NOW,
    )

    row.refresh_from_db()
    assert (row.state, row.result) == ("done", "ordered")


def test_customer_who_asked_not_to_be_contacted_gets_no_care(buy: Buy, customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(no_contact_at=NOW)

    buy(customer, NOON, GREENS=1)

    assert not FollowUp.objects.exists()


def test_payments_told_twice_plan_once(buy: Buy, customer: Customer) -> None:
    order = buy(customer, NOON, GREENS=1)

    care.follow_sales(order_ids=[order.pk], now=NOW)

    assert len(open_rows(customer)) == FollowUp.objects.count() == 4


def test_what_was_taken_off_the_list_is_not_planned_again(buy: Buy, customer: Customer) -> None:
    order = buy(customer, NOON, GREENS=1)
    FollowUp.objects.update(state="cancelled", closed_at=NOW)

    care.follow_sales(order_ids=[order.pk], now=NOW)

    assert open_rows(customer) == []


def test_many_payments_take_no_more_statements_than_one(buy: Buy, seller: Representative) -> None:
    people = [
        services.add_customer(representative=seller, name=f"Person {number}", now=NOW)
        for number in range(6)
    ]
    orders = [buy(one, NOON, GREENS=1) for one in people]
    FollowUp.objects.all().delete()
    counts = []
    for some in (orders[:1], orders[1:]):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            care.follow_sales(order_ids=[one.pk for one in some], now=NOW)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert FollowUp.objects.count() == 24
