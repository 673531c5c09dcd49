"""Forms of the own profile. They know no service: views hand over what is cleaned."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from representatives.forms import PHONE_LENGTH, _PortalForm
from representatives.models import Representative, User
from representatives.notice_kinds import CHOOSABLE, explanation


class ContactForm(_PortalForm):
    """What a representative changes alone: contact e-mail and phone."""

    button = _("Save the contact")

    email = forms.EmailField(
        label=_("Contact e-mail"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("For people, not for logging in."),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=PHONE_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )


class LanguageForm(_PortalForm):
    """The language of pages and e-mails."""

    button = _("Use this language")

    language = forms.ChoiceField(label=_("Language"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (code, _own_name(code)) for code, _name in settings.LANGUAGES
        ]


def _own_name(code: str) -> str:
    """Return a language's name in itself, which whoever reads it understands."""
    names = dict(settings.LANGUAGES)
    with override(code):
        return str(names[code])


class SharingForm(_PortalForm):
    """Who of those above may read the contact."""

    button = _("Save the choice")

    contact_shared_with = forms.ChoiceField(
        label=_("Who may read your e-mail and phone?"),
        choices=Representative.ContactSharing.choices,
        widget=forms.RadioSelect,
    )


class NoticesForm(_PortalForm):
    """When notices are e-mailed, and of which kinds."""

    button = _("Save the notices")

    email_notices = forms.ChoiceField(
        label=_("E-mail me"), choices=User.EmailNotices.choices, widget=forms.RadioSelect
    )
    kinds = forms.MultipleChoiceField(
        label=_("About what"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (kind.value, format_html("{} <small>{}</small>", kind.label, explanation(kind)))
            for kind in CHOOSABLE
        ]

    def muted(self) -> list[str]:
        """Return the kinds that were left out."""
        wanted = set(self.cleaned_data["kinds"])
        return [kind.value for kind in CHOOSABLE if kind.value not in wanted]
