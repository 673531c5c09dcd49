"""Rankings and coupons: the page's table, ties, faults and edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compensation.engine import (
    Carried,
    Members,
    PlanError,
    Sales,
    compute,
)
from compensation.engine.prose import plan_prose
from tests.engine.company import (
    NEEDED,
    QUALIFIED,
    STATED_ACTIVITY,
    left_behind,
    ranking,
    stated,
)
from tests.engine.worlds import People, percentages, plan_of


def test_ranking_as_on_its_page() -> None:
    people = People.of(dict.fromkeys(("Ann", "Ben", "Cid", "Dan", "Eve")))
    plan = plan_of(percentages("1"), rankings=[ranking()], **STATED_ACTIVITY)
    held = stated(
        people,
        active={"Ann": 1, "Ben": 1, "Cid": 1, "Dan": 1, "Eve": 0},
        coupons=dict.fromkeys(people.names, 15),
        coupons_to_use={"Ann": 10, "Ben": 0, "Cid": 3, "Dan": 3, "Eve": 15},
    )
    brought = Carried.of(range(5), [0] * 5, [5] * 5, keys=("coupons:sales",))
    sales = Sales.of(
        [0, 1, 2, 3, 4, 3],
        order=[1, 2, 3, 4, 5, 6],
        units=[10, 10, 10, 9, 10, 1],
        paid_at=[3, 9, 5, 2, 1, 1],
    )

    results = compute(plan, people.members, sales, stated=held, carried=brought)

    found = results.rankings["sales"]
    assert found.value.tolist() == [20, 10, 13, 13, 20]
    assert found.position.tolist() == [1, 4, 3, 2, 0]
    assert found.used.tolist() == [10, 0, 3, 3, 10]
    assert found.left.tolist() == [10, 20, 17, 17, 10]
    assert left_behind(people, results) == {
        (name, "coupons:sales"): left
        for name, left in zip(people.names, [10, 20, 17, 17, 10], strict=True)
    }


@pytest.mark.parametrize(
    ("keys", "units", "held", "wished", "value", "left"),
    [
        ({}, 5, 9, 9, 10, 4),
        ({}, 5, 3, 9, 8, 0),
        ({}, 0, 3, 9, 0, 3),
        ({}, -2, 3, 9, -2, 3),
        ({}, 5, 3, -9, 5, 3),
        ({"coupons_per_unit": "0.5"}, 5, 9, 9, 7, 7),
        ({"coupons_per_unit": "1.5"}, 3, 9, 9, 7, 5),
        ({"coupons_per_unit": 0}, 5, 9, 9, 5, 9),
        ({"coupons_per_unit": "unlimited"}, 0, 9, 7, 7, 2),
        ({"value": "units"}, 5, 9, 9, 5, 9),
    ],
)
def test_coupons(
    keys: dict[str, Any], units: int, held: int, wished: int, value: int, left: int
) -> None:
    people = People.line("A")
    plan = plan_of(percentages("1"), rankings=[ranking(**keys)])
    said = stated(people, coupons={"A": held}, coupons_to_use={"A": wished})

    results = compute(plan, people.members, Sales.of([0], units=[units]), stated=said)

    found = results.rankings["sales"]
    assert (int(found.value[0]), int(found.left[0])) == (value, left)
    assert int(found.position[0]) == (1 if value > 0 else 0)
    assert left_behind(people, results) == ({("A", "coupons:sales"): left} if left else {})


def test_single_units_are_ranked_by_their_time() -> None:
    people = People.of(dict.fromkeys(("A", "B", "C")))
    plan = plan_of(percentages("1"), rankings=[ranking(value="units")])
    sales = Sales.of([0, 1, 1, 2], units=[1, 1, 0, 0], paid_at=[7, 3, 9, 1])

    found = compute(plan, people.members, sales).rankings["sales"]

    assert found.value.tolist() == [1, 1, 0]
    assert found.position.tolist() == [2, 1, 0]


def test_positions_do_not_depend_on_the_order_of_rows() -> None:
    chance = np.random.default_rng(5)
    ids = chance.permutation(300)[:100]
    seller = chance.integers(0, 100, 200)
    units, paid_at = chance.integers(0, 4, 200), chance.integers(0, 9, 200)
    plan = plan_of(percentages("1"), rankings=[ranking(value="units")])
    found = []
    for rows in (np.arange(100), chance.permutation(100)):
        members = Members.of(ids[rows], np.full(100, -1))
        place = np.argsort(rows)
        results = compute(plan, members, Sales.of(place[seller], units=units, paid_at=paid_at))
        found.append((results.rankings["sales"].position.tolist(), results.result_digest))

    assert found[0] == found[1]
    assert sorted(one for one in found[0][0] if one) == list(range(1, max(found[0][0]) + 1))


@pytest.mark.parametrize(
    ("rankings", "path", "words"),
    [
        ({}, "rankings", "is not a list"),
        ([{"value": "units"}], "rankings[0].id", "is missing"),
        ([{"id": "a"}], "rankings[0].value", "is missing"),
        ([{"id": "a", "value": "bv"}], "rankings[0].value", "not one of units"),
        ([{"id": "a", "value": "units", "tie": "x"}], "rankings[0].tie", "not one of"),
        (
            [{"id": "a", "value": "units", "coupons_per_unit": "1"}],
            "rankings[0].coupons_per_unit",
            "no meaning",
        ),
        ([ranking(coupons_per_unit="-1")], "rankings[0].coupons_per_unit", "outside 0"),
        ([ranking(coupons_per_unit="many")], "rankings[0].coupons_per_unit", "or unlimited"),
        ([ranking(), ranking()], "rankings[1]", "is taken"),
    ],
)
def test_faults_of_rankings_have_their_path(rankings: Any, path: str, words: str) -> None:
    with pytest.raises(PlanError) as refusal:
        plan_of(percentages("1"), rankings=rankings)

    assert any(fault.path == path and words in fault.message for fault in refusal.value.faults), (
        str(refusal.value)
    )


SOLD = "qualified members in the order of the units they sold"
EQUALS = "Among equals whose last sale was earlier goes first."


@pytest.mark.parametrize(
    ("keys", "sentences"),
    [
        ({"value": "units"}, [f"Ranking sales: {SOLD}. {EQUALS}"]),
        (
            {"coupons_per_unit": "0.5", "qualification": NEEDED},
            [
                f"Ranking sales: {SOLD} and the coupons they used, at most 0.5 for each unit; "
                f"coupons not used stay theirs. {EQUALS}",
                f"Qualified for sales is, {QUALIFIED}",
            ],
        ),
        (
            {"coupons_per_unit": "unlimited"},
            [f"Ranking sales: {SOLD} and the coupons they used, at most those they hold. {EQUALS}"],
        ),
    ],
)
def test_plan_tells_rankings(keys: dict[str, Any], sentences: list[str]) -> None:
    told = plan_prose(plan_of(percentages("1"), rankings=[ranking(**keys)]))

    first = told.index(sentences[0])
    assert told[first : first + len(sentences)] == sentences


def test_digest_says_all_of_a_ranking() -> None:
    def digest(**keys: Any) -> str:
        return plan_of(percentages("1"), rankings=[ranking(**keys)]).digest()

    found = {digest(), digest(coupons_per_unit="2"), digest(value="units"), digest(id="other")}

    assert len(found) == 4
    assert plan_of(percentages("1")).digest() not in found
