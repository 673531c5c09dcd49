"""Staff's lists of payouts; what they lead to stands in `views_payouts_staff` and beside it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from compensation import payout_words, views_payees_staff, views_payouts_staff
from compensation.models import AnswerFile, Payee, PayoutBatch
from compensation.selectors_pages.payouts import with_totals
from representatives.admin import ReadOnlyAdmin
from representatives.templatetags.perennial import money


@admin.register(PayoutBatch)
class PayoutBatchAdmin(ReadOnlyAdmin):
    """Payout batches, the latest first; each leads to the page on which it is worked on."""

    change_list_template = "admin/compensation/payouts/batches.html"
    list_display = (
        *("to_page", "state", "execution_date", "payouts_count", "total", "made_by"),
        *("approved_by", "sent_at", "ended_at"),
    )
    list_display_links = None
    list_filter = ("status",)
    list_select_related = ("made_by", "approved_by")
    list_per_page = 50
    search_fields = ("reference",)
    ordering = ("-id",)

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of batches, and what is done there."""
        views = (
            ("draft/", views_payouts_staff.draft, "draft"),
            ("answers/", views_payouts_staff.answers, "answers"),
            ("reconcile/", views_payouts_staff.reconcile, "reconcile"),
            ("<int:number>/page/", views_payouts_staff.page, "page"),
            ("<int:number>/file/<int:part>/", views_payouts_staff.download, "file"),
            ("<int:number>/do/<str:act>/", views_payouts_staff.act, "act"),
        )
        return [*_paths(self, views, "payoutbatch"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayoutBatch]:
        """Count and sum along."""
        return with_totals(super().get_queryset(request))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the batch's page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        batch = get_object_or_404(PayoutBatch, pk=object_id if object_id.isdecimal() else 0)
        return redirect(views_payouts_staff.PAGE, batch.pk)

    @admin.display(description=_("Batch"), ordering="reference")
    def to_page(self, batch: PayoutBatch) -> SafeString:
        """Lead to the batch's page."""
        address = reverse(views_payouts_staff.PAGE, args=[batch.pk])
        return format_html('<a href="{}">{}</a>', address, batch.reference)

    @admin.display(description=_("State"), ordering="status")
    def state(self, batch: PayoutBatch) -> str:
        """Say the state."""
        return str(payout_words.BATCH_STATES[batch.status])

    @admin.display(description=_("Payouts"))
    def payouts_count(self, batch: Any) -> int:
        """Count what is reserved or was sent."""
        return int(batch.count or 0)

    @admin.display(description=_("Amount"))
    def total(self, batch: Any) -> str:
        """Sum up what is reserved or was sent."""
        return money(int(batch.sum or 0), batch.currency)


@admin.register(Payee)
class PayeeAdmin(ReadOnlyAdmin):
    """Payees with what is checked; of an account only the last four digits."""

    list_display = ("to_page", "kyc_status", "tax_form_status", "account", "usable_from", "held")
    list_display_links = None
    list_filter = ("kyc_status", "tax_form_status", "held")
    list_select_related = ("representative",)
    search_fields = ("representative__code", "representative__sort_key")
    search_help_text = _("Code or name of the representative")
    ordering = ("-id",)
    unseen = ("iban", "bic", "holder_name")

    def get_urls(self) -> list[URLPattern]:
        """Add the page of a payee, and what is decided there."""
        views = (
            ("<str:code>/page/", views_payees_staff.page, "page"),
            ("<str:code>/decide/", views_payees_staff.act, "act"),
        )
        return [*_paths(self, views, "payee"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the payee's page, which shows no more than the viewer may see."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        payee = get_object_or_404(Payee, pk=object_id if object_id.isdecimal() else 0)
        return redirect(views_payees_staff.PAGE, payee.representative.code)

    @admin.display(description=_("Representative"), ordering="representative__sort_key")
    def to_page(self, payee: Payee) -> SafeString:
        """Lead to the payee's page."""
        address = reverse(views_payees_staff.PAGE, args=[payee.representative.code])
        return format_html('<a href="{}">{}</a>', address, payee.representative)

    @admin.display(description=_("Bank account"))
    def account(self, payee: Payee) -> str:
        """Show the last digits."""
        return payout_words.masked(payee.iban)


@admin.register(AnswerFile)
class AnswerFileAdmin(ReadOnlyAdmin):
    """Files of the bank's answers that were imported."""

    list_display = ("name", "line_count", "imported_by", "imported_at", "digest")
    list_select_related = ("imported_by",)
    ordering = ("-id",)


def _paths(
    owner: admin.ModelAdmin[Any], views: tuple[tuple[str, Any, str], ...], model: str
) -> list[URLPattern]:
    return [
        path(end, owner.admin_site.admin_view(view), name=f"compensation_{model}_{name}")
        for end, view, name in views
    ]
