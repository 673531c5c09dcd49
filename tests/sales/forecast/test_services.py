"""Forecasts in the database: of whom, of what, when, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from representatives.models import User
from sales import people_changes
from sales import services as sales_services
from sales.forecast import selectors, services
from sales.models import Customer, CustomerPulse, Forecast, ForecastModel, Order, Product
from sales.usual_pieces import usual_pieces
from tests.sales.conftest import NOW


@pytest.fixture
def bought_twice(customer: Customer, buy: Callable[..., Order]) -> Customer:
    buy(customer, "2017-01-20 10:00", GREENS=1, JUG=1)
    buy(customer, "2017-02-20 10:00", GREENS=1)
    return customer


def test_a_forecast_stands_for_each_customer_and_repeat_product(bought_twice: Customer) -> None:
    rows = services.refresh_forecasts(customer_ids=None, now=NOW)

    forecast = Forecast.objects.get()
    assert rows == 1
    assert forecast.product.sku == "GREENS"
    assert (forecast.purchases, forecast.last_on) == (2, date(2017, 2, 20))
    assert forecast.basis == "mixed"
    assert 25 <= forecast.interval_days <= 35
    assert forecast.expected_on == forecast.last_on + timedelta(forecast.interval_days)
    assert 0 < forecast.chance_permille < 1000
    assert forecast.status == selectors.status_of(forecast, date(2017, 3, 20)) == "due"
    assert forecast.computed_at == NOW
    pulse = CustomerPulse.objects.get()
    assert (pulse.orders, pulse.first_on) == (2, date(2017, 1, 20))
    assert (pulse.last_on, pulse.happy_streak) == (date(2017, 2, 20), 1)
    assert pulse.computed_at == NOW
    model = ForecastModel.objects.get()
    assert (model.method, model.for_everybody, model.learnt_to) == (
        "rhythm",
        True,
        date(2017, 3, 21),
    )


def test_one_customers_rows_are_those_of_everybody(bought_twice: Customer) -> None:
    services.refresh_forecasts(customer_ids=None, now=NOW)
    whole = Forecast.objects.values_list("expected_on", "chance_permille", "status").get()

    services.refresh_forecasts(customer_ids=[bought_twice.pk], now=NOW)

    assert Forecast.objects.values_list("expected_on", "chance_permille", "status").get() == whole


def test_the_status_is_right_on_any_day(bought_twice: Customer) -> None:
    services.refresh_forecasts(customer_ids=None, now=NOW)
    forecast = Forecast.objects.get()
    wanted = {
        forecast.from_on - timedelta(1): "on_time",
        forecast.from_on: "due",
        forecast.until_on: "due",
        forecast.until_on + timedelta(1): "overdue",
        forecast.quiet_on - timedelta(1): "overdue",
        forecast.quiet_on: "quiet",
    }
    for day, status in wanted.items():
        (row,) = selectors.list_forecasts([bought_twice.pk], day=day)
        assert vars(row)["status_now"] == selectors.status_of(forecast, day) == status
        assert Forecast.objects.filter(selectors.has_status(day, status)).exists()
        assert selectors.count_statuses([bought_twice.pk], day=day)[status] == 1
        through = Customer.objects.annotate(light=selectors.status_on(day, "forecasts__"))
        assert through.get(pk=bought_twice.pk).light == status


def test_what_was_wholly_returned_was_not_bought(
    customer: Customer,
    buy: Callable[..., Order],
    staff: User,
    intervals: list[tuple[datetime, datetime]],
) -> None:
    order = buy(customer, "2017-02-20 10:00", GREENS=2, TEA=1)
    line = order.lines.get(product__sku="GREENS")
    for quantity, left in ((1, {"GREENS", "TEA"}), (1, {"TEA"})):
        asked = sales_services.request_return(
            line=line, quantity=quantity, reason="", requested_by=staff, now=NOW
        )
        sales_services.accept_return(
            return_=asked,
            open_intervals=intervals,
            decided_by=staff,
            now=NOW,
        )
        services.refresh_forecasts(customer_ids=[customer.pk], now=NOW)
        assert set(Forecast.objects.values_list("product__sku", flat=True)) == left


def test_a_forecast_holds_the_pieces_that_an_order_form_opens_with(
    customer: Customer,
    buy: Callable[..., Order],
    staff: User,
    intervals: list[tuple[datetime, datetime]],
    products: dict[str, Product],
) -> None:
    """Of the latest five orders, two of them on one day; what was given back was not taken."""
    for number, pieces in enumerate((9, 9, 9, 2, 4, 3), start=1):
        buy(customer, f"2017-02-{number:02} 10:00", GREENS=pieces, TEA=1)
    back = buy(customer, "2017-02-06 11:00", GREENS=8)
    line = back.lines.get()
    asked = sales_services.request_return(
        line=line, quantity=7, reason="", requested_by=staff, now=NOW
    )
    sales_services.accept_return(return_=asked, open_intervals=intervals, decided_by=staff, now=NOW)

    services.refresh_forecasts(customer_ids=None, now=NOW)

    stored = dict(Forecast.objects.values_list("product__sku", "pieces"))
    assert stored == {"GREENS": 3, "TEA": 1}
    seller = customer.representative
    ids = {products[sku].pk: pieces for sku, pieces in stored.items()}
    assert usual_pieces(seller, customer_id=customer.pk, product_ids=list(ids)) == ids


def test_a_product_newer_than_what_was_learnt_has_its_pack(
    bought_twice: Customer, buy: Callable[..., Order], products: dict[str, Product]
) -> None:
    services.refresh_forecasts(customer_ids=None, now=NOW)
    products["NEW"] = sales_services.add_product(
        facts=sales_services.ProductFacts(
            sku="NEW",
            name="New Drops",
            retail_price_minor=1000,
            ir_price_minor=800,
            tax_rate_bp=2300,
            repeat=True,
            pack_days=60,
        )
    )
    buy(bought_twice, "2017-03-10 10:00", NEW=1)

    services.refresh_forecasts(customer_ids=[bought_twice.pk], now=NOW)

    forecast = Forecast.objects.get(product__sku="NEW")
    assert forecast.basis == "pack"
    assert 50 <= forecast.interval_days <= 70


def test_the_hour_makes_the_day_once_and_then_who_paid_since(
    bought_twice: Customer, buy: Callable[..., Order]
) -> None:
    assert services.refresh_due_forecasts(now=NOW - timedelta(hours=1)) == 1
    buy(bought_twice, "2017-03-20 10:00", TEA=1)

    assert services.refresh_due_forecasts(now=NOW) == 2
    assert ForecastModel.objects.filter(for_everybody=True).count() == 1
    tomorrow = NOW + timedelta(days=1)
    assert services.refresh_due_forecasts(now=tomorrow) == 2
    assert ForecastModel.objects.filter(for_everybody=True).count() == 2
    assert services.refresh_due_forecasts(now=tomorrow) == 0


def test_a_model_that_cannot_be_read_is_learnt_anew(bought_twice: Customer) -> None:
    services.refresh_forecasts(customer_ids=None, now=NOW)
    model = ForecastModel.objects.get()
    ForecastModel.objects.create(
        made_at=NOW + timedelta(minutes=1),
        learnt_to=model.learnt_to,
        method="rhythm",
        figures={},
        body=b"\x80\x04cos\nsystem\n",
    )

    assert services.refresh_forecasts(customer_ids=[bought_twice.pk], now=NOW) == 1


def test_nothing_derived_of_the_erased_stays(bought_twice: Customer) -> None:
    services.refresh_forecasts(customer_ids=None, now=NOW)

    people_changes.erase(customer_ids=[bought_twice.pk], now=NOW)

    assert not Forecast.objects.exists()
    assert not CustomerPulse.objects.exists()


def test_the_database_refuses_dates_out_of_order(bought_twice: Customer) -> None:
    services.refresh_forecasts(customer_ids=None, now=NOW)
    forecast = Forecast.objects.get()
    for change in (
        {"from_on": forecast.last_on},
        {"until_on": forecast.expected_on - timedelta(1)},
        {"quiet_on": forecast.until_on},
        {"chance_permille": 1001},
        {"status": "asleep"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Forecast.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerPulse.objects.update(happy_streak=2)
