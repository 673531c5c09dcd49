"""What follows from an accepted return: care ends, and forecasts are made anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from representatives.models import Representative
from sales import after_sale, importing, services
from sales.forecast import services as forecasts
from sales.forecast import tasks
from sales.models import Customer, FollowUp, Forecast, Order, Return
from tests.sales.conftest import NOW

pytestmark = pytest.mark.django_db

Buy = Callable[..., Order]
Intervals = list[tuple[datetime, datetime]]
NOON = "2017-03-20T12:30"


def open_about(customer: Customer) -> list[str]:
    """Return the products that open follow-ups are about, in the order of days."""
    rows = FollowUp.objects.filter(customer=customer, state="open").order_by("due_on", "id")
    return [row.product.sku if row.product else "" for row in rows.select_related("product")]


def test_first_order_returned_in_full_ends_its_care(
    buy: Buy, customer: Customer, send_back: Callable[..., list[Return]]
) -> None:
    order = buy(customer, NOON, GREENS=2, JUG=1)
    own = FollowUp.objects.create(
        representative=customer.representative,
        customer=customer,
        kind="own",
        due_on=NOW.date(),
        text="Bring the magazine",
        created_at=NOW,
    )

    send_back(order, GREENS=2, JUG=1)

    assert FollowUp.objects.get(state="open") == own
    ended = FollowUp.objects.exclude(pk=own.pk)
    assert {(row.state, row.closed_at) for row in ended} == {("cancelled", NOW)}


def test_care_goes_on_while_a_piece_is_left(
    buy: Buy, customer: Customer, send_back: Callable[..., list[Return]]
) -> None:
    order = buy(customer, NOON, GREENS=2, JUG=1)

    send_back(order, GREENS=1, JUG=1)
    assert open_about(customer) == ["GREENS"] * 4

    send_back(order, GREENS=1)
    assert open_about(customer) == []


def test_care_is_not_ended_by_what_it_is_not_about(
    buy: Buy, customer: Customer, send_back: Callable[..., list[Return]], seller: Representative
) -> None:
    other = services.add_customer(representative=seller, name="Ala", now=NOW)
    buy(other, NOON, GREENS=1)
    order = buy(customer, NOON, GREENS=1, JUG=1)

    send_back(order, JUG=1)
    assert open_about(customer) == ["GREENS"] * 4

    send_back(order, GREENS=1)
    assert open_about(other) == ["GREENS"] * 4


def test_import_takes_back_in_the_same_way(
    buy: Buy, customer: Customer, intervals: Intervals, tmp_path: Path
) -> None:
    order = buy(customer, NOON, GREENS=1)
    path = tmp_path / "returns.csv"
    head = "external_ref,seller_code,customer_ref,own,sku,quantity,unit_price,paid_at,returned_ref"
    path.write_text(
        f"{head}\nR1,{order.seller.code},{customer.reference},0,GREENS,1,,"
        f"2017-03-20T12:45,{order.reference}\n"
    )

    report = importing.import_orders(
        path=path, open_intervals=lambda: intervals, now=NOW, zone=ZoneInfo("Europe/Warsaw")
    )

    assert (report.returns, report.rejected) == (1, 0)
    assert open_about(customer) == []


def test_forecast_is_hinted_once_it_is_committed(
    buy: Buy,
    customer: Customer,
    send_back: Callable[..., list[Return]],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    order = buy(customer, NOON, GREENS=1)
    told: list[list[int]] = []
    monkeypatch.setattr(
        tasks.refresh_forecasts_task, "delay", lambda customer_ids: told.append(customer_ids)
    )

    with django_capture_on_commit_callbacks(execute=True):
        send_back(order, GREENS=1)
        assert told == []

    assert told == [[customer.pk]]


def test_hour_makes_up_for_a_hint_that_was_lost(
    buy: Buy, customer: Customer, send_back: Callable[..., list[Return]]
) -> None:
    order = buy(customer, "2017-02-20T10:00", GREENS=1, TEA=1)
    assert forecasts.refresh_due_forecasts(now=NOW + timedelta(hours=1)) == 2
    send_back(order, now=NOW + timedelta(hours=2), GREENS=1)

    assert forecasts.refresh_due_forecasts(now=NOW + timedelta(hours=3)) == 1
    assert forecasts.refresh_due_forecasts(now=NOW + timedelta(hours=4)) == 0
    assert list(Forecast.objects.values_list("product__sku", flat=True)) == ["TEA"]


def test_many_returns_take_no_more_statements_than_one(
    buy: Buy, seller: Representative, send_back: Callable[..., list[Return]]
) -> None:
    returns = []
    for number in range(4):
        one = services.add_customer(representative=seller, name=f"Person {number}", now=NOW)
        returns += send_back(buy(one, NOON, GREENS=1), GREENS=1)
    counts = []
    for some in (returns[:1], returns[1:]):
        with CaptureQueriesContext(connection) as queries:
            after_sale.follow_returns(return_ids=[row.pk for row in some], now=NOW)
        counts.append(len(queries))

    assert counts[0] == counts[1] == 3


def test_nothing_follows_from_none(customer: Customer) -> None:
    with CaptureQueriesContext(connection) as queries:
        after_sale.follow_returns(return_ids=[], now=NOW)
    assert len(queries) == 0
