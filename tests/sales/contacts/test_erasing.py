"""Personal data go at a person's wish, and from contacts that nobody worked with for long."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import pytest

from representatives.models import Company, Representative, User
from representatives.services import terminate_representative
from sales import services as sales
from sales.contacts import exports, legal, segments, services
from sales.contacts.retention import months_after, months_before
from sales.models import Consent, ContactFile, Customer, KnownApart, Need, Order, Talk
from tests.sales.conftest import NOW
from tests.sales.contacts.test_people import add, refused

pytestmark = pytest.mark.django_db
Buy = Callable[..., Order]


def full(seller: Representative, name: str = "Anna Nowak") -> Customer:
    """Add somebody of whom all is known."""
    person = add(
        seller,
        name,
        email="anna@example.com",
        phone="600 700 800",
        note="Has a dog",
        channel="phone",
        language="pl",
        birthday=date(1980, 5, 17),
        referred_by=add(seller, f"Friend of {name}"),
        noticed_at=NOW,
    )
    services.note_talk(customer=person, at=NOW, text="Anna likes tea", now=NOW)
    services.add_need(customer=person, kind="doing", text="Anna runs", now=NOW)
    services.give_consent(customer=person, kind="contact", text="Anna said so", now=NOW)
    services.keep_apart(one=person, other=add(seller, "Other"), now=NOW)
    return person


def test_without_orders_nothing_stays(seller: Representative) -> None:
    person = full(seller)

    assert services.erase_customer(customer=person, now=NOW)

    assert not Customer.objects.filter(pk=person.pk).exists()
    for model in (Talk, Need, Consent, KnownApart):
        assert not model.objects.exists()  # type: ignore[attr-defined]


def test_with_orders_the_row_stays_without_personal_data(seller: Representative, buy: Buy) -> None:
    person = full(seller)
    order = buy(person, "2017-03-01T10:00", TEA=1)
    before = Order.objects.values().get(pk=order.pk)

    assert not services.erase_customer(customer=person, now=NOW)

    row = Customer.objects.values().get(pk=person.pk)
    told = " ".join(str(value) for value in row.values())
    for data in ("Anna", "Nowak", "anna@", "600", "dog", person.reference, "1904", "phone"):
        assert data not in told
    assert row["name"].startswith("N.N. ")
    assert (row["erased_at"], row["no_contact_at"]) == (NOW, NOW)
    assert Order.objects.values().get(pk=order.pk) == before
    assert not Talk.objects.exists()
    assert not Consent.objects.exists()
    assert person not in Customer.objects.of(seller)
    assert not services.erase_customer(customer=person, now=NOW + timedelta(days=1))
    assert Customer.objects.get(pk=person.pk).erased_at == NOW


def save(seller: Representative, queries: Iterable[str]) -> None:
    for name, query in enumerate(queries):
        services.save_filter(representative=seller, name=str(name), query=query, now=NOW)


def saved(seller: Representative) -> set[str]:
    return set(seller.saved_filters.values_list("query", flat=True))


def test_filters_that_name_somebody_go_with_the_person(
    seller: Representative, other_seller: Representative
) -> None:
    person = full(seller, "Anna Łoś-Nowak")
    queries = {
        "q=LOS": False,
        "q=Nowak&account=past": False,
        "q=Anna+%C5%81o%C5%9B-Nowak+Krak%C3%B3w": False,
        "q=anna%40exa": False,
        "q=600-700-800": False,
        f"q={person.reference.lower()}": False,
        "q=Anna+Kot": True,
        "q=%40example.com": True,
        "q=an": True,
        "use=lead": True,
    }
    save(seller, queries)
    services.save_filter(representative=seller, name="łoś-nowak, anna", query="use=user", now=NOW)
    services.save_filter(representative=seller, name="Anna łoś-nowak", query="use=user", now=NOW)
    services.save_filter(representative=other_seller, name="1", query="q=Nowak", now=NOW)

    services.erase_customer(customer=person, now=NOW)

    assert saved(seller) == {query for query, stays in queries.items() if stays}
    assert other_seller.saved_filters.count() == 1


@pytest.mark.parametrize("is_merged", [False, True])
def test_filters_with_a_name_that_is_lost_go_with_the_name(
    seller: Representative, is_merged: bool
) -> None:
    person = add(seller, "Anna Nowak", email="anna@example.com", phone="600700800")
    add(seller, "Jan Kotowski")
    queries = {
        "q=Nowak": False,
        "q=anna%40example.com": is_merged,
        "q=600700800": True,
        "q=Anna": True,
        "q=Kot": True,
        "use=lead": True,
    }
    save(seller, queries)
    services.save_filter(representative=seller, name="Anna Nowak", query="use=user", now=NOW)

    if is_merged:
        kept = add(seller, "Anna Kot")
        services.merge_customers(kept=kept, merged=person, now=NOW)
    else:
        services.edit_contact(customer=person, name="Anna Kot", phone="600700800", now=NOW)

    assert saved(seller) == {query for query, stays in queries.items() if stays}


def test_every_column_is_erased_or_says_nothing_of_the_person() -> None:
    """A new column of a customer has to be thought of: what it is kept for, and that it goes."""
    told = {name for basis in legal.bases(has_ordered=True) for name in basis.fields}

    assert told | legal.NOT_PERSONAL == {field.name for field in Customer._meta.local_fields}
    assert not told & legal.NOT_PERSONAL


def test_rows_merged_into_somebody_are_erased_with_them(seller: Representative, buy: Buy) -> None:
    kept, merged, empty = (add(seller, name) for name in ("Ada", "Bea", "Cyd"))
    buy(merged, "2017-03-01T10:00", TEA=1)
    for one in (merged, empty):
        services.merge_customers(kept=kept, merged=one, now=NOW)

    services.erase_customer(customer=kept, now=NOW)

    merged.refresh_from_db()
    assert (merged.erased_at, merged.merged_into) == (NOW, kept)
    assert not Customer.objects.filter(pk=empty.pk).exists()


def test_a_transfer_forgets_the_reference_and_the_earlier_seller_the_search(
    other_seller: Representative, seller: Representative, staff: User, place: Buy
) -> None:
    person = sales.add_customer(
        representative=other_seller, name="Ala", now=NOW, reference="ALA-1980"
    )
    services.save_filter(representative=other_seller, name="Find", query="q=Ala", now=NOW)
    place(person, TEA=1)
    terminate_representative(
        representative=other_seller, reason="left", decided_by=staff, now=NOW + timedelta(hours=1)
    )
    sales.pass_on_customers_of_terminated(now=NOW)

    services.erase_customer(customer=Customer.objects.get(pk=person.pk), now=NOW)

    assert person.transfers.get().old_reference == ""
    assert not other_seller.saved_filters.exists()


def test_database_removes_nobody_who_is_not_erased(seller: Representative, buy: Buy) -> None:
    person, own = add(seller), sales.self_customer(representative=seller, now=NOW)

    delete = "DELETE FROM sales_customer WHERE id = %s"
    assert "by erasure alone" in refused(delete, person.pk)
    assert "by erasure alone" in refused(delete, own.pk)
    assert "customer_gone_without_data" in refused(
        "UPDATE sales_customer SET erased_at = now(), email = 'a@b.pl' WHERE id = %s", person.pk
    )
    assert "customer_gone_without_data" in refused(
        "UPDATE sales_customer SET erased_at = now() WHERE id = %s", own.pk
    )
    buy(person, "2017-03-01T10:00", TEA=1)
    services.erase_customer(customer=person, now=NOW)
    assert "an erasure" in refused(
        "UPDATE sales_customer SET erased_at = NULL WHERE id = %s", person.pk
    )
    assert "sales_order" in refused(delete, person.pk)


def test_unused_contacts_go_after_the_company_s_months(
    seller: Representative, buy: Buy, place: Buy
) -> None:
    Company.objects.update(unused_contact_months=6)
    names = ("unused", "touched", "buyer", "placed", "referrer", "talked")
    people = {name: add(seller, name) for name in names}
    buy(people["buyer"], "2017-03-01T10:00", TEA=1)
    place(people["placed"], TEA=1)
    add(seller, "brought", referred_by=people["referrer"])
    later = months_after(NOW, 6) + timedelta(days=1)
    services.keep_contact(customer=people["touched"], now=later - timedelta(days=9))
    services.note_talk(customer=people["talked"], at=NOW, text="x", now=later - timedelta(days=9))

    assert services.delete_unused_contacts(now=later - timedelta(days=2)) == 0
    assert services.delete_unused_contacts(now=later) == 2
    assert services.delete_unused_contacts(now=later) == 1, "nobody is brought by the referrer now"

    left = set(Customer.objects.of(seller).values_list("name", flat=True))
    assert left == {"touched", "buyer", "placed", "talked"}


def test_what_other_packages_keep_in_use_is_not_deleted(
    seller: Representative, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = add(seller, "kept"), add(seller, "gone")
    from sales import people_changes

    monkeypatch.setattr(people_changes, "_uses", [lambda *, customer_ids, now: [kept.pk]])

    assert services.delete_unused_contacts(now=NOW + timedelta(days=800)) == 1
    assert list(Customer.objects.of(seller)) == [kept]
    assert gone not in Customer.objects.all()


def test_contacts_that_leave_soon_are_told(seller: Representative) -> None:
    company = Company.objects.get()
    person = add(seller)
    leaves = segments.leaves_on(person, company)

    def chosen(at: timedelta) -> list[Customer]:
        choice = segments.Choice(state="leaving")
        return list(segments.choose(seller, choice, now=leaves - at, company=company))

    assert leaves == months_after(NOW, 12)
    assert chosen(timedelta(days=29)) == [person]
    assert chosen(timedelta(days=32)) == []


def test_months_end_where_the_calendar_does() -> None:
    end = NOW.replace(month=3, day=31)

    assert months_after(end, 1).day == 30
    assert months_before(end, 1) == end.replace(month=2, day=28)
    assert months_before(end, 13).year == 2016


def test_files_are_forgotten_after_a_day(seller: Representative) -> None:
    services.keep_file(representative=seller, name="a.csv", rows=[], now=NOW)

    services.drop_old_files(now=NOW + timedelta(hours=23))
    assert ContactFile.objects.exists()
    services.drop_old_files(now=NOW + timedelta(hours=25))
    assert not ContactFile.objects.exists()


def test_a_person_s_copy_holds_all_of_it(seller: Representative, buy: Buy) -> None:
    person = full(seller)
    buy(person, "2017-03-01T10:00", TEA=2)

    told = exports.all_of_person(person, Company.objects.get())

    assert told["person"]["name"] == "Anna Nowak"
    assert told["person"]["birthday"] == "--05-17"
    assert [need["text"] for need in told["needs"]] == ["Anna runs"]
    assert [talk["text"] for talk in told["talks"]] == ["Anna likes tea"]
    assert [consent["words"] for consent in told["consents"]] == ["Anna said so"]
    assert told["orders"][0]["lines"][0]["pieces"] == 2


def test_the_notice_speaks_the_person_s_language(seller: Representative) -> None:
    person = full(seller)

    told = legal.notice(person, seller, Company.objects.get())

    assert "Anna Nowak" in told.text
    assert "Lindgrove" in told.text
    assert told.mail_link.startswith("mailto:anna@example.com?subject=")
    assert told.message_link.startswith("sms:600700800?")
    assert legal.notice(add(seller), seller, Company.objects.get()).mail_link == ""
