"""The pages of suggestions: where a decision leads, what is refused, what can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from representatives.models import Representative
from sales.models import Customer, FollowUp, SuggestionDecision
from sales.suggestions import selectors, services
from tests.sales.conftest import NOW

Make = Callable[..., Customer]
Say = Callable[..., object]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def marta(client: Client, seller: Representative) -> Client:
    client.force_login(seller.user, backend=BACKEND)  # type: ignore[arg-type]
    return client


@pytest.fixture
def key(seller: Representative, person: Make, foresee: Say) -> str:
    foresee(person("Anna"), "GREENS")
    return selectors.suggest(seller, now=NOW)[0].key


def post(client: Client, name: str, **fields: Any) -> Any:
    return client.post(reverse(f"sales:{name}"), fields)


@pytest.mark.parametrize(
    ("act", "place"),
    [
        ("order", "/orders/new/?customer={0}&product={1}"),
        ("message", "/messages/"),
        ("task", "/x/"),
    ],
)
def test_an_accepted_suggestion_goes_on_where_it_is_done(
    marta: Client, key: str, act: str, place: str
) -> None:
    customer, product = key.split("-")[1:3]
    answer = post(marta, "suggestion_accept", key=key, act=act, next="/x/")

    if act == "message":
        assert answer["Location"] == (
            f"{reverse('sales:message')}?customer={customer}&occasion=reorder&product={product}"
        )
    else:
        assert answer["Location"] == place.format(customer, product)
    assert SuggestionDecision.objects.get().act == act
    assert FollowUp.objects.exists() == (act == "task")


def test_a_decision_can_be_taken_back_at_once(
    marta: Client, seller: Representative, key: str
) -> None:
    post(marta, "suggestion_snooze", key=key, next="/products/")
    page = marta.get("/products/").content.decode()
    assert "Put off. It comes back later." in page
    assert f'name="key" value="{key}"' in page

    post(marta, "suggestion_undo", key=key, next="/products/")
    assert selectors.suggest(seller, now=NOW)[0].key == key


def test_a_refusal_asks_why_and_is_kept_in_a_list(marta: Client, key: str) -> None:
    asked = post(marta, "suggestion_refuse", key=key, next="/products/")
    assert asked.status_code == 200
    assert not SuggestionDecision.objects.exists()
    nothing = post(marta, "suggestion_refuse", key=key, next="/products/", send="1")
    assert nothing.status_code == 422

    said = post(
        marta, "suggestion_refuse", key=key, next="/products/", reason="price", note="next year"
    )
    assert said["Location"] == "/products/"
    listed = marta.get(reverse("sales:suggestions")).content.decode()
    assert "Anna" in listed
    assert "Finds it too expensive." in listed
    assert "next year" in listed

    post(marta, "suggestion_undo", key=key, next=reverse("sales:suggestions"))
    assert "Anna" not in marta.get(reverse("sales:suggestions")).content.decode().split("toast")[0]


def test_the_way_back_leads_to_no_other_site(marta: Client, key: str) -> None:
    answer = post(marta, "suggestion_snooze", key=key, next="https://example.org/")

    assert answer["Location"] == reverse("sales:customers")


def test_anothers_suggestion_is_as_if_it_were_not(
    client: Client, other_seller: Representative, key: str
) -> None:
    client.force_login(other_seller.user, backend=BACKEND)  # type: ignore[arg-type]

    for name in ("suggestion_accept", "suggestion_snooze", "suggestion_undo"):
        post(client, name, key=key, act="order")
    assert client.get(reverse("sales:suggestion_refuse"), {"key": key}).status_code == 404
    assert post(client, "suggestion_refuse", key=key, reason="price").status_code == 404
    assert not SuggestionDecision.objects.exists()


@pytest.mark.parametrize("key_text", ["", "x", "repeat-1-2-3-4", "repeat-9-9-9-9\x00"])
def test_a_key_of_nothing_changes_nothing(marta: Client, key_text: str) -> None:
    for name in ("suggestion_accept", "suggestion_snooze", "suggestion_undo"):
        assert post(marta, name, key=key_text, act="order").status_code in (302, 400)
    assert not SuggestionDecision.objects.exists()


def test_how_much_fills_a_day_is_said_on_a_page(marta: Client, seller: Representative) -> None:
    page = marta.get(reverse("sales:work_day"), {"next": "/products/"}).content.decode()
    assert 'value="10"' in page

    assert post(marta, "work_day", jobs=51).status_code == 422
    assert post(marta, "work_day", jobs=6, next="/products/")["Location"] == "/products/"
    assert selectors.capacity_of(seller) == 6


def test_what_was_decided_for_a_customer_passed_on_is_not_listed(
    marta: Client, seller: Representative, other_seller: Representative, key: str
) -> None:
    services.snooze(seller=seller, key=key, now=NOW)
    Customer.objects.filter(name="Anna").update(representative=other_seller, reference="C-9")

    assert "Anna" not in marta.get(reverse("sales:suggestions")).content.decode()
