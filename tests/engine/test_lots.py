"""Lots of points: oldest first, conserved, whatever the order of rows. docs/plan/rsp-bank.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation.engine.lots import (
    Bank,
    Credit,
    Debit,
    Source,
    State,
    Use,
    left_of_lots,
    settle,
)

NOW = datetime(2017, 6, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def credit(month: str, points: int, source: Source = Source.OWN, **at: datetime) -> Credit:
    return Credit(
        month=month,
        source=source,
        points=points,
        active_at=at.get("active_at", NOW - DAY),
        expires_at=at.get("expires_at", NOW + 100 * DAY),
    )


def debit(use: Use, points: int, order: int = 0) -> Debit:
    return Debit(use, points, order)


def lefts(bank: Bank) -> list[int]:
    return [lot.left for lot in bank.lots]


def test_oldest_first_and_own_before_downline() -> None:
    credits = [
        credit("2017-02", 70),
        credit("2017-01", 50, Source.DOWNLINE),
        credit("2017-01", 30, Source.CORRECTION),
        credit("2017-01", 20),
    ]

    bank = settle(credits, [debit(Use.CONVERTED, 60)], now=NOW)

    assert [(lot.month, lot.source) for lot in bank.lots] == [
        ("2017-01", Source.OWN),
        ("2017-01", Source.DOWNLINE),
        ("2017-01", Source.CORRECTION),
        ("2017-02", Source.OWN),
    ]
    assert lefts(bank) == [0, 10, 30, 70]
    assert bank.active == bank.balance == 110


def test_each_lot_says_what_took_its_points() -> None:
    debits = [
        debit(Use.CONVERTED, 15, 1),
        debit(Use.RETURNED, 10, 2),
        debit(Use.EXPIRED, 5, 3),
        debit(Use.CONVERTED, 20, 4),
    ]

    bank = settle([credit("2017-01", 30), credit("2017-02", 40)], debits, now=NOW)

    assert [(lot.converted, lot.returned, lot.expired, lot.left) for lot in bank.lots] == [
        (15, 10, 5, 0),
        (20, 0, 0, 20),
    ]
    assert (bank.converted, bank.returned, bank.expired) == (35, 10, 5)


@pytest.mark.parametrize(
    ("active_in", "expires_in", "state"),
    [
        (1, 100, State.PENDING),
        (0, 100, State.ACTIVE),
        (-1, 1, State.ACTIVE),
        (-1, 0, State.EXPIRED),
        (-2, -1, State.EXPIRED),
    ],
)
def test_states_turn_at_their_instants(active_in: int, expires_in: int, state: State) -> None:
    tick = timedelta(microseconds=1)
    one = credit(
        "2017-01", 10, active_at=NOW + active_in * tick, expires_at=NOW + expires_in * tick
    )

    (lot,) = settle([one], [], now=NOW).lots

    assert lot.state is state


def test_a_lot_used_up_has_no_other_state() -> None:
    for expires in (NOW - DAY, NOW + DAY):
        (lot,) = settle(
            [credit("2017-01", 10, expires_at=expires)], [debit(Use.EXPIRED, 10)], now=NOW
        ).lots
        assert lot.state is State.USED


def test_the_four_sums() -> None:
    credits = [
        credit("2016-01", 5, expires_at=NOW),
        credit("2017-01", 20),
        credit("2017-05", 40, active_at=NOW + DAY),
    ]

    bank = settle(credits, [], now=NOW)

    assert (bank.overdue, bank.active, bank.pending, bank.balance) == (5, 20, 40, 65)


def test_more_taken_than_credited_is_owed() -> None:
    bank = settle([credit("2017-01", 10)], [debit(Use.RETURNED, 25)], now=NOW)
    later = settle(
        [credit("2017-01", 10), credit("2017-02", 40)], [debit(Use.RETURNED, 25)], now=NOW
    )

    assert (bank.balance, bank.owed, bank.active) == (-15, 15, 0)
    assert lefts(later) == [0, 25]
    assert later.owed == 0


def test_nothing_at_all() -> None:
    bank = settle([], [], now=NOW)

    assert (bank.lots, bank.balance, bank.next_expiry) == ((), 0, None)
    assert settle([], [debit(Use.RETURNED, 5)], now=NOW).owed == 5


def test_the_next_expiry_is_that_of_the_first_lot_with_something_left() -> None:
    near, far = NOW + DAY, NOW + 9 * DAY
    bank = settle(
        [
            credit("2017-01", 10, expires_at=NOW),
            credit("2017-02", 10, expires_at=near),
            credit("2017-02", 7, Source.DOWNLINE, expires_at=near),
            credit("2017-03", 10, expires_at=far),
        ],
        [debit(Use.CONVERTED, 13)],
        now=NOW,
    )

    assert bank.next_expiry is not None
    assert (bank.next_expiry.month, bank.next_expiry.expires_at) == ("2017-02", near)
    assert bank.expiring_with(bank.next_expiry) == 14


@pytest.mark.parametrize(
    ("credits", "debits"),
    [([credit("2017-01", -1)], []), ([], [debit(Use.CONVERTED, -1)])],
)
def test_negative_numbers_are_a_fault_of_the_caller(
    credits: list[Credit], debits: list[Debit]
) -> None:
    with pytest.raises(ValueError, match="never negative"):
        settle(credits, debits, now=NOW)


# -- properties -----------------------------------------------------------------------------------

months = st.integers(1, 30).map(lambda number: f"{2015 + number // 12}-{number % 12 + 1:02d}")
many_credits = st.lists(
    st.builds(
        credit,
        months,
        st.integers(0, 10**9),
        st.sampled_from(Source),
        active_at=st.sampled_from([NOW - DAY, NOW, NOW + DAY]),
        expires_at=st.sampled_from([NOW, NOW + 2 * DAY]),
    ),
    max_size=40,
    unique_by=lambda one: (one.month, one.source),
)
many_debits = st.lists(st.tuples(st.sampled_from(Use), st.integers(0, 10**9)), max_size=40).map(
    lambda found: [Debit(use, points, order) for order, (use, points) in enumerate(found)]
)


@given(many_credits, many_debits)
def test_points_are_conserved(credits: list[Credit], debits: list[Debit]) -> None:
    bank = settle(credits, debits, now=NOW)

    for lot in bank.lots:
        assert lot.left + lot.converted + lot.expired + lot.returned == lot.points
        assert min(lot.left, lot.converted, lot.expired, lot.returned) >= 0
    credited, taken = sum(one.points for one in credits), sum(one.points for one in debits)
    assert bank.balance == credited - taken
    assert sum(lefts(bank)) == max(credited - taken, 0)
    assert bank.owed == max(taken - credited, 0)
    assert bank.pending + bank.active + bank.overdue == sum(lefts(bank))


@given(many_credits, many_debits, st.randoms())
def test_the_order_of_rows_does_not_matter(
    credits: list[Credit], debits: list[Debit], chance: object
) -> None:
    before = settle(credits, debits, now=NOW)
    shuffled_credits, shuffled_debits = list(credits), list(debits)
    chance.shuffle(shuffled_credits)  # type: ignore[attr-defined]
    chance.shuffle(shuffled_debits)  # type: ignore[attr-defined]

    assert settle(shuffled_credits, shuffled_debits, now=NOW) == before


@given(many_credits, many_debits)
def test_what_is_left_does_not_hang_on_when_it_was_taken(
    credits: list[Credit], debits: list[Debit]
) -> None:
    once = [Debit(Use.CONVERTED, sum(one.points for one in debits), 0)]

    assert lefts(settle(credits, debits, now=NOW)) == lefts(settle(credits, once, now=NOW))


@given(many_credits, many_debits)
def test_no_lot_is_touched_before_an_older_one_is_used_up(
    credits: list[Credit], debits: list[Debit]
) -> None:
    lots = settle(credits, debits, now=NOW).lots
    touched = [lot for lot in lots if lot.left < lot.points]

    for lot in lots:
        if touched and (lot.month, lot.source) < (touched[-1].month, touched[-1].source):
            older = lots.index(lot) < lots.index(touched[-1])
            assert not older or lot.left == 0


@given(st.lists(st.tuples(many_credits, st.integers(0, 10**10)), max_size=6), st.randoms())
def test_many_people_at_once_are_each_alone(
    people: list[tuple[list[Credit], int]], chance: object
) -> None:
    order = sorted(Source, key=list(Source).index)
    rows = [
        (who, one.month, order.index(one.source), one.points)
        for who, (credits, _) in enumerate(people)
        for one in credits
    ]
    chance.shuffle(rows)  # type: ignore[attr-defined]
    labels = sorted({(month, source) for _, month, source, _ in rows})
    owner, month, points = (
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([labels.index((row[1], row[2])) for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=np.int64),
    )
    consumed = np.array([taken for _, taken in people], dtype=np.int64)

    left = left_of_lots(owner, month, points, consumed)

    for who, (credits, taken) in enumerate(people):
        alone = settle(credits, [Debit(Use.CONVERTED, taken, 0)], now=NOW)
        mine = {
            (row[1], row[2]): int(rest)
            for row, rest in zip(rows, left, strict=True)
            if row[0] == who
        }
        assert mine == {(lot.month, order.index(lot.source)): lot.left for lot in alone.lots}
