"""People out again: lists as CSV and vCard, and all that is kept of one person."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import vobject
from django.db.models import QuerySet

from representatives.models import Company
from representatives.spreadsheets import guarded
from sales import people_changes
from sales.models import Customer, Order, OrderLine

CSV_COLUMNS = (
    *("name", "email", "phone", "birthday", "language", "channel", "stage", "use", "account"),
    *("last order", "recommended by", "reference", "note"),
)
_NUMBER = re.compile(r"[+-][\d ()/.-]*")
"""A telephone number as it is kept: calculating with it brings nobody harm."""


def as_csv(people: QuerySet[Customer], company: Company) -> Iterator[str]:
    """Yield people as a table that spreadsheets and our own import read; one query.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    yield "\ufeff"
    yield _line(CSV_COLUMNS)
    for one in people.select_related("referred_by").iterator(chunk_size=1000):
        last = getattr(one, "last_paid_at", None)
        yield _line(
            (
                one.name,
                one.email,
                one.phone,
                f"--{one.birthday:%m-%d}" if one.birthday else "",
                one.language,
                one.channel,
                one.stage,
                one.use,
                getattr(one, "account", ""),
                f"{last.astimezone(company.zone):%Y-%m-%d}" if last else "",
                one.referred_by.name if one.referred_by else "",
                one.reference,
                one.note,
            )
        )


def as_vcards(people: QuerySet[Customer]) -> Iterator[str]:
    """Yield people as cards that address books read; one query."""
    for one in people.iterator(chunk_size=1000):
        yield _card(one)


def all_of_person(customer: Customer, company: Company) -> dict[str, Any]:
    """Return everything that is kept of one person, for that person; notes included."""

    def at(moment: datetime | None) -> str:
        return moment.astimezone(company.zone).isoformat(timespec="seconds") if moment else ""

    return {
        "company": company.name,
        "kept_by": customer.representative.name,
        "person": {
            "name": customer.name,
            "reference": customer.reference,
            "email": customer.email,
            "phone": customer.phone,
            "birthday": f"--{customer.birthday:%m-%d}" if customer.birthday else "",
            "language": customer.language,
            "channel": customer.channel,
            "stage": customer.stage,
            "use": customer.use,
            "note": customer.note,
            "recommended_by": customer.referred_by.name if customer.referred_by else "",
            "source": customer.source,
            "since": at(customer.created_at),
            "told_at": at(customer.noticed_at),
            "asked_not_to_be_contacted_at": at(customer.no_contact_at),
        },
        "needs": [
            {
                "kind": need.kind,
                "text": need.text,
                "products": [product.name for product in need.products.all()],
                "noted_at": at(need.created_at),
            }
            for need in customer.needs.prefetch_related("products").order_by("pk")
        ],
        "talks": [
            {"at": at(talk.at), "channel": talk.channel, "went": talk.went, "text": talk.text}
            for talk in customer.talks.order_by("at", "pk")
        ],
        "consents": [
            {
                "kind": consent.kind,
                "given_at": at(consent.given_at),
                "withdrawn_at": at(consent.withdrawn_at),
                # Of consent given to a representative before, the words are that one's notes.
                "words": consent.text
                if consent.representative_id == customer.representative_id
                else "",
            }
            for consent in customer.consents.order_by("given_at", "pk")
        ],
        "orders": _orders(customer, at),
        **people_changes.tell(customer=customer),
    }


def _orders(customer: Customer, at: Any) -> list[dict[str, Any]]:
    lines = OrderLine.objects.filter(order__customer=customer).select_related("order", "product")
    orders: dict[int, dict[str, Any]] = {}
    for line in lines.order_by("order__placed_at", "order_id", "number"):
        order: Order = line.order
        told = orders.setdefault(
            order.pk,
            {
                "reference": order.reference,
                "status": order.status,
                "placed_at": at(order.placed_at),
                "paid_at": at(order.paid_at),
                "currency": order.currency,
                "total_minor": order.gross_minor,
                "lines": [],
            },
        )
        told["lines"].append(
            {
                "product": line.product.name,
                "pieces": line.quantity,
                "amount_minor": line.gross_minor,
            }
        )
    return list(orders.values())


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(
        [cell if _NUMBER.fullmatch(cell) else guarded(cell) for cell in cells]
    )
    return text.getvalue()


def _card(one: Customer) -> str:
    card = vobject.vCard()
    card.add("fn").value = one.name
    first, _, last = one.name.rpartition(" ")
    card.add("n").value = vobject.vcard.Name(family=last, given=first)
    for kind, value in (("email", one.email), ("tel", one.phone), ("note", one.note)):
        if value:
            card.add(kind).value = value
    if one.birthday:
        card.add("bday").value = f"--{one.birthday:%m-%d}"
    if one.language:
        card.add("lang").value = one.language
    card.add("uid").value = one.reference
    return str(card.serialize())
