"""At the same moment: two letters are one person, and two changes close no circle.

Each has its control: with the guard off the very same acts go wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from representatives.models import Representative
from sales.contacts import services as contacts
from sales.models import Customer
from sales.referrals import services
from sales.referrals.services import arrivals
from tests.sales.conftest import NOW
from tests.sales.referrals.test_arrivals import EWA, arrive

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 1.0
"""Seconds in which two acts meet, if nothing keeps them apart."""

LOCK = "PERFORM pg_advisory_xact_lock(hashtextextended('sales.referred_by', 0));"


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all acts together, each on a connection of its own; return what came of them."""

    def attempt(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except DatabaseError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(attempt, acts))


def meet(barrier: Barrier) -> None:
    with suppress(BrokenBarrierError):  # the other one waits for us: they were kept apart
        barrier.wait(timeout=WAIT)


def test_the_same_letter_twice_at_once_is_one_person(
    seller: Representative, monkeypatch: Any
) -> None:
    links = [services.add_link(representative=seller, campaign=one, now=NOW) for one in "AB"]
    look = arrivals.same_customers

    def people_of(email: str) -> int:
        """Send one letter by two links, both looking who is there before either is written."""
        barrier = Barrier(2)

        def look_and_meet(*facts: Any) -> list[Customer]:
            found = look(*facts)
            meet(barrier)
            return found

        monkeypatch.setattr(arrivals, "same_customers", look_and_meet)
        letter = replace(EWA, email=email)
        at_once(*[partial(arrive, link, letter) for link in links])
        return Customer.objects.filter(email=email).count()

    assert people_of("ewa@example.com") == 1

    monkeypatch.setattr(arrivals, "_lock", lambda owner: None)
    assert people_of("jan@example.com") == 2


def changes_at_once(seller: Representative) -> list[Any]:
    """Let two customers be referred by each other, both before either is committed."""
    first = contacts.add_contact(representative=seller, name="Ola", now=NOW)
    second = contacts.add_contact(representative=seller, name="Iga", now=NOW)
    barrier = Barrier(2)

    def refer(one: Customer, by: Customer) -> int:
        with transaction.atomic():
            changed = Customer.objects.filter(pk=one.pk).update(referred_by=by)
            meet(barrier)
        return changed

    return at_once(lambda: refer(first, second), lambda: refer(second, first))


def test_two_changes_at_once_close_no_circle(
    seller: Representative, owner_connection: psycopg.Connection[Any]
) -> None:
    ends = changes_at_once(seller)
    assert sorted(isinstance(end, DatabaseError) for end in ends) == [False, True]
    assert Customer.objects.filter(referred_by__isnull=False).count() == 1

    row = owner_connection.execute(
        "SELECT pg_get_functiondef('sales_customer_no_circle'::regproc)"
    ).fetchone()
    assert row is not None
    without = row[0].replace(LOCK, "")
    assert without != row[0]
    owner_connection.execute(without)
    assert changes_at_once(seller) == [1, 1]
