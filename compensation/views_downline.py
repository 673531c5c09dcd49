"""The people below a representative: tree, table, levels, picture, sheet, one person."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from compensation.forms_downline import DownlineForm
from compensation.models import MemberResult, Period, PeriodStatus
from compensation.selectors_pages import dashboard as figures
from compensation.selectors_pages import downline as selectors
from compensation.selectors_pages import (
    downline_chart,
    downline_sheet,
    downline_table,
    downline_tree,
    plans,
)
from compensation.selectors_pages.downline_query import Question, Scope, scope_of
from compensation.views_shared import Visit, open_visit
from representatives.models import Representative
from representatives.privacy import may_read_contact

KEPT_IN_MONTHS = ("view", "at", "root")
"""What of the address stays when another month is chosen."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A visit of one's downline in a month that has figures."""

    visit: Visit
    scope: Scope
    period: Period


def _visit(request: HttpRequest) -> Visit:
    kept = {name: request.GET[name] for name in KEPT_IN_MONTHS if request.GET.get(name)}

    def url(period: Period) -> str:
        return f"{request.path}?{urlencode({'month': period.label} | kept)}"

    return open_visit(request, url=url, label=request.GET.get("month") or None)


def _look(visit: Visit) -> _Look | None:
    """Return the viewer's downline, or None where the month has no figures of the viewer yet."""
    run, period = visit.run, visit.months.period
    if run is None or period is None:
        return None
    top = selectors.get_member(run.pk, visit.viewer.pk)
    if top is None:
        return None
    plan = plans.get_plan(run.plan_version)
    scope = scope_of(top, viewer=visit.viewer, run=run, period=period, plan=plan)
    return _Look(visit, scope, period)


def _context(look: _Look) -> dict[str, Any]:
    return look.visit.context() | {
        "top": look.scope.top,
        "plan": look.scope.plan,
        "size": look.scope.size,
        "is_large": downline_table.is_large(look.scope),
    }


def _form(request: HttpRequest, look: _Look) -> DownlineForm:
    is_over = look.period.status != PeriodStatus.OPEN
    return DownlineForm(request.GET, ranks=look.scope.plan.ranks.names, is_over=is_over)


def _address(look: _Look, **parameters: str) -> str:
    query = urlencode({"month": look.period.label} | parameters)
    return f"{reverse('compensation:downline')}?{query}"


@require_safe
def downline(request: HttpRequest) -> HttpResponse:
    """Show the people below the viewer as a tree or, filtered and sorted, as a table."""
    visit = _visit(request)
    look = _look(visit)
    if look is None:
        return render(request, "compensation/downline.html", visit.context())
    form = _form(request, look)
    question = form.question()
    is_table = request.GET.get("view") == "table"
    filtered = not replace(question, text="").is_empty or bool(form.errors)
    context = _context(look) | {"form": form, "question": question}
    context["shows_filters"] = bool(request.GET.get("filters")) or form.is_wide
    if is_table or filtered or question.text:
        context |= _table(request, look, question)
        rows = context["people"].rows
        if question.text and not (is_table or filtered) and len(rows) == 1:
            return HttpResponseRedirect(_address(look, at=rows[0].code))
        if _asks_for(request, "people"):
            return render(request, "compensation/_people_table.html", context)
    else:
        context |= _tree(look, request.GET.get("at", ""))
    if not context["is_large"]:
        context["levels"] = downline_table.list_levels(look.scope)
    return render(request, "compensation/downline.html", context)


def _asks_for(request: HttpRequest, target: str) -> bool:
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and getattr(htmx, "target", None) == target


def _table(request: HttpRequest, look: _Look, question: Question) -> dict[str, Any]:
    sort = downline_table.sort_of(look.scope, request.GET.get("sort", ""))
    if question.text and not request.GET.get("sort"):
        sort = "name"
    page = downline_table.list_page(
        look.scope,
        question,
        sort=sort,
        after=_position(request.GET.get("after", "")),
        before=_position(request.GET.get("before", "")),
    )
    return {"is_table": True, "people": page, "sort": sort}


def _position(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= 9 else None


def _tree(look: _Look, code: str) -> dict[str, Any]:
    if not code:
        return {"tree": downline_tree.open_at_top(look.scope)}
    person, member = _seek(look, code)
    if member is None:
        return {"tree": downline_tree.open_at_top(look.scope), "absent": person}
    tree = downline_tree.open_at(look.scope, member)
    return {"tree": tree} | _card(look, person, member)


def _seek(look: _Look, code: str) -> tuple[Representative, MemberResult | None]:
    """Return somebody whom the viewer may see now, with the figures of the month if below then.

    :raises Http404: if the viewer may not see the person now.
    """
    scope = look.scope
    person = (
        Representative.objects.visible_to(scope.viewer)
        .filter(code=code)
        .only(*selectors.NAMED_FIELDS, "sponsor_id", "email", "phone", "contact_shared_with")
        .first()
    )
    if person is None:
        raise Http404("no such person")
    member = selectors.get_member(scope.top.run_id, person.pk)
    if member is None or not (selectors.is_below(member, scope.top) or member.pk == scope.top.pk):
        return person, None
    return person, member


def _find(look: _Look, code: str) -> tuple[Representative, MemberResult]:
    """Return somebody of the downline (or the viewer) and the figures of the month.

    :raises Http404: if the viewer may not see the person now, or could not in that month.
    """
    person, member = _seek(look, code)
    if member is None:
        raise Http404("no such person in that month")
    return person, member


def _must_look(request: HttpRequest) -> _Look:
    look = _look(_visit(request))
    if look is None:
        raise Http404("no figures of this month")
    return look


def _card(look: _Look, person: Representative, member: MemberResult) -> dict[str, Any]:
    """Return what the card of a person takes; fields as `representatives.privacy` has them."""
    scope = look.scope
    recent = figures.list_recent(
        look.visit.periods, look.period, person.pk, viewer_id=scope.viewer.pk
    )
    return {
        "person": selectors.describe(member, person, top=scope.top, plan=scope.plan),
        "result": member,
        "contact": person if may_read_contact(person, viewer=scope.viewer) else None,
        "history": figures.volume_history(recent, look.period, scope.plan),
    }


@require_safe
def levels(request: HttpRequest) -> HttpResponse:
    """Return the strip of levels; a page of its own where it takes a while to add up."""
    visit = _visit(request)
    look = _look(visit)
    template = "_levels" if getattr(request, "htmx", False) else "downline_levels"
    if look is None:
        return render(request, f"compensation/{template}.html", visit.context())
    form = _form(request, look)
    context = _context(look) | {
        "levels": downline_table.list_levels(look.scope),
        "question": form.question(),
        "has_chips": True,
        "is_table": request.GET.get("view") == "table",
        "shows_filters": bool(request.GET.get("filters")) or form.is_wide,
    }
    return render(request, f"compensation/{template}.html", context)


@require_safe
def member(request: HttpRequest, code: str) -> HttpResponse:
    """Show one person of the downline: what the privacy table gives, nothing else."""
    look = _must_look(request)
    context = _context(look) | _card(look, *_find(look, code))
    if _asks_for(request, "person"):
        return render(request, "compensation/_person.html", context)
    return render(request, "compensation/person.html", context)


@require_safe
def people(request: HttpRequest, code: str) -> HttpResponse:
    """Return a page of the people directly below somebody, as the branch of the tree."""
    look = _must_look(request)
    _person, result = _find(look, code)
    page = selectors.list_front_line(
        look.scope.top,
        result,
        after=_position(request.GET.get("after", "")),
        viewer=look.scope.viewer,
        plan=look.scope.plan,
    )
    context = _context(look) | {"people": page, "parent_code": code}
    return render(request, "compensation/_branch.html", context)


@require_safe
def chart(request: HttpRequest) -> HttpResponse:
    """Show the people nearest to the viewer, or to somebody below, as a picture and a list."""
    visit = _visit(request)
    look = _look(visit)
    if look is None:
        return render(request, "compensation/downline_chart.html", visit.context())
    code = request.GET.get("root", "") or look.scope.viewer.code
    person, found = _seek(look, code)
    member = found or look.scope.top
    context = _context(look) | {
        "chart": downline_chart.draw(look.scope, member),
        "path": downline_tree.list_path(look.scope, member),
        "absent": None if found else person,
    }
    return render(request, "compensation/downline_chart.html", context)


@require_safe
def sheet(request: HttpRequest) -> StreamingHttpResponse:
    """Send the people below who answer the question of the table, as a CSV file."""
    look = _must_look(request)
    form = _form(request, look)
    pieces = downline_sheet.write_sheet(look.scope, form.question())
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    name = f"downline-{look.period.label}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
