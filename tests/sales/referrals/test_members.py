"""Who came by a link and joins by whatever way counts for that link, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from representatives import invitations
from representatives.mail import Place
from representatives.models import OutboxEvent, Representative
from representatives.newcomers import enrol_newcomer
from sales.models import Arrival, Customer, ReferralLink
from sales.referrals import selectors, services
from tests.sales.conftest import NOW
from tests.sales.referrals.test_arrivals import EWA, arrive, seller_zone

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(seller: Representative) -> ReferralLink:
    return services.add_link(representative=seller, now=NOW - timedelta(days=40))


def members(link: ReferralLink) -> int:
    return selectors.funnels_of([link.pk])[link.pk].members


def enrol(sponsor: Representative, email: str = EWA.email, **facts: Any) -> Representative:
    return enrol_newcomer(
        sponsor=sponsor, name="Ewa Maj", email=email, enrolled_on=NOW.date(), now=NOW, **facts
    )


def test_typed_invitation_to_the_same_address_counts(
    link: ReferralLink, seller: Representative
) -> None:
    arrive(link)
    invited = invitations.create_invitation(
        sponsor=seller,
        email="EWA@example.com",
        name="Ewa",
        place=Place("https://portal.example", "en"),
        now=NOW,
    )
    seed = OutboxEvent.objects.get(topic="invitation").payload["seed"]
    member = invitations.accept_invitation(
        token=invitations.token_of(invited, seed=seed),
        name="Ewa Maj",
        phone="",
        password="a long password of Ewa",
        now=NOW,
        zone=seller_zone(),
    )

    assert members(link) == 1
    assert Arrival.objects.get().member == member
    assert [one.has_joined for one in selectors.list_arrivals(seller)] == [True]  # type: ignore[attr-defined]


def test_enrolment_by_staff_counts(link: ReferralLink, seller: Representative) -> None:
    arrive(link)

    enrol(seller)

    assert members(link) == 1


def test_member_counts_once_for_the_latest_of_two_rows(
    link: ReferralLink, seller: Representative
) -> None:
    arrive(link)
    other = services.add_link(representative=seller, campaign="Market", now=NOW)
    arrive(other, replace(EWA, email="twin@example.com", phone="600 700 800"))
    Customer.objects.filter(email="twin@example.com").update(email=EWA.email)

    enrol(seller)

    assert (members(link), members(other)) == (0, 1)


def test_nothing_counts_across_representatives(
    link: ReferralLink, seller: Representative, other_seller: Representative
) -> None:
    arrive(link)

    member = enrol(other_seller)

    assert members(link) == 0
    with pytest.raises(DatabaseError, match="another sponsor"), transaction.atomic():
        Arrival.objects.update(member=member)


def test_another_address_or_a_replaced_arrival_counts_for_nothing(
    link: ReferralLink, seller: Representative
) -> None:
    arrive(link)
    other = services.add_link(representative=seller, campaign="Market", now=NOW)
    arrive(other)

    enrol(seller, email="someone@example.com")
    assert (members(other), Arrival.objects.filter(member__isnull=False).count()) == (0, 0)

    enrol(seller)
    assert members(other) == 1
    assert Arrival.objects.get(link=link).member is None


def test_member_of_an_arrival_stands(link: ReferralLink, seller: Representative) -> None:
    arrive(link)
    enrol(seller)
    other = enrol(seller, email="someone@example.com")

    for changed in (other, None):
        with pytest.raises(DatabaseError, match="stands as it was"), transaction.atomic():
            Arrival.objects.update(member=changed)
