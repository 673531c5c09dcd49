"""What is typed into the calculator of the RSP bank."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from compensation.models import ConversionTarget

SPACES = " \u00a0\u202f"
MOST_DIGITS = 13
NO_NUMBER = _("Enter a number of points such as 120 or 120.50.")
_PLAIN = re.compile(rf"(-?)([0-9]{{1,{MOST_DIGITS}}})(?:\.([0-9]{{1,2}}))?", re.ASCII)
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,2})?", re.ASCII)
TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
BY_HAND = (ConversionTarget.CASH, ConversionTarget.BV)


def read_points(text: str, language: str | None = None) -> int | None:
    """Return points as typed in hundredths, or None where they are no number of at most two places.

    A decimal comma is one in Polish; elsewhere commas stand before each three digits, or nowhere.
    """
    text = text.strip().replace("\u2212", "-")
    for space in SPACES:
        text = text.replace(space, "")
    if (language or get_language() or "en").startswith("pl"):
        text = text.replace(",", ".")
    elif _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    sign, whole, places = found.groups()
    value = int(whole) * 100 + int((places or "0").ljust(2, "0"))
    return -value if sign else value


class PointsField(forms.CharField):
    """A number of points as text; cleaned to hundredths."""

    def clean(self, value: object) -> int:
        """Return the points in hundredths."""
        points = read_points(str(super().clean(value)))
        if points is None:
            raise forms.ValidationError(NO_NUMBER, code="invalid")
        return points


class CalculatorForm(forms.Form):
    """How many points, to see what they bring."""

    points = PointsField(
        label=_("Points"),
        max_length=24,
        error_messages={"required": NO_NUMBER},
        widget=forms.TextInput(
            attrs={
                "inputmode": "decimal",
                "autocomplete": "off",
                "data-outdates": "#calculation",
            }
        ),
    )


class ConfirmForm(forms.Form):
    """A conversion with the figures that were shown; hundredths and minor units."""

    points = forms.IntegerField(widget=forms.HiddenInput)
    target = forms.ChoiceField(
        choices=[(one.value, one.label) for one in BY_HAND], widget=forms.HiddenInput
    )
    cash = forms.IntegerField(widget=forms.HiddenInput)
    bv = forms.IntegerField(widget=forms.HiddenInput)
    token = forms.RegexField(rf"\A{TOKEN.pattern}\Z", widget=forms.HiddenInput)
