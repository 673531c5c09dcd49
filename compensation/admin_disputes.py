"""Staff's queue of disputes, and the page that answers one."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compensation import services
from compensation.forms_disputes import ACCEPT, REFUSE, AnswerForm
from compensation.models import Dispute, DisputeStatus, StatementFrame
from compensation.selectors_pages import disputes as selectors
from compensation.selectors_pages import plans
from representatives.admin import ReadOnlyAdmin
from representatives.clock import company_now
from representatives.errors import UnableTo
from representatives.models import User

ANSWER = "compensation.change_dispute"
PAGE = "admin/compensation/dispute/answer.html"


class NeedsAnswer(admin.SimpleListFilter):
    """The queue: what staff have to answer; or everything."""

    title = gettext_lazy("state")
    parameter_name = "queue"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Dispute]
    ) -> list[tuple[str, Any]]:
        """Offer the answered ones, and all."""
        return [("answered", gettext_lazy("Answered")), ("all", gettext_lazy("All"))]

    def choices(self, changelist: Any) -> Any:
        """Name the default for what it is."""
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("To be answered"),
        }
        for value, title in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispute]) -> QuerySet[Dispute]:
        """Keep what was asked for."""
        if self.value() == "all":
            return queryset
        needed = selectors.needs_answer()
        return queryset.exclude(needed) if self.value() == "answered" else queryset.filter(needed)


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """Disputes by the day on which they are due."""

    list_display = ("number", "person", "period", "line_name", "posted", "expected", "due", "state")
    list_filter = (NeedsAnswer, "period")
    search_fields = ("representative__code", "representative__sort_key")
    search_help_text = gettext_lazy("Code or name of the representative")
    ordering = ("due_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        """Read along what the columns show."""
        return selectors.all_disputes()

    @admin.display(description=gettext_lazy("Dispute"), ordering="id")
    def number(self, dispute: Dispute) -> str:
        """Its number."""
        return str(dispute.pk)

    @admin.display(description=gettext_lazy("Representative"), ordering="representative__sort_key")
    def person(self, dispute: Dispute) -> str:
        """Who asks."""
        return str(dispute.representative)

    @admin.display(description=gettext_lazy("Line"))
    def line_name(self, dispute: Dispute) -> str:
        """The line that is disputed."""
        return selectors.show(dispute, now=dispute.opened_at).line_name

    @admin.display(description=gettext_lazy("Posted"))
    def posted(self, dispute: Dispute) -> str:
        """What was posted."""
        return selectors.show(dispute, now=dispute.opened_at).amount

    @admin.display(description=gettext_lazy("Expected"))
    def expected(self, dispute: Dispute) -> str:
        """What the representative expects."""
        return selectors.show(dispute, now=dispute.opened_at).expected

    @admin.display(description=gettext_lazy("Answer by"), ordering="due_at")
    def due(self, dispute: Dispute) -> datetime:
        """By when it is to be answered."""
        return dispute.due_at

    @admin.display(description=gettext_lazy("State"))
    def state(self, dispute: Dispute) -> str:
        """Where it stands."""
        return selectors.state_of(dispute, now=company_now()).text

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a dispute with its evidence, and take the answer."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        dispute = self.get_object(request, object_id)
        if dispute is None:
            raise Http404
        may_answer = request.user.has_perm(ANSWER)
        if request.method == "POST" and not may_answer:
            raise PermissionDenied
        currency = plans.get_plan(dispute.run.plan_version).currency
        form = AnswerForm(request.POST or None, currency=currency)
        if request.method == "POST" and form.is_valid() and _answer(request, dispute, form):
            messages.success(request, _("The answer is on its way."))
            return redirect("admin:compensation_dispute_change", dispute.pk)
        context = {
            **self.admin_site.each_context(request),
            **_context(dispute, now=company_now()),
            "opts": self.opts,
            "form": form,
            "may_answer": may_answer,
            "title": _("Dispute %(number)s") % {"number": dispute.pk},
            "may_read_paper": request.user.has_perm("compensation.view_statement"),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return render(request, PAGE, context, status=status)


def _answer(request: HttpRequest, dispute: Dispute, form: AnswerForm) -> bool:
    """Answer as the person logged in; what the service refuses stands beside its field."""
    assert isinstance(request.user, User)
    found = form.cleaned_data
    if request.POST.get("act") not in (ACCEPT, REFUSE):
        form.add_error(None, _("Accept it or refuse it."))
        return False
    try:
        services.answer_dispute(
            dispute=dispute,
            by=request.user,
            accept=request.POST["act"] == ACCEPT,
            money_minor=found["money"],
            rsp=found["points"],
            answer=found["answer"],
            now=company_now(),
        )
    except UnableTo as fault:
        fields = {"money_minor": "money", "rsp": "points", "answer": "answer", "reason": "answer"}
        form.add_error(fields.get(fault.field or ""), fault.message)
        return False
    return True


def _context(dispute: Dispute, *, now: datetime) -> dict[str, Any]:
    rows = selectors.compare_evidence(dispute)
    shown = selectors.show(dispute, now=now)
    return {
        "dispute": dispute,
        "shown": shown,
        "needs_answer": dispute.status == DisputeStatus.OPEN or dispute.is_sent_back,
        "events": selectors.list_events(dispute),
        "figures": [row for row in rows if row["group"] != "people"],
        "people": [row for row in rows if row["group"] == "people"],
        "differing": sum(row["differs"] for row in rows),
        "is_whole": selectors.evidence_is_whole(dispute),
        "has_paper": StatementFrame.objects.filter(run_id=dispute.run_id).exists(),
        "adjustment_url": _adjustment_url(dispute),
        "acts": ((ACCEPT, _("Accept, ask for the correction")), (REFUSE, _("Stays as it is"))),
    }


def _adjustment_url(dispute: Dispute) -> str:
    if dispute.adjustment_id is None:
        return ""
    try:
        return reverse("admin:compensation_adjustment_change", args=[dispute.adjustment_id])
    except NoReverseMatch:
        return ""
