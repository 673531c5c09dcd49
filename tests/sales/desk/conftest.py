"""A seller whose customers are on time, due, late and quiet, as their forecasts say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client

from representatives.models import Representative
from sales import services
from sales.models import Customer, CustomerPulse, Forecast, Product
from tests.sales.conftest import NOW

TODAY = date(2017, 3, 20)

Know = Callable[..., Customer]


def day(number: int) -> date:
    """Return a day so many days from today."""
    return TODAY + timedelta(number)


@pytest.fixture
def web(client: Client, seller: Representative) -> Client:
    client.force_login(seller.user)
    return client


@pytest.fixture
def know(seller: Representative, products: dict[str, Product]) -> Know:
    """Return a function that adds a customer with a forecast, from so many days on, and a pulse."""

    def known(
        name: str,
        *,
        start: int | None = None,
        sku: str = "GREENS",
        chance: int = 500,
        quiet_in: int = 60,
        **facts: object,
    ) -> Customer:
        customer = services.add_customer(representative=seller, name=name, now=NOW)
        Customer.objects.filter(pk=customer.pk).update(**facts)
        customer.refresh_from_db()
        if start is not None:
            forecast(customer, products[sku], start=start, chance=chance)
            CustomerPulse.objects.create(
                customer=customer,
                orders=4,
                first_on=day(-200),
                last_on=day(min(start, 20) - 30),
                interval_days=30,
                quiet_on=day(quiet_in),
                alive_permille=800,
                happy_streak=0,
                computed_at=NOW,
            )
        return customer

    return known


def forecast(
    customer: Customer, product: Product, *, start: int, chance: int = 500, purchases: int = 4
) -> Forecast:
    """Say that a customer is due from a day on, for five days, and quiet after thirty more."""
    return Forecast.objects.create(
        customer=customer,
        product=product,
        purchases=purchases,
        last_on=day(start - 28),
        interval_days=30,
        basis=Forecast.Basis.OWN,
        from_on=day(start),
        expected_on=day(start + 2),
        until_on=day(start + 4),
        quiet_on=day(start + 34),
        status=Forecast.Status.ON_TIME,
        chance_permille=chance,
        computed_at=NOW,
    )
