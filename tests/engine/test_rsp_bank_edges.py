"""The section of the RSP bank at its edges: one hundredth, each fault once, every sentence."""

from __future__ import annotations

from typing import Any

import pytest

from compensation.engine.prose import plan_prose
from compensation.engine.rsp_bank import BvRate, RspBank, Tier
from tests.engine.refusals import faults_of
from tests.engine.worlds import plan_of, points

RATE = {"points": "100", "pays": "1"}
TIERS = [{"points": "100", "cash": "2.60"}]
WITH_BV = [{"points": "100", "cash": "2.60", "bv": "5.5"}]
NOT_TOLD = "rsp_bank: says by neither tiers nor rsp_cash_rate what points are worth"


def bank_of(**section: Any) -> RspBank:
    bank = plan_of(points(4), rsp_cash_rate=RATE, rsp_bank=section).rsp_bank
    assert bank is not None
    return bank


def told(**section: Any) -> list[str]:
    """The sentences on the bank alone."""
    plan = plan_of(points(4), rsp_cash_rate=RATE, rsp_bank=section)
    bare = plan_prose(plan_of(points(4), rsp_cash_rate=RATE))
    return [sentence for sentence in plan_prose(plan) if sentence not in bare]


@pytest.mark.parametrize(
    ("section", "faults"),
    [
        ({"tiers": TIERS}, []),
        ({"pending_days": 3}, [NOT_TOLD]),
        ({"tiers": []}, ["rsp_bank.tiers: 0 elements; 1 to 20 are allowed"]),
        ({"tiers": TIERS, "bv": {"points": "1", "bv": "1"}}, []),
        (
            {"tiers": WITH_BV, "bv": {"points": "1", "bv": "1"}},
            ["rsp_bank.bv: has no meaning with tiers that buy BV"],
        ),
        (
            {"tiers": TIERS, "at_expiry": "x"},
            ['rsp_bank.at_expiry: "x" is not one of cash'],
        ),
        (
            {"tiers": TIERS, "least_points": "0"},
            ['rsp_bank.least_points: "0" is too small or too large for a number of points'],
        ),
        (
            {"tiers": [3, {"cash": "1"}, {"points": "0", "cash": "x"}]},
            [
                "rsp_bank.tiers[0]: 3 is not a table of keys and values",
                "rsp_bank.tiers[1].points: is missing",
                'rsp_bank.tiers[2].points: "0" is too small or too large for a number of points',
                'rsp_bank.tiers[2].cash: "x" is not an amount of money',
            ],
        ),
        (
            {"tiers": TIERS, "bv": {"points": "0", "bv": "0"}},
            [
                'rsp_bank.bv.points: "0" is too small or too large for a number of points',
                'rsp_bank.bv.bv: "0" is too small or too large for a volume',
            ],
        ),
        ({"tiers": TIERS, "bv": {"bv": "1"}}, ["rsp_bank.bv.points: is missing"]),
        ({"tiers": TIERS, "bv": 3}, ["rsp_bank.bv: 3 is not a table of keys and values"]),
    ],
)
def test_each_fault_is_named_once(section: dict[str, Any], faults: list[str]) -> None:
    assert faults_of(points(4), rsp_bank=section) == faults


def test_the_smallest_figures_are_taken_as_they_are() -> None:
    tiers = [{"points": "0.01", "cash": "0", "bv": "0"}]

    bank = bank_of(tiers=tiers, least_points="0.01", pending_days=0, expires_after_months=1)

    assert bank.tiers == (Tier(1, 0, 0),)
    assert (bank.least_points, bank.pending_days, bank.expires_after_months) == (1, 0, 1)
    assert bank_of(bv={"points": "0.01", "bv": "0.01"}).bv == BvRate(1, 1)


def test_the_largest_figures_are_taken_as_they_are() -> None:
    tiers = [{"points": str(points), "cash": "1"} for points in range(1, 21)]

    bank = bank_of(tiers=tiers, pending_days=366, expires_after_months=600)

    assert [tier.points for tier in bank.tiers] == [100 * number for number in range(1, 21)]
    assert (bank.pending_days, bank.expires_after_months) == (366, 600)


FIRST = (
    "The RSP bank: points may be converted from {} after the end of the month on for which they"
    " were credited, the oldest first; {} after its end what is left of them is converted to cash"
    " by itself."
)
BOUGHT = (
    "BV bought counts toward the group volume of the open month for ranks; it pays no commission,"
    " gives no RSP and meets no activity or retail test."
)
LEAST = "The fewest to convert by hand are 1 RSP."
REST = "the rest is paid in cash in proportion to the smallest lump."


@pytest.mark.parametrize(
    ("section", "sentences"),
    [
        ({}, [FIRST.format("14 days", "24 months"), LEAST]),
        (
            {"pending_days": 1, "expires_after_months": 1, "least_points": "2.5"},
            [
                FIRST.format("1 day", "1 month"),
                "The fewest to convert by hand are 2.50 RSP.",
            ],
        ),
        (
            {"tiers": TIERS, "decomposition": "single_lump"},
            [
                FIRST.format("14 days", "24 months"),
                f"100 RSP for 2.60 EUR. The largest lump that fits is taken, once; {REST}",
                LEAST,
            ],
        ),
        (
            {"tiers": WITH_BV, "rest": "cash"},
            [
                FIRST.format("14 days", "24 months"),
                "100 RSP for 2.60 EUR or 5.50 BV. Lumps are taken from the largest that fits down,"
                f" as often as they fit; {REST}",
                "Where BV is bought, the rest is paid in cash.",
                BOUGHT,
                LEAST,
            ],
        ),
        (
            {"bv": {"points": "100", "bv": "2.25"}},
            [
                FIRST.format("14 days", "24 months"),
                "100 RSP buy 2.25 BV.",
                BOUGHT,
                LEAST,
            ],
        ),
    ],
)
def test_the_bank_is_told_in_full(section: dict[str, Any], sentences: list[str]) -> None:
    assert [one for one in told(**section) if "RSP are" not in one] == sentences
