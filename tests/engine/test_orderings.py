"""Who stands before whom, and that counting so far stays within 64 bits."""

from __future__ import annotations

import pytest

from compensation.engine import Carried, Members, Sales, Stated, SumTooLargeError, compute
from compensation.engine.tree import build_tree
from tests.engine.refusals import faults_of
from tests.engine.worlds import People, percentages, plan_of


@pytest.mark.parametrize(
    ("ids", "rows"),
    [
        ([1, 3, 2], [0, 2, 1]),
        ([1, 2, 3], [0, 1, 2]),
        ([9, 3, 2], [0, 2, 1]),
        ([2, 3, 1], [0, 2, 1]),
    ],
)
def test_siblings_stand_in_the_order_of_their_ids(ids: list[int], rows: list[int]) -> None:
    assert build_tree(Members.of(ids, [-1, 0, 0])).row.tolist() == rows


def test_units_and_coupons_together_stay_within_64_bits() -> None:
    people = People.of({"A": None})
    ranking = {"id": "most", "value": "units_plus_coupons_used"}
    plan = plan_of(percentages("1"), rankings=[ranking])

    with pytest.raises(SumTooLargeError, match=r"^ranking most: the sum"):
        compute(
            plan,
            people.members,
            Sales.of([0], units=[2**63 - 1]),
            stated=Stated.of(1, coupons_to_use=[1]),
            carried=Carried.of([0], [0], [1], keys=["coupons:most"]),
        )


def test_a_ranking_says_what_it_goes_by() -> None:
    assert faults_of(percentages("1"), rankings=[{"id": "most"}]) == [
        "rankings[0].value: is missing"
    ]
