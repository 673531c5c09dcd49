"""A statement made up of everything that a paper can say, for tests of its forms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from compensation.statements.content import (
    Addressee,
    Balance,
    Correction,
    Group,
    Line,
    Movement,
    Plan,
    Source,
    Statement,
)

LEVELS = Source("level_percent", "levels", on="bv")
POINTS = Source("rsp_points", "rsp")
RANK = Source("rank_bonus", "rank_reward")
FIRST = Source("flat_bonus", "welcome")
CAP = Source("cap", "most_a_month", scope="person")
REASON = "The order 10442 was entered under another seller; two people looked at it."


def line(source: Source, level: int, amount: int, **stated: object) -> Line:
    """A line with seven sellers and 21 orders unless told otherwise."""
    plain = Line(
        source=source,
        level=level,
        rank="",
        is_money=True,
        base=48_600,
        base_unit="BV",
        rate=(5, 100),
        amount=amount,
        members=7,
        sales=21,
    )
    return replace(plain, **stated)  # type: ignore[arg-type]


def whole_statement(levels: int = 4) -> Statement:
    """March 2017 of somebody with lines of many kinds, returns, an adjustment and a payout."""
    money = (
        Group(LEVELS, tuple(line(LEVELS, 1 + n % 9, 2_430 + 5 * n) for n in range(levels))),
        Group(
            RANK,
            (line(RANK, 2, 4_000, rank="Silver", base=1, base_unit="times", rate=(4_000, 1)),),
        ),
        Group(FIRST, (line(FIRST, 0, 1_500, base=3, base_unit="orders", rate=(500, 1)),)),
        Group(CAP, (line(CAP, 0, -250, base=9_000, base_unit="net", rate=(1, 36)),)),
    )
    points = (
        Group(
            POINTS,
            tuple(
                line(POINTS, n, 38_000 - 1_000 * n, is_money=False, base_unit="RSP", rate=(1, 1))
                for n in range(5)
            ),
        ),
    )
    corrections = (
        Correction("reversal", True, -125, date(2017, 3, 9), "10388", date(2017, 2, 11)),
        Correction("reversal", False, -2_000, date(2017, 3, 9), "10388", date(2017, 2, 11)),
        Correction("adjustment", True, 1_250, date(2017, 3, 20), reason=REASON),
    )
    movements = (
        Movement("reserve", date(2017, 3, 15), -20_000, 0),
        Movement("conversion", date(2017, 3, 18), 2_600, -100_000),
        Movement("conversion", date(2017, 3, 19), 0, -12_000),
    )
    made = Statement(
        edition=1,
        number="2017-03-4K7QX2M9ZTB0C",
        company="Lindgrove",
        addressee=Addressee("Independent Representative", "Łucja Żółkiewska", "4K7QX2M9ZTB0C"),
        first_day=date(2017, 3, 1),
        last_day=date(2017, 3, 31),
        posted_on=date(2017, 4, 4),
        posted_at="20170404101500",
        plan=Plan("four-levels", "RSP on four levels", date(2017, 1, 1), "3f2a91bc77d0e1aa"),
        currency="EUR",
        rank="Silver",
        title="Gold",
        active=True,
        personal_bv=6_630,
        group_bv=456_000,
        money=money,
        points=points,
        balance=Balance(0, 0, 0, 0),
        corrections=corrections,
        movements=movements,
    )
    return replace(
        made,
        balance=Balance(
            opening_money=21_040,
            opening_points=250_000,
            closing_money=21_040 + made.earned - 17_400,
            closing_points=250_000 + made.credited - 112_000,
        ),
    )
