"""At the same moment: two letters are one person, two changes close no circle, and two payments
along a chain of recommendations wait for each other in turn.

Each has its control: with the guard off the very same acts go wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from compensation import selectors
from compensation.models import Period
from representatives.models import Representative, User
from sales import after_sale, importing, locks
from sales import services as sales
from sales.contacts import services as contacts
from sales.models import Customer, Order, Product, ReferralThanks
from sales.referrals import services
from sales.referrals.services import arrivals
from tests.sales.conftest import NOW, ZONE
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


@pytest.fixture
def pay_along(
    seller: Representative,
    products: dict[str, Product],
    place: Callable[..., Order],
    staff: User,
    periods: list[Period],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], tuple[list[Any], int]]:
    """Return what pays for A and C by an import, for B by hand, where A brought B and B C.

    Both hold their buyers before either thanks, unless they are kept apart. Told are what came of
    both, and how often thanks were tried: an import that was ended by a deadlock tries again.
    """

    def pay() -> tuple[list[Any], int]:
        chain: list[Customer] = []
        for name in "ABC":
            chain.append(
                contacts.add_contact(
                    representative=seller,
                    name=name,
                    referred_by=chain[-1] if chain else None,
                    now=NOW,
                )
            )
        first, second, third = chain
        order = place(second, TEA=1)
        refs = [one.reference for one in (first, third)]
        lines = [f"X{ref},MARTA,{ref},0,TEA,1,12.90,2017-03-01T10:00:00," for ref in refs]
        path = tmp_path / f"{refs[0]}.csv"
        path.write_text("\n".join([",".join(importing.COLUMNS), *lines, ""]))
        barrier, tried = Barrier(2), []
        follow = after_sale.follow

        def meet_and_follow(**facts: Any) -> None:
            tried.append(facts)
            meet(barrier)
            follow(**facts)

        monkeypatch.setattr(after_sale, "follow", meet_and_follow)
        ends = at_once(
            lambda: (
                importing.import_orders(
                    path=path, open_intervals=selectors.open_intervals, now=NOW, zone=ZONE
                ).orders
            ),
            lambda: (
                sales.pay_order(
                    order=order,
                    payment_reference="bank",
                    amount_minor=order.gross_minor,
                    paid_at=NOW,
                    counted_at=NOW,
                    open_intervals=selectors.open_intervals(),
                    recorded_by=staff,
                    now=NOW,
                ).status
            ),
        )
        monkeypatch.setattr(after_sale, "follow", follow)
        return ends, len(tried)

    return pay


def test_payments_along_a_chain_of_recommendations_wait_in_turn(
    pay_along: Callable[[], tuple[list[Any], int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pay_along() == ([2, "paid"], 2)
    assert ReferralThanks.objects.count() == 2

    monkeypatch.setattr(locks, "_AND_REFERRERS", "")
    monkeypatch.setattr(locks, "_is_whole", lambda *_: True)
    ends, tries = pay_along()
    assert tries > 2 or any(isinstance(end, DatabaseError) for end in ends), "nobody waited"
