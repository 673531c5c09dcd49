"""The page of one customer, today's list, and orders begun from them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from representatives.models import Representative
from representatives.services import enrol_representative
from sales import selectors
from sales.contacts import services as contacts
from sales.desk.timeline import ENTRIES, get_timeline
from sales.followups import services as follow_ups
from sales.models import Customer, FollowUp, Order, Product, Talk
from tests.sales.conftest import NOW
from tests.sales.desk.conftest import TODAY, Know, day, forecast

Buy = Callable[..., Order]


def test_page_tells_what_is_used_and_what_happened(
    web: Client,
    seller: Representative,
    know: Know,
    buy: Buy,
    products: dict[str, Product],
) -> None:
    helena = know("Helena", start=-8, phone="600 100 200", channel="phone")
    forecast(helena, products["TEA"], start=40)
    buy(helena, "2017-02-10T10:00", GREENS=2, TEA=1)
    contacts.note_talk(customer=helena, at=NOW - timedelta(3), now=NOW, text="Likes the greens")
    contacts.add_need(
        customer=helena, kind="planning", text="A garden", now=NOW, products=[products["JUG"]]
    )
    task = follow_ups.plan_follow_up(
        representative=seller, customer=helena, kind="own", text="Ask", due_on=TODAY, now=NOW
    )
    follow_ups.finish_follow_up(follow_up=task, result="talked", now=NOW)

    html = web.get(f"/customers/{helena.pk}/").content.decode()

    assert "4 days late" in html
    assert "Next about 1 May" in html
    assert "Order of €112.70" in html
    assert "2 × Daily Greens, Olive Leaf Tea" in html
    assert "Likes the greens" in html
    assert "Followed up: talked" in html
    assert "A garden" in html
    assert f"?customer={helena.pk}&amp;product={products['GREENS'].pk}" in html
    assert "8 of 10 people who buy like this order again within 90 days." in html


def test_nobody_else_and_nobody_gone_has_a_page(
    web: Client, other_seller: Representative, know: Know
) -> None:
    mine, gone = know("Helena"), know("Gone", erased_at=NOW)
    stranger = Client()
    stranger.force_login(other_seller.user)

    assert web.get(f"/customers/{mine.pk}/").status_code == 200
    assert web.get(f"/customers/{gone.pk}/").status_code == 404
    assert stranger.get(f"/customers/{mine.pk}/").status_code == 404
    assert stranger.post(f"/customers/{mine.pk}/talk/", {"text": "x"}).status_code == 404
    assert not Talk.objects.exists()


def test_page_of_a_merged_row_leads_to_the_row_that_was_kept(
    web: Client, seller: Representative, other_seller: Representative, know: Know
) -> None:
    first, second, kept = know("Hela"), know("Helena"), know("Helena Maj")
    contacts.merge_customers(kept=second, merged=first, now=NOW)
    contacts.merge_customers(kept=kept, merged=second, now=NOW)
    assert other_seller.user is not None
    stranger = Client()
    stranger.force_login(other_seller.user)

    for gone in (first, second):
        found = web.get(f"/customers/{gone.pk}/")
        assert (found.status_code, found["Location"]) == (302, f"/customers/{kept.pk}/")
        assert stranger.get(f"/customers/{gone.pk}/").status_code == 404
        assert web.post(f"/customers/{gone.pk}/talk/", {"text": "x"}).status_code == 404
    assert web.get(f"/customers/{2**63}/").status_code == 404

    contacts.erase_customer(customer=kept, now=NOW)
    assert web.get(f"/customers/{first.pk}/").status_code == 404


def test_timeline_goes_on_without_losing_anything(
    web: Client, seller: Representative, know: Know
) -> None:
    helena = know("Helena")
    # Some at one moment: they must not be cut apart.
    for number in range(ENTRIES * 2 + 3):
        moment = NOW - timedelta(hours=1 + number // 4)
        contacts.note_talk(customer=helena, at=moment, now=NOW, text=f"Talk {number:03}")

    told: list[str] = []
    before = None
    for _page in range(5):
        timeline = get_timeline(seller, helena, before=before)
        told += [entry.text for entry in timeline.entries]
        if not timeline.has_more:
            break
        before = timeline.entries[-1].at
    part = web.get(
        f"/customers/{helena.pk}/", {"before": timeline.next_before}, HTTP_HX_REQUEST="true"
    )

    talks = [text for text in told if text.startswith("Talk")]
    assert sorted(talks) == [f"Talk {number:03}" for number in range(ENTRIES * 2 + 3)]
    assert "<html" not in part.content.decode()
    assert web.get(f"/customers/{helena.pk}/", {"before": "nonsense"}).status_code == 200


def test_talk_is_noted_on_the_timeline(web: Client, know: Know) -> None:
    helena = know("Helena")
    address = f"/customers/{helena.pk}/talk/"

    empty = web.post(address, {"text": " "})
    noted = web.post(address, {"text": "Met her", "channel": "visit", "went": "well"})

    assert empty.status_code == 422
    assert noted.url == f"/customers/{helena.pk}/"
    assert (Talk.objects.get().text, Talk.objects.get().went) == ("Met her", "well")


def test_page_asks_as_often_for_many_products(
    web: Client, know: Know, products: dict[str, Product]
) -> None:
    few, many = know("Few", start=-8), know("Many", start=-8)
    forecast(many, products["TEA"], start=-8)
    for number in range(20):
        contacts.note_talk(customer=many, at=NOW, now=NOW, text=f"{number}")
        contacts.add_need(customer=many, kind="doing", text=f"{number}", now=NOW)
    counts = []
    for person in (few, many):
        contacts.note_talk(customer=person, at=NOW, now=NOW, text="one")
        contacts.add_need(customer=person, kind="doing", text="one", now=NOW)
        with CaptureQueriesContext(connection) as queries:
            assert web.get(f"/customers/{person.pk}/").status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


# -- Today -----------------------------------------------------------------------------------------


def test_today_puts_first_what_is_worth_most_and_says_why(web: Client, know: Know) -> None:
    know("Jana", start=-2, sku="TEA", chance=300)
    know("Helena", start=-8, phone="600 100 200", chance=700)

    html = web.get("/today/").content.decode()

    assert "Two things today" in html
    assert html.index("Helena: Daily Greens 4 days late") < html.index("Jana: Olive Leaf Tea due")
    assert html.count('class="is-first"') == 1
    assert "Worth most today." in html
    assert "in 70 of 100" in html


def test_today_is_at_most_what_a_person_does_in_a_day(
    web: Client, seller: Representative, know: Know
) -> None:
    for number in range(4):
        know(f"Person {number}", start=-8)
    web.post("/suggestions/day/", {"jobs": "3"})

    page = web.get("/today/")

    assert len(page.context["rows"]) == 3
    assert "1 more thing can wait for another day." in page.content.decode()


def test_member_who_went_to_another_line_is_not_named(
    client: Client, seller: Representative, other_seller: Representative
) -> None:
    client.force_login(other_seller.user)
    below, elsewhere = (
        enrol_representative(
            sponsor=sponsor,
            name=name,
            email=f"{name}@example.com",
            enrolled_on=date(2017, 1, 2),
            now=NOW,
        )
        for name, sponsor in (("Ana", other_seller), ("Bea", seller))
    )
    for member in (below, elsewhere):
        FollowUp.objects.create(
            representative=other_seller,
            member=member,
            kind="member",
            due_on=TODAY,
            created_at=NOW,
        )

    html = client.get("/today/").content.decode()

    assert "Ana" in html
    assert "Bea" not in html
    assert "A person in another line" in html


def test_day_without_work_is_a_good_day(web: Client) -> None:
    assert "Nobody waits for a word from you" in web.get("/today/").content.decode()


# -- Orders begun from here ------------------------------------------------------------------------


def test_order_begins_with_customer_and_products(
    web: Client, know: Know, products: dict[str, Product]
) -> None:
    helena = know("Helena")
    chosen = [products["GREENS"].pk, products["TEA"].pk]

    page = web.get("/orders/new/", {"customer": helena.pk, "product": chosen})

    html = page.content.decode()
    assert f'<option value="{helena.pk}" selected>' in html
    assert [line.product.pk for line in page.context["lines"]] == chosen
    assert "Total €62.80" in html


def test_long_list_of_buyers_offers_the_latest_and_the_chosen_one(
    web: Client,
    seller: Representative,
    know: Know,
    place: Buy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selectors, "BUYERS_LISTED", 4)
    people = [know(f"Person {number}") for number in range(8)]
    place(people[1], GREENS=1)
    place(people[2], GREENS=1)

    listed, are_all = selectors.list_buyers(seller, chosen=str(people[4].pk))
    page = web.get("/orders/new/", {"customer": people[4].pk}).content.decode()

    assert not are_all
    assert {one.name for one in listed} == {"Person 1", "Person 2", "Person 4", "Person 7"}
    assert "Those who ordered last." in page
    placed = web.post(
        "/orders/new/", {"customer": people[3].pk, "action": "price"}, HTTP_HX_REQUEST="true"
    )
    assert placed.status_code == 200


def test_desk_is_in_reach_from_the_first_page_on(web: Client, customer: Customer) -> None:
    html = web.get("/customers/").content.decode()

    for address in ("/follow-ups/", "/guides/", "/links/", "/figures/", "/customers/all/"):
        assert f'href="{address}' in html
    assert day(0) == TODAY
