"""People by purchases, use, stage and state; who looks like whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from representatives.models import Company, Representative
from sales.contacts import matching, segments, selectors, services
from sales.contacts.segments import Choice
from sales.models import Customer, Order, Product
from tests.sales.conftest import NOW
from tests.sales.contacts.test_people import add

pytestmark = pytest.mark.django_db
Buy = Callable[..., Order]


def chosen(seller: Representative, now: datetime = NOW, **choice: str) -> list[str]:
    found = segments.choose(seller, Choice(**choice), now=now, company=Company.objects.get())
    return [one.name for one in found]


def test_choices_of_an_address_are_read_and_written() -> None:
    told = {"account": "new", "use": "odd", "state": "quiet", "product": "1x", "q": " a\x00 "}

    choice = Choice.read(told)

    assert choice == Choice(q="a", account="new", state="quiet")
    assert Choice.read({"q": "a", "account": "new", "state": "quiet"}).query() == choice.query()
    assert choice.is_narrow
    assert not Choice(sort="last").is_narrow


def test_people_are_found_by_each_choice(
    seller: Representative, other_seller: Representative, buy: Buy, products: dict[str, Product]
) -> None:
    buyer = add(seller, "Ada Łoś", phone="+48 600-700-800", email="ada@example.com")
    add(seller, "Bea", use="lead", stage="trusts", noticed_at=NOW)
    quiet = add(seller, "Cyd")
    services.stop_contact(customer=quiet, now=NOW)
    services.give_consent(customer=buyer, kind="marketing", text="x", now=NOW)
    add(other_seller, "Stranger", phone="600700800")
    buy(buyer, "2017-03-01T10:00", TEA=1)

    assert chosen(seller) == ["Ada Łoś", "Bea", "Cyd"]
    for choice, names in (
        ({"account": "new"}, ["Ada Łoś"]),
        ({"account": "none"}, ["Bea", "Cyd"]),
        ({"use": "lead"}, ["Bea"]),
        ({"stage": "buys"}, ["Ada Łoś"]),
        ({"state": "quiet"}, ["Cyd"]),
        ({"state": "not_told"}, ["Ada Łoś", "Cyd"]),
        ({"state": "marketing"}, ["Ada Łoś"]),
        ({"product": str(products["TEA"].pk)}, ["Ada Łoś"]),
        ({"product": str(products["JUG"].pk)}, []),
        ({"q": "los"}, ["Ada Łoś"]),
        ({"q": "600 700 800"}, ["Ada Łoś"]),
        ({"q": "ADA@exam"}, ["Ada Łoś"]),
        ({"sort": "added"}, ["Cyd", "Bea", "Ada Łoś"]),
        ({"sort": "last"}, ["Cyd", "Bea", "Ada Łoś"]),
    ):
        assert chosen(seller, **choice) == names, choice


def test_birthdays_are_found_over_the_year_s_end(seller: Representative) -> None:
    for name, day in (("Dec", date(1904, 12, 20)), ("Jan", date(1904, 1, 3))):
        add(seller, name, birthday=day)

    def soon(month: int, day: int) -> list[str]:
        return chosen(seller, datetime(2017, month, day, 12, tzinfo=UTC), state="birthday")

    assert soon(12, 10) == ["Dec", "Jan"]
    assert soon(12, 21) == ["Jan"]
    assert soon(11, 25) == ["Dec"]
    assert soon(2, 1) == []


def test_counts_and_lists_agree(seller: Representative, buy: Buy) -> None:
    for number, use in enumerate(Customer.Use.values * 2):
        person = add(seller, f"P{number}", use=use)
        if number % 2:
            buy(person, f"2017-0{number % 3 + 1}-10T10:00", TEA=1)
    company = Company.objects.get()
    for days in (0, 60, 130):
        now = NOW + timedelta(days=days)

        counts = segments.count_segments(seller, now=now, company=company)

        assert counts.everybody == 6
        for account in ("", *segments.ACCOUNTS):
            for use in ("", *segments.USES):
                listed = chosen(seller, now, account=account, use=use)
                assert counts.count(account, use) == len(listed)
        assert counts.not_told == len(chosen(seller, now, state="not_told"))
        assert counts.leaving == len(chosen(seller, now, state="leaving"))


def test_look_alikes_share_mail_phone_or_name(
    seller: Representative, other_seller: Representative
) -> None:
    one = add(seller, "Łucja Żak", phone="600 700 800", email="A@example.com")
    two = add(seller, "Zak Lucja", phone="+48600700800")
    three = add(seller, "Somebody", email="a@example.com")
    add(seller, "Nobody", phone="123")
    add(seller, "Neither", phone="1 2 3")
    add(other_seller, "Łucja Żak", phone="600 700 800")

    pairs = {
        (pair.first, pair.second): (pair.same_email, pair.same_phone, pair.same_name)
        for pair in matching.look_alikes(seller, limit=50)
    }

    assert pairs == {(one, two): (False, True, True), (one, three): (True, False, False)}
    services.keep_apart(one=one, other=two, now=NOW)
    assert len(matching.look_alikes(seller, limit=50)) == 1


def test_names_are_offered_and_meant(seller: Representative) -> None:
    one, two = add(seller, "Ada Łoś"), add(seller, "Ada Łoś")
    people = Customer.objects.of(seller)

    assert selectors.names_offered(people, "los") == [one, two]
    assert selectors.names_offered(people, "l") == []
    assert selectors.people_named(people, f"Ada Łoś ({two.reference})") == [two]
    assert selectors.people_named(people, "ada los") == []
    assert selectors.people_named(people, "ADA ŁOŚ") == [one, two]
