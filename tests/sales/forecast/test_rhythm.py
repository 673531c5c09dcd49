"""The law of intervals, on purchases made up by such a law, most of them not at their end yet."""

from __future__ import annotations

import numpy as np
import pytest

from bench.forecast_scores import Exam, auc, calibration_error
from sales.forecast.features import Known, describe
from sales.forecast.learning import learn
from sales.forecast.purchases import Int, Purchases, Runs
from sales.forecast.rhythm import RhythmLaw, Waits

PACK = np.array([20.0, 30.0, 60.0])
VARIES = np.array([0.2, 1.0, 0.2])
"""The second is bought at random."""


def at_intervals(count: int, days: int, seed: int = 1) -> Purchases:
    """Everybody has an interval of their own for each product, and stops for good at times."""
    draw = np.random.default_rng(seed)
    owner = np.repeat(np.arange(count), PACK.size)
    product = np.tile(np.arange(PACK.size), count)
    usual = PACK[product] * draw.lognormal(0, 0.3, owner.size)
    at = draw.uniform(0, days * 0.8, owner.size)
    going = np.ones(owner.size, dtype=bool)
    parts: list[tuple[Int, Int, Int]] = []
    while (going & (at < days)).any():
        kept = going & (at < days)
        parts.append((owner[kept], product[kept], at[kept].astype(np.int64)))
        going &= draw.random(owner.size) > 0.08
        shape = 1 / VARIES[product] ** 2
        at = at + draw.gamma(shape, usual / shape)
    customer, of, day = (np.concatenate([part[place] for part in parts]) for place in range(3))
    return Purchases.of(customer, of, day, customer_count=count, product_count=PACK.size)


def waits_of(bought: Purchases, cut: int) -> Waits:
    past = bought.before(cut)
    return Waits.of(past, Runs.of(past.customer, past.product), cut)


def test_intervals_that_have_not_ended_count_as_longer() -> None:
    """After 45 days most packs of 60 are not used up; their length is known all the same."""
    waits = waits_of(at_intervals(1500, 45), 45)

    law = RhythmLaw.of(waits, np.full(PACK.size, 30.0))

    assert law.interval == pytest.approx(PACK, rel=0.2)
    assert law.regularity[0] == pytest.approx(25, rel=0.4)
    assert law.regularity[1] == pytest.approx(1, rel=0.3)
    assert law.stop / (law.stop + law.stay) == pytest.approx(0.08, abs=0.04)


@pytest.mark.parametrize("days", [75, 90])
def test_packs_as_long_as_the_history_are_ranked_and_calibrated(days: int) -> None:
    bought = at_intervals(1000, days, seed=days)
    exam = Exam.of(bought, days - 30)

    chance = learn(bought, days - 30).chances(exam.rows)

    plain = [exam.rows.purchases, -exam.known.products.interval[exam.rows.product]]
    assert auc(exam.y, chance) > max(auc(exam.y, each) for each in plain) + 0.05
    assert calibration_error(exam.y, chance) < 0.045


def test_a_chance_falls_once_the_pack_is_long_used_up() -> None:
    law = RhythmLaw(np.array([20.0]), np.array([30.0]), likeness=12.0, stop=0.3, stay=3.0)
    days = np.array([0.0, 25.0, 40.0, 90.0, 400.0])
    nothing = np.zeros(days.size)
    first = Waits(np.zeros(days.size, dtype=np.int64), nothing, nothing, nothing, days)

    chance = law.chance(first, 10)

    assert chance[0] < chance[1] > chance[2] > chance[3] > chance[4]
    assert ((chance >= 0) & (chance <= 1)).all()
    assert chance[4] < 0.001


def test_without_purchases_there_is_the_length_of_the_packs() -> None:
    none = np.zeros(0, dtype=np.int64)
    nobody = Purchases.of(none, none, none, customer_count=0, product_count=3)

    law = RhythmLaw.of(waits_of(nobody, 10), PACK)

    assert law.interval == pytest.approx(PACK)
    assert law.with_products(np.array([45.0])).interval == pytest.approx([*PACK, 45.0])


def test_who_waits_the_usual_time_is_likelier_than_who_bought_yesterday() -> None:
    """The feature is the law's chance, row by row in the order of the others."""
    bought = at_intervals(400, 120)
    known = Known.of(bought, 120)
    rows = describe(bought, 120, known, 7)

    assert np.array_equal(
        rows.column("rhythm"), known.rhythm.chance(waits_of(bought, 120), 7).astype(np.float32)
    )
    regular = (rows.product == 0) & (rows.purchases > 2)
    near = regular & (abs(rows.column("lateness") - 1) < 0.2)
    fresh = regular & (rows.column("lateness") < 0.2)
    assert rows.column("rhythm")[near].mean() > rows.column("rhythm")[fresh].mean() + 0.2
