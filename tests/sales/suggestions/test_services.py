"""What becomes of a decision, and what the database refuses whoever writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from representatives.errors import UnableTo
from representatives.models import Representative
from sales import people_changes
from sales import services as sales_services
from sales.models import AddOn, Customer, FollowUp, Product, SuggestionDecision
from sales.services import ProductFacts, UnableToSaveProduct
from sales.suggestions import selectors, services
from sales.suggestions.kinds import Key, SuggestionKind
from tests.sales.conftest import NOW
from tests.sales.suggestions.conftest import TODAY
from tests.sales.test_guards import STANDS, WRONG, refused

Make = Callable[..., Customer]
Say = Callable[..., object]


@pytest.fixture
def anna(person: Make) -> Customer:
    return person("Anna")


@pytest.fixture
def repeat(seller: Representative, anna: Customer, foresee: Say) -> str:
    """The key of a suggestion for Anna."""
    foresee(anna, "GREENS")
    return selectors.suggest(seller, now=NOW)[0].key


@pytest.fixture
def ask(seller: Representative, anna: Customer, pulse: Say) -> str:
    """The key of asking Anna for a referral."""
    pulse(anna, last=3, happy_streak=1)
    return selectors.suggest(seller, now=NOW)[0].key


def open_keys(seller: Representative, *, in_days: int = 0) -> list[str]:
    now = NOW + timedelta(days=in_days)
    return [one.key for one in selectors.suggest(seller, now=now)]


def test_a_key_says_what_it_is_about_and_nothing_else_is_one() -> None:
    key = Key(SuggestionKind.ADD_ON, 7, 8, 9)

    assert Key.read(str(key)) == key
    for text in ("", "repeat", "repeat-1-2-3", "other-1-2-3-4", "repeat-1-2-3-x", "repeat-1-2-3-٤"):
        with pytest.raises(ValueError):
            Key.read(text)


@pytest.mark.parametrize("act", ["order", "message"])
def test_accepting_keeps_a_suggestion_away_while_one_acts(
    seller: Representative, repeat: str, act: str
) -> None:
    services.accept(seller=seller, key=repeat, act=act, now=NOW)
    again = services.accept(seller=seller, key=repeat, act=act, now=NOW)

    assert open_keys(seller) == open_keys(seller, in_days=6) == []
    assert open_keys(seller, in_days=7) == [repeat]
    assert SuggestionDecision.objects.get() == again.decision


def test_an_accepted_task_is_a_follow_up_of_tomorrow_until_it_is_taken_back(
    seller: Representative, repeat: str, products: dict[str, Product]
) -> None:
    planned = services.accept(seller=seller, key=repeat, act="task", now=NOW).follow_up
    services.accept(seller=seller, key=repeat, act="task", now=NOW)

    assert planned is not None
    assert (planned.kind, planned.product, planned.suggestion_key) == (
        "reorder",
        products["GREENS"],
        repeat,
    )
    assert planned.due_on == TODAY + timedelta(days=1)
    assert FollowUp.objects.count() == 1
    assert open_keys(seller, in_days=20) == [], "the follow-up is still open"

    services.undo(seller=seller, key=repeat, now=NOW)
    assert open_keys(seller) == [repeat]
    assert not FollowUp.objects.filter(state="open").exists()


def test_a_snooze_holds_for_its_days(seller: Representative, repeat: str) -> None:
    services.snooze(seller=seller, key=repeat, days=3, now=NOW)

    assert open_keys(seller, in_days=2) == []
    assert open_keys(seller, in_days=3) == [repeat]
    with pytest.raises(services.UnableToDecide):
        services.snooze(seller=seller, key=repeat, days=0, now=NOW)


@pytest.mark.parametrize(("reason", "back"), [("enough", 30), ("no_interest", None)])
def test_a_refusal_teaches(
    seller: Representative, repeat: str, reason: str, back: int | None
) -> None:
    services.refuse(seller=seller, key=repeat, reason=reason, note=" later ", now=NOW)

    decision = SuggestionDecision.objects.get()
    assert decision.until == (TODAY + timedelta(days=back) if back else None)
    assert decision.note == "later"
    assert open_keys(seller) == []
    assert open_keys(seller, in_days=31) == ([repeat] if back else [])


def test_a_refused_product_begins_anew_when_it_is_bought_all_the_same(
    seller: Representative, anna: Customer, repeat: str
) -> None:
    services.refuse(seller=seller, key=repeat, reason="no_interest", now=NOW)
    bought = TODAY + timedelta(days=40)
    anna.forecasts.update(  # type: ignore[attr-defined]
        last_on=bought,
        from_on=bought + timedelta(days=27),
        expected_on=bought + timedelta(days=30),
        until_on=bought + timedelta(days=33),
        quiet_on=bought + timedelta(days=90),
    )

    assert open_keys(seller, in_days=70) == [repeat]


def test_a_refused_ask_rests_for_a_year(seller: Representative, ask: str) -> None:
    services.refuse(seller=seller, key=ask, reason="not_fitting", now=NOW)

    assert SuggestionDecision.objects.get().until == TODAY + timedelta(days=365)


@pytest.mark.parametrize("reason", ["", "because"])
def test_a_refusal_needs_a_reason(seller: Representative, repeat: str, reason: str) -> None:
    with pytest.raises(services.UnableToDecide) as refusal:
        services.refuse(seller=seller, key=repeat, reason=reason, now=NOW)
    assert refusal.value.field == "reason"


def test_nobody_decides_for_anothers_customer(other_seller: Representative, repeat: str) -> None:
    for decide in (
        lambda: services.accept(seller=other_seller, key=repeat, act="order", now=NOW),
        lambda: services.snooze(seller=other_seller, key=repeat, now=NOW),
        lambda: services.refuse(seller=other_seller, key=repeat, reason="price", now=NOW),
        lambda: services.undo(seller=other_seller, key=repeat, now=NOW),
    ):
        with pytest.raises(services.UnableToDecide):
            decide()
    assert not SuggestionDecision.objects.exists()


def test_nothing_is_accepted_for_who_asked_not_to_be_contacted(
    seller: Representative, anna: Customer, repeat: str
) -> None:
    Customer.objects.filter(pk=anna.pk).update(no_contact_at=NOW)

    for act in ("order", "message", "task"):
        with pytest.raises(UnableTo):
            services.accept(seller=seller, key=repeat, act=act, now=NOW)


def test_a_second_ask_within_sixty_days_is_refused_with_words(
    seller: Representative, ask: str
) -> None:
    services.accept(seller=seller, key=ask, act="message", now=NOW)

    with pytest.raises(services.UnableToDecide, match="asked for a referral"):
        services.accept(seller=seller, key=ask, act="message", now=NOW + timedelta(days=59))
    services.accept(seller=seller, key=ask, act="message", now=NOW + timedelta(days=60))


def test_how_much_fills_a_day_is_each_ones_own(seller: Representative) -> None:
    assert selectors.capacity_of(seller) == 10
    services.set_capacity(seller=seller, jobs=3)
    services.set_capacity(seller=seller, jobs=4)

    assert selectors.capacity_of(seller) == 4
    for wrong in (0, 51):
        with pytest.raises(services.UnableToDecide):
            services.set_capacity(seller=seller, jobs=wrong)


# -- The database, whoever writes ------------------------------------------------------------------


def decision(seller: Representative, customer: Customer, **said: object) -> SuggestionDecision:
    facts = {
        "kind": "referral_ask",
        "state": "accepted",
        "act": "message",
        "decided_on": TODAY,
        "decided_at": NOW,
        "until": TODAY + timedelta(days=1),
    }
    return SuggestionDecision.objects.create(
        representative=seller, customer=customer, **{**facts, **said}
    )


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "other"},
        {"act": ""},
        {"reason": "price"},
        {"state": "snoozed", "act": "", "until": None},
        {"state": "refused", "act": ""},
        {"until": TODAY},
        {"kind": "repeat"},
    ],
)
def test_the_database_refuses_a_decision_that_makes_no_sense(
    seller: Representative, anna: Customer, said: dict
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        decision(seller, anna, **said)


def test_the_database_refuses_a_second_ask_and_anothers_customer(
    seller: Representative, other_seller: Representative, anna: Customer
) -> None:
    decision(seller, anna)
    with pytest.raises(IntegrityError, match="decision_no_second_ask"), transaction.atomic():
        decision(seller, anna, decided_on=date(2017, 5, 18), until=date(2017, 5, 19))
    with pytest.raises(IntegrityError, match="nobody whom"), transaction.atomic():
        decision(other_seller, anna)
    decision(seller, anna, decided_on=date(2017, 5, 19), until=date(2017, 5, 20))


@pytest.mark.parametrize(
    ("change", "state"),
    [("note = 'x'", STANDS), ("withdrawn_at = NULL", STANDS), ("state = 'refused'", "42501")],
)
def test_a_decision_stands_as_it_was_made(
    seller: Representative, anna: Customer, change: str, state: str
) -> None:
    decision(seller, anna, withdrawn_at=NOW)

    assert refused(f"UPDATE sales_suggestiondecision SET {change}") == state


def test_a_larger_size_lasts_longer(products: dict[str, Product]) -> None:
    """The service says it in words, the database holds it whoever writes."""
    greens, tea = products["GREENS"], products["TEA"]
    Product.objects.filter(pk=tea.pk).update(pack_days=90)
    tea.refresh_from_db()

    def facts(of: Product, **said: object) -> ProductFacts:
        known = {"sku": of.sku, "name": of.name, "retail_price_minor": 9, "ir_price_minor": 9}
        return ProductFacts(**{**known, "pack_days": of.pack_days, **said})  # type: ignore[arg-type]

    sales_services.edit_product(product_id=greens.pk, facts=facts(greens, larger_size=tea))
    greens.refresh_from_db()
    assert greens.larger_size == tea
    for of, said, field in (
        (tea, {"larger_size": greens}, "larger_size"),
        (greens, {"larger_size": greens}, "larger_size"),
        (tea, {"pack_days": 30}, "pack_days"),
    ):
        with pytest.raises(UnableToSaveProduct) as refusal:
            sales_services.edit_product(product_id=of.pk, facts=facts(of, **said))
        assert refusal.value.field == field
    back = "UPDATE sales_product SET {} WHERE id = %s"
    assert refused(back.format(f"larger_size_id = {greens.pk}"), tea.pk) == WRONG
    assert refused(back.format("pack_days = 30"), tea.pk) == WRONG
    assert refused(back.format("pack_days = NULL"), greens.pk) == WRONG


# -- When people change ----------------------------------------------------------------------------


def test_an_erased_person_leaves_no_suggestion_behind(
    seller: Representative, anna: Customer, goes_with: Say
) -> None:
    goes_with(anna, "GREENS", "JUG")
    decision(seller, anna, note="likes mornings")

    people_changes.erase(customer_ids=[anna.pk], now=NOW)

    assert not AddOn.objects.exists()
    assert not SuggestionDecision.objects.exists()


def test_decisions_on_merged_rows_hold_for_the_one_that_is_kept(
    seller: Representative, anna: Customer, person: Make, goes_with: Say, products: dict
) -> None:
    double = person("Anna again")
    goes_with(double, "GREENS", "JUG")
    decision(seller, anna)
    later = decision(seller, double, decided_on=TODAY + timedelta(days=1), until=date(2017, 6, 1))
    kept = decision(
        seller, double, kind="repeat", product=products["TEA"], act="order", until=date(2017, 6, 1)
    )

    people_changes.merge(merged_id=double.pk, into_id=anna.pk, now=NOW)

    standing = SuggestionDecision.objects.filter(withdrawn_at__isnull=True)
    assert {one.pk for one in standing} == {later.pk, kept.pk}
    assert {one.customer for one in SuggestionDecision.objects.all()} == {anna}
    assert not AddOn.objects.filter(customer=double).exists()


def test_a_note_does_not_pass_on_to_another_representative(
    seller: Representative, other_seller: Representative, anna: Customer
) -> None:
    decision(seller, anna, note="owes me a call")

    people_changes.pass_on(customer_ids=[anna.pk], old=seller, new=other_seller, now=NOW)

    assert SuggestionDecision.objects.get().note == ""


def test_a_person_is_told_what_was_decided(
    seller: Representative, anna: Customer, repeat: str
) -> None:
    services.refuse(seller=seller, key=repeat, reason="price", now=NOW)

    (told,) = people_changes.tell(customer=anna)["suggestions"]

    assert (told["product"], told["decision"], told["reason"]) == (
        "Daily Greens",
        "refused",
        "price",
    )
