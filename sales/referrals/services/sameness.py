"""Who is the same person: by e-mail or telephone, however they are written."""

from __future__ import annotations

import re

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Lower, Right

from representatives.models import Representative
from sales.models import Customer

_DIGITS = 9
"""A number without its country and trunk prefixes; a shorter one is compared whole."""


def plain_email(email: str) -> str:
    """Return an address without what its box ignores: case, and what follows a plus."""
    name, _at, host = email.strip().casefold().partition("@")
    return f"{name.partition('+')[0]}@{host}" if host else ""


def plain_phone(phone: str) -> str:
    """Return the digits of a number that tell it apart, "" of too few."""
    digits = re.sub(r"\D", "", phone)
    return digits[-_DIGITS:] if len(digits) >= 6 else ""


def is_same_person(person: Representative | Customer, email: str, phone: str) -> bool:
    """Say whether an e-mail address or a number is this person's."""
    addresses = {plain_email(person.email)}
    user = getattr(person, "user", None)
    if user is not None:
        addresses.add(plain_email(user.email))
    if email and plain_email(email) in addresses - {""}:
        return True
    return bool(phone) and plain_phone(phone) == plain_phone(person.phone) != ""


def _without(column: str, what: str) -> Func:
    """Return a column without what a regular expression matches."""
    return Func(
        F(column),
        Value(what),
        Value(""),
        Value("g"),
        function="regexp_replace",
        output_field=TextField(),
    )


def same_customers(owner: Representative, email: str, phone: str) -> list[Customer]:
    """Return those of a representative's people who have this e-mail or number, oldest first."""
    same = Q()
    if plain_email(email):
        same |= Q(plain_email=plain_email(email))
    if plain_phone(phone):
        same |= Q(end_of_phone=plain_phone(phone))
    if not same:
        return []
    people = Customer.objects.of(owner).annotate(
        plain_email=Lower(_without("email", r"\+[^@]*(?=@)")),
        end_of_phone=Right(_without("phone", r"\D"), _DIGITS),
    )
    return list(people.filter(same).order_by("pk")[:10])
