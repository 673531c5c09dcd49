"""A double click decides once: whoever decides holds the customer's row."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db.models import QuerySet

from representatives.models import Representative
from sales.models import Customer, FollowUp, SuggestionDecision
from sales.suggestions import selectors, services
from tests.sales.conftest import NOW
from tests.sales.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def double_click(
    seller: Representative,
    person: Callable[..., Customer],
    foresee: Callable[..., object],
    monkeypatch: Any,
) -> Callable[[], None]:
    """Return a function that accepts a suggestion twice, each looking before the other writes.

    Where the second waits for the first, the first goes on alone after a moment.
    """
    foresee(person("Anna"), "GREENS")
    key = selectors.suggest(seller, now=NOW)[0].key
    both_looked, look = Barrier(2), services._same_today

    def look_and_wait(*arguments: Any) -> SuggestionDecision | None:
        found = look(*arguments)
        with suppress(BrokenBarrierError):
            both_looked.wait(timeout=0.7)
        return found

    monkeypatch.setattr(services, "_same_today", look_and_wait)

    def click() -> Any:
        return services.accept(seller=seller, key=key, act="task", now=NOW)

    return lambda: at_once(click, click)


def test_a_double_click_decides_once(double_click: Callable[[], None]) -> None:
    double_click()

    assert SuggestionDecision.objects.count() == FollowUp.objects.count() == 1


def test_control_without_the_lock_it_decides_twice(
    double_click: Callable[[], None], monkeypatch: Any
) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_options: rows)

    double_click()

    assert SuggestionDecision.objects.count() == 2
