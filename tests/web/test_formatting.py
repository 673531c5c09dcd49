"""Amounts, points and rates as text: exact, in the language of the page."""

from datetime import date
from fractions import Fraction

import pytest
from django.template import Context, Template
from django.utils import translation

from representatives import formatting
from representatives.templatetags import perennial


@pytest.mark.parametrize(
    ("minor", "currency", "language", "text"),
    [
        (21831, "EUR", "en", "€218.31"),
        (-125, "EUR", "en", "−€1.25"),
        (0, "EUR", "en", "€0.00"),
        (123456789, "EUR", "en", "€1,234,567.89"),
        (20674, "EUR", "pl", "206,74\u00a0€"),
        (20674, "PLN", "pl", "206,74\u00a0zł"),
        (123456, "PLN", "pl", "1234,56\u00a0zł"),
        (1234567, "PLN", "pl", "12\u00a0345,67\u00a0zł"),
        (500, "JPY", "en", "¥500"),
        (5, "CHF", "en", "CHF\u00a00.05"),
        (9_007_199_254_740_993, "EUR", "en", "€90,071,992,547,409.93"),
    ],
)
def test_money_is_written_exactly(minor: int, currency: str, language: str, text: str) -> None:
    assert formatting.money(minor, currency, language) == text


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        (228000, "en", "2,280"),
        (228000, "pl", "2280"),
        (1248000, "pl", "12\u00a0480"),
        (1250, "en", "12.50"),
        (-2000, "en", "−20"),
        (-5, "en", "−0.05"),
        (0, "en", "0"),
    ],
)
def test_hundredths_show_places_only_when_needed(value: int, language: str, text: str) -> None:
    assert formatting.hundredths(value, language) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (Fraction(1, 20), "5%"),
        (Fraction(1, 40), "2.5%"),
        (Fraction(1, 3), "1/3"),
        (Fraction(1), "100%"),
        (Fraction(-1, 20), "−5%"),
    ],
)
def test_rates_stay_exact(rate: Fraction, text: str) -> None:
    assert formatting.percent(rate) == text


@pytest.mark.parametrize(
    ("part", "whole", "width"),
    [(3253, 4000, "81.3%"), (0, 4, "0%"), (5, 4, "100.0%"), (-1, 4, "0%"), (1, 0, "0%")],
)
def test_share_is_a_width(part: int, whole: int, width: str) -> None:
    assert perennial.share(part, whole) == width


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Marta Wrona", "MW"), ("Ewa", "Ew"), ("", "·"), (None, "·"), ("marta@example.org", "Ma")],
)
def test_initials_stand_for_a_name(name: str | None, letters: str) -> None:
    assert perennial.initials(name) == letters


@pytest.mark.parametrize(
    ("language", "form", "text"),
    [
        ("en", "j M Y", "2 Jan 2017"),
        ("pl", "j M Y", "2 sty 2017"),
        ("pl", "j M", "2 sty"),
        ("en", "l j E Y", "Monday 2 January 2017"),
        ("pl", "l j E Y", "poniedziałek, 2 stycznia 2017"),
        ("pl", "j E Y", "2 stycznia 2017"),
        ("en", "j E Y", "2 January 2017"),
        ("pl", "F Y", "styczeń 2017"),
        ("pl", "DATE_FORMAT", "2 stycznia 2017"),
        ("en", "DATE_FORMAT", "2 January 2017"),
        ("pl", "SHORT_DATE_FORMAT", "2 sty 2017"),
    ],
)
def test_days_are_written_in_the_language_of_the_page(language: str, form: str, text: str) -> None:
    template = Template("{% load perennial %}{{ day|date:form }}")
    with translation.override(language):
        assert template.render(Context({"day": date(2017, 1, 2), "form": form})) == text
