"""The planner's page: a form, an answer beside what is so now, and nothing written."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from compensation import views_planner
from compensation.comparing.slots import Kind
from compensation.comparing.what_if_own import OwnEffect, own_effect
from compensation.models import Run
from representatives.models import Representative
from sales.models import Customer, Order, Product
from sales.services import customers
from tests.compensation import town as closing
from tests.web.test_pages import text_of
from tests.web.test_posted_month import _log_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town() -> closing.Town:
    town = closing.build_town()
    now = town.set_clock("2017-01-25T12:00")
    closing.services.refresh_live_figures(now=now, by=town.closer)
    return town


def asked(town: closing.Town, **changes: str) -> dict[str, str]:
    greens = str(town.products["GREENS"].pk)
    return {"buyer_1": "new", "product_1": greens, "pieces_1": "2", "people_1": "3"} | changes


def test_the_planner_says_what_orders_would_bring_and_writes_nothing(
    town: closing.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = town.members["F"]
    now = closing.local("2017-01-25T12:00")
    customers.add_customer(representative=seller, name="Ada", now=now)
    reader = _log_in(seller)
    before = Order.objects.count(), Run.objects.count()

    page = reader.get("/rank/planner/")
    whole = text_of(reader.get("/rank/planner/", asked(town)))
    part = reader.get("/rank/planner/", asked(town), headers={"hx-request": "true"})

    assert "Ada" in text_of(page)
    assert 'hx-get="/rank/planner/"' in page.content.decode()
    # Three customers with two pieces each of 25 BV and 20 RSP.
    assert "With 3 orders more, €299.40 in all" in whole
    assert "Personal BV" in whole
    # What the tiles leave out is said, and what the orders bring at once stands first.
    assert "as they are now, without corrections" in whole
    assert "Your margin" not in whole
    Product.objects.filter(sku="GREENS").update(ir_price_minor=1)
    tiles = text_of(reader.get("/rank/planner/", asked(town))).split("in all Estimate")[1]
    assert tiles.lstrip().startswith("Your margin €")
    assert "<html" not in part.content.decode()
    assert "With 3 orders more" in text_of(part)
    assert (Order.objects.count(), Run.objects.count()) == before

    # A known customer's rows are one order; what can't be read is said, and kept in the form.
    ada = str(Customer.objects.get(name="Ada").pk)
    tea = str(town.products["TEA"].pk)
    together = asked(town, buyer_1=ada, buyer_2=ada, product_2=tea, pieces_2="1")
    assert "With 1 order more" in text_of(reader.get("/rank/planner/", together))
    refused = reader.get("/rank/planner/", asked(town, pieces_1="0"))
    assert "In sale 1 it takes a whole number from 1 to 999." in text_of(refused)
    assert 'value="0"' in refused.content.decode()
    strange = asked(town, buyer_1=str(town.members["A"].pk + 10**6))
    assert "Select a valid choice" in text_of(reader.get("/rank/planner/", strange))

    # One question at a time.
    cache.add(f"planner:{seller.pk}", True, 60)
    assert "still being worked out" in text_of(reader.get("/rank/planner/", asked(town)))
    cache.delete(f"planner:{seller.pk}")

    # A question that took so long that its lock ran out leaves the lock of the next one alone.
    def take_long(**what: Any) -> OwnEffect:
        cache.set(f"planner:{seller.pk}", "the next question's", 60)
        return own_effect(**what)

    monkeypatch.setattr(views_planner, "own_effect", take_long)
    assert "With 3 orders more" in text_of(reader.get("/rank/planner/", asked(town)))
    assert "still being worked out" in text_of(reader.get("/rank/planner/", asked(town)))
    cache.delete(f"planner:{seller.pk}")
    monkeypatch.undo()

    # A few at a time in the company; the question is kept, and the place of others left to them.
    keys = Kind.PLANNER.places()
    cache.set_many(dict.fromkeys(keys, "others"), 60)
    busy = reader.get("/rank/planner/", asked(town, people_1="4"))
    assert "please try again in a moment" in text_of(busy)
    assert 'value="4"' in busy.content.decode()
    assert cache.get_many(keys) == dict.fromkeys(keys, "others")
    cache.delete(keys[0])
    assert "With 3 orders more" in text_of(reader.get("/rank/planner/", asked(town)))
    assert keys[0] not in cache
    cache.delete_many(keys)

    # Whoever may not sell is told so; without an open month there is nothing to plan with.
    Representative.objects.filter(pk=seller.pk).update(status="suspended")
    assert "Only an enrolled representative" in text_of(reader.get("/rank/planner/", asked(town)))
