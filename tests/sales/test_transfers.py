"""A terminated member's customers pass to the nearest enrolled upline, on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import Error, connection, transaction

from representatives.models import Company, Representative, User
from representatives.services import enrol_representative, terminate_representative
from sales import services
from sales.contacts import services as contacts
from sales.contacts.exports import all_of_person
from sales.contacts.selectors import list_consents
from sales.models import Customer, CustomerTransfer, Order
from tests.sales.conftest import NOW

pytestmark = pytest.mark.django_db


def end(member: Representative, staff: User) -> None:
    terminate_representative(representative=member, reason="left", decided_by=staff, now=NOW)


@pytest.fixture
def leaf(other_seller: Representative) -> Representative:
    return enrol_representative(
        sponsor=other_seller,
        name="Zofia Lis",
        email="zofia@example.com",
        enrolled_on=date(2016, 3, 4),
        now=NOW - timedelta(days=300),
        code="ZOFIA",
    )


def test_customers_pass_over_terminated_uplines_and_keep_their_referrer(
    seller: Representative,
    other_seller: Representative,
    leaf: Representative,
    staff: User,
    place: Callable[..., Order],
) -> None:
    first = services.add_customer(representative=leaf, name="Ala", now=NOW, reference="A")
    second = services.add_customer(
        representative=leaf, name="Ola", now=NOW, reference="B", referred_by=first
    )
    place(first, TEA=1)
    place(second, TEA=1)
    own = services.self_customer(representative=leaf, now=NOW)
    end(other_seller, staff)
    end(leaf, staff)

    passed = services.pass_on_customers_of_terminated(now=NOW)
    again = services.pass_on_customers_of_terminated(now=NOW)

    assert (passed, again) == (2, 0)
    second.refresh_from_db()
    own.refresh_from_db()
    assert (second.representative, second.referred_by, second.reference) == (seller, first, "B")
    assert own.representative == leaf
    record = CustomerTransfer.objects.get(customer=second)
    assert (record.old_representative, record.new_representative) == (leaf, seller)
    assert (record.old_reference, record.passed_at) == ("B", NOW)


def test_reference_that_is_taken_is_drawn_anew(
    seller: Representative,
    customer: Customer,
    other_seller: Representative,
    staff: User,
    place: Callable[..., Order],
) -> None:
    moved = services.add_customer(
        representative=other_seller, name="Ala", now=NOW, reference=customer.reference
    )
    place(moved, TEA=1)
    end(other_seller, staff)

    services.pass_on_customers(representative=other_seller, now=NOW)

    moved.refresh_from_db()
    assert moved.representative == seller
    assert moved.reference != customer.reference
    assert CustomerTransfer.objects.get().old_reference == customer.reference


def test_words_of_a_consent_are_not_told_to_the_next(
    other_seller: Representative, staff: User, place: Callable[..., Order]
) -> None:
    moved = services.add_customer(representative=other_seller, name="Ala", now=NOW)
    place(moved, TEA=1)
    contacts.give_consent(customer=moved, kind="contact", text="said so at the stall", now=NOW)
    end(other_seller, staff)

    services.pass_on_customers(representative=other_seller, now=NOW)

    moved.refresh_from_db()
    [listed] = list_consents(moved)
    [told] = all_of_person(moved, Company.objects.get())["consents"]
    assert (listed.kind, listed.text, told["words"]) == ("contact", "", "")


def test_nobody_passes_without_an_enrolled_upline(
    seller: Representative, customer: Customer, staff: User, place: Callable[..., Order]
) -> None:
    place(customer, TEA=1)
    end(seller, staff)

    assert services.pass_on_customers(representative=seller, now=NOW) == 0
    assert Customer.objects.get(pk=customer.pk).representative == seller


def test_customers_of_an_enrolled_member_stay(seller: Representative, customer: Customer) -> None:
    with pytest.raises(services.UnableToSaveCustomer, match="is not terminated"):
        services.pass_on_customers(representative=seller, now=NOW)


def test_the_application_role_can_not_change_the_record(
    customer: Customer, other_seller: Representative, staff: User, place: Callable[..., Order]
) -> None:
    moved = services.add_customer(representative=other_seller, name="Ala", now=NOW)
    place(moved, TEA=1)
    end(other_seller, staff)
    services.pass_on_customers(representative=other_seller, now=NOW)

    for act, refusal in (
        ("UPDATE sales_customertransfer SET old_reference = 'x'", "stands as it is"),
        ("UPDATE sales_customertransfer SET old_reference = ''", "stands as it is"),
        ("UPDATE sales_customertransfer SET passed_at = now()", "permission denied"),
        ("DELETE FROM sales_customertransfer", "permission denied"),
    ):
        with pytest.raises(Error, match=refusal), transaction.atomic():
            connection.cursor().execute(act)
    assert moved.transfers.count() == 1
