"""The form of the planner: what a representative might still sell this month, and to whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from compensation.forms_what_if import NEW, OWN, TrialForm
from representatives import formatting
from sales.amounts import QUANTITY_LIMIT
from sales.models import Customer, Product

ROWS = 3
MOST_NEW = 20
MOST_PIECES = min(QUANTITY_LIMIT, 999)


@dataclass(frozen=True, slots=True)
class Asked:
    """A row that was filled in."""

    buyer: str
    """``own``, ``new``, or a customer's id."""
    product_id: int
    pieces: int
    people: int
    """How many new customers buy alike; 1 for anybody else."""


def _range(number: int, most: int) -> dict[str, str]:
    """Say in which of the sales a number is wrong, and what it may be."""
    text = gettext("In sale %(number)s it takes a whole number from 1 to %(most)s.") % {
        "number": number,
        "most": formatting.whole(most, get_language()),
    }
    return dict.fromkeys(("required", "invalid", "min_value", "max_value"), text)


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class PlannerForm(TrialForm):
    """A representative tries orders of the own customers; nothing is written."""

    def __init__(
        self,
        *args: Any,
        products: Iterable[Product],
        customers: Iterable[Customer],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        buyers: list[tuple[Any, Any]] = [
            (NEW, _("New customers")),
            (OWN, _("Myself, at my price")),
        ]
        known = [(str(one.pk), one.name) for one in customers]
        if known:
            buyers.append((_("My customers"), known))
        goods: list[tuple[str, Any]] = [("", _("Choose a product"))]
        goods += [(str(one.pk), one.name) for one in products]
        for number in range(1, ROWS + 1):
            first = number == 1
            self.fields[f"buyer_{number}"] = forms.ChoiceField(
                label=_("Who buys"), choices=buyers, required=first, widget=_select()
            )
            self.fields[f"product_{number}"] = forms.ChoiceField(
                label=_("Product"), choices=goods, required=first, widget=_select()
            )
            self.fields[f"pieces_{number}"] = forms.IntegerField(
                label=_("Pieces each"),
                min_value=1,
                max_value=MOST_PIECES,
                initial=1,
                required=first,
                error_messages=_range(number, MOST_PIECES),
            )
            self.fields[f"people_{number}"] = forms.IntegerField(
                label=_("How many of them"),
                min_value=1,
                max_value=MOST_NEW,
                initial=1,
                required=False,
                error_messages=_range(number, MOST_NEW),
            )

    def rows(self) -> list[list[Any]]:
        """Return the bound fields row by row, for the page."""
        names = ("buyer", "product", "pieces", "people")
        return [[self[f"{name}_{number}"] for name in names] for number in range(1, ROWS + 1)]

    def asked(self) -> list[Asked]:
        """Return the rows that name a product."""
        cleaned = self.cleaned_data
        found = []
        for number in range(1, ROWS + 1):
            if not cleaned.get(f"product_{number}"):
                continue
            buyer = cleaned.get(f"buyer_{number}") or NEW
            found.append(
                Asked(
                    buyer=buyer,
                    product_id=int(cleaned[f"product_{number}"]),
                    pieces=cleaned.get(f"pieces_{number}") or 1,
                    people=(cleaned.get(f"people_{number}") or 1) if buyer == NEW else 1,
                )
            )
        return found
