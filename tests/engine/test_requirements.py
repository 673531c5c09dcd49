"""The worked tables of docs/plan/requirements.md, and what requirements refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compensation.engine import (
    PeriodPlace,
    PlanError,
    Qualifying,
    Stated,
    Status,
    SumTooLargeError,
    compute,
    parse_plan,
)
from compensation.engine.figures import digits_of, figure_of
from compensation.engine.wording import figure_text, requirement_text
from tests.engine.worlds import (
    People,
    hundredths,
    percentages,
    plan_of,
    random_members,
    random_sales,
)

SECOND_MONTH = PeriodPlace(month_of_quarter=1)


def ranks(*rungs: tuple[str, list[dict[str, Any]]], **keys: Any) -> dict[str, Any]:
    return {
        "ladder": [
            {"name": "IR"},
            *({"name": name, "requires": requires} for name, requires in rungs),
        ],
        "steps_per_period": 10,
        **keys,
    }


def figure(people: People, results: Any, name: str) -> dict[str, int]:
    """Everybody's figure of a name."""
    at = results.members.figure_names.index(name)
    values = results.members.figures[at].tolist()
    return {people.names[row]: values[at] for at, row in enumerate(results.members.row.tolist())}


def pay_ranks(people: People, results: Any) -> dict[str, int]:
    return {name: people.of_results(results, name)["pay_rank"] for name in people.names}


# ------------------------------------------------------------------------- windows and buyers


@pytest.mark.parametrize(
    ("keys", "name", "found"),
    [
        ({}, "personal_bv", 6000),
        ({"window": "period", "from": "both"}, "personal_bv", 6000),
        ({"window": {"trailing": 1}}, "personal_bv", 6000),
        ({"from": "own"}, "personal_bv:own:period", 4000),
        ({"from": "customers"}, "personal_bv:customers:period", 2000),
        ({"window": "quarter_to_date"}, "personal_bv:both:quarter_to_date", 9000),
        ({"window": {"trailing": 3}}, "personal_bv:both:trailing-3", 14000),
        (
            {"window": {"trailing": 3}, "from": "customers"},
            "personal_bv:customers:trailing-3",
            9000,
        ),
        ({"window": {"trailing": 4}, "from": "own"}, "personal_bv:own:trailing-4", 12000),
    ],
)
def test_volume_by_window_and_buyer(keys: dict[str, Any], name: str, found: int) -> None:
    people = People.of({"A": None})
    plan = plan_of(
        percentages(
            "0",
            qualification=[{"measure": "personal_bv", "at_least": "1", **keys}],
            seller_rate="1",
        )
    )
    sales = people.sales(
        ("A", {"bv": "50", "own": True}), ("A", {"bv": "25", "customer": 7, "order": 2})
    )
    earlier = Qualifying.of(  # a return of a posted month, and three months before this one
        [0] * 4,
        bv=[-1500, 3000, 5000, 7000],
        own_bv=[-1000, 1000, 0, 7000],
        periods_ago=[0, 1, 2, 3],
    )

    results = compute(plan, people.members, sales, qualifying=earlier, calendar=SECOND_MONTH)

    assert plan.components[0].qualification[0].measure == name
    row = people.of_results(results, "A")
    assert row[name] == found
    assert results.members.figure_names == (() if name == "personal_bv" else (name,))


def test_points_by_window_count_as_the_plan_says() -> None:
    people = People.of({"A": None})
    requirement = {"measure": "personal_rsp", "at_least": "1", "window": {"trailing": 2}}
    earlier = Qualifying.of(
        [0], rsp=[100], rsp_all=[20], rsp_repeat=[3], own_rsp_repeat=[1], periods_ago=[1]
    )
    found = {}
    for points_from in ("repeat_only", "all_products", "repeat_sales"):
        plan = plan_of(
            {"id": "rsp", "kind": "rsp_points", "depth": 1, "points_from": points_from},
            ranks=ranks(("All", [requirement]), ("Own", [{**requirement, "from": "own"}])),
        )
        results = compute(plan, people.members, people.sales(), qualifying=earlier)
        row = people.of_results(results, "A")
        found[points_from] = (
            row["personal_rsp:both:trailing-2"],
            row["personal_rsp:own:trailing-2"],
        )

    assert found == {"repeat_only": (100, 0), "all_products": (20, 0), "repeat_sales": (3, 1)}


def test_activity_window_reaches_no_further_than_it_says() -> None:
    people = People.of({"A": None})
    earlier = Qualifying.of([0, 0, 0], bv=[1, 20, 300], periods_ago=[0, 1, 2])
    reached = {}
    for name, window in (
        ("period", "period"),
        ("quarter", "quarter_to_date"),
        ("three", {"trailing": 3}),
    ):
        test = {"measure": "personal_bv", "at_least": "1"}
        plan = plan_of(activity={"test": test, "window": window})
        results = compute(
            plan, people.members, people.sales(), qualifying=earlier, calendar=SECOND_MONTH
        )
        reached[name] = people.of_results(results, "A")["window_bv"]

    assert reached == {"period": 1, "quarter": 21, "three": 321}


# ------------------------------------------------------------------------- customers, legs


def test_retail_customers_are_counted_once_and_never_the_seller_himself() -> None:
    people = People.of({"A": None, "B": "A"})
    plan = plan_of(ranks=ranks(("Shop", [{"measure": "retail_customers", "at_least": 2}])))
    sales = people.sales(
        ("A", {"bv": "10", "customer": 1}),
        ("A", {"bv": "5", "customer": 1}),
        ("A", {"bv": "8", "customer": 2}),
        ("A", {"bv": "-8", "customer": 2}),  # comes to nought
        ("A", {"bv": "3", "own": True, "customer": 3}),
        ("B", {"bv": "1", "customer": 1}),
        ("B", {"bv": "1", "customer": 4}),
        ("B", {"bv": "1", "customer": -1}),  # not known
    )

    results = compute(plan, people.members, sales)

    assert [people.of_results(results, name)["retail_customers"] for name in "AB"] == [1, 2]
    assert pay_ranks(people, results) == {"A": 0, "B": 1}


def test_a_leg_counts_up_to_its_maximum() -> None:
    """The table of the page: 40 % of 1,000 is 400 for each leg."""
    people = People.of(
        {"A": None, "B": "A", "C": "A", "D": "A", "E": "B", "X": None, "Y": "X", "Z": "X"}
    )
    requirement = {"measure": "group_bv", "at_least": "1000", "per_leg_at_most": "40"}
    plan = plan_of(ranks=ranks(("Gold", [requirement])))
    sales = people.sales(
        ("A", {"bv": "100"}),
        ("B", {"bv": "100"}),
        ("E", {"bv": "900"}),
        ("C", {"bv": "350"}),
        ("D", {"bv": "150"}),
        ("Y", {"bv": "5000"}),
        ("Z", {"bv": "-50"}),
    )

    results = compute(plan, people.members, sales)

    found = figure(people, results, "group_bv:leg-at-most-40000")
    assert found["A"] == hundredths("1000")  # 100 + 400 + 350 + 150
    assert found["B"] == hundredths("500")  # 100 + 400 of E
    assert found["X"] == hundredths("350")  # 400 - 50
    assert people.of_results(results, "A")["group_bv"] == hundredths("1600")
    assert pay_ranks(people, results)["A"] == 1
    assert pay_ranks(people, results)["X"] == 0


def test_people_are_counted_by_measure_in_directs_and_in_legs() -> None:
    people = People.of(
        {"A": None, "B": "A", "C": "A", "D": "A", "E": "B", "F": "C", "G": "F"},
        status={"E": Status.SUSPENDED, "B": Status.SUSPENDED},
    )
    who = {"measure": "personal_bv", "at_least": "50"}
    plan = plan_of(
        ranks=ranks(
            ("One", [{"count": "directs", "who": who, "at_least": 1}]),
            ("Two", [{"count": "legs", "who": who, "at_least": 2}]),
        )
    )
    sold = {"B": "90", "D": "50", "E": "60", "F": "49.99", "G": "50"}
    sales = people.sales(*((name, {"bv": bv}) for name, bv in sold.items()))

    results = compute(plan, people.members, sales)

    # B and E are suspended: they count for nothing, whoever is above them.
    assert figure(people, results, "directs:personal_bv:5000") == {
        "A": 1, "B": 0, "C": 0, "D": 0, "E": 0, "F": 1, "G": 0,
    }  # fmt: skip
    assert figure(people, results, "legs:personal_bv:5000") == {
        "A": 2, "B": 0, "C": 1, "D": 0, "E": 0, "F": 1, "G": 0,
    }  # fmt: skip
    assert pay_ranks(people, results)["A"] == 2


def test_what_is_stated_for_somebody_counts_him_and_moves_no_upline() -> None:
    people = People.of({"A": None, "B": "A"})
    who = {"measure": "group_bv", "at_least": "50"}
    capped = {"measure": "group_bv", "at_least": "50", "per_leg_at_most": "100"}
    plan = plan_of(
        ranks=ranks(("One", [{"count": "directs", "who": who, "at_least": 1}]), ("Two", [capped]))
    )
    stated = Stated.of(2, group_bv=np.array([np.iinfo(np.int64).min, 5000]))

    results = compute(plan, people.members, people.sales(), stated=stated)

    assert figure(people, results, "directs:group_bv:5000")["A"] == 1
    assert figure(people, results, "group_bv:leg-at-most-5000")["A"] == 0


# ------------------------------------------------------------------------- ranks of people below


def test_ranks_hang_on_ranks_below_all_the_way_up() -> None:
    """The table of the page: two legs with a Silver for Gold, two with a Gold for Ruby."""
    people = People.of(
        {
            "R": None,
            "G1": "R", "S1": "G1", "S2": "G1",
            "M": "R", "G2": "M", "S3": "G2", "N": "G2", "S4": "N",
        }
    )  # fmt: skip
    plan = plan_of(
        ranks=ranks(
            ("Silver", [{"measure": "personal_bv", "at_least": "100"}]),
            ("Gold", [{"count": "legs", "who": {"rank": "Silver"}, "at_least": 2}]),
            ("Ruby", [{"count": "legs", "who": {"rank": "Gold"}, "at_least": 2}]),
            steps_per_period=10,
        )
    )
    sellers = ("R", "G1", "S1", "S2", "G2", "S3", "S4")
    sales = people.sales(*((name, {"bv": "100"}) for name in sellers))

    results = compute(plan, people.members, sales)

    assert pay_ranks(people, results) == {
        "R": 3, "G1": 2, "S1": 1, "S2": 1, "M": 0, "G2": 2, "S3": 1, "N": 0, "S4": 1,
    }  # fmt: skip
    assert figure(people, results, "legs:rank:2")["R"] == 2
    assert figure(people, results, "legs:rank:1")["M"] == 1


def test_ranks_climb_a_long_line_of_directs() -> None:
    names = [f"P{place:03}" for place in range(300)]
    people = People.line(*names)
    plan = plan_of(
        ranks=ranks(
            ("Silver", [{"measure": "personal_bv", "at_least": "1"}]),
            ("Gold", [{"count": "directs", "who": {"rank": "Silver"}, "at_least": 1}]),
        )
    )
    sold = [(name, {"bv": "1"}) for name in names]

    whole = compute(plan, people.members, people.sales(*sold))
    without = compute(plan, people.members, people.sales(*sold[:150], *sold[151:]))

    assert pay_ranks(people, whole) == dict.fromkeys(names[:-1], 2) | {names[-1]: 1}
    assert pay_ranks(people, without)[names[150]] == 0
    assert pay_ranks(people, without)[names[149]] == 1


@pytest.mark.parametrize("shape", ["random", "chain", "star"])
@pytest.mark.parametrize("seed", range(6))
def test_ranks_and_the_people_they_count_agree(shape: str, seed: int) -> None:
    """The only answer that agrees with itself is the right one: ranks hang on people below."""
    chance = np.random.default_rng(seed)
    size = int(chance.integers(1, 400))
    members = random_members(chance, size, shape)
    kind = str(chance.choice(["directs", "legs"]))
    plan = plan_of(
        ranks=ranks(
            ("Silver", [{"measure": "personal_bv", "at_least": "60"}]),
            ("Gold", [{"count": kind, "who": {"rank": "Silver"}, "at_least": 1}]),
            ("Ruby", [{"count": "legs", "who": {"rank": "Gold"}, "at_least": 2}]),
        )
    )

    results = compute(plan, members, random_sales(chance, size, size // 2))

    found = results.members
    pay, sponsor = found.pay_rank.tolist(), found.sponsor_position.tolist()
    enrolled = (found.status == Status.ENROLLED).tolist()
    counted = {f"{kind}:rank:1": (kind, 1), "legs:rank:2": ("legs", 2)}
    assert set(found.figure_names) == set(counted)
    for name, figures in zip(found.figure_names, found.figures, strict=True):
        what, rank = counted[name]
        holds = [enrolled[at] and pay[at] >= rank for at in range(size)]
        expected = [0] * size
        for at in range(size - 1, -1, -1):  # everybody stands behind his sponsor
            if holds[at] and sponsor[at] >= 0:
                expected[sponsor[at]] += 1
                holds[sponsor[at]] |= what == "legs"
        assert figures.tolist() == expected
    figures_of = dict(zip(found.figure_names, found.figures, strict=True))
    met = [
        found.personal_bv >= 6000,
        figures_of[f"{kind}:rank:1"] >= 1,
        figures_of["legs:rank:2"] >= 2,
    ]
    titles = found.opening_title.astype(np.int64)
    for rank, reached in enumerate(met, start=1):
        titles[(titles == rank - 1) & reached & np.array(enrolled)] = rank
    expected_pay = np.zeros(size, dtype=np.int64)
    for rank, reached in enumerate(met, start=1):
        expected_pay[reached & (titles >= rank) & np.array(enrolled)] = rank
    assert pay == expected_pay.tolist()


def test_staffs_word_on_a_rank_counts_for_those_above() -> None:
    people = People.of({"A": None, "B": "A", "C": "A"}, titles={"B": 1})
    rule = [{"count": "directs", "who": {"rank": "Silver"}, "at_least": 1}]
    plan = plan_of(
        ranks=ranks(("Silver", [{"measure": "personal_bv", "at_least": "10"}]), ("Gold", rule))
    )
    unsaid = int(np.iinfo(np.int64).min)
    sales = people.sales(("A", {"bv": "10"}), ("C", {"bv": "10"}))

    lifted = compute(
        plan,
        people.members,
        people.sales(("A", {"bv": "10"})),
        stated=Stated.of(3, pay_rank_at_least=[unsaid, 1, unsaid]),
    )
    held_down = compute(
        plan, people.members, sales, stated=Stated.of(3, pay_rank_at_most=[unsaid, unsaid, 0])
    )

    assert pay_ranks(people, lifted) == {"A": 2, "B": 1, "C": 0}
    assert pay_ranks(people, held_down) == {"A": 1, "B": 0, "C": 0}


# ------------------------------------------------------------------------- refusals and words


@pytest.mark.parametrize(
    ("requirement", "path", "words"),
    [
        ({"measure": "group_bv", "at_least": "1", "from": "own"}, ".from", "has no meaning"),
        ({"measure": "active", "at_least": 1, "window": "period"}, ".window", "has no meaning"),
        ({"measure": "personal_bv", "at_least": "1", "from": "him"}, ".from", "not one of"),
        (
            {"measure": "personal_bv", "at_least": "1", "window": {"trailing": 0}},
            ".window.trailing",
            "outside 1 to 36",
        ),
        (
            {"measure": "personal_bv", "at_least": "1", "per_leg_at_most": "40"},
            ".per_leg_at_most",
            "only group_bv has legs",
        ),
        (
            {"measure": "group_bv", "at_least": "1", "per_leg_at_most": "0"},
            ".per_leg_at_most",
            "no leg counts",
        ),
        (
            {"measure": "group_bv", "at_least": "1", "per_leg_at_most": "40", "window": "period"},
            ".window",
            "has no meaning with per_leg_at_most",
        ),
        (
            {"count": "directs", "who": {"rank": "Gold"}, "at_least": 1},
            ".who.rank",
            "would feed itself",
        ),
        (
            {"count": "directs", "who": {"rank": "Ruby"}, "at_least": 1},
            ".who.rank",
            "would feed itself",
        ),
        (
            {"count": "directs", "who": {"rank": "Tin"}, "at_least": 1},
            ".who.rank",
            '"Tin" is not a rank',
        ),
        (
            {"count": "friends", "who": {"rank": "Silver"}, "at_least": 1},
            ".count",
            "not one of directs, legs",
        ),
        ({"count": "legs", "at_least": 1}, ".who", "is missing"),
        ({"count": "legs", "who": {"measure": "active"}, "at_least": 1}, ".who.at_least", "miss"),
        ({"count": "legs", "who": {"rank": "Silver"}, "at_least": "x"}, ".at_least", "whole"),
        ({"at_least": 1}, ".measure", "is missing"),
    ],
)
def test_bad_requirements_are_refused_with_their_path(
    requirement: dict[str, Any], path: str, words: str
) -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(ranks=ranks(("Silver", []), ("Gold", [requirement]), ("Ruby", [])))

    fault = caught.value.faults[0]
    assert fault.path == f"ranks.ladder[2].requires[0]{path}"
    assert words in fault.message


def test_a_component_may_count_people_of_any_rank() -> None:
    people = People.of({"A": None, "B": "A", "C": None})
    rule = [{"count": "legs", "who": {"rank": "Silver"}, "at_least": 1}]
    plan = plan_of(
        percentages("10", qualification=rule, seller_rate="1"),
        ranks=ranks(("Silver", [{"measure": "personal_bv", "at_least": "10"}])),
    )

    results = compute(plan, people.members, people.sales(("A", {"bv": "50"}), ("B", {"bv": "10"})))

    assert people.amounts(results) == {("A", 0): 50, ("A", 1): 100}


def test_sums_over_windows_are_refused_beyond_64_bits() -> None:
    people = People.of({"A": None})
    wide = {"measure": "personal_bv", "at_least": "1", "window": {"trailing": 12}}
    plan = plan_of(ranks=ranks(("Silver", [wide])))
    earlier = Qualifying.of([0, 0, 0], bv=[2**62, 2**62, 1], periods_ago=[5, 6, 7])

    with pytest.raises(SumTooLargeError):
        compute(plan, people.members, people.sales(), qualifying=earlier)


def test_digests_of_plans_without_the_new_keys_hold() -> None:
    document = {
        "format": 1,
        "name": "test",
        "currency": "EUR",
        "activity": {"test": {"measure": "always"}},
        "ranks": {"ladder": [{"name": "IR"}]},
        "components": [percentages("1")],
    }
    plain = parse_plan(document).digest()
    lowest = {"name": "IR"}

    def digest(**keys: Any) -> str:
        return parse_plan({**document, **keys}).digest()

    assert digest(ranks={"ladder": [lowest], "grace_periods": 0}) == plain
    assert digest(ranks={"ladder": [lowest], "grace_periods": 1}) != plain
    assert digest(rsp_conversion={"bv": {"commissionable": False}}) == plain
    cap = {"id": "most", "scope": "person", "amount": "5"}
    assert digest(caps=[cap]) != plain


@pytest.mark.parametrize(
    ("name", "words", "digits"),
    [
        ("group_bv", "group BV", 2),
        ("retail_customers", "customers who bought", 0),
        (
            "personal_bv:customers:trailing-3",
            "personal BV of customers' orders in this period and the 2 before it",
            2,
        ),
        ("personal_rsp:own:period", "personal RSP of own purchases in the period", 2),
        (
            "personal_bv:both:quarter_to_date",
            "personal BV from the first day of the calendar quarter to the end of the period",
            2,
        ),
        (
            "group_bv:leg-at-most-40000",
            "group BV, of which no leg counts for more than 400",
            2,
        ),
        ("directs:rank:1", "directs with the pay rank Silver or a higher one", 0),
        (
            "legs:rank:7",
            "legs that hold somebody with the pay rank number 7 of the ladder or a higher one",
            0,
        ),
        ("legs:group_bv:60000", "legs that hold somebody with 600 group BV", 0),
        ("directs:active:1", "directs who are active", 0),
    ],
)
def test_figures_have_words(name: str, words: str, digits: int) -> None:
    found = figure_of(name)

    assert figure_text(name, ("IR", "Silver")) == words
    assert digits_of(name) == digits
    assert found is None or found.name == name


def test_prose_tells_requirements() -> None:
    plan = plan_of(
        ranks=ranks(
            ("Silver", []),
            ("Gold", [{"count": "directs", "who": {"rank": "Silver"}, "at_least": 2}]),
        )
    )

    told = requirement_text(plan.ranks.ladder[2].requires[0], plan.ranks.names)

    assert told == "2 directs with the pay rank Silver or a higher one"
