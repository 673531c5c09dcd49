"""What the first period of all leaves behind."""

from __future__ import annotations

import numpy as np

from compensation.engine import compute
from tests.engine.worlds import People, percentages, plan_of


def test_counts_that_begin_are_whole_numbers() -> None:
    people = People.of({"A": None})
    asked = [
        {"measure": "personal_bv", "at_least": "1"},
        {"measure": "own_bv", "at_least": "1"},
    ]
    star = {"name": "Star", "consecutive_periods": 2, "requires": asked}
    plan = plan_of(percentages("1"), ranks={"ladder": [{"name": "IR"}, star]})

    both = compute(plan, people.members, people.sales(("A", {"bv": "1", "own": True})))
    one = compute(plan, people.members, people.sales(("A", {"bv": "1"})))

    assert both.carried.value.dtype == np.int64
    assert both.carried.value.tolist() == [1]
    assert one.carried.value.tolist() == []
    assert both.members.title_rank.tolist() == one.members.title_rank.tolist() == [0]
