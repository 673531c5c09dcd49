"""What is known of a customer and a product on a day, from purchases before it: numpy only.

The bench and the nightly task both call this module. A purchase is (customer, product, day);
several on one day are one. Everything counts days from any one origin. A cut is a day: what was
bought on it or later is never looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from sales.forecast.dropout import BuyingLaw, CountLaw

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float32]

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
class Purchases:
    """Purchases, each day once, sorted by customer, product and day; ids are dense from 0."""

    customer: Int
    product: Int
    day: Int
    customer_count: int
    product_count: int

    @classmethod
    def of(
        cls, customer: Int, product: Int, day: Int, *, customer_count: int, product_count: int
    ) -> Self:
        """Sort purchases and drop what is there twice."""
        order = np.lexsort((day, product, customer))
        customer, product, day = customer[order], product[order], day[order]
        fresh = np.ones(customer.size, dtype=bool)
        fresh[1:] = (
            (customer[1:] != customer[:-1]) | (product[1:] != product[:-1]) | (day[1:] != day[:-1])
        )
        return cls(customer[fresh], product[fresh], day[fresh], customer_count, product_count)

    def before(self, cut: int) -> Self:
        """Return what was bought before a day."""
        return self._only(self.day < cut)

    def within(self, start: int, end: int) -> Self:
        """Return what was bought from one day until before another."""
        return self._only((self.day >= start) & (self.day < end))

    def as_visits(self) -> Self:
        """Return the days on which anything was bought, as purchases of one and the same thing."""
        return type(self).of(
            self.customer,
            np.zeros_like(self.product),
            self.day,
            customer_count=self.customer_count,
            product_count=1,
        )

    def _only(self, kept: npt.NDArray[np.bool_]) -> Self:
        return type(self)(
            self.customer[kept],
            self.product[kept],
            self.day[kept],
            self.customer_count,
            self.product_count,
        )


@dataclass(frozen=True, slots=True)
class Runs:
    """Stretches of rows of one customer and product: where each begins, and how long it is."""

    start: Int
    size: Int

    @classmethod
    def of(cls, *keys: Int) -> Self:
        """Find the stretches in which all keys stay the same; rows are sorted by them."""
        count = keys[0].size
        changes = np.zeros(count, dtype=bool)
        changes[:1] = True
        for key in keys:
            changes[1:] |= key[1:] != key[:-1]
        start = np.flatnonzero(changes)
        return cls(start, np.diff(np.append(start, count)))

    def total(self, values: npt.NDArray) -> npt.NDArray:
        """Add up values within each stretch."""
        if not self.start.size:
            return values[:0]
        return np.add.reduceat(values, self.start)


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What was known of each product on a day: one number per product and column.

    `returns` is the share who bought again, of those whose first purchase was long enough ago.
    """

    buyers: Float
    again_share: Float
    mean_purchases: Float
    interval: Float
    recent: tuple[Float, ...]
    rebought: Float
    returns: Float

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
        interval = _product_interval(past, cut, pack_days)
        long_ago = past.day[runs.start] + 2 * interval[product] <= cut
        early = np.bincount(product[long_ago], minlength=count)
        whole = ((long_ago & (runs.size > 1)).sum() + 1) / (long_ago.sum() + 2)
        returned = np.bincount(product[long_ago & (runs.size > 1)], minlength=count)
        return cls(
            buyers=buyers.astype(np.float32),
            again_share=((again + 1) / (buyers + 4)).astype(np.float32),
            mean_purchases=((lines + 1) / (buyers + 1)).astype(np.float32),
            interval=interval,
            recent=recent,
            rebought=_rebought(past, cut),
            returns=((returned + 2 * whole) / (early + 2)).astype(np.float32),
        )


def _gaps(past: Purchases) -> tuple[Int, npt.NDArray[np.bool_]]:
    """Return days since the purchase before, and where there is one."""
    gap = np.zeros(past.day.size, dtype=np.int64)
    gap[1:] = past.day[1:] - past.day[:-1]
    same = np.zeros(past.day.size, dtype=bool)
    same[1:] = (past.customer[1:] == past.customer[:-1]) & (past.product[1:] == past.product[:-1])
    return gap, same


def medians(keys: Int, values: npt.NDArray, count: int) -> tuple[npt.NDArray, Int]:
    """Return the lower median of the values of each key, and how many there are; 0 for none."""
    order = np.lexsort((values, keys))
    sizes = np.bincount(keys, minlength=count)
    middle = np.cumsum(sizes) - sizes + np.maximum(sizes - 1, 0) // 2
    found = np.zeros(count, dtype=np.float64)
    some = sizes > 0
    found[some] = values[order][middle[some]]
    return found, sizes


def _product_interval(past: Purchases, cut: int, pack_days: Float | None) -> Float:
    """Return each product's usual interval: its buyers' median, drawn towards the pack's length.

    Where no pack is known, the median of all products stands for it. Only what was bought long
    enough ago counts: in a company's first weeks none but the short intervals can have ended.
    """
    gap, same = _gaps(past)
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


def pair_keys(purchases: Purchases, runs: Runs) -> Int:
    """Return one number for each customer and product, ascending."""
    return (
        purchases.customer[runs.start] * max(purchases.product_count, 1)
        + (purchases.product[runs.start])
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What a company's purchases before a day say of everybody: products, and its buying laws."""

    products: ProductFacts
    law: BuyingLaw
    counts: CountLaw

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
        return cls(ProductFacts.of(past, cut, pack_days), law, counts)


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
    _law_columns(columns, known, interval, facts.returns[product], days)
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
    gap, same = _gaps(past)
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


def _law_columns(
    columns: dict[str, npt.NDArray], known: Known, interval: Float, again: Float, days: int
) -> None:
    """Add what simple laws expect: purchases at random, and purchases at an interval."""
    age = columns["age"].astype(np.float64)
    elapsed = columns["elapsed"].astype(np.float64)
    gaps = columns["count"].astype(np.float64) - 1
    law = known.law
    columns["law_expects"] = law.expected(gaps, age - elapsed, age, days)
    columns["law_alive"] = law.alive(gaps, age - elapsed, age)
    columns["law_chance"] = law.chance(gaps, age - elapsed, age, days)
    columns["count_chance"] = known.counts.chance(gaps + 1, days)
    own = np.nan_to_num(columns["gap_spread"]).astype(np.float64)
    spread = np.sqrt(
        (gaps * own**2 + PRIOR_GAPS * (0.5 * interval) ** 2) / (gaps + PRIOR_GAPS)
    ).clip(1)
    still_to_come = ndtr((interval - elapsed) / spread)
    later = ndtr((interval - elapsed - days) / spread)
    comes_back = (gaps + PRIOR_GAPS * again) / (gaps + PRIOR_GAPS)
    waiting = comes_back * still_to_come
    columns["renewal"] = (comes_back * (still_to_come - later)) / (waiting + 1 - comes_back + 1e-9)


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
