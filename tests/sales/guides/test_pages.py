"""Pages of guides: what members read and share, and what a reader without a log-in sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from representatives.models import Representative
from sales.guides import services
from sales.models import Consent, Customer, Guide, GuideReading, GuideShare, Order, ReadingList
from sales.services import add_customer
from tests.sales.conftest import NOW
from tests.sales.guides.conftest import write_guide

Give = Callable[..., Consent]


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_list_shows_published_guides_in_the_reader_s_language(
    web: Client, reading_list: ReadingList
) -> None:
    Guide.objects.create(slug="draft", edited_at=NOW)

    page = web.get("/guides/", headers={"accept-language": "pl"})

    assert "Zielenina na co dzień" in text(page)
    assert "Your first talk" in text(page)  # there is no Polish of it
    assert "Na start" in text(page)
    assert "draft" not in page.content.decode()


def test_search_looks_at_titles_texts_and_products(web: Client, guide: Guide) -> None:
    for words, hit in (("used", True), ("SOME *WORDS", True), ("daily greens", True), ("x", False)):
        answer = web.get("/guides/", {"q": words}, headers={"hx-request": "true"})
        assert ("Greens, well used" in text(answer)) is hit, words


def test_reading_is_kept_and_taken_back(
    web: Client, seller: Representative, reading_list: ReadingList
) -> None:
    page = web.post("/guides/first-talk/read/", follow=True)
    assert "I have not read it yet" in text(page)
    assert "1 of 2 read" in text(web.get("/guides/"))

    web.post("/guides/first-talk/read/", {"unread": "1"})
    assert not GuideReading.objects.exists()


def test_list_for_first_days_comes_first_for_new_members(
    web: Client, seller: Representative, reading_list: ReadingList
) -> None:
    assert "Good to read in your first weeks" not in text(web.get("/guides/"))

    ReadingList.objects.update(first_days=2_000)

    assert "Good to read in your first weeks" in text(web.get("/guides/"))


def test_buyers_are_offered_first_and_who_asked_is_not(
    web: Client,
    guide: Guide,
    seller: Representative,
    customer: Customer,
    buy: Callable[..., Order],
) -> None:
    add_customer(representative=seller, name="Anna Adamska", now=NOW)
    silent = add_customer(representative=seller, name="Cicha Osoba", now=NOW)
    Customer.objects.filter(pk=silent.pk).update(no_contact_at=NOW)
    buy(customer, "2017-03-01T10:00", GREENS=1)

    page = text(web.get("/guides/greens-well/share/"))

    assert page.index("Helena Nowak") < page.index("Anna Adamska")
    assert "Bought what it is about on" in page
    assert "Cicha Osoba" not in page


def test_sharing_leads_to_words_that_can_be_sent(
    web: Client, guide: Guide, customer: Customer
) -> None:
    Customer.objects.filter(pk=customer.pk).update(email="helena@example.com", phone="+48 600 1")

    page = web.post("/guides/greens-well/share/", {"customer": customer.pk}, follow=True)

    token = GuideShare.objects.get().token
    assert f"http://testserver/g/{token}/" in page.content.decode()
    assert "mailto:helena@example.com?subject=Greens" in page.content.decode()
    assert "sms:+486001?body=" in page.content.decode()
    assert "Helena Nowak" in text(web.get("/guides/shared/"))


def test_stranger_reaches_neither_customer_nor_share(
    stranger: Client, share: GuideShare, customer: Customer
) -> None:
    assert stranger.get(f"/guides/shared/{share.pk}/").status_code == 404
    assert stranger.post(f"/guides/shared/{share.pk}/end/").status_code == 404
    answer = stranger.post("/guides/greens-well/share/", {"customer": customer.pk})
    assert answer.status_code == 404
    assert GuideShare.objects.count() == 1


def test_members_only_guide_can_not_be_shared(web: Client, for_members: Guide) -> None:
    assert web.get("/guides/first-talk/share/").status_code == 404
    assert web.post("/guides/first-talk/share/").status_code == 404


def test_numbers_out_of_range_are_not_found(web: Client, guide: Guide) -> None:
    assert web.get(f"/guides/shared/{2**63}/").status_code == 404
    for number in ("9" * 30, "-1", "x"):
        assert web.post("/guides/greens-well/share/", {"customer": number}).status_code == 404


def test_public_page_says_nothing_of_the_customer(client: Client, share: GuideShare) -> None:
    page = client.get(f"/g/{share.token}/")

    assert page.status_code == 200
    assert "Greens, well used" in text(page)
    assert "Marta Wójcik" in text(page)
    for secret in ("Helena", "C-1", "marta@example.com", "MARTA"):
        assert secret not in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page["X-Robots-Tag"]
    assert "no-store" in page["Cache-Control"]
    assert not page.cookies


def test_asking_for_the_page_is_no_opening(
    client: Client, share: GuideShare, consent: Give
) -> None:
    consent()
    page = client.get(f"/g/{share.token}/")
    client.head(f"/g/{share.token}/")

    share.refresh_from_db()
    assert share.opened_at is None
    assert "hx-trigger" in page.content.decode()  # a browser tells it, a preview does not


def test_page_tells_nothing_by_itself_without_consent(client: Client, share: GuideShare) -> None:
    page = client.get(f"/g/{share.token}/")
    answer = client.post(
        f"/g/{share.token}/opened/", {"answer": "seen"}, headers={"hx-request": "true"}
    )

    share.refresh_from_db()
    assert "hx-trigger" not in page.content.decode()
    assert answer.status_code == 204
    assert share.opened_at is None


def test_reader_says_yes_and_takes_it_back(share: GuideShare, web: Client) -> None:
    reader = Client(enforce_csrf_checks=True)
    page = reader.post(f"/g/{share.token}/opened/", {"answer": "yes"}, follow=True)
    assert "You agreed that Marta Wójcik sees" in text(page)
    assert "Opened on" in text(web.get("/guides/shared/"))

    reader.post(f"/g/{share.token}/opened/", {"answer": "no"})
    assert "Not known whether opened" in text(web.get("/guides/shared/"))


def test_a_look_of_the_sender_is_no_opening(web: Client, share: GuideShare) -> None:
    web.post(f"/g/{share.token}/opened/", {"answer": "yes"})

    share.refresh_from_db()
    assert share.opened_at is None


@pytest.mark.parametrize("fate", ["ended", "withdrawn guide", "unknown"])
def test_dead_links_say_so_alike(client: Client, share: GuideShare, fate: str) -> None:
    token = share.token
    if fate == "ended":
        services.withdraw_share(share=share, now=NOW)
    elif fate == "withdrawn guide":
        Guide.objects.update(published_at=None)
    else:
        token = "x" * 32

    page = client.get(f"/g/{token}/")

    assert page.status_code == 404
    assert "leads nowhere any more" in text(page)


def test_links_are_limited_by_rate(client: Client, share: GuideShare, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "shared_guide": "2/m/ip"}

    answers = [client.get(f"/g/{share.token}/").status_code for _ in range(3)]

    assert answers == [200, 200, 429]


def test_pages_ask_as_often_for_many_guides_and_shares(
    web: Client, share: GuideShare, reading_list: ReadingList, seller: Representative
) -> None:
    def queries() -> list[int]:
        counts = []
        for address in ("/guides/", "/guides/shared/", "/guides/greens-well/share/"):
            with CaptureQueriesContext(connection) as asked:
                assert web.get(address).status_code == 200
            counts.append(len(asked))
        return counts

    web.get("/guides/")
    few = queries()
    for number in range(8):
        made = write_guide(f"guide-{number}", f"Guide {number}")
        made.products.add(share.guide.products.get())
        reading_list.entries.create(guide=made)
        person = add_customer(representative=seller, name=f"Buyer {number}", now=NOW)
        services.share_guide(guide=made, representative=seller, customer=person, now=NOW)

    assert queries() == few
