"""Add and change contacts, and what they need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext

from representatives.models import Representative
from sales.models import Customer, Need, Product
from sales.models.people import BIRTHDAY_YEAR
from sales.services.customers import UnableToSaveCustomer, add_customer, edit_customer

UnableToSaveContact = UnableToSaveCustomer
NEED_LENGTH = 300
NEEDS_AT_MOST = 50


@transaction.atomic
def add_contact(
    *,
    representative: Representative,
    name: str,
    now: datetime,
    email: str = "",
    phone: str = "",
    note: str = "",
    referred_by: Customer | None = None,
    stage: str = Customer.Stage.AWARE,
    use: str = Customer.Use.PROSPECT,
    channel: str = "",
    language: str = "",
    birthday: date | None = None,
    source: str = Customer.Source.MANUAL,
    noticed_at: datetime | None = None,
) -> Customer:
    """Add somebody who may buy; with the first order the same row becomes a customer.

    Of a birthday day and month are kept.

    :raises UnableToSaveContact: as `sales.services.add_customer`, or if a choice is unknown.
    """
    contact = add_customer(
        representative=representative,
        name=name,
        now=now,
        email=email,
        phone=phone,
        note=note,
        referred_by=referred_by,
    )
    _fill(contact, stage, use, channel, language, birthday)
    contact.source = _known(source, Customer.Source.values, "source")
    contact.noticed_at = noticed_at
    contact.touched_at = now
    contact.save(update_fields=[*_FILLED, "source", "noticed_at", "touched_at"])
    return contact


@transaction.atomic
def edit_contact(
    *,
    customer: Customer,
    name: str,
    now: datetime,
    email: str = "",
    phone: str = "",
    note: str = "",
    referred_by: Customer | None = None,
    stage: str = Customer.Stage.AWARE,
    use: str = Customer.Use.PROSPECT,
    channel: str = "",
    language: str = "",
    birthday: date | None = None,
) -> Customer:
    """Change what is known of somebody.

    :raises UnableToSaveContact: as `add_contact`, or if the person is erased or merged.
    """
    edited = edit_customer(
        customer=customer,
        name=name,
        email=email,
        phone=phone,
        note=note,
        referred_by=referred_by,
    )
    _fill(edited, stage, use, channel, language, birthday)
    edited.touched_at = now
    edited.save(update_fields=[*_FILLED, "touched_at"])
    return edited


def keep_contact(*, customer: Customer, now: datetime) -> None:
    """Note that a contact is still worked with, so that it is not deleted as unused."""
    Customer.objects.alive().filter(pk=customer.pk).update(touched_at=now)


@transaction.atomic
def add_need(
    *, customer: Customer, kind: str, text: str, now: datetime, products: Sequence[Product] = ()
) -> Need:
    """Note what somebody is doing, planning or would like, and which products may help.

    :raises UnableToSaveContact: if the person is gone, the kind is unknown or the text missing.
    """
    person = alive(customer)
    text = " ".join(text.split())
    if kind not in Need.Kind.values:
        raise UnableToSaveContact(gettext("Choose one of the kinds."), "kind")
    if not text:
        raise UnableToSaveContact(gettext("Say in a few words what it is."), "text")
    if len(text) > NEED_LENGTH:
        raise UnableToSaveContact(gettext("Keep it within 300 characters."), "text")
    if person.needs.count() >= NEEDS_AT_MOST:
        raise UnableToSaveContact(
            gettext("Fifty needs are noted already. Remove what no longer holds."), "text"
        )
    need = Need.objects.create(customer=person, kind=kind, text=text, created_at=now)
    need.products.set(products)
    keep_contact(customer=person, now=now)
    return need


@transaction.atomic
def remove_need(*, need: Need) -> None:
    """Remove a need that no longer holds."""
    need.delete()


def alive(customer: Customer) -> Customer:
    """Return somebody, locked until the transaction ends.

    :raises UnableToSaveContact: if the person is erased, merged, or the seller himself.
    """
    found = (
        Customer.objects.alive()
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=customer.pk)
        .first()
    )
    if found is None:
        raise UnableToSaveContact(gettext("This person is not in your list any more."))
    return found


_FILLED = ("stage", "use", "channel", "language", "birthday")


def _fill(
    contact: Customer, stage: str, use: str, channel: str, language: str, birthday: date | None
) -> None:
    contact.stage = _known(stage, Customer.Stage.values, "stage")
    contact.use = _known(use, Customer.Use.values, "use")
    contact.channel = _known(channel, ["", *Customer.Channel.values], "channel")
    contact.language = _known(language, ["", "en", "pl"], "language")
    contact.birthday = birthday.replace(year=BIRTHDAY_YEAR) if birthday else None


def _known(value: str, choices: Sequence[str], field: str) -> str:
    if value not in choices:
        raise UnableToSaveContact(gettext("This is none of the choices."), field)
    return value
