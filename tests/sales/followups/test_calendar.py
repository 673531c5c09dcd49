"""The calendar: a secret address that can be renewed, a file that names nobody unless wanted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from icalendar import Calendar

from representatives.models import Company, Representative
from sales.contacts import services as contacts
from sales.followups import calendar
from sales.followups.services import finish_follow_up
from sales.models import CalendarFeed, Customer
from tests.sales.conftest import NOW
from tests.sales.followups.conftest import TODAY, Plan, text

pytestmark = pytest.mark.django_db
PAGE = "/follow-ups/calendar/"


@pytest.fixture(autouse=True)
def _fresh_rates() -> None:
    cache.clear()


@pytest.fixture
def feed(seller: Representative) -> CalendarFeed:
    return calendar.make_feed(representative=seller, now=NOW)


def path(feed: CalendarFeed) -> str:
    return "/" + calendar.address_of(feed).partition("://")[2].partition("/")[2]


def events(client: Client, feed: CalendarFeed) -> list[Any]:
    answer = client.get(path(feed))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_address_is_made_renewed_and_removed(web: Client, seller: Representative) -> None:
    assert "Make the address" in text(web.get(PAGE))
    web.post(PAGE, {"act": "make"})
    first = calendar.address_of(CalendarFeed.objects.get())
    assert first in web.get(PAGE).content.decode()
    assert Client().get(path(CalendarFeed.objects.get())).status_code == 200

    web.post(PAGE, {"act": "renew"})
    feed = CalendarFeed.objects.get()
    assert calendar.address_of(feed) != first
    assert Client().get("/" + first.partition("://")[2].partition("/")[2]).status_code == 404

    web.post(PAGE, {"act": "remove"})
    assert not CalendarFeed.objects.exists()
    assert Client().get(path(feed)).status_code == 404


def test_database_alone_opens_nothing(feed: CalendarFeed) -> None:
    for known in (feed.seed, feed.token_digest):
        assert Client().get(f"/calendar/{known}.ics").status_code == 404


def test_secret_is_long_and_never_the_same(
    feed: CalendarFeed, other_seller: Representative
) -> None:
    other = calendar.make_feed(representative=other_seller, now=NOW)
    secrets = {path(feed), path(other)}

    assert len(secrets) == 2
    assert all(len(one.rpartition("/")[2]) == len(".ics") + 64 for one in secrets)


def test_program_reads_what_is_open_without_names(
    client: Client, feed: CalendarFeed, customer: Customer, plan: Plan
) -> None:
    late = plan(customer, days=-5, text="Call about the rash")
    plan(customer, days=3, kind="reorder", text="")
    plan(customer, days=200)
    done = plan(customer, days=1)
    finish_follow_up(follow_up=done, result="talked", now=NOW)

    found = events(client, feed)

    assert [(str(one["summary"]), one["dtstart"].dt) for one in found] == [
        ("A task of your own", TODAY),
        ("Ask about the next order", date(2017, 3, 23)),
    ]
    assert str(found[0]["url"]).endswith(f"/follow-ups/{late.pk}/")
    raw = client.get(path(feed)).content.decode()
    assert "Helena" not in raw
    assert "rash" not in raw


def test_names_stand_in_it_once_wanted(
    web: Client, feed: CalendarFeed, customer: Customer, plan: Plan
) -> None:
    plan(customer, kind="reorder", text="")
    web.post(PAGE, {"act": "names", "names": "yes"})

    [event] = events(Client(), feed)

    assert str(event["summary"]) == "Helena Nowak: ask about the next order"
    web.post(PAGE, {"act": "names", "names": "no"})
    assert "Helena" not in Client().get(path(feed)).content.decode()


def test_whoever_is_to_be_left_alone_goes_from_the_calendar(
    client: Client, feed: CalendarFeed, customer: Customer, plan: Plan
) -> None:
    plan(customer)
    contacts.stop_contact(customer=customer, now=NOW)

    assert events(client, feed) == []


def test_calendar_of_another_shows_nothing_of_mine(
    client: Client, other_seller: Representative, customer: Customer, plan: Plan
) -> None:
    plan(customer)
    feed = calendar.make_feed(representative=other_seller, now=NOW)

    assert events(client, feed) == []


@pytest.mark.parametrize("status", ["suspended", "terminated"])
def test_who_is_not_enrolled_has_no_calendar(
    client: Client, feed: CalendarFeed, seller: Representative, status: str
) -> None:
    Representative.objects.filter(pk=seller.pk).update(status=status)

    assert client.get(path(feed)).status_code == 404


def test_answers_are_kept_out_of_caches_and_search(client: Client, feed: CalendarFeed) -> None:
    for address in (path(feed), "/calendar/none.ics"):
        answer = client.get(address)
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "no-store" in answer["Cache-Control"]
        assert not answer.cookies


def test_hammering_is_slowed(client: Client, feed: CalendarFeed) -> None:
    answers = {client.get(path(feed)).status_code for _try in range(12)}

    assert answers == {200, 429}


def test_words_are_in_the_members_language(
    client: Client, feed: CalendarFeed, seller: Representative, plan: Plan
) -> None:
    plan()
    Company.objects.update(name="Gaj")

    assert "Gaj: follow-ups" in client.get(path(feed)).content.decode()


def test_staff_who_look_as_the_member_do_not_see_the_secret() -> None:
    from sales.followups.views_calendar import calendar_page

    assert calendar_page.only_oneself
