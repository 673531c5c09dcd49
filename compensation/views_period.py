"""The staff page of a month's close, in the frame of the admin.

`PeriodAdmin` puts these views behind the admin's log-in. The page does nothing heavy itself: it
starts runs, notes who says what, and tells a worker; beat finds what a lost message has not said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from compensation import progress_wording, selectors, services, tasks
from compensation.comparing import run_diff, wording
from compensation.comparing.facts import UnableToCompare
from compensation.comparing.run_diff import RunDifference
from compensation.engine import Unit
from compensation.forms_period import AcknowledgeForm
from compensation.models import Period, PeriodStatus, Run, RunKind, RunStatus
from compensation.selectors_pages import months
from compensation.selectors_pages.closing import Cockpit, Next, read_cockpit
from compensation.selectors_pages.closing_checks import checks_of_preview
from representatives.clock import company_now, company_zone
from representatives.errors import UnableTo
from representatives.models import User

VIEW = "compensation.view_run"
PAGE = "admin:compensation_period_close"
FOLDER = "admin/compensation/period"
MOST_SHOWN = 10


def _period(request: HttpRequest, label: str) -> tuple[Period, User]:
    """Return the month and who looks at it.

    :raises PermissionDenied: if the person may not see runs.
    :raises Http404: if there is no such month.
    """
    assert isinstance(request.user, User)
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    period = selectors.get_period(label)
    if period is None:
        raise Http404("no such month")
    return period, request.user


def _read(period: Period, viewer: User) -> Cockpit:
    return read_cockpit(period, viewer=viewer, now=company_now(), real_now=timezone.now())


@require_safe
def period_page(request: HttpRequest, label: str) -> HttpResponse:
    """Show a month's close; with ``against`` the difference to another run as well."""
    period, viewer = _period(request, label)
    found = _read(period, viewer)
    against = request.GET.get("against", "")
    if request.GET.get("checks"):
        trial = _trial(found)
        if request.headers.get("HX-Request"):
            return render(request, f"{FOLDER}/_trial.html", trial)
        return _page(request, found, viewer, more=trial)
    if against and request.headers.get("HX-Request"):
        return render(request, f"{FOLDER}/_difference.html", _difference(found, against))
    return _page(request, found, viewer, more=_difference(found, against) if against else {})


def _page(
    request: HttpRequest,
    found: Cockpit,
    viewer: User,
    *,
    form: AcknowledgeForm | None = None,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        **_shared(found, viewer),
        **(more or {}),
        "title": _("Close %(month)s") % {"month": months.title(found.period)},
        "opts": Period._meta,
        "zone": company_zone(),
        "form": form or AcknowledgeForm(codes=found.open_codes),
        "differences": _differences(found),
    }
    status = 422 if form is not None else 200
    return render(request, f"{FOLDER}/close.html", context, status=status)


def _shared(found: Cockpit, viewer: User) -> dict[str, Any]:
    """Return what the page and its part that looks again take."""
    progress = found.progress
    return {
        "found": found,
        "period": found.period,
        "next": found.next.value,
        "may": {name: viewer.has_perm(act.permission) for name, act in ACTS.items()},
        "journals": found.journals,
        "progress_text": progress_wording.sentence(progress) if progress is not None else "",
        "steps": [
            {
                "step": step,
                "name": progress_wording.step_name(step.name),
                "time": progress_wording.duration(step.milliseconds)
                if step.milliseconds is not None
                else "",
            }
            for step in (progress.steps if progress is not None else ())
        ],
    }


@require_safe
def period_progress(request: HttpRequest, label: str) -> HttpResponse:
    """Show what the close needs now and how far it is; load the page anew once that is another."""
    period, viewer = _period(request, label)
    found = _read(period, viewer)
    answer = render(request, f"{FOLDER}/_progress.html", _shared(found, viewer))
    if request.GET.get("state") != found.state:
        answer.headers["HX-Refresh"] = "true"
    return answer


# -- differences -----------------------------------------------------------------------------------


def _differences(found: Cockpit) -> list[tuple[str, str]]:
    """What the month's figures can be compared with."""
    shown = found.shown
    if shown is None or shown.status == RunStatus.RUNNING:
        return []
    links = []
    if found.before is not None:
        label = found.before.period.label
        links.append(("month", _("Against %(month)s") % {"month": label}))
    if found.preview is not None and found.preview.pk != shown.pk:
        links.append(("preview", _("Against the last preview")))
    return links


def _difference(found: Cockpit, against: str) -> dict[str, Any]:
    """Compare the run that is shown with another; both are computed once more from the facts.

    :raises Http404: if there is nothing to compare.
    """
    if against not in dict(_differences(found)):
        raise Http404("nothing to compare with")
    other = found.before if against == "month" else found.preview
    assert other is not None
    assert found.shown is not None
    context: dict[str, Any] = {"against": against, "other": other}
    try:
        compared = run_diff.compare_runs(_whole(other), _whole(found.shown))
    except UnableToCompare as refusal:
        return {**context, "refusal": refusal.message}
    return {**context, "units": [_of_unit(compared, unit) for unit in Unit]}


def _trial(found: Cockpit) -> dict[str, Any]:
    """Return what the checks would find in the preview that is shown.

    :raises Http404: if no preview is shown.
    """
    shown = found.shown
    if shown is None or shown.kind != RunKind.PREVIEW or shown.status != RunStatus.COMPUTED:
        raise Http404("no preview")
    try:
        return {"trial": checks_of_preview(_whole(shown))}
    except UnableTo as refusal:
        return {"trial": (), "trial_refusal": refusal.message}


def _whole(run: Run) -> Run:
    return Run.objects.select_related("period", "plan_version").get(pk=run.pk)


def _of_unit(found: RunDifference, unit: Unit) -> dict[str, Any]:
    """Spell what changed in money, or in points: totals, causes, and whose amounts moved most."""
    before, after = found.totals(unit)
    moves = found.difference.moves
    currency = found.currency
    return {
        "name": currency if unit == Unit.MONEY else "RSP",
        "before": wording.amount(before, unit, currency),
        "after": wording.amount(after, unit, currency),
        "change": wording.change(after - before, unit, currency),
        "causes": [
            (wording.CAUSE_NAMES[cause], wording.change(amount, unit, currency))
            for cause, amount in moves.by_cause(unit).items()
        ],
        "people": [
            {
                "person": person,
                "before": wording.amount(was, unit, currency),
                "after": wording.amount(now, unit, currency),
                "change": wording.change(now - was, unit, currency),
                "why": wording.causes(causes, unit, currency),
            }
            for _member, person, was, now, causes in run_diff.largest(found, unit, MOST_SHOWN)
        ],
    }


# -- acts ------------------------------------------------------------------------------------------


def _start(found: Cockpit, by: User, now: datetime) -> str:
    run = services.start_run(period=found.period, by=by, now=now)
    tasks.hint(run)
    return _("The month is being computed.")


def _preview(found: Cockpit, by: User, now: datetime) -> str:
    if not found.may_preview:
        raise services.UnableToStartRun(_("This month can’t be previewed any more."))
    tasks.hint_preview(found.period)
    return _("A preview is being computed.")


def _approve(found: Cockpit, by: User, now: datetime) -> str:
    if found.close is None:
        raise services.UnableToApprove(_("There is nothing to approve yet."))
    tasks.hint(services.approve_run(run=found.close, by=by, now=now))
    return _("The close is approved and is being posted.")


def _go_on(found: Cockpit, by: User, now: datetime) -> str:
    if found.close is None or found.next is not Next.WORK:
        raise services.UnableToAdvance(_("No step is waiting for a worker."))
    tasks.hint(found.close)
    return _("A worker has been told.")


def _drop(found: Cockpit, by: User, now: datetime) -> str:
    if found.close is None:
        raise services.UnableToStartRun(_("There is nothing to give up."))
    services.drop_run(run=found.close)
    return _("The computation was given up. The month stays frozen and can be computed anew.")


@dataclass(frozen=True, slots=True)
class Act:
    """Something that staff can do on the page, and the permission that it takes."""

    permission: str
    do: Callable[[Cockpit, User, datetime], str] | None
    name: Any


ACTS: dict[str, Act] = {
    "start": Act("compensation.add_run", _start, gettext_lazy("Compute the month")),
    "preview": Act("compensation.add_run", _preview, gettext_lazy("Compute a preview")),
    "acknowledge": Act("compensation.add_acknowledgement", None, gettext_lazy("Acknowledge")),
    "approve": Act("compensation.change_run", _approve, gettext_lazy("Approve and post")),
    "post": Act("compensation.add_run", _go_on, gettext_lazy("Call a worker")),
    "drop": Act("compensation.change_run", _drop, gettext_lazy("Give up")),
}


@require_POST
def period_act(request: HttpRequest, label: str, act: str) -> HttpResponse:
    """Do one thing and go back to the page, which says what came of it.

    What is decided of a run bears its number: nobody acknowledges, approves or gives up another
    one than they looked at.
    """
    period, viewer = _period(request, label)
    if act not in ACTS:
        raise Http404("no such act")
    chosen = ACTS[act]
    if not viewer.has_perm(chosen.permission):
        raise PermissionDenied
    found = _read(period, viewer)
    if found.close is not None and request.POST.get("run", str(found.close.pk)) != str(
        found.close.pk
    ):
        messages.error(request, _("The month was computed anew since you saw it. Look again."))
        return _back(period)
    if chosen.do is None:
        return _acknowledge(request, found, viewer)
    try:
        messages.success(request, chosen.do(found, viewer, company_now()))
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    return _back(period)


def _back(period: Period) -> HttpResponseRedirect:
    return redirect(PAGE, label=period.label)


def _acknowledge(request: HttpRequest, found: Cockpit, viewer: User) -> HttpResponse:
    """Note what was ticked, with its reason; a fault stands beside its field."""
    if found.close is None or found.period.status == PeriodStatus.POSTED:
        messages.error(request, _("There is nothing to acknowledge."))
        return _back(found.period)
    form = AcknowledgeForm(request.POST, codes=found.open_codes)
    if form.is_valid():
        try:
            services.acknowledge(
                run=found.close,
                codes=form.cleaned_data["codes"],
                reason=form.cleaned_data["reason"],
                by=viewer,
                now=company_now(),
            )
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            messages.success(request, _("Noted, with your name and reason."))
            return _back(found.period)
    return _page(request, found, viewer, form=form)
