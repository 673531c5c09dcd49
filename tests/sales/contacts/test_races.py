"""An order that is being placed while its customer is merged is not left behind, and a payment
waits for an erasure without holding anybody whom the erasure needs.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from representatives.models import Representative
from sales import locks, people_changes
from sales import services as sales
from sales.contacts import services
from sales.contacts.services import merging
from sales.locks import lock_buyers
from sales.models import Customer, Order, Product
from tests.sales.conftest import NOW
from tests.sales.contacts.test_people import add
from tests.sales.followups.test_races import Meanwhile


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


def erase_while_paying(seller: Representative, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Erase who recommended an older customer, whose payment begins once the erasure has locked.

    Told is what came of both; the payment does what it needs customers for.
    """
    older = add(seller, "Bea")
    erased = add(seller, "Ada")
    Customer.objects.filter(pk=older.pk).update(referred_by=erased)
    payments: list[Meanwhile] = []
    erase = people_changes.erase

    def pay_and_erase(**facts: Any) -> None:
        payments.append(Meanwhile(lambda: lock_buyers([older.pk])))
        assert payments[0].waits()
        erase(**facts)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(people_changes, "erase", pay_and_erase)
        try:
            ends: list[Any] = [services.erase_customer(customer=erased, now=NOW)]
        except OperationalError as deadlock:
            ends = [deadlock]
    return [*ends, payments[0].end()]


@pytest.mark.django_db(transaction=True)
def test_an_erasure_and_a_payment_along_a_recommendation_wait_in_turn(
    seller: Representative, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert erase_while_paying(seller, monkeypatch) == [True, {}]
    assert Customer.objects.get(name="Bea").referred_by is None

    monkeypatch.setattr(locks, "_followers", lambda asked: set())
    ends = erase_while_paying(seller, monkeypatch)
    assert [one for one in ends if isinstance(one, OperationalError)], "a deadlock"


@pytest.mark.django_db(transaction=True)
def test_an_erasure_that_waited_locks_whom_the_person_recommended_meanwhile(
    seller: Representative,
) -> None:
    friend, erased = add(seller, "Bea"), add(seller, "Ada")
    with transaction.atomic():
        lock_buyers([erased.pk])
        erasure = Meanwhile(lambda: services.erase_customer(customer=erased, now=NOW))
        assert erasure.waits()
        Customer.objects.filter(pk=friend.pk).update(referred_by=erased)

    assert erasure.end() is True
    friend.refresh_from_db()
    assert friend.referred_by is None
