"""Forms of the staff's site. Amounts are typed as decimals and kept as integers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from representatives.formatting import MINOR_DIGITS
from representatives.models import Company
from sales import services
from sales.amounts import parse_scaled, spell_scaled
from sales.models import Customer, Order, Product, Return


class ScaledField(forms.CharField):
    """A plain decimal that is kept as an integer number of its smallest parts."""

    def __init__(self, *, places: int = 2, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)
        self.places = places
        self.widget.attrs |= {"inputmode": "decimal", "class": "vTextField"}

    def to_python(self, value: Any) -> Any:
        """Return the integer.

        :raises django.core.exceptions.ValidationError: if it is no such decimal.
        """
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse_scaled(text, self.places)
        except ValueError as error:
            raise forms.ValidationError(f"{text} {error}.") from error

    def run_validators(self, value: Any) -> None:
        """Skip the checks of text: the value is a number here."""

    def prepare_value(self, value: Any) -> Any:
        """Return the decimal of a stored integer, and what was typed as it was typed."""
        return spell_scaled(value, self.places) if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what both are kept as."""
        return bool(super().has_changed(self.prepare_value(initial), data))


class ProductForm(forms.ModelForm):
    """A product as staff see it, checked by the service."""

    retail_price_minor = ScaledField(label=_("Retail price"), help_text=_("Tax included."))
    ir_price_minor = ScaledField(label=_("IR price"), help_text=_("Tax included."))
    bv = ScaledField(label="BV", help_text=_("Per piece."))
    rsp = ScaledField(
        label="RSP", help_text=_("Per piece; carried by repeat products only."), required=False
    )
    tax_rate_bp = ScaledField(label=_("Tax rate in %"), required=False)

    class Meta:
        model = Product
        fields = (
            *("sku", "name", "category", "is_active", "retail_price_minor", "ir_price_minor"),
            *("tax_rate_bp", "repeat", "bv", "rsp", "pack_days", "larger_size", "uses"),
            "companions",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        company = Company.objects.filter(pk=Company.ONLY_ID).first()
        places = MINOR_DIGITS.get(company.currency, 2) if company else 2
        for name in ("retail_price_minor", "ir_price_minor"):
            self.fields[name].places = places  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse what the service would refuse."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("rsp", "tax_rate_bp"):
            if name in cleaned:
                cleaned[name] = cleaned[name] or 0
        if not self.errors:
            try:
                self.facts().check()
            except services.UnableToSaveProduct as refusal:
                self.add_error(refusal.field, refusal.message)
        return cleaned

    def facts(self) -> services.ProductFacts:
        """Return the product as stated."""
        cleaned = dict(self.cleaned_data)
        return services.ProductFacts(**cleaned | {"companions": list(cleaned["companions"])})


class CustomerForm(forms.ModelForm):
    """A customer as staff see him."""

    class Meta:
        model = Customer
        fields = ("representative", "reference", "name", "email", "phone", "note", "referred_by")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "reference" in self.fields:
            self.fields["reference"].required = False
            self.fields["reference"].help_text = _("Left empty, one is drawn.")

    def clean(self) -> dict[str, Any]:
        """Refuse a referring customer of somebody else."""
        cleaned: dict[str, Any] = super().clean() or {}
        owner = cleaned.get("representative") or getattr(self.instance, "representative", None)
        referrer = cleaned.get("referred_by")
        if referrer and (referrer.representative != owner or referrer.is_self):
            self.add_error("referred_by", _("Choose another customer of this representative."))
        return cleaned


class ErasureForm(forms.Form):
    """Why staff erase a person; the log keeps it, so nothing here names anybody."""

    REASONS = (
        ("asked", _("The person asked for it")),
        ("mistake", _("It was entered by mistake")),
        ("law", _("The law demands it")),
    )

    reason = forms.ChoiceField(label=_("Reason"), choices=REASONS)
    letter = forms.RegexField(
        label=_("Number of the letter"),
        regex=r"^[\w./-]*\d[\w./-]*$",
        max_length=40,
        required=False,
        help_text=_("The log is kept for good: a number, and no name. Erasing can't be undone."),
    )


class PaymentForm(forms.Form):
    """Staff record that an order was paid."""

    reference = forms.CharField(
        label=_("Reference"), max_length=100, help_text=_("As on the bank statement or receipt.")
    )
    amount = ScaledField(label=_("Amount"))
    paid_at = forms.DateTimeField(
        label=_("Paid at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In the company's time zone. The order counts from now on."),
    )

    def __init__(self, *args: Any, order: Order, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {
            "amount": order.gross_minor,
            "paid_at": now.replace(second=0, microsecond=0),
        }
        self.fields["amount"].places = MINOR_DIGITS.get(order.currency, 2)  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    """Staff accept or refuse a return."""

    quantity = forms.IntegerField(
        label=_("Pieces to accept"), min_value=1, help_text=_("Fewer than asked for is possible.")
    )
    decision = forms.CharField(
        label=_("Words for the one who asked"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, return_: Return, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"quantity": return_.quantity}
        self.fields["quantity"].max_value = return_.quantity  # type: ignore[attr-defined]
