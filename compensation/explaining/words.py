"""Figures, rules and reasons in words, in the language of the reader."""

from __future__ import annotations

from fractions import Fraction

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from compensation.engine.branches import Missed
from compensation.engine.figures import (
    BOUGHT,
    TRAILING,
    Counted,
    LegMaximum,
    Windowed,
    figure_of,
)
from compensation.engine.opening import source_of
from compensation.engine.plan import Plan
from compensation.engine.requirements import digits_of
from compensation.engine.types import Reason
from representatives import formatting

MONEY_MEASURES = ("cap", "net")
"""What may be missed that is counted in money."""


def measure_name(measure: str, plan: Plan | None = None) -> str:
    """Return the name of a figure; ``plan`` names ranks that people are counted by."""
    figure = figure_of(measure)
    if isinstance(figure, Windowed):
        return _windowed(figure)
    if isinstance(figure, LegMaximum):
        return _("Group BV, of one leg at most %(most)s") % {
            "most": formatting.hundredths(figure.most, _language())
        }
    if isinstance(figure, Counted):
        return _counted(figure, plan)
    return str(PLAIN_NAMES.get(measure, measure.split(":")[0].replace("_", " ")))


PLAIN_NAMES = {
    "personal_bv": gettext_lazy("Personal BV"),
    "own_bv": gettext_lazy("Own purchases, BV"),
    "window_bv": gettext_lazy("Personal BV of the activity window"),
    "window_rsp": gettext_lazy("Personal RSP of the activity window"),
    "group_bv": gettext_lazy("Group BV"),
    BOUGHT: gettext_lazy("Of which bought with points"),
    "personal_rsp": gettext_lazy("Personal RSP"),
    "rsp_total": gettext_lazy("RSP, own and levels"),
    "active": gettext_lazy("Active"),
    "active_directs": gettext_lazy("Active directs"),
    "direct_count": gettext_lazy("Directs"),
    "retail_customers": gettext_lazy("Customers who bought"),
    "pay_rank": gettext_lazy("Rank paid at"),
    "depth": gettext_lazy("Levels paid"),
    "generation": gettext_lazy("Generations paid"),
    "percent": gettext_lazy("Own percentage"),
    "order_bv": gettext_lazy("BV of the order"),
    "days": gettext_lazy("Days since enrolment"),
    "cap": gettext_lazy("Limit"),
}


def _windowed(figure: Windowed) -> str:
    name = str(PLAIN_NAMES[figure.measure])
    if figure.source != "both":
        whose = {"customers": _("of customers"), "own": _("of own purchases")}[figure.source]
        name = f"{name} {whose}"
    if figure.window == "quarter_to_date":
        return _("%(figure)s, this quarter") % {"figure": name}
    if figure.window.startswith(TRAILING):
        months = int(figure.window.removeprefix(TRAILING))
        return ngettext("%(figure)s, %(count)s month", "%(figure)s, %(count)s months", months) % {
            "figure": name,
            "count": months,
        }
    return name


def _counted(figure: Counted, plan: Plan | None) -> str:
    if figure.measure == "rank":
        names = plan.ranks.names if plan is not None else ()
        rank = names[figure.at_least] if figure.at_least < len(names) else str(figure.at_least)
        text = (
            _("Directs of rank %(rank)s") if figure.what == "directs" else _("Legs with a %(rank)s")
        )
        return text % {"rank": rank}
    condition = {
        "figure": measure_name(figure.measure),
        "least": figure_text(figure.measure, figure.at_least),
    }
    text = (
        _("Directs with %(least)s (%(figure)s)")
        if figure.what == "directs"
        else _("Legs with %(least)s (%(figure)s)")
    )
    return text % condition


def figure_text(measure: str, value: int) -> str:
    """Return a figure of a measure as people read it, without its unit."""
    if digits_of(measure) == 0:
        return formatting.whole(value, _language())
    return formatting.hundredths(value, _language())


def unit_of(measure: str) -> str:
    """Return what a figure is counted in: BV, RSP, or nothing for counts."""
    if digits_of(measure) == 0:
        return ""
    return "RSP" if "rsp" in measure else "BV"


def with_unit(measure: str, value: int) -> str:
    """Return a figure with its unit."""
    unit = unit_of(measure)
    text = figure_text(measure, value)
    return f"{text}\u00a0{unit}" if unit else text


def missed_text(missed: Missed, plan: Plan) -> str:
    """Return what was needed and what was had, in one clause."""
    return _("%(what)s: %(needed)s needed, %(had)s had") % {
        "what": measure_name(missed.measure, plan),
        "needed": _missed_figure(missed.measure, missed.needed, plan),
        "had": _missed_figure(missed.measure, missed.had, plan),
    }


def _missed_figure(measure: str, value: int | Fraction | None, plan: Plan) -> str:
    if value is None:
        return "–"
    if measure == "pay_rank":
        names = plan.ranks.names
        return names[int(value)] if int(value) < len(names) else str(value)
    if measure == "percent":
        return formatting.percent(Fraction(value), _language())
    if measure in MONEY_MEASURES:
        return formatting.money(int(value), plan.currency, _language())
    if measure in ("depth", "generation", "days"):
        return formatting.whole(int(value), _language())
    if measure == "active":
        return _("yes") if value else _("no")
    return with_unit("personal_bv" if measure == "order_bv" else measure, int(value))


def reason_text(reason: Reason) -> str:
    """Return a reason in words."""
    return {
        Reason.PAID: _("Paid"),
        Reason.INACTIVE: _("Not active"),
        Reason.SUSPENDED: _("Suspended"),
        Reason.TERMINATED: _("Terminated"),
        Reason.TOO_DEEP: _("Too deep"),
        Reason.OUTSIDE_WINDOW: _("Outside the days that count"),
        Reason.BELOW_MINIMUM: _("Below what is needed"),
        Reason.CAPPED: _("Paid up to the limit"),
        Reason.BREAKAWAY: _("A leg has broken away"),
        Reason.REFUNDED: _("Returned"),
        Reason.NOT_IN_PERIOD: _("Not in this month"),
        Reason.HELD: _("Held back"),
    }[reason]


def source_name(plan: Plan, index: int) -> str:
    """Return the name of a component or a cap, without a level."""
    source = source_of(plan, index)
    kind = getattr(source, "kind", "cap")
    if kind == "flat_bonus":
        if getattr(source, "trigger", "") == "every_order":
            return _("Bonus for each order")
        return _("Bonus for a first order")
    if kind == "cap":
        return _("Limit %(name)s") % {"name": source.id.replace("_", " ")}
    named = {
        "rsp_points": _("RSP"),
        "level_percent": _("Commission"),
        "retail_profit": _("Retail profit"),
    }
    return named.get(kind) or source.id.replace("_", " ").capitalize()


def names_by_id(plan: Plan) -> dict[str, str]:
    """Return the names of a plan's components and caps by id; two of one name keep the id beside.

    Ids are the plan's own words and are not translated.
    """
    names = {
        source_of(plan, index).id: source_name(plan, index)
        for index in range(len(plan.components) + len(plan.caps))
    }
    known = list(names.values())
    return {
        key: name if known.count(name) == 1 else f"{name} ({key.replace('_', ' ')})"
        for key, name in names.items()
    }


def _language() -> str | None:
    return get_language()
