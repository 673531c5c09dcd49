"""People and customers are one row; what was agreed, asked and noted is kept with it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import Error, connection, transaction

from representatives.models import Company, Representative
from sales.contacts import selectors, services
from sales.contacts.services.consents import UnableToNoteConsent
from sales.models import Consent, Customer, Need, Order, Product, Talk
from tests.sales.conftest import NOW, local

pytestmark = pytest.mark.django_db
Buy = Callable[..., Order]


def add(seller: Representative, name: str = "Ola Lis", **facts: object) -> Customer:
    return services.add_contact(representative=seller, name=name, now=NOW, **facts)  # type: ignore[arg-type]


def refused(statement: str, *values: object) -> str:
    with pytest.raises(Error) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
    return str(refusal.value)


def test_first_order_makes_a_customer_of_a_contact(
    seller: Representative, buy: Buy, products: dict[str, Product]
) -> None:
    contact = add(seller, stage="likes", use="lead")

    buy(contact, "2017-03-01T10:00", GREENS=1)

    contact.refresh_from_db()
    assert (contact.stage, contact.use) == (Customer.Stage.BUYS, Customer.Use.USER)
    assert Customer.objects.of(seller).count() == 1


def test_who_brought_a_buyer_recommends_and_a_further_stage_stays(
    seller: Representative, buy: Buy
) -> None:
    first = add(seller)
    second = add(seller, "Jan Kot", referred_by=first)

    buy(second, "2017-03-01T10:00", TEA=1)

    first.refresh_from_db()
    assert first.stage == Customer.Stage.REFERS
    buy(first, "2017-03-02T10:00", TEA=1)
    first.refresh_from_db()
    assert first.stage == Customer.Stage.REFERS


def test_of_a_birthday_no_age_is_kept(seller: Representative) -> None:
    contact = add(seller, birthday=date(1980, 5, 17))

    contact.refresh_from_db()
    assert contact.birthday == date(1904, 5, 17)
    assert "customer_birthday_without_age" in refused(
        "UPDATE sales_customer SET birthday = '1980-05-17' WHERE id = %s", contact.pk
    )


@pytest.mark.parametrize("field", ["stage", "use", "channel", "language", "source"])
def test_unknown_choices_are_refused(seller: Representative, field: str) -> None:
    with pytest.raises(services.UnableToSaveContact) as refusal:
        add(seller, **{field: "odd"})

    assert refusal.value.field == field
    contact = add(seller)
    statement = f"UPDATE sales_customer SET {field} = %s WHERE id = %s"
    assert f"customer_{field}_known" in refused(statement, "xx", contact.pk)


@pytest.mark.parametrize(
    ("bought", "account"),
    [
        ([], "none"),
        (["2017-03-01T10:00"], "new"),
        (["2017-03-01T10:00", "2017-03-01T23:00"], "new"),
        (["2017-02-28T23:30", "2017-03-01T00:30"], "current"),
        (["2017-01-19T13:00"], "new"),
        (["2017-01-19T12:59"], "current"),
    ],
)
def test_account_follows_the_days_of_orders(
    seller: Representative, buy: Buy, bought: list[str], account: str
) -> None:
    person = add(seller)
    for at in bought:
        buy(person, at, TEA=1)

    assert selectors.account_status(Customer.objects.all(), now=NOW).get(pk=person.pk).account == (
        account
    )
    instants = [local(at) for at in bought]
    rules = selectors.AccountRules.at(NOW)
    assert rules.account(min(instants, default=None), max(instants, default=None)) == account


def test_account_is_past_once_the_company_s_days_are_over(seller: Representative, buy: Buy) -> None:
    person = add(seller)
    buy(person, "2017-01-10T10:00", TEA=1)
    last = local("2017-01-10T10:00")

    def account(days: float) -> str:
        later = last + timedelta(days=days)
        found = selectors.account_status(Customer.objects.all(), now=later).get(pk=person.pk)
        return str(found.account)

    assert (account(120), account(120.01)) == ("current", "past")
    Company.objects.update(past_after_days=200)
    assert account(120.01) == "current"


def test_whoever_asks_is_left_alone_and_consents_end(seller: Representative) -> None:
    person = add(seller)
    for kind in Consent.Kind.values:
        services.give_consent(customer=person, kind=kind, text="Said so.", now=NOW)

    services.stop_contact(customer=person, now=NOW)
    services.stop_contact(customer=person, now=NOW + timedelta(days=1))

    person.refresh_from_db()
    assert person.no_contact_at == NOW
    assert person not in Customer.objects.contactable()
    assert person in Customer.objects.alive()
    assert set(Consent.objects.standing().values_list("kind", flat=True)) == {"tracking"}
    services.allow_contact(customer=person, now=NOW)
    assert person in Customer.objects.contactable()


def test_a_new_consent_to_contact_takes_the_wish_back(seller: Representative) -> None:
    person = add(seller)
    services.stop_contact(customer=person, now=NOW)

    services.give_consent(customer=person, kind="contact", text="Wrote to me.", now=NOW)

    assert person in Customer.objects.contactable()
    assert selectors.has_consent(person, "contact")


def test_the_same_consent_twice_is_one_and_it_stands_as_given(seller: Representative) -> None:
    person = add(seller)
    one = services.give_consent(customer=person, kind="marketing", text="Said so.", now=NOW)
    other = services.give_consent(customer=person, kind="marketing", text="Again.", now=NOW)

    assert one == other
    assert "permission denied" in refused("UPDATE sales_consent SET text = 'x'")
    assert "stands as it was given" in refused(
        "UPDATE sales_consent SET withdrawn_at = NULL WHERE id = %s", _withdrawn(person, one)
    )
    assert "removed with the person alone" in refused("DELETE FROM sales_consent")


def _withdrawn(person: Customer, consent: Consent) -> int:
    services.withdraw_consent(customer=person, kind=consent.kind, now=NOW)
    return consent.pk


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"kind": "odd", "text": "x"}, "kind"),
        ({"kind": "contact", "text": "  "}, "text"),
        ({"kind": "contact", "text": "x", "given_at": NOW + timedelta(days=1)}, "given_at"),
    ],
)
def test_wrong_consent_is_refused(
    seller: Representative, facts: dict[str, object], field: str
) -> None:
    with pytest.raises(UnableToNoteConsent) as refusal:
        services.give_consent(customer=add(seller), now=NOW, **facts)  # type: ignore[arg-type]

    assert refusal.value.field == field


def test_talks_are_noted_and_say_something(seller: Representative) -> None:
    person = add(seller)

    talk = services.note_talk(customer=person, at=NOW, went="well", text=" Likes tea ", now=NOW)

    assert (talk.text, talk.representative) == ("Likes tea", seller)
    for facts in (
        {"at": NOW},
        {"at": NOW + timedelta(seconds=1), "text": "x"},
        {"at": NOW, "went": "odd"},
        {"at": NOW, "channel": "odd"},
        {"at": NOW, "text": "x" * 5001},
    ):
        with pytest.raises(services.UnableToNote):
            services.note_talk(customer=person, now=NOW, **facts)  # type: ignore[arg-type]
    services.remove_talk(talk=talk)
    assert not Talk.objects.exists()


def test_needs_come_with_products(seller: Representative, products: dict[str, Product]) -> None:
    person = add(seller)
    services.add_need(customer=person, kind="planning", text="A trip", now=NOW)
    services.add_need(
        customer=person, kind="doing", text="Runs", products=[products["TEA"]], now=NOW
    )

    needs = selectors.list_needs(person)

    assert [(one.kind, [p.sku for p in one.products.all()]) for one in needs] == [
        ("doing", ["TEA"]),
        ("planning", []),
    ]
    for facts in ({"kind": "odd", "text": "x"}, {"kind": "doing", "text": " "}):
        with pytest.raises(services.UnableToSaveContact):
            services.add_need(customer=person, now=NOW, **facts)
    services.remove_need(need=needs[0])
    assert Need.objects.count() == 1


def test_nothing_is_noted_of_somebody_who_is_gone(seller: Representative) -> None:
    person, other = add(seller), add(seller, "Jan Kot")
    services.merge_customers(kept=other, merged=person, now=NOW)

    for act in (
        lambda: services.note_talk(customer=person, at=NOW, text="x", now=NOW),
        lambda: services.add_need(customer=person, kind="doing", text="x", now=NOW),
        lambda: services.give_consent(customer=person, kind="contact", text="x", now=NOW),
        lambda: services.stop_contact(customer=person, now=NOW),
        lambda: services.edit_contact(customer=person, name="x", now=NOW),
    ):
        with pytest.raises(services.UnableToSaveContact):
            act()


def test_saved_filters_are_few_and_one_a_name(seller: Representative) -> None:
    first = services.save_filter(representative=seller, name="Leads", query="use=lead", now=NOW)
    again = services.save_filter(representative=seller, name=" Leads ", query="use=user", now=NOW)

    assert first == again
    assert again.query == "use=user"
    for number in range(19):
        services.save_filter(representative=seller, name=str(number), query="use=user", now=NOW)
    for name, query in (("Twenty-first", "use=user"), ("", "use=user"), ("x" * 61, "a"), ("x", "")):
        with pytest.raises(services.UnableToSaveFilter):
            services.save_filter(representative=seller, name=name, query=query, now=NOW)


def test_customers_from_before_get_their_stage(seller: Representative, buy: Buy) -> None:
    bringer, buyer, contact = (add(seller, name) for name in ("Ada", "Bea", "Cyd"))
    Customer.objects.filter(pk=buyer.pk).update(referred_by=bringer)
    for one in (bringer, buyer):
        buy(one, "2017-03-01T10:00", TEA=1)
    Customer.objects.update(stage="aware", use="prospect")
    migration = importlib.import_module("sales.migrations.0018_people_look")

    with connection.schema_editor(atomic=False) as editor:
        migration.fill(None, editor)

    for one in (bringer, buyer, contact):
        one.refresh_from_db()
    assert [(one.stage, one.use) for one in (bringer, buyer, contact)] == [
        ("refers", "user"),
        ("buys", "user"),
        ("aware", "prospect"),
    ]
