"""Staff's view of what goes with what, and of how suggestions do; all of it is read-only."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import admin
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from representatives.admin import ReadOnlyAdmin
from sales.models import AddOnLearning, ProductPair, SuggestionDecision


@admin.register(ProductPair)
class ProductPairAdmin(ReadOnlyAdmin):
    """Products that customers take together, with support and lift."""

    list_display = (
        *("product", "companion", "share", "lift", "both_count"),
        *("accepted_count", "refused_count"),
    )
    list_select_related = ("product", "companion")
    search_fields = ("product__name", "companion__name", "product__sku__iexact")
    ordering = ("-weight", "id")
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("Of 100 customers of the product"))
    def share(self, pair: ProductPair) -> str:
        return number_format(Decimal(100 * pair.both_count) / pair.product_count, 1)

    @admin.display(description=_("Lift"), ordering="lift_permille")
    def lift(self, pair: ProductPair) -> str:
        return number_format(Decimal(pair.lift_permille) / 1000, 2)


@admin.register(SuggestionDecision)
class SuggestionDecisionAdmin(ReadOnlyAdmin):
    """What representatives decided; their notes are their own."""

    list_display = ("decided_on", "representative", "kind", "product", "state", "act", "reason")
    list_filter = ("kind", "state", "reason")
    list_select_related = ("representative", "product")
    search_fields = ("representative__code__exact", "product__name")
    ordering = ("-id",)
    exclude = ("note", "customer", "guide_id")
    list_per_page = 50
    show_full_result_count = False


@admin.register(AddOnLearning)
class AddOnLearningAdmin(ReadOnlyAdmin):
    """What the nights taught, and how well it did on the month before."""

    list_display = ("learnt_at", "learnt_to", "ridge", "did_well")
    ordering = ("-learnt_at", "-id")

    @admin.display(description=_("Of 100 customers who took one of three"))
    def did_well(self, learning: AddOnLearning) -> str:
        rates = learning.figures.get("hit_permille", {})
        rate = rates.get(str(learning.ridge))
        return "-" if rate is None else number_format(Decimal(rate) / 10, 1)
