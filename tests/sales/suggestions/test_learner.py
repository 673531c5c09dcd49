"""What is learnt from who has what, in numbers alone."""

from __future__ import annotations

import numpy as np
import pytest

from sales.suggestions import learner, measuring
from sales.suggestions.learner import Had, convincing

DAYS = 100


def had(*people: str, products: int = 4) -> Had:
    """Return who has what: a text of product numbers a customer, all bought on day 1."""
    rows = [(who, int(what)) for who, text in enumerate(people) for what in text]
    customer, product = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    day = np.ones(len(rows), dtype=np.int64)
    return Had(customer, product, day, day, len(people), products)


def test_support_and_lift_are_counted_by_customer() -> None:
    counts = learner.count(had("01", "01", "0", "2"))

    assert (counts.both[0, 1], counts.each[0], counts.customers) == (2, 3, 4)
    assert counts.lift_permille()[0, 1] == 2 * 4 * 1000 // (3 * 2)
    assert counts.lift_permille()[3, 0] == 0


def test_what_everybody_takes_goes_with_nothing() -> None:
    """Product 0 is everybody's; 1 and 2 go together, and 0 explains neither of them."""
    counts = learner.count(had(*["012"] * 20, *["0"] * 20, *["03"] * 20))
    weights = learner.weigh(counts, ridge=1.0)

    assert weights[1, 2] > 10 * abs(weights[0, 2])
    assert not counts.reasons()[0].any(), "nothing is a reason that all have"
    assert counts.reasons()[1, 2]


def test_offers_are_new_on_sale_and_have_a_reason_in_hand() -> None:
    people = had(*["01"] * 9, *["23"] * 9, "0", "2", "13")
    counts = learner.count(people)
    weights = learner.weigh(counts, 1.0)
    on_sale = np.array([True, True, True, False])

    offers = learner.offer(people, weights, convincing(counts, weights), on_sale, np.arange(21))

    rows = set(
        zip(
            offers.customer.tolist(),
            offers.product.tolist(),
            offers.with_product.tolist(),
            strict=True,
        )
    )
    assert rows == {(18, 1, 0), (20, 0, 1), (20, 2, 3)}
    assert offers.place[offers.customer == 20].tolist() == [1, 2]


def test_of_two_reasons_the_more_telling_one_is_shown() -> None:
    """Product 2 goes with 1; 0 is taken by nearly all, and says little."""
    people = had(*["012"] * 30, *["0"] * 60, *["3"] * 30, "01")
    counts = learner.count(people)
    weights = learner.weigh(counts, 60.0)
    assert counts.reasons()[0, 2]

    offers = learner.offer(
        people, weights, convincing(counts, weights), np.ones(4, dtype=bool), np.array([120])
    )

    assert offers.product.tolist() == [2]
    assert offers.with_product.tolist() == [1]


def test_a_refused_pair_falls_behind() -> None:
    people = had(*["012"] * 9, *["3"] * 9, "0")
    counts = learner.count(people)
    weights = learner.weigh(counts, 1.0)
    taught = np.ones((4, 4), dtype=np.float32)
    reasons, on_sale, who = convincing(counts, weights), np.ones(4, dtype=bool), np.array([18])
    usual = learner.offer(people, weights, reasons, on_sale, who)
    first, second = usual.product.tolist()

    taught[0, first] = 0.2
    then = learner.offer(people, weights, reasons, on_sale, who, taught=taught)

    assert then.product.tolist() == [second, first]


def test_chances_rise_with_the_score_and_are_careful_of_few() -> None:
    draw = np.random.default_rng(1)
    score = draw.random(5_000).astype(np.float32)
    taken = draw.random(5_000) < score * 0.3

    steps = learner.chances_of(score, taken)
    told = learner.lasting(steps, score)

    assert [chance for _step, chance in steps] == sorted({chance for _step, chance in steps})
    assert abs(float(told.mean()) - 1000 * float(taken.mean())) < 5
    assert learner.chances_of(score[:50], taken[:50]) == [[0, 20]]
    assert learner.lasting([[0, 20]], np.array([-1, 0, 9], dtype=np.float32)).tolist() == [20] * 3


@pytest.fixture(scope="module")
def company() -> tuple[Had, learner.Ints]:
    """Four hundred people with two habits of three products; the third comes late to half."""
    draw = np.random.default_rng(7)
    customer, product, day = [], [], []
    for who in range(400):
        habit = 3 * (who % 2)
        for number in range(3):
            if number == 2 and who % 4 < 2:
                continue
            customer.append(who)
            product.append(habit + number)
            day.append(75 + int(draw.integers(20)) if number == 2 and who % 8 > 3 else 10)
        customer.append(who)
        product.append(6 + int(draw.integers(4)))
        day.append(80)
    days = np.array(day, dtype=np.int64)
    rows = np.lexsort((np.array(product), np.array(customer)))
    people = Had(np.array(customer)[rows], np.array(product)[rows], days[rows], days[rows], 400, 10)
    return people, np.arange(400)


def test_a_ridge_is_chosen_on_the_latest_month_and_beats_what_is_popular(
    company: tuple[Had, learner.Ints],
) -> None:
    people, everybody = company
    on_sale = np.arange(10) < 6
    choice = measuring.choose(people, on_sale, today=DAYS, recent=everybody)
    trial = measuring.Trial.cut(people, on_sale, DAYS - measuring.WINDOW_DAYS)
    counts = learner.count(trial.before)
    weights = learner.weigh(counts, learner.ridge_of(counts, choice.multiple))

    offers = measuring.ours(trial, weights, counts, trial.buyers)
    ours = trial.hits(offers.customer, offers.product)

    assert choice.customers == len(trial.buyers) == 400
    assert choice.tried[choice.multiple] == max(choice.tried.values())
    assert ours.rate == choice.tried[choice.multiple] == 0.25, "all who took the third later"
    assert ours.rate > measuring.popular(trial, counts).rate
    assert ours.rate > measuring.random(trial).rate


def test_nothing_of_the_window_is_known_before_it(company: tuple[Had, learner.Ints]) -> None:
    people, _everybody = company
    trial = measuring.Trial.cut(people, np.ones(10, dtype=bool), 70)

    assert trial.before.first_day.max() < 70
    assert trial.before.last_day.max() < 70
    assert (
        trial.is_taken(people.customer, people.product).tolist()
        == (people.first_day >= 70).tolist()
    )


def test_a_young_company_has_the_usual_ridge() -> None:
    choice = measuring.choose(
        had("01", "0"), np.ones(4, dtype=bool), today=DAYS, recent=np.arange(2)
    )

    assert (choice.multiple, choice.chances, choice.tried) == (7, [[0, 20]], {})
