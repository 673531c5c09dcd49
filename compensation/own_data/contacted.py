"""Rows of the export on what a person noted of customers and contacts."""

from __future__ import annotations

from collections.abc import Iterator

from compensation.own_data.parts import Row, Subject
from sales.models import Consent, Need, SavedFilter, Talk


def needs(subject: Subject) -> Iterator[Row]:
    """Yield what the person's customers are doing, planning and would like."""
    found = Need.objects.filter(customer__representative=subject.member)
    for one in found.select_related("customer").prefetch_related("products").order_by("pk"):
        yield {
            "customer": one.customer.reference,
            "kind": one.kind,
            "text": one.text,
            "products": ", ".join(product.name for product in one.products.all()),
            "noted_at": subject.at(one.created_at),
        }


def talks(subject: Subject) -> Iterator[Row]:
    """Yield the talks the person noted."""
    found = Talk.objects.filter(representative=subject.member).select_related("customer")
    for one in found.order_by("at", "pk"):
        yield {
            "customer": one.customer.reference,
            "at": subject.at(one.at),
            "channel": one.channel,
            "went": one.went,
            "text": one.text,
        }


def consents(subject: Subject) -> Iterator[Row]:
    """Yield what customers agreed to towards the person; where they passed on, without a name."""
    found = Consent.objects.filter(representative=subject.member).select_related("customer")
    for one in found.order_by("given_at", "pk"):
        is_own = one.customer.representative_id == one.representative_id
        yield {
            "customer": one.customer.reference if is_own else "",
            "kind": one.kind,
            "given_at": subject.at(one.given_at),
            "withdrawn_at": subject.at(one.withdrawn_at),
            "words": one.text if is_own else "",
        }


def filters(subject: Subject) -> Iterator[Row]:
    """Yield the choices of people that the person saved."""
    for one in SavedFilter.objects.filter(representative=subject.member).order_by("pk"):
        yield {"name": one.name, "choice": one.query, "saved_at": subject.at(one.created_at)}
