"""Filters that a representative comes back to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from urllib.parse import parse_qsl

from django.db import transaction
from django.utils.translation import gettext

from representatives.errors import UnableTo
from representatives.models import Representative
from representatives.text import folded
from sales.contacts.matching import email_key, phone_key
from sales.models import Customer, CustomerTransfer, SavedFilter

FILTERS_AT_MOST = 20
FEWEST_LETTERS = 3
"""Less of a name than that tells of nobody."""
_WORDS = re.compile(r"\w+")


class UnableToSaveFilter(UnableTo):
    """A filter was refused; `field` names the part at fault."""


@transaction.atomic
def save_filter(
    *, representative: Representative, name: str, query: str, now: datetime
) -> SavedFilter:
    """Keep a choice of people under a name; the same name again takes the new choice.

    :raises UnableToSaveFilter: if the name is missing or too long, nothing is chosen, or there are
        twenty already.
    """
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise UnableToSaveFilter(gettext("Give the filter a name."), "name")
    if len(name) > 60:
        raise UnableToSaveFilter(gettext("Keep the name within 60 letters."), "name")
    if not query or len(query) > 500:
        raise UnableToSaveFilter(gettext("Choose something first, then save it."), "name")
    owner = Representative.objects.select_for_update(of=("self",), no_key=True).get(
        pk=representative.pk
    )
    others = owner.saved_filters.exclude(name=name)
    if others.count() >= FILTERS_AT_MOST:
        raise UnableToSaveFilter(
            gettext("You have twenty filters already. Remove one first."), "name"
        )
    saved, _ = SavedFilter.objects.update_or_create(
        representative=owner,
        name=name,
        defaults={"query": query},
        create_defaults={"query": query, "created_at": now},
    )
    return saved


def remove_filter(*, saved: SavedFilter) -> None:
    """Remove a filter; the people stay."""
    saved.delete()


def forget_searches(*, customer_ids: Sequence[int]) -> None:
    """Remove the filters that name people about to be erased, those of earlier sellers too.

    A filter names somebody whom its search finds, or whose whole name, address or number stands in
    the search or in the filter's own name. It goes as a whole: without its search it would choose
    other people than it says.
    """
    naming = _filters_naming(list(Customer.objects.filter(pk__in=customer_ids)))
    SavedFilter.objects.filter(pk__in=[saved.pk for saved in naming]).delete()


def forget_earlier_names(*, before: Sequence[Customer], after: Sequence[Customer]) -> None:
    """Remove the filters that named people by what is no longer known of them, and so nobody.

    The erasure of these people would not find them any more. A filter stays where what it says is
    true of the people as they are now, or of anybody else in the list.
    """
    keys = {one.pk for one in before}
    for saved in _filters_naming(before):
        others = Customer.objects.alive().filter(representative=saved.representative_id)
        named = chain(after, others.exclude(pk__in=keys).iterator())
        if not any(_tells_of(saved, person) for person in named):
            saved.delete()


def _filters_naming(people: Sequence[Customer]) -> list[SavedFilter]:
    """Return the filters that name one of these people, those of earlier sellers too."""
    by_key = {one.pk: one for one in people}
    known_by: dict[int, list[Customer]] = {}
    for one in people:
        known_by.setdefault(one.representative_id, []).append(one)
    transfers = CustomerTransfer.objects.filter(customer__in=by_key)
    for seller, customer in transfers.values_list("old_representative", "customer"):
        known_by.setdefault(seller, []).append(by_key[customer])
    return [
        saved
        for saved in SavedFilter.objects.filter(representative__in=known_by)
        if any(_tells_of(saved, person) for person in known_by[saved.representative_id])
    ]


def _tells_of(saved: SavedFilter, person: Customer) -> bool:
    search = dict(parse_qsl(saved.query)).get("q", "")
    return _finds(search, person) or any(_holds(text, person) for text in (search, saved.name))


def _finds(search: str, person: Customer) -> bool:
    """Return whether a search finds somebody by more than a letter or a mail provider."""
    key, address = folded(search), email_key(search)
    number = phone_key(search)
    return (
        (len(key) >= FEWEST_LETTERS and key in folded(person.name))
        or (address.find("@") > 0 and address in email_key(person.email))
        or (number != "" and phone_key(person.phone).endswith(number))
        or search.casefold() == person.reference.casefold()
    )


def _holds(text: str, person: Customer) -> bool:
    """Return whether a text holds somebody's whole name, in any order, address or number."""
    name = set(_WORDS.findall(folded(person.name)))
    address, number = email_key(person.email), phone_key(person.phone)
    return (
        (bool(name) and name <= set(_WORDS.findall(folded(text))))
        or (address != "" and address in email_key(text))
        or (number != "" and phone_key(text) == number)
    )
