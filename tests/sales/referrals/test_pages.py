"""The representative's pages of links, and what the database itself refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from compensation.own_data import Subject, referred
from representatives.looking import begin_look
from representatives.models import OutboxEvent, Representative, User
from sales.contacts import services as contacts
from sales.models import Arrival, Customer, Product, ReferralDay, ReferralLink, ReferralThanks
from sales.referrals import services
from tests.sales.conftest import NOW
from tests.sales.referrals.test_arrivals import EWA, Buy, arrive

pytestmark = pytest.mark.django_db


@pytest.fixture
def marta(seller: Representative) -> Client:
    client = Client()
    assert seller.user is not None
    client.force_login(seller.user)
    return client


@pytest.fixture
def link(seller: Representative) -> ReferralLink:
    return services.add_link(representative=seller, now=NOW - timedelta(days=40))


def test_a_link_is_made_shown_drawn_and_closed(
    marta: Client, seller: Representative, products: dict[str, Product]
) -> None:
    made = marta.post(
        reverse("sales:referral_links"), {"product": products["TEA"].pk, "campaign": "Fair"}
    )
    link = ReferralLink.objects.get()
    assert made["Location"] == reverse("sales:referral_link", args=[link.pk])
    assert (link.product, link.campaign) == (products["TEA"], "Fair")

    shown = marta.get(made["Location"]).content.decode()
    address = f"http://testserver/r/{link.code}/"
    assert f'value="{address}"' in shown
    drawn = marta.get(reverse("sales:referral_qr", args=[link.pk]), {"download": ""})
    assert drawn["Content-Type"] == "image/svg+xml"
    assert drawn["Content-Disposition"].startswith("attachment")
    assert ET.fromstring(drawn.content).tag.endswith("svg")
    assert b"style" not in drawn.content

    marta.post(reverse("sales:referral_close", args=[link.pk]))

    link.refresh_from_db()
    assert link.closed_at is not None
    assert "leads nowhere" in marta.get(made["Location"]).content.decode()
    assert Client().get(f"/r/{link.code}/").status_code == 404


def test_other_people_s_links_do_not_exist(
    marta: Client, other_seller: Representative, staff: User
) -> None:
    """The other one is below: not even an upline sees the links, or who came by them."""
    link = services.add_link(representative=other_seller, now=NOW)
    arrive(link)
    arrival = Arrival.objects.get()
    person = Customer.objects.get()

    for name, key in (
        ("referral_link", link.pk),
        ("referral_qr", link.pk),
        ("customer_link", person.pk),
        ("thanks", 0),
    ):
        assert marta.get(reverse(f"sales:{name}", args=[key])).status_code == 404
    for name, key in (
        ("referral_close", link.pk),
        ("arrival_invite", arrival.pk),
        ("customer_link", person.pk),
    ):
        assert marta.post(reverse(f"sales:{name}", args=[key])).status_code == 404
    assert "Ewa" not in marta.get(reverse("sales:referral_links")).content.decode()
    boss = Client()
    boss.force_login(staff)
    assert boss.get(reverse("sales:referral_links")).status_code == 404


def test_a_customer_gets_a_personal_link(marta: Client, customer: Customer) -> None:
    place = reverse("sales:customer_link", args=[customer.pk])
    assert "Make the personal link" in marta.get(place).content.decode()
    assert not ReferralLink.objects.exists()

    marta.post(place)
    marta.post(place)

    link = ReferralLink.objects.get()
    assert link.customer == customer
    assert f"/r/{link.code}/" in marta.get(place).content.decode()


def test_whoever_wants_to_be_left_alone_is_not_written_to(
    marta: Client, customer: Customer
) -> None:
    services.give_personal_link(customer=customer, now=NOW)
    Customer.objects.filter(pk=customer.pk).update(email="helena@example.com")
    place = reverse("sales:customer_link", args=[customer.pk])
    assert "mailto:" in marta.get(place).content.decode()

    contacts.stop_contact(customer=customer, now=NOW)

    assert "mailto:" not in marta.get(place).content.decode()


def test_who_asked_how_to_join_is_invited_by_a_button(marta: Client, link: ReferralLink) -> None:
    arrive(link, replace(EWA, wants_to_join=True))
    arrive(link, replace(EWA, name="Jan", email="jan@example.com"))
    place = reverse("sales:referral_link", args=[link.pk])
    asked = Arrival.objects.get(customer__name="Ewa Maj")
    text = marta.get(place).content.decode()
    assert text.count("/invite/") == 1

    answer = marta.post(reverse("sales:arrival_invite", args=[asked.pk]))

    assert answer["Location"] == place
    assert OutboxEvent.objects.filter(topic="invitation").count() == 1
    text = marta.get(place).content.decode()
    assert "/invite/" not in text
    assert "Invited" in text


def test_thanks_are_noted_by_a_button(marta: Client, customer: Customer, buy: Buy) -> None:
    arrive(services.give_personal_link(customer=customer, now=NOW))
    buy(Customer.objects.get(name="Ewa Maj"), "2017-03-20T12:00", TEA=1)
    place = reverse("sales:referral_links")
    text = marta.get(place).content.decode()
    assert "Ewa Maj, first order 20 Mar 2017" in text
    thanks = ReferralThanks.objects.get()

    Customer.objects.filter(pk=customer.pk).update(email="helena@example.com")
    letter = marta.get(reverse("sales:thanks", args=[thanks.pk])).content.decode()
    words = letter[letter.index("<textarea") : letter.index("</textarea")]
    assert "Hello Helena" in words
    assert "Ewa" not in words  # who buys is nobody else's business
    assert "mailto:helena@example.com?subject=Thank%20you&amp;body=Hello" in letter
    marta.post(reverse("sales:thanks_done", args=[thanks.pk]))

    text = marta.get(place).content.decode()
    assert f"/thanks/{thanks.pk}/done/" not in text
    assert "Thanked" in text


def test_links_belong_to_the_person_s_own_data(link: ReferralLink, seller: Representative) -> None:
    arrive(link)
    assert seller.user is not None
    subject = Subject(seller.user, seller)

    (told,) = referred.links(subject)
    assert (told["code"], told["contacts"]) == (link.code, 1)
    (came,) = referred.arrivals(subject)
    assert came["customer"] == Customer.objects.get().reference


def test_staff_who_look_as_the_member_leave_no_trace(
    link: ReferralLink, seller: Representative, staff: User
) -> None:
    staff.is_superuser = True
    staff.save()
    look = begin_look(representative=seller, reason="a question", by=staff, now=datetime.now(UTC))
    client = Client(headers={"user-agent": "Mozilla/5.0 Firefox/140"})
    client.force_login(staff)
    session = client.session
    session["look"] = look.pk
    session.save()
    client.cookies["referral"] = "tampered"

    assert client.get(reverse("sales:referral_links")).status_code == 200
    assert client.get(reverse("sales:referral", args=[link.code])).status_code == 200
    assert client.get(reverse("sales:referral_start")).status_code == 200
    assert client.post(reverse("sales:referral_close", args=[link.pk])).status_code == 403
    assert not ReferralDay.objects.exists()


def test_many_links_ask_as_often_as_few(
    marta: Client, link: ReferralLink, seller: Representative, customer: Customer, buy: Buy
) -> None:
    def grow(first: int, last: int) -> None:
        for number in range(first, last):
            made = services.add_link(representative=seller, campaign=f"C{number}", now=NOW)
            services.count_visit(link=made, day=date(2017, 3, 20))
            arrive(made, replace(EWA, name=f"P{number}", email=f"p{number}@example.com"))
            friend = Customer.objects.get(name=f"P{number}")
            arrive(
                services.give_personal_link(customer=friend, now=NOW),
                replace(EWA, name=f"Q{number}", email=f"q{number}@example.com"),
            )
            buy(Customer.objects.get(name=f"Q{number}"), "2017-03-20T12:00", TEA=1)

    def counts() -> list[int]:
        found = []
        for place in (
            reverse("sales:referral_links"),
            reverse("sales:referral_links") + "?days=30",
            reverse("sales:referral_link", args=[link.pk]),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert marta.get(place).status_code == 200
            found.append(len(queries))
        return found

    grow(0, 2)
    arrive(link, replace(EWA, name="X", email="x@example.com"))
    few = counts()
    grow(2, 8)
    arrive(link, replace(EWA, name="Y", email="y@example.com"))

    assert counts() == few


def test_what_the_database_lets_the_portal_do(link: ReferralLink, seller: Representative) -> None:
    arrive(link)
    services.log_event(kind="robot", link=link, now=NOW)
    services.count_visit(link=link, day=date(2017, 3, 20))
    statements = [
        "DELETE FROM sales_referrallink",
        "UPDATE sales_referrallink SET code = reverse(code)",
        "UPDATE sales_referrallink SET customer_id = 1",
        "DELETE FROM sales_arrival",
        "UPDATE sales_arrival SET link_id = link_id + 1",
        "UPDATE sales_arrival SET touched_at = touched_at - interval '1 day'",
        "DELETE FROM sales_referralevent",
        "UPDATE sales_referralevent SET kind = 'own'",
        "DELETE FROM sales_referralday",
        "DELETE FROM sales_referralthanks",
    ]

    assert [one for one in statements if not _refusal(one)] == []


def _refusal(statement: str) -> str:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        cause: Any = error.__cause__
        return str(cause.sqlstate)
    return ""


def test_guards_hold_against_the_owner_of_the_tables_too(owner_connection: Any) -> None:
    with owner_connection.transaction(force_rollback=True):
        owner_connection.execute(
            "INSERT INTO sales_referralevent (kind, happened_at) VALUES ('robot', now())"
        )
        for statement in (
            "UPDATE sales_referralevent SET kind = 'own'",
            "DELETE FROM sales_referralevent",
        ):
            with pytest.raises(psycopg.Error, match="stands"), owner_connection.transaction():
                owner_connection.execute(statement)


def test_thanks_are_for_referral_orders_only(customer: Customer, buy: Buy) -> None:
    order = buy(customer, "2017-03-01T10:00", TEA=1)

    assert _refusal(
        "INSERT INTO sales_referralthanks (order_id, referrer_id, recorded_at)"
        f" VALUES ({order.pk}, {customer.pk}, now())"
    )


def test_an_arrival_belongs_to_whom_its_link_belongs(
    link: ReferralLink, other_seller: Representative
) -> None:
    stranger = contacts.add_contact(representative=other_seller, name="Ola", now=NOW)

    with pytest.raises(DatabaseError, match="not of its owner"):
        Arrival.objects.create(
            link=link,
            representative=other_seller,
            customer=stranger,
            touched_at=NOW,
            arrived_at=NOW,
            via="page",
        )
