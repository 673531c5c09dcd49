"""From orders alone: forecasts, add-ons and the day as the tasks of a night leave them."""

from __future__ import annotations

from collections.abc import Callable

from representatives.models import Representative
from sales.forecast.services import refresh_forecasts
from sales.models import Customer, Order
from sales.suggestions import selectors, services
from sales.suggestions.learning import refresh_suggestions
from tests.sales.conftest import NOW
from tests.sales.suggestions.conftest import work_of


def test_a_night_makes_a_day_of_what_was_bought(
    seller: Representative,
    person: Callable[..., Customer],
    buy: Callable[..., Order],
) -> None:
    """Six take tea with their greens; Olga's greens run out, and she has no tea yet."""
    for number in range(6):
        one = person(f"P{number}")
        buy(one, "2017-02-15T10:00", GREENS=1, TEA=1)
        buy(one, "2017-03-16T10:00", GREENS=1, TEA=1)
    for number in range(6):
        buy(person(f"J{number}"), "2017-03-10T10:00", JUG=1)
    olga = person("Olga")
    for day in ("2017-01-18", "2017-02-17", "2017-02-18"):
        buy(olga, f"{day}T10:00", GREENS=1)
    refresh_forecasts(customer_ids=None, now=NOW)
    refresh_suggestions(now=NOW)

    found = {one.kind.value: one for one in selectors.suggest(seller, now=NOW, customers=[olga.pk])}
    jobs = {job.customer.name: job for job in work_of(seller).jobs if job.customer}

    assert found["repeat"].product is not None
    assert found["repeat"].product.sku == "GREENS"
    assert found["add_on"].product is not None
    assert (found["add_on"].product.sku, found["add_on"].chance_permille) == ("TEA", 20)
    assert [one.kind for one in jobs["Olga"].also] == ["add_on"]

    services.accept(seller=seller, key=found["repeat"].key, act="order", now=NOW)
    buy(olga, "2017-03-20T11:00", GREENS=1, TEA=1)
    assert selectors.suggest(seller, now=NOW, customers=[olga.pk]) == []
