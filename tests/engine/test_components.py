"""The worked tables of docs/plan/ for components beyond the first three."""

from typing import Any

from compensation.engine import NOT_STATED, Stated, Status, compute
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
