"""Forms of follow-ups. They know no service: views hand over what is cleaned."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sales.followups import words
from sales.forms import PortalForm
from sales.models import FollowUp
from sales.models.follow_ups import NOTE_LENGTH, TEXT_LENGTH


def day_input() -> forms.DateInput:
    """Return the field of a day as the browser's own calendar offers it."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class FollowUpForm(PortalForm):
    """A representative plans something: for a customer, for a member, or a task of their own."""

    button = _("Plan it")
    kind = forms.ChoiceField(label=_("What for"))
    text = forms.CharField(label=_("What to do"), max_length=TEXT_LENGTH, required=False)
    due_on = forms.DateField(label=_("Day"), widget=day_input())

    def __init__(self, *args: Any, about: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if about == "customer":
            self.fields["kind"].choices = words.kinds_of_customers()  # type: ignore[attr-defined]
        else:
            del self.fields["kind"]
            self.helper.layout.fields = [one for one in self.helper.layout.fields if one != "kind"]
        if about == "nobody":
            self.fields["text"].required = True
        else:
            self.fields["text"].help_text = _("May stay empty. Only you see it.")
        self.helper.form_tag = False
        self.helper.disable_csrf = True


class ResultForm(forms.Form):
    """How it went; the result is the button that was pressed."""

    result = forms.ChoiceField(
        choices=[(one.value, one.label) for one in FollowUp.Result if one.value]
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=NOTE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )


class MoveForm(forms.Form):
    """To another day: so many days from today, or a day."""

    days = forms.IntegerField(min_value=0, max_value=366, required=False)
    due_on = forms.DateField(label=_("Day"), required=False, widget=day_input())


class SentForm(forms.Form):
    """That a message was sent, or that a talk took place, and how."""

    channel = forms.ChoiceField(
        choices=[("phone", ""), ("message", ""), ("email", ""), ("visit", "")]
    )
