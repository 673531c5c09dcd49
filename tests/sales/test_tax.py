"""The tax line of orders: within the price, rounded once a line, held by the database."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from representatives import formatting
from representatives.models import Representative
from sales.amounts import AMOUNT_LIMIT, included_tax
from sales.models import Customer, Order, OrderLine, Product
from sales.services import orders
from sales.tax_lines import tax_lines
from tests.sales.conftest import NOW

AMOUNTS = st.integers(0, AMOUNT_LIMIT)
RATES = st.integers(0, 10_000)
HOLDS = """
SELECT {condition} FROM (VALUES (%s::bigint, %s::bigint, %s::integer))
    AS line (gross_minor, tax_minor, tax_rate_bp)
"""


@given(gross=AMOUNTS, rate=RATES)
def test_the_tax_of_a_line_is_rounded_half_away_from_nought(gross: int, rate: int) -> None:
    exact = Decimal(gross) * rate / (10_000 + rate)

    tax = included_tax(gross, rate)

    assert tax == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert 0 <= tax <= gross


@pytest.mark.parametrize(
    ("gross", "rate", "tax"),
    [
        (9_980, 2_300, 1_866),  # 1866.17…
        (4_990, 2_300, 933),  # 933.08…
        (105, 500, 5),  # 5.00
        (21, 500, 1),  # 1.00
        (3, 10_000, 2),  # 1.5, away from nought
        (1, 10_000, 1),  # 0.5
        (4_990, 0, 0),
    ],
)
def test_worked_examples(gross: int, rate: int, tax: int) -> None:
    assert included_tax(gross, rate) == tax


def condition() -> str:
    """The constraint as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint"
            " WHERE conname = 'orderline_tax_of_its_rate'"
        )
        return str(cursor.fetchone()[0])


def holds(gross: int, tax: int, rate: int, expression: str) -> bool:
    """Whether the database's rule holds for a line."""
    with connection.cursor() as cursor:
        cursor.execute(HOLDS.format(condition=expression), [gross, tax, rate])
        return bool(cursor.fetchone()[0])


def test_the_database_knows_the_same_tax(db: None) -> None:
    expression = condition()

    for gross in (0, 1, 2, 3, 99, 4_990, 9_980, 123_457, AMOUNT_LIMIT, 9 * 10**18):
        for rate in (0, 1, 500, 800, 2_300, 9_999, 10_000):
            tax = included_tax(gross, rate)
            assert holds(gross, tax, rate, expression), (gross, rate)
            assert not holds(gross, tax + 1, rate, expression), (gross, rate)
            assert not holds(gross, tax - 1, rate, expression), (gross, rate)


def test_an_order_keeps_the_rate_of_its_day(
    seller: Representative, customer: Customer, products: dict[str, Product]
) -> None:
    product = products["GREENS"]
    request = [orders.LineRequest(product.pk, 3)]
    order = orders.place_order(seller=seller, customer=customer, lines=request, now=NOW)
    Product.objects.filter(pk=product.pk).update(tax_rate_bp=800)

    line = OrderLine.objects.get(order=order)

    assert line.tax_rate_bp == 2_300
    assert line.tax_minor == included_tax(line.gross_minor, 2_300)
    assert line.net_minor + line.tax_minor == line.gross_minor
    refused = pytest.raises(IntegrityError, match="orderline_tax_of_its_rate")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sales_orderline (order_id, number, product_id, quantity,"
            " unit_price_minor, gross_minor, tax_minor, tax_rate_bp, unit_bv, unit_rsp, bv, rsp,"
            " repeat) VALUES (%s, 9, %s, 1, 123, 123, 22, 2300, 0, 0, 0, 0, false)",
            [order.pk, product.pk],
        )


def test_an_order_shows_net_tax_and_gross(
    seller: Representative, customer: Customer, products: dict[str, Product], client: Client
) -> None:
    lines = [
        orders.LineRequest(products["GREENS"].pk, 2),
        orders.LineRequest(products["TEA"].pk, 1),
    ]
    Product.objects.filter(pk=products["TEA"].pk).update(tax_rate_bp=800)
    order = orders.place_order(seller=seller, customer=customer, lines=lines, now=NOW)
    client.force_login(seller.user, backend="allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[arg-type]

    page = text_of(client.get(f"/orders/{order.reference}/"))

    order = Order.objects.get(pk=order.pk)
    found = tax_lines(order.lines.all())
    assert sum(one.tax_minor for one in found) == order.tax_minor
    assert sum(one.net_minor for one in found) == order.net_minor
    taxes = [one.tax_minor for one in found]
    for shown in (order.net_minor, *taxes, order.gross_minor):
        assert formatting.money(shown, order.currency) in page
    assert "23%" in page
    assert "8%" in page


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())
