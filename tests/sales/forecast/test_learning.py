"""Features, methods and dates, on purchases made up by a law that is known."""

from __future__ import annotations

import io

import numpy as np
import pytest

from bench.forecast_scores import Exam, auc, calibration_error
from sales.forecast import making, methods, stored
from sales.forecast.dropout import BuyingLaw, CountLaw
from sales.forecast.features import Known, describe, feature_names, labels
from sales.forecast.learning import learn
from sales.forecast.purchases import Purchases
from sales.forecast.stored import Part, UnableToRead
from sales.forecast.timing import Timing

DAYS = 240
PRODUCTS = 3
PACK = np.array([20, 30, 45])


def regular_buyers(count: int, seed: int = 1) -> Purchases:
    """Everybody takes every product about as often as its pack lasts; some stop for good."""
    draw = np.random.default_rng(seed)
    owner = np.repeat(np.arange(count), PRODUCTS)
    product = np.tile(np.arange(PRODUCTS), count)
    at = draw.uniform(0, DAYS / 2, owner.size)
    going = np.ones(owner.size, dtype=bool)
    parts = []
    for _ in range(14):
        kept = going & (at < DAYS)
        parts.append((owner[kept], product[kept], at[kept].astype(np.int64)))
        going &= draw.random(owner.size) > 0.1
        at = at + PACK[product] * draw.normal(1, 0.2, owner.size).clip(0.3)
    customer, product, day = (np.concatenate([part[place] for part in parts]) for place in range(3))
    return Purchases.of(customer, product, day, customer_count=count, product_count=PRODUCTS)


@pytest.fixture(scope="module")
def bought() -> Purchases:
    return regular_buyers(250)


def test_features_and_dates_know_nothing_of_the_future(bought: Purchases) -> None:
    cut = 150
    changed = Purchases.of(
        np.append(bought.before(cut).customer, [0, 1]),
        np.append(bought.before(cut).product, [2, 2]),
        np.append(bought.before(cut).day, [cut, cut + 10]),
        customer_count=bought.customer_count,
        product_count=bought.product_count,
    )

    seen = [describe(each, cut, Known.of(each, cut)) for each in (bought, changed)]
    timings = [Timing.of(each, cut, Known.of(each, cut)) for each in (bought, changed)]

    assert np.array_equal(seen[0].features, seen[1].features, equal_nan=True)
    assert np.array_equal(timings[0].ratios, timings[1].ratios)


def test_features_are_what_a_slow_count_says(bought: Purchases) -> None:
    cut = 150
    rows = describe(bought, cut, Known.of(bought, cut))
    for row in range(0, rows.customer.size, 37):
        mine = bought.customer == rows.customer[row]
        days = sorted(
            bought.day[mine & (bought.product == rows.product[row]) & (bought.day < cut)].tolist()
        )
        visits = sorted(set(bought.day[mine & (bought.day < cut)].tolist()))
        assert rows.column("count")[row] == len(days)
        assert rows.column("elapsed")[row] == cut - days[-1]
        assert rows.column("age")[row] == cut - days[0]
        assert rows.column("count_30")[row] == sum(day >= cut - 30 for day in days)
        assert rows.column("visits")[row] == len(visits)
        assert rows.column("visits_since")[row] == sum(day > days[-1] for day in visits)
        assert rows.column("visit_elapsed")[row] == cut - visits[-1]
        if len(days) > 1:
            assert rows.column("mean_gap")[row] == pytest.approx(
                (days[-1] - days[0]) / (len(days) - 1)
            )


def test_labels_are_what_was_bought_again_within_the_days(bought: Purchases) -> None:
    cut = 150
    rows = describe(bought, cut, Known.of(bought, cut))
    after = {
        (int(c), int(p))
        for c, p, day in zip(bought.customer, bought.product, bought.day, strict=True)
        if cut <= day < cut + 30
    }
    wanted = [(int(c), int(p)) in after for c, p in zip(rows.customer, rows.product, strict=True)]
    assert labels(bought, rows, cut).tolist() == wanted


def test_what_was_learnt_ranks_and_is_calibrated(bought: Purchases) -> None:
    cut = 130
    learnt = learn(bought, cut)
    rows = describe(bought, cut, Known.of(bought, cut))
    chance, y = learnt.chances(rows), labels(bought, rows, cut)

    assert learnt.figures["lessons"] >= 3
    assert chance[y].mean() > chance[~y].mean() + 0.3
    assert abs(chance.mean() - y.mean()) < 0.05


def test_the_first_weeks_of_a_company_begin_with_the_packs(bought: Purchases) -> None:
    learnt = learn(bought, 25, pack_days=PACK.astype(np.float32))
    rows = describe(bought, 25, Known.of(bought, 25, PACK.astype(np.float32)))

    assert learnt.name == "rhythm"
    assert ((learnt.chances(rows) > 0) & (learnt.chances(rows) < 1)).all()
    assert rows.interval == pytest.approx(PACK[rows.product], abs=10)


def test_nothing_bought_is_nothing_learnt() -> None:
    none = np.zeros(0, dtype=np.int64)
    nobody = Purchases.of(none, none, none, customer_count=0, product_count=0)
    assert learn(nobody, 10).name == "rhythm"
    assert describe(nobody, 10, Known.of(nobody, 10)).features.shape == (0, len(feature_names()))


def test_dates_hold_what_they_say(bought: Purchases) -> None:
    cut = 180
    known = Known.of(bought, cut)
    rows = describe(bought, cut, known)
    spans = Timing.of(bought, cut, known).of_rows(rows)
    still = rows.column("elapsed") <= spans[:, 0]
    following = np.full(rows.customer.size, -1)
    for row in np.flatnonzero(still):
        mine = (bought.customer == rows.customer[row]) & (bought.product == rows.product[row])
        later = bought.day[mine & (bought.day >= cut)]
        following[row] = later[0] - rows.last_day[row] if later.size else -1
    came = following > 0

    inside = (following[came] >= spans[came, 0]) & (following[came] <= spans[came, 2])

    assert came.sum() > 100
    assert 0.5 < inside.mean() < 0.85  # meant are six in ten; those long due were left out
    assert (np.diff(spans, axis=1) >= 0).all()


def test_streaks_count_orders_that_came_when_expected() -> None:
    """The first customer was late once, the second never, the third came once."""
    days = {0: [0, 30, 60, 150, 180, 210], 1: [0, 30, 61, 90], 2: [5]}
    customer = np.concatenate([np.full(len(each), who) for who, each in days.items()])
    day = np.concatenate([np.array(each) for each in days.values()])
    bought = Purchases.of(customer, np.zeros_like(customer), day, customer_count=3, product_count=1)
    pulses = making.make_pulses(bought, 211, making.learn_parts(bought, 211, None)[0][making.VISIT])
    assert pulses.streak.tolist() == [2, 3, 0]
    assert pulses.visits.tolist() == [6, 4, 1]


def test_the_law_finds_the_numbers_it_was_made_with() -> None:
    draw = np.random.default_rng(3)
    size = 4000
    rate, stops = draw.gamma(0.8, 1 / 30, size), draw.beta(0.8, 2.5, size)
    age = draw.uniform(100, 250, size)
    repeats, recency = np.zeros(size), np.zeros(size)
    going, at = np.ones(size, dtype=bool), np.zeros(size)
    for _ in range(200):
        at = at + draw.exponential(1 / rate)
        going &= at < age
        repeats[going] += 1
        recency[going] = at[going]
        going &= draw.random(size) > stops

    law = BuyingLaw.of(repeats, recency, age)

    assert law.shape == pytest.approx(0.8, rel=0.2)
    assert law.scale == pytest.approx(30, rel=0.25)
    assert law.stop / (law.stop + law.stay) == pytest.approx(0.8 / 3.3, rel=0.25)


def test_the_law_of_counts_finds_what_comes() -> None:
    draw = np.random.default_rng(4)
    rate = draw.gamma(1.0, 1 / 40, 20_000)
    counts = draw.poisson(rate * 45)
    seen = counts > 0
    comes = -np.expm1(-rate[seen] * 30)

    law = CountLaw.of(counts[seen].astype(float), 45.0)

    assert law.shape == pytest.approx(1.0, rel=0.2)
    assert law.chance(counts[seen].astype(float), 30).mean() == pytest.approx(
        comes.mean(), abs=0.01
    )


@pytest.mark.parametrize("days", [50, 75, 90])
def test_purchases_at_random_are_known_in_the_first_weeks(days: int) -> None:
    """Nothing beats the count then, and how often it comes to is known from the first lessons."""
    draw = np.random.default_rng(days)
    times = draw.poisson(draw.gamma(1.0, 1 / 40, 8000) * days)
    customer = np.repeat(np.arange(8000), times)
    bought = Purchases.of(
        customer,
        np.zeros_like(customer),
        draw.integers(0, days, customer.size),
        customer_count=8000,
        product_count=1,
    )
    exam = Exam.of(bought, days - 30)
    chance = learn(bought, days - 30).chances(exam.rows)

    assert auc(exam.y, chance) > auc(exam.y, exam.rows.purchases.astype(float)) - 0.005
    assert calibration_error(exam.y, chance) < 0.03


def test_a_chance_is_of_so_many_days_as_asked(bought: Purchases) -> None:
    known = Known.of(bought, 150)
    short, long = (describe(bought, 150, known, days) for days in (10, 60))
    for name in ("law_chance", "count_chance", "rhythm", "pace"):
        assert (short.column(name) <= long.column(name)).all()
        assert short.column(name).mean() < long.column(name).mean()


@pytest.fixture(scope="module")
def parts(bought: Purchases) -> dict[str, Part]:
    """Every kind of method at once: a scaled blend of trees and terms, and a law."""
    known = Known.of(bought, 150)
    rows = describe(bought, 150, known)
    fitted = methods.fit_all(rows.names, rows.features, labels(bought, rows, 150))
    blend = methods.Scaled(methods.by_name(fitted, "blend 0.50"), 0.1, 0.9)
    timing = Timing.of(bought, 150, known)
    return {
        making.PRODUCT: Part(blend, known, timing),
        making.VISIT: Part(methods.Simple.plain(rows.names, ("law", "rhythm")), known, timing),
    }


def test_what_is_stored_says_the_same(bought: Purchases, parts: dict[str, Part]) -> None:
    body = stored.write(parts, np.arange(PRODUCTS))
    again, products = stored.read(body)
    rows = describe(bought, 180, again[making.PRODUCT].known)

    assert products.tolist() == [0, 1, 2]
    for name, part in parts.items():
        assert np.array_equal(part.timing.ratios, again[name].timing.ratios)
    features = rows.features
    expected = parts[making.PRODUCT].method.odds(features)
    assert again[making.PRODUCT].method.odds(features) == pytest.approx(expected)
    assert stored.read(stored.write(again, products))[0][making.PRODUCT].method.odds(
        features
    ) == pytest.approx(expected)


def test_what_is_no_model_is_refused(parts: dict[str, Part]) -> None:
    body = stored.write(parts, np.arange(PRODUCTS))
    for bad in (b"", b"\x80\x04.", body[:-40], body[: len(body) // 2]):
        with pytest.raises(UnableToRead):
            stored.read(bad)


def test_trees_that_walk_in_circles_are_refused(parts: dict[str, Part]) -> None:
    body = stored.write(parts, np.arange(PRODUCTS))
    with np.load(io.BytesIO(body)) as archive:
        arrays = {name: archive[name] for name in archive.files}
    (name,) = (name for name in arrays if name.startswith("product.") and name.endswith("nodes"))
    for field, value in (("left", 0), ("right", 2**31), ("feature_idx", 10_000)):
        nodes = arrays[name].copy()
        nodes[field][np.flatnonzero(nodes["is_leaf"] == 0)[0]] = value
        changed = io.BytesIO()
        np.savez_compressed(changed, **(arrays | {name: nodes}))
        with pytest.raises(UnableToRead):
            stored.read(changed.getvalue())
