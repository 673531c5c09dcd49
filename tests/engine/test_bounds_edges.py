"""What bounds a plan's worst case, at its edges. docs/plan/caps.md, docs/plan/rsp-bank.md."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from compensation.engine.worst_case import worst_case
from tests.engine.worlds import percentages, plan_of, points

TIERS = [{"points": "1000", "cash": "35.00"}, {"points": "100.50", "cash": "2.00"}]
RATE = {"points": "100", "pays": "3.00"}
FIXED = {"id": "fixed", "kind": "flat_bonus", "amount": "10", "trigger": "every_order"}


def most(identifier: str = "most", **keys: Any) -> dict[str, Any]:
    return {"id": identifier, "scope": "company", **keys}


def test_a_sum_of_money_bounds_no_share_of_volume() -> None:
    found = worst_case(plan_of(percentages("50"), caps=[most(amount="1000")]))

    assert found.of_bv == Fraction(1, 2)
    assert [share.component for share in found.shares] == ["levels"]


def test_of_two_caps_on_the_same_the_narrower_bounds() -> None:
    caps = [most(percent="20", on="bv"), most("narrower", percent="10", on="bv")]

    found = worst_case(plan_of(percentages("50"), caps=caps))

    assert found.of_bv == Fraction(1, 10)
    assert [share.component for share in found.shares] == ["levels", "narrower"]


def test_a_cap_that_is_never_reached_leaves_fixed_amounts_alone() -> None:
    plan = plan_of(percentages("50"), FIXED, caps=[most(percent="60", on="bv")])

    found = worst_case(plan)

    assert [(one.component, one.of, one.share, one.fixed_minor) for one in found.shares] == [
        ("levels", "bv", Fraction(1, 2), 0),
        ("fixed", "order", None, 1000),
    ]
    assert found.of_bv == Fraction(1, 2)


def test_a_match_of_what_is_paid_by_head_is_by_head() -> None:
    by_head = {
        "id": "cycles",
        "kind": "binary_cycles",
        "cycle": {"left": "300", "right": "300"},
        "pays": "30",
        "most_cycles": 2,
    }
    match = {"id": "on_top", "kind": "match", "of": ["cycles", "fixed"], "rates": ["10"]}

    found = worst_case(plan_of(by_head, FIXED, match))

    assert [(one.of, one.share, one.fixed_minor) for one in found.shares[-2:]] == [
        ("head", None, 600),
        ("order", None, 100),
    ]


def test_points_at_best_are_told_with_their_lump() -> None:
    tiers = [{"points": "100.5", "cash": "20.10"}, {"points": "1000", "cash": "35.00"}]
    plan = plan_of(points(2), rsp_per_bv="0.5", rsp_bank={"tiers": tiers})

    assert worst_case(plan).shares[0].how == (
        "3 × 0.5 RSP per BV at 0.2 a point, as 100.50 RSP together bring"
    )


@pytest.mark.parametrize(
    ("keys", "cash"),
    [
        ({}, None),
        ({"rsp_cash_rate": RATE}, Fraction(3, 100)),
        ({"rsp_cash_rate": RATE, "rsp_bank": {}}, Fraction(3, 100)),
        ({"rsp_cash_rate": RATE, "rsp_bank": {"tiers": TIERS[1:]}}, Fraction(200, 10050)),
        ({"rsp_bank": {"tiers": TIERS}}, Fraction(35, 1000)),
    ],
)
def test_the_most_that_a_point_can_bring(keys: dict[str, Any], cash: Fraction | None) -> None:
    assert plan_of(points(2), **keys).cash_at_best == cash


def test_a_sum_of_money_puts_no_bound_to_what_has_none() -> None:
    unbounded = {
        "id": "group",
        "kind": "volume_bracket",
        "method": "marginal",
        "brackets": [{"from": "0", "percent": "5"}],
        "paid_on": {"scope": "group"},
    }

    found = worst_case(plan_of(unbounded, caps=[most(amount="1000")]))

    assert found.of_bv is None
    assert [share.component for share in found.shares] == ["group"]


@pytest.mark.parametrize(
    ("trigger", "how"),
    [("first_order", "for each customer's first order"), ("every_order", "for each order")],
)
def test_what_a_fixed_amount_is_paid_for_is_told(trigger: str, how: str) -> None:
    assert worst_case(plan_of({**FIXED, "trigger": trigger})).shares[0].how == how


def test_a_match_of_two_fixed_amounts_is_of_both_each_rounded_up() -> None:
    odd = {**FIXED, "amount": "10.01"}
    match = {"id": "on_top", "kind": "match", "of": ["fixed", "other"], "rates": ["10"]}

    found = worst_case(plan_of(odd, {**odd, "id": "other"}, match)).shares[-1]

    assert (found.of, found.share, found.fixed_minor) == ("order", None, 101 + 101)
    assert found.how == "10 % of fixed, other"
