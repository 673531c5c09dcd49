"""Personal data go: at a person's wish, and from contacts that nobody worked with for long.

Without orders the row itself goes. With orders it stays as "N.N.": what was sold is a fact of the
books and of people's earnings, who bought is nobody's business any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, ForeignObjectRel, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from representatives.models import Company
from representatives.text import sort_key
from sales import people_changes
from sales.contacts.locks import lock_sellers
from sales.contacts.retention import months_before
from sales.locks import lock_with_followers
from sales.models import (
    Consent,
    Customer,
    CustomerTransfer,
    KnownApart,
    Need,
    Order,
    Talk,
)
from sales.references import new_reference

NOBODY = "N.N."
_AT_ONCE = 500


@transaction.atomic
def erase_customer(*, customer: Customer, now: datetime) -> bool:
    """Erase what is known of somebody, and of the rows merged into it; it can't be taken back.

    Returns whether the row itself is gone; with orders it stays without a name. Whoever is erased
    already stays so. Locks the representative, as a new order does, then at once all people whose
    rows change.
    """
    lock_sellers([customer.representative_id])
    lock_with_followers([customer.pk])
    people = Customer.objects.filter(
        Q(pk=customer.pk) | Q(merged_into=customer.pk), is_self=False, erased_at__isnull=True
    ).exclude(pk=customer.pk, merged_into__isnull=False)
    ids = sorted(people.values_list("pk", flat=True))
    if customer.pk in ids:
        _erase(ids, now)
    return not Customer.objects.filter(pk=customer.pk).exists()


def delete_unused_contacts(*, now: datetime) -> int:
    """Delete contacts without an order that nobody worked with for the company's months.

    Called by beat; returns how many went. In small transactions, so that nobody waits for long.
    """
    months = Company.objects.get(pk=Company.ONLY_ID).unused_contact_months
    before, after, deleted = months_before(now, months), 0, 0
    while True:
        ids = list(
            unused(Customer.objects.filter(pk__gt=after), before=before)
            .order_by("pk")
            .values_list("pk", flat=True)[:_AT_ONCE]
        )
        if not ids:
            return deleted
        after = ids[-1]
        deleted += _delete_unused(ids, before, now)


def unused(people: QuerySet[Customer], *, before: datetime) -> QuerySet[Customer]:
    """Return contacts who never ordered, brought nobody, and whom nobody worked with since."""
    return people.alias(used_at=Coalesce("touched_at", "created_at")).filter(
        ~Exists(Order.objects.filter(customer=OuterRef("pk"))),
        ~Exists(Customer.objects.filter(referred_by=OuterRef("pk"))),
        is_self=False,
        erased_at__isnull=True,
        merged_into__isnull=True,
        used_at__lt=before,
    )


@transaction.atomic
def _delete_unused(ids: Sequence[int], before: datetime, now: datetime) -> int:
    sellers = Customer.objects.filter(pk__in=ids).values_list("representative", flat=True)
    lock_sellers(sorted(set(sellers)))
    lock_with_followers(ids)
    people = Customer.objects.filter(pk__in=ids)
    still = set(unused(people, before=before).values_list("pk", flat=True))
    still -= people_changes.still_used(customer_ids=sorted(still), now=now)
    merged = Customer.objects.filter(merged_into__in=still, erased_at__isnull=True)
    _erase(sorted(still | set(merged.values_list("pk", flat=True))), now)
    return len(still)


def _erase(ids: Sequence[int], now: datetime) -> None:
    """Erase people, locked by the caller; those to whom nothing refers are removed."""
    if not ids:
        return
    people_changes.erase(customer_ids=ids, now=now)
    Need.products.through.objects.filter(need__customer__in=ids).delete()
    Need.objects.filter(customer__in=ids).delete()
    Talk.objects.filter(customer__in=ids).delete()
    KnownApart.objects.filter(Q(first__in=ids) | Q(second__in=ids)).delete()
    people = Customer.objects.filter(pk__in=ids)
    people.update(**_NOTHING, no_contact_at=now, erased_at=now)
    Consent.objects.filter(customer__in=ids).delete()
    transfers = CustomerTransfer.objects.filter(customer__in=ids).exclude(old_reference="")
    transfers.update(old_reference="")
    going = set(ids) - _still_referred_to(ids)
    Customer.objects.filter(referred_by__in=going).update(referred_by=None)
    staying = list(people.exclude(pk__in=going))
    for one in staying:  # few: they have orders or a transfer
        one.reference = new_reference()
        one.name = f"{NOBODY} {one.reference[-4:]}"
        one.sort_key = sort_key(one.name)
    Customer.objects.bulk_update(staying, ["reference", "name", "sort_key"], batch_size=500)
    # Nothing refers to them any more, so there is nothing to collect.
    Customer.objects.filter(pk__in=going)._raw_delete(using="default")


_NOTHING: dict[str, Any] = {
    **dict.fromkeys(("email", "phone", "note", "channel", "language"), ""),
    **dict.fromkeys(("birthday", "referred_by", "noticed_at", "touched_at")),
    "name": NOBODY,
    "sort_key": sort_key(NOBODY),
    "stage": Customer.Stage.AWARE,
    "use": Customer.Use.PROSPECT,
    "source": Customer.Source.MANUAL,
}


def _still_referred_to(ids: Sequence[int]) -> set[int]:
    """Return whom orders, transfers or rows of any other package still refer to."""
    held: set[int] = set()
    for relation in Customer._meta.get_fields(include_hidden=True):
        if not (isinstance(relation, ForeignObjectRel) and relation.field.concrete):
            continue
        field: Any = relation.field
        rows = relation.related_model._base_manager.filter(**{f"{field.name}__in": ids})
        if relation.related_model is Customer:
            if field.name == "referred_by":
                continue  # whoever was brought no longer says by whom
            rows = rows.exclude(pk__in=ids)
        held |= set(rows.values_list(field.attname, flat=True).distinct())
    return held
