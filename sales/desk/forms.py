"""Forms of the desk: how a call went, and a talk that is noted afterwards."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from representatives.forms_shared import ServiceForm
from sales.models import Customer, FollowUp, Talk

NOTE_LENGTH = 2000


class CallForm(forms.Form):
    """How a call went: the buttons of the call's page."""

    STOP = "stop"

    result = forms.ChoiceField(
        label=_("How it went"),
        choices=[
            (FollowUp.Result.ORDERED.value, _("Ordered")),
            (FollowUp.Result.TALKED.value, _("Talked")),
            (FollowUp.Result.NO_ANSWER.value, _("No answer")),
            (FollowUp.Result.NOT_INTERESTED.value, _("Not interested")),
            (STOP, _("Please do not contact me again")),
        ],
        error_messages={"required": _("Choose how it went.")},
    )
    note = forms.CharField(
        label=_("What to remember"),
        max_length=NOTE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
        help_text=_("Only you see it, beside the other talks."),
    )


class TalkForm(ServiceForm):
    """A talk or a note for the timeline."""

    text = forms.CharField(
        label=_("What to remember"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
    )
    channel = forms.ChoiceField(
        label=_("How you talked"),
        required=False,
        choices=[("", _("Only a note")), *Customer.Channel.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    went = forms.ChoiceField(
        label=_("How it went"),
        required=False,
        choices=[("", _("Not said")), *Talk.Went.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
