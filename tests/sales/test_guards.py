"""The database refuses what services would never do: every guard, by its SQLSTATE."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from representatives.models import Representative, User
from sales import services
from sales.models import Customer, Order, Product, Return
from tests.sales.conftest import NOW

Buy = Callable[..., Order]
STANDS, WRONG, DENIED, TWICE = "23001", "23514", "42501", "23505"


def refused(statement: str, *values: object) -> str:
    """Return the SQLSTATE with which the database refuses a statement of the application role."""
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        run(statement, *values, at_once=True)
    return str(refusal.value.__cause__.sqlstate)


def run(statement: str, *values: object, at_once: bool = False) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        if at_once:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def as_owner_refused(owner: psycopg.Connection[Any], statement: str, *values: object) -> str:
    def attempt() -> None:
        with owner.transaction():
            owner.execute(statement, values)
            owner.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(psycopg.Error) as refusal:
        attempt()
    return str(refusal.value.sqlstate)


@pytest.fixture
def paid(buy: Buy, customer: Customer) -> Order:
    return buy(customer, "2017-03-01T10:00", GREENS=2, JUG=1)


@pytest.fixture
def placed(place: Buy, customer: Customer) -> Order:
    return place(customer, GREENS=2)


ADD_LINE = """
INSERT INTO sales_orderline (order_id, number, product_id, quantity, unit_price_minor, gross_minor,
    tax_minor, tax_rate_bp, unit_bv, unit_rsp, bv, rsp, repeat)
VALUES (%s, 9, %s, 1, 100, 100, 0, 0, 0, 0, 0, 0, false)
"""


def test_application_role_can_neither_delete_nor_truncate_facts(paid: Order) -> None:
    for table in ("order", "orderline", "payment", "return", "product"):
        assert refused(f"DELETE FROM sales_{table}") == DENIED
        assert refused(f"TRUNCATE sales_{table} CASCADE") == DENIED
    assert refused("DELETE FROM sales_customer") == STANDS, "removed by erasure alone"
    assert refused("TRUNCATE sales_customer CASCADE") == DENIED


def test_application_role_can_not_rewrite_frozen_columns(paid: Order, placed: Order) -> None:
    assert refused("UPDATE sales_order SET bv = bv + 1 WHERE id = %s", placed.pk) == DENIED
    assert refused("UPDATE sales_orderline SET quantity = 9") == DENIED
    assert refused("UPDATE sales_payment SET amount_minor = 1") == DENIED


def test_paid_order_stands(paid: Order) -> None:
    for change in ("status = 'placed'", "status = 'cancelled'", "counted_at = now()"):
        assert refused(f"UPDATE sales_order SET {change} WHERE id = %s", paid.pk) == STANDS


def test_cancelled_order_stands(placed: Order) -> None:
    services.cancel_order(order=placed)

    assert refused("UPDATE sales_order SET status = 'placed' WHERE id = %s", placed.pk) == STANDS


def test_lines_of_a_paid_order_can_not_be_added_or_changed(
    paid: Order, products: dict[str, Product]
) -> None:
    assert refused(ADD_LINE, paid.pk, products["TEA"].pk) == STANDS
    assert refused("UPDATE sales_orderline SET line_class = 'repeat'") == STANDS


def test_lines_of_a_cancelled_order_can_not_be_added(
    placed: Order, products: dict[str, Product]
) -> None:
    services.cancel_order(order=placed)

    assert refused(ADD_LINE, placed.pk, products["TEA"].pk) == STANDS


def test_order_begins_as_placed(customer: Customer, seller: Representative) -> None:
    insert = """
    INSERT INTO sales_order (reference, seller_id, customer_id, own, status, placed_at, currency,
        gross_minor, tax_minor, bv, rsp, rsp_all, line_count, import_digest, paid_at, counted_at)
    VALUES ('X', %s, %s, %s, %s, now(), 'EUR', 0, 0, 0, 0, 0, 0, '', %s, %s)
    """

    assert refused(insert, seller.pk, customer.pk, False, "paid", NOW, NOW) == WRONG
    assert refused(insert, seller.pk, customer.pk, True, "placed", None, None) == WRONG


def test_order_of_another_sellers_customer_is_refused(
    customer: Customer, other_seller: Representative
) -> None:
    insert = """
    INSERT INTO sales_order (reference, seller_id, customer_id, own, status, placed_at, currency,
        gross_minor, tax_minor, bv, rsp, rsp_all, line_count, import_digest)
    VALUES ('X', %s, %s, false, 'placed', now(), 'EUR', 0, 0, 0, 0, 0, 0, '')
    """

    assert refused(insert, other_seller.pk, customer.pk) == WRONG


MARK_PAID = "UPDATE sales_order SET status = 'paid', paid_at = %s, counted_at = %s WHERE id = %s"
CLASS_LINES = "UPDATE sales_orderline SET line_class = 'first' WHERE order_id = %s"
ADD_PAYMENT = """
INSERT INTO sales_payment (order_id, reference, amount_minor, paid_at, recorded_by_id, recorded_at)
VALUES (%s, 'x', %s, %s, %s, now())
"""


def test_paid_needs_a_payment_of_the_total_at_that_instant(placed: Order, staff: User) -> None:
    run(CLASS_LINES, placed.pk)

    assert refused(MARK_PAID, NOW, NOW, placed.pk) == WRONG
    for amount, at in ((placed.gross_minor - 1, NOW), (placed.gross_minor, NOW.replace(hour=1))):
        with transaction.atomic():
            run(ADD_PAYMENT, placed.pk, amount, at, staff.pk)
            assert refused(MARK_PAID, NOW, NOW, placed.pk) == WRONG
            transaction.set_rollback(True)


def test_paid_needs_classed_lines_and_dates(placed: Order, staff: User) -> None:
    with transaction.atomic():
        run(ADD_PAYMENT, placed.pk, placed.gross_minor, NOW, staff.pk)
        assert refused(MARK_PAID, NOW, NOW, placed.pk) == WRONG
        run(CLASS_LINES, placed.pk)
        assert refused(MARK_PAID, NOW, None, placed.pk) == WRONG
        assert refused(MARK_PAID, None, NOW, placed.pk) == WRONG
        transaction.set_rollback(True)


def test_totals_must_be_the_sums_of_the_lines(
    placed: Order, staff: User, products: dict[str, Product]
) -> None:
    run(ADD_LINE, placed.pk, products["TEA"].pk)
    run(CLASS_LINES, placed.pk)
    with transaction.atomic():
        run(ADD_PAYMENT, placed.pk, placed.gross_minor, NOW, staff.pk)
        assert refused(MARK_PAID, NOW, NOW, placed.pk) == WRONG
        transaction.set_rollback(True)


def test_payment_alone_is_refused_at_commit(placed: Order, staff: User) -> None:
    assert refused(ADD_PAYMENT, placed.pk, placed.gross_minor, NOW, staff.pk) == WRONG


def test_second_payment_is_refused(paid: Order, staff: User) -> None:
    assert refused(ADD_PAYMENT, paid.pk, paid.gross_minor, NOW, staff.pk) in (STANDS, TWICE)


ADD_RETURN = """
INSERT INTO sales_return (line_id, quantity, status, gross_minor, tax_minor, bv, rsp, external_ref,
    import_digest, requested_at, returned_at, counted_at, decided_by_id, decided_at, reason,
    decision)
VALUES (%s, %s, %s, %s, 0, 0, 0, '', '', %s, %s, %s, %s, %s, '', '')
"""


def test_return_can_not_exceed_the_line(paid: Order, staff: User) -> None:
    line = paid.lines.get(number=1)
    services.request_return(line=line, quantity=1, requested_by=staff, now=NOW)
    requested = (line.pk, 2, "requested", 0, NOW, None, None, None, None)
    too_much = (line.pk, 1, "accepted", line.gross_minor + 1, NOW, NOW, NOW, staff.pk, NOW)

    assert refused(ADD_RETURN, *requested) == WRONG
    assert refused(ADD_RETURN, *too_much) == WRONG


def test_return_before_the_payment_is_refused(paid: Order, staff: User) -> None:
    early = NOW.replace(month=1)
    values = (paid.lines.get(number=1).pk, 1, "accepted", 0, early, early, early, staff.pk, NOW)

    assert refused(ADD_RETURN, *values) == WRONG


def test_return_of_an_unpaid_order_is_refused(placed: Order) -> None:
    values = (placed.lines.get().pk, 1, "requested", 0, NOW, None, None, None, None)

    assert refused(ADD_RETURN, *values) == WRONG


def test_decided_returns_stand(
    paid: Order, staff: User, intervals: list[tuple[datetime, datetime]]
) -> None:
    line = paid.lines.get(number=1)
    accepted, refused_one = (
        services.request_return(line=line, quantity=1, requested_by=staff, now=NOW)
        for _ in range(2)
    )
    services.accept_return(return_=accepted, decided_by=staff, open_intervals=intervals, now=NOW)
    services.refuse_return(return_=refused_one, decided_by=staff, decision="used", now=NOW)

    for one in (accepted, refused_one):
        for change in ("bv = 0", "status = 'requested', counted_at = NULL, returned_at = NULL"):
            assert refused(f"UPDATE sales_return SET {change} WHERE id = %s", one.pk) == STANDS


def test_request_can_not_grow(paid: Order, staff: User) -> None:
    request = services.request_return(
        line=paid.lines.get(number=1), quantity=1, requested_by=staff, now=NOW
    )

    assert refused("UPDATE sales_return SET quantity = 2 WHERE id = %s", request.pk) == STANDS


BAD_ROWS = {
    "product_price_not_negative": "UPDATE sales_product SET retail_price_minor = -1",
    "product_volume_not_negative": "UPDATE sales_product SET bv = -1",
    "product_tax_at_most_whole": "UPDATE sales_product SET tax_rate_bp = 10001",
    "product_pack_lasts_a_day": "UPDATE sales_product SET pack_days = 0",
    "product_has_a_sku": "UPDATE sales_product SET sku = '' WHERE sku = 'TEA'",
    "customer_has_a_name": "UPDATE sales_customer SET name = ''",
    "customer_not_referred_by_itself": "UPDATE sales_customer SET referred_by_id = id",
    "orderline_class_known": "UPDATE sales_orderline SET line_class = 'gift'",
    "orderline_flag_on_add_ons": "UPDATE sales_orderline SET within_add_on_days = true",
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_row_constraints_refuse(placed: Order, name: str) -> None:
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        run(BAD_ROWS[name])

    assert refusal.value.__cause__.diag.constraint_name == name


def test_one_reference_and_one_self_per_representative(customer: Customer) -> None:
    services.self_customer(representative=customer.representative, now=NOW)
    insert = """
    INSERT INTO sales_customer (representative_id, reference, name, sort_key, email, phone, note,
        is_self, created_at) VALUES (%s, %s, 'x', 'x', '', '', '', %s, now())
    """

    assert refused(insert, customer.representative_id, customer.reference, False) == TWICE
    assert refused(insert, customer.representative_id, "other", True) == TWICE


@pytest.mark.django_db(transaction=True)
def test_not_even_the_owner_can(
    paid: Order,
    placed: Order,
    staff: User,
    products: dict[str, Product],
    owner_connection: psycopg.Connection[Any],
) -> None:
    services.request_return(line=paid.lines.get(number=1), quantity=1, requested_by=staff, now=NOW)
    for table in ("order", "orderline", "payment", "return"):
        for statement in (f"DELETE FROM sales_{table}", f"TRUNCATE sales_{table} CASCADE"):
            assert as_owner_refused(owner_connection, statement) == STANDS
    for statement in (
        "UPDATE sales_order SET gross_minor = 1",
        "UPDATE sales_order SET reference = reference || '1' WHERE status = 'placed'",
        "UPDATE sales_orderline SET bv = 0, unit_bv = 0",
        "UPDATE sales_orderline SET line_class = 'repeat' WHERE line_class IS NOT NULL",
        "UPDATE sales_payment SET amount_minor = 1",
        "UPDATE sales_return SET reason = 'x'",
    ):
        assert as_owner_refused(owner_connection, statement) == STANDS
    assert as_owner_refused(owner_connection, ADD_LINE, paid.pk, products["TEA"].pk) == STANDS
    assert Return.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_line_waits_for_a_payment_under_way_and_is_refused(
    placed: Order,
    staff: User,
    products: dict[str, Product],
    intervals: list[tuple[datetime, datetime]],
    owner_connection: psycopg.Connection[Any],
) -> None:
    with transaction.atomic():
        services.pay_order(
            order=placed,
            payment_reference="x",
            amount_minor=placed.gross_minor,
            paid_at=NOW,
            counted_at=NOW,
            open_intervals=intervals,
            recorded_by=staff,
            now=NOW,
        )
        owner_connection.execute("SET lock_timeout = '200ms'")
        waited = as_owner_refused(owner_connection, ADD_LINE, placed.pk, products["TEA"].pk)
    owner_connection.execute("SET lock_timeout = 0")

    assert waited == "55P03"
    assert as_owner_refused(owner_connection, ADD_LINE, placed.pk, products["TEA"].pk) == STANDS
