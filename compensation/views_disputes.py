"""Disputes of the representative who is logged in: open one, and see what became of it."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from compensation import services
from compensation.forms_disputes import DisputeForm
from compensation.models import RunKind, RunStatus, StatementLineKey
from compensation.selectors_pages import disputes as selectors
from compensation.selectors_pages import months, plans, statement
from compensation.statements import LANGUAGES
from compensation.views_shared import Visit, open_visit
from representatives.models import User


def _visit(request: HttpRequest, label: str | None = None) -> Visit:
    return open_visit(
        request,
        url=lambda period: reverse("compensation:statement", args=[period.label]),
        label=label,
    )


@require_safe
def disputes(request: HttpRequest) -> HttpResponse:
    """List the representative's disputes, the latest first."""
    visit = _visit(request)
    context = visit.context() | {
        "rows": selectors.list_own(visit.viewer, now=visit.now),
    }
    return render(request, "compensation/disputes.html", context)


@require_safe
def own_dispute(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """Show a dispute of the representative: what was said, and the answer."""
    visit = _visit(request)
    dispute = (
        selectors.all_disputes().filter(pk=dispute_id, representative=visit.viewer).first()
        if dispute_id < 2**63
        else None
    )
    if dispute is None:
        raise Http404("no such dispute")
    context = visit.context() | {
        "shown": selectors.show(dispute, now=visit.now),
        "dispute": dispute,
        "events": selectors.list_events(dispute),
        "title": months.title(dispute.period),
    }
    return render(request, "compensation/dispute.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def dispute_line(request: HttpRequest, label: str, key: str) -> HttpResponse:
    """Ask about a line of a posted statement."""
    visit = _visit(request, label)
    run = visit.run
    if run is None or run.kind != RunKind.CLOSE or run.status != RunStatus.POSTED:
        raise Http404("no posted statement")
    earning = statement.get_earning(run.pk, visit.viewer.pk, key)
    if earning is None:
        raise Http404("no such line")
    plan = plans.get_plan(run.plan_version)
    line = statement.list_lines([earning], plan)[0]
    back = reverse("compensation:statement", args=[label])
    form = DisputeForm(
        request.POST or None, currency=plan.currency, is_money=line.is_money, back=back
    )
    if request.method == "POST" and form.is_valid():
        assert isinstance(request.user, User)
        language = (get_language() or "").split("-")[0]
        try:
            opened = services.open_dispute(
                representative=visit.viewer,
                line=StatementLineKey(
                    run_id=run.pk,
                    receiver_id=visit.viewer.pk,
                    component=earning.component,
                    paid_level=earning.paid_level,
                    rate_num=earning.rate_num,
                    rate_den=earning.rate_den,
                ),
                expected_minor=form.cleaned_data["expected"],
                text=form.cleaned_data["text"],
                by=request.user,
                now=visit.now,
                language=language if language in LANGUAGES else LANGUAGES[0],
            )
        except services.UnableToDispute as fault:
            form.add_refusal(fault.field, fault.message)
        else:
            messages.success(request, _("Your question is on its way to a person."))
            return redirect("compensation:own_dispute", dispute_id=opened.pk)
    context = visit.context() | {
        "form": form,
        "line": line,
        "label": label,
        "title": months.title(run.period),
        "currency": plan.currency,
        "due": services.due_after(visit.now),
        "is_open": key in selectors.open_lines(visit.viewer.pk, run.pk),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "compensation/dispute_form.html", context, status=status)
