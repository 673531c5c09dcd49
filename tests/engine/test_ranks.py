"""Ranks over several periods: the tables of docs/plan/ranks.md beyond the first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compensation.engine import Carried, EngineError, Results, Stated, Status, compute
from tests.engine.worlds import People, percentages, plan_of

UNSAID = int(np.iinfo(np.int64).min)
NAMES = ("IR", "Bronze", "Silver", "Gold")
AT_LEAST = {"Bronze": "100", "Silver": "250", "Gold": "1000"}


def rungs(**keys: Any) -> dict[str, Any]:
    """The ladder of the page; ``keys`` are of the ranks, ``consecutive`` of Silver."""
    consecutive = keys.pop("consecutive", None)
    ladder: list[dict[str, Any]] = [{"name": "IR"}]
    for name, figure in AT_LEAST.items():
        rank: dict[str, Any] = {
            "name": name,
            "requires": [{"measure": "personal_bv", "at_least": figure}],
        }
        if name == "Silver" and consecutive:
            rank["consecutive_periods"] = consecutive
        ladder.append(rank)
    return {"ladder": ladder, **keys}


def carried_on(people: People, results: Results) -> Carried:
    """What a period leaves behind, as the next takes it in."""
    left = results.carried
    return Carried.of(results.members.row[left.position], left.key, left.value, keys=left.keys)


def run_of(
    plan: Any, people: People, months: list[dict[str, str]], **more: Any
) -> list[dict[str, dict[str, int]]]:
    """Compute month after month; give everybody's rows of each."""
    members, carried, found = people.members, Carried.none(), []
    for sold in months:
        sales = people.sales(*((name, {"bv": bv}) for name, bv in sold.items()))
        results = compute(plan, members, sales, carried=carried, **more)
        rows = {name: people.of_results(results, name) for name in people.names}
        found.append(rows)
        carried = carried_on(people, results)
        titles = {name: row["title_rank"] for name, row in rows.items()}
        sponsors = {
            name: None if at < 0 else people.names[at]
            for name, at in zip(people.names, members.sponsor.tolist(), strict=True)
        }
        status = {
            name: Status(one)
            for name, one in zip(people.names, people.members.status.tolist(), strict=True)
        }
        members = People.of(sponsors, titles=titles, status=status).members
    return found


def of_months(found: list[dict[str, dict[str, int]]], name: str, field: str) -> list[int]:
    return [rows[name][field] for rows in found]


# ------------------------------------------------------------------------- periods in a row


def test_a_rank_is_advanced_to_after_periods_in_a_row() -> None:
    """The table of the page: Silver takes two months in a row."""
    people = People.of({"A": None, "B": None})
    plan = plan_of(ranks=rungs(consecutive=2))
    months = [
        {"A": "100", "B": "100"},
        {"A": "250", "B": "300"},
        {"A": "249.99", "B": "300"},
        {"A": "250", "B": "100"},
        {"A": "250", "B": "100"},
    ]

    found = run_of(plan, people, months)

    assert of_months(found, "A", "title_rank") == [1, 1, 1, 1, 2]
    assert of_months(found, "B", "title_rank") == [1, 1, 2, 2, 2]
    assert of_months(found, "B", "pay_rank") == [1, 1, 2, 1, 1]


def test_what_is_carried_for_periods_in_a_row() -> None:
    people = People.of({"A": None, "B": None, "S": None}, status={"S": Status.SUSPENDED})
    sold = [(name, {"bv": bv}) for name, bv in {"A": "250", "B": "249", "S": "900"}.items()]
    before = Carried.of(
        [0, 1, 2, 0], [1, 1, 1, 0], [4, 4, 4, 9], keys=["gone:with an older plan", "met:Silver"]
    )

    results = compute(
        plan_of(ranks=rungs(consecutive=3)), people.members, people.sales(*sold), carried=before
    )

    left = results.carried
    assert left.keys == ("met:Silver",)
    assert (left.position.tolist(), left.value.tolist()) == ([0], [5])


def test_nothing_is_carried_by_a_plan_that_needs_nothing() -> None:
    people = People.of({"A": None})

    results = compute(plan_of(ranks=rungs()), people.members, people.sales(("A", {"bv": "250"})))

    assert len(results.carried) == 0
    assert results.carried.keys == ()


# ------------------------------------------------------------------------- grace, floor, word


def test_grace_keeps_the_rank_that_was_held() -> None:
    """The table of the page: two months of grace."""
    people = People.of({"A": None, "B": None}, titles={"A": 3, "B": 3})
    plan = plan_of(ranks=rungs(grace_periods=2))
    months = [
        {"A": "1000", "B": "1000"},
        {"A": "250", "B": "0"},
        {"A": "100", "B": "1000"},
        {"A": "250", "B": "0"},
        {"A": "0", "B": "0"},
        {"A": "0", "B": "0"},
        {"A": "0", "B": "0"},
    ]

    found = run_of(plan, people, months)

    assert of_months(found, "A", "pay_rank") == [3, 3, 3, 2, 2, 2, 0]
    assert of_months(found, "A", "grace_used") == [0, 1, 2, 0, 1, 2, 0]
    assert of_months(found, "B", "pay_rank") == [3, 3, 3, 3, 3, 0, 0]
    assert of_months(found, "B", "grace_used") == [0, 1, 0, 1, 2, 0, 0]
    assert of_months(found, "A", "title_rank") == [3] * 7


def test_grace_goes_before_the_floor_and_the_floor_before_staffs_word() -> None:
    people = People.of(dict.fromkeys("ABCDE"), titles=dict.fromkeys("ABCDE", 3))
    floor = {"for_titles_from": "Gold", "floor": "Bronze"}
    plan = plan_of(ranks=rungs(grace_periods=1, pay_rank_floor=floor))
    held = Carried.of([0, 1, 3, 4], [0, 0, 0, 0], [1, 2, 1, 1], keys=["held:Silver"])
    stated = Stated.of(
        5,
        pay_rank=[UNSAID, UNSAID, UNSAID, UNSAID, 2],
        pay_rank_at_least=[UNSAID, UNSAID, 3, UNSAID, 3],
        pay_rank_at_most=[UNSAID, UNSAID, UNSAID, 0, UNSAID],
    )

    results = compute(plan, people.members, people.sales(), carried=held, stated=stated)

    rows = {name: people.of_results(results, name) for name in "ABCDE"}
    assert {name: row["pay_rank"] for name, row in rows.items()} == {
        "A": 2,  # grace
        "B": 1,  # grace is used up: the floor
        "C": 3,  # at least
        "D": 0,  # at most, below the floor
        "E": 3,  # exactly, then at least
    }
    left = results.carried
    assert left.keys == ("held:Bronze", "held:Gold", "held:Silver")
    assert [left.position.tolist(), left.key.tolist()] == [[0, 1, 2, 4], [2, 0, 1, 1]]
    assert left.value.tolist() == [2, 1, 1, 1]
    assert [rows[name]["grace_used"] for name in "ABCDE"] == [1, 0, 0, 0, 0]


def test_who_is_not_enrolled_has_no_grace_and_carries_nothing() -> None:
    people = People.of({"A": None}, titles={"A": 3}, status={"A": Status.SUSPENDED})
    plan = plan_of(ranks=rungs(grace_periods=2))
    stated = Stated.of(1, pay_rank_at_least=[2])

    results = compute(
        plan,
        people.members,
        people.sales(("A", {"bv": "1000"})),
        carried=Carried.of([0], [0], [1], keys=["held:Gold"]),
        stated=stated,
    )

    assert people.of_results(results, "A")["pay_rank"] == 0
    assert len(results.carried) == 0


@pytest.mark.parametrize("name", ["pay_rank", "pay_rank_at_least", "pay_rank_at_most"])
@pytest.mark.parametrize("rank", [-1, 4])
def test_a_stated_rank_must_be_in_the_ladder(name: str, rank: int) -> None:
    people = People.of({"A": None})

    with pytest.raises(EngineError, match="not in the plan's ladder"):
        compute(
            plan_of(ranks=rungs()),
            people.members,
            people.sales(),
            stated=Stated.of(1, **{name: [rank]}),
        )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (([0, 0], [0, 0], [1, 2]), "two values under one key"),
        (([0], [1], [1]), "not an index"),
        (([0], [-1], [1]), "not an index"),
    ],
)
def test_what_is_carried_is_checked(values: Any, words: str) -> None:
    with pytest.raises(EngineError, match=words):
        Carried.of(*values, keys=["held:Gold"])


def test_what_is_carried_names_members_that_exist() -> None:
    people = People.of({"A": None})

    with pytest.raises(EngineError, match="does not exist"):
        compute(
            plan_of(ranks=rungs(grace_periods=1)),
            people.members,
            people.sales(),
            carried=Carried.of([1], [0], [1], keys=["held:Gold"]),
        )


def test_what_is_carried_does_not_depend_on_the_order_of_rows() -> None:
    chance = np.random.default_rng(5)
    people = People.of(
        {f"P{at}": None for at in range(40)}, titles={f"P{at}": 3 for at in range(40)}
    )
    plan = plan_of(percentages("1", seller_rate="5"), ranks=rungs(grace_periods=3, consecutive=2))
    keys = ["held:Gold", "held:Silver", "met:Silver"]
    rows = [(at, key) for at in range(40) for key in range(3) if chance.random() < 0.5]
    values = chance.integers(1, 4, len(rows))
    sold = people.sales(*((f"P{at}", {"bv": int(chance.integers(0, 99999))}) for at in range(40)))

    def with_rows(order: Any) -> Results:
        member, key = (np.array([rows[at][side] for at in order]) for side in (0, 1))
        carried = Carried.of(member, key, values[order], keys=keys)
        return compute(plan, people.members, sold, carried=carried)

    first = with_rows(np.arange(len(rows)))
    again = with_rows(chance.permutation(len(rows)))

    assert first.input_digest == again.input_digest
    assert first.result_digest == again.result_digest
    assert first.result_digest != compute(plan, people.members, sold).result_digest
