"""The staff's pages of payout batches, in the frame of the admin.

`PayoutBatchAdmin` puts these views behind the admin's log-in; each looks at its permission itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from compensation import payout_words, selectors_payouts, selectors_reconciling, services
from compensation.forms_payouts import AnswersForm, DraftForm
from compensation.models import Payout, PayoutBatch, PayoutPart, PayoutStatus
from compensation.selectors_pages.payouts import BatchPage, read_batch
from compensation.services.bank_answers import AnswerReport, Verdict
from compensation.services.payouts import HTTP
from compensation.views_shared import page_number
from representatives import outbox
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.models import User

VIEW = "compensation.view_payoutbatch"
ADD = "compensation.add_payoutbatch"
APPROVE = "compensation.approve_payoutbatch"
SEND = "compensation.send_payoutbatch"
FOLDER = "admin/compensation/payouts"
LIST = "admin:compensation_payoutbatch_changelist"
PAGE = "admin:compensation_payoutbatch_page"
ROWS_SHOWN = 200
MOST_BY_PAGE = 5_000  # payouts; more take longer than a request may: manage.py payout_batch


def person(request: HttpRequest, permission: str) -> User:
    """Return who is logged in.

    :raises PermissionDenied: if the person may not do this.
    """
    assert isinstance(request.user, User)
    if not request.user.has_perm(permission):
        raise PermissionDenied
    return request.user


def show(
    request: HttpRequest, template: str, title: str, model: type[Model], **context: Any
) -> HttpResponse:
    """Render a page in the admin's frame; a form with faults answers 422."""
    form = context.get("form")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and form.errors else HTTPStatus.OK
    found = {
        **admin.site.each_context(request),
        "title": title,
        "opts": model._meta,
        "may": {
            "draft": request.user.has_perm(ADD),
            "approve": request.user.has_perm(APPROVE),
            "send": request.user.has_perm(SEND),
        },
        **context,
    }
    return render(request, f"{FOLDER}/{template}.html", found, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    """Ask for the day of payment and draft a batch."""
    by, now = person(request, ADD), company_now()
    initial = {"execution_date": selectors_payouts.next_payout_date(now)}
    form = DraftForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["execution_date"]
        try:
            if selectors_payouts.is_many_payable(more_than=MOST_BY_PAGE, now=now):
                raise _too_many(f"draft --execution-date {day.isoformat()}", by)
            batch = services.draft_batch(by=by, now=now, execution_date=day)
        except UnableTo as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            messages.success(request, _("Drafted. Somebody else approves it."))
            return redirect(PAGE, batch.pk)
    return show(request, "draft", _("Draft a payout batch"), PayoutBatch, form=form)


@require_safe
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show a batch, what it needs next, and its payouts by flag and state."""
    viewer = person(request, VIEW)
    batch = get_object_or_404(
        PayoutBatch.objects.select_related(
            "made_by", "edited_by", "approved_by", "sent_by", "confirmed_by", "cancelled_by"
        ),
        pk=number,
    )
    found = read_batch(
        batch,
        viewer=viewer,
        flag=request.GET.get("flag", ""),
        state=request.GET.get("state", ""),
        page=page_number(request),
        now=company_now(),
    )
    return show(
        request,
        "batch",
        _("Payout batch %(reference)s") % {"reference": batch.reference},
        PayoutBatch,
        found=found,
        batch=batch,
        **_spelled(found),
    )


def _spelled(found: BatchPage) -> dict[str, Any]:
    """Say flags, states and accounts in words."""
    return {
        "rows": [
            {
                "payout": one,
                "account": payout_words.masked(one.iban),
                "state": payout_words.payout_state(one),
                "flags": [(flag, payout_words.FLAGS[flag]) for flag in one.flags],
            }
            for one in found.rows
        ],
        "flags": [(one, payout_words.FLAGS[one.key]) for one in found.flags],
        "states": [(one, payout_words.STATES[one.key]) for one in found.states],
        "to_note": [(key, payout_words.FLAGS[key]) for key in found.to_note],
    }


# -- acts ------------------------------------------------------------------------------------------

Doing = Callable[[PayoutBatch, QueryDict, User, datetime], str]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that staff can do with a batch, and the permission that it takes."""

    permission: str
    do: Doing


def _approve(batch: PayoutBatch, posted: QueryDict, by: User, now: datetime) -> str:
    services.approve_batch(batch=batch, by=by, now=now, noted=posted.getlist("noted"))
    return _("Approved. It can be sent now.")


def _remove(batch: PayoutBatch, posted: QueryDict, by: User, now: datetime) -> str:
    number = posted.get("payout", "")
    payout = get_object_or_404(
        Payout, pk=int(number) if number.isdecimal() and len(number) < 19 else 0, batch=batch
    )
    services.remove_payout(payout=payout, reason=posted.get("reason", ""), by=by, now=now)
    return _("Removed and released. The batch is a draft, which somebody else approves.")


def _remove_stale(batch: PayoutBatch, posted: QueryDict, by: User, now: datetime) -> str:
    services.remove_stale_payouts(batch=batch, by=by, now=now)
    return _("Removed and released. The batch is a draft, which somebody else approves.")


def _set_day(batch: PayoutBatch, posted: QueryDict, by: User, now: datetime) -> str:
    form = DraftForm(posted)
    if not form.is_valid():
        raise UnableTo(" ".join(map(str, form.errors["execution_date"])), "execution_date")
    day = form.cleaned_data["execution_date"]
    services.change_execution_date(batch=batch, execution_date=day, by=by, now=now)
    return _("The day is set. The batch is a draft, which somebody else approves.")


def _cancel(batch: PayoutBatch, posted: QueryDict, by: User, now: datetime) -> str:
    _refuse_many(batch, f'cancel {batch.reference} --reason "…"', by)
    services.cancel_batch(batch=batch, reason=posted.get("reason", ""), by=by, now=now)
    return _("Cancelled. Everything is released.")


def _send(batch: PayoutBatch, posted: QueryDict, by: User, now: datetime) -> str:
    _refuse_many(batch, f"send {batch.reference}", by)
    services.send_batch(batch=batch, by=by, now=now)
    return _("Sent. Whatever the bank answers is imported here.")


def _refuse_many(batch: PayoutBatch, act: str, by: User) -> None:
    """Refuse what takes longer than a request may, and name the command that does it.

    :raises UnableTo: if the batch has more than MOST_BY_PAGE payouts to be sent or released.
    """
    reserved = batch.payouts.filter(status=PayoutStatus.RESERVED)
    if reserved[: MOST_BY_PAGE + 1].count() > MOST_BY_PAGE:
        raise _too_many(act, by)


def _too_many(act: str, by: User) -> UnableTo:
    return UnableTo(
        _("More than %(most)s payouts take too long for a page. On the command line: %(command)s")
        % {
            "most": formats.number_format(MOST_BY_PAGE, force_grouping=True),
            "command": f"manage.py payout_batch {act} --by {by.email}",
        }
    )


def _confirm(batch: PayoutBatch, posted: QueryDict, by: User, now: datetime) -> str:
    services.confirm_sending(batch=batch, by=by, now=now)
    return _("Noted that the bank has the files.")


ACTS: dict[str, Act] = {
    "approve": Act(APPROVE, _approve),
    "remove": Act(ADD, _remove),
    "remove-stale": Act(ADD, _remove_stale),
    "day": Act(ADD, _set_day),
    "cancel": Act(ADD, _cancel),
    "send": Act(SEND, _send),
    "confirm": Act(SEND, _confirm),
}


@require_POST
def act(request: HttpRequest, number: int, act: str) -> HttpResponse:
    """Do one thing with a batch and go back to its page, which says what came of it.

    :raises PermissionDenied: if somebody approves a batch of their own.
    """
    chosen = ACTS.get(act)
    if chosen is None:
        raise Http404("no such act")
    by = person(request, chosen.permission)
    batch = get_object_or_404(PayoutBatch, pk=number)
    try:
        messages.success(request, chosen.do(batch, request.POST, by, company_now()))
    except services.OwnBatch as refusal:
        raise PermissionDenied(refusal.message) from refusal
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    return _back(request, number)


def _back(request: HttpRequest, number: int) -> HttpResponseRedirect:
    """Go back to the batch, with the filter that was on."""
    asked = "&".join(
        f"{name}={request.POST[name]}"
        for name in ("flag", "state", "page")
        if request.POST.get(name, "").replace("_", "").isalnum()
    )
    address = reverse(PAGE, args=[number])
    return redirect(f"{address}?{asked}" if asked else address)


@require_POST
def download(request: HttpRequest, number: int, part: int) -> HttpResponse:
    """Hand out a payment file of a sent batch; always the same bytes."""
    person(request, SEND)
    found = get_object_or_404(PayoutPart, batch_id=number, number=part)
    try:
        data = services.part_file(part=found)
    except UnableTo as refusal:
        messages.error(request, refusal.message)
        return redirect(PAGE, number)
    name = found.message_id.replace(".", "-")
    return HttpResponse(
        data,
        content_type="application/xml",
        headers={"Content-Disposition": f'attachment; filename="{name}.xml"'},
    )


# -- answers and reconciliation --------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def answers(request: HttpRequest) -> HttpResponse:
    """Import a file of the bank's answers and show what became of each line."""
    by = person(request, SEND)
    posted = request.method == "POST"
    form = AnswersForm(request.POST if posted else None, request.FILES if posted else None)
    report = None
    if posted and form.is_valid():
        file = form.cleaned_data["file"]
        report = _imported(form, file, by)
    return show(
        request,
        "answers",
        _("Import the bank’s answers"),
        PayoutBatch,
        form=form,
        report=report,
        counts=_counts(report) if report else [],
        refused=report.refused[:ROWS_SHOWN] if report else [],
    )


def _imported(form: AnswersForm, file: Any, by: User) -> AnswerReport | None:
    try:
        return services.import_answers(file=file.read(), name=file.name, by=by, now=company_now())
    except UnableTo as refusal:
        form.add_refusal(refusal.field, refusal.message)
        return None


def _counts(report: AnswerReport) -> list[tuple[str, int]]:
    names = {
        Verdict.SETTLED: _("Paid"),
        Verdict.FAILED: _("Came back"),
        Verdict.PENDING: _("Under way"),
        Verdict.REPEATED: _("Known already"),
        Verdict.REFUSED: _("Refused"),
    }
    return [(name, report.count(verdict)) for verdict, name in names.items()]


@require_http_methods(["GET", "HEAD", "POST"])
def reconcile(request: HttpRequest) -> HttpResponse:
    """Compare ledger, payouts and answers; a POST asks the bank first (channel http)."""
    now = company_now()
    if request.method == "POST":
        try:
            reports = services.fetch_answers(by=person(request, SEND), now=now)
        except (UnableTo, outbox.NotDeliveredError) as refusal:
            messages.error(request, str(refusal))
        else:
            text = _("The bank answered for %(count)s files.") % {"count": len(reports)}
            messages.success(request, text)
        return redirect("admin:compensation_payoutbatch_reconcile")
    person(request, VIEW)
    found = selectors_reconciling.reconcile(now=now)
    return show(
        request,
        "reconcile",
        _("Reconcile payouts"),
        PayoutBatch,
        found=found,
        asks_bank=settings.BANK_CHANNEL == HTTP,
    )
