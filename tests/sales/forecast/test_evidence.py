"""What a short history tells of how people buy, on purchases made up by a law that is known."""

from __future__ import annotations

import numpy as np
import pytest

from sales.forecast.evidence import Evidence
from sales.forecast.features import Known, describe, labels
from sales.forecast.learning import learn
from sales.forecast.purchases import Int, Purchases

CUT = 60
Bought = tuple[Int, Int]


def at_random(count: int, seed: int) -> Bought:
    """Everybody is there from the first day on and buys at a rate of their own."""
    draw = np.random.default_rng(seed)
    times = draw.poisson(draw.gamma(1.0, 1 / 40, count) * (CUT + 30))
    return np.repeat(np.arange(count), times), draw.integers(0, CUT + 30, times.sum())


def renewed(count: int, seed: int, *, stray: float, stop: float) -> Bought:
    """Customers join over time, wait about 40 days or as it happens, and stop for good at times."""
    draw = np.random.default_rng(seed)
    owner, at = np.arange(count), draw.uniform(0, CUT, count)
    usual = 40 * draw.lognormal(0, 0.3, count) if stray < 1 else 1 / draw.gamma(0.6, 1 / 20, count)
    parts = []
    while owner.size:
        parts.append((owner, at.astype(np.int64)))
        wait = draw.normal(1, stray, owner.size) if stray < 1 else draw.exponential(1, owner.size)
        at = at + np.maximum(usual[owner] * wait, 1)
        kept = (draw.random(owner.size) > stop) & (at < CUT + 30)
        owner, at = owner[kept], at[kept]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def purchases(bought: Bought) -> Purchases:
    customer, day = bought
    count = int(customer.max()) + 1
    return Purchases.of(
        customer, np.zeros_like(customer), day, customer_count=count, product_count=1
    )


@pytest.mark.parametrize(
    ("bought", "law"),
    [
        (at_random(3000, 1), "counts"),
        (renewed(3000, 2, stray=1, stop=0.25), "law"),
        (renewed(3000, 3, stray=0.2, stop=0.08), "rhythm"),
    ],
)
def test_the_past_tells_by_which_law_it_was_made(bought: Bought, law: str) -> None:
    past = purchases(bought).before(CUT)

    evidence = Evidence.of(past, CUT, Known.of(past, CUT))

    assert (evidence.intervals > 0) == (law == "rhythm")
    assert law == "rhythm" or (evidence.counts > 0) == (law == "counts")
    assert learn(past, CUT).name == law


def test_a_law_that_misses_what_came_is_moved_towards_it() -> None:
    """Some waits are next to nothing, which makes all of them look less regular than they are."""
    bought = purchases(renewed(4000, 4, stray=0.4, stop=0.03))
    rows = describe(bought, CUT, Known.of(bought, CUT))

    learnt = learn(bought, CUT)

    share = labels(bought, rows, CUT).mean()
    assert learnt.name == "rhythm"
    assert rows.column("rhythm").mean() + 0.02 < learnt.chances(rows).mean() < share
