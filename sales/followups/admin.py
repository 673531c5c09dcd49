"""Staff write care plans and the texts of messages. Follow-ups themselves are the members' own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from representatives.admin_tables import NamedFieldsInline
from sales.followups.wording import PLACES, fill, needs_product, our_words, unknown_places
from sales.models import CarePlan, CareStep, MessageTemplate, Occasion

SAMPLE = {"first_name": "Helena", "name": "Helena Nowak", "seller": "Marta Wrona"}


class StepInline(NamedFieldsInline):
    """The steps of a care plan."""

    model = CareStep
    fields = ("days", "anchor", "occasion")
    ordering = ("anchor", "days", "id")
    extra = 1


@admin.register(CarePlan)
class CarePlanAdmin(admin.ModelAdmin):
    """When members are reminded to be in touch after a customer's first order."""

    list_display = ("plan", "shown_steps")
    ordering = ("product__name", "id")
    search_fields = ("product__name", "product__sku__iexact")
    autocomplete_fields = ("product",)
    inlines = (StepInline,)
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[CarePlan]:
        """Read the steps with the plans."""
        plans = super().get_queryset(request)
        return plans.select_related("product").prefetch_related("steps")

    @admin.display(description=_("Product"), ordering="product__name")
    def plan(self, plan: CarePlan) -> str:
        return plan.product.name if plan.product else _t("All products without a plan of their own")

    @admin.display(description=_("Steps"))
    def shown_steps(self, plan: CarePlan) -> str:
        steps = sorted(plan.steps.all(), key=lambda step: (step.anchor == "run_out", step.days))
        return ", ".join(_step_words(step) for step in steps) or _t("No care cycle")


def _step_words(step: CareStep) -> str:
    if step.anchor == CareStep.Anchor.RUN_OUT:
        text = ngettext(
            "%(days)s day before the pack is empty",
            "%(days)s days before the pack is empty",
            step.days,
        )
    else:
        text = ngettext("%(days)s day after the sale", "%(days)s days after the sale", step.days)
    return text % {"days": step.days}


class MessageTemplateForm(forms.ModelForm):
    """A text, checked for words in braces that nothing would be put in place of."""

    class Meta:
        model = MessageTemplate
        fields = ("occasion", "language", "product", "subject", "body")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(
            label=self.fields["language"].label, choices=settings.LANGUAGES
        )
        self.fields["body"].help_text = _("Filled in: %(places)s.") % {
            "places": ", ".join(f"{{{place}}}" for place in PLACES)
        }

    def clean(self) -> dict[str, Any]:
        """Refuse words in braces that are unknown, and a product where there is none."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("subject", "body"):
            if name not in cleaned:
                continue
            unknown = unknown_places(cleaned[name])
            if unknown:
                self.add_error(
                    name,
                    _t("Nothing is filled in for %(places)s.")
                    % {"places": ", ".join(f"{{{place}}}" for place in unknown)},
                )
        if needs_product(cleaned.get("subject", "")) and not needs_product(cleaned.get("body", "")):
            self.add_error("body", _t("The subject names the product, so the text has to as well."))
        return cleaned


@admin.register(MessageTemplate)
class MessageTemplateAdmin(admin.ModelAdmin):
    """What messages say; an occasion without a text has one of the portal's own."""

    form = MessageTemplateForm
    list_display = ("occasion", "language", "about", "subject")
    list_filter = ("occasion", "language")
    list_select_related = ("product",)
    search_fields = ("subject", "product__name", "product__sku__iexact")
    ordering = ("occasion", "language", "product__name", "id")
    autocomplete_fields = ("product",)
    readonly_fields = ("sample", "ours")
    list_per_page = 50
    fields = ("occasion", "language", "product", "subject", "body", "sample", "ours")

    @admin.display(description=_("Product"), ordering="product__name")
    def about(self, template: MessageTemplate) -> str:
        return template.product.name if template.product else _t("All products")

    @admin.display(description=_("As a customer reads it"))
    def sample(self, template: MessageTemplate) -> SafeString | str:
        if not template.pk:
            return "-"
        product = template.product.name if template.product else _t("Product")
        places = SAMPLE | {"product": product, "company": _t("Company")}
        return format_html(
            "<strong>{}</strong><br>{}",
            fill(template.subject, places),
            _lines(fill(template.body, places)),
        )

    @admin.display(description=_("The portal’s own text"))
    def ours(self, template: MessageTemplate) -> SafeString | str:
        if not template.pk:
            return _t("Shown once the text is saved.")
        subject, body = our_words(
            Occasion(template.occasion),
            has_product=needs_product(template.subject + template.body),
            language=template.language,
        )
        return format_html("<strong>{}</strong><br>{}", subject, _lines(body))


def _lines(text: str) -> SafeString:
    return format_html_join(SafeString("<br>"), "{}", ((line,) for line in text.splitlines()))
