"""How often customers take a suggested add-on: ``python -m bench.suggestions [--cut DAY]``.

The real purchases of the demo company, cut at a day (1 October 2017). From what lies before, the
very functions of the nightly task learn, choose their one setting on the 30 days before the cut,
and name three products for each customer that the customer never bought. The 30 days from the cut
on are looked at once: did the customer buy one of the three? Beside it the three most popular
products that the customer does not have, and three at random. The difference to the most popular
has a bootstrap interval over customers.

Writes `bench/results/suggestions.json`; the last line is a summary. Exit code 0: better than both
baselines, by more than chance; 1: not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from config.demo.purchases import Purchases, read_purchases
from config.demo.year import local_days
from sales.suggestions import learner, measuring

RESULTS = Path(__file__).parent / "results" / "suggestions.json"
CUT = date(2017, 10, 1)
EPOCH = date(1970, 1, 1)
LATELY_DAYS = 30
DRAWS = 2_000
SEED = 20171001


@dataclass(frozen=True, slots=True)
class Lines:
    """Purchases by customer, product and day, counted from 0 and from 1970."""

    customer: learner.Ints
    product: learner.Ints
    day: learner.Ints
    customers: int
    products: int

    def until(self, day: int) -> learner.Had:
        """Return who has what of all that was bought before a day."""
        kept = self.day < day
        key = self.customer[kept] * self.products + self.product[kept]
        pairs, at = np.unique(key, return_inverse=True)
        first = np.full(len(pairs), np.iinfo(np.int64).max)
        last = np.full(len(pairs), np.iinfo(np.int64).min)
        np.minimum.at(first, at, self.day[kept])
        np.maximum.at(last, at, self.day[kept])
        return learner.Had(
            pairs // self.products,
            pairs % self.products,
            first,
            last,
            self.customers,
            self.products,
        )

    def buyers_between(self, day: int, after: int) -> learner.Ints:
        """Return who bought anything from a day to before another."""
        return np.unique(self.customer[(self.day >= day) & (self.day < after)])


def lines_of(purchases: Purchases) -> Lines:
    """Return the lines of the demo's purchases."""
    order = np.repeat(np.arange(len(purchases.basket)), np.diff(purchases.line_from))
    households, customer = np.unique(purchases.household, return_inverse=True)
    days = local_days(purchases.paid_at)
    return Lines(
        customer[order].astype(np.int64),
        purchases.product.astype(np.int64),
        np.asarray(days, dtype=np.int64)[order],
        len(households),
        len(purchases.catalogue),
    )


def measure(lines: Lines, cut: int) -> dict[str, Any]:
    """Return the figures of one cut."""
    window = measuring.WINDOW_DAYS
    started = time.perf_counter()
    known = lines.until(cut)
    # What nobody had bought by then was not on sale, for the baselines neither.
    on_sale = np.bincount(known.product, minlength=lines.products) > 0
    recent = lines.buyers_between(cut - window - LATELY_DAYS, cut - window)
    choice = measuring.choose(known, on_sale, today=cut, recent=recent)
    counts = learner.count(known)
    weights = learner.weigh(counts, learner.ridge_of(counts, choice.multiple))
    learnt = time.perf_counter() - started

    trial = measuring.Trial.cut(lines.until(cut + window), on_sale, cut)
    offers = measuring.ours(trial, weights, counts, trial.buyers)
    ours = trial.hits(offers.customer, offers.product)
    popular, random = measuring.popular(trial, counts), measuring.random(trial)
    told = learner.lasting(choice.chances, offers.score)
    taken = trial.is_taken(offers.customer, offers.product)
    low, high = interval(ours.taken > 0, popular.taken > 0)
    return {
        "cut": (np.datetime64(cut, "D")).item().isoformat(),
        "customers": len(trial.buyers),
        "products": int((counts.each > 0).sum()),
        "ridge": choice.multiple,
        "hit_rate_before": {str(one): round(rate, 4) for one, rate in choice.tried.items()},
        "hit_rate": round(ours.rate, 4),
        "hit_rate_popular": round(popular.rate, 4),
        "hit_rate_random": round(random.rate, 4),
        "precision": round(ours.precision, 4),
        "precision_popular": round(popular.precision, 4),
        "precision_random": round(random.precision, 4),
        "gain_over_popular_95": [round(low, 4), round(high, 4)],
        "with_a_reason": round(len(offers.customer) / (learner.SHOWN * len(trial.buyers)), 4),
        "chance_told_permille": round(float(told.mean()), 1),
        "chance_seen_permille": round(float(taken.mean()) * 1000, 1),
        "learning_seconds": round(learnt, 1),
    }


def interval(ours: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Return the 95 % bootstrap interval, over customers, of the difference of two hit rates."""
    draw = np.random.default_rng(SEED)
    gain = ours.astype(np.int64) - other.astype(np.int64)
    sums = [gain[draw.integers(0, len(gain), len(gain))].mean() for _ in range(DRAWS)]
    low, high = np.quantile(sums, [0.025, 0.975])
    return float(low), float(high)


def table(figures: dict[str, Any]) -> str:
    """Return the figures as a table for people."""
    rows = [
        ("three add-ons suggested", figures["hit_rate"], figures["precision"]),
        ("three most popular", figures["hit_rate_popular"], figures["precision_popular"]),
        ("three at random", figures["hit_rate_random"], figures["precision_random"]),
    ]
    lines = [f"{'':26}{'took one of them':>18}{'of those named':>18}"]
    lines += [f"{name:26}{hit:>17.1%} {part:>17.1%}" for name, hit, part in rows]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Run the check and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.suggestions")
    parser.add_argument("--cut", type=date.fromisoformat, default=CUT, help="first day looked at")
    chosen = parser.parse_args(arguments)
    figures = measure(lines_of(read_purchases()), (chosen.cut - EPOCH).days)
    print(table(figures))
    if chosen.cut == CUT:
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    low = figures["gain_over_popular_95"][0]
    better = low > 0 and figures["hit_rate"] > figures["hit_rate_random"]
    print(
        f"suggestions: {'ok' if better else 'MISSED'}, {figures['customers']} customers,"
        f" {figures['hit_rate']:.1%} took one of three, most popular"
        f" {figures['hit_rate_popular']:.1%}, random {figures['hit_rate_random']:.1%}"
    )
    return 0 if better else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
