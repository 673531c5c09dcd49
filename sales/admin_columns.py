"""Columns of amounts on the staff's pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from representatives.templatetags.perennial import money, points
from sales.models import Order


class AmountColumns:
    """Columns of amounts and volumes as people read them."""

    @admin.display(description=_("Total"), ordering="gross_minor")
    def total(self, row: Any) -> str:
        """Total with tax, in the currency of the order."""
        return money(row.gross_minor, _currency_of(row))

    @admin.display(description="BV", ordering="bv")
    def bv_shown(self, row: Any) -> str:
        """BV as people read it."""
        return points(row.bv)

    @admin.display(description="RSP", ordering="rsp")
    def rsp_shown(self, row: Any) -> str:
        """RSP as people read it."""
        return points(row.rsp)

    @admin.display(description=_("Retail profit"), ordering="margin_minor")
    def margin(self, row: Any) -> str:
        """Retail profit, in the currency of the order."""
        return money(row.margin_minor, _currency_of(row))


def _currency_of(row: Any) -> str:
    """Return the currency of an order, or of the order of a line or return."""
    order = row if isinstance(row, Order) else getattr(row, "order", None) or row.line.order
    return str(order.currency)
