"""The plan's section of the RSP bank: read, refused, told, and priced in the worst case."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from compensation.engine import PlanError
from compensation.engine.prose import plan_prose
from compensation.engine.rsp_bank import BvRate, Tier
from compensation.engine.worst_case import check_plan, worst_case
from compensation.plans import load_preset, preset_names
from tests.engine.worlds import plan_of, points

RATE = {"points": "10000", "pays": "260.00"}
TIERS = [
    {"points": "1000", "cash": "35.00", "bv": "100"},
    {"points": "100", "cash": "2.60", "bv": "5.5"},
]


def faults(**keys: Any) -> list[str]:
    with pytest.raises(PlanError) as refused:
        plan_of(points(4), **keys)
    return [str(fault) for fault in refused.value.faults]


def test_what_is_left_out() -> None:
    bank = plan_of(points(4), rsp_cash_rate=RATE, rsp_bank={}).rsp_bank

    assert bank is not None
    assert (bank.pending_days, bank.expires_after_months, bank.at_expiry) == (14, 24, "cash")
    assert (bank.tiers, bank.bv, bank.rest, bank.decomposition) == ((), None, "bank", "greedy")
    assert bank.least_points == 100
    assert not bank.buys_bv
    assert plan_of(points(4)).rsp_bank is None


def test_every_key() -> None:
    bank = plan_of(
        points(4),
        rsp_bank={
            "pending_days": 0,
            "expires_after_months": 6,
            "at_expiry": "cash",
            "tiers": TIERS,
            "rest": "cash",
            "decomposition": "single_lump",
            "least_points": "50.5",
        },
    ).rsp_bank

    assert bank is not None
    assert bank.tiers == (Tier(10_000, 260, 550), Tier(100_000, 3_500, 10_000))
    assert (bank.pending_days, bank.expires_after_months, bank.least_points) == (0, 6, 5_050)
    assert (bank.rest, bank.decomposition, bank.buys_bv) == ("cash", "single_lump", True)


def test_a_rate_may_be_finer_than_the_currency() -> None:
    fine = plan_of(points(4), rsp_cash_rate={"points": "1", "pays": "0.026"}).rsp_cash_rate
    plain = plan_of(points(4), rsp_cash_rate=RATE).rsp_cash_rate

    assert fine is not None
    assert plain is not None
    assert fine.per_point == plain.per_point == Fraction(26, 1000)
    assert (plain.points, plain.pays) == (1_000_000, 26_000)


def test_flat_bv() -> None:
    bank = plan_of(
        points(4), rsp_cash_rate=RATE, rsp_bank={"bv": {"points": "100", "bv": "2.5"}}
    ).rsp_bank

    assert bank is not None
    assert bank.bv == BvRate(10_000, 250)
    assert bank.buys_bv


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        (3, "rsp_bank: 3 is not a table"),
        ({"pause": 1}, "rsp_bank.pause: unknown key"),
        ({"pending_days": -1}, "rsp_bank.pending_days: -1 is outside 0 to 366"),
        ({"pending_days": "14"}, 'rsp_bank.pending_days: "14" is not a whole number'),
        ({"expires_after_months": 0}, "rsp_bank.expires_after_months: 0 is outside 1 to 600"),
        ({"at_expiry": "nothing"}, 'rsp_bank.at_expiry: "nothing" is not one of cash'),
        ({"least_points": "0"}, "rsp_bank.least_points: "),
        ({"tiers": []}, "rsp_bank.tiers: 0 elements; 1 to 20 are allowed"),
        ({"tiers": "x"}, 'rsp_bank.tiers: "x" is not a list'),
        ({"tiers": [3]}, "rsp_bank.tiers[0]: 3 is not a table"),
        ({"tiers": [{"points": "5"}]}, "rsp_bank.tiers[0].cash: is missing"),
        ({"tiers": [{"cash": "5"}]}, "rsp_bank.tiers[0].points: is missing"),
        ({"tiers": [{"points": "0", "cash": "1"}]}, 'rsp_bank.tiers[0].points: "0" is too small'),
        (
            {"tiers": [{"points": "5", "cash": "1.001"}]},
            'rsp_bank.tiers[0].cash: "1.001" has more than 2 decimals',
        ),
        (
            {"tiers": [*TIERS, {"points": "100.00", "cash": "3", "bv": "1"}]},
            "rsp_bank.tiers[2].points: stands in tiers twice",
        ),
        (
            {"tiers": [*TIERS, {"points": "200", "cash": "3"}]},
            "rsp_bank.tiers: either all of them state bv or none does",
        ),
        (
            {"tiers": TIERS, "bv": {"points": "1", "bv": "1"}},
            "rsp_bank.bv: has no meaning with tiers that buy BV",
        ),
        ({"bv": {"points": "1"}}, "rsp_bank.bv.bv: is missing"),
        ({"bv": {"points": "1", "bv": "0"}}, 'rsp_bank.bv.bv: "0" is too small'),
        ({"rest": "cash"}, "rsp_bank.rest: has no meaning without tiers"),
        ({"decomposition": "greedy"}, "rsp_bank.decomposition: has no meaning without tiers"),
        ({"tiers": TIERS, "rest": "lost"}, 'rsp_bank.rest: "lost" is not one of bank, cash'),
    ],
)
def test_faults_name_their_place(section: object, fault: str) -> None:
    found = faults(rsp_cash_rate=RATE, rsp_bank=section)

    assert any(one.startswith(fault) for one in found), found


def test_a_bank_needs_to_know_what_points_are_worth() -> None:
    assert faults(rsp_bank={}) == [
        "rsp_bank: says by neither tiers nor rsp_cash_rate what points are worth"
    ]
    assert plan_of(points(4), rsp_bank={"tiers": TIERS}).rsp_bank is not None


def test_the_digest_counts_what_is_given() -> None:
    plain = plan_of(points(4), rsp_cash_rate=RATE)
    kept = plan_of(points(4), rsp_cash_rate=RATE, rsp_bank={})

    assert plain.digest() == plan_of(points(4), rsp_cash_rate=RATE).digest()
    assert plain.digest() != kept.digest()
    assert (
        kept.digest()
        == plan_of(points(4), rsp_cash_rate=RATE, rsp_bank={"pending_days": 14}).digest()
    )


def test_the_worst_case_takes_the_best_lump() -> None:
    keys: dict[str, Any] = {"rsp_cash_rate": RATE, "rsp_per_bv": "0.5"}
    flat = worst_case(plan_of(points(4), rsp_bank={}, **keys))
    tiers = worst_case(plan_of(points(4), rsp_bank={"tiers": TIERS}, **keys))

    assert flat.of_bv == 5 * Fraction(1, 2) * Fraction(26, 1000)
    assert tiers.of_bv == 5 * Fraction(1, 2) * Fraction(35, 1000)
    assert tiers.shares[0].how == (
        "5 × 0.5 RSP per BV at 0.035 a point, as 1,000 RSP together bring"
    )
    limited = plan_of(points(4), rsp_bank={"tiers": TIERS}, worst_case_limit="8", **keys)
    assert [fault.path for fault in check_plan(limited)] == ["worst_case_limit"]


def test_the_worst_case_with_tiers_alone() -> None:
    plan = plan_of(points(4), rsp_per_bv="1", rsp_bank={"tiers": TIERS})

    assert worst_case(plan).of_bv == 5 * Fraction(35, 1000)


def test_prose() -> None:
    told = "\n".join(
        plan_prose(
            plan_of(
                points(4),
                rsp_cash_rate=RATE,
                rsp_bank={"tiers": TIERS, "pending_days": 1, "expires_after_months": 1},
            )
        )
    )

    assert "10,000 RSP are valued at 260.00 EUR." in told
    assert "from 1 day after the end of the month" in told
    assert "1 month after its end what is left of them is converted to cash by itself" in told
    assert (
        "100 RSP for 2.60 EUR or 5.50 BV; 1,000 RSP for 35.00 EUR or 100 BV. Lumps are taken from "
        "the largest that fits down, as often as they fit; the rest is paid in cash in proportion "
        "to the smallest lump."
    ) in told
    assert "Where BV is bought, the rest stays in the bank." in told
    assert "it pays no commission, gives no RSP and meets no activity or retail test" in told


def test_prose_of_other_banks() -> None:
    once = plan_of(
        points(4), rsp_bank={"tiers": TIERS, "rest": "cash", "decomposition": "single_lump"}
    )
    flat = plan_of(points(4), rsp_cash_rate=RATE, rsp_bank={"bv": {"points": "100", "bv": "2"}})

    assert any("The largest lump that fits is taken, once" in one for one in plan_prose(once))
    assert "Where BV is bought, the rest is paid in cash." in plan_prose(once)
    assert "10,000 RSP are worth 260.00 EUR." in plan_prose(flat)
    assert "100 RSP buy 2 BV." in plan_prose(flat)
    assert "The fewest to convert by hand are 1 RSP." in plan_prose(flat)


@pytest.mark.parametrize("name", preset_names())
def test_presets_have_a_bank(name: str) -> None:
    bank = load_preset(name).rsp_bank

    assert bank is not None
    assert bank.buys_bv
