"""The night's work on a database: pairs, add-ons, chances, and what answers taught."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from representatives.models import Representative
from sales import services
from sales.models import AddOn, AddOnLearning, Customer, Order, Product, ProductPair
from sales.suggestions import services as decisions
from sales.suggestions.add_ons import refresh_add_ons
from sales.suggestions.kinds import Key, SuggestionKind
from sales.suggestions.learning import refresh_suggestions, refresh_suggestions_once_a_day
from sales.suggestions.tasks import refresh_add_ons_task
from tests.sales.conftest import NOW

Make = Callable[..., Customer]
Buy = Callable[..., Order]


@pytest.fixture
def tea_and_jug(person: Make, buy: Buy) -> dict[str, Customer]:
    """Six took tea and a jug, three greens; Olga tea alone, and Piotr greens alone."""
    people = {name: person(name) for name in (*"ABCDEF", "Olga", "Piotr", *"XYZ")}
    for name in "ABCDEF":
        buy(people[name], "2017-03-01T10:00", TEA=1, JUG=1)
    for name in ("X", "Y", "Z", "Piotr"):
        buy(people[name], "2017-03-02T10:00", GREENS=1)
    buy(people["Olga"], "2017-03-03T10:00", TEA=1)
    return people


def test_what_is_taken_together_is_offered_to_who_has_one_of_it(
    tea_and_jug: dict[str, Customer], products: dict[str, Product]
) -> None:
    learnt = refresh_suggestions(now=NOW)

    (offered,) = AddOn.objects.all()
    assert (offered.customer, offered.product) == (tea_and_jug["Olga"], products["JUG"])
    assert (offered.with_product, offered.basis, offered.place) == (products["TEA"], "bought", 1)
    pair = ProductPair.objects.get(product=products["TEA"], companion=products["JUG"])
    assert (pair.both_count, pair.product_count, pair.companion_count) == (6, 7, 6)
    assert (pair.customer_count, pair.lift_permille) == (11, 6 * 11 * 1000 // (7 * 6))
    assert (learnt.customers, learnt.products, learnt.add_ons) == (11, 3, 1)
    assert AddOnLearning.objects.get().figures["rates"]["first_bv"] == 4600


def test_a_second_night_changes_nothing(tea_and_jug: dict[str, Customer]) -> None:
    refresh_suggestions(now=NOW)
    before = (
        list(AddOn.objects.order_by("pk").values()),
        list(ProductPair.objects.order_by("pk").values()),
    )

    refresh_suggestions(now=NOW)

    after = (
        list(AddOn.objects.order_by("pk").values()),
        list(ProductPair.objects.order_by("pk").values()),
    )
    assert after == before


def test_what_staff_name_as_companions_is_offered_before_anything_is_learnt(
    seller: Representative, person: Make, buy: Buy, products: dict[str, Product]
) -> None:
    products["GREENS"].companions.add(products["JUG"])
    services.add_customer(representative=seller, name="Nobody yet", now=NOW)
    anna, ewa = person("Anna"), person("Ewa")
    buy(anna, "2017-03-01T10:00", GREENS=1)
    buy(ewa, "2017-03-01T10:00", JUG=1, GREENS=1)

    refresh_suggestions(now=NOW)

    (offered,) = AddOn.objects.all()
    assert (offered.customer, offered.product, offered.basis) == (anna, products["JUG"], "stated")
    assert offered.chance_permille == 20


def test_right_after_an_order_its_customer_gets_the_same_as_by_night(
    tea_and_jug: dict[str, Customer], products: dict[str, Product], person: Make, buy: Buy
) -> None:
    refresh_suggestions(now=NOW)
    late = person("Late")
    buy(late, "2017-03-20T09:00", TEA=1)

    assert refresh_add_ons(customer_ids=[late.pk, tea_and_jug["Olga"].pk]) == 2
    at_once = list(AddOn.objects.filter(customer=late).values("product", "with_product", "basis"))

    refresh_suggestions(now=NOW)
    by_night = list(AddOn.objects.filter(customer=late).values("product", "with_product", "basis"))
    assert at_once == by_night != []


def test_what_was_bought_since_is_offered_no_more(
    tea_and_jug: dict[str, Customer], buy: Buy
) -> None:
    refresh_suggestions(now=NOW)
    buy(tea_and_jug["Olga"], "2017-03-20T09:00", JUG=1)

    refresh_add_ons(customer_ids=[tea_and_jug["Olga"].pk])

    assert not AddOn.objects.filter(customer=tea_and_jug["Olga"]).exists()


def test_what_was_wholly_returned_was_not_bought(
    tea_and_jug: dict[str, Customer],
    products: dict[str, Product],
    person: Make,
    buy: Buy,
    send_back: Callable[..., object],
) -> None:
    """Of eight who took both, Late gave the jugs back, F all of it, and Ewa one jug of two."""
    late, ewa = person("Late"), person("Ewa")
    send_back(buy(late, "2017-03-01T10:00", TEA=1, JUG=2), JUG=2)
    send_back(buy(ewa, "2017-03-01T10:00", TEA=1, JUG=2), JUG=1)
    send_back(Order.objects.get(customer=tea_and_jug["F"]), TEA=1, JUG=1)

    refresh_suggestions(now=NOW)

    pair = ProductPair.objects.get(product=products["TEA"], companion=products["JUG"])
    assert (pair.both_count, pair.product_count, pair.companion_count) == (6, 8, 6)
    assert pair.customer_count == 12
    offered = list(AddOn.objects.order_by("customer_id").values("customer", "product"))
    assert [one["customer"] for one in offered] == [tea_and_jug["Olga"].pk, late.pk]
    refresh_add_ons(customer_ids=[late.pk, ewa.pk, tea_and_jug["F"].pk, tea_and_jug["Olga"].pk])
    assert list(AddOn.objects.order_by("customer_id").values("customer", "product")) == offered


def test_a_return_has_the_senders_add_ons_made_anew(
    person: Make, buy: Buy, send_back: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = person("Anna")
    order = buy(anna, "2017-03-20T09:00", TEA=1)
    hints: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "sales.suggestions.tasks.hint_on_commit", lambda _, **arguments: hints.append(arguments)
    )

    send_back(order, TEA=1)

    assert hints == [{"customer_ids": [anna.pk]}]


def test_a_pair_that_is_refused_often_falls_back(
    seller: Representative,
    tea_and_jug: dict[str, Customer],
    products: dict[str, Product],
    person: Make,
    buy: Buy,
) -> None:
    """Soap and jug go with tea; the jug more often, until people say no to it again and again."""
    tea, jug, soap = products["TEA"], products["JUG"], products["OLD"]
    Product.objects.filter(pk=soap.pk).update(is_active=True)
    for name in "GHIJK":
        buy(person(name), "2017-03-04T10:00", TEA=1, OLD=1)
    refresh_suggestions(now=NOW)
    assert offered_to(tea_and_jug["Olga"]) == [jug, soap]

    for name in "ABCDEFXYZ":
        key = Key(SuggestionKind.ADD_ON, tea_and_jug[name].pk, jug.pk, tea.pk)
        decisions.refuse(seller=seller, key=str(key), reason="no_interest", now=NOW)
    refresh_suggestions(now=NOW)

    pair = ProductPair.objects.get(product=tea, companion=jug)
    assert (pair.accepted_count, pair.refused_count) == (0, 9)
    assert offered_to(tea_and_jug["Olga"]) == [soap, jug], "by night"
    refresh_add_ons(customer_ids=[tea_and_jug["Olga"].pk])
    assert offered_to(tea_and_jug["Olga"]) == [soap, jug], "after an order as well"


def offered_to(customer: Customer) -> list[Product]:
    rows = AddOn.objects.filter(customer=customer).select_related("product")
    return [one.product for one in rows.order_by("place")]


def test_the_night_learns_once_a_day(tea_and_jug: dict[str, Customer]) -> None:
    assert refresh_suggestions_once_a_day(now=NOW) is not None
    assert refresh_suggestions_once_a_day(now=NOW + timedelta(hours=5)) is None
    assert refresh_suggestions_once_a_day(now=NOW + timedelta(hours=24)) is not None


def test_a_payment_has_the_buyers_add_ons_made_anew(
    person: Make, buy: Buy, monkeypatch: pytest.MonkeyPatch
) -> None:
    hints: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "sales.suggestions.tasks.hint_on_commit", lambda _, **arguments: hints.append(arguments)
    )
    anna = person("Anna")
    buy(anna, "2017-03-20T09:00", TEA=1)
    buy(None, "2017-03-20T09:00", TEA=1)  # the seller's own purchase tells of nobody

    assert hints == [{"customer_ids": [anna.pk]}]
    assert refresh_add_ons_task(customer_ids=[anna.pk]) == 0


def test_who_is_erased_is_offered_nothing(tea_and_jug: dict[str, Customer]) -> None:
    Customer.objects.filter(pk=tea_and_jug["Olga"].pk).update(erased_at=NOW, note="")

    refresh_suggestions(now=NOW)

    assert not AddOn.objects.exists()
    assert ProductPair.objects.exists(), "what was bought together stays so"
