"""What a plan version says, in words for the pages."""

from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compensation.engine.components import Component
from compensation.engine.plan import Plan
from compensation.engine.requirements import COUNTED_MEASURES, Requirement
from compensation.models import MemberResult, PlanVersion
from compensation.plans import load_plan
from representatives import formatting


@lru_cache(maxsize=64)
def _plan_of(version_id: int, digest: str) -> Plan:
    return load_plan(PlanVersion.objects.values_list("document", flat=True).get(pk=version_id))


def get_plan(version: PlanVersion) -> Plan:
    """Return the typed plan of a version; a version never changes, so it is parsed once."""
    return _plan_of(version.pk, version.digest)


def measure_name(measure: str) -> str:
    """Return the name of a rank measure."""
    names = {
        "personal_bv": _("Personal BV"),
        "own_bv": _("Own purchases, BV"),
        "window_bv": _("Personal BV of the activity window"),
        "group_bv": _("Group BV"),
        "personal_rsp": _("Personal RSP"),
        "rsp_total": _("RSP, own and levels"),
        "active": _("Active"),
        "active_directs": _("Active directs"),
        "direct_count": _("Directs"),
    }
    return names.get(measure, measure.replace("_", " "))


def _figure(measure: str, value: int, language: str | None) -> str:
    if measure in COUNTED_MEASURES:
        return formatting.whole(value, language)
    return formatting.hundredths(value, language)


def _to_go(measure: str, missing: int, language: str | None) -> str:
    figure = _figure(measure, missing, language)
    if measure in COUNTED_MEASURES:
        return ngettext("%(n)s person to go", "%(n)s people to go", missing) % {"n": figure}
    unit = "RSP" if "rsp" in measure else "BV"
    return _("%(n)s to go") % {"n": f"{figure}\u00a0{unit}"}


def _current(measure: str, member: MemberResult) -> int:
    return int(getattr(member, measure, 0))


def _row(requirement: Requirement, member: MemberResult, language: str | None) -> dict[str, Any]:
    measure, required = requirement.measure, requirement.at_least
    current = _current(measure, member)
    missing = max(required - current, 0)
    return {
        "measure": measure,
        "name": measure_name(measure),
        "current": _figure(measure, current, language),
        "required": _figure(measure, required, language),
        "is_met": missing == 0,
        "width": formatting.width(current, required),
        # Order of weakness: hundredths of a per cent reached, without a float.
        "reached": max(current, 0) * 10_000 // required if required else 10_000,
        "colour": "rsp" if "rsp" in measure else "bv" if measure.endswith("bv") else "",
        "note": _to_go(measure, missing, language) if missing else "",
    }


def rank_progress(plan: Plan, member: MemberResult, language: str | None) -> dict[str, Any]:
    """Return what the next rank needs: rows of requirements, open ones first, weakest on top.

    At the top of the ladder the rows are what keeping the rank needs, and `next` is empty.
    """
    ladder = plan.ranks.ladder
    title = min(max(member.title_rank, 0), len(ladder) - 1)
    pay = min(max(member.pay_rank, 0), len(ladder) - 1)
    at_top = title == len(ladder) - 1
    target = ladder[title] if at_top else ladder[title + 1]
    needed = target.maintains if at_top else target.requires
    rows = [_row(requirement, member, language) for requirement in needed]
    rows.sort(key=lambda row: (row["is_met"], row["reached"]))
    open_rows = [row for row in rows if not row["is_met"]]
    return {
        "title": ladder[title].name,
        "pay": ladder[pay].name,
        "next": "" if at_top else target.name,
        "target": target.name,
        "rows": rows,
        "met_count": len(rows) - len(open_rows),
        "weakest": open_rows[0] if open_rows else None,
        "rose": member.title_rank > member.opening_title,
        "paid_below_title": pay < title,
    }


def component_of(plan: Plan, index: int) -> Component | None:
    """Return a component of the plan by the index that earnings carry."""
    return plan.components[index] if 0 <= index < len(plan.components) else None


def line_name(plan: Plan, component: int, paid_level: int) -> str:
    """Return the name of a statement line, such as "Commission, paid level 1"."""
    found = component_of(plan, component)
    kind = found.kind if found else ""
    level = {"level": paid_level}
    if kind == "rsp_points":
        if paid_level == 0:
            return _("RSP of your own sales")
        return _("RSP, paid level %(level)s") % level
    if kind == "flat_bonus":
        name = _("Bonus for a first order")
        if getattr(found, "trigger", "") == "every_order":
            name = _("Bonus for each order")
        return (
            name
            if paid_level == 0
            else _("%(name)s, paid level %(level)s") % {"name": name, **level}
        )
    if kind == "level_percent":
        if paid_level == 0:
            return _("Commission, own sales")
        return _("Commission, paid level %(level)s") % level
    name = (found.id if found else _("Earning")).replace("_", " ").capitalize()
    return (
        name if paid_level == 0 else _("%(name)s, paid level %(level)s") % {"name": name, **level}
    )


def short_line_name(plan: Plan, component: int, paid_level: int) -> str:
    """Return the name of a line where the card's title already says what it is."""
    found = component_of(plan, component)
    if found is not None and found.kind in ("rsp_points", "level_percent"):
        if paid_level == 0:
            return _("Your own sales")
        return _("Paid level %(level)s") % {"level": paid_level}
    return line_name(plan, component, paid_level)


def base_unit(plan: Plan, component: int) -> str:
    """Return what a line's base is counted in: BV, RSP, net (money) or orders."""
    found = component_of(plan, component)
    kind = found.kind if found else ""
    if kind == "rsp_points":
        return "RSP"
    if kind == "flat_bonus":
        return "orders"
    return "net" if kind == "match" or getattr(found, "on", "bv") == "net" else "BV"


def rule_text(plan: Plan, component: int, paid_level: int) -> str:
    """Return the rule of a line in one or two sentences."""
    found = component_of(plan, component)
    kind = found.kind if found else ""
    compression = getattr(found, "compression", "none")
    if kind == "rsp_points":
        if paid_level == 0:
            return _("Repeat products give their points in full to the seller.")
        text = _(
            "A repeat sale gives its points in full to the seller and to the eligible people"
            " above. These are the sales for which you are at paid level %(level)s."
        ) % {"level": paid_level}
    elif kind == "level_percent":
        measure = _("net sales") if getattr(found, "on", "bv") == "net" else _("BV")
        if paid_level == 0:
            return _("The plan pays this share of the %(measure)s of your own sales.") % {
                "measure": measure
            }
        text = _("The plan pays this share of the %(measure)s at your paid level %(level)s.") % {
            "measure": measure,
            "level": paid_level,
        }
    elif kind == "flat_bonus":
        return _("The plan pays a fixed amount for each of these orders.")
    else:
        return ""
    if compression == "skip_and_recount":
        text += " " + _("People who are not active are passed over when levels are counted.")
    elif compression == "dynamic":
        text += " " + _("A level goes to the next person above who may be paid on it.")
    elif compression == "roll_up":
        text += " " + _("What a person who is not active would have earned rolls up.")
    return text


def rsp_depth(plan: Plan, pay_rank: int) -> int:
    """Return the deepest level at which the plan credits points at a pay rank."""
    for component in plan.components:
        if component.kind == "rsp_points":
            depths: tuple[int, ...] = component.depths  # type: ignore[attr-defined]
            return depths[min(max(pay_rank, 0), len(depths) - 1)] if depths else 0
    return 0


def cash_value(plan: Plan, points: int) -> int | None:
    """Return the cash worth of points (hundredths) in minor units, rounded down."""
    rate = plan.rsp_cash_rate
    return None if rate is None else points * rate.pays // rate.points
