"""Today's people: who below deserves a word, and a talk with one of them put on the list."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from compensation.selectors_pages import care, care_rows, care_team, downline, months, plans
from compensation.services import care as services
from compensation.views_shared import Visit, open_visit
from representatives.models import Representative
from representatives.toasts import leave_toast
from sales.followups.services import UnableToFollowUp
from sales.guides.selectors import list_to_go_on
from sales.views_shared import next_address, open_desk

MOST_ON_PAGE = 10
"""People of one kind on the page of one's people."""


@require_safe
def today_people(request: HttpRequest) -> HttpResponse:
    """Return who below deserves a word: some rows for the first page, or the page with more.

    The first page asks for the rows after it is shown, so that it need not wait for them.
    """
    visit = open_visit(request, url=lambda _period: reverse("compensation:dashboard"))
    is_part = bool(getattr(request, "htmx", False))
    groups = _groups(visit, most=care.MOST if is_part else MOST_ON_PAGE)
    context = visit.context()
    context |= {"groups": groups, "more": 0, "next": reverse("compensation:today_people")}
    if is_part:
        if groups is not None:
            context["groups"], context["more"] = care_rows.first_of(groups)
        context["reading"] = list_to_go_on(
            visit.viewer, language=get_language() or "en", today=context["today"]
        )
        asked_by = request.htmx.current_url_abs_path  # type: ignore[attr-defined]
        context["next"] = asked_by or reverse("compensation:dashboard")
    template = "_care" if is_part else "today_people"
    return render(request, f"compensation/{template}.html", context)


def _groups(visit: Visit, *, most: int) -> list[care_rows.Group] | None:
    """Return the people by kind; None where the month has no figures of the viewer yet."""
    run, period = visit.run, visit.months.period
    member = downline.get_member(run.pk, visit.viewer.pk) if run is not None else None
    if run is None or period is None or member is None:
        return None
    found = care.list_care(
        run,
        member,
        viewer=visit.viewer,
        plan=plans.get_plan(run.plan_version),
        before=months.run_before(visit.periods, period),
        day=months.days(period, now=visit.now, zone=visit.zone)["day"],
        most=most,
    )
    team = care_team.list_team(
        visit.viewer,
        today=visit.now.astimezone(visit.zone).date(),
        is_large=downline.size(member) > downline.SORTED_AT_MOST,
        posted=care_team.month_of_promotions(visit.periods, now=visit.now),
        most=most,
    )
    planned = care_team.planned_days(visit.viewer, found.codes | team.codes)
    return care_rows.list_groups(found, team, planned=planned)


@require_POST
def plan_talk(request: HttpRequest) -> HttpResponse:
    """Put a talk with a member on the list: for tomorrow, or the day of an anniversary."""
    desk = open_desk(request)
    about = request.POST.get("about", "")
    code = request.POST.get("member", "")[:32]
    people = Representative.objects.downline_of(desk.seller).filter(code=code)
    member = people.first() if about in care_rows.TALKS and "\0" not in code else None
    if member is None:
        raise Http404("no such member")
    back = next_address(request, reverse("compensation:today_people"))
    try:
        planned = services.plan_talk(
            representative=desk.seller,
            member=member,
            about=about,
            text=str(care_rows.TALKS[about]),
            due_on=_day_of(about, member, today=desk.today),
            now=desk.now,
        )
    except UnableToFollowUp as refusal:
        leave_toast(request, refusal.message)
        return redirect(back)
    said: dict[str, Any] = {
        "name": member.name,
        "day": date_format(planned.due_on, "MONTH_DAY_FORMAT"),
    }
    leave_toast(
        request,
        _("On your list for %(day)s: %(name)s") % said,
        undo=reverse("sales:follow_up_cancel", args=[planned.pk]),
    )
    return redirect(back)


def _day_of(about: str, member: Representative, *, today: date) -> date:
    if about == "anniversary":
        return care_team.next_anniversary(member.enrolled_on, today=today)
    return today + timedelta(days=1)
