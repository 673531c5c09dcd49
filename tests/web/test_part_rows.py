"""Rows behind a statement line: what people wrote is escaped, units are the line's."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from compensation.models import Earning
from compensation.selectors_pages.parts import Page
from compensation.selectors_pages.statement import Line
from compensation.templatetags.part_rows import part_rows, statement_line

ROW = {"name": "Ana Silva", "code": "R1", "note": "", "base": 123_450, "amount": 4_938}


def _line(*, unit: str = "BV", is_money: bool = True) -> Line:
    return Line(
        key="1-4-1-25",
        name="Level 4",
        is_money=is_money,
        base=0,
        unit=unit,
        rate=(1, 25),
        amount=0,
        members=1,
        sales=1,
        earning=Earning(),
    )


def _rows(*rows: dict[str, object], line: Line | None = None) -> str:
    page = Page(rows=list(rows), page=1, has_next=False, count=1, base=0, amount=0, adds_up=True)
    return part_rows(page, line or _line(), "2017-11", "EUR")


def test_seller_opens_to_orders() -> None:
    html = _rows(ROW)

    assert 'href="/earnings/2017-11/1-4-1-25/R1/"' in html
    assert 'hx-target="#orders-1-4-1-25-R1"' in html
    assert 'id="orders-1-4-1-25-R1" hidden' in html
    assert '<span class="n bv">1,234.50</span><span class="n">49.38</span>' in html


def test_names_and_notes_are_escaped() -> None:
    html = _rows(ROW | {"name": "<script>alert(1)</script>", "note": '"><img src=x>'})
    masked = _rows(ROW | {"name": "<b>", "code": ""})

    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<img" not in html
    assert '<span class="muted">&lt;b&gt;</span>' in masked
    assert "href" not in masked


@pytest.mark.parametrize(
    ("unit", "is_money", "base", "amount"),
    [
        ("RSP", False, '<span class="n rsp">1,234.50</span>', '<span class="n"></span>'),
        ("net", True, '<span class="n">1,234.50</span>', '<span class="n">49.38</span>'),
        ("orders", True, '<span class="n">123,450</span>', '<span class="n">49.38</span>'),
    ],
)
def test_figures_have_the_unit_of_the_line(
    unit: str, is_money: bool, base: str, amount: str
) -> None:
    assert base + amount in _rows(ROW, line=_line(unit=unit, is_money=is_money))


def test_own_line_of_a_cut_is_not_muted() -> None:
    html = _rows(ROW | {"code": "", "is_line": True})

    assert "<span>Ana Silva</span>" in html


def test_figures_follow_the_language() -> None:
    with translation.override("pl"):
        html = _rows(ROW)

    assert "1234,50" in html
    assert "49,38" in html


def test_statement_line_says_who_is_behind_it() -> None:
    sellers = statement_line(_line(), "2017-11", "EUR")
    with translation.override("pl"):
        polish = statement_line(_line(), "2017-11", "EUR")

    assert 'href="/earnings/2017-11/1-4-1-25/"' in sellers
    assert "1 seller, 1 order" in sellers
    assert '<span class="n n-rate">4%</span>' in sellers
    assert "1 seller" not in polish


def test_name_of_a_statement_line_is_escaped() -> None:
    html = statement_line(replace(_line(), name='<i>"Best"</i>'), "2017-11", "EUR")

    assert "<i>&quot;" not in html
    assert "&lt;i&gt;&quot;Best&quot;&lt;/i&gt;" in html


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"is_cut": True}, "what the limit takes off"),
        ({"members": 0}, "from the figures of the month"),
        ({"is_match": True, "members": 2}, "on what 2 people earned"),
        ({"members": 2, "sales": 1_200}, "2 sellers, 1,200 orders"),
    ],
)
def test_statement_line_without_plain_sellers(changed: dict[str, Any], words: str) -> None:
    assert words in statement_line(replace(_line(), **changed), "2017-11", "EUR")
