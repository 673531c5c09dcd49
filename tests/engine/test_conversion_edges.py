"""What points buy at the edges: all of a quote, the last rounding, waiting for one cent more."""

from __future__ import annotations

from typing import Any

import pytest

from compensation.engine.conversion import (
    Lump,
    Quote,
    Table,
    Target,
    better_waiting,
    next_lump,
    quote,
    waiting,
)
from compensation.engine.rsp_bank import BvRate, RspBank, Tier

SMALL, LARGE = Tier(100, 1000, 50), Tier(1000, 20_000, 700)


def table(*tiers: Tier, rounding: str = "half_away_from_zero", **keys: Any) -> Table:
    facts: dict[str, Any] = {
        "pending_days": 14,
        "expires_after_months": 24,
        "at_expiry": "cash",
        "bv": None,
        "rest": "bank",
        "decomposition": "greedy",
        "least_points": 100,
        **keys,
    }
    return Table(RspBank(tiers=tiers, **facts), None, rounding)


@pytest.mark.parametrize(("rounding", "bv"), [("half_away_from_zero", 8), ("down", 7)])
def test_bv_by_a_flat_rate_is_rounded_as_the_plan_rounds(rounding: str, bv: int) -> None:
    found = table(SMALL, bv=BvRate(points=100, bv=3), rounding=rounding)

    assert quote(found, 250, Target.BV) == Quote(Target.BV, 250, 250, 0, bv, (), 0, 0)


def test_points_that_buy_no_bv_at_a_flat_rate_stay() -> None:
    found = quote(table(SMALL, bv=BvRate(points=100, bv=3)), 10, Target.BV)

    assert found == Quote(Target.BV, 10, 0, 0, 0, (), 0, 0)
    assert found.stays == 10


def test_points_that_fill_no_lump_buy_no_bv_and_stay() -> None:
    assert quote(table(SMALL), 99, Target.BV) == Quote(Target.BV, 99, 0, 0, 0, (), 99, 0)
    for without in (table(Tier(100, 1000, None)), table(Tier(100, 1000, 0))):
        assert quote(without, 250, Target.BV) == Quote(Target.BV, 250, 0, 0, 0, (), 250, 0)


def test_the_rest_beside_lumps_of_bv_stays_or_is_paid() -> None:
    lumps = (Lump(LARGE, 1), Lump(SMALL, 2))

    assert quote(table(SMALL, LARGE), 1250, Target.BV) == Quote(
        Target.BV, 1250, 1200, 0, 800, lumps, 50, 0
    )
    assert quote(table(SMALL, LARGE, rest="cash"), 1250, Target.BV) == Quote(
        Target.BV, 1250, 1250, 500, 800, lumps, 50, 500
    )


@pytest.mark.parametrize(
    ("points", "following"), [(99, SMALL), (100, LARGE), (999, LARGE), (1000, None), (1001, None)]
)
def test_beyond_a_single_lump_none_follows(points: int, following: Tier | None) -> None:
    bank = table(SMALL, LARGE, decomposition="single_lump").bank

    assert next_lump(bank, points) == following


def test_beyond_all_lumps_the_smallest_follows_anew() -> None:
    assert next_lump(table(SMALL, LARGE).bank, 1000) == SMALL
    assert next_lump(table().bank, 1000) is None


def test_waiting_says_what_all_points_bring_in_bv() -> None:
    found = waiting(table(SMALL, LARGE), 950)

    assert found is not None
    assert (found.tier, found.more) == (LARGE, 50)
    assert (found.bv, found.extra_bv) == (700, 700 - 9 * 50)


@pytest.mark.parametrize(("cash", "pays"), [(2000, False), (2001, True)])
def test_waiting_for_one_cent_more_pays(cash: int, pays: bool) -> None:
    found = better_waiting(table(SMALL, Tier(200, cash, None)), 150)

    assert (found is not None) == pays
    if found is not None:
        assert found.gain == 1
