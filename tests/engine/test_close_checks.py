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


@pytest.mark.parametrize(
    ("section", "faults"),
    [
        ('{payout_ratio: {from: "5"}}', ["payout_ratio.to: is missing"]),
        ('{payout_ratio: {to: "5"}}', ["payout_ratio.from: is missing"]),
        ('{payout_ratio: {from: "-1", to: "4"}}', ["payout_ratio.from: must not be below nought"]),
        ('{payout_ratio: {from: x, to: "4"}}', ['payout_ratio.from: "x" is not a percentage']),
        ("{payout_ratio: 5}", ["payout_ratio: 5 is not a table of keys and values"]),
        ('{top_movers: {percent: "5"}}', ["top_movers.at_least: is missing"]),
        ('{top_movers: {at_least: "5"}}', ["top_movers.percent: is missing"]),
        (
            '{top_movers: {percent: "5", at_least: x}}',
            ['top_movers.at_least: "x" is not an amount'],
        ),
        ('{total_moved: "-0.01"}', ["total_moved: must not be below nought"]),
    ],
)
def test_each_fault_is_named_once(section: str, faults: list[str]) -> None:
    with pytest.raises(PlanError) as refusal:
        load_plan(PLAN + f"close_checks: {section}\n")

    assert [str(fault) for fault in refusal.value.faults] == [
        f"close_checks.{fault}" for fault in faults
    ]


def test_a_band_may_be_one_figure_and_nought_is_one() -> None:
    def bands(section: str) -> CloseChecks:
        return load_plan(PLAN + f"close_checks: {section}\n").close_checks

    one = bands("{payout_ratio: {from: 5, to: 5}}")
    assert (one.ratio_from, one.ratio_to) == (Fraction(1, 20), Fraction(1, 20))
    nought = bands("{payout_ratio: {from: 0, to: 0}, total_moved: 0}")
    assert (nought.ratio_from, nought.ratio_to, nought.total_moved) == (0, 0, 0)
    assert nought.mover_share == USUAL.mover_share


def test_the_least_amount_is_in_the_plans_currency() -> None:
    section = {"top_movers": {"percent": 5, "at_least": "0.005"}}

    assert read_close_checks(Node(section, ""), 3).mover_minor == 5
    assert read_close_checks(Node({"total_moved": 5}, ""), 3).mover_minor == 100_000
