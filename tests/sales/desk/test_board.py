"""Who stands in which group of the customers page, and who is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from representatives.models import Representative
from sales.contacts import services as contacts
from sales.desk import words
from sales.desk.selectors import PER_GROUP, get_board, sum_up
from sales.desk.standing import Group, get_standing
from sales.followups import services as follow_ups
from sales.models import Customer, Product
from sales.suggestions import services as suggestions
from sales.suggestions.kinds import Key, SuggestionKind
from tests.sales.conftest import NOW
from tests.sales.desk.conftest import TODAY, Know, day, forecast

CHANNELS: list[dict[str, str]] = [
    {"phone": "600 100 200"},
    {"email": "one@example.org"},
    {"phone": "600 100 201", "channel": "message"},
]


def places(seller: Representative) -> dict[str, str]:
    """Return the group of each of a seller's customers by name."""
    found = get_standing(seller, today=TODAY, size=50)
    names = dict(Customer.objects.values_list("pk", "name"))
    return {names[place.customer_id]: place.group for place in found.places}


def plan(seller: Representative, customer: Customer, kind: str, days: int) -> Any:
    return follow_ups.plan_follow_up(
        representative=seller, customer=customer, kind=kind, due_on=day(days), now=NOW
    )


def test_customers_stand_by_what_their_forecasts_say(seller: Representative, know: Know) -> None:
    know("Late", start=-8)
    know("Due", start=-2)
    know("Soon", start=9)
    know("Far", start=20)
    know("Quiet", start=-50, quiet_in=-5)
    know("Never bought")

    assert places(seller) == {
        "Late": Group.OVERDUE,
        "Due": Group.DUE,
        "Soon": Group.COMING,
        "Quiet": Group.QUIET,
    }


@pytest.mark.parametrize("gone", ["no_contact_at", "erased_at"])
def test_who_is_not_to_be_contacted_is_nowhere(
    seller: Representative, know: Know, gone: str
) -> None:
    know("Late", start=-8, **{gone: NOW})

    assert places(seller) == {}


def test_another_sellers_customers_are_nowhere(
    seller: Representative, other_seller: Representative, know: Know
) -> None:
    know("Late", start=-8)

    assert places(other_seller) == {}


def test_the_product_most_worth_a_word_leads(
    seller: Representative, know: Know, products: dict[str, Product]
) -> None:
    person = know("Helena", start=-8, sku="TEA")
    forecast(person, products["GREENS"], start=-2)

    (place,) = get_standing(seller, today=TODAY, size=9).places

    assert place.group == Group.DUE
    assert place.forecast_id == person.forecasts.get(product=products["GREENS"]).pk


def test_a_quiet_product_of_a_lively_customer_is_no_quiet_customer(
    seller: Representative, know: Know, products: dict[str, Product]
) -> None:
    person = know("Helena", start=-50)
    forecast(person, products["TEA"], start=5)

    assert places(seller) == {"Helena": Group.COMING}


def test_pack_that_runs_out_now_makes_nobody_quiet(
    seller: Representative, know: Know, products: dict[str, Product]
) -> None:
    know("Karol", start=-2, quiet_in=-20)

    assert places(seller) == {"Karol": Group.DUE}


def test_product_off_sale_calls_nobody(
    seller: Representative, know: Know, products: dict[str, Product]
) -> None:
    know("Helena", start=-8)
    Product.objects.filter(pk=products["GREENS"].pk).update(is_active=False)

    assert places(seller) == {}


def test_what_was_put_off_or_refused_leaves_the_customer_alone(
    seller: Representative, know: Know, products: dict[str, Product]
) -> None:
    later, refused, quiet = know("A", start=-8), know("B", start=-8), know("C", start=-2)
    for person in (later, refused):
        key = str(Key(SuggestionKind.REPEAT, person.pk, products["GREENS"].pk))
        if person is later:
            suggestions.snooze(seller=seller, key=key, days=3, now=NOW)
        else:
            suggestions.refuse(seller=seller, key=key, reason="elsewhere", now=NOW)

    assert places(seller) == {quiet.name: Group.DUE}


def test_talk_planned_for_a_later_day_leaves_the_customer_alone(
    seller: Representative, know: Know
) -> None:
    plan(seller, know("Helena", start=-8), "reorder", 2)
    cared_for = know("Igor", start=-8)
    follow_ups.plan_follow_up(
        representative=seller,
        customer=cared_for,
        kind="reorder",
        due_on=day(2),
        now=NOW,
        source_key="care:1:run_out:5",
    )

    assert places(seller) == {"Igor": Group.OVERDUE}


def test_what_is_due_stands_under_care_unless_something_runs_out(
    seller: Representative, know: Know
) -> None:
    plan(seller, know("New"), "care", 0)
    plan(seller, know("Late", start=-8), "own", 0)

    assert places(seller) == {"New": Group.CARE, "Late": Group.OVERDUE}


def test_board_counts_all_and_shows_some(seller: Representative, know: Know) -> None:
    for number in range(PER_GROUP + 2):
        know(f"Person {number}", start=-8)

    board = get_board(seller, now=NOW)
    first = get_board(seller, now=NOW, show=Group.OVERDUE)

    assert [(one.group, len(one.rows), one.more) for one in board.groups] == [
        (Group.OVERDUE, PER_GROUP, 2)
    ]
    assert board.total == PER_GROUP + 2
    assert board.title == "Eight overdue"
    assert [(len(one.rows), one.more) for one in first.groups] == [(PER_GROUP + 2, 0)]
    assert get_board(seller, now=NOW, show=Group.OVERDUE, page=2).groups == []


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", ("overdue", "due now")), ("pl", ("po terminie", "już pora"))],
)
def test_title_says_what_the_rows_show_however_one_reaches_them(
    seller: Representative, know: Know, language: str, told: tuple[str, str]
) -> None:
    for number, facts in enumerate(CHANNELS):
        know(f"Late {number}", start=-8, **facts)
        know(f"Due {number}", start=-2, **facts)

    with override(language):
        board = get_board(seller, now=NOW)

    overdue, due = board.title.split(", ")
    assert overdue.endswith(told[0])
    assert due.endswith(told[1])
    rows = {one.group: len(one.rows) for one in board.groups}
    chips = {chip.group: chip.count for chip in board.chips if chip.count}
    assert rows == chips == {Group.OVERDUE: len(CHANNELS), Group.DUE: len(CHANNELS)}
    with override(language):
        number_of = str(words.number(len(CHANNELS)))
    assert all(number_of in part.lower().split() for part in (overdue, due))
    late = [row.main.icon for one in board.groups for row in one.rows if one.group == "overdue"]
    assert sorted(late) == ["chat-dots", "chat-dots", "telephone"]


def test_rows_say_who_what_why_and_what_it_brings(web: Client, know: Know) -> None:
    know("Helena", start=-11, phone="600 100 200")
    know("Karol", start=-1, channel="email", phone="600 100 201")
    know("Lena", start=6)

    page = web.get("/customers/")
    html = page.content.decode()

    assert "One overdue, one due now" in html
    assert html.index("Helena") < html.index("Karol") < html.index("Lena")
    assert "7 days late" in html
    assert "/call/" in html.split("Karol")[0]
    assert 'name="act" value="message"' in html.split("Karol")[1]
    assert "9 to 13 Mar" in html
    assert "Due from Sunday 26 March" in html
    rows = page.context["groups"]
    assert [(row.bv, row.rsp) for group in rows for row in group.rows] == [(2500, 2000)] * 3


def test_sum_is_of_what_may_be_ordered(seller: Representative, know: Know) -> None:
    know("Late", start=-8)
    know("Soon", start=5, sku="TEA")
    know("Quiet", start=-50, quiet_in=-5)

    summed = sum_up(get_board(seller, now=NOW), bv=1000, rsp=0)

    assert summed is not None
    assert (summed.title, summed.bv, summed.rsp) == ("If all two reorder", 3100, 2500)
    assert "41 BV and 25 RSP" in summed.text


def test_page_asks_as_often_for_many_customers(web: Client, know: Know) -> None:
    counts = []
    for number in (3, 12):
        for part in range(number):
            know(f"A {number} {part}", start=-8)
            know(f"B {number} {part}", start=-2)
            know(f"C {number} {part}", start=-50, quiet_in=-5)
        with CaptureQueriesContext(connection) as queries:
            assert web.get("/customers/").status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_first_page_of_a_new_seller_says_what_to_do(web: Client) -> None:
    html = web.get("/customers/").content.decode()

    assert "Nobody to look after yet" in html
    assert "/customers/new/" in html


def test_group_without_anybody_leads_back(web: Client, know: Know) -> None:
    know("Lena", start=6)

    html = web.get("/customers/", {"show": "overdue"}).content.decode()

    assert "Nobody is in this group today." in html
    assert web.get("/customers/", {"show": "nonsense"}).context["show"] == ""


def test_asks_are_counted_alike_on_every_page(
    seller: Representative, know: Know, products: dict[str, Product]
) -> None:
    happy, late = know("Happy"), know("Late", start=-8)
    forecast(happy, products["TEA"], start=50)
    forecast(happy, products["GREENS"], start=20)
    for person in (happy, late):
        contacts.note_talk(customer=person, at=NOW, now=NOW, channel="phone", went="well")

    pages = [get_board(seller, now=NOW, show=show) for show in ("", "overdue", "care")]

    assert [[chip.count for chip in page.chips] for page in pages] == [[1, 0, 1, 0, 0]] * 3
    (row,) = pages[2].groups[0].rows
    assert (row.customer, row.sells) == (happy, False)
    assert row.said is not None
    assert row.said.title == "Ask for a referral"
    assert row.span == "Next about 11 Apr"
