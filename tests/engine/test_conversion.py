"""What points buy: worked tables of docs/plan/rsp-bank.md, properties, a slow second way."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compensation.engine.conversion import (
    NoBankError,
    Table,
    Target,
    better_waiting,
    decompose,
    next_lump,
    quote,
    table_of,
    waiting,
)
from compensation.engine.money import ROUNDINGS
from compensation.engine.rsp_bank import BvRate, RspBank, Tier
from tests.engine.worlds import plan_of, points

INDIA = (
    (60, 550, 20),
    (120, 1100, 40),
    (300, 3300, 160),
    (600, 8250, 420),
    (1000, 16500, 900),
)


def bank_of(*lumps: tuple[int, int, int | None], **keys: Any) -> RspBank:
    """A bank with lumps in whole RSP, units of money and BV."""
    facts: dict[str, Any] = {
        "pending_days": 14,
        "expires_after_months": 24,
        "at_expiry": "cash",
        "bv": None,
        "rest": "bank",
        "decomposition": "greedy",
        "least_points": 1,
        **keys,
    }
    tiers = tuple(
        Tier(lump * 100, cash * 100, None if bv is None else bv * 100) for lump, cash, bv in lumps
    )
    return RspBank(tiers=tiers, **facts)


def table(*lumps: tuple[int, int, int | None], **keys: Any) -> Table:
    rate = keys.pop("rate", None)
    rounding = keys.pop("rounding", ROUNDINGS[0])
    return Table(bank_of(*lumps, **keys), rate, rounding)


TIERS = table(*INDIA)
FLAT = table(rate=Fraction(26_000, 1_000_000), bv=BvRate(10_000, 1_000))


@pytest.mark.parametrize(
    ("rsp", "cash", "bv", "stays"),
    [
        (0, 0, 0, 0),
        (59, 540_83, 0, 59),
        (60, 550_00, 20, 0),
        (90, 825_00, 20, 30),
        (120, 1_100_00, 40, 0),
        (180, 1_650_00, 60, 0),
        (300, 3_300_00, 160, 0),
        (600, 8_250_00, 420, 0),
        (719, 9_340_83, 440, 59),
        (900, 11_550_00, 580, 0),
        (1000, 16_500_00, 900, 0),
        (1400, 20_716_67, 1080, 40),
        (3660, 58_300_00, 3140, 0),
    ],
)
def test_tiers(rsp: int, cash: int, bv: int, stays: int) -> None:
    in_cash, in_bv = (quote(TIERS, rsp * 100, target) for target in Target)

    assert (in_cash.cash, in_cash.bv, in_cash.stays) == (cash, 0, 0)
    assert (in_bv.cash, in_bv.bv, in_bv.stays) == (0, bv * 100, stays * 100)


@pytest.mark.parametrize(
    ("rsp", "cash"),
    [(1_000_000, 260_00), (190_000, 49_40), (25_000, 6_50), (100, 3), (50, 1), (19, 0), (20, 1)],
)
def test_flat_rate(rsp: int, cash: int) -> None:
    assert quote(FLAT, rsp).cash == cash


def test_flat_bv() -> None:
    assert quote(FLAT, 12_345, Target.BV).bv == 1_235  # 1,234.5, away from nought
    too_few = quote(FLAT, 4, Target.BV)
    assert (too_few.bv, too_few.points) == (0, 0)


def test_rest_of_a_conversion_to_bv_may_be_paid() -> None:
    paid = quote(table(*INDIA, rest="cash"), 9_000, Target.BV)

    assert (paid.points, paid.bv, paid.cash, paid.rest) == (9_000, 2_000, 275_00, 3_000)
    assert quote(table(*INDIA, rest="cash"), 5_900, Target.BV).points == 0


def test_lumps_without_bv_buy_none() -> None:
    assert quote(table((60, 550, None)), 12_000, Target.BV).bv == 0


def test_single_lump_is_taken_once() -> None:
    once = table(*INDIA, decomposition="single_lump")

    assert quote(once, 140_000).cash == 20_166_67
    assert quote(once, 140_000, Target.BV).bv == 90_000
    assert quote(once, 5_900).cash == 540_83
    assert next_lump(once.bank, 140_000) is None
    assert waiting(once, 140_000) is None


@pytest.mark.parametrize(
    ("rsp", "lump", "more", "extra", "gain", "extra_bv"),
    [
        (0, 60, 60, 550_00, 0, 20),
        (59, 60, 1, 9_17, 0, 20),
        (60, 120, 60, 550_00, 0, 20),
        (90, 120, 30, 275_00, 0, 20),
        (120, 300, 180, 2_200_00, 550_00, 120),
        (900, 1000, 100, 4_950_00, 4_033_33, 320),
        (1000, 60, 60, 550_00, 0, 20),
        (1400, 600, 200, 4_033_33, 2_200_00, 240),
        (1999, 1000, 1, 4_042_50, 4_033_33, 300),
    ],
)
def test_waiting(rsp: int, lump: int, more: int, extra: int, gain: int, extra_bv: int) -> None:
    found = waiting(TIERS, rsp * 100)

    assert found is not None
    assert (found.tier.points, found.more) == (lump * 100, more * 100)
    assert found.cash == quote(TIERS, (rsp + more) * 100).cash
    assert (found.extra, found.gain) == (extra, gain)
    assert found.extra_bv == extra_bv * 100


def test_waiting_for_what_pays() -> None:
    better = better_waiting(TIERS, 9_000)

    assert better is not None
    assert (better.tier.points, better.more, better.gain) == (30_000, 21_000, 550_00)
    assert better_waiting(TIERS, 100_000) is None
    assert waiting(FLAT, 9_000) is None
    assert better_waiting(FLAT, 9_000) is None


def test_points_below_nought_are_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="never negative"):
        decompose(TIERS.bank, -1)


def test_a_plan_without_a_bank_has_no_table() -> None:
    with pytest.raises(NoBankError):
        table_of(plan_of(points(4)))


def test_a_plans_table() -> None:
    plan = plan_of(
        points(4), rsp_cash_rate={"points": "10000", "pays": "260.00"}, rsp_bank={}, rounding="down"
    )

    found = table_of(plan)

    assert (found.cash_rate, found.rounding) == (Fraction(26, 1000), "down")
    assert quote(found, 99_999).cash == 25_99


# -- properties -----------------------------------------------------------------------------------

lumps = st.lists(
    st.tuples(st.integers(1, 10**7), st.integers(0, 10**9), st.integers(0, 10**8)),
    min_size=1,
    max_size=8,
    unique_by=lambda lump: lump[0],
).map(lambda found: tuple(Tier(*lump) for lump in sorted(found)))
amounts = st.integers(0, 10**12)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    bank = RspBank(
        pending_days=14,
        expires_after_months=24,
        at_expiry="cash",
        tiers=draw(lumps),
        bv=None,
        rest=draw(st.sampled_from(["bank", "cash"])),
        decomposition=draw(st.sampled_from(["greedy", "single_lump"])),
        least_points=1,
    )
    return Table(bank, None, draw(st.sampled_from(ROUNDINGS)))


@given(tables(), amounts)
def test_lumps_and_rest_are_all_points(found: Table, asked: int) -> None:
    taken, rest = decompose(found.bank, asked)

    assert sum(lump.points for lump in taken) + rest == asked
    assert rest >= 0
    if found.bank.decomposition == "greedy":
        assert rest < found.bank.tiers[0].points
    assert [lump.tier.points for lump in taken] == sorted(
        (lump.tier.points for lump in taken), reverse=True
    )


MODES = {
    "half_away_from_zero": ROUND_HALF_UP,
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "down": ROUND_DOWN,
}


@given(tables(), amounts)
@settings(max_examples=300)
def test_the_slow_way_finds_the_same(found: Table, asked: int) -> None:
    """Lump by lump, and the rest by ``Decimal``."""
    left, cash, bv, once = asked, 0, 0, found.bank.decomposition == "single_lump"
    for tier in sorted(found.bank.tiers, key=lambda tier: -tier.points):
        count = min(left // tier.points, 1 if once else left)
        cash += count * tier.cash
        bv += count * (tier.bv or 0)
        left -= count * tier.points
        if count and once:
            break
    smallest = min(found.bank.tiers, key=lambda tier: tier.points)
    exact = Fraction(left * smallest.cash, smallest.points)
    whole, rest = divmod(exact.numerator, exact.denominator)
    tie = Decimal(whole) + (Decimal("0.5") if rest * 2 == exact.denominator else Decimal(0))
    if rest * 2 != exact.denominator and found.rounding != "down":
        tie += Decimal("0.6") if rest * 2 > exact.denominator else Decimal(0)
    cash += int(tie.quantize(Decimal(1), rounding=MODES[found.rounding]))

    assert quote(found, asked).cash == cash
    in_bv = quote(found, asked, Target.BV)
    assert in_bv.bv == bv
    assert in_bv.points + in_bv.stays == asked


@given(tables(), amounts)
def test_waiting_is_what_the_two_quotes_differ_by(found: Table, asked: int) -> None:
    wait = waiting(found, asked)

    if wait is not None:
        assert wait.more > 0
        assert wait.extra == quote(found, asked + wait.more).cash - quote(found, asked).cash
        assert wait.gain == wait.extra - quote(found, wait.more).cash


@given(st.integers(1, 10**9), st.integers(0, 10**12), amounts, amounts)
def test_a_flat_rate_pays_in_proportion(lump: int, pays: int, one: int, other: int) -> None:
    flat = table(rate=Fraction(pays, lump))

    apart = quote(flat, one).cash + quote(flat, other).cash
    assert abs(quote(flat, one + other).cash - apart) <= 1
