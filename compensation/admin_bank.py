"""Conversions of points for staff: to be read, never to be changed."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from compensation import views_bank_staff
from compensation.models import RspConversion
from representatives.admin_tables import ReadOnlyAdmin
from representatives.templatetags.perennial import money, points


@admin.register(RspConversion)
class RspConversionAdmin(ReadOnlyAdmin):
    """Conversions by hand and at expiry, the latest first, and the banks behind them."""

    list_display = (
        *("converted_at", "to_bank", "target", "points_taken", "cash", "bought"),
        *("period", "by"),
    )
    list_filter = ("target", "period")
    list_select_related = ("representative", "period", "by", "plan_version")
    search_fields = ("representative__code", "representative__sort_key")
    search_help_text = _("Code or name of the representative")
    ordering = ("-converted_at", "-id")
    change_list_template = "admin/compensation/rspconversion/list.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the page of a bank."""
        view = self.admin_site.admin_view(views_bank_staff.bank)
        name = views_bank_staff.PAGE.partition(":")[2]
        return [path("bank/", view, name=name), *super().get_urls()]

    @admin.display(description=_("RSP bank of"), ordering="representative__sort_key")
    def to_bank(self, row: RspConversion) -> SafeString:
        """Lead to the bank."""
        address = reverse(views_bank_staff.PAGE)
        code = row.representative.code
        return format_html('<a href="{}?code={}">{}</a>', address, code, row.representative)

    @admin.display(description=_("RSP"), ordering="points")
    def points_taken(self, row: RspConversion) -> str:
        """Write the points."""
        return points(row.points)

    @admin.display(description=_("Cash"), ordering="cash_minor")
    def cash(self, row: RspConversion) -> str:
        """Write the amount."""
        currency = views_bank_staff.currency_of(row.plan_version)
        return money(row.cash_minor, currency) if row.cash_minor else ""

    @admin.display(description=_("BV"), ordering="bv")
    def bought(self, row: RspConversion) -> str:
        """Write the volume."""
        return points(row.bv) if row.bv else ""
