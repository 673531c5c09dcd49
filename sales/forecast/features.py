"""What is known of a customer and a product on a day, from purchases before it: numpy only.

The bench and the nightly task both call this module. A cut is a day: what was bought on it or
later is never looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
import numpy.typing as npt

from sales.forecast.dropout import BuyingLaw, CountLaw
from sales.forecast.purchases import Float, Int, Purchases, Runs, intervals, medians, pair_keys
from sales.forecast.rhythm import RhythmLaw, Waits

WINDOWS = (14, 30, 60, 90, 180)
PRODUCT_WINDOWS = (30, 60, 90)
HORIZON = 30
UNKNOWN_INTERVAL = 30.0
"""Days between purchases where nobody has ever bought a thing twice and no pack is known."""
PRIOR_GAPS = 2.0
"""How many of the customer's own intervals weigh as much as what holds for the product."""
PRIOR_PACKS = 10.0
"""How many intervals of others weigh as much as the length of the pack."""


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What was known of each product on a day: one number per product and column."""

    buyers: Float
    again_share: Float
    mean_purchases: Float
    interval: Float
    recent: tuple[Float, ...]
    rebought: Float

    @classmethod
    def of(cls, purchases: Purchases, cut: int, pack_days: Float | None = None) -> Self:
        """Work the facts out from purchases before the cut."""
        past = purchases.before(cut)
        count = purchases.product_count
        runs = Runs.of(past.customer, past.product)
        product = past.product[runs.start]
        buyers = np.bincount(product, minlength=count)
        again = np.bincount(product[runs.size > 1], minlength=count)
        lines = np.bincount(past.product, minlength=count)
        recent = tuple(
            np.bincount(past.product[past.day >= cut - days], minlength=count).astype(np.float32)
            for days in PRODUCT_WINDOWS
        )
        return cls(
            buyers=buyers.astype(np.float32),
            again_share=((again + 1) / (buyers + 4)).astype(np.float32),
            mean_purchases=((lines + 1) / (buyers + 1)).astype(np.float32),
            interval=_product_interval(past, cut, pack_days),
            recent=recent,
            rebought=_rebought(past, cut),
        )


def _product_interval(past: Purchases, cut: int, pack_days: Float | None) -> Float:
    """Return each product's usual interval: its buyers' median, drawn towards the pack's length.

    Where no pack is known, the median of all products stands for it. Only what was bought long
    enough ago counts: in a company's first weeks none but the short intervals can have ended.
    """
    gap, same = intervals(past)
    prior = np.full(
        past.product_count, float(np.median(gap[same])) if same.any() else UNKNOWN_INTERVAL
    )
    if pack_days is not None:
        prior = np.where(np.nan_to_num(pack_days) > 0, pack_days, prior)
    fair = same & (past.day - gap + 2 * prior[past.product] <= cut)
    median, sizes = medians(past.product[fair], gap[fair], past.product_count)
    return ((sizes * median + PRIOR_PACKS * prior) / (sizes + PRIOR_PACKS)).astype(np.float32)


def _rebought(past: Purchases, cut: int) -> Float:
    """Return the share of each product's earlier buyers who bought it in the last 30 days."""
    count = past.product_count
    older = past.before(cut - HORIZON)
    runs = Runs.of(older.customer, older.product)
    owners = np.bincount(older.product[runs.start], minlength=count)
    known = pair_keys(older, runs)
    newer = past.within(cut - HORIZON, cut)
    bought = pair_keys(newer, Runs.of(newer.customer, newer.product))
    hits = np.bincount(
        (bought[np.isin(bought, known, assume_unique=True)] % max(count, 1)), minlength=count
    )
    whole = (hits.sum() + 1) / (owners.sum() + 5)
    return ((hits + 10 * whole) / (owners + 10)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Known:
    """What a company's purchases before a day say of everybody: products, and its buying laws."""

    products: ProductFacts
    law: BuyingLaw
    counts: CountLaw
    rhythm: RhythmLaw

    @classmethod
    def of(cls, purchases: Purchases, cut: int, pack_days: Float | None = None) -> Self:
        """Work it out from purchases before the cut."""
        past = purchases.before(cut)
        runs = Runs.of(past.customer, past.product)
        first, last = past.day[runs.start], past.day[runs.start + runs.size - 1]
        law = BuyingLaw.of(
            (runs.size - 1).astype(np.float64),
            (last - first).astype(np.float64),
            (cut - first).astype(np.float64),
        )
        counts = CountLaw.of(runs.size.astype(np.float64), float(cut - past.day.min(initial=cut)))
        products = ProductFacts.of(past, cut, pack_days)
        rhythm = RhythmLaw.of(Waits.of(past, runs, cut), products.interval)
        return cls(products, law, counts, rhythm)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Everything bought before the cut: a row for each customer and product, with its features."""

    customer: Int
    product: Int
    purchases: Int
    last_day: Int
    interval: Float
    features: Float
    names: tuple[str, ...]

    def column(self, name: str) -> Float:
        """Return one feature of all rows."""
        return self.features[:, self.names.index(name)]


def describe(purchases: Purchases, cut: int, known: Known, days: int = HORIZON) -> Candidates:
    """Return all that was bought before the cut by customer and product, with its features.

    What laws expect is of so many days ahead. Missing is NaN: an interval of who bought once.
    """
    past, facts = purchases.before(cut), known.products
    runs = Runs.of(past.customer, past.product)
    customer, product = past.customer[runs.start], past.product[runs.start]
    columns: dict[str, npt.NDArray] = {}
    last_day, interval = _own_columns(columns, past, runs, cut, facts.interval[product])
    _customer_columns(columns, past, cut, customer, last_day)
    columns["pace"] = days * columns["count"] / known.counts.days
    _product_columns(columns, facts, product)
    _law_columns(columns, known, Waits.of(past, runs, cut), days)
    columns["share"] = columns["count"] / np.maximum(columns["visits"], 1)
    columns["share_90"] = columns["count_90"] / np.maximum(columns["visits_90"], 1)
    columns["visits_awaited"] = columns["visits_since"] * columns["share"]
    columns["interval_to_usual"] = interval / np.maximum(facts.interval[product], 1)
    return Candidates(
        customer=customer,
        product=product,
        purchases=runs.size,
        last_day=last_day,
        interval=interval,
        features=np.column_stack([columns[name].astype(np.float32) for name in columns]),
        names=tuple(columns),
    )


def _own_columns(
    columns: dict[str, npt.NDArray], past: Purchases, runs: Runs, cut: int, usual: Float
) -> tuple[Int, Float]:
    """Add what the customer's own purchases of the product say; return last day and interval."""
    gap, same = intervals(past)
    gap = np.where(same, gap, 0)
    count = runs.size.astype(np.float32)
    gaps = np.maximum(count - 1, 0)
    first, last = past.day[runs.start], past.day[runs.start + runs.size - 1]
    total = (last - first).astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(gaps > 0, total / gaps, np.nan)
        spread = runs.total(gap.astype(np.float64) ** 2) / gaps - mean**2
        spread = np.where(gaps > 1, np.sqrt(np.maximum(spread, 0)), np.nan)
    row = np.repeat(np.arange(runs.size.size), runs.size)
    median, _ = medians(row[same], gap[same], runs.size.size)
    interval = interval_of(gaps, mean, median, usual)
    elapsed = (cut - last).astype(np.float32)
    columns["count"] = count
    columns["elapsed"] = elapsed
    columns["age"] = (cut - first).astype(np.float32)
    columns["mean_gap"] = mean
    columns["gap_spread"] = spread
    columns["last_gap"] = np.where(gaps > 0, gap[runs.start + runs.size - 1], np.nan)
    columns["interval"] = interval
    columns["lateness"] = elapsed / interval
    columns["rate"] = count / (columns["age"] + 15)
    for days in WINDOWS:
        columns[f"count_{days}"] = runs.total((past.day >= cut - days).astype(np.int32))
    return last, interval


def _law_columns(columns: dict[str, npt.NDArray], known: Known, waits: Waits, days: int) -> None:
    """Add what the laws expect: purchases at random, and purchases at an interval."""
    age = columns["age"].astype(np.float64)
    recency = age - columns["elapsed"].astype(np.float64)
    gaps = columns["count"].astype(np.float64) - 1
    columns["law_expects"] = known.law.expected(gaps, recency, age, days)
    columns["law_alive"] = known.law.alive(gaps, recency, age)
    columns["law_chance"] = known.law.chance(gaps, recency, age, days)
    columns["count_chance"] = known.counts.chance(gaps + 1, days)
    columns["rhythm"] = known.rhythm.chance(waits, days)


def interval_of(gaps: Float, mean: Float, median: npt.NDArray, usual: Float) -> Float:
    """Return how long until the next purchase: own intervals, drawn to the usual one when few.

    Of three intervals and more the median speaks, which one long pause does not move.
    """
    own = np.where(gaps >= 3, median, np.nan_to_num(mean))
    return ((gaps * own + PRIOR_GAPS * usual) / (gaps + PRIOR_GAPS)).astype(np.float32)


def _customer_columns(
    columns: dict[str, npt.NDArray], past: Purchases, cut: int, customer: Int, last_day: Int
) -> None:
    """Add what the customer's purchases of anything say."""
    count = past.customer_count
    visits = past.as_visits()
    runs = Runs.of(visits.customer)
    who = visits.customer[runs.start]

    def spread(values: npt.NDArray) -> npt.NDArray:
        """Give each row its customer's value."""
        by_customer = np.zeros(count, dtype=np.float32)
        by_customer[who] = values
        return by_customer[customer]

    first, last = visits.day[runs.start], visits.day[runs.start + runs.size - 1]
    number = runs.size.astype(np.float32)
    pause = (last - first) / np.maximum(number - 1, 1)
    columns["visits"] = spread(number)
    columns["visit_elapsed"] = spread(cut - last)
    columns["visit_rate"] = spread(number / (cut - first + 7))
    columns["tenure"] = spread(cut - first)
    columns["tenure_rate"] = columns["count"] / (columns["tenure"] + 15)
    columns["visit_lateness"] = spread((cut - last) / np.maximum(pause, 1))
    for days in WINDOWS:
        columns[f"visits_{days}"] = spread(runs.total((visits.day >= cut - days).astype(np.int32)))
    lines = np.bincount(past.customer, minlength=count)
    pairs = np.bincount(customer, minlength=count)
    again = np.bincount(customer[columns["count"] > 1], minlength=count)
    columns["lines"] = lines[customer]
    columns["products"] = pairs[customer]
    columns["loyalty"] = ((again + 1) / (pairs + 3))[customer]
    for days in (30, 90):
        recent = np.bincount(past.customer[past.day >= cut - days], minlength=count)
        columns[f"lines_{days}"] = recent[customer]
    columns["visits_since"] = _visits_since(visits, runs, who, count, customer, last_day, cut)


def _visits_since(
    visits: Purchases, runs: Runs, who: Int, count: int, customer: Int, last_day: Int, cut: int
) -> Int:
    """Count the customer's days with a purchase after the last one of each row's product."""
    width = int(cut - min(visits.day.min(initial=cut), cut)) + 1
    origin = cut - width
    place = visits.customer * (width + 1) + (visits.day - origin)
    end = np.zeros(count, dtype=np.int64)
    end[who] = runs.start + runs.size
    upto = np.searchsorted(place, customer * (width + 1) + (last_day - origin), side="right")
    return end[customer] - upto


def _product_columns(columns: dict[str, npt.NDArray], facts: ProductFacts, product: Int) -> None:
    """Add what everybody's purchases of the product say."""
    columns["product_buyers"] = np.log1p(facts.buyers)[product]
    columns["product_again"] = facts.again_share[product]
    columns["product_mean"] = facts.mean_purchases[product]
    columns["product_interval"] = facts.interval[product]
    columns["product_rebought"] = facts.rebought[product]
    month, _, quarter = facts.recent
    columns["product_trend"] = ((month + 1) / (quarter / 3 + 1))[product]
    columns["product_recent"] = (month / np.maximum(facts.buyers, 1))[product]


def labels(purchases: Purchases, rows: Candidates, cut: int, days: int = HORIZON) -> npt.NDArray:
    """Tell of each row whether it was bought again from the cut on within some days."""
    after = purchases.within(cut, cut + days)
    bought = pair_keys(after, Runs.of(after.customer, after.product))
    wanted = rows.customer * max(purchases.product_count, 1) + rows.product
    return np.isin(wanted, bought)


@cache
def feature_names() -> tuple[str, ...]:
    """Return the names of all features, in the order of their columns."""
    none = np.zeros(0, dtype=np.int64)
    nobody = Purchases(none, none, none, 0, 0)
    return describe(nobody, 0, Known.of(nobody, 0)).names
