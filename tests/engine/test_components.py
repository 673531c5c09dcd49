"""The worked tables of docs/plan/ for components beyond the first three."""

from typing import Any

import pytest

from compensation.engine import NOT_STATED, Qualifying, Stated, Status, compute
from tests.engine.worlds import People, hundredths, percentages, plan_of

# ------------------------------------------------------------ level-percent.md: dynamic compression

HELD = [{"measure": "stated_points", "at_least": "1"}]
LINE = ("Top", "Gold", "Silver", "Star", "Seller")


def taken(compression: str, **keys: Any) -> dict[tuple[str, int], int]:
    people = People.line(*LINE, titles={"Top": 1, "Gold": 1})
    plan = plan_of(
        percentages("5", "4", "3", compression=compression, **keys),
        ranks={"ladder": [{"name": "Low"}, {"name": "High", "requires": HELD, "maintains": []}]},
    )
    own = {"Silver": "49.99", "Gold": "50", "Top": "99.99"} if "level_minimum" in keys else {}
    stated = Stated.of(
        5,
        personal_bv=people.stated({name: hundredths(bv) for name, bv in own.items()}, NOT_STATED),
    )
    sales = people.sales(("Seller", {"bv": "1000"}))
    return people.amounts(compute(plan, people.members, sales, stated=stated))


def test_dynamic_table_by_depth() -> None:
    depths = {"depth_by_rank": {"Low": 1, "High": 3}}

    assert taken("skip_and_recount", **depths) == {("Star", 1): 5000, ("Gold", 3): 3000}
    assert taken("dynamic", **depths) == {
        ("Star", 1): 5000,
        ("Gold", 2): 4000,
        ("Top", 3): 3000,
    }


def test_dynamic_table_by_minimum() -> None:
    least = {"level_minimum": {"measure": "personal_bv", "at_least": [0, "50", "100"]}}

    assert taken("skip_and_recount", **least) == {("Star", 1): 5000}
    assert taken("dynamic", **least) == {("Star", 1): 5000, ("Gold", 2): 4000}


def test_dynamic_pays_what_recount_pays_where_nobody_falls_short() -> None:
    assert taken("dynamic") == taken("skip_and_recount")


def test_a_components_own_test_stands_instead_of_activity() -> None:
    people = People.line("Top", "Mid", "Seller", status={"Top": Status.SUSPENDED})
    plan = plan_of(
        percentages(
            "10",
            "5",
            seller_rate="1",
            qualification=[{"measure": "group_bv", "at_least": "100"}],
        ),
        activity={"test": {"measure": "stated"}},
    )

    results = compute(plan, people.members, people.sales(("Seller", {"bv": "99.99"})))
    assert people.amounts(results) == {}
    results = compute(plan, people.members, people.sales(("Seller", {"bv": "100"})))
    assert people.amounts(results) == {("Mid", 1): 1000, ("Seller", 0): 100}


# -------------------------------------------------------------------------------- volume-bracket.md

BRACKETS = [
    {"from": "200", "percent": "1"},
    {"from": "301", "percent": "2"},
    {"from": "501", "percent": "3"},
    {"from": "1001", "percent": "5"},
]


def bracket(**keys: Any) -> dict[str, Any]:
    return {"id": "bonus", "kind": "volume_bracket", "brackets": BRACKETS, **keys}


def test_bracket_table() -> None:
    volumes = {"A": "199.99", "B": "200", "C": "350", "D": "500.99", "E": "501", "F": "2000"}
    people = People.of(dict.fromkeys(volumes))
    sales = people.sales(*((name, {"bv": bv}) for name, bv in volumes.items()))

    whole = compute(plan_of(bracket(chosen_by="personal_bv")), people.members, sales)
    assert people.amounts(whole) == {
        ("B", 1): 200,
        ("C", 2): 700,
        ("D", 2): 1002,
        ("E", 3): 1503,
        ("F", 4): 10000,
    }
    marginal = compute(plan_of(bracket(method="marginal")), people.members, sales)
    found = people.amounts(marginal)
    assert {level: found["F", level] for level in range(1, 5)} == {1: 101, 2: 400, 3: 1500, 4: 4995}
    assert not any(name in "AB" for name, _ in found)


def test_a_group_chooses_and_a_group_is_paid_on() -> None:
    people = People.line("Top", "Mid", "Low", status={"Low": Status.SUSPENDED})
    sales = people.sales(
        ("Top", {"bv": "100", "net": "10"}),
        ("Low", {"bv": "150", "net": "20"}),
        ("Low", {"bv": "51", "net": "30"}),
    )

    def found(scope: str) -> tuple[dict[tuple[str, int], int], list[int], list[int]]:
        component = bracket(chosen_by="group_bv", paid_on={"base": "net", "scope": scope})
        results = compute(plan_of(component), people.members, sales)
        lines = results.earnings
        return people.amounts(results), lines.members.tolist(), lines.sales.tolist()

    # Low is suspended: not paid, and yet part of the group.
    assert found("group") == ({("Top", 2): 120, ("Mid", 1): 50}, [2, 1], [3, 2])
    assert found("own") == ({("Top", 2): 20}, [1], [1])


def test_returns_of_posted_months_choose_and_are_not_paid_on() -> None:
    people = People.line("A", "B")
    sales = people.sales(("A", {"bv": "310"}))
    back = Qualifying.of([0], bv=[-1000], in_period=[True])
    plan = plan_of(bracket(chosen_by="personal_bv"))

    results = compute(plan, people.members, sales, qualifying=back)

    assert people.amounts(results) == {("A", 1): 310}


def test_only_qualified_members_have_a_bracket() -> None:
    people = People.line("Top", "Low")
    sales = people.sales(("Top", {"bv": "200"}), ("Low", {"bv": "300"}))
    needs = [{"measure": "direct_count", "at_least": 1}]
    plan = plan_of(bracket(chosen_by="personal_bv", qualification=needs))

    assert people.amounts(compute(plan, people.members, sales)) == {("Top", 1): 200}


# ---------------------------------------------------------------------------------- differential.md

STEPS = {"A": "20", "B": "15", "C": "5", "D": "10"}


def differences(
    from_level: int, *unqualified: str, own: bool = False, **keys: Any
) -> dict[tuple[str, int], int]:
    people = People.line("A", "B", "C", "D", titles={name: at for at, name in enumerate("ABCD")})
    ranks = [{"name": "A"}] + [{"name": n, "requires": HELD, "maintains": []} for n in "BCD"]
    component = {
        "id": "steps",
        "kind": "differential",
        "percent_by_rank": STEPS,
        "from_level": from_level,
        **keys,
    }
    plan = plan_of(component, ranks={"ladder": ranks}, activity={"test": {"measure": "stated"}})
    stated = Stated.of(4, active=[int(name not in unqualified) for name in "ABCD"])
    sales = people.sales(("D", {"bv": "100", "own": own}))
    return people.amounts(compute(plan, people.members, sales, stated=stated))


def test_differential_table() -> None:
    for own in (False, True):
        assert differences(0, own=own) == {("D", 2): 1000, ("B", 1): 500, ("A", 1): 500}
        assert differences(0, "B", own=own) == {("D", 2): 1000, ("A", 2): 1000}
        for from_level in (0, 1):
            found = differences(from_level, "D", "B", own=own)
            assert found == {("C", 1): 500, ("A", 3): 1500}
    assert differences(1) == {("B", 1): 500, ("A", 1): 500}
    assert differences(1, own=True) == {("C", 1): 500, ("B", 2): 1000, ("A", 1): 500}
    assert differences(2, "B") == {("A", 2): 1000}
    assert differences(2, "B", own=True) == {("A", 3): 1500}


def test_differential_from_the_second_level_still_minds_who_stands_between() -> None:
    assert differences(2) == {("B", 1): 500, ("A", 1): 500}
    assert differences(2, own=True) == {("B", 2): 1000, ("A", 1): 500}
    assert differences(2, "B", "C", own=True) == {("A", 4): 2000}
    assert differences(2, "B", "C", "D") == {("A", 4): 2000}
    for own in (False, True):
        assert differences(3, own=own) == {("A", 1): 500}
        assert differences(4, own=own) == {}


@pytest.mark.parametrize(
    ("percents", "lines"),
    [
        # B takes 10 on the own purchase alone, then both go on together, by one step.
        (
            {"A": "30", "B": "10", "C": "5", "D": "10"},
            {("C", 1): (50, 1, 1), ("B", 1): (50, 1, 1), ("A", 3): (150, 1, 2)},
        ),
        # B takes 15 less 5 on the own purchase and 5 on the other order.
        (
            {"A": "30", "B": "15", "C": "5", "D": "10"},
            {
                ("C", 1): (50, 1, 1),
                ("B", 2): (50, 1, 1),
                ("B", 1): (100, 1, 1),
                ("A", 3): (150, 1, 2),
            },
        ),
        # The seller has nothing that could stand between.
        (
            {"A": "30", "B": "15", "C": "15", "D": "0"},
            {("C", 1): (150, 1, 2), ("A", 1): (150, 1, 2)},
        ),
    ],
)
def test_a_seller_is_counted_once_on_a_line_though_he_bought_and_sold(
    percents: dict[str, str], lines: dict[tuple[str, int], tuple[int, int, int]]
) -> None:
    people = People.line("A", "B", "C", "D", titles={name: at for at, name in enumerate("ABCD")})
    ranks = [{"name": "A"}] + [{"name": n, "requires": HELD, "maintains": []} for n in "BCD"]
    component = {"id": "steps", "kind": "differential", "percent_by_rank": percents}
    plan = plan_of({**component, "from_level": 1}, ranks={"ladder": ranks})
    sales = people.sales(("D", {"bv": "100"}), ("D", {"bv": "50", "own": True}))

    found = compute(plan, people.members, sales).earnings

    names = [people.names[row] for row in found.receiver.tolist()]
    assert {
        (name, level): (base // 100, members, orders)
        for name, level, base, members, orders in zip(
            names,
            found.paid_level.tolist(),
            found.base.tolist(),
            found.members.tolist(),
            found.sales.tolist(),
            strict=True,
        )
    } == lines


def test_stairstep_pays_what_a_group_earns_less_what_its_legs_earn() -> None:
    people = People.of({"Top": None, "Left": "Top", "Right": "Top", "Deep": "Left"})
    sales = people.sales(
        ("Top", {"bv": "100"}),
        ("Left", {"bv": "500"}),
        ("Right", {"bv": "150"}),
        ("Deep", {"bv": "250"}),
    )
    component = {
        "id": "steps",
        "kind": "differential",
        "chosen_by": "group_bv",
        "brackets": BRACKETS,
    }

    results = compute(plan_of(component), people.members, sales)

    # Own percentages: Deep 1, Left 3 (750), Right 0, Top 3 (1,000).
    assert people.amounts(results) == {
        ("Deep", 1): 250,
        ("Left", 2): 500,  # 3 less 1 on Deep's
        ("Left", 3): 1500,
        ("Top", 3): 750,  # on his own and on Right's; Left's leg has as much as he
    }
    lines = results.earnings
    assert list(zip(lines.members.tolist(), lines.sales.tolist(), strict=True)) == [
        (2, 2),
        (1, 1),
        (1, 1),
        (1, 1),
    ]


# ------------------------------------------------------------------------------------ matching.md


def match(*rates: str, of: tuple[str, ...] = ("levels",), **keys: Any) -> dict[str, Any]:
    return {"id": "match", "kind": "match", "of": list(of), "rates": list(rates), **keys}


def by_component(people: People, component: int, results: Any) -> dict[tuple[str, int], int]:
    lines = results.earnings
    return {
        (
            people.names[int(results.members.row[lines.receiver[at]])],
            int(lines.paid_level[at]),
        ): int(lines.amount[at])
        for at in range(len(lines))
        if lines.component[at] == component
    }


def test_matching_table() -> None:
    people = People.line("Top", "Leader", "Direct", "Low")
    plan = plan_of(percentages(seller_rate="100", on="net"), match("20", "10"))
    sales = people.sales(("Direct", {"net": "5000"}), ("Low", {"net": "100.03"}))

    results = compute(plan, people.members, sales)

    assert by_component(people, 1, results) == {
        ("Leader", 1): 100000,
        ("Top", 2): 50000,
        ("Direct", 1): 2001,
        ("Leader", 2): 1000,
    }
    lines = results.earnings
    assert set(lines.members[lines.component == 1].tolist()) == {1}


def test_a_match_takes_all_lines_of_its_components_and_a_match_can_be_matched() -> None:
    people = People.line("Top", "Mid", "Low", "Seller")
    again = {**match("50", of=("match",)), "id": "again"}
    plan = plan_of(percentages("10", "5", seller_rate="1"), match("20"), again)

    results = compute(plan, people.members, people.sales(("Seller", {"bv": "1000"})))

    # Seller 10, Low 100, Mid 50 are matched by Low, Mid, Top.
    assert by_component(people, 1, results) == {("Low", 1): 200, ("Mid", 1): 2000, ("Top", 1): 1000}
    assert by_component(people, 2, results) == {("Mid", 1): 100, ("Top", 1): 1000}


def test_matching_levels_are_counted_past_who_is_not_qualified() -> None:
    people = People.line("Top", "Mid", "Earner", status={"Mid": Status.SUSPENDED})

    def found(compression: str) -> dict[tuple[str, int], int]:
        own = percentages(seller_rate="10")
        plan = plan_of(own, match("20", "10", compression=compression))
        sales = people.sales(("Earner", {"bv": "1000"}))
        return by_component(people, 1, compute(plan, people.members, sales))

    assert found("none") == {("Top", 2): 1000}
    assert found("skip_and_recount") == found("dynamic") == {("Top", 1): 2000}
    assert found("roll_up") == {("Top", 1): 2000, ("Top", 2): 1000}
