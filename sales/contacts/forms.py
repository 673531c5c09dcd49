"""Forms of contacts. They know no service: views hand over what is cleaned."""

from __future__ import annotations

from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.http import QueryDict
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from representatives.forms_shared import ServiceForm
from sales.contacts.segments import ACCOUNTS, SORTS, STATES, USES
from sales.contacts.selectors import people_named
from sales.models import Consent, Customer, Need
from sales.models.people import BIRTHDAY_YEAR

LANGUAGES = [("", _("Not known")), ("en", "English"), ("pl", "Polski")]
CHANNELS = [("", _("Not known")), *Customer.Channel.choices]


class PlainForm(ServiceForm):
    """A form whose page lays it out by itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False


class PersonField(forms.CharField):
    """Another person of the seller, by name or by "name (reference)"."""

    people: Any = None

    def clean(self, value: Any) -> Any:
        """Return whom the text means, None where it is empty.

        :raises ValidationError: if it means nobody, or more than one.
        """
        text = " ".join(str(super().clean(value)).split())
        if not text:
            return None
        found = people_named(self.people, text)
        if not found:
            raise forms.ValidationError(_("You have nobody of this name."), code="nobody")
        if len(found) > 1:
            raise forms.ValidationError(
                _("Several people have this name. Choose one of those that are offered."),
                code="several",
            )
        return found[0]


class ContactForm(PlainForm):
    """A representative adds or changes a person: what is needed first, the rest on demand."""

    name = forms.CharField(label=_("Name"), max_length=200)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    note = forms.CharField(
        label=_("Note"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Only you see it. Nothing about health, belief or politics: ask nobody for it."
        ),
    )
    told = forms.BooleanField(
        label=_("The person knows that I keep this"),
        required=False,
        help_text=_("If not, we help you to say so at the first contact."),
    )
    channel = forms.ChoiceField(label=_("Best reached by"), required=False, choices=CHANNELS)
    language = forms.ChoiceField(label=_("Language"), required=False, choices=LANGUAGES)
    stage = forms.ChoiceField(
        label=_("How far you are"), required=False, choices=Customer.Stage.choices
    )
    use = forms.ChoiceField(label=_("Use"), required=False, choices=Customer.Use.choices)
    birth_day = forms.TypedChoiceField(
        label=_("Birthday, day"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "–"), *((day, day) for day in range(1, 32))],
    )
    birth_month = forms.TypedChoiceField(
        label=_("Birthday, month"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "–"), *MONTHS.items()],
    )
    referred_by = PersonField(
        label=_("Recommended by"),
        required=False,
        max_length=280,
        help_text=_("Somebody of your list. The first order then is a referral sale."),
    )
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    FURTHER = ("channel", "language", "stage", "use", "birth_day", "birth_month", "referred_by")

    def __init__(
        self, *args: Any, people: Any, names_url: str, is_new: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = is_new
        self.fields["referred_by"].people = people  # type: ignore[attr-defined]
        self.fields["referred_by"].widget.attrs |= {
            "list": "people-names",
            "autocomplete": "off",
            "hx-get": names_url,
            "hx-trigger": "input changed delay:300ms",
            "hx-target": "#people-names",
        }
        if not is_new:
            del self.fields["told"]

    @property
    def shows_more(self) -> bool:
        """Return whether the further fields are open: to change them, or because of a fault."""
        return not self.is_new or any(self[name].errors for name in self.FURTHER)

    def clean(self) -> dict[str, Any]:
        """Put the birthday together: day and month are both stated, or both not."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("stage", "use"):  # not sent: as it was
            cleaned[name] = cleaned.get(name) or self.initial[name]
        day, month = cleaned.pop("birth_day", None), cleaned.pop("birth_month", None)
        cleaned["birthday"] = None
        if bool(day) != bool(month):
            missing = "birth_month" if day else "birth_day"
            self.add_error(missing, _("State both day and month, or neither."))
        elif day:
            try:
                cleaned["birthday"] = date(BIRTHDAY_YEAR, month, day)
            except ValueError:
                self.add_error("birth_day", _("This month has fewer days."))
        return cleaned

    def ask_once_more(self) -> None:
        """Show the form again so that sending it says that the person is a new one."""
        self.data = QueryDict(self.data.urlencode() + "&sure=on")  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        """Return what a service takes."""
        return {
            name: value for name, value in self.cleaned_data.items() if name not in ("told", "sure")
        }


class FilterForm(forms.Form):
    """Whom to show; every choice may stay open."""

    account = forms.ChoiceField(
        label=_("Purchases"), required=False, choices=[("", _("All")), *ACCOUNTS.items()]
    )
    use = forms.ChoiceField(label=_("Use"), required=False, choices=[("", _("All")), *USES.items()])
    stage = forms.ChoiceField(
        label=_("How far you are"),
        required=False,
        choices=[("", _("All")), *Customer.Stage.choices],
    )
    state = forms.ChoiceField(
        label=_("To be seen to"), required=False, choices=[("", _("All")), *STATES.items()]
    )
    product = forms.ChoiceField(label=_("Has bought"), required=False)
    sort = forms.ChoiceField(
        label=pgettext_lazy("sorting", "Order"), required=False, choices=list(SORTS.items())
    )

    def __init__(self, *args: Any, products: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].choices = [  # type: ignore[attr-defined]
            ("", _("Anything or nothing")),
            *((str(one.pk), one.name) for one in products),
        ]


class SaveFilterForm(PlainForm):
    """A name for a choice of people."""

    name = forms.CharField(label=_("Save this choice as"), max_length=60)
    query = forms.CharField(widget=forms.HiddenInput, max_length=500)


class NeedForm(PlainForm):
    """What a person is doing, planning or would like."""

    kind = forms.ChoiceField(label=_("What it is"), choices=Need.Kind.choices)
    text = forms.CharField(label=_("In a few words"), max_length=300)
    products = forms.MultipleChoiceField(
        label=_("Products that may help"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 5}),
        help_text=_("Choose none, one or several."),
    )

    def __init__(self, *args: Any, products: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {str(one.pk): one for one in products}
        choices = [(key, one.name) for key, one in self.offered.items()]
        self.fields["products"].choices = choices  # type: ignore[attr-defined]

    def chosen(self) -> list[Any]:
        """Return the products chosen."""
        return [self.offered[key] for key in self.cleaned_data["products"]]


class ConsentForm(PlainForm):
    """A consent that a person gave."""

    kind = forms.ChoiceField(label=_("To what"), choices=Consent.Kind.choices)
    given_on = forms.DateField(
        label=_("Given on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    text = forms.CharField(
        label=_("How, and in which words"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For instance: said on the phone that I may write when the tea runs out."),
    )


class FileForm(PlainForm):
    """A file with contacts."""

    file = forms.FileField(
        label=_("CSV or vCard file"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.vcf,text/csv,text/vcard"}),
        help_text=_("From your phone, your e-mail program or a spreadsheet; up to 5,000 people."),
        allow_empty_file=False,
    )
