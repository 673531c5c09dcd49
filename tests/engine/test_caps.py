"""The worked tables of docs/plan/caps.md, and what caps refuse."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from compensation.engine import Plan, PlanError, Results, SumTooLargeError, compute
from compensation.engine.plan_warnings import warnings
from compensation.engine.prose import plan_prose
from compensation.engine.worst_case import check_plan, worst_case
from tests.engine.worlds import People, percentages, plan_of, points

HALF = {"id": "half", "kind": "level_percent", "rates": [], "seller_rate": "50"}
TENTH = {"id": "tenth", "kind": "level_percent", "rates": [], "seller_rate": "10"}


def person(amount: str, **keys: Any) -> dict[str, Any]:
    return {"id": "most", "scope": "person", "amount": amount, **keys}


def company(percent: str, **keys: Any) -> dict[str, Any]:
    return {"id": "all", "scope": "company", "percent": percent, **keys}


def paths(plan: Plan) -> list[str]:
    return [warning.path for warning in warnings(plan)]


def cuts(people: People, results: Results) -> dict[tuple[str, int], tuple[int, Fraction, int]]:
    """Base, rate and amount by (name, component) of all lines below nought."""
    lines = results.earnings
    return {
        (people.names[int(results.members.row[position])], component): (
            base,
            Fraction(num, den),
            amount,
        )
        for position, component, base, num, den, amount in zip(
            lines.receiver.tolist(),
            lines.component.tolist(),
            lines.base.tolist(),
            lines.rate_num.tolist(),
            lines.rate_den.tolist(),
            lines.amount.tolist(),
            strict=True,
        )
        if amount < 0
    }


def paid(people: People, results: Results) -> dict[str, int]:
    return {name: people.of_results(results, name)["commission_minor"] for name in people.names}


def test_a_person_is_paid_no_more_than_the_cap() -> None:
    people = People.of(dict.fromkeys("ABC"))
    plan = plan_of(HALF, TENTH, caps=[person("60")])

    results = compute(
        plan,
        people.members,
        people.sales(("A", {"bv": "150"}), ("B", {"bv": "100"}), ("C", {"bv": "99"})),
    )

    assert paid(people, results) == {"A": 6000, "B": 6000, "C": 5940}
    assert cuts(people, results) == {("A", 2): (9000, Fraction(-1, 3), -3000)}
    assert plan.statement_id(1) == "tenth"
    assert plan.statement_id(2) == "most"
    assert results.totals.commission_minor == 17940


def test_a_cap_covers_the_components_that_it_names() -> None:
    people = People.of({"A": None})
    plan = plan_of(HALF, TENTH, points(1), caps=[person("1", of=["tenth"])])

    results = compute(plan, people.members, people.sales(("A", {"bv": "100", "rsp": "100"})))

    assert paid(people, results) == {"A": 5100}
    assert people.of_results(results, "A")["rsp_total"] == 10000


def test_the_company_pays_no_more_than_its_share() -> None:
    """The table of the page: 50 % of sales, at most 10.01 %; the last cent by remainder."""
    people = People.of(dict.fromkeys("ABC"))
    plan = plan_of(HALF, caps=[company("10.01")])
    sales = people.sales(("A", {"bv": "100"}), ("B", {"bv": "100"}), ("C", {"bv": "50"}))

    results = compute(plan, people.members, sales)

    # 125.00 are due, 25.025 rounded down are let through: 25.02.
    assert paid(people, results) == {"A": 1001, "B": 1001, "C": 500}
    scale = Fraction(-(12500 - 2502), 12500)
    assert cuts(people, results) == {
        ("A", 1): (5000, scale, -3999),
        ("B", 1): (5000, scale, -3999),
        ("C", 1): (2500, scale, -2000),
    }


@pytest.mark.parametrize(
    ("cap", "let_through"),
    [
        (company("50"), 5000),
        (company("49.99"), 4999),
        (company("0"), 0),
        (company("10", on="net"), 70),
        ({"id": "all", "scope": "company", "amount": "12.34"}, 1234),
        (company("50", of=["levels"]), 5000),
    ],
)
def test_what_a_company_cap_lets_through(cap: dict[str, Any], let_through: int) -> None:
    people = People.of({"A": None})
    plan = plan_of(percentages(seller_rate="50"), caps=[cap])

    results = compute(plan, people.members, people.sales(("A", {"bv": "100", "net": "7"})))

    assert paid(people, results) == {"A": let_through}


def test_money_per_bv_counts_for_the_company_cap() -> None:
    people = People.of({"A": None})
    plan = plan_of(percentages(seller_rate="50"), caps=[company("20")], bv_value="2")

    results = compute(plan, people.members, people.sales(("A", {"bv": "100"})))

    assert paid(people, results) == {"A": 4000}


def test_a_period_of_returns_lets_nothing_through_and_cuts_nobody_below_nought() -> None:
    people = People.of({"A": None, "B": None})
    plan = plan_of(HALF, caps=[company("10")])
    sales = people.sales(("A", {"bv": "-300"}), ("B", {"bv": "100"}))

    results = compute(plan, people.members, sales)

    assert paid(people, results) == {"A": -15000, "B": 0}
    assert cuts(people, results)["B", 1] == (5000, Fraction(-1), -5000)
    assert ("A", 1) not in cuts(people, results)


def test_caps_work_one_after_the_other() -> None:
    """The table of the page: the narrow one first, then everything less its cut."""
    people = People.of({"A": None, "B": None})
    narrow = person("20", id="narrow", of=["tenth"])
    wide = company("25", id="wide")
    plan = plan_of(HALF, TENTH, caps=[narrow, wide])
    sales = people.sales(("A", {"bv": "300"}), ("B", {"bv": "100"}))

    results = compute(plan, people.members, sales)

    # A: 150 + 30 - 10 = 170, B: 50 + 10 = 60; 100 of 230 are let through.
    assert cuts(people, results) == {
        ("A", 2): (3000, Fraction(-1, 3), -1000),
        ("A", 3): (17000, Fraction(-13, 23), -9609),
        ("B", 3): (6000, Fraction(-13, 23), -3391),
    }
    assert paid(people, results) == {"A": 7391, "B": 2609}


def test_a_match_takes_what_was_paid_before_any_cut() -> None:
    people = People.line("A", "B")
    match = {"id": "match", "kind": "match", "of": ["half"], "rates": ["10"]}
    plan = plan_of(HALF, match, caps=[person("20", of=["half"])])

    results = compute(plan, people.members, people.sales(("B", {"bv": "100"})))

    assert paid(people, results) == {"A": 500, "B": 2000}


def test_a_cap_that_does_not_bind_leaves_no_line() -> None:
    people = People.of({"A": None})
    sales = people.sales(("A", {"bv": "100"}))

    capped = compute(plan_of(HALF, caps=[person("50"), company("50")]), people.members, sales)
    free = compute(plan_of(HALF), people.members, sales)

    assert capped.result_digest == free.result_digest


@pytest.mark.parametrize("scope", ["person", "company"])
def test_shares_of_a_cap_add_up(scope: str) -> None:
    chance = np.random.default_rng(11)
    people = People.of({f"P{at:03}": None for at in range(200)})
    cap = person("33.33") if scope == "person" else company("7.77")
    plan = plan_of(HALF, caps=[cap])
    volumes = chance.integers(-3_000, 40_000, 200)
    sales = people.sales(*((f"P{at:03}", {"bv": int(bv)}) for at, bv in enumerate(volumes)))

    found = paid(people, compute(plan, people.members, sales))

    positive = [amount for amount in found.values() if amount > 0]
    if scope == "person":
        assert max(positive) == 3333
    else:
        assert sum(positive) == int(volumes.sum()) * 777 // 10_000


@pytest.mark.parametrize(
    ("caps", "path", "words"),
    [
        ([], "caps", "0 elements"),
        ([{"id": "x", "scope": "team", "amount": "1"}], "caps[0].scope", "not one of"),
        ([{"id": "x", "scope": "person"}], "caps[0].amount", "is missing"),
        ([{"id": "x", "scope": "person", "amount": "0"}], "caps[0].amount", "too small"),
        ([{"id": "x", "scope": "person", "percent": "5"}], "caps[0].amount", "is missing"),
        ([{"id": "x", "scope": "company"}], "caps[0].percent", "is missing"),
        ([company("101")], "caps[0].percent", "outside 0 to 100"),
        ([company("5", on="rsp")], "caps[0].on", "not one of bv, net"),
        ([company("5", amount="7")], "caps[0].percent", "has no meaning with amount"),
        ([person("5", on="bv")], "caps[0].on", "has no meaning with amount"),
        ([person("5", of=["rsp"])], "caps[0].of[0]", "pays no money"),
        ([person("5", of=["tin"])], "caps[0].of[0]", '"tin" is not a component'),
        ([person("5", of=["half", "half"])], "caps[0].of[1]", "twice"),
        ([person("5", id="half")], "caps[0]", "is taken"),
        ([person("5"), person("6")], "caps[1]", "is taken"),
        ([person("5"), company("6", of=["half"])], "caps[1]", "a part of what most covers"),
        (
            [person("5", of=["half", "tenth"]), company("6", of=["tenth", "last"])],
            "caps[1]",
            "a part of what most covers",
        ),
    ],
)
def test_faults_of_caps_have_their_path(caps: Any, path: str, words: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(HALF, TENTH, {**TENTH, "id": "last"}, points(1), caps=caps)

    fault = caught.value.faults[0]
    assert (fault.path, words in fault.message) == (path, True)


def test_without_sales_there_is_nothing_to_cut() -> None:
    people = People.of({"A": None})
    plan = plan_of(HALF, caps=[person("1"), company("0", id="b")])

    results = compute(plan, people.members, people.sales())

    assert len(results.earnings) == 0


def test_a_limit_beyond_64_bits_is_refused() -> None:
    people = People.of({"A": None})
    plan = plan_of(TENTH, caps=[company("100")], bv_value="100000000000")

    with pytest.raises(SumTooLargeError):
        compute(plan, people.members, people.sales(("A", {"bv": 10**17})))


def test_the_plan_tells_its_caps() -> None:
    plan = plan_of(HALF, TENTH, caps=[person("60", of=["tenth"]), company("45", on="net")])

    told = plan_prose(plan)

    assert "most: nobody is paid more than 60.00 EUR by tenth together; the rest is cut." in told
    assert (
        "all: half, tenth together pay no more than 45 % of the company's net sales without tax of "
        "the period; where they would, everybody's pay is cut by the same share."
    ) in told
    assert any("before any cut" in sentence for sentence in told)


def test_a_company_cap_bounds_the_worst_case() -> None:
    group = {
        "id": "group",
        "kind": "volume_bracket",
        "method": "marginal",
        "brackets": [{"from": "0", "percent": "5"}],
        "paid_on": {"scope": "group"},
    }
    unbounded = plan_of(group, HALF, worst_case_limit="70")
    bounded = plan_of(group, HALF, worst_case_limit="70", caps=[company("20", of=["group"])])
    at_once = plan_of(group, HALF, caps=[company("20", of=["group"]), company("45", id="b")])
    needless = plan_of(HALF, caps=[company("60")])
    beside_heads = plan_of(
        HALF,
        {
            "id": "cycles",
            "kind": "binary_cycles",
            "cycle": {"left": "300", "right": "300"},
            "pays": "30",
            "most_cycles": 2,
        },
        caps=[company("60")],
    )
    on_both = plan_of(HALF, {**TENTH, "on": "net"}, caps=[company("40")])
    by_person = plan_of(HALF, caps=[person("5")])

    assert worst_case(unbounded).of_bv is None
    assert [str(fault) for fault in check_plan(unbounded)] == [
        "worst_case_limit: the worst case as a share of BV is not known"
    ]
    assert worst_case(bounded).of_bv == Fraction(70, 100)
    assert check_plan(bounded) == []
    assert worst_case(at_once).of_bv == Fraction(45, 100)
    assert worst_case(needless).of_bv == Fraction(50, 100)
    assert worst_case(by_person).of_bv == Fraction(50, 100)
    assert worst_case(beside_heads).of_bv == Fraction(50, 100)
    assert paths(beside_heads) == paths(on_both) == ["caps[0]"]
    assert (worst_case(on_both).of_bv, worst_case(on_both).of_net) == (Fraction(40, 100), 0)
    assert [share.component for share in worst_case(bounded).shares] == ["group", "half", "all"]


def test_rates_over_the_whole_are_refused() -> None:
    plan = plan_of({**HALF, "rates": ["30", "20.01"]}, TENTH)

    assert [str(fault) for fault in check_plan(plan)] == [
        "components[0].rates: together 100.01 % of the BV, more than all of it"
    ]
    assert check_plan(plan_of({**HALF, "rates": ["30", "20"]}, TENTH, bv_value="3")) == []
