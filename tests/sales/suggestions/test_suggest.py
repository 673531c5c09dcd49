"""What is suggested, to whom, and when not: one test a rule of docs/suggestions.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from representatives.models import Representative
from sales.desk.suggested import job_rows
from sales.models import (
    Customer,
    FollowUp,
    Forecast,
    Guide,
    GuideShare,
    GuideText,
    Order,
    Product,
    Talk,
)
from sales.suggestions import selectors, services
from sales.suggestions.kinds import Suggestion
from sales.usual_pieces import usual_pieces
from tests.sales.conftest import NOW
from tests.sales.suggestions.conftest import TODAY, work_of

Make = Callable[..., Customer]
Buy = Callable[..., Order]
Say = Callable[..., object]


def found(seller: Representative, *customers: Customer) -> list[Suggestion]:
    wanted = [one.pk for one in customers] if customers else None
    return selectors.suggest(seller, now=NOW, customers=wanted)


def kinds(seller: Representative, *customers: Customer) -> list[str]:
    return [one.kind.value for one in found(seller, *customers)]


@pytest.fixture
def anna(person: Make) -> Customer:
    return person("Anna")


# -- Repeat ----------------------------------------------------------------------------------------


def test_what_is_due_is_suggested_with_its_reason_and_effect(
    seller: Representative, anna: Customer, foresee: Say, products: dict[str, Product]
) -> None:
    foresee(anna, "GREENS")

    (one,) = found(seller)

    assert (one.kind, one.customer, one.product) == ("repeat", anna, products["GREENS"])
    assert (one.bv, one.rsp, one.chance_permille, one.act) == (2500, 2000, 600, "order")
    assert one.reason == "Usually bought again after 30 days, the last time on 18 Feb."


def test_its_effect_is_of_the_pieces_that_the_customer_usually_takes(
    seller: Representative,
    anna: Customer,
    foresee: Say,
    buy: Buy,
    send_back: Say,
    client: Client,
    products: dict[str, Product],
) -> None:
    """Of the latest five orders the lower median, without what came back; no jug was bought."""
    buy(anna, "2017-01-10T10:00", GREENS=1, TEA=9)
    buy(anna, "2017-01-11T10:00", GREENS=2)
    send_back(buy(anna, "2017-01-12T10:00", GREENS=5), GREENS=4)
    buy(anna, "2017-01-13T10:00", GREENS=3)
    send_back(buy(anna, "2017-01-14T10:00", GREENS=7), GREENS=7)
    foresee(anna, "GREENS", last=63, every=60)

    (of_four,) = [one for one in found(seller) if one.kind == "repeat"]
    assert found(seller) == found(seller, anna)
    buy(anna, "2017-01-15T10:00", GREENS=3)
    buy(anna, "2017-01-16T10:00", GREENS=3)
    Forecast.objects.all().delete()
    foresee(anna, "GREENS", last=63, every=60)
    (of_five,) = [one for one in found(seller) if one.kind == "repeat"]
    assert found(seller) == found(seller, anna)

    assert (of_four.quantity, of_four.bv, of_four.rsp) == (1, 2500, 2000)
    assert (of_five.quantity, of_five.bv, of_five.rsp) == (3, 3 * 2500, 3 * 2000)
    client.force_login(seller.user)
    asked = {"customer": anna.pk, "product": [products["GREENS"].pk, products["JUG"].pk]}
    lines = client.get(reverse("sales:order_new"), asked).context["lines"]
    assert [line.quantity for line in lines] == [3, 1]
    titles = [row.title for row in job_rows(seller, work_of(seller).jobs, today=TODAY)]
    assert titles == ["Anna: 3 × Daily Greens due now"]


def test_the_best_are_the_same_however_many_are_asked_for(
    seller: Representative,
    anna: Customer,
    person: Callable[..., Customer],
    foresee: Say,
    buy: Buy,
) -> None:
    """Usual pieces make a cheap product worth more than a dear one; one cart does not."""
    bea, cyd = person("Bea"), person("Cyd")
    for number in (10, 11, 12):
        buy(anna, f"2017-01-{number}T10:00", TEA=9)
        buy(bea, f"2017-01-{number}T10:00", GREENS=1, TEA=number)
        buy(cyd, f"2017-01-{number}T10:00", GREENS=2)
    for customer, sku in ((anna, "TEA"), (bea, "GREENS"), (cyd, "GREENS")):
        foresee(customer, sku, last=63, every=60)

    every = found(seller)

    assert {(one.customer.name, one.quantity) for one in every} >= {
        (anna.name, 9),
        ("Bea", 1),
        ("Cyd", 2),
    }
    for limit in range(1, len(every) + 1):
        assert selectors.suggest(seller, now=NOW, limit=limit) == every[:limit]


def test_how_much_anothers_customer_takes_is_not_told(
    other_seller: Representative, anna: Customer, buy: Buy, products: dict[str, Product]
) -> None:
    buy(anna, "2017-01-10T10:00", GREENS=9)

    assert not usual_pieces(other_seller, customer_id=anna.pk, product_ids=[products["GREENS"].pk])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"last": 40}, "Later than usual by 7 days, the last time was 8 Feb."),
        ({"basis": "pack"}, "Bought on 18 Feb; about now a pack is used up."),
    ],
)
def test_a_repeat_says_why_it_is_time(
    seller: Representative, anna: Customer, foresee: Say, said: dict, reason: str
) -> None:
    foresee(anna, "GREENS", **said)

    assert [one.reason for one in found(seller)] == [reason]


@pytest.mark.parametrize("last", [10, 95])
def test_nothing_is_suggested_before_its_time_or_long_after(
    seller: Representative, anna: Customer, foresee: Say, last: int
) -> None:
    foresee(anna, "GREENS", last=last)

    assert kinds(seller) == []


def test_who_ordered_since_is_not_reminded(
    seller: Representative, anna: Customer, foresee: Say, place: Buy, buy: Buy, person: Make
) -> None:
    foresee(anna, "GREENS")
    ewa = person("Ewa")
    foresee(ewa, "GREENS")
    place(anna, GREENS=1)
    buy(ewa, "2017-03-19T10:00", GREENS=1)

    assert kinds(seller) == []


def test_a_product_off_sale_is_not_suggested(
    seller: Representative, anna: Customer, foresee: Say
) -> None:
    foresee(anna, "OLD")

    assert kinds(seller) == []


@pytest.mark.parametrize("gone", ["no_contact_at", "erased_at", "other", "self"])
def test_nobody_is_suggested_who_is_not_the_sellers_to_contact(
    seller: Representative, other_seller: Representative, person: Make, foresee: Say, gone: str
) -> None:
    anna = person("Anna", of=other_seller if gone == "other" else None)
    foresee(anna, "GREENS")
    if gone == "self":
        Customer.objects.filter(pk=anna.pk).update(is_self=True)
    elif gone != "other":
        Customer.objects.filter(pk=anna.pk).update(**{gone: NOW})

    assert found(seller) == found(seller, anna) == []
    assert work_of(seller).jobs == []


# -- Add-on ----------------------------------------------------------------------------------------


def test_an_add_on_tells_how_many_take_both(
    seller: Representative, anna: Customer, goes_with: Say, pulse: Say
) -> None:
    pulse(anna, last=10)
    goes_with(anna, "GREENS", "JUG")

    (one,) = found(seller)

    assert (one.kind, one.bv, one.rsp, one.chance_permille) == ("add_on", 4000, 0, 80)
    assert one.reason == (
        "Of 100 customers of Daily Greens, 60 also take Water Jug:"
        " 2.4 times as many as of all customers."
    )


def test_an_add_on_waits_for_an_order_or_for_one_that_is_due(
    seller: Representative, anna: Customer, goes_with: Say, pulse: Say, foresee: Say
) -> None:
    pulse(anna, last=31)
    goes_with(anna, "GREENS", "JUG")
    assert kinds(seller) == []

    foresee(anna, "GREENS", last=31)
    assert kinds(seller) == ["repeat", "add_on"]


def test_an_add_on_in_hand_or_refused_is_not_suggested(
    seller: Representative, person: Make, goes_with: Say, pulse: Say, place: Buy
) -> None:
    anna, ewa = person("Anna"), person("Ewa")
    for one in (anna, ewa):
        pulse(one, last=10)
        goes_with(one, "GREENS", "JUG")
    place(anna, JUG=1)
    (left,) = found(seller)
    services.refuse(seller=seller, key=left.key, reason="no_interest", now=NOW)

    assert left.customer == ewa
    assert kinds(seller) == []


def test_refusals_teach_what_is_too_dear_and_when_to_rest(
    seller: Representative, person: Make, goes_with: Say, pulse: Say, products: dict[str, Product]
) -> None:
    """Greens are refused for their price: the dearer jug goes too, the cheap tea stays."""
    anna, ewa = person("Anna"), person("Ewa")
    for one in (anna, ewa):
        pulse(one, last=10)
    goes_with(anna, "TEA", "GREENS")
    goes_with(anna, "GREENS", "JUG")
    goes_with(anna, "GREENS", "TEA")
    offers = {one.product.sku: one.key for one in found(seller, anna) if one.product}
    assert set(offers) == {"GREENS", "JUG", "TEA"}

    services.refuse(seller=seller, key=offers["GREENS"], reason="price", now=NOW)
    assert [one.product for one in found(seller, anna)] == [products["TEA"]]

    goes_with(ewa, "TEA", "GREENS")
    goes_with(ewa, "GREENS", "JUG")
    goes_with(ewa, "GREENS", "TEA")
    for one in found(seller, ewa)[:2]:
        services.refuse(seller=seller, key=one.key, reason="not_fitting", now=NOW)
    assert kinds(seller, ewa) == []


# -- Larger size -----------------------------------------------------------------------------------


@pytest.fixture
def larger(products: dict[str, Product]) -> Product:
    """A pack of 90 days for which 3 of 30 days pay 149.70 and bring 75 BV and 60 RSP."""
    large = Product.objects.create(
        sku="GREENS-90",
        name="Daily Greens 90",
        retail_price_minor=13900,
        ir_price_minor=11000,
        repeat=True,
        bv=7800,
        rsp=6000,
        pack_days=90,
    )
    Product.objects.filter(pk=products["GREENS"].pk).update(larger_size=large)
    return large


def test_a_larger_size_tells_what_it_saves_and_brings_over_its_days(
    seller: Representative, anna: Customer, foresee: Say, larger: Product
) -> None:
    foresee(anna, "GREENS")

    one = next(one for one in found(seller) if one.kind == "upgrade")

    assert (one.product, one.bv, one.rsp, one.chance_permille) == (larger, 300, 0, 60)
    assert one.reason == "Daily Greens 90 lasts as long as 3 × Daily Greens and costs €10.70 less."


@pytest.mark.parametrize(
    "change",
    [
        {"retail_price_minor": 14971},  # dearer by the day
        {"bv": 7499},  # worth less by the day
        {"rsp": 5999},
        {"is_active": False},
    ],
)
def test_a_larger_size_that_serves_only_one_side_is_not_suggested(
    seller: Representative, anna: Customer, foresee: Say, larger: Product, change: dict
) -> None:
    foresee(anna, "GREENS")
    Product.objects.filter(pk=larger.pk).update(**change)

    assert kinds(seller) == ["repeat"]


@pytest.mark.parametrize("said", [{"purchases": 2}, {"every": 38, "last": 38}])
def test_a_larger_size_is_for_who_uses_packs_up_again_and_again(
    seller: Representative, anna: Customer, foresee: Say, larger: Product, said: dict
) -> None:
    foresee(anna, "GREENS", **said)

    assert kinds(seller) == ["repeat"]


# -- Referral ask ----------------------------------------------------------------------------------


def test_a_referral_is_asked_after_a_second_happy_purchase(
    seller: Representative, anna: Customer, person: Make, pulse: Say
) -> None:
    pulse(anna, last=3, orders=2, happy_streak=1)
    pulse(person("First"), last=3, orders=1, happy_streak=0)
    pulse(person("Late"), last=3, orders=5, happy_streak=0)
    pulse(person("Ago"), last=15, orders=5, happy_streak=4)

    (one,) = found(seller)

    assert (one.kind, one.customer, one.act) == ("referral_ask", anna, "message")
    assert one.reason == "The order of 17 Mar came as soon as usual or sooner."


def test_a_referral_is_asked_after_a_good_talk_but_not_after_a_bad_one(
    seller: Representative, anna: Customer
) -> None:
    talk = Talk.objects.create(
        customer=anna, representative=seller, at=NOW - timedelta(days=2), went="well"
    )
    assert [one.reason for one in found(seller)] == ["The talk on 18 Mar went well."]

    Talk.objects.create(
        customer=anna, representative=seller, at=NOW - timedelta(days=30), went="badly"
    )
    assert talk.went == "well"
    assert kinds(seller) == []


def test_nobody_is_asked_for_a_referral_twice_in_sixty_days(
    seller: Representative, person: Make, pulse: Say
) -> None:
    anna, ewa = person("Anna"), person("Ewa")
    for one in (anna, ewa):
        pulse(one, last=3, happy_streak=1)
    asked, other = found(seller)
    services.accept(seller=seller, key=asked.key, act="message", now=NOW)
    FollowUp.objects.create(
        representative=seller,
        customer=other.customer,
        kind="referral_ask",
        due_on=TODAY,
        state="done",
        result="talked",
        created_at=NOW - timedelta(days=50),
        closed_at=NOW - timedelta(days=50),
    )

    assert kinds(seller) == []


def test_who_gave_something_back_is_not_asked_for_a_referral(
    seller: Representative, anna: Customer, pulse: Say, buy: Buy
) -> None:
    order = buy(anna, "2017-03-10T10:00", GREENS=1)
    pulse(anna, last=10, happy_streak=1)
    assert "referral_ask" in kinds(seller)
    order.lines.get().returns.create(quantity=1, requested_at=NOW)

    assert "referral_ask" not in kinds(seller)


# -- Win back --------------------------------------------------------------------------------------


def test_a_customer_is_won_back_before_the_odds_fall_under_a_half(
    seller: Representative, anna: Customer, foresee: Say, pulse: Say, products: dict[str, Product]
) -> None:
    foresee(anna, "GREENS", last=70)
    pulse(anna, last=70, alive_permille=580)

    (one,) = found(seller)

    assert (one.kind, one.product, one.bv) == ("win_back", products["GREENS"], 2500)
    assert one.reason == (
        "No order for 70 days: about 58 in 100 like this still come back, and fewer each week."
    )


def test_who_is_quiet_is_asked_and_nothing_is_sold(
    seller: Representative, anna: Customer, foresee: Say, pulse: Say
) -> None:
    foresee(anna, "GREENS", last=120)
    pulse(anna, last=120, alive_permille=200)

    (one,) = found(seller)

    assert (one.kind, one.product, one.bv, one.rsp) == ("win_back", None, 0, 0)
    assert one.reason == "No order for 120 days: by now a question works better than an offer."


def test_a_first_pack_that_runs_out_is_a_reminder_however_the_odds_stand(
    seller: Representative, anna: Customer, foresee: Say, pulse: Say
) -> None:
    foresee(anna, "GREENS", basis="pack", purchases=1)
    pulse(anna, last=30, orders=1, alive_permille=420)

    assert kinds(seller) == ["repeat"]


def test_who_has_been_gone_for_a_year_is_left_in_peace(
    seller: Representative, anna: Customer, pulse: Say
) -> None:
    pulse(anna, last=400, alive_permille=20)

    assert kinds(seller) == []


# -- Education -------------------------------------------------------------------------------------


@pytest.fixture
def guide(products: dict[str, Product]) -> Guide:
    made = Guide.objects.create(slug="greens", published_at=NOW, edited_at=NOW)
    made.products.add(products["GREENS"])
    GuideText.objects.create(guide=made, language="en", title="Greens in the morning", body_md="x")
    return made


def test_a_guide_is_suggested_for_a_product_bought_first(
    seller: Representative, anna: Customer, buy: Buy, guide: Guide
) -> None:
    buy(anna, "2017-03-15T10:00", GREENS=1)

    (one,) = found(seller)

    assert (one.kind, one.guide, one.act, one.bv) == ("education", guide, "message", 0)
    assert one.reason == "Daily Greens is new here: “Greens in the morning” helps to use it well."


@pytest.mark.parametrize("why", ["shared", "unpublished", "long ago"])
def test_a_guide_is_not_suggested(
    seller: Representative, anna: Customer, buy: Buy, guide: Guide, why: str
) -> None:
    buy(anna, "2017-02-15T10:00" if why == "long ago" else "2017-03-15T10:00", GREENS=1)
    if why == "shared":
        GuideShare.objects.create(
            guide=guide,
            representative=seller,
            customer=anna,
            language="en",
            token="t" * 32,
            shared_at=NOW,
        )
    if why == "unpublished":
        Guide.objects.update(published_at=None)

    assert kinds(seller) == []


# -- All together ----------------------------------------------------------------------------------


def test_what_brings_most_comes_first_and_three_of_a_kind_are_enough(
    seller: Representative, person: Make, foresee: Say, products: dict[str, Product]
) -> None:
    anna, ewa = person("Anna"), person("Ewa")
    foresee(anna, "TEA", chance_permille=900)
    foresee(ewa, "GREENS", chance_permille=300)
    for number in range(5):
        products[f"P{number}"] = Product.objects.create(
            sku=f"P{number}", name=f"P{number}", bv=number, retail_price_minor=1, ir_price_minor=1
        )
        foresee(ewa, f"P{number}")

    order = [(one.customer.name, one.product.sku) for one in found(seller) if one.product]

    assert order == [("Ewa", "GREENS"), ("Anna", "TEA"), ("Ewa", "P4"), ("Ewa", "P3")]


def test_many_people_cost_as_many_queries_as_one(
    seller: Representative, person: Make, foresee: Say, goes_with: Say, pulse: Say
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as counted:
            assert found(seller)
        return len(counted)

    def add(name: str) -> None:
        one = person(name)
        foresee(one, "GREENS")
        pulse(one, last=10, happy_streak=2)
        goes_with(one, "GREENS", "JUG")

    add("Anna")
    few = queries()
    for number in range(12):
        add(f"Person {number}")

    assert queries() == few <= 8


def test_reasons_are_whole_sentences_in_the_readers_language(
    seller: Representative, anna: Customer, foresee: Say
) -> None:
    foresee(anna, "GREENS")
    with translation.override("pl"):
        (one,) = found(seller)
    assert one.reason.endswith(".")
    assert str(date(2017, 2, 18).day) in one.reason
