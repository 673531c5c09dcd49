"""Volumes going up to higher percentages: exact at any size, each seller counted once."""

from __future__ import annotations

from compensation.engine import Sales, compute
from tests.engine.worlds import People, plan_of

HELD = [{"measure": "stated_points", "at_least": "1"}]


def lines(
    percents: dict[str, str], sales: Sales, from_level: int = 0
) -> dict[tuple[str, int], tuple[int, int, int]]:
    """Base, members and orders by receiver and step; the first one stands on top."""
    names = tuple(percents)
    people = People.line(*names, titles={name: at for at, name in enumerate(names)})
    ranks = [{"name": names[0]}]
    ranks += [{"name": name, "requires": HELD, "maintains": []} for name in names[1:]]
    component = {"id": "it", "kind": "differential", "percent_by_rank": percents}
    plan = plan_of({**component, "from_level": from_level}, ranks={"ladder": ranks})
    found = compute(plan, people.members, sales).earnings
    return {
        (names[receiver], level): (base, members, orders)
        for receiver, level, base, members, orders in zip(
            found.receiver.tolist(),
            found.paid_level.tolist(),
            found.base.tolist(),
            found.members.tolist(),
            found.sales.tolist(),
            strict=True,
        )
    }


def test_what_is_passed_on_is_exact_whatever_its_size() -> None:
    most = 2**60 + 1
    sales = Sales.of([2, 2], order=[1, 2], bv=[most, 2])

    assert lines({"A": "3", "B": "2", "C": "1"}, sales) == {
        ("A", 1): (most + 2, 1, 2),
        ("B", 1): (most + 2, 1, 2),
        ("C", 1): (most + 2, 1, 2),
    }


def test_the_top_counts_a_seller_whose_own_purchase_came_by_another_step() -> None:
    sales = Sales.of([2, 2], order=[1, 2], bv=[100, 50], own=[False, True])

    assert lines({"A": "30", "B": "5", "C": "10"}, sales, from_level=1) == {
        ("B", 1): (50, 1, 1),
        ("A", 3): (100, 1, 1),
        ("A", 4): (50, 1, 1),
    }


def test_orders_that_come_to_nought_are_nobodys() -> None:
    sales = Sales.of([1, 1, 2], order=[1, 2, 3], bv=[5, -5, 0])

    found = lines({"A": "30", "B": "5", "C": "10"}, sales)

    assert found == {}
