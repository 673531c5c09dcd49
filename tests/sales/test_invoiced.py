"""Whom the company invoices: retail profit, pieces and points of repeat sales of an order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from representatives.models import Representative, User
from sales import services
from sales.amounts import Amounts, line_amounts, returned_amounts
from sales.models import Customer, Order, Product
from tests.sales.conftest import NOW

Buy = Callable[..., Order]
Intervals = list[tuple[datetime, datetime]]


def test_retail_profit_is_what_was_paid_over_the_ir_price_without_tax(
    place: Buy, customer: Customer
) -> None:
    order = place(customer, GREENS=2, JUG=1)

    greens, jug = order.lines.order_by("number")
    assert greens.margin_minor == (9980 - 1866) - (7984 - 1493)
    assert jug.margin_minor == (8900 - 1664) - (7120 - 1331)
    assert order.invoiced_to_customer
    assert (order.margin_minor, order.units) == (1623 + 1447, 3)


def test_own_orders_and_orders_invoiced_to_the_seller_bring_none(
    place: Buy, customer: Customer, seller: Representative, products: dict[str, Product]
) -> None:
    own = place(None, GREENS=2)
    invoiced_to_seller = services.place_order(
        seller=seller,
        customer=customer,
        lines=[services.LineRequest(products["GREENS"].pk, 1)],
        now=NOW,
        invoiced_to_customer=False,
    )

    for order in (own, invoiced_to_seller):
        assert (order.invoiced_to_customer, order.margin_minor) == (False, 0)
        assert order.lines.get().margin_minor == 0


def test_retail_profit_is_never_below_nought() -> None:
    worth = line_amounts(
        quantity=3, unit_price_minor=100, tax_rate_bp=2300, unit_bv=0, unit_rsp=0,
        ir_price_minor=150,
    )  # fmt: skip

    assert worth.margin_minor == 0


def test_returned_pieces_take_their_part_and_all_of_them_the_whole() -> None:
    line = Amounts(gross_minor=1000, tax_minor=187, bv=7, rsp=5, margin_minor=100)
    parts = [returned_amounts(line, pieces=3, before=n, quantity=1) for n in range(3)]

    assert [part.margin_minor for part in parts] == [33, 34, 33]


def test_points_of_repeat_sales_are_known_once_it_is_paid(
    buy: Buy, place: Buy, customer: Customer
) -> None:
    first = buy(customer, "2017-01-10T10:00", GREENS=1, JUG=1)
    second = buy(customer, "2017-02-10T10:00", GREENS=2, TEA=1, JUG=1)
    waiting = place(customer, GREENS=1)

    assert first.rsp_repeat == 0
    assert second.rsp_repeat == 4000  # the tea is new, the jug carries no points
    assert waiting.rsp_repeat == 0


def test_an_accepted_return_keeps_its_part_of_the_retail_profit(
    buy: Buy, customer: Customer, staff: User, intervals: Intervals
) -> None:
    order = buy(customer, "2017-03-10T10:00", GREENS=2)

    back = services.request_return(line=order.lines.get(), quantity=1, requested_by=staff, now=NOW)
    accepted = services.accept_return(
        return_=back, decided_by=staff, open_intervals=intervals, now=NOW
    )

    assert accepted.margin_minor == 812


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sales_order SET margin_minor = margin_minor + 1",
        "UPDATE sales_order SET units = units + 1",
        "UPDATE sales_order SET invoiced_to_customer = NOT invoiced_to_customer",
        "UPDATE sales_order SET rsp_repeat = 100",
        "UPDATE sales_orderline SET margin_minor = 0",
        "UPDATE sales_orderline SET margin_minor = -1",
    ],
)
def test_the_database_keeps_them(
    place: Buy, customer: Customer, owner_connection: Any, change: str
) -> None:
    place(customer, GREENS=1)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("column", "fault"),
    [("units", "units + 1"), ("margin_minor", "margin_minor - 1"), ("rsp_repeat", "rsp")],
)
def test_paid_totals_that_the_lines_do_not_have_are_refused_for_the_owner_too(
    place: Buy,
    customer: Customer,
    staff: User,
    intervals: Intervals,
    owner_connection: psycopg.Connection[Any],
    column: str,
    fault: str,
) -> None:
    order = place(customer, GREENS=1)
    owner_connection.execute("ALTER TABLE sales_order DISABLE TRIGGER sales_order_placed_stands")
    if column != "rsp_repeat":
        owner_connection.execute(f"UPDATE sales_order SET {column} = {fault}")
    else:
        owner_connection.execute(
            "CREATE FUNCTION lie() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.rsp_repeat = NEW.rsp; RETURN NEW; END $$"
        )
        owner_connection.execute(
            "CREATE TRIGGER lie BEFORE UPDATE ON sales_order FOR EACH ROW EXECUTE FUNCTION lie()"
        )
    with pytest.raises(DatabaseError, match="do not add up"):
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


@pytest.fixture
def web(client: Client, seller: Representative) -> Client:
    client.force_login(seller.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize(
    ("said", "invoiced", "words"),
    [({}, True, "the customer"), ({"invoiced_to": "seller"}, False, "me")],
)
def test_the_form_asks_who_is_invoiced(
    web: Client,
    customer: Customer,
    products: dict[str, Product],
    said: dict[str, str],
    invoiced: bool,
    words: str,
) -> None:
    assert "Who is invoiced" in web.get("/orders/new/").content.decode()
    lines = {"line_product": [products["TEA"].pk], "line_quantity": ["2"]}
    web.post("/orders/new/", {"customer": customer.pk, "action": "place", **lines, **said})

    order = Order.objects.get()
    page = web.get(f"/orders/{order.reference}/").content.decode()
    assert (order.invoiced_to_customer, bool(order.margin_minor)) == (invoiced, invoiced)
    assert f"Invoiced to</dt><dd>{words}" in page
