"""Forecasts in the database: of whom, of what, when, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sales.forecast import services
from sales.models import Customer, CustomerPulse, Forecast, ForecastModel, Order
from tests.sales.conftest import NOW


def test_a_forecast_stands_for_each_customer_and_repeat_product(
    customer: Customer, buy: Callable[..., Order]
) -> None:
    buy(customer, "2017-01-20 10:00", GREENS=1, JUG=1)
    buy(customer, "2017-02-20 10:00", GREENS=1)

    rows = services.refresh_forecasts(customer_ids=[customer.pk], now=NOW)

    forecast = Forecast.objects.get()
    assert rows == 1
    assert forecast.product.sku == "GREENS"
    assert (forecast.purchases, forecast.last_on) == (2, date(2017, 2, 20))
    assert forecast.basis == "mixed"
    assert 27 <= forecast.interval_days <= 33
    assert 0 < forecast.chance_permille < 1000
    pulse = CustomerPulse.objects.get()
    assert (pulse.orders, pulse.first_on, pulse.last_on) == (
        2,
        date(2017, 1, 20),
        date(2017, 2, 20),
    )
    assert pulse.happy_streak == 1
    assert ForecastModel.objects.count() == 1
