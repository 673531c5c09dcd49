"""Making forecasts anew: every night for everybody, and for those who just bought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import transaction

from representatives.clock import company_zone
from sales.forecast import exchange, making, selectors, stored
from sales.forecast.exchange import Bought, Catalogue, Range
from sales.forecast.pieces import usual_pieces
from sales.forecast.purchases import Purchases
from sales.forecast.stored import Part, UnableToRead
from sales.models import Customer, ForecastModel

RANGE_CUSTOMERS = 50_000
"""Customers done in one transaction."""
PART_CUSTOMERS = 100_000
"""Customers learnt from; more teach no more."""
LEARN_EVERY = timedelta(days=7)
KEPT_MODELS = 10


@dataclass(frozen=True, slots=True)
class _Day:
    """What a refresh knows of its day: the catalogue, and how purchases become forecasts."""

    now: datetime
    zone: str
    cut: int
    """The day after today: what was bought today is known."""
    catalogue: Catalogue


def refresh_forecasts(*, customer_ids: Sequence[int] | None, now: datetime) -> int:
    """Make the forecasts of these customers anew, or everybody's; return how many rows stand.

    Customers who no longer have a paid order lose theirs. All of a customer's rows change at
    once; everybody's are done by ranges, each in a transaction of its own. Without anything
    learnt yet, or where it was a week ago and everybody's are made, it learns first.
    """
    day = _day(now)
    if customer_ids is None:
        return _refresh_all(day)
    if not customer_ids:
        return 0
    model = selectors.newest_model()
    parts = _read(model, day.catalogue)
    if parts is None:
        parts = _keep_model(day, _learn(day))
    return _refresh(sorted(set(customer_ids)), day, parts)


def refresh_due_forecasts(*, now: datetime) -> int:
    """Make everybody's forecasts anew if the day's are not made yet, else those out of date.

    Out of date are customers with a payment or a return since: imports and lost messages.
    """
    done = selectors.newest_for_everybody()
    if done is None or selectors.day_of(done.made_at) != selectors.day_of(now):
        return refresh_forecasts(customer_ids=None, now=now)
    stale = exchange.list_stale(since=done.made_at, limit=RANGE_CUSTOMERS)
    return refresh_forecasts(customer_ids=stale, now=now)


def learn_forecasts(*, now: datetime) -> ForecastModel:
    """Learn anew from the company's own purchases, whatever was learnt before; keep it."""
    day = _day(now)
    _keep_model(day, _learn(day))
    model = selectors.newest_model()
    assert model is not None
    return model


def _day(now: datetime) -> _Day:
    return _Day(
        now=now,
        zone=str(company_zone()),
        cut=exchange.day_number(selectors.day_of(now)) + 1,
        catalogue=exchange.load_catalogue(),
    )


@dataclass(frozen=True, slots=True)
class _News:
    """What a new row of `ForecastModel` says."""

    parts: dict[str, Part]
    learnt_to: Any
    method: str
    figures: dict[str, Any]


def _refresh_all(day: _Day) -> int:
    """Learn if it is time, look at the products anew, and go through all customers."""
    model = selectors.newest_model()
    methods = _methods_in_use(model, day)
    if methods is None or model is None:
        news = _learn(day)
    else:
        bought, pack_days = _part_of_customers(day)
        parts = making.look_again(methods, bought, day.cut, pack_days)
        news = _News(parts, model.learnt_to, model.method, model.figures)
    rows = 0
    for which in exchange.ranges_of_customers(RANGE_CUSTOMERS):
        rows += _refresh(which, day, news.parts)
    _keep_model(day, news, for_everybody=True)
    return rows


def _methods_in_use(model: ForecastModel | None, day: _Day) -> dict[str, Any] | None:
    """Return the methods of the newest model, unless it is older than a week or of the future."""
    if model is None:
        return None
    today = selectors.day_of(day.now)
    if not today - LEARN_EVERY < model.learnt_to <= today + timedelta(days=1):
        return None
    parts = _read(model, day.catalogue)
    return None if parts is None else {name: part.method for name, part in parts.items()}


def _learn(day: _Day) -> _News:
    bought, pack_days = _part_of_customers(day)
    parts, learnt = making.learn_parts(bought, day.cut, pack_days)
    return _News(
        parts,
        selectors.day_of(day.now) + timedelta(days=1),
        learnt[making.PRODUCT].name,
        {name: each.figures | {"method": each.name} for name, each in learnt.items()},
    )


def _part_of_customers(day: _Day) -> tuple[Purchases, npt.NDArray[np.float32]]:
    """Load what is learnt from: everybody's purchases, or those of every so-manieth customer."""
    of = -(-Customer.objects.count() // PART_CUSTOMERS) or 1
    bought = exchange.load_part(of=of, zone=day.zone, now=day.now)
    return _dense(bought, day.catalogue)[0], day.catalogue.pack_days


def _dense(bought: Bought, catalogue: Catalogue) -> tuple[Purchases, npt.NDArray[np.int64]]:
    """Number customers and products from 0; return the customers' ids beside."""
    ids, customer = np.unique(bought.customer, return_inverse=True)
    product = np.searchsorted(catalogue.ids, bought.product)
    purchases = Purchases.of(
        customer.astype(np.int64),
        product,
        bought.day,
        customer_count=ids.size,
        product_count=catalogue.ids.size,
    )
    return purchases, ids


def _read(model: ForecastModel | None, catalogue: Catalogue) -> dict[str, Part] | None:
    """Return what a model holds, for today's catalogue; None if it can't be used."""
    if model is None:
        return None
    try:
        parts, products = stored.read(bytes(model.body))
    except UnableToRead:
        return None
    if not np.array_equal(products, catalogue.ids[: products.size]):
        return None
    parts[making.PRODUCT] = making.with_new_products(
        parts[making.PRODUCT], catalogue.ids.size, catalogue.pack_days
    )
    return parts


@transaction.atomic
def _keep_model(day: _Day, news: _News, *, for_everybody: bool = False) -> dict[str, Part]:
    """Write what was learnt, and drop what is old."""
    ForecastModel.objects.create(
        made_at=day.now,
        for_everybody=for_everybody,
        learnt_to=news.learnt_to,
        method=news.method,
        figures=news.figures,
        body=stored.write(news.parts, day.catalogue.ids),
    )
    newest = ForecastModel.objects.order_by("-made_at", "-id").values("id")[:KEPT_MODELS]
    ForecastModel.objects.exclude(id__in=list(newest.values_list("id", flat=True))).delete()
    return news.parts


@transaction.atomic
def _refresh(which: Sequence[int] | Range, day: _Day, parts: dict[str, Part]) -> int:
    """Replace the rows of some customers in one transaction."""
    exchange.hold_forecasts()
    bought = exchange.load_bought(which=which, zone=day.zone, now=day.now)
    purchases, ids = _dense(bought, day.catalogue)
    forecasts = making.make_forecasts(
        purchases, day.cut, parts[making.PRODUCT], day.catalogue.wanted, usual_pieces(bought)
    )
    pulses = making.make_pulses(purchases, day.cut, parts[making.VISIT])
    exchange.delete_rows(which)
    _write_forecasts(forecasts, ids, day)
    _write_pulses(pulses, ids, day)
    return int(forecasts.customer.size)


def _write_forecasts(rows: making.Forecasts, ids: npt.NDArray[np.int64], day: _Day) -> None:
    if not rows.customer.size:
        return
    spans = rows.last_day[:, None] + rows.days
    at = np.full(rows.customer.size, exchange.microseconds(day.now))
    exchange.write_rows(
        "sales_forecast",
        {
            "customer_id": (ids[rows.customer], 8),
            "product_id": (day.catalogue.ids[rows.product], 8),
            "purchases": (rows.purchases, 4),
            "pieces": (rows.pieces, 4),
            "last_on": (rows.last_day, 4),
            "interval_days": (rows.days[:, 1], 2),
            "from_on": (spans[:, 0], 4),
            "expected_on": (spans[:, 1], 4),
            "until_on": (spans[:, 2], 4),
            "quiet_on": (spans[:, 3], 4),
            "chance_permille": (rows.chance_permille, 2),
            "computed_at": (at, 8),
        },
        {"basis": rows.basis, "status": rows.status},
    )


def _write_pulses(rows: making.Pulses, ids: npt.NDArray[np.int64], day: _Day) -> None:
    if not rows.customer.size:
        return
    at = np.full(rows.customer.size, exchange.microseconds(day.now))
    exchange.write_rows(
        "sales_customerpulse",
        {
            "customer_id": (ids[rows.customer], 8),
            "orders": (rows.visits, 4),
            "first_on": (rows.first_day, 4),
            "last_on": (rows.last_day, 4),
            "interval_days": (rows.interval, 2),
            "quiet_on": (rows.quiet_day, 4),
            "alive_permille": (rows.alive_permille, 2),
            "happy_streak": (rows.streak, 4),
            "computed_at": (at, 8),
        },
        {},
    )
