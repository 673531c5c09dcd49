"""Somebody asks to be left alone, or clicks twice, while a guide is being shared."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, connections, transaction

from representatives.models import Representative
from sales.contacts.services import stop_contact
from sales.guides import services
from sales.models import Customer, Guide, GuideShare
from tests.sales.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


class Meanwhile:
    """Something that is done on a connection of its own, while the caller's transaction is open."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.found: list[Any] = []
        self._thread = threading.Thread(target=self._run, args=(act,))
        self._thread.start()

    def _run(self, act: Callable[[], Any]) -> None:
        try:
            self.found.append(act())
        except (IntegrityError, services.UnableToShareGuide) as refusal:
            self.found.append(refusal)
        finally:
            connections.close_all()

    def waits(self) -> bool:
        """Tell whether it waits for the caller's transaction, or has come through."""
        with connection.cursor() as cursor:
            while self._thread.is_alive():
                cursor.execute(
                    "SELECT pg_sleep(0.02), count(*) FROM pg_locks WHERE NOT granted"
                    " AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
                )
                if cursor.fetchone()[1]:
                    return True
        return False

    def end(self) -> Any:
        """Return what came of it."""
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.found[0]


def past_the_service(guide: Guide, customer: Customer) -> GuideShare:
    """Make a link as whoever forgets the service would."""
    return GuideShare.objects.create(
        guide=guide,
        representative_id=customer.representative_id,
        customer=customer,
        language="en",
        token="t" * 32,
        shared_at=NOW,
    )


def left_alone_while_sharing(guide: Guide, customer: Customer) -> tuple[bool, Any]:
    """Share past the service while a wish to be left alone is under way."""
    with transaction.atomic():
        stop_contact(customer=customer, now=NOW)
        sharing = Meanwhile(lambda: past_the_service(guide, customer))
        waited = sharing.waits()
    return waited, sharing.end()


def test_link_waits_for_a_wish_to_be_left_alone(guide: Guide, customer: Customer) -> None:
    waited, outcome = left_alone_while_sharing(guide, customer)

    assert waited
    assert isinstance(outcome, IntegrityError)
    assert not GuideShare.objects.exists()


def test_control_without_the_guard_a_link_is_made(
    guide: Guide, customer: Customer, owner_connection: psycopg.Connection[Any]
) -> None:
    owner_connection.execute(
        "ALTER TABLE sales_guideshare DISABLE TRIGGER sales_guideshare_allowed"
    )

    waited, outcome = left_alone_while_sharing(guide, customer)

    assert not waited
    assert isinstance(outcome, GuideShare)


def test_two_clicks_at_once_give_one_link(
    guide: Guide, customer: Customer, seller: Representative
) -> None:
    def click() -> GuideShare:
        return services.share_guide(guide=guide, representative=seller, customer=customer, now=NOW)

    with transaction.atomic():
        first = click()
        second = Meanwhile(click)
        assert second.waits()

    assert second.end() == first
