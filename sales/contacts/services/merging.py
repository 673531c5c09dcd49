"""Two rows of one person become one. What was sold stays told, and counted, as it was."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from representatives.errors import UnableTo
from representatives.text import sort_key
from sales import people_changes
from sales.contacts.locks import lock_sellers
from sales.contacts.services.saved import forget_earlier_names
from sales.models import Consent, Customer, KnownApart, Need, Order, Talk
from sales.selectors import referrers_above

CHOSEN = ("name", "email", "phone", "channel", "language", "birthday", "referred_by")
"""What either row may give; the rest follows from both."""
_JOINED = [
    *("sort_key", "note", "stage", "use", "created_at", "noticed_at", "no_contact_at"),
    *("touched_at", *CHOSEN),
]
_STAGES = list(Customer.Stage.values)
_USES = list(Customer.Use.values)


class UnableToMerge(UnableTo):
    """Two rows can't be merged."""


@transaction.atomic
def merge_customers(
    *, kept: Customer, merged: Customer, now: datetime, take: Collection[str] = ()
) -> Customer:
    """Merge one row into another of the same representative; the first stays.

    `take` names what of the merged row wins; what is empty in the kept one is filled anyway. Notes
    are joined, the further stage and use stay, and who asked to be left alone stays so. Orders,
    talks, needs and consents move; an order keeps whom it was written for, so that closed months
    count as they did. The merged row keeps its reference alone, by which imports find the kept one.

    Locks the representative, as a new order does, then both orders' rows, then both customers
    with whoever refers to the row that goes, all by ascending ids (`sales.locks`).

    :raises UnableToMerge: if either is gone, they are one, or belong to different representatives.
    """
    lock_sellers([kept.representative_id])
    both = [kept.pk, merged.pk]
    list(
        Order.objects.select_for_update(of=("self",), no_key=True)
        .filter(customer__in=both)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    follows = Q(referred_by=merged.pk) | Q(merged_into=merged.pk)
    locked = Customer.objects.select_for_update(of=("self",), no_key=True)
    rows = {
        row.pk: row
        for row in locked.filter(Q(pk__in=both) | follows).order_by("pk")
        if row.pk in both and row.is_alive and row.representative_id == kept.representative_id
    }
    if len(rows) < 2:
        raise UnableToMerge(gettext("Choose two different people of your list."))
    stays, goes = rows[kept.pk], rows[merged.pk]
    before = [copy(stays), copy(goes)]
    _join(stays, goes, take)
    if stays.referred_by_id is not None:
        above = referrers_above(stays.referred_by_id) | {stays.referred_by_id}
        if above & {stays.pk, goes.pk}:  # nobody is referred by themselves in the end
            stays.referred_by = None
    Customer.objects.filter(pk=stays.pk).update(referred_by=stays.referred_by)
    Customer.objects.filter(referred_by=goes).exclude(pk=stays.pk).update(referred_by=stays)
    Customer.objects.filter(merged_into=goes).update(merged_into=stays)
    _empty(goes, into=stays)
    stays.touched_at = now
    stays.save(update_fields=_JOINED)
    _move(stays, goes, now)
    forget_earlier_names(before=before, after=[stays, goes])
    people_changes.merge(merged_id=goes.pk, into_id=stays.pk, now=now)
    return stays


def drop_claim(one: Customer, other: Customer) -> None:
    """Forget, of two rows in memory, who says to have recommended whom the other knew before.

    Whoever knows an address can write it on the page of a customer's code: where that person was
    in the list before, under another row, it recommends nobody.
    """
    earlier, later = sorted((one, other), key=lambda row: (row.created_at, row.pk))
    came_by_code = Customer.Source.CUSTOMER
    if later.source == came_by_code != earlier.source:
        later.referred_by = None


def keep_apart(*, one: Customer, other: Customer, now: datetime) -> None:
    """Remember that two people who look like one are two.

    :raises UnableToMerge: if they are one, or belong to different representatives.
    """
    if one.pk == other.pk or one.representative_id != other.representative_id:
        raise UnableToMerge(gettext("Choose two different people of your list."))
    first, second = sorted((one, other), key=lambda row: row.pk)
    KnownApart.objects.get_or_create(first=first, second=second, defaults={"said_at": now})


def _join(stays: Customer, goes: Customer, take: Collection[str]) -> None:
    drop_claim(stays, goes)
    for name in CHOSEN:
        if name in take or not getattr(stays, name):
            setattr(stays, name, getattr(goes, name) or getattr(stays, name))
    stays.sort_key = sort_key(stays.name)
    if stays.referred_by_id in (goes.pk, stays.pk):
        stays.referred_by = None
    stays.note = "\n\n".join(dict.fromkeys(filter(None, (stays.note, goes.note))))
    stays.stage = max(stays.stage, goes.stage, key=_STAGES.index)
    stays.use = max(stays.use, goes.use, key=_USES.index)
    stays.created_at = min(stays.created_at, goes.created_at)
    for name in ("noticed_at", "no_contact_at"):
        told = [at for at in (getattr(stays, name), getattr(goes, name)) if at]
        setattr(stays, name, min(told, default=None))


def _empty(goes: Customer, *, into: Customer) -> None:
    goes.merged_into = into
    goes.name = goes.reference
    goes.sort_key = sort_key(goes.name)
    goes.email = goes.phone = goes.note = goes.channel = goes.language = ""
    goes.birthday = goes.referred_by = goes.touched_at = None
    goes.save(update_fields=["merged_into", *_JOINED])


def _move(stays: Customer, goes: Customer, now: datetime) -> None:
    Order.objects.filter(customer=goes).update(customer=stays)
    Talk.objects.filter(customer=goes).update(customer=stays)
    Need.objects.filter(customer=goes).update(customer=stays)
    KnownApart.objects.filter(Q(first=goes) | Q(second=goes)).delete()
    # Of one kind one consent stands; a second one stays with the row it was given to.
    standing = Consent.objects.filter(customer=stays, withdrawn_at__isnull=True)
    there = set(standing.values_list("representative", "kind"))
    for consent in Consent.objects.filter(customer=goes).order_by("pk"):
        key = (consent.representative_id, consent.kind)
        if consent.withdrawn_at is not None or key not in there:
            consent.customer = stays
            consent.save(update_fields=["customer"])
            if consent.withdrawn_at is None:
                there.add(key)
    if stays.no_contact_at is not None:
        standing.filter(
            kind__in=[Consent.Kind.CONTACT, Consent.Kind.MARKETING], given_at__lte=now
        ).update(withdrawn_at=now)
