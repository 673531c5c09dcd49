"""Results have the types that they are stored in, whatever the plan."""

from __future__ import annotations

import numpy as np
import pytest

from compensation.engine import EngineError, Members, Sales, compute
from tests.engine.worlds import People, ladder, percentages, plan_of, points

WIDTHS = {
    "members": {
        "int32": {
            "depth",
            "active_directs",
            "direct_count",
            "order_count",
            "retail_customers",
        },
        "int16": {
            "status",
            "inactive_reason",
            "opening_title",
            "title_rank",
            "pay_rank",
            "grace_used",
        },
        "bool": {"active"},
    },
    "earnings": {"int32": {"members", "sales"}, "int16": {"component", "paid_level", "unit"}},
}


@pytest.mark.parametrize("part", WIDTHS)
@pytest.mark.parametrize("sold", [True, False])
def test_columns_have_their_widths(part, sold):
    people = People.line("A", "B", "C", titles={"A": 1})
    plan = plan_of(
        percentages("10", "5", seller_rate="20"),
        points(depth=2),
        {"id": "flat", "kind": "flat_bonus", "amount": "5", "trigger": "every_order"},
        {
            "id": "slices",
            "kind": "volume_bracket",
            "method": "marginal",
            "brackets": [{"from": "0", "percent": "1"}, {"from": "3", "percent": "2"}],
        },
        {
            "id": "step",
            "kind": "differential",
            "percent_by_rank": {"IR": "3", "Gold": "9"},
        },
        ranks=ladder("IR", "Gold"),
    )
    sales = people.sales(("C", {"bv": "10", "rsp": "4", "net": "12"})) if sold else Sales.none()

    whole = getattr(compute(plan, people.members, sales), part)

    narrow = {name: width for width, names in WIDTHS[part].items() for name in names}
    assert (len(whole) > 0) == (sold or part == "members")
    for name in whole.__dataclass_fields__:
        column = getattr(whole, name)
        if isinstance(column, np.ndarray):
            assert column.dtype == np.dtype(narrow.get(name, "int64")), name


def test_a_title_lies_on_the_ladder():
    plan = plan_of(ranks=ladder("IR", "Gold"))
    top = Members.of([7, 8], [-1, 0], opening_title=[1, 0])

    assert compute(plan, top, Sales.none()).totals.promotions == 1
    with pytest.raises(EngineError, match="8"):
        compute(plan, Members.of([7, 8], [-1, 0], opening_title=[1, 2]), Sales.none())


def test_points_of_two_components_add_up():
    people = People.line("A", "B")
    plan = plan_of(
        points(depth=1, base_depth=1),
        {**points(depth=1, base_depth=1), "id": "more"},
        {**points(depth=1, base_depth=1), "id": "third"},
    )

    results = compute(plan, people.members, people.sales(("B", {"rsp": "4"})))

    assert people.of_results(results, "A")["rsp_total"] == 1200
    assert people.of_results(results, "A")["rsp_base"] == 1200
    assert people.of_results(results, "B")["rsp_own"] == 1200
