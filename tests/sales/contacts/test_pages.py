"""Pages of people: each representative's own, usable without script, the same queries for many."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from representatives.models import Representative
from representatives.text import sort_key
from sales.contacts import services
from sales.models import Consent, ContactFile, Customer, KnownApart, Need, Order, Product
from tests.sales.conftest import NOW
from tests.sales.contacts.test_people import add

pytestmark = pytest.mark.django_db
Buy = Callable[..., Order]


@pytest.fixture
def web(client: Client, seller: Representative) -> Client:
    client.force_login(seller.user)
    return client


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_person_is_added_with_all_that_is_known(web: Client, seller: Representative) -> None:
    friend = add(seller, "Jan Kot")
    facts = {
        "name": "Ola Lis",
        "phone": "600",
        "told": "on",
        "stage": "likes",
        "use": "lead",
        "channel": "phone",
        "language": "pl",
        "birth_day": "29",
        "birth_month": "2",
        "referred_by": f"Jan Kot ({friend.reference})",
    }

    answer = web.post("/customers/new/", facts)

    added = Customer.objects.get(name="Ola Lis")
    assert answer.url == f"/customers/{added.pk}/"
    assert (added.stage, added.use, added.channel, added.language) == (
        *("likes", "lead", "phone", "pl"),
    )
    assert (added.birthday.month, added.birthday.day) == (2, 29)
    assert (added.referred_by, added.noticed_at, added.source) == (friend, NOW, "customer")
    page = web.get(f"/customers/{added.pk}/edit/").content.decode()
    assert f'value="Jan Kot ({friend.reference})"' in page
    web.post(f"/customers/{added.pk}/edit/", {"name": "Ola Lis"})
    added.refresh_from_db()
    assert (added.stage, added.use, added.birthday) == ("likes", "lead", None)


def test_several_are_added_one_after_the_other(web: Client) -> None:
    answer = web.post("/customers/new/", {"name": "Ola Lis", "another": "1"})

    assert answer.url == "/customers/new/"


@pytest.mark.parametrize(
    "facts",
    [
        {"birth_day": "1"},
        {"birth_day": "31", "birth_month": "2"},
        {"referred_by": "Nobody"},
        {"referred_by": "Twin"},
        {"stage": "odd"},
    ],
)
def test_what_can_not_be_is_refused(
    web: Client, seller: Representative, facts: dict[str, str]
) -> None:
    add(seller, "Twin")
    add(seller, "Twin", phone="600 700 800")

    answer = web.post("/customers/new/", {"name": "Ola Lis", **facts})

    assert answer.status_code == 422
    assert '<details class="card" open>' in answer.content.decode()
    assert not Customer.objects.filter(name="Ola Lis").exists()


def test_a_look_alike_is_asked_about_once(web: Client, seller: Representative) -> None:
    add(seller, "Ola Lis", phone="600 700 800")
    form = {"name": "Aleksandra Lis", "phone": "+48600700800"}

    asked = web.post("/customers/new/", form)

    assert asked.status_code == 422
    assert "looks like this person" in text(asked)
    assert 'name="sure" value="on"' in asked.content.decode()
    assert web.post("/customers/new/", form | {"sure": "on"}).status_code == 302
    assert seller.customers.count() == 2


def test_names_are_offered_while_typing(web: Client, seller: Representative) -> None:
    one = add(seller, "Ola Lis")

    answer = web.get("/customers/names/", {"referred_by": "lis"})

    assert f'<option value="Ola Lis ({one.reference})">' in answer.content.decode()


def test_a_choice_is_saved_opened_and_removed(web: Client, seller: Representative) -> None:
    add(seller, use="lead")

    saved = web.post("/customers/filters/", {"name": "Leads", "query": "use=lead&evil=1"})
    assert saved.url == "/customers/all/?use=lead"
    assert "Leads" in text(web.get("/customers/all/"))
    one = seller.saved_filters.get()
    web.post(f"/customers/filters/{one.pk}/remove/")
    assert not seller.saved_filters.exists()


def test_needs_are_noted_and_removed(
    web: Client, seller: Representative, products: dict[str, Product]
) -> None:
    person = add(seller)
    address = f"/customers/{person.pk}/needs/"

    web.post(address, {"kind": "doing", "text": "Runs", "products": [products["TEA"].pk]})

    assert "Olive Leaf Tea" in text(web.get(address))
    assert web.post(address, {"kind": "doing", "text": ""}).status_code == 422
    web.post(f"{address}{Need.objects.get().pk}/remove/")
    assert not Need.objects.exists()


def test_wishes_are_recorded(web: Client, seller: Representative) -> None:
    person = add(seller, email="ola@example.com")
    base = f"/customers/{person.pk}/data/"
    page = web.get(base)
    assert "Tell the person what you keep" in text(page)
    assert "mailto:ola@example.com?subject=" in page.content.decode()

    web.post(f"{base}told/")
    consent = {"kind": "marketing", "given_on": "2017-03-01", "text": "On the phone"}
    web.post(f"{base}consent/", consent)
    late = web.post(f"{base}consent/", consent | {"given_on": "2018-01-01"})

    person.refresh_from_db()
    assert person.noticed_at == NOW
    assert late.status_code == 422
    assert Consent.objects.standing().get().text == "On the phone"
    web.post(f"{base}consent/marketing/withdraw/")
    assert not Consent.objects.standing().exists()
    web.post(f"{base}contact/", {"wish": "alone"})
    assert person not in Customer.objects.contactable()
    assert "asked on" in text(web.get(base))
    web.post(f"{base}contact/", {"wish": "contact"})
    assert person in Customer.objects.contactable()
    told = json.loads(web.get(f"{base}all.json").content)
    assert told["person"]["email"] == "ola@example.com"


def test_erasure_wants_the_name(web: Client, seller: Representative, buy: Buy) -> None:
    person, buyer = add(seller, "Ola Lis"), add(seller, "Jan Kot")
    buy(buyer, "2017-03-01T10:00", TEA=1)
    address = f"/customers/{person.pk}/erase/"

    assert "1 order stays in the books" in text(web.get(f"/customers/{buyer.pk}/erase/"))
    assert "nothing stays" in text(web.get(address))
    assert web.post(address, {"name": "Ola"}).status_code == 422
    assert web.post(address, {"name": " ola lis "}).status_code == 302
    assert not Customer.objects.filter(pk=person.pk).exists()


def test_twins_are_merged_or_told_apart(web: Client, seller: Representative, buy: Buy) -> None:
    one = add(seller, "Ola Lis", phone="600 700 800")
    two = add(seller, "Aleksandra Lis", phone="600700800")
    three = add(seller, "Lis Ola")
    buy(two, "2017-03-01T10:00", TEA=1)

    page = web.get("/customers/duplicates/").content.decode()
    assert f"/customers/{two.pk}/merge/?with={one.pk}" in page, "who ordered stays"
    web.post("/customers/duplicates/", {"one": one.pk, "other": three.pk})
    assert KnownApart.objects.count() == 1
    assert "Ola Lis" in text(web.get(f"/customers/{two.pk}/merge/"))
    services.note_talk(customer=one, at=NOW, text="Likes tea", now=NOW)
    asked = text(web.get(f"/customers/{two.pk}/merge/?with={one.pk}"))
    assert "Choose what is right" in asked
    assert "This cannot be taken back." in asked
    assert "What moves from it to Aleksandra Lis: Orders 0 Talks 1 Needs 0" in asked
    web.post(f"/customers/{two.pk}/merge/", {"with": one.pk, "name": "other"})
    two.refresh_from_db()
    assert two.name == "Ola Lis"
    assert web.get(f"/customers/{one.pk}/edit/").status_code == 404


def test_a_file_is_looked_at_before_it_is_taken(web: Client, seller: Representative) -> None:
    def send(content: bytes) -> Any:
        return web.post("/customers/import/", {"file": SimpleUploadedFile("a.csv", content)})

    assert send(b"colour\nred\n").status_code == 422
    answer = send(b"name,email\nOla Lis,ola@example.com\n,x@example.com\n")
    assert not seller.customers.exists()
    page = text(web.get(answer.url))
    assert "1 new person" in page
    assert "A name is missing." in page
    web.post(answer.url, {"fill": "on"})
    assert seller.customers.get().email == "ola@example.com"
    assert web.get(answer.url).status_code == 404
    again = send(b"name\nJan Kot\n")
    web.post(again.url, {"drop": "1"})
    assert (seller.customers.count(), ContactFile.objects.count()) == (1, 0)


def test_lists_go_out_as_chosen(web: Client, seller: Representative) -> None:
    add(seller, "Ola Lis", use="lead")
    add(seller, "Jan Kot")

    table = b"".join(web.get("/customers/export/contacts.csv?use=lead").streaming_content)
    cards = b"".join(web.get("/customers/export/contacts.vcf").streaming_content)

    assert b"Ola Lis" in table
    assert b"Jan Kot" not in table
    assert cards.count(b"BEGIN:VCARD") == 2


def test_a_contact_that_leaves_soon_is_kept(web: Client, seller: Representative) -> None:
    person = add(seller)
    Customer.objects.update(touched_at=NOW.replace(year=2016))

    page = web.get("/customers/all/?state=leaving")

    assert f'action="/customers/{person.pk}/keep/"' in page.content.decode()
    web.post(f"/customers/{person.pk}/keep/", {"next": "list"})
    person.refresh_from_db()
    assert person.touched_at == NOW


def test_other_people_s_rows_are_not_there(
    web: Client, seller: Representative, other_seller: Representative
) -> None:
    own, stranger = add(seller), add(other_seller, "Stranger")
    need = services.add_need(customer=stranger, kind="doing", text="x", now=NOW)
    talk = services.note_talk(customer=stranger, at=NOW, text="x", now=NOW)
    saved = services.save_filter(representative=other_seller, name="x", query="use=lead", now=NOW)
    file = services.keep_file(representative=other_seller, name="x", rows=[], now=NOW)
    base = f"/customers/{stranger.pk}"
    for path in ("/edit/", "/data/", "/data/all.json", "/needs/", "/merge/", "/erase/"):
        assert web.get(base + path).status_code == 404, path
    for path in (
        *(f"{base}/edit/", f"{base}/data/told/", f"{base}/data/consent/", f"{base}/needs/"),
        *(f"{base}/data/consent/contact/withdraw/", f"{base}/data/contact/", f"{base}/keep/"),
        *(f"{base}/erase/", f"{base}/merge/", f"{base}/needs/{need.pk}/remove/"),
        *(f"{base}/talks/{talk.pk}/remove/", f"/customers/{own.pk}/needs/{need.pk}/remove/"),
        *(f"/customers/filters/{saved.pk}/remove/", f"/customers/import/{file.pk}/"),
    ):
        assert web.post(path, {"name": "Stranger"}).status_code == 404, path
    assert web.get(f"/customers/{own.pk}/merge/?with={stranger.pk}").status_code == 404
    assert web.get(f"/customers/import/{file.pk}/").status_code == 404
    for path in ("/customers/all/", "/customers/duplicates/", "/customers/names/?referred_by=str"):
        assert "Stranger" not in text(web.get(path))
    stranger.refresh_from_db()
    assert stranger.noticed_at is None


def test_lists_ask_as_often_for_many(web: Client, seller: Representative) -> None:
    def queries() -> list[int]:
        counts = []
        for path in ("/customers/all/?state=not_told", "/customers/duplicates/"):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert web.get(path).status_code == 200
            counts.append(len(captured))
        return counts

    add(seller, "P", phone="600 700 800")
    add(seller, "P", phone="600 700 800")
    few = queries()
    Customer.objects.bulk_create(
        Customer(
            representative=seller,
            reference=f"R{number}",
            name=f"P {number // 2}",
            sort_key=sort_key(f"P {number // 2}"),
            created_at=NOW,
        )
        for number in range(200)
    )

    assert queries() == few
