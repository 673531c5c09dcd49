"""The people below a representative: tree, table, levels, one person."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from compensation.engine.plan import Plan
from compensation.models import MemberResult, Period
from compensation.selectors_pages import dashboard as figures
from compensation.selectors_pages import downline as selectors
from compensation.selectors_pages import plans
from compensation.views_shared import Visit, open_visit, page_number
from representatives.models import Representative

LONGEST_SEARCH = 100


def _visit(request: HttpRequest) -> Visit:
    view = request.GET.get("view", "")
    tail = "&view=table" if view == "table" else ""

    def url(period: Period) -> str:
        return f"{reverse('compensation:downline')}?month={period.label}{tail}"

    return open_visit(request, url=url, label=request.GET.get("month") or None)


def _top(visit: Visit) -> tuple[MemberResult, Plan] | None:
    """Return the viewer's own result and the plan, or None where the month has no figures yet."""
    if visit.run is None:
        return None
    top = selectors.get_member(visit.run.pk, visit.viewer.pk)
    return (top, plans.get_plan(visit.run.plan_version)) if top is not None else None


@require_safe
def downline(request: HttpRequest) -> HttpResponse:
    """Show the people below the viewer as a tree or, searched and sorted, as a table."""
    visit = _visit(request)
    context = visit.context()
    found = _top(visit)
    if found is None:
        return render(request, "compensation/downline.html", context)
    top, plan = found
    text = request.GET.get("q", "").replace("\x00", "")[:LONGEST_SEARCH].strip()
    is_table = request.GET.get("view") == "table" or bool(text)
    is_large = selectors.size(top) > selectors.SORTED_AT_MOST
    sort = request.GET.get("sort", "")
    if sort not in selectors.SORTS:
        sort = selectors.DEFAULT_SORT
    context |= {
        "top": top,
        "plan": plan,
        "q": text,
        "is_table": is_table,
        "is_large": is_large,
        "sort": "" if is_large or text else sort,
        "size": selectors.size(top),
        "levels": None if is_large else selectors.list_levels(top),
        "people": _page(request, visit, top, plan, text=text, is_table=is_table, sort=sort),
    }
    if visit.is_estimate and visit.run is not None and visit.months.period is not None:
        context["waiting"] = figures.count_waiting_orders(visit.run, visit.months.period)
    htmx = getattr(request, "htmx", None)
    if htmx and htmx.target == "people" and is_table:
        return render(request, "compensation/_people_table.html", context)
    return render(request, "compensation/downline.html", context)


def _page(
    request: HttpRequest,
    visit: Visit,
    top: MemberResult,
    plan: Plan,
    *,
    text: str,
    is_table: bool,
    sort: str,
) -> selectors.People:
    page = page_number(request)
    if text:
        return selectors.search(top, text=text, page=page, viewer=visit.viewer, plan=plan)
    if is_table:
        return selectors.list_table(top, sort=sort, page=page, viewer=visit.viewer, plan=plan)
    return selectors.list_front_line(top, top, after=None, viewer=visit.viewer, plan=plan)


@require_safe
def levels(request: HttpRequest) -> HttpResponse:
    """Return the strip of levels; a page of its own where it takes a while to add up."""
    visit = _visit(request)
    found = _top(visit)
    context = visit.context()
    if found is not None:
        context |= {"levels": selectors.list_levels(found[0]), "top": found[0]}
    return render(request, "compensation/_levels.html", context)


def _member(request: HttpRequest, code: str) -> tuple[Visit, MemberResult, Plan, Any, MemberResult]:
    """Return the visit, the viewer's result, the plan, the person and the person's result.

    :raises Http404: if the viewer may not see the person now or in that month.
    """
    visit = _visit(request)
    person = (
        Representative.objects.visible_to(visit.viewer)
        .filter(code=code)
        .only(*selectors.NAMED_FIELDS)
        .first()
    )
    found = _top(visit)
    if person is None or found is None or visit.run is None:
        raise Http404("no such person")
    top, plan = found
    result = selectors.get_member(visit.run.pk, person.pk)
    if result is None or not (selectors.is_below(result, top) or result.pk == top.pk):
        raise Http404("no such person in that month")
    return visit, top, plan, person, result


@require_safe
def member(request: HttpRequest, code: str) -> HttpResponse:
    """Show one person of the downline: rank, status, join date and volumes, nothing else."""
    visit, top, plan, person, result = _member(request, code)
    period = visit.months.period
    assert period is not None
    recent = figures.list_recent(visit.periods, period, person.pk)
    context = visit.context() | {
        "person": selectors.describe(result, person, top=top, plan=plan),
        "result": result,
        "plan": plan,
        "history": figures.volume_history(recent, period, plan),
    }
    htmx = getattr(request, "htmx", None)
    if htmx and htmx.target == "person":
        return render(request, "compensation/_person.html", context)
    return render(request, "compensation/person.html", context)


@require_safe
def people(request: HttpRequest, code: str) -> HttpResponse:
    """Return a page of the people directly below somebody, as the branch of the tree."""
    visit, top, plan, _person, result = _member(request, code)
    after = request.GET.get("after", "")
    start = int(after) if after.isdecimal() and len(after) <= 9 else None
    page = selectors.list_front_line(top, result, after=start, viewer=visit.viewer, plan=plan)
    context = visit.context() | {"people": page, "parent_code": code, "plan": plan, "top": top}
    return render(request, "compensation/_branch.html", context)
