"""Buttons of the desk: later, done, not this, and back again; and the page of a call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from representatives.models import Representative
from sales.followups import services as follow_ups
from sales.models import Customer, FollowUp, Product, SuggestionDecision, Talk
from sales.suggestions.kinds import Key, SuggestionKind
from tests.sales.conftest import NOW
from tests.sales.desk.conftest import TODAY, Know, day, forecast

ACT = "/today/act/"


@pytest.fixture
def helena(know: Know, products: dict[str, Product]) -> Customer:
    """Helena is late with her greens and with her tea."""
    person = know("Helena", start=-8, phone="600 100 200")
    forecast(person, products["TEA"], start=-6)
    return person


@pytest.fixture
def stranger(other_seller: Representative) -> Client:
    client = Client()
    client.force_login(other_seller.user)
    return client


def key_of(person: Customer, product: Product) -> str:
    return str(Key(SuggestionKind.REPEAT, person.pk, product.pk))


def plan(seller: Representative, person: Customer | None, days: int = 0) -> FollowUp:
    return follow_ups.plan_follow_up(
        representative=seller, customer=person, kind="own", text="Ask", due_on=day(days), now=NOW
    )


def undo_fields(client: Client) -> dict[str, str]:
    """Return what the toast of the next page would send to undo."""
    toast: dict[str, Any] = client.session["toast"]
    assert toast["undo"] == ACT
    return {"next": "/customers/", **toast["fields"]}


def test_later_is_said_once_for_all_that_waits_for_a_person(
    web: Client, seller: Representative, helena: Customer
) -> None:
    task = plan(seller, helena)

    answer = web.post(ACT, {"act": "later", "customer": helena.pk, "next": "/customers/"})

    assert answer.url == "/customers/"
    task.refresh_from_db()
    assert task.due_on == day(7)
    decisions = SuggestionDecision.objects.filter(state="snoozed")
    assert {one.until for one in decisions} == {day(7)}
    assert decisions.count() == 2
    page = web.get("/customers/").content.decode()
    assert "Helena is back on the list on Monday 27 March" in page
    assert "Nobody waits for you today" in page


def test_undo_brings_back_what_was_put_off(
    web: Client, seller: Representative, helena: Customer
) -> None:
    task = plan(seller, helena)
    web.post(ACT, {"act": "tomorrow", "customer": helena.pk})
    assert FollowUp.objects.get(pk=task.pk).due_on == day(1)

    web.post(ACT, undo_fields(web))

    assert FollowUp.objects.get(pk=task.pk).due_on == TODAY
    assert not SuggestionDecision.objects.filter(withdrawn_at__isnull=True).exists()
    assert "One overdue" in web.get("/customers/").content.decode()


def test_snooze_puts_off_one_thing_only(
    web: Client, helena: Customer, products: dict[str, Product]
) -> None:
    web.post(ACT, {"act": "snooze", "key": key_of(helena, products["GREENS"])})

    (decision,) = SuggestionDecision.objects.all()
    assert decision.product == products["GREENS"]
    assert "One overdue" in web.get("/customers/").content.decode()


def test_done_closes_a_follow_up_and_undo_opens_it(web: Client, seller: Representative) -> None:
    task = plan(seller, None)

    web.post(ACT, {"act": "done", "task": task.pk, "next": "/today/"})

    task.refresh_from_db()
    assert (task.state, task.result) == ("done", "done")
    web.post(ACT, undo_fields(web))
    task.refresh_from_db()
    assert (task.state, task.due_on) == ("open", TODAY)


def test_not_this_needs_a_reason_and_can_be_taken_back(
    web: Client, helena: Customer, products: dict[str, Product]
) -> None:
    key = key_of(helena, products["GREENS"])
    web.post(ACT, {"act": "refuse", "key": key, "reason": "nonsense"})
    assert not SuggestionDecision.objects.exists()
    assert "Choose a reason" in web.get("/customers/").content.decode()

    web.post(ACT, {"act": "refuse", "key": key, "reason": "enough"})

    assert SuggestionDecision.objects.get().reason == "enough"
    web.post(ACT, undo_fields(web))
    assert SuggestionDecision.objects.get().withdrawn_at is not None


def test_a_click_on_another_sellers_customer_finds_nobody(
    web: Client,
    stranger: Client,
    seller: Representative,
    helena: Customer,
    products: dict[str, Product],
) -> None:
    task = plan(seller, helena)
    key = key_of(helena, products["GREENS"])

    assert stranger.post(ACT, {"act": "later", "customer": helena.pk}).status_code == 404
    assert stranger.post(ACT, {"act": "done", "task": task.pk}).status_code == 404
    assert stranger.get(f"/customers/{helena.pk}/call/").status_code == 404
    for act in ("snooze", "done", "refuse"):
        stranger.post(ACT, {"act": act, "key": key, "reason": "enough"})
    stranger.post(ACT, {"act": "undo", "keys": key, "tasks": f"{task.pk}:2017-04-01", "talk": "1"})
    web.post(ACT, {"act": "undo", "keys": "", "tasks": "x:y 9:z", "talk": "x"})

    assert not SuggestionDecision.objects.exists()
    task.refresh_from_db()
    assert (task.state, task.due_on) == ("open", TODAY)


@pytest.mark.parametrize("number", ["0", "x", "²", "9" * 30, "-1"])
def test_number_of_nobody_finds_nobody(web: Client, number: str) -> None:
    assert web.post(ACT, {"act": "later", "customer": number}).status_code == 404
    assert web.post(ACT, {"act": "done", "task": number}).status_code == 404
    assert web.post(ACT, {"act": "fly"}).status_code == 404


@pytest.mark.parametrize("back", ["https://example.com/", "//example.com", "javascript:1", ""])
def test_going_back_stays_on_the_portal(web: Client, helena: Customer, back: str) -> None:
    answer = web.post(ACT, {"act": "later", "customer": helena.pk, "next": back})

    assert answer.url == "/customers/"


def test_nothing_left_to_put_off_is_said(web: Client, know: Know) -> None:
    web.post(ACT, {"act": "later", "customer": know("New").pk})

    assert "Nothing waits here any more." in web.get("/customers/").content.decode()


# -- The call --------------------------------------------------------------------------------------


def call(web: Client, person: Customer, result: str, **fields: Any) -> Any:
    return web.post(f"/customers/{person.pk}/call/", {"result": result, **fields})


def test_call_shows_number_reason_and_what_was_said(
    web: Client, helena: Customer, products: dict[str, Product], seller: Representative
) -> None:
    Talk.objects.create(
        customer=helena,
        representative=seller,
        at=NOW - timedelta(9),
        channel="visit",
        went="well",
        text="Moves in May",
    )

    key = key_of(helena, products["GREENS"])
    page = web.get(f"/customers/{helena.pk}/call/", {"key": key}).content.decode()

    assert 'href="tel:600%20100%20200"' in page
    assert "Daily Greens" in page
    assert "Moves in May" in page


def test_answered_call_is_noted_everywhere(
    web: Client, seller: Representative, helena: Customer, products: dict[str, Product]
) -> None:
    task = plan(seller, helena)
    key = key_of(helena, products["GREENS"])

    answer = call(web, helena, "talked", key=key, task=task.pk, note="Likes it")

    assert answer.url == "/today/"
    task.refresh_from_db()
    assert (task.state, task.result, task.note) == ("done", "talked", "Likes it")
    assert SuggestionDecision.objects.get().state == "accepted"
    assert (Talk.objects.get().text, Talk.objects.get().channel) == ("Likes it", "phone")
    web.post(ACT, undo_fields(web))
    task.refresh_from_db()
    assert task.state == "open"
    assert not Talk.objects.exists()


def test_order_by_phone_goes_on_to_the_order(
    web: Client, helena: Customer, products: dict[str, Product]
) -> None:
    greens = products["GREENS"]

    answer = call(web, helena, "ordered", key=key_of(helena, greens), product=greens.pk)

    assert answer.url == f"/orders/new/?customer={helena.pk}&product={greens.pk}"
    assert SuggestionDecision.objects.get().act == "order"


def test_who_does_not_answer_is_tried_again_tomorrow(
    web: Client, helena: Customer, products: dict[str, Product]
) -> None:
    call(web, helena, "no_answer", key=key_of(helena, products["GREENS"]))

    decision = SuggestionDecision.objects.get()
    assert (decision.state, decision.until) == ("snoozed", day(1))
    assert Talk.objects.get().text == "No answer."


def test_who_is_not_interested_is_not_asked_again(
    web: Client, helena: Customer, products: dict[str, Product]
) -> None:
    call(web, helena, "not_interested", key=key_of(helena, products["GREENS"]))

    assert SuggestionDecision.objects.get().reason == "no_interest"


def test_who_asks_for_it_is_left_in_peace_at_once(
    web: Client, helena: Customer, products: dict[str, Product]
) -> None:
    answer = call(web, helena, "stop")

    helena.refresh_from_db()
    assert answer.url == f"/customers/{helena.pk}/"
    assert helena.no_contact_at is not None
    page = web.get(f"/customers/{helena.pk}/").content.decode()
    assert "Asked not to be contacted" in page
    assert "/call/" not in page
    assert "Leave this person in peace" in web.get(f"/customers/{helena.pk}/call/").content.decode()
    call(web, helena, "talked", note="Called all the same")
    assert not Talk.objects.filter(text="Called all the same").exists()


def test_call_without_a_result_asks_for_one(web: Client, helena: Customer) -> None:
    answer = call(web, helena, "")

    assert answer.status_code == 422
    assert "Choose how it went." in answer.content.decode()


def test_follow_up_of_somebody_else_is_none_of_this_call(
    web: Client, seller: Representative, helena: Customer, know: Know
) -> None:
    task = plan(seller, know("Igor"))

    assert web.get(f"/customers/{helena.pk}/call/", {"task": task.pk}).status_code == 404
