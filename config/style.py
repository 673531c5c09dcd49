"""The living style page: every component in every state, drawn by the templates that pages use.

Staff look here before they ask for a new one, and see at once what a change of a token does.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from compensation.selectors_pages import pictures
from representatives.terms import TERMS
from representatives.views_shared import staff_only
from sales.desk import ranges
from sales.desk import words as desk_words

COLOURS = {
    gettext_lazy("Ground"): ("paper", "surface", "sunken", "line", "line-strong"),
    gettext_lazy("Ink"): ("ink", "ink-2", "ink-3"),
    gettext_lazy("Olive"): ("olive", "olive-hover", "on-olive", "olive-soft", "olive-edge"),
    gettext_lazy("Repeat sales points"): (
        *("rsp", "rsp-soft", "rsp-1", "rsp-2", "rsp-3", "rsp-4", "rsp-5"),
    ),
    gettext_lazy("Business volume"): ("bv", "bv-soft", "bv-2"),
    gettext_lazy("Signals"): ("attention", "soon", "good", "quiet", "focus"),
}
SIZES = ("3xl", "2xl", "xl", "lg", "md", "sm", "xs", "2xs")


class _SampleForm(forms.Form):
    """Fields as pages show them; bound to nothing, so that each has its error."""

    name = forms.CharField(label=gettext_lazy("Name"))
    month = forms.ChoiceField(
        label=gettext_lazy("Month"),
        choices=[("1", gettext_lazy("This month")), ("2", gettext_lazy("Last month"))],
        required=False,
        help_text=gettext_lazy("A help text says why it is asked for."),
    )
    agreed = forms.BooleanField(label=gettext_lazy("I have read it"))


@staff_only
@require_safe
def style_page(request: HttpRequest) -> HttpResponse:
    """Show every component in every state."""
    return render(request, "staff/style.html", _samples())


def _requirement(name: str, now: str, need: str, width: str, **more: Any) -> dict[str, Any]:
    row = {"name": name, "current": now, "required": need, "width": width, "is_met": False}
    return row | {"colour": "", "note": "", "bought": ""} | more


def _ranges() -> list[tuple[str, str, Any]]:
    """Return the bars of expected days, one of each kind, with their names and dates in words."""
    today = date(2017, 11, 21)
    kinds = [
        (_("Overdue"), "overdue", date(2017, 11, 9), date(2017, 11, 14)),
        (_("Due now"), "due", date(2017, 11, 19), date(2017, 11, 23)),
        (_("On rhythm"), "on_time", date(2017, 11, 26), date(2017, 11, 29)),
        (_("Gone quiet"), "quiet", date(2017, 8, 1), date(2017, 8, 5)),
    ]
    bars = []
    for name, status, first, last in kinds:
        span = desk_words.days(first, last, today=today)
        bar = ranges.draw(first, last, today=today, status=status, label=span)
        bars.append((name, span, bar))
    return bars


def _samples() -> dict[str, Any]:
    months = ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]
    volumes = [241_000, 265_500, 259_000, 317_200, 341_800, 325_300]
    bars = [(name, value, name == "Nov") for name, value in zip(months, volumes, strict=True)]
    own = [(name, value // 20, is_now) for name, value, is_now in bars]
    return {
        "colours": COLOURS,
        "sizes": SIZES,
        "terms": sorted(TERMS),
        "as_of": datetime(2017, 11, 20, 18, 0, tzinfo=UTC),
        "rings": pictures.rings(
            [(12_500, 1), (39_500, 12), (65_500, 17), (66_000, 21), (44_500, 20)]
        ),
        "bars": pictures.bars(bars),
        "bars_with_test": pictures.bars(own, test=6_000),
        "ruler": pictures.ruler(21, 30),
        "rate": Fraction(2, 25),
        "requirements": [
            _requirement(_("Active directs"), "4", "5", "80%", note=_("1 person to go")),
            _requirement(_("Group BV"), "3,253", "4,000", "81.3%", colour="bv"),
            _requirement(_("RSP"), "2,280", "2,500", "91.2%", colour="rsp"),
            _requirement(_("Personal BV"), "164", "100", "100%", is_met=True),
        ],
        "states": [
            {"kind": "ok", "text": _("Active"), "width": ""},
            {"kind": "due", "text": _("5 BV short"), "width": "91%"},
            {"kind": "call", "text": _("42 BV short"), "width": "30%"},
            {"kind": "quiet", "text": _("No sale yet"), "width": ""},
        ],
        "page": {
            "has_previous": True,
            "has_next": True,
            "previous_number": 1,
            "next_number": 3,
        },
        "ranges": _ranges(),
        "form": _SampleForm({}),
    }
