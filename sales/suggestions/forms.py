"""Forms of suggestions. They know no service: views hand over what is cleaned."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sales.forms import PortalForm
from sales.models import RefusalReason, WorkDay
from sales.models.suggestions import NOTE_LENGTH


class RefusalForm(PortalForm):
    """Why a suggestion is refused."""

    button = _("Do not suggest it")

    reason = forms.ChoiceField(
        label=_("Why not"), choices=RefusalReason.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Note"), max_length=NOTE_LENGTH, required=False, help_text=_("Only you see it.")
    )
    key = forms.CharField(widget=forms.HiddenInput)
    next = forms.CharField(widget=forms.HiddenInput, required=False)


class WorkDayForm(PortalForm):
    """How much a representative means to do in a day."""

    jobs = forms.IntegerField(
        label=_("People a day"),
        min_value=1,
        max_value=WorkDay.MOST_JOBS,
        help_text=_("Today’s list holds no more than that: what brings most comes first."),
    )
    next = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["jobs"].widget.attrs |= {"inputmode": "numeric"}
