"""What a plan version says, in words for the pages."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compensation.engine.components import Component
from compensation.engine.conversion import quote, table_of
from compensation.engine.plan import Plan
from compensation.engine.requirements import RANK_MEASURES, digits_of
from compensation.explaining import words
from compensation.explaining.rank_card import IN_A_ROW, Row, rows_of, weakest_first
from compensation.models import MemberResult, PlanVersion
from compensation.plans import load_plan
from representatives import formatting


@lru_cache(maxsize=64)
def _plan_of(version_id: int, digest: str) -> Plan:
    return load_plan(PlanVersion.objects.values_list("document", flat=True).get(pk=version_id))


def get_plan(version: PlanVersion) -> Plan:
    """Return the typed plan of a version; a version never changes, so it is parsed once."""
    return _plan_of(version.pk, version.digest)


def _to_go(row: Row, language: str | None) -> str:
    if row.measure == IN_A_ROW:
        figure = formatting.whole(row.to_go, language)
        return ngettext("%(n)s month to go", "%(n)s months to go", row.to_go) % {"n": figure}
    if digits_of(row.measure) == 0:
        figure = formatting.whole(row.to_go, language)
        return ngettext("%(n)s person to go", "%(n)s people to go", row.to_go) % {"n": figure}
    return _("%(n)s to go") % {"n": words.with_unit(row.measure, row.to_go)}


def requirement_row(row: Row, plan: Plan, language: str | None) -> dict[str, Any]:
    """Return a requirement of a rank as `components/_requirement.html` takes it."""
    in_a_row = row.measure == IN_A_ROW
    measure = row.measure
    return {
        "measure": measure,
        "name": _("Months in a row") if in_a_row else words.measure_name(measure, plan),
        "current": _figure(row, row.current, language),
        "required": _figure(row, row.required, language),
        "is_met": row.is_met,
        "width": formatting.width(row.current, row.required),
        "colour": "" if in_a_row or digits_of(measure) == 0 else words.unit_of(measure).lower(),
        "note": "" if row.is_met else _to_go(row, language),
        "bought": (
            _("of which %(figure)s bought with points")
            % {"figure": words.with_unit(measure, row.bought)}
            if row.bought
            else ""
        ),
    }


def _figure(row: Row, value: int, language: str | None) -> str:
    if row.measure == IN_A_ROW:
        return formatting.whole(value, language)
    return words.figure_text(row.measure, value)


def member_figures(plan: Plan, member: MemberResult, figure_names: Sequence[str]) -> dict[str, int]:
    """Return the figures that ranks go by of a stored member, by measure."""
    figures = {name: int(getattr(member, name)) for name in RANK_MEASURES if hasattr(member, name)}
    figures |= dict(zip(figure_names, member.figures, strict=True))
    # Ranks take the points at the plan's base depth, whatever the depth that is credited.
    return figures | {"rsp_total": member.rsp_base, "active": int(member.active)}


def rank_progress(
    plan: Plan, member: MemberResult, figure_names: Sequence[str], language: str | None
) -> dict[str, Any]:
    """Return what the next rank needs: rows of requirements, open ones first, weakest on top.

    At the top of the ladder the rows are what keeping the rank needs, and `next` is empty.
    """
    ladder = plan.ranks.ladder
    title = min(max(member.title_rank, 0), len(ladder) - 1)
    pay = min(max(member.pay_rank, 0), len(ladder) - 1)
    at_top = title == len(ladder) - 1
    target = ladder[title] if at_top else ladder[title + 1]
    needed = target.maintains if at_top else target.requires
    found = weakest_first(rows_of(needed, member_figures(plan, member, figure_names)))
    rows = [requirement_row(row, plan, language) for row in found]
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
        "stepped": _stepped(plan, member, open_rows=len(open_rows)),
        "steps": plan.ranks.steps_per_period,
        "paid_below_title": pay < title,
        "in_a_row": target.consecutive_periods if not at_top else 1,
        "in_grace": member.grace_used > 0,
    }


def _stepped(plan: Plan, member: MemberResult, *, open_rows: int) -> bool:
    """Return whether the next rank is met and only the steps of the month kept it away."""
    title, ladder = member.title_rank, plan.ranks.ladder
    if open_rows or title - member.opening_title < plan.ranks.steps_per_period:
        return False
    return title + 1 < len(ladder) and ladder[title + 1].consecutive_periods == 1


def component_of(plan: Plan, index: int) -> Component | None:
    """Return a component of the plan by the index that earnings carry."""
    return plan.components[index] if 0 <= index < len(plan.components) else None


def line_name(plan: Plan, component: int, paid_level: int) -> str:
    """Return the name of a statement line, such as "Commission, paid level 1"."""
    found = component_of(plan, component)
    kind = found.kind if found else "cap"
    name = words.source_name(plan, component)
    level = {"name": name, "level": paid_level}
    if kind == "rsp_points" and paid_level == 0:
        return _("RSP of your own sales")
    if kind == "level_percent" and paid_level == 0:
        return _("Commission, own sales")
    if kind == "rank_bonus":
        return _("%(name)s for %(rank)s") % {"name": name, "rank": plan.ranks.names[paid_level]}
    if kind == "generation_percent":
        if paid_level == 0:
            return _("%(name)s, own group") % level
        return _("%(name)s, generation %(level)s") % level
    if kind == "volume_bracket":
        return _("%(name)s, bracket %(level)s") % level
    if paid_level == 0:
        return name
    return _("%(name)s, paid level %(level)s") % level


def base_unit(plan: Plan, component: int) -> str:
    """Return what a line's base is counted in: BV, RSP, net (money), orders or times."""
    found = component_of(plan, component)
    kind = found.kind if found else "cap"
    named = {
        "rsp_points": "RSP",
        "flat_bonus": "orders",
        "rank_bonus": "times",
        "binary_cycles": "times",
        "match": "net",
        "retail_profit": "net",
        "pool": "net",
        "cap": "net",
    }
    return named.get(kind, "net" if getattr(found, "on", "bv") == "net" else "BV")


def rule_text(plan: Plan, component: int, paid_level: int) -> str:
    """Return the rule of a line in one or two sentences."""
    found = component_of(plan, component)
    if found is None:
        cap = plan.caps[component - len(plan.components)]
        if cap.scope == "person":
            return _("The plan pays at most so much to one person; what is above is cut.")
        return _("All together are paid at most a share of the company’s volume.")
    text = _rule(found, paid_level)
    compression = getattr(found, "compression", "none")
    if found.kind not in ("rsp_points", "level_percent", "match", "quick_start") or not paid_level:
        return text
    return f"{text} {_compression(compression)}".strip()


def _compression(compression: str) -> str:
    return {
        "skip_and_recount": _("People who are not active are passed over when levels are counted."),
        "dynamic": _("A level goes to the next person above who may be paid on it."),
        "roll_up": _("What a person who is not active would have earned rolls up."),
    }.get(compression, "")


def _rule(found: Component, paid_level: int) -> str:
    level = {
        "level": paid_level,
        "measure": _("net sales") if getattr(found, "on", "bv") == "net" else _("BV"),
    }
    own = {
        "rsp_points": _("Repeat products give their points in full to the seller."),
        "level_percent": _("The plan pays this share of the %(measure)s of your own sales."),
        "generation_percent": _("The plan pays this share of the %(measure)s of your own group."),
    }
    if paid_level == 0 and found.kind in own:
        return own[found.kind] % level
    text = {
        "rsp_points": _(
            "A repeat sale gives its points in full to the seller and to the eligible people"
            " above. These are the sales for which you are at paid level %(level)s."
        ),
        "level_percent": _(
            "The plan pays this share of the %(measure)s at your paid level %(level)s."
        ),
        "flat_bonus": _("The plan pays a fixed amount for each of these orders."),
        "volume_bracket": _("The plan pays a percentage of the %(measure)s by bracket."),
        "differential": _(
            "Your own percentage less the highest one of a qualified person between you and the"
            " sale, of the %(measure)s."
        ),
        "generation_percent": _(
            "The plan pays this share of the %(measure)s of the groups that are %(level)s"
            " generations of leaders below you."
        ),
        "match": _("The plan pays this share of what people at your level %(level)s earned."),
        "quick_start": _(
            "The plan pays this share of the %(measure)s that new people at your level %(level)s"
            " sell to customers."
        ),
        "retail_profit": _("The difference between the customer’s price and yours is yours."),
        "rank_bonus": _("Paid once for reaching the rank, for the volume of your group."),
        "pool": _("A share of the company’s volume is shared out."),
        "binary_cycles": _("A fixed amount for each time that both legs brought their volume."),
    }.get(found.kind, "")
    return text % level


def rsp_depth(plan: Plan, pay_rank: int) -> int:
    """Return the deepest level at which the plan credits points at a pay rank."""
    for component in plan.components:
        if component.kind == "rsp_points":
            depths: tuple[int, ...] = component.depths  # type: ignore[attr-defined]
            return depths[min(max(pay_rank, 0), len(depths) - 1)] if depths else 0
    return 0


def cash_value(plan: Plan, points: int) -> int | None:
    """Return the cash worth of points (hundredths) in minor units: what the RSP bank would pay.

    Without a bank it is the plan's rate, rounded down; None where the plan states none, and for
    points owed.
    """
    if points < 0:
        return None
    if plan.rsp_bank is not None:
        return quote(table_of(plan), points).cash
    rate = plan.rsp_cash_rate
    return None if rate is None else points * rate.pays // rate.points
