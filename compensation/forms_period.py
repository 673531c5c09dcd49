"""Forms of the staff page of a month's close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from compensation import gate_wording
from representatives.forms_shared import ServiceForm


class AcknowledgeForm(ServiceForm):
    """Findings that somebody holds to be all right, and why."""

    codes = forms.MultipleChoiceField(
        label=_("Findings"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick the findings that you have looked at.")},
    )
    reason = forms.CharField(
        label=_("Why they are all right"),
        min_length=2,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, codes: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["codes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(code, gate_wording.title(code)) for code in codes]
