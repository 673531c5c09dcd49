"""BV bought with points: group volume for ranks alone. Rules: docs/plan/requirements.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from compensation.engine import (
    EngineError,
    Members,
    Results,
    Sales,
    Stated,
    Status,
    SumTooLargeError,
    compute,
)
from compensation.engine.figures import as_ranks_take_them, digits_of, is_volume
from compensation.engine.types import NOT_STATED
from tests.engine.worlds import People, hundredths, percentages, plan_of, points

GROUP = {"measure": "group_bv", "at_least": "300"}
LEGS = {"measure": "group_bv", "per_leg_at_most": "40", "at_least": "200"}
DIRECTS = {"count": "directs", "who": {"measure": "group_bv", "at_least": "60"}, "at_least": 1}
LEGS_WITH = {"count": "legs", "who": {"measure": "group_bv", "at_least": "60"}, "at_least": 1}


def ranks(*requires: dict[str, Any], maintains: list[dict[str, Any]] | None = None) -> Any:
    higher: dict[str, Any] = {"name": "Silver", "requires": list(requires)}
    if maintains is not None:
        higher["maintains"] = maintains
    return {"ladder": [{"name": "IR"}, higher]}


def buying(people: People, **bought: str) -> Members:
    figures = [hundredths(bought.get(name, "0")) for name in people.names]
    return replace(people.members, bought_bv=np.array(figures))


def figure(people: People, results: Results, name: str) -> dict[str, int]:
    at = results.members.figure_names.index(name)
    values = results.members.figures[at].tolist()
    return {people.names[row]: values[place] for place, row in enumerate(results.members.row)}


def pay_ranks(people: People, results: Results) -> dict[str, int]:
    return {name: people.of_results(results, name)["pay_rank"] for name in people.names}


@pytest.fixture
def people() -> People:
    return People.of({"A": None, "B": "A", "C": "A"})


@pytest.fixture
def sales(people: People) -> Sales:
    return people.sales(("A", {"bv": "100"}), ("B", {"bv": "50"}), ("C", {"bv": "20"}))


@pytest.mark.parametrize(
    ("requirement", "plain", "name", "found"),
    [
        (LEGS, "group_bv:leg-at-most-8000", "group_bv:leg-at-most-8000:with-bought", 26000),
        (DIRECTS, "directs:group_bv:6000", "directs:group_bv:6000:with-bought", 1),
        (LEGS_WITH, "legs:group_bv:6000", "legs:group_bv:6000:with-bought", 1),
    ],
)
def test_the_worked_table(
    people: People, sales: Sales, requirement: dict[str, Any], plain: str, name: str, found: int
) -> None:
    plan = plan_of(percentages("0", qualification=[requirement]), ranks=ranks(requirement))

    results = compute(plan, buying(people, A="30", C="100"), sales)

    assert results.members.figure_names == tuple(sorted(("group_bv:bought", name, plain)))
    assert figure(people, results, "group_bv:bought") == {"A": 13000, "B": 0, "C": 10000}
    assert figure(people, results, name)["A"] == found
    without = 17000 if requirement is LEGS else 0
    assert figure(people, results, plain)["A"] == without
    assert pay_ranks(people, results)["A"] == 1


def test_group_volume_of_a_rank_is_reached_exactly(people: People, sales: Sales) -> None:
    plan = plan_of(ranks=ranks(GROUP))

    met = compute(plan, buying(people, A="30", C="100"), sales)
    short = compute(plan, buying(people, A="29.99", C="100"), sales)

    assert met.members.figure_names == ("group_bv:bought",)
    assert pay_ranks(people, met) == {"A": 1, "B": 0, "C": 0}
    assert pay_ranks(people, short) == {"A": 0, "B": 0, "C": 0}


def test_keeping_a_rank_takes_it_too(people: People, sales: Sales) -> None:
    own = {"measure": "personal_bv", "at_least": "10"}
    plan = plan_of(ranks=ranks(own, maintains=[GROUP]))

    results = compute(plan, buying(people, B="130"), sales)

    assert pay_ranks(people, results) == {"A": 1, "B": 0, "C": 0}


def test_volume_of_whoever_is_not_enrolled_counts_for_those_above() -> None:
    people = People.line("A", "B", "C", status={"B": Status.TERMINATED, "C": Status.SUSPENDED})
    plan = plan_of(ranks=ranks(GROUP, DIRECTS | {"at_least": 0}))

    results = compute(plan, buying(people, C="300"), Sales.none())

    assert pay_ranks(people, results)["A"] == 1
    assert figure(people, results, "directs:group_bv:6000:with-bought")["A"] == 0


def test_it_pays_nobody_and_makes_nobody_active(people: People, sales: Sales) -> None:
    by_volume = {"id": "bracket", "kind": "volume_bracket", "chosen_by": "group_bv"}
    plan = plan_of(
        points(2, points_from="all_products"),
        percentages("10", seller_rate="5", qualification=[GROUP | {"at_least": "60"}]),
        {
            **by_volume,
            "brackets": [{"from": "60", "percent": "5"}, {"from": "300", "percent": "9"}],
        },
        activity={"test": {"measure": "personal_bv", "at_least": "60"}, "window": "period"},
        ranks=ranks({"measure": "group_bv", "at_least": "100000"}),
    )
    without = compute(plan, people.members, sales)

    bought = compute(plan, buying(people, A="500", B="500", C="500"), sales)

    assert bought.members.figure_names == ("group_bv:bought",)
    for name in ("active", "personal_bv", "window_bv", "group_bv", "commission_minor", "rsp_total"):
        assert (getattr(bought.members, name) == getattr(without.members, name)).all()
    assert bought.earnings.amount.tolist() == without.earnings.amount.tolist()


def test_no_ranking_and_no_count_by_a_component_sees_it(people: People, sales: Sales) -> None:
    plan = plan_of(
        percentages("10", qualification=[DIRECTS]),
        rankings=[{"id": "most", "value": "units", "qualification": [GROUP]}],
        ranks=ranks(GROUP),
    )
    units = replace(sales, units=np.ones(3, dtype=np.int64))

    results = compute(plan, buying(people, A="500", C="500"), units)

    assert results.members.commission_minor.tolist() == [0, 0, 0]
    assert results.rankings["most"].position.tolist() == [0, 0, 0]


def test_a_stated_group_volume_stands_beside_it(people: People, sales: Sales) -> None:
    said = people.stated({"A": 17000, "B": 29999}, NOT_STATED)
    stated = Stated.of(3, group_bv=said)
    plan = plan_of(ranks=ranks(GROUP))

    results = compute(plan, buying(people, A="130", B="0.01"), sales, stated=stated)

    assert pay_ranks(people, results) == {"A": 1, "B": 1, "C": 0}


def test_digests_hold_where_nobody_bought_any(people: People, sales: Sales) -> None:
    plan = plan_of(ranks=ranks(GROUP, LEGS))
    plain = compute(plan, people.members, sales)

    none = compute(plan, buying(people), sales)
    some = compute(plan, buying(people, B="0.01"), sales)

    assert (none.input_digest, none.result_digest) == (plain.input_digest, plain.result_digest)
    assert some.input_digest != plain.input_digest
    assert some.result_digest != plain.result_digest


def test_results_are_the_same_where_no_rank_asks_for_group_volume(
    people: People, sales: Sales
) -> None:
    plan = plan_of(
        percentages("10", qualification=[LEGS]),
        ranks=ranks({"measure": "personal_bv", "at_least": "1"}),
    )

    results = compute(plan, buying(people, A="30"), sales)

    assert results.result_digest == compute(plan, people.members, sales).result_digest


def test_whoever_reads_a_run_gets_the_figures_that_ranks_took() -> None:
    stored = {
        "group_bv": 170,
        "personal_bv": 100,
        "group_bv:bought": 130,
        "directs:group_bv:60": 0,
        "directs:group_bv:60:with-bought": 1,
    }

    taken = as_ranks_take_them(stored)

    assert taken == stored | {"group_bv": 300, "directs:group_bv:60": 1}
    assert as_ranks_take_them({"group_bv": 170}) == {"group_bv": 170}
    assert digits_of("group_bv:bought") == 2
    assert digits_of("group_bv:leg-at-most-400:with-bought") == 2
    assert digits_of("legs:group_bv:60:with-bought") == 0
    assert is_volume("group_bv:bought")


def test_a_negative_amount_is_refused_by_name() -> None:
    with pytest.raises(EngineError, match=r"^member 8: the bought BV is negative$"):
        Members.of([7, 8], [-1, 0], bought_bv=[0, -1])


FULL = 2**63 - 1


@pytest.mark.parametrize(
    ("sold", "first", "second", "fits"),
    [
        (0, FULL, 0, True),
        (1, FULL - 1, 0, True),
        (1, FULL, 0, False),
        (0, FULL, 1, False),
        (-1, FULL, 0, False),
    ],
)
def test_sums_with_it_stay_within_64_bits(sold: int, first: int, second: int, fits: bool) -> None:
    members = Members.of([1, 2], [-1, 0], bought_bv=[first, second])
    plan = plan_of(percentages("0"), ranks=ranks(GROUP))

    if fits:
        found = compute(plan, members, Sales.of([0], bv=[sold]))
        assert found.members.figures[0].tolist() == [first + second, second]
    else:
        with pytest.raises(SumTooLargeError, match=r"^group BV with bought BV: the sum"):
            compute(plan, members, Sales.of([0], bv=[sold]))


@pytest.mark.parametrize(("said", "fits"), [(FULL - 1, True), (FULL, False), (-FULL, False)])
def test_a_stated_volume_with_it_stays_within_64_bits(said: int, fits: bool) -> None:
    members = Members.of([1], [-1], bought_bv=[1])
    stated = Stated.of(1, group_bv=[said])
    plan = plan_of(percentages("0"), ranks=ranks(GROUP))

    if fits:
        assert compute(plan, members, Sales.none(), stated=stated).members.pay_rank.tolist() == [1]
    else:
        with pytest.raises(SumTooLargeError, match=r"^a stated group BV with bought BV"):
            compute(plan, members, Sales.none(), stated=stated)
