"""Forms of disputes: what should the line be and why; and the answer of staff."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from compensation.models.disputes import TEXT_LENGTH
from sales.amounts import parse_money, parse_scaled
from sales.forms import PortalForm

AMOUNT_LENGTH = 20
ACCEPT, REFUSE = "accept", "refuse"
DECIMAL_COMMA = re.compile(r"^(\d+),(\d{1,2})$", re.ASCII)


class DisputeForm(PortalForm):
    """A representative says what a line should be."""

    button = _("Send the question")
    expected = forms.CharField(label=_("What it should be"), max_length=AMOUNT_LENGTH)
    text = forms.CharField(
        label=_("What is wrong"),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Which order or person is missing, or counted otherwise than you expect."),
    )

    def __init__(self, *args: Any, currency: str, is_money: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.is_money = currency, is_money
        field = self.fields["expected"]
        field.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}
        field.help_text = (
            _("In %(currency)s, such as 24.30.") % {"currency": currency}
            if is_money
            else _("In RSP, such as 120.")
        )

    def clean_expected(self) -> int:
        """Return minor units, or hundredths of points."""
        return amount_of(self.cleaned_data["expected"], self.currency, is_money=self.is_money)


class AnswerForm(forms.Form):
    """Staff accept a dispute with a correction, or refuse it with a reason."""

    money = forms.CharField(
        label=_("Correction in money"), max_length=AMOUNT_LENGTH, required=False
    )
    points = forms.CharField(label=_("Correction in RSP"), max_length=AMOUNT_LENGTH, required=False)
    answer = forms.CharField(
        label=_("Answer"),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 60, "class": "vLargeTextField"}),
        help_text=_("The representative reads it; of a correction it is the reason stated."),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["money"].help_text = _(
            "What the representative gains, in %(currency)s; negative takes back."
        ) % {"currency": currency}

    def clean_money(self) -> int:
        """Return minor units; nothing is nought."""
        text = self.cleaned_data["money"]
        return amount_of(text, self.currency, is_money=True) if text else 0

    def clean_points(self) -> int:
        """Return hundredths; nothing is nought."""
        text = self.cleaned_data["points"]
        return amount_of(text, self.currency, is_money=False) if text else 0


def amount_of(text: str, currency: str, *, is_money: bool) -> int:
    """Return a typed amount in minor units or hundredths; the minus may be a real one.

    :raises django.forms.ValidationError: if it is no amount.
    """
    plain = text.strip().replace("\u2212", "-")
    sign = -1 if plain.startswith("-") else 1
    # A comma before one or two places is decimal; before three it could be one of thousands.
    digits = DECIMAL_COMMA.sub(r"\1.\2", plain.removeprefix("-").strip())
    try:
        return sign * (parse_money(digits, currency) if is_money else parse_scaled(digits, 2))
    except ValueError as fault:
        raise forms.ValidationError(_("This is no amount.")) from fault
