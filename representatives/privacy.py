"""Who sees what of a representative: the one table, and the choices that widen it.

`visible_to` decides whom a representative reaches at all: self and downline, nobody else. This
table says which facts of a person are shown to those who may. Volumes and rank are shown to
everybody above, as they earn from them and must be able to check what was paid; the contact is
the person's own to share; customers and money are nobody's but the person's and the staff's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from representatives.models import Representative

Sharing = Representative.ContactSharing


class Fact(Enum):
    """Kinds of facts about a person, from the most open to the most private."""

    IDENTITY = "identity"
    RANK = "rank"
    VOLUME = "volume"
    CONTACT = "contact"
    GONE_QUIET = "gone_quiet"
    CUSTOMERS = "customers"
    MONEY = "money"


LABELS: dict[Fact, str | Promise] = {
    Fact.IDENTITY: _("Name, code and day of joining"),
    Fact.RANK: _("Rank, status and place in the tree"),
    Fact.VOLUME: _("Activity and points, own and of the group"),
    Fact.CONTACT: _("Contact: e-mail and phone"),
    Fact.GONE_QUIET: _("How many customers have gone quiet: a number, from three on"),
    Fact.CUSTOMERS: _("Customers, and what they bought"),
    Fact.MONEY: _("Earnings, bank details and payouts"),
}
# What everybody above sees, whatever a person chooses.
SHOWN_ABOVE = frozenset({Fact.IDENTITY, Fact.RANK, Fact.VOLUME})
# What the direct sponsor sees besides, to be able to help.
SHOWN_TO_SPONSOR = frozenset({Fact.GONE_QUIET})


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of facts: who of those above sees it. Staff see all, by role; others nothing."""

    fact: Fact
    label: str | Promise
    sponsor: bool
    upline: bool


def table(representative: Representative) -> list[Row]:
    """Return who sees what of a person, with that person's choice."""
    choice = representative.contact_shared_with
    by_sponsor = {Fact.CONTACT} if choice in (Sharing.SPONSOR, Sharing.UPLINE) else set()
    by_upline = {Fact.CONTACT} if choice == Sharing.UPLINE else set()
    return [
        Row(
            fact,
            label,
            sponsor=fact in SHOWN_ABOVE | SHOWN_TO_SPONSOR | by_sponsor,
            upline=fact in SHOWN_ABOVE | by_upline,
        )
        for fact, label in LABELS.items()
    ]


def may_read_contact(person: Representative, *, viewer: Representative) -> bool:
    """Say whether a viewer may read a person's e-mail and phone.

    The person must have been found by `visible_to(viewer)`; that the viewer stands above is not
    looked at again.
    """
    if person.pk == viewer.pk:
        return True
    if person.contact_shared_with == Sharing.UPLINE:
        return True
    return person.contact_shared_with == Sharing.SPONSOR and person.sponsor_id == viewer.pk
