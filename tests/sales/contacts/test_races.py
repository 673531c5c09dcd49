"""An order that is being placed while its customer is merged is not left behind."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from representatives.models import Representative
from sales import services as sales
from sales.contacts import services
from sales.contacts.services import merging
from sales.models import Customer, Order, Product
from tests.sales.conftest import NOW
from tests.sales.contacts.test_people import add


def waits(merge: Future[Any]) -> bool:
    """Return whether the merge waits for a lock; False once it is through."""
    for _ in range(300):
        if merge.done():
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.02)
    raise AssertionError("the merge neither waits nor ends")


def order_during_merge(kept: Customer, merged: Customer, product: Product) -> tuple[bool, Order]:
    """Place an order, merge its customer before the order is committed; return if it waited."""

    def merge() -> None:
        try:
            services.merge_customers(kept=kept, merged=merged, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            order = sales.place_order(
                seller=kept.representative,
                customer=merged,
                lines=[sales.LineRequest(product.pk, 1)],
                now=NOW,
            )
            under_way = pool.submit(merge)
            waited = waits(under_way)
        under_way.result(timeout=30)
    order.refresh_from_db()
    return waited, order


@pytest.mark.django_db(transaction=True)
def test_an_order_under_way_follows_its_customer(
    seller: Representative, products: dict[str, Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [add(seller, name) for name in ("Ada", "Bea", "Cyd", "Dot")]

    with monkeypatch.context() as unguarded:
        unguarded.setattr(merging, "lock_sellers", lambda ids: None)
        waited, left_behind = order_during_merge(people[0], people[1], products["TEA"])
    assert not waited
    assert left_behind.customer == people[1], "without the lock an order is left behind"

    waited, order = order_during_merge(people[2], people[3], products["TEA"])
    assert waited
    assert (order.customer, order.written_for) == (people[2], people[3])
