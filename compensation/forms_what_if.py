"""Forms of what staff try out. They know no service: views hand over what is cleaned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from representatives.codes import MAX_LENGTH
from representatives.forms_shared import ServiceForm
from sales.amounts import QUANTITY_LIMIT
from sales.models import Product

OWN, NEW, KNOWN = "own", "new", "known"
LINES = 3
LARGEST_DOCUMENT = 200_000


class TrialForm(ServiceForm):
    """A form that asks and writes nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True


class OrderTrialForm(TrialForm):
    """Staff try an order."""

    seller = forms.CharField(label=_("Seller’s code"), max_length=MAX_LENGTH)
    buyer = forms.ChoiceField(
        label=_("Who buys"),
        choices=[
            (OWN, _("The seller, at the IR price")),
            (NEW, _("A new customer")),
            (KNOWN, _("A customer of the seller")),
        ],
    )
    customer = forms.CharField(
        label=_("Customer’s reference"),
        max_length=64,
        required=False,
        help_text=_("Only for a customer whom the seller has already."),
    )
    not_invoiced = forms.BooleanField(
        label=_("The seller is invoiced, not the customer"), required=False
    )

    def __init__(self, *args: Any, products: Iterable[Product], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[tuple[str, Any]] = [("", _("Choose a product"))]
        choices += [(str(product.pk), str(product)) for product in products]
        for number in range(1, LINES + 1):
            self.fields[f"product_{number}"] = forms.ChoiceField(
                label=_("Product"), choices=choices, required=number == 1
            )
            self.fields[f"pieces_{number}"] = forms.IntegerField(
                label=_("Pieces"),
                min_value=1,
                max_value=QUANTITY_LIMIT,
                initial=1,
                required=number == 1,
            )

    def lines(self) -> list[tuple[int, int]]:
        """Return the products and pieces that were chosen."""
        pairs = (
            (self.cleaned_data.get(f"product_{number}"), self.cleaned_data.get(f"pieces_{number}"))
            for number in range(1, LINES + 1)
        )
        return [(int(product), pieces or 1) for product, pieces in pairs if product]


class SponsorTrialForm(TrialForm):
    """Staff try a sponsor change."""

    member = forms.CharField(label=_("Member’s code"), max_length=MAX_LENGTH)
    sponsor_code = forms.CharField(label=_("New sponsor’s code"), max_length=MAX_LENGTH)


class PlanTrialForm(TrialForm):
    """Staff try a plan draft over some months."""

    document = forms.CharField(
        label=_("Plan document"),
        required=False,
        strip=False,
        max_length=LARGEST_DOCUMENT,
        widget=forms.Textarea(attrs={"rows": 18, "class": "code", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        help_text=_("YAML; it stands in the place of the text above."),
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml,.txt"}),
    )
    months = forms.MultipleChoiceField(label=_("Months"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, months: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["months"].choices = [(label, label) for label in months]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Take the text of the file, if there is one."""
        cleaned: dict[str, Any] = super().clean() or {}
        file = cleaned.get("file")
        if file:
            if file.size > LARGEST_DOCUMENT:
                self.add_error("file", _("The file is too large for a plan document."))
                return cleaned
            try:
                cleaned["document"] = file.read().decode("utf-8")
            except UnicodeDecodeError:
                self.add_error("file", _("The file is not a text in UTF-8."))
        elif not cleaned.get("document", "").strip() and "document" not in self.errors:
            self.add_error("document", _("Paste a plan document, or choose a file."))
        return cleaned
