"""Writes of customers. Each belongs to one representative, who alone sees it besides staff."""

from __future__ import annotations

from copy import copy
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext

from representatives.errors import UnableTo
from representatives.models import Representative
from representatives.selectors import nearest_enrolled_upline
from representatives.text import seen_on_one_line, sort_key
from sales import people_changes
from sales.locks import lock_with_followers
from sales.models import Customer, CustomerTransfer, Order
from sales.references import new_reference
from sales.selectors import referrers_above

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
        raise UnableToSaveCustomer(gettext("This reference can't be used."), "reference")
    _fill(customer, name=name, email=email, phone=phone, note=note, referred_by=referred_by)
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError as error:
        if representative.customers.filter(reference=customer.reference).exists():
            raise UnableToSaveCustomer(
                gettext("Another customer of yours has this reference."), "reference"
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
        raise UnableToSaveCustomer(gettext("Your own purchases follow your own name."))
    if not customer.is_alive:
        raise UnableToSaveCustomer(gettext("This person is not in your list any more."))
    before = copy(customer)
    _fill(customer, name=name, email=email, phone=phone, note=note, referred_by=referred_by)
    customer.save(update_fields=["name", "sort_key", "email", "phone", "note", "referred_by"])
    people_changes.edit(before=before, after=customer)
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


@transaction.atomic
def pass_on_customers(*, representative: Representative, now: datetime) -> int:
    """Pass the customers of a terminated representative to the nearest enrolled upline.

    Each pass is recorded. Orders stay with who sold them, and so do own purchases. Contacts who
    never ordered are the representative's own and do not pass; nor do notes, birthday, and what
    other packages keep (`sales.people_changes`), and the new representative has yet to tell who
    passes what is kept. A reference that the new representative uses already is drawn anew.
    Returns how many passed; none if nobody above is enrolled. Safe to repeat.

    :raises UnableToSaveCustomer: if the representative is not terminated.
    """
    old = Representative.objects.select_for_update(of=("self",), no_key=True).get(
        pk=representative.pk
    )
    if old.status != Representative.Status.TERMINATED:
        raise UnableToSaveCustomer(
            gettext("%(old)s is not terminated.") % {"old": old}, "representative"
        )
    new = nearest_enrolled_upline(old)
    if new is None:
        return 0
    passing = _who_ordered(old.customers.all())
    lock_with_followers(passing.values_list("pk", flat=True))
    customers = list(passing.select_for_update(of=("self",), no_key=True).order_by("pk"))
    taken = set(
        new.customers.filter(
            reference__in=[customer.reference for customer in customers]
        ).values_list("reference", flat=True)
    )
    CustomerTransfer.objects.bulk_create(
        CustomerTransfer(
            customer=customer,
            old_representative=old,
            new_representative=new,
            old_reference=customer.reference,
            passed_at=now,
        )
        for customer in customers
    )
    for customer in customers:
        customer.representative = new
        customer.note = ""
        customer.birthday = customer.noticed_at = customer.touched_at = None
        if customer.reference in taken:
            customer.reference = new_reference()
    Customer.objects.bulk_update(
        customers,
        ["representative", "reference", "note", "birthday", "noticed_at", "touched_at"],
        batch_size=1000,
    )
    passed = [customer.pk for customer in customers]
    _forget_referrals_across(passed, new)
    people_changes.pass_on(customer_ids=passed, old=old, new=new, now=now)
    return len(customers)


def _forget_referrals_across(passed: list[int], new: Representative) -> None:
    """Let nobody be told a name of somebody whom another representative looks after."""
    Customer.objects.filter(referred_by__in=passed).exclude(representative=new).update(
        referred_by=None
    )
    Customer.objects.filter(pk__in=passed, referred_by__isnull=False).exclude(
        referred_by__representative=new
    ).update(referred_by=None)


def _who_ordered(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Return the living among customers who ordered something."""
    ordered = Exists(Order.objects.filter(customer=OuterRef("pk")))
    return customers.filter(
        ordered, is_self=False, erased_at__isnull=True, merged_into__isnull=True
    )


def pass_on_customers_of_terminated(*, now: datetime) -> int:
    """Pass on the customers of everybody who is terminated and still has some; called by beat."""
    customers = _who_ordered(
        Customer.objects.filter(representative__status=Representative.Status.TERMINATED)
    )
    owners = Representative.objects.filter(pk__in=customers.values("representative")).order_by("pk")
    return sum(pass_on_customers(representative=owner, now=now) for owner in owners)


def _fill(
    customer: Customer,
    *,
    name: str,
    email: str,
    phone: str,
    note: str,
    referred_by: Customer | None,
) -> None:
    customer.name = seen_on_one_line(name)
    if not customer.name:
        raise UnableToSaveCustomer(gettext("A name is needed."), "name")
    if len(customer.name) > 200:
        raise UnableToSaveCustomer(gettext("The name has more than 200 letters."), "name")
    customer.sort_key = sort_key(customer.name)
    customer.email = email.strip()
    if customer.email:
        try:
            validate_email(customer.email)
        except ValidationError as error:
            raise UnableToSaveCustomer(
                gettext("This is not an e-mail address."), "email"
            ) from error
    customer.phone = phone.strip()
    if len(customer.phone) > 40:
        raise UnableToSaveCustomer(gettext("The number has more than 40 characters."), "phone")
    customer.note = note.strip()
    if referred_by is not None:
        same = referred_by.representative_id == customer.representative_id
        if not same or not referred_by.is_alive or referred_by.pk == customer.pk:
            raise UnableToSaveCustomer(
                gettext("Only another customer of yours can have referred this one."), "referred_by"
            )
        if customer.pk is not None and customer.pk in referrers_above(referred_by.pk):
            raise UnableToSaveCustomer(
                gettext("This customer was referred, in the end, by the one you are changing."),
                "referred_by",
            )
    customer.referred_by = referred_by
