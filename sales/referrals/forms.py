"""Forms of links: the representative's, and the public one of a link's page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from representatives.text import seen_on_one_line
from sales.forms import PortalForm
from sales.models import Product
from sales.models.referrals import CAMPAIGN_LENGTH

MESSAGE_LENGTH = 1000
ROBOT_FIELD = "website"


class LinkForm(PortalForm):
    """A representative makes a link, for a product and a campaign or for neither."""

    button = _("Make the link")

    product = forms.ModelChoiceField(
        label=_("Product"),
        queryset=Product.objects.none(),
        required=False,
        empty_label=_("No product: a page about you"),
    )
    campaign = forms.CharField(
        label=_("Where you show it"),
        max_length=CAMPAIGN_LENGTH,
        required=False,
        help_text=_("For instance a market stall or a newsletter. Only you see it."),
    )

    def __init__(self, *args: Any, products: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = products  # type: ignore[attr-defined]


class PublicForm(forms.Form):
    """A form that anybody may send: without a session, so without a token that needs one."""

    button: Any = _("Send")
    hidden: Iterable[str] = ()

    def __init__(self, *args: Any, action: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.disable_csrf = True
        self.helper.form_action = action
        shown = [name for name in self.fields if name != ROBOT_FIELD]
        trap = (
            [Div(Field(ROBOT_FIELD), css_class="visually-hidden", aria_hidden="true")]
            if ROBOT_FIELD in self.fields
            else []
        )
        self.helper.layout = Layout(
            *shown, *trap, Div(Submit("send", self.button), css_class="form-actions")
        )


class LetterForm(PublicForm):
    """Somebody who followed a link leaves a contact."""

    button = _("Send my message")

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        help_text=_("One of the two is enough: e-mail or phone."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    message = forms.CharField(
        label=_("What would you like to know?"),
        max_length=MESSAGE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    wants_to_join = forms.BooleanField(
        label=_("I would also like to know how one becomes a representative"), required=False
    )
    consent = forms.BooleanField()
    website = forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    stamp = forms.CharField(widget=forms.HiddenInput, required=False, max_length=400)

    def __init__(self, *args: Any, consent_text: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consent"].label = consent_text
        self.fields["consent"].error_messages["required"] = _(
            "Without your consent nothing can be kept and nobody may write to you."
        )

    def clean_name(self) -> str:
        """Refuse what is an address rather than a name: robots write those."""
        name = seen_on_one_line(str(self.cleaned_data["name"]))
        if not name:
            raise ValidationError(_("A name is needed."))
        if "://" in name or "www." in name.lower() or "@" in name:
            raise ValidationError(_("Write your name, not an address."))
        return name

    def clean_phone(self) -> str:
        """Refuse a number without digits."""
        phone = str(self.cleaned_data["phone"]).strip()
        if phone and sum(one.isdigit() for one in phone) < 6:
            raise ValidationError(_("This is not a phone number."))
        return phone

    def clean(self) -> dict[str, Any]:
        """Ask for a way to answer."""
        cleaned: dict[str, Any] = super().clean() or {}
        nothing_wrong = not {"email", "phone"} & set(self.errors)
        if nothing_wrong and not cleaned.get("email") and not cleaned.get("phone"):
            self.add_error("email", _("Leave an e-mail address or a phone number."))
        return cleaned


class CodeForm(PublicForm):
    """Somebody has a code or an address on paper."""

    button = _("Open the page")

    code = forms.CharField(
        label=_("Code or address"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
