"""What somebody agreed to, was told, or asked not to happen any more."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from representatives.errors import UnableTo
from sales.contacts.services.people import alive
from sales.models import Consent, Customer


class UnableToNoteConsent(UnableTo):
    """A consent was refused; `field` names the part at fault."""


@transaction.atomic
def give_consent(
    *, customer: Customer, kind: str, text: str, now: datetime, given_at: datetime | None = None
) -> Consent:
    """Record that somebody agreed, in which words or how; the same consent again is the same.

    Consent to be contacted also takes back an earlier wish not to be.

    :raises UnableToNoteConsent: if the kind is unknown, the words are missing, or it lies in the
        future.
    :raises UnableToSaveContact: if the person is erased or merged.
    """
    person = alive(customer)
    text = " ".join(text.split())[:2000]
    given_at = given_at or now
    if kind not in Consent.Kind.values:
        raise UnableToNoteConsent(gettext("This is none of the choices."), "kind")
    if not text:
        raise UnableToNoteConsent(gettext("Say how consent was given."), "text")
    if given_at > now:
        raise UnableToNoteConsent(gettext("Consent can’t lie in the future."), "given_at")
    if kind == Consent.Kind.CONTACT:
        Customer.objects.filter(pk=person.pk, no_contact_at__isnull=False).update(
            no_contact_at=None
        )
    found, _ = Consent.objects.get_or_create(
        customer=person,
        representative_id=person.representative_id,
        kind=kind,
        withdrawn_at=None,
        defaults={"given_at": given_at, "text": text},
    )
    return found


@transaction.atomic
def withdraw_consent(*, customer: Customer, kind: str, now: datetime) -> int:
    """Record that a consent is withdrawn; returns how many were."""
    person = alive(customer)
    return Consent.objects.filter(
        customer=person, kind=kind, withdrawn_at__isnull=True, given_at__lte=now
    ).update(withdrawn_at=now)


@transaction.atomic
def stop_contact(*, customer: Customer, now: datetime) -> Customer:
    """Note that somebody wants to be left alone: nobody chases the person from now on.

    Standing consents to be contacted or sent news end with it. Safe to repeat.

    :raises UnableToSaveContact: if the person is erased or merged.
    """
    person = alive(customer)
    if person.no_contact_at is None:
        person.no_contact_at = now
        person.save(update_fields=["no_contact_at"])
    Consent.objects.filter(
        customer=person,
        kind__in=[Consent.Kind.CONTACT, Consent.Kind.MARKETING],
        withdrawn_at__isnull=True,
        given_at__lte=now,
    ).update(withdrawn_at=now)
    return person


@transaction.atomic
def allow_contact(*, customer: Customer, now: datetime) -> Customer:
    """Take back that somebody wants to be left alone, at that person's own wish.

    :raises UnableToSaveContact: if the person is erased or merged.
    """
    person = alive(customer)
    person.no_contact_at = None
    person.touched_at = now
    person.save(update_fields=["no_contact_at", "touched_at"])
    return person


@transaction.atomic
def give_notice(*, customer: Customer, now: datetime) -> Customer:
    """Note that somebody was told which data are kept, why, and what can be asked.

    :raises UnableToSaveContact: if the person is erased or merged.
    """
    person = alive(customer)
    if person.noticed_at is None:
        person.noticed_at = now
        person.save(update_fields=["noticed_at"])
    return person
