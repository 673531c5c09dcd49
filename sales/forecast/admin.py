"""Staff look at what forecasts were learnt from, and how well that did; all of it is read-only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from representatives.admin import ReadOnlyAdmin
from sales.models import ForecastModel


@admin.register(ForecastModel)
class ForecastModelAdmin(ReadOnlyAdmin):
    """What each night learnt, by which method, and how all of them did on later purchases."""

    list_display = ("made_at", "learnt_to", "method", "examples", "for_everybody")
    list_filter = ("method", "for_everybody")
    ordering = ("-made_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ForecastModel]:
        """Leave out what only the forecast itself can read: it may be megabytes."""
        return super().get_queryset(request).defer("body")

    @admin.display(description=_("Examples"))
    def examples(self, model: ForecastModel) -> str:
        rows = model.figures.get("product", {}).get("rows")
        return "-" if rows is None else number_format(rows, force_grouping=True)
