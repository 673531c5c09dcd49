"""What some orders more would bring a representative this month, as the page shows it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from compensation.comparing.what_if_own import Own, OwnEffect
from compensation.engine.plan import Plan
from compensation.explaining import words
from compensation.explaining.rank_card import rows_of, weakest_first
from compensation.needs import Needs
from compensation.selectors_pages import plans
from representatives import formatting


def describe(effect: OwnEffect, plan: Plan) -> dict[str, Any]:
    """Return before and after of money, points, volumes, activity and rank, in words."""
    before, after = effect.before, effect.after
    ladder = plan.ranks.ladder
    target = min(after.title_rank + 1, len(ladder) - 1)
    language = get_language()
    return {
        "effect": effect,
        "gross": sum(quote.gross_minor for quote in effect.quotes),
        "margin": sum(quote.margin_minor for quote in effect.quotes),
        "bv": sum(quote.bv for quote in effect.quotes),
        "rsp": sum(quote.rsp for quote in effect.quotes),
        "count": len(effect.quotes),
        "gain": after.money - before.money,
        "gained_points": after.points - before.points,
        "components": _components(effect, plan),
        "figures": _figures(before, after, plan),
        "titles": (ladder[before.title_rank].name, ladder[after.title_rank].name),
        "pays": (ladder[before.pay_rank].name, ladder[after.pay_rank].name),
        "target": ladder[target].name,
        "is_top": after.title_rank == len(ladder) - 1,
        "rows": [
            plans.requirement_row(row, plan, language)
            for row in weakest_first(rows_of(ladder[target].requires, after.figures))
        ],
        "left_out": [words.source_name(plan, index) for index in effect.left_out],
    }


def _components(effect: OwnEffect, plan: Plan) -> list[dict[str, Any]]:
    cut = effect.plan
    count = len(cut.components) + len(cut.caps)
    rows = []
    for index in range(count):
        key = cut.statement_id(index)
        before = effect.before.components.get(key, 0)
        after = effect.after.components.get(key, 0)
        if before or after:
            rows.append(
                {
                    "name": words.source_name(cut, index),
                    "before": before,
                    "after": after,
                    "change": signed(after - before, cut.currency),
                }
            )
    return rows


def signed(minor: int, currency: str) -> str:
    """Return a change of money with its sign."""
    text = formatting.money(minor, currency, get_language())
    return f"+{text}" if minor > 0 else text


def _figures(before: Own, after: Own, plan: Plan) -> list[dict[str, Any]]:
    """Return the figures that change, each with its unit.

    Customers are counted only for a plan that asks for them: without, nobody knows who bought.
    """
    measured = ["personal_bv", "group_bv", "rsp_total"]
    if Needs.of(plan).customer:
        measured.append("retail_customers")
    found: list[dict[str, Any]] = [
        {
            "name": words.measure_name(name, plan),
            "before": words.with_unit(name, before.figures.get(name, 0)),
            "after": words.with_unit(name, after.figures.get(name, 0)),
        }
        for name in measured
        if before.figures.get(name, 0) != after.figures.get(name, 0)
    ]
    if before.active != after.active:
        found.insert(
            0, {"name": _("Active"), "before": _yes(before.active), "after": _yes(after.active)}
        )
    return found


def _yes(value: bool) -> str:
    return _("yes") if value else _("no")
