"""Forms of payouts. They know no service: views hand over what is cleaned."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout, Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from compensation.models.payees import BIC_LENGTH, HOLDER_LENGTH, IBAN_LENGTH
from representatives.forms_shared import ServiceForm

PRIVATE = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class BankAccountForm(ServiceForm):
    """Where a representative wants to be paid. What was typed is never shown again."""

    holder_name = forms.CharField(
        label=_("Account holder"),
        max_length=HOLDER_LENGTH,
        help_text=_("As the bank knows you."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    iban = forms.CharField(
        label=_("IBAN"),
        max_length=IBAN_LENGTH + 10,  # people write it in groups of four
        widget=forms.TextInput(attrs=PRIVATE),
    )
    bic = forms.CharField(
        label=_("BIC"),
        max_length=BIC_LENGTH + 3,
        required=False,
        help_text=_("Only if your bank asks for it."),
        widget=forms.TextInput(attrs=PRIVATE),
    )

    def __init__(self, *args: Any, action: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_action = action
        self.helper.attrs = {"autocomplete": "off"}
        self.helper.layout = Layout(
            *self.fields,
            Div(
                Submit("send", _("Save the bank details"), css_class="btn-primary"),
                css_class="form-actions",
            ),
        )


class DraftForm(ServiceForm):
    """A new batch."""

    execution_date = forms.DateField(
        label=_("Day of payment"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class AnswersForm(ServiceForm):
    """A file of the bank's answers."""

    file = forms.FileField(
        label=_("File of the bank"),
        help_text=_("A status report (pain.002, XML), or a CSV: end_to_end_id, status, reason."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xml,.csv,.txt"}),
    )
