"""allauth's forms of two factors with our labels and explanations (setting MFA_FORMS)."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 60
_NAME_HELP = _("By which you tell it from others, such as the name of the phone.")


def _describe_code(field: forms.Field, help_text: Any) -> None:
    field.label = _("Code")
    field.help_text = help_text
    field.widget.attrs = {
        "autocomplete": "one-time-code",
        "inputmode": "numeric",
        "autocapitalize": "off",
        "spellcheck": "false",
    }


def _name_field(*, required: bool) -> forms.CharField:
    return forms.CharField(
        label=_("Name of the passkey"),
        max_length=NAME_LENGTH,
        required=required,
        help_text=_NAME_HELP,
    )


class CodeForm(AuthenticateForm):
    """The second step of a log-in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _describe_code(
            self.fields["code"],
            _("From your authenticator app, or one of your recovery codes."),
        )


class CodeAgainForm(ReauthenticateForm):
    """A code before a step that needs one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _describe_code(
            self.fields["code"],
            _("From your authenticator app, or one of your recovery codes."),
        )


class ActivateAppForm(ActivateTOTPForm):
    """The first code of an authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _describe_code(self.fields["code"], _("The six digits that the app shows now."))


class AddPasskeyForm(AddWebAuthnForm):
    """A new passkey."""

    name = _name_field(required=False)
    passwordless = forms.BooleanField(
        label=_("Log in with this passkey alone, without the password"),
        required=False,
        initial=True,
        help_text=_("The device then asks for your finger, your face or its PIN."),
    )


class RenamePasskeyForm(EditWebAuthnForm):
    """Another name for a passkey."""

    name = _name_field(required=True)
