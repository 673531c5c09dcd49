"""Forms on people. They know no service: views hand over what is cleaned."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout, Submit
from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from representatives.codes import MAX_LENGTH
from representatives.forms_shared import ServiceForm
from representatives.models import NAME_LENGTH, User

PHONE_LENGTH = 40


class _PortalForm(ServiceForm):
    """A form with one button, laid out by crispy; `action` and `button` come from the class."""

    button: Any = _("Save")
    button_css = "btn-primary"

    def __init__(self, *args: Any, action: str = "", **kwargs: Any) -> None:
        # Several of them stand on one page: each has ids of its own.
        name = type(self).__name__.lower()
        super().__init__(*args, **{"auto_id": f"{name}_%s", **kwargs})
        self.helper = FormHelper()
        self.helper.form_action = action
        self.helper.layout = Layout(
            *self.fields,
            Div(
                Submit("send", self.button, css_class=self.button_css, css_id=f"{name}_send"),
                css_class="form-actions",
            ),
        )


class EnrolForm(_PortalForm):
    """Staff enrol a person under a sponsor."""

    button = _("Enrol")

    sponsor_code = forms.CharField(
        label=_("Sponsor’s code"),
        max_length=MAX_LENGTH,
        required=False,
        help_text=_("Empty only for the very first person, the root of the tree."),
    )
    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("The person logs in with it and sets a password by a link sent there."),
    )
    phone = forms.CharField(label=_("Phone"), max_length=PHONE_LENGTH, required=False)


class InviteForm(_PortalForm):
    """A representative invites a person."""

    button = _("Send the invitation")

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    email = forms.EmailField(label=_("E-mail"), max_length=254)


class AcceptForm(_PortalForm):
    """The invited person completes the enrolment."""

    button = _("Join")

    name = forms.CharField(
        label=_("Your name"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=PHONE_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel"}),
    )
    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validation.password_validators_help_text_html,
    )
    password2 = forms.CharField(
        label=_("Password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = User(email=email)

    def clean(self) -> dict[str, Any]:
        """Check that the passwords agree and are good enough."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ."))
        elif first:
            try:
                password_validation.validate_password(first, self.user)
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return cleaned


class LoginForm(_PortalForm):
    """Staff give a log-in to a member who has none."""

    button = _("Give a log-in")

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("The person logs in with it and sets a password by a link sent there."),
    )


class SponsorSearchForm(_PortalForm):
    """Staff name another sponsor, to see who gains and who loses before anything is decided."""

    button = _("Show who gains and who loses")

    member = forms.CharField(widget=forms.HiddenInput, max_length=MAX_LENGTH)
    sponsor_code = forms.CharField(label=_("New sponsor’s code"), max_length=MAX_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper.form_method = "get"
        self.helper.disable_csrf = True
        self.helper.attrs = {
            "hx-get": self.helper.form_action,
            "hx-target": "#what-if",
            "hx-swap": "innerHTML show:top",
            "hx-indicator": "#what-if-works",
        }


class SponsorForm(_PortalForm):
    """Staff decide on another sponsor, having seen who gains and who loses."""

    button = _("Change the sponsor from next month")

    sponsor_code = forms.CharField(widget=forms.HiddenInput, max_length=MAX_LENGTH)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=1000)
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def add_error(self, field: str | None, error: Any) -> None:
        """Show above the form what is wrong with a field that nobody sees."""
        hidden = field in ("sponsor_code", "seen")
        super().add_error(None if hidden else field, error)
        if hidden and field in self.cleaned_data:
            del self.cleaned_data[field]


class StatusForm(_PortalForm):
    """Staff suspend, reinstate or terminate a member."""

    button = _("Change the status")
    button_css = "btn-danger"

    act = forms.ChoiceField(label=_("What to do"))
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, choices: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["act"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


class LookForm(_PortalForm):
    """Staff look at the portal as a member sees it, and say why."""

    button = _("Look as this member")
    button_css = "btn-quiet"

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("It is kept with your name, and can be read by others of staff."),
    )


class LogoForm(_PortalForm):
    """Staff upload the company's logo."""

    button = _("Set the logo")

    file = forms.FileField(
        label=_("Picture"),
        help_text=_("A PNG or JPEG file of at most 1 MB; it is shown at most 48 pixels high."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
