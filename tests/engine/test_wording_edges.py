"""Numbers, money and requirements in words."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from compensation.engine.requirements import Requirement
from compensation.engine.wording import (
    decimal_text,
    figure_text,
    money_text,
    needs_text,
    percent_text,
    plain_text,
    requirement_text,
)
from tests.engine.worlds import plan_of


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(1, 10), "10 %"),
        (Fraction(1, 200), "0.5 %"),
        (Fraction(1), "100 %"),
        (Fraction(1, 800), "0.125 %"),
        (Fraction(0), "0 %"),
    ],
)
def test_percentages_end_with_their_last_digit(share, text):
    assert percent_text(share) == text


@pytest.mark.parametrize(
    ("number", "text"), [(Fraction(10), "10"), (Fraction(5, 2), "2.5"), (Fraction(100), "100")]
)
def test_plain_numbers_end_with_their_last_digit(number, text):
    assert plain_text(number) == text


def test_money_has_the_digits_of_its_currency():
    plan = plan_of()

    assert money_text(123456, plan) == "1,234.56 EUR"
    assert money_text(5, plan) == "0.05 EUR"
    assert money_text(1234, replace(plan, currency="JPY", currency_digits=0)) == "1,234 JPY"
    assert decimal_text(123450, 2) == "1,234.50"


def test_nothing_is_needed_where_nothing_is_asked():
    assert needs_text(()) == "nothing"
    assert needs_text((Requirement("personal_bv", 100),)).startswith("1 ")


def test_people_are_counted_by_their_kind():
    ranks = ("A", "B")

    assert "who are active" in figure_text("directs:active:1", ranks)
    assert "who is active" in figure_text("legs:active:1", ranks)
    assert "B" in figure_text("directs:rank:1", ranks)
    assert figure_text("directs:rank:2", ranks)
    assert figure_text("legs:group_bv:60000", ranks).endswith("with 600 group BV")
    assert requirement_text(Requirement("active_directs", 2), ranks)
