"""The bands of a plan within which a month is no finding; they decide no result."""

from __future__ import annotations

from fractions import Fraction

import pytest

from compensation.engine.close_checks import USUAL, CloseChecks, read_close_checks
from compensation.engine.reading import Node, PlanError
from compensation.plans import load_plan, preset_text

PLAN = preset_text("four-levels")


def test_a_plan_that_says_nothing_has_the_usual_bands() -> None:
    assert load_plan(PLAN).close_checks == USUAL
    assert read_close_checks(Node(None, "close_checks"), 0).mover_minor == 100
    assert read_close_checks(Node({}, "close_checks"), 2) == USUAL


def test_all_bands_are_read_exactly_and_leave_the_digest_as_it_is() -> None:
    plan = load_plan(
        PLAN + 'close_checks: {payout_ratio: {from: "5.5", to: 45}, total_moved: "120",'
        ' top_movers: {percent: "12.5", at_least: "0.05"}}\n'
    )

    assert plan.close_checks == CloseChecks(
        Fraction(11, 200), Fraction(9, 20), Fraction(6, 5), Fraction(1, 8), 5
    )
    assert plan.digest() == load_plan(PLAN).digest()


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ("[]", "close_checks: [] is not a table"),
        ("{limit: 3}", "close_checks.limit: unknown key"),
        ('{payout_ratio: {from: "5"}}', "close_checks.payout_ratio.to: is missing"),
        ('{payout_ratio: {from: "5", to: "4"}}', "close_checks.payout_ratio.to: lies below from"),
        ('{payout_ratio: {from: "-1", to: "4"}}', "from: must not be below nought"),
        ('{total_moved: "a"}', 'close_checks.total_moved: "a" is not a percentage'),
        ("{total_moved: 2.5}", "close_checks.total_moved: 2.5 is a binary fraction"),
        ('{top_movers: {at_least: "5"}}', "close_checks.top_movers.percent: is missing"),
        ('{top_movers: {percent: "5", at_least: "0.001"}}', "has more than 2 decimals"),
    ],
)
def test_a_fault_names_its_path(section: str, fault: str) -> None:
    with pytest.raises(PlanError) as refusal:
        load_plan(PLAN + f"close_checks: {section}\n")

    assert fault in str(refusal.value)
