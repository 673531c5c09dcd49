"""Bars of expected days: one axis, today in the middle, nothing outside of it."""

from __future__ import annotations

import pytest

from sales.desk import ranges, words
from sales.models import Forecast, Product
from tests.sales.desk.conftest import TODAY, day


def test_axis_reaches_as_far_back_as_ahead() -> None:
    first, last = ranges.axis_days(TODAY)

    assert (TODAY - first).days == (last - TODAY).days == 14


def test_late_bar_has_a_tail_up_to_today() -> None:
    bar = ranges.draw(day(-11), day(-6), today=TODAY, status="overdue", label="9 to 14 Mar")

    assert bar is not None
    assert (bar.css, bar.start, bar.width) == ("call", "10.7%", "21.4%")
    assert (bar.late_start, bar.late_width) == ("31.1%", "18.9%")
    assert (bar.label_at, bar.label_end) == ("10.7%", False)


def test_what_lies_before_the_axis_is_drawn_at_its_edge() -> None:
    bar = ranges.draw(day(-60), day(-50), today=TODAY, status="overdue")

    assert bar is not None
    assert (bar.start, bar.width) == ("0.0%", "3.5%")


def test_nothing_is_drawn_of_what_comes_after_the_axis() -> None:
    assert ranges.draw(day(14), day(20), today=TODAY, status="on_time") is None
    assert ranges.draw(day(13), day(20), today=TODAY, status="on_time") is not None


def test_label_that_would_run_over_the_end_is_set_to_it() -> None:
    bar = ranges.draw(day(6), day(9), today=TODAY, status="on_time", label="26 to 29 Mar")

    assert bar is not None
    assert (bar.css, bar.label_at, bar.label_end) == ("ok", "100%", True)
    assert bar.late_width == ""


def test_quiet_customer_has_no_range() -> None:
    bar = ranges.draw(day(-90), day(-80), today=TODAY, status="quiet")

    assert bar is not None
    assert bar.is_quiet


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (-6, -1, "14 to 19 Mar"),
        (-20, 1, "28 Feb to 21 Mar"),
        (3, 3, "23 Mar"),
        (-90, -80, "20 to 30 Dec 2016"),
    ],
)
def test_days_are_told_shortly(first: int, last: int, text: str) -> None:
    assert words.days(day(first), day(last), today=TODAY) == text


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"purchases": 5, "basis": "own"}, "Every 28 to 33 days, from 5 orders"),
        ({"purchases": 5, "basis": "own", "until": 28}, "Every 28 days, from 5 orders"),
        ({"purchases": 2, "basis": "mixed"}, "30-day pack, 2 orders so far"),
        ({"purchases": 9, "basis": "pack"}, "30-day pack, 9 orders so far"),
        ({"purchases": 1, "pack": None}, "No rhythm of its own yet, 1 order so far"),
    ],
)
def test_rhythm_is_the_customers_own_from_three_purchases_on(
    facts: dict[str, object], text: str
) -> None:
    product = Product(name="Greens", pack_days=facts.get("pack", 30))
    one = Forecast(
        product=product,
        purchases=facts["purchases"],
        basis=facts.get("basis", "pack"),
        last_on=day(-28),
        from_on=day(0),
        until_on=day(int(str(facts.get("until", 33))) - 28),
    )

    assert words.rhythm(one) == text


@pytest.mark.parametrize(
    ("counts", "title"),
    [
        ((2, 2, 5), "Two overdue, two due now"),
        ((1, 0, 0), "One overdue"),
        ((0, 12, 0), "12 due now"),
        ((0, 6, 7), "Six due now, seven to look after"),
        ((0, 0, 3), "Three to look after"),
        ((0, 0, 0), "Nobody waits for you today"),
    ],
)
def test_title_is_the_days_work_in_words(counts: tuple[int, int, int], title: str) -> None:
    overdue, due, care = counts

    assert words.days_work(overdue=overdue, due=due, care=care) == title
