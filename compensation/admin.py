"""Staff's view of plans, periods, runs and the ledger; what is posted is read-only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from compensation import services, views_period
from compensation.admin_adjustments import AdjustmentAdmin
from compensation.admin_bank import RspConversionAdmin
from compensation.admin_decisions import CouponEntryAdmin, RankOverrideAdmin
from compensation.admin_disputes import DisputeAdmin
from compensation.admin_payouts import AnswerFileAdmin, PayeeAdmin, PayoutBatchAdmin
from compensation.models import (
    Entry,
    HeartBeat,
    Journal,
    Period,
    PlanVersion,
    Reversal,
    Run,
    RunStep,
)
from representatives.admin import ReadOnlyAdmin
from representatives.errors import UnableTo
from representatives.models import User
from representatives.templatetags.perennial import money, points

__all__ = [
    "AdjustmentAdmin",
    "AnswerFileAdmin",
    "CouponEntryAdmin",
    "DisputeAdmin",
    "PayeeAdmin",
    "PayoutBatchAdmin",
    "RankOverrideAdmin",
    "RspConversionAdmin",
]


def _person(request: HttpRequest) -> User:
    """Return who is logged in; the admin lets nobody else come here."""
    assert isinstance(request.user, User)
    return request.user


def _page_of(period: Period) -> str:
    """Return the address of the page on which a month is closed."""
    return reverse(views_period.PAGE, args=[period.label])


class PlanVersionForm(forms.ModelForm):
    """A plan document and its first day; the service says what is wrong with them."""

    class Meta:
        model = PlanVersion
        fields = ("effective_from", "document")
        widgets = {
            "document": forms.Textarea(attrs={"rows": 30, "cols": 100, "class": "vLargeTextField"})
        }

    def clean(self) -> dict[str, Any]:
        """Try the service and take it back, so that faults stand beside their field."""
        found = super().clean() or {}
        if self.errors:
            return found
        try:
            with transaction.atomic():
                services.add_plan_version(
                    document=found["document"], effective_from=found["effective_from"]
                )
                transaction.set_rollback(True)
        except UnableTo as fault:
            field = fault.field if fault.field in self.fields else None
            self.add_error(field, fault.message)
        return found


@admin.register(PlanVersion)
class PlanVersionAdmin(ReadOnlyAdmin):
    """Plans are added under their first day and never changed."""

    form = PlanVersionForm
    list_display = ("name", "effective_from", "digest", "created_by", "created_at")
    list_select_related = ("created_by",)
    ordering = ("-effective_from",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let those add a plan who have the permission."""
        return bool(request.user.has_perm("compensation.add_planversion"))

    def save_model(
        self, request: HttpRequest, obj: PlanVersion, form: forms.ModelForm, change: bool
    ) -> None:
        """Add the plan by the service."""
        added = services.add_plan_version(
            document=obj.document, effective_from=obj.effective_from, created_by=_person(request)
        )
        obj.pk, obj.name, obj.digest = added.pk, added.name, added.digest


@admin.register(Period)
class PeriodAdmin(ReadOnlyAdmin):
    """The months; a month that is over can be closed from here."""

    list_display = (
        *("label", "status", "starts_at", "ends_at", "frozen_at", "posted_at", "published_at"),
        *("visible_run", "to_close"),
    )
    list_filter = ("status",)
    list_select_related = ("visible_run",)
    ordering = ("-starts_at",)
    actions = ("close",)

    def get_urls(self) -> list[URLPattern]:
        """Add the page of a month's close, its part that looks again, and what is done there."""
        views = (
            ("close/", views_period.period_page, "close"),
            ("close/progress/", views_period.period_progress, "progress"),
            ("close/<str:act>/", views_period.period_act, "act"),
        )
        return [
            *(
                path(
                    f"<str:label>/{end}",
                    self.admin_site.admin_view(view),
                    name=f"compensation_period_{name}",
                )
                for end, view, name in views
            ),
            *super().get_urls(),
        ]

    @admin.display(description=_("Close"))
    def to_close(self, period: Period) -> SafeString:
        """Lead to the page on which the month is closed."""
        return format_html('<a href="{}">{}</a>', _page_of(period), _("Open it"))

    def has_close_permission(self, request: HttpRequest) -> bool:
        """Tell who may see a month's close."""
        return bool(request.user.has_perm(views_period.VIEW))

    @admin.action(description=_("Close the month"), permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet[Period]) -> HttpResponse | None:
        """Lead to the page of the oldest of the chosen months: they are closed one by one."""
        oldest = queryset.order_by("starts_at").first()
        return None if oldest is None else HttpResponseRedirect(_page_of(oldest))


class RunStepInline(admin.TabularInline):
    """What was done, where, and how long it took."""

    model = RunStep
    extra = 0
    can_delete = False
    fields = ("name", "host", "pid", "started_at", "duration_ms", "rows", "output_digest")
    readonly_fields = fields
    ordering = ("ordinal",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Steps are written by the run."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Steps are never changed."""
        return False


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Computations of months; a computed close can be approved from here by another person."""

    list_display = (
        *("id", "period", "kind", "attempt", "status", "is_visible", "computed_by", "approved_by"),
        *("order_count", "active_count", "commission", "points", "created_at"),
    )
    list_filter = ("kind", "status", "period")
    list_select_related = ("period", "plan_version", "computed_by", "approved_by")
    search_fields = ("period__label",)
    ordering = ("-id",)
    inlines = (RunStepInline,)
    actions = ("approve",)

    @admin.display(description=_("Shown"), boolean=True)
    def is_visible(self, run: Run) -> bool:
        """Whether pages show this run for its month."""
        return run.period.visible_run_id == run.pk

    @admin.display(description=_("Commission"), ordering="commission_minor")
    def commission(self, run: Run) -> str:
        """Commission in the plan's currency."""
        return money(run.commission_minor, services.currency_of(run))

    @admin.display(description=_("RSP credited"), ordering="rsp_credited")
    def points(self, run: Run) -> str:
        """RSP as people read it."""
        return points(run.rsp_credited)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Tell who may see what there is to approve."""
        return bool(request.user.has_perm(views_period.VIEW))

    @admin.action(description=_("Approve the close"), permissions=["approve"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Run]) -> HttpResponse | None:
        """Lead to the page on which what was found is read before the close is approved."""
        oldest = queryset.order_by("period__starts_at").select_related("period").first()
        return None if oldest is None else HttpResponseRedirect(_page_of(oldest.period))


class EntryInline(admin.TabularInline):
    """The entries of a journal."""

    model = Entry
    extra = 0
    can_delete = False
    fields = ("account", "representative", "unit", "amount")
    readonly_fields = fields
    ordering = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """Read the representatives along."""
        return super().get_queryset(request).select_related("representative")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Entries are written with their journal."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Entries are never changed."""
        return False


@admin.register(Journal)
class JournalAdmin(ReadOnlyAdmin):
    """The ledger, newest first, with the entries of each journal."""

    list_display = ("source_key", "kind", "period", "representative", "effective_at", "created_at")
    list_filter = ("kind", "period")
    list_select_related = ("period", "representative")
    search_fields = ("source_key__exact",)
    search_help_text = _("The whole source key, such as close:2017-03:CODE")
    ordering = ("-id",)
    exclude = ("xact",)
    inlines = (EntryInline,)


@admin.register(Reversal)
class ReversalAdmin(ReadOnlyAdmin):
    """Returns of posted months and what was taken back for them."""

    list_display = (
        *("id", "sales_return", "run", "period", "money_minor", "rsp", "part_count"),
        *("journal_count", "reversed_at"),
    )
    list_filter = ("period",)
    list_select_related = ("sales_return", "run", "period")
    ordering = ("-id",)


@admin.register(HeartBeat)
class HeartBeatAdmin(ReadOnlyAdmin):
    """Signs of life of what works unattended."""

    list_display = ("name", "beat_at", "host", "pid")
    ordering = ("name",)
