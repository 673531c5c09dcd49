"""The people behind a statement line, written straight: fifty of them are most of the page.

The frame around the rows is in ``compensation/_sellers.html``. Names and notes are escaped.
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
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
