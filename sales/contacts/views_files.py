"""People in and out as files: read, looked at, then taken; lists handed out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from representatives.looking_middleware import only_oneself
from sales.contacts import exports, segments, services
from sales.contacts.files import LARGEST_BYTES, UnableToRead, read_contacts
from sales.contacts.forms import FileForm
from sales.contacts.segments import Choice
from sales.contacts.services.files import Taken, Verdict
from sales.contacts.views import BIGINT
from sales.models import ContactFile
from sales.views_shared import REFUSED, Desk, open_desk

SHOWN_ROWS = 200


@require_http_methods(["GET", "HEAD", "POST"])
def file_new(request: HttpRequest) -> HttpResponse:
    """Take a file with contacts; nothing is added before it was looked at."""
    desk = open_desk(request)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            rows = read_contacts(sent.name, sent.read(LARGEST_BYTES + 1))
        except UnableToRead as refusal:
            form.add_refusal(refusal.field, refusal.message)
        else:
            kept = services.keep_file(
                representative=desk.seller, name=sent.name, rows=rows, now=desk.now
            )
            return redirect("sales:contact_file", kept.pk)
    return render(
        request,
        "sales/contacts/file_new.html",
        desk.context(form=form, months=desk.company.unused_contact_months),
        status=REFUSED if form.errors else HTTPStatus.OK,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest, file_id: int) -> HttpResponse:
    """Show what a file would add; take it, or forget it."""
    desk = open_desk(request)
    kept = _own_file(desk, file_id)
    if request.method == "POST":
        if "drop" in request.POST:
            services.drop_file(file=kept)
            messages.success(request, _("The file is forgotten. Nobody was added."))
            return redirect("sales:contact_files")
        taken = services.take_file(file=kept, fill="fill" in request.POST, now=desk.now)
        messages.success(request, _told(taken))
        return redirect("sales:customers_all")
    judged = services.judge(kept)
    counts = Counter(one.verdict for one in judged)
    order = [Verdict.FAULTY, Verdict.NEW, Verdict.KNOWN, Verdict.TWICE]
    shown = sorted(judged, key=lambda one: order.index(one.verdict))[:SHOWN_ROWS]
    return render(
        request,
        "sales/contacts/file.html",
        desk.context(
            file=kept,
            rows=shown,
            more=len(judged) - len(shown),
            counts={verdict.value: counts[verdict] for verdict in Verdict},
            fillable=sum(bool(one.adds) for one in judged),
        ),
    )


@require_safe
@only_oneself
def as_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Hand out the chosen people as a table."""
    desk, people = _chosen(request)
    return _download(exports.as_csv(people, desk.company), "text/csv", "contacts.csv")


@require_safe
@only_oneself
def as_vcards(request: HttpRequest) -> StreamingHttpResponse:
    """Hand out the chosen people as cards."""
    _desk, people = _chosen(request)
    return _download(exports.as_vcards(people), "text/vcard", "contacts.vcf")


def _chosen(request: HttpRequest) -> tuple[Desk, segments.QuerySet[segments.Customer]]:
    desk = open_desk(request)
    choice = Choice.read(request.GET)
    return desk, segments.choose(desk.seller, choice, now=desk.now, company=desk.company)


def _download(pieces: Iterable[str], kind: str, name: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(pieces, content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store, private"
    return answer


def _own_file(desk: Desk, file_id: int) -> ContactFile:
    files = ContactFile.objects.filter(representative=desk.seller)
    found = files.filter(pk=file_id).first() if file_id <= BIGINT else None
    if found is None:
        raise Http404("no such file")
    return found


def _told(taken: Taken) -> str:
    added = ngettext("%(count)s person is added.", "%(count)s people are added.", taken.added) % {
        "count": taken.added
    }
    if not taken.filled:
        return added
    filled = ngettext(
        "Of %(count)s person of your list what was missing is filled in.",
        "Of %(count)s people of your list what was missing is filled in.",
        taken.filled,
    ) % {"count": taken.filled}
    return f"{added} {filled}"
