"""The night's work on a database: pairs, add-ons, chances, and what answers taught."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from representatives.models import Representative
from sales import services
from sales.models import AddOn, AddOnLearning, Customer, Order, Product, ProductPair
from sales.suggestions.learning import refresh_suggestions
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
