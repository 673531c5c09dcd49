"""How a ladder is read, and what is worth a second look in a plan that is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from compensation.engine.ladder import MOST_RANKS
from compensation.engine.plan_warnings import warnings
from tests.engine.refusals import faults_of
from tests.engine.worlds import percentages, plan_of

SOLD = [{"measure": "personal_bv", "at_least": "1"}]


def stars(rank: str) -> list[dict[str, Any]]:
    return [{"count": "directs", "who": {"rank": rank}, "at_least": 1}]


def ranks(*higher: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"ladder": [{"name": "IR"}, *higher], **keys}


def star(**keys: Any) -> dict[str, Any]:
    return {"name": "Star", "requires": SOLD, **keys}


def test_what_a_ladder_leaves_out_is_the_usual() -> None:
    found = plan_of(percentages("1"), ranks=ranks(star())).ranks

    assert (found.steps_per_period, found.grace_periods, found.floor) == (1, 0, None)
    assert found.ladder[1].maintains == found.ladder[1].requires
    assert found.ladder[1].consecutive_periods == 1


def test_what_a_ladder_says_is_read() -> None:
    found = plan_of(
        percentages("1"),
        ranks=ranks(
            star(consecutive_periods=3, maintains=stars("IR")),
            steps_per_period=2,
            grace_periods=4,
            pay_rank_floor={"for_titles_from": "Star", "floor": "Star"},
        ),
    ).ranks

    assert (found.steps_per_period, found.grace_periods) == (2, 4)
    assert found.ladder[1].consecutive_periods == 3
    assert [one.measure for one in found.ladder[1].maintains] == ["directs:rank:0"]
    assert found.floor is not None
    assert (found.floor.for_titles_from, found.floor.floor) == (1, 1)


@pytest.mark.parametrize(
    "found",
    [
        ranks(star(consecutive_periods=1)),
        ranks(star(name="x" * 60)),
        {"ladder": [{"name": "IR"}, *({**star(), "name": f"R{n}"} for n in range(1, MOST_RANKS))]},
    ],
)
def test_the_last_figures_of_a_ladder_are_taken(found: dict[str, Any]) -> None:
    assert faults_of(percentages("1"), ranks=found) == []


@pytest.mark.parametrize(
    ("found", "faults"),
    [
        ({}, ["ranks.ladder: is missing"]),
        ("x", ['ranks: "x" is not a table of keys and values']),
        ({"ladder": []}, [f"ranks.ladder: 0 elements; 1 to {MOST_RANKS} are allowed"]),
        (
            {"ladder": [{"name": "IR"}, *({**star(), "name": f"R{n}"} for n in range(MOST_RANKS))]},
            [f"ranks.ladder: {MOST_RANKS + 1} elements; 1 to {MOST_RANKS} are allowed"],
        ),
        (ranks(star(name="x" * 61)), [f'ranks.ladder[1].name: "{"x" * 56}... is not a name']),
        (ranks(star(name=" x")), ['ranks.ladder[1].name: " x" is not a name']),
        (
            ranks({"requires": SOLD}, {"requires": SOLD}),
            ["ranks.ladder[1].name: is missing", "ranks.ladder[2].name: is missing"],
        ),
        (ranks(star(), star()), ['ranks.ladder: the rank "Star" stands in it twice']),
        (
            ranks(star(maintains=stars("Star"))),
            [
                "ranks.ladder[1].maintains[0].who.rank: Star can't hang on people of its own rank "
                "or a higher one: the rule would feed itself"
            ],
        ),
        (
            {"ladder": [{"name": "IR", "maintains": SOLD}]},
            ["ranks.ladder[0].requires: the lowest rank can't require anything"],
        ),
        (
            {"ladder": [{"name": "IR", "requires": SOLD, "maintains": []}]},
            ["ranks.ladder[0].requires: the lowest rank can't require anything"],
        ),
        (
            ranks(star(), pay_rank_floor={"for_titles_from": "IR", "floor": "Star"}),
            ["ranks.pay_rank_floor.floor: the floor lies above the titles that it is for"],
        ),
        (
            ranks(star(consecutive_periods=0)),
            ["ranks.ladder[1].consecutive_periods: 0 is outside 1 to 36"],
        ),
    ],
)
def test_faults_of_a_ladder(found: Any, faults: list[str]) -> None:
    assert faults_of(percentages("1"), ranks=found) == faults


def flat(**keys: Any) -> dict[str, Any]:
    return {"id": "it", "kind": "flat_bonus", "amount": "1", "trigger": "every_order", **keys}


@pytest.mark.parametrize(
    ("keys", "warned"),
    [
        ({}, True),
        ({"buyers": "own"}, True),
        ({"buyers": "customers"}, False),
        ({"to": "seller"}, False),
        ({"to": "seller", "buyers": "own"}, False),
    ],
)
def test_pay_for_a_representatives_own_purchase_is_warned_of(
    keys: dict[str, Any], warned: bool
) -> None:
    found = [str(one) for one in warnings(plan_of(percentages("1"), flat(**keys)))]

    assert found == warned * [
        "components[1].buyers: a representative's own purchase pays his sponsor: the kind of bonus "
        "that is closest to pay for recruiting; consider buyers: customers"
    ]


def test_ranks_for_everybody_are_warned_of_but_for_the_lowest() -> None:
    plan = plan_of(percentages("1"), ranks=ranks({"name": "Star"}, {**star(), "name": "Top"}))

    assert [str(one) for one in warnings(plan)] == [
        "ranks.ladder[1]: Star requires nothing: everybody advances to it"
    ]


def test_a_rank_is_kept_by_people_of_lower_ranks_alone() -> None:
    def kept_by(name: str) -> list[str]:
        asked = {"count": "directs", "who": {"rank": name}, "at_least": 1}
        top = {**star(), "name": "Top", "maintains": [asked]}
        return faults_of(percentages("1"), ranks=ranks(star(), top, {**star(), "name": "End"}))

    refused = (
        "ranks.ladder[2].maintains[0].who.rank: Top can't hang on people of its own rank or a "
        "higher one: the rule would feed itself"
    )
    assert [kept_by(name) for name in ("Star", "Top", "End")] == [[], [refused], [refused]]
