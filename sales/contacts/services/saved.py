"""Filters that a representative comes back to."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from representatives.errors import UnableTo
from representatives.models import Representative
from sales.models import SavedFilter

FILTERS_AT_MOST = 20


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
