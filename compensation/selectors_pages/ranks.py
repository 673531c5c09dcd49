"""The rank card and the shortest way, as pages show them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from compensation.engine.plan import Plan
from compensation.explaining import words
from compensation.explaining.front_line import Step
from compensation.explaining.rank_card import IN_A_ROW, get_rank_card
from compensation.explaining.shortest import Need, Way, shortest_way
from compensation.models import MemberResult, OverrideKind, Period, RankOverride, Run, RunStatus
from compensation.selectors_pages import months, plans
from representatives import formatting
from representatives.models import Representative


def get_card(
    run: Run, plan: Plan, representative_id: int, *, rank: int | None, language: str | None
) -> dict[str, Any] | None:
    """Return the card of a rank, None if the member was not in the run."""
    card = get_rank_card(run, plan, representative_id, rank=rank)
    if card is None:
        return None
    names = plan.ranks.names
    advance = [plans.requirement_row(row, plan, language) for row in card.advance]
    maintain = [plans.requirement_row(row, plan, language) for row in card.maintain]
    return {
        "rank": card.rank,
        "name": names[card.rank],
        "title": names[card.title],
        "pay": names[card.pay],
        "has_title": card.title >= card.rank,
        "is_title": card.title == card.rank,
        "is_paid_as": card.pay >= card.rank,
        "can_advance": card.can_advance,
        "advance": advance,
        "maintain": maintain,
        "is_alike": advance == maintain,
        "grace_until": card.grace_until,
        "overrides": [_override(one) for one in card.overrides],
        "ladder": [
            {
                "index": index,
                "name": name,
                "is_chosen": index == card.rank,
                "is_title": index == card.title,
            }
            for index, name in enumerate(names)
        ],
    }


def list_history(periods: list[Period], representative_id: int) -> list[dict[str, Any]]:
    """Return a row a month, newest first: title and rank paid at, and what rose in it."""
    shown = {period.visible_run_id: period for period in periods if period.visible_run_id}
    members = MemberResult.objects.filter(
        run_id__in=list(shown), representative_id=representative_id
    ).only(
        *("run_id", "position", "title_rank", "pay_rank", "opening_title", "grace_used"),
        *("active", "group_bv", "rsp_base"),
    )
    found = {member.run_id: member for member in members}
    rows = []
    for run_id, period in shown.items():
        member = found.get(run_id)
        if member is None:
            continue
        assert period.visible_run is not None
        names = plans.get_plan(period.visible_run.plan_version).ranks.names
        top = len(names) - 1
        rows.append(
            {
                "label": period.label,
                "title": months.title(period),
                "is_posted": period.visible_run.status == RunStatus.POSTED,
                "title_rank": names[min(member.title_rank, top)],
                "pay_rank": names[min(member.pay_rank, top)],
                "rose": member.title_rank > member.opening_title,
                "is_below": member.pay_rank < member.title_rank,
                "in_grace": member.grace_used > 0,
                "active": member.active,
                "group_bv": member.group_bv,
                "points": member.rsp_base,
            }
        )
    return rows


def _override(one: RankOverride) -> dict[str, Any]:
    text = {
        OverrideKind.AT_LEAST.value: _("Staff have decided: paid at least as %(rank)s"),
        OverrideKind.AT_MOST.value: _("Staff have decided: paid at most as %(rank)s"),
        OverrideKind.EXACTLY.value: _("Staff have decided: paid as %(rank)s"),
    }[one.kind]
    return {"text": text % {"rank": one.rank}, "reason": one.reason, "until": one.last_day}


def describe_way(run: Run, plan: Plan, viewer: Representative, *, rank: int) -> dict[str, Any]:
    """Return the shortest way to a rank in words; without a way there is nothing to say."""
    way = shortest_way(run, plan, viewer.pk, rank=rank)
    name = plan.ranks.names[rank]
    if way is None:
        return {"way": None, "rank_name": name}
    people = {
        person.pk: person
        for person in Representative.objects.visible_to(viewer)
        .filter(pk__in=[step.seller_id for step in way.steps])
        .only("id", "code", "name")
    }
    return {
        "way": way,
        "rank_name": name,
        "headline": _headline(way, name),
        "steps": [_step(step, viewer, people) for step in way.steps],
        "needs": [_need(need, plan) for need in way.needs],
    }


def _headline(way: Way, name: str) -> str:
    figure = formatting.whole(way.sales, get_language())
    if not way.sales:
        return _("No sale is missing for %(rank)s.") % {"rank": name}
    if way.by_sales_alone:
        text = ngettext(
            "%(count)s sale brings you to %(rank)s.",
            "%(count)s sales bring you to %(rank)s.",
            way.sales,
        )
    else:
        text = ngettext(
            "%(count)s sale is part of the way to %(rank)s.",
            "%(count)s sales are part of the way to %(rank)s.",
            way.sales,
        )
    return text % {"count": figure, "rank": name}


def _step(step: Step, viewer: Representative, people: dict[int, Representative]) -> dict[str, Any]:
    language = get_language()
    person = people.get(step.seller_id)
    is_own = step.seller_id == viewer.pk
    volume = f"{formatting.hundredths(step.bv, language)}\u00a0BV"
    if step.rsp:
        volume += f", {formatting.hundredths(step.rsp, language)}\u00a0RSP"
    if is_own:
        who = _("to customers of your own")
    elif person is not None:
        who = _("by %(name)s, in that leg") % {"name": person.name}
    else:
        who = _("in one of your legs")
    return {
        "sales": step.sales,
        "who": who,
        "code": "" if is_own or person is None else person.code,
        "volume": volume,
        "is_usual": step.is_usual,
        "enough": step.enough,
        "is_own": is_own,
    }


def _need(need: Need, plan: Plan) -> str:
    if need.measure == "enrolled":
        return _("Only enrolled members advance.")
    if need.measure == IN_A_ROW:
        return _("Months in a row")
    return _("%(what)s: %(count)s more") % {
        "what": words.measure_name(need.measure, plan),
        "count": words.with_unit(need.measure, need.missing),
    }
