"""Statement lines and the people behind one, written straight: they are most of their pages.

The frames around them are templates. Names and notes are escaped.
"""

from __future__ import annotations

from fractions import Fraction
from html import escape
from typing import Any
from urllib.parse import quote

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from compensation.selectors_pages.parts import Page
from compensation.selectors_pages.statement import Line
from representatives import formatting

register = template.Library()

VOLUMES = {"BV": " bv", "RSP": " rsp"}


@register.simple_tag
def part_rows(sellers: Page, line: Line, label: str, currency: str) -> SafeString:
    """Return a row for each of them: name, base, amount, and where the orders open."""
    write = _Writer(line, label, currency)
    return mark_safe("".join(write.row(row) for row in sellers.rows))  # noqa: S308 - escaped there


class _Writer:
    """Writes the rows of one line; what is the same in all is made once."""

    def __init__(self, line: Line, label: str, currency: str) -> None:
        self.line = line
        self.currency = currency
        self.language = get_language()
        self.css = f"n{VOLUMES.get(line.unit, '')}"
        self.address = escape(reverse("compensation:statement_line", args=[label, line.key]))
        self.id = escape(f"orders-{line.key}-")
        self.loading = escape(_("Loading…"))

    def row(self, row: dict[str, Any]) -> str:
        """Return one person."""
        name = escape(row["name"])
        figures = (
            f'<span class="{self.css}">{self.base(row["base"])}</span>'
            f'<span class="n">{self.amount(row["amount"])}</span>'
        )
        if not row["code"]:
            css = "" if row.get("is_line") else ' class="muted"'
            return f'<div class="part"><span></span><span{css}>{name}</span>{figures}</div>'
        note = f" <small>{escape(row['note'])}</small>" if row["note"] else ""
        orders = f"{self.id}{escape(row['code'])}"
        address = f"{self.address}{quote(row['code'])}/"
        return (
            f'<a class="part" href="{address}" aria-expanded="false" aria-controls="{orders}"'
            f' data-disclosure hx-get="{address}" hx-trigger="click once" hx-target="#{orders}"'
            ' hx-swap="innerHTML"><i class="bi bi-chevron-right tw" aria-hidden="true"></i>'
            f"<span>{name}{note}</span>{figures}</a>\n"
            f'<div class="orders" id="{orders}" hidden>'
            f'<p class="why" role="status">{self.loading}</p></div>'
        )

    def base(self, value: int) -> str:
        """Return a base in the line's unit, as ``compensation/_base.html`` has it."""
        if self.line.unit == "net":
            return formatting.plain_money(value, self.currency, self.language)
        if self.line.unit in ("orders", "times"):
            return formatting.whole(value, self.language)
        return formatting.hundredths(value, self.language)

    def amount(self, value: int) -> str:
        """Return what somebody has of an amount of money; points are the base already."""
        if not self.line.is_money:
            return ""
        return formatting.plain_money(value, self.currency, self.language)


@register.simple_tag
def statement_line(line: Line, label: str, currency: str) -> SafeString:
    """Return a line of the statement that opens to its parts."""
    language = get_language()
    key = escape(line.key)
    address = escape(reverse("compensation:statement_line", args=[label, line.key]))
    css = "" if line.is_money else " rsp"
    show = formatting.money if line.is_money else _without_currency
    html = (
        f'<a class="line" href="{address}" aria-expanded="false" aria-controls="parts-{key}"'
        f' data-disclosure hx-get="{address}" hx-trigger="click once" hx-target="#parts-{key}"'
        ' hx-swap="innerHTML"><i class="bi bi-chevron-right tw" aria-hidden="true"></i>'
        f'<span class="name">{escape(line.name)}<small>{escape(_behind(line, language))}</small>'
        f'</span><span class="n n-base{VOLUMES.get(line.unit, "")}">'
        f"{escape(_base(line, currency, language))}</span>"
        f'<span class="n n-rate">{escape(_rate(line, currency, language))}</span>'
        f'<span class="n amount{css}">{show(line.amount, currency, language)}</span></a>\n'
        f'<div class="parts" id="parts-{key}" hidden>'
        f'<p class="why" role="status">{escape(_("Loading…"))}</p></div>'
    )
    return mark_safe(html)  # noqa: S308 - texts are escaped above


def _without_currency(value: int, _currency: str, language: str | None) -> str:
    return formatting.hundredths(value, language)


def _behind(line: Line, language: str | None) -> str:
    """Say what a line rests on."""
    if line.is_cut:
        return _("what the limit takes off")
    if not line.members:
        return _("from the figures of the month")
    people = {"figure": formatting.whole(line.members, language)}
    if line.is_match:
        text = ngettext(
            "on what %(figure)s person earned", "on what %(figure)s people earned", line.members
        )
        return text % people
    orders = {"figure": formatting.whole(line.sales, language)}
    sellers = ngettext("%(figure)s seller", "%(figure)s sellers", line.members) % people
    sold = ngettext("%(figure)s order", "%(figure)s orders", line.sales) % orders
    return f"{sellers}, {sold}"


def _base(line: Line, currency: str, language: str | None) -> str:
    if not line.is_money:
        return ""
    if line.unit == "net":
        return formatting.money(line.base, currency, language)
    if line.unit in ("orders", "times"):
        return formatting.whole(line.base, language)
    return f"{formatting.hundredths(line.base, language)} {line.unit}"


def _rate(line: Line, currency: str, language: str | None) -> str:
    if not line.is_money:
        return ""
    if line.unit in ("orders", "times"):
        return f"× {formatting.money(line.each, currency, language)}"
    return formatting.percent(Fraction(*line.rate), language)
