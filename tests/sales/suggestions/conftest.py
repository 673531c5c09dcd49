"""A seller's people with what forecasts, pulses and pairs say of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from representatives.models import Company, Representative
from sales import services
from sales.models import AddOn, Customer, CustomerPulse, Forecast, Product, ProductPair
from sales.suggestions.kinds import Day
from sales.suggestions.selectors import day_of_work
from sales.usual_pieces import usual_pieces
from tests.sales.conftest import NOW

TODAY = date(2017, 3, 20)


def work_of(seller: Representative, *, most: int | None = None) -> Day:
    """Return the day's work of a seller."""
    company = Company.objects.get(pk=Company.ONLY_ID)
    return day_of_work(seller, company=company, now=NOW, most=most)


@pytest.fixture
def person(seller: Representative) -> Callable[..., Customer]:
    """Return a function that adds a customer of the seller: ``person("Anna")``."""

    def add(name: str, of: Representative | None = None) -> Customer:
        return services.add_customer(representative=of or seller, name=name, now=NOW)

    return add


@pytest.fixture
def foresee(products: dict[str, Product]) -> Callable[..., Forecast]:
    """Return a function that expects a purchase: ``foresee(anna, "GREENS", last=30)``."""

    def expect(customer: Customer, sku: str, **said: Any) -> Forecast:
        last = TODAY - timedelta(said.pop("last", 30))
        days = said.pop("every", 30)
        product, seller = products[sku], customer.representative
        taken = usual_pieces(seller, customer_id=customer.pk, product_ids=[product.pk])
        facts = {
            "purchases": 4,
            "pieces": taken[product.pk],
            "interval_days": days,
            "basis": "own",
            "last_on": last,
            "from_on": last + timedelta(days - 3),
            "expected_on": last + timedelta(days),
            "until_on": last + timedelta(days + 3),
            "quiet_on": last + timedelta(days * 3),
            "status": "due",
            "chance_permille": 600,
            "computed_at": NOW,
        }
        return Forecast.objects.create(customer=customer, product=product, **{**facts, **said})

    return expect


@pytest.fixture
def pulse() -> Callable[..., CustomerPulse]:
    """Return a function that says how a customer's buying goes: ``pulse(anna, last=30)``."""

    def say(customer: Customer, **said: Any) -> CustomerPulse:
        last = TODAY - timedelta(said.pop("last", 30))
        facts = {
            "orders": 4,
            "first_on": last - timedelta(90),
            "last_on": last,
            "interval_days": 30,
            "quiet_on": last + timedelta(90),
            "alive_permille": 900,
            "happy_streak": 0,
            "computed_at": NOW,
        }
        return CustomerPulse.objects.create(customer=customer, **{**facts, **said})

    return say


@pytest.fixture
def goes_with(products: dict[str, Product]) -> Callable[..., AddOn]:
    """Return a function that offers an add-on: ``goes_with(anna, "TEA", "JUG")``."""

    def offer(customer: Customer, has: str, takes: str, chance: int = 80) -> AddOn:
        ProductPair.objects.get_or_create(
            product=products[has],
            companion=products[takes],
            defaults={
                "both_count": 60,
                "product_count": 100,
                "companion_count": 250,
                "customer_count": 1000,
                "lift_permille": 2400,
                "weight": 1,
            },
        )
        return AddOn.objects.create(
            customer=customer,
            product=products[takes],
            with_product=products[has],
            basis="bought",
            place=1,
            chance_permille=chance,
        )

    return offer
