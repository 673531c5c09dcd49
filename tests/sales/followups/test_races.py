"""Somebody orders, or asks to be left alone, while a follow-up on them is being planned."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections, transaction

from sales.contacts import services as contacts
from sales.followups import services
from sales.followups.services import UnableToFollowUp, finish_follow_up, plan_follow_up
from sales.locks import lock_buyers
from sales.models import Customer, FollowUp, Order
from tests.sales.conftest import NOW
from tests.sales.followups.conftest import TODAY

pytestmark = pytest.mark.django_db(transaction=True)

Buy = Callable[..., Order]


class Meanwhile:
    """Something that is done on a connection of its own, while the caller's transaction is open."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.found: list[Any] = []
        self._thread = threading.Thread(target=self._run, args=(act,))
        self._thread.start()

    def _run(self, act: Callable[[], Any]) -> None:
        try:
            self.found.append(act())
        except (UnableToFollowUp, OperationalError) as refusal:
            self.found.append(refusal)
        finally:
            connections.close_all()

    def waits(self) -> bool:
        """Tell whether it waits for the caller's transaction, or has come through."""
        with connection.cursor() as cursor:
            for _try in range(200):
                cursor.execute(
                    "SELECT pg_sleep(0.05), count(*) FROM pg_locks WHERE NOT granted"
                    " AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
                )
                if cursor.fetchone()[1]:
                    return True
                if not self._thread.is_alive():
                    return False
        return False

    def end(self) -> Any:
        """Return what came of it."""
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.found[0]


def chase(customer: Customer) -> FollowUp:
    """Plan to ask for an order, as it was decided a minute ago."""
    return plan_follow_up(
        representative=customer.representative,
        customer=customer,
        kind="reorder",
        due_on=TODAY,
        now=NOW - timedelta(minutes=1),
    )


def open_chases() -> int:
    return FollowUp.objects.filter(state="open", kind="reorder").count()


@pytest.fixture
def unguarded(owner_connection: psycopg.Connection[Any]) -> None:
    """Take away the guard that locks the customers of new rows."""
    owner_connection.execute("ALTER TABLE sales_followup DISABLE TRIGGER sales_followup_added")


def while_being_left_alone(customer: Customer) -> tuple[bool, Any]:
    with transaction.atomic():
        contacts.stop_contact(customer=customer, now=NOW)
        plan = Meanwhile(lambda: chase(customer))
        waited = plan.waits()
    return waited, plan.end()


def test_nobody_is_chased_who_just_asked_to_be_left_alone(customer: Customer) -> None:
    waited, found = while_being_left_alone(customer)

    assert waited
    assert isinstance(found, UnableToFollowUp)
    assert open_chases() == 0


def test_control_without_the_guard_they_are(customer: Customer, unguarded: None) -> None:
    waited, _found = while_being_left_alone(customer)

    assert not waited
    assert open_chases() == 1


def while_paying(customer: Customer, buy: Buy) -> tuple[bool, Any]:
    with transaction.atomic():
        buy(customer, "2017-03-20T13:00", TEA=1)
        plan = Meanwhile(lambda: chase(customer))
        waited = plan.waits()
    return waited, plan.end()


def test_nobody_is_chased_whose_payment_is_under_way(customer: Customer, buy: Buy) -> None:
    waited, found = while_paying(customer, buy)

    assert waited
    assert isinstance(found, UnableToFollowUp)
    assert open_chases() == 0


def test_control_without_the_guard_a_payer_is_chased(
    customer: Customer, buy: Buy, unguarded: None
) -> None:
    waited, _found = while_paying(customer, buy)

    assert not waited
    assert open_chases() == 1


def test_payment_answers_what_is_being_planned(customer: Customer, buy: Buy) -> None:
    with transaction.atomic():
        chase(customer)
        payment = Meanwhile(lambda: buy(customer, "2017-03-20T13:00", TEA=1))
        assert payment.waits()
    order = payment.end()

    assert open_chases() == 0
    assert FollowUp.objects.get(kind="reorder").closing_order == order


def finish_while_paying(customer: Customer, buy: Buy) -> list[Any]:
    """Note a talk while a payment of the same customer is under way; return what came of both."""
    row = chase(customer)
    ends: list[Any] = []
    try:
        with transaction.atomic():
            lock_buyers([customer.pk])
            talk = Meanwhile(lambda: finish_follow_up(follow_up=row, result="talked", now=NOW))
            assert talk.waits()
            ends.append(buy(customer, "2017-03-20T13:00", TEA=1))
    except OperationalError as deadlock:
        ends.append(deadlock)
    return [*ends, talk.end()]


def test_whoever_notes_a_talk_waits_for_a_payment_and_holds_nothing_it_needs(
    customer: Customer, buy: Buy, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, talk = finish_while_paying(customer, buy)
    assert isinstance(talk, UnableToFollowUp), "the order has answered it"
    assert FollowUp.objects.get(kind="reorder").closing_order == order

    monkeypatch.setattr(services, "_hold_customer", lambda follow_up: None)
    ends = finish_while_paying(
        contacts.add_contact(representative=customer.representative, name="Ola", now=NOW), buy
    )
    assert [one for one in ends if isinstance(one, OperationalError)], "a deadlock"
