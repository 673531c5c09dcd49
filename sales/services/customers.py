"""Writes of customers. Each belongs to one representative, who alone sees it besides staff."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from representatives.errors import UnableTo
from representatives.models import Representative
from representatives.text import sort_key
from sales.models import Customer
from sales.references import new_reference

# No reference from outside may be this one: it is the representative as his own customer.
SELF_REFERENCE = "SELF"


class UnableToSaveCustomer(UnableTo):
    """A customer was refused; `field` names the part at fault."""


@transaction.atomic
def add_customer(
    *,
    representative: Representative,
    name: str,
    now: datetime,
    email: str = "",
    phone: str = "",
    note: str = "",
    referred_by: Customer | None = None,
    reference: str | None = None,
) -> Customer:
    """Add a customer of one representative; without a reference it gets one that can't be walked.

    :raises UnableToSaveCustomer: if the name is missing, the e-mail is none, the reference is
        taken, or the referring customer is not another customer of this representative.
    """
    customer = Customer(
        representative=representative,
        reference=new_reference() if reference is None else reference.strip(),
        created_at=now,
    )
    if not customer.reference or customer.reference == SELF_REFERENCE:
        raise UnableToSaveCustomer("This reference can't be used.", "reference")
    _fill(customer, name=name, email=email, phone=phone, note=note, referred_by=referred_by)
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError as error:
        if representative.customers.filter(reference=customer.reference).exists():
            raise UnableToSaveCustomer(
                "Another customer of yours has this reference.", "reference"
            ) from error
        raise
    return customer


@transaction.atomic
def edit_customer(
    *,
    customer: Customer,
    name: str,
    email: str = "",
    phone: str = "",
    note: str = "",
    referred_by: Customer | None = None,
) -> Customer:
    """Change a customer. Who referred whom decides later first orders; past ones stay as classed.

    :raises UnableToSaveCustomer: as `add_customer`, or if it is the representative himself.
    """
    customer = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)
    if customer.is_self:
        raise UnableToSaveCustomer("Your own purchases follow your own name.")
    _fill(customer, name=name, email=email, phone=phone, note=note, referred_by=referred_by)
    customer.save(update_fields=["name", "sort_key", "email", "phone", "note", "referred_by"])
    return customer


@transaction.atomic
def self_customer(*, representative: Representative, now: datetime) -> Customer:
    """Return the representative as his own customer, made at the first own purchase."""
    found = representative.customers.filter(is_self=True).first()
    if found:
        return found
    Customer.objects.bulk_create(
        [own_customer(representative, now=now)], ignore_conflicts=True
    )  # somebody else may have made it a moment ago
    return representative.customers.get(is_self=True)


def own_customer(representative: Representative, *, now: datetime) -> Customer:
    """Return, unsaved, the row of a representative as his own customer."""
    return Customer(
        representative=representative,
        reference=SELF_REFERENCE,
        name=representative.name,
        sort_key=sort_key(representative.name),
        is_self=True,
        created_at=now,
    )


def _fill(
    customer: Customer,
    *,
    name: str,
    email: str,
    phone: str,
    note: str,
    referred_by: Customer | None,
) -> None:
    customer.name = " ".join(name.split())
    if not customer.name:
        raise UnableToSaveCustomer("A name is needed.", "name")
    if len(customer.name) > 200:
        raise UnableToSaveCustomer("The name has more than 200 letters.", "name")
    customer.sort_key = sort_key(customer.name)
    customer.email = email.strip()
    if customer.email:
        try:
            validate_email(customer.email)
        except ValidationError as error:
            raise UnableToSaveCustomer("This is not an e-mail address.", "email") from error
    customer.phone = phone.strip()
    if len(customer.phone) > 40:
        raise UnableToSaveCustomer("The number has more than 40 characters.", "phone")
    customer.note = note.strip()
    if referred_by is not None:
        same = referred_by.representative_id == customer.representative_id
        if not same or referred_by.is_self or referred_by.pk == customer.pk:
            raise UnableToSaveCustomer(
                "Only another customer of yours can have referred this one.", "referred_by"
            )
    customer.referred_by = referred_by
