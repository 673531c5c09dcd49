"""What is suggested, to whom, and when not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from representatives.models import Representative
from sales.models import Customer, Product
from sales.suggestions import selectors
from tests.sales.conftest import NOW

Make = Callable[..., Customer]


def kinds(seller: Representative, customer: Customer | None = None) -> list[str]:
    found = selectors.suggest(seller, now=NOW, customers=customer and [customer.pk])
    return [one.kind.value for one in found]


def test_what_is_due_is_suggested_with_its_reason_and_effect(
    seller: Representative, person: Make, foresee: Callable, products: dict[str, Product]
) -> None:
    anna = person("Anna")
    foresee(anna, "GREENS")

    (found,) = selectors.suggest(seller, now=NOW)

    assert (found.kind, found.customer, found.product) == ("repeat", anna, products["GREENS"])
    assert (found.bv, found.rsp, found.chance_permille) == (2500, 2000, 600)
    assert found.reason == "Usually bought again after 30 days, the last time on 18 Feb."


def test_an_add_on_tells_how_many_take_both(
    seller: Representative, person: Make, foresee: Callable, goes_with: Callable, pulse: Callable
) -> None:
    anna = person("Anna")
    pulse(anna, last=10)
    goes_with(anna, "GREENS", "JUG")

    (found,) = selectors.suggest(seller, now=NOW)

    assert found.kind == "add_on"
    assert (found.bv, found.rsp) == (4000, 0)
    assert found.reason == (
        "Of 100 customers of Daily Greens, 60 also take Water Jug:"
        " 2.4 times as many as of all customers."
    )


@pytest.mark.parametrize("gone", ["no_contact_at", "other"])
def test_nobody_is_suggested_who_is_not_to_be_contacted(
    seller: Representative, other_seller: Representative, person: Make, foresee: Callable, gone: str
) -> None:
    anna = person("Anna", of=other_seller if gone == "other" else None)
    foresee(anna, "GREENS")
    if gone != "other":
        Customer.objects.filter(pk=anna.pk).update(**{gone: NOW})

    assert selectors.suggest(seller, now=NOW) == []
    assert selectors.suggest(seller, now=NOW, customers=[anna.pk]) == []
    assert selectors.todays_work(seller, now=NOW) == []
