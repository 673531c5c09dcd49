"""Two rows of one person become one; what was counted of their orders is counted alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from compensation.explaining.facts import lines_of_orders
from compensation.models import Period, Run
from representatives.models import Representative, User
from representatives.services import terminate_representative
from sales import services as sales
from sales.contacts import services
from sales.models import Consent, Customer, KnownApart, LineClass, Order, Product, Talk
from tests.sales.conftest import NOW
from tests.sales.contacts.test_people import add, refused

pytestmark = pytest.mark.django_db
Buy = Callable[..., Order]


@pytest.fixture
def pair(seller: Representative) -> tuple[Customer, Customer]:
    return add(seller, "Anna Nowak", phone="600 700 800"), add(seller, "Ania Nowak", email="a@b.pl")


def test_merge_joins_what_is_known(seller: Representative) -> None:
    recommender = add(seller, "Jan Kot")
    kept = add(seller, "Anna Nowak", phone="600", note="Likes tea", stage="likes", use="user")
    merged = add(
        seller,
        "Ania Nowak",
        email="a@b.pl",
        phone="700",
        note="Has a dog",
        stage="trusts",
        birthday=date(1980, 5, 17),
        referred_by=recommender,
    )
    brought = add(seller, "Ewa Lis", referred_by=merged)

    services.merge_customers(kept=kept, merged=merged, take={"name"}, now=NOW)

    for one in (kept, merged, brought):
        one.refresh_from_db()
    assert (kept.name, kept.phone, kept.email) == ("Ania Nowak", "600", "a@b.pl")
    assert (kept.stage, kept.use, kept.birthday) == ("trusts", "user", date(1904, 5, 17))
    assert kept.note == "Likes tea\n\nHas a dog"
    assert kept.referred_by == recommender
    assert brought.referred_by == kept
    assert (merged.merged_into, merged.name, merged.email) == (kept, merged.reference, "")
    assert merged not in Customer.objects.of(seller)


def test_orders_talks_and_consents_move(
    pair: tuple[Customer, Customer], buy: Buy, place: Buy
) -> None:
    kept, merged = pair
    paid, placed = buy(merged, "2017-03-01T10:00", TEA=1), place(merged, TEA=1)
    services.note_talk(customer=merged, at=NOW, text="x", now=NOW)
    for person in pair:
        services.give_consent(customer=person, kind="contact", text=person.name, now=NOW)
    services.give_consent(customer=merged, kind="tracking", text="x", now=NOW)

    services.merge_customers(kept=kept, merged=merged, now=NOW)

    for order in (paid, placed):
        order.refresh_from_db()
        assert (order.customer, order.written_for) == (kept, merged)
    assert Talk.objects.get().customer == kept
    assert sorted(kept.consents.values_list("kind", "text")) == [
        ("contact", "Anna Nowak"),
        ("tracking", "x"),
    ]
    assert Consent.objects.count() == 3, "a second standing consent stays where it was given"


def test_later_sales_know_what_both_bought(
    pair: tuple[Customer, Customer], buy: Buy, products: dict[str, Product]
) -> None:
    kept, merged = pair
    buy(kept, "2017-02-01T10:00", JUG=1)
    buy(merged, "2017-02-02T10:00", TEA=1)
    services.merge_customers(kept=kept, merged=merged, now=NOW)

    later = buy(kept, "2017-03-01T10:00", TEA=1)

    assert later.lines.get().line_class == LineClass.REPEAT


def test_a_wish_to_be_left_alone_survives(pair: tuple[Customer, Customer]) -> None:
    kept, merged = pair
    services.give_consent(customer=kept, kind="contact", text="x", now=NOW)
    services.stop_contact(customer=merged, now=NOW)

    services.merge_customers(kept=kept, merged=merged, now=NOW)

    kept.refresh_from_db()
    assert kept.no_contact_at == NOW
    assert not Consent.objects.standing().filter(kind="contact").exists()


def test_closed_months_count_as_before(pair: tuple[Customer, Customer], buy: Buy) -> None:
    """The engine reads whom an order was written for, though the month is long closed."""
    orders = [buy(one, f"2017-02-0{day}T10:00", TEA=1) for day, one in enumerate(pair, start=1)]
    run = Run(period=Period.objects.get(label="2017-02"))

    def customers() -> list[int]:
        sold = lines_of_orders(run, [order.pk for order in orders])
        return [int(sold[order.pk].bundle.orders.customer[0]) for order in orders]

    before = customers()
    services.merge_customers(kept=pair[0], merged=pair[1], now=NOW)

    assert customers() == before == [one.pk for one in pair]


def test_chains_stay_flat(seller: Representative, buy: Buy) -> None:
    first, second, third = (add(seller, name) for name in ("Ada", "Bea", "Cyd"))
    order = buy(first, "2017-03-01T10:00", TEA=1)

    services.merge_customers(kept=second, merged=first, now=NOW)
    services.merge_customers(kept=third, merged=second, now=NOW)

    first.refresh_from_db()
    order.refresh_from_db()
    assert first.merged_into == third
    assert (order.customer, order.written_for) == (third, first)


def test_only_two_living_people_of_one_representative_merge(
    seller: Representative, other_seller: Representative
) -> None:
    one, stranger = add(seller), add(other_seller, "Jan Kot")
    own = sales.self_customer(representative=seller, now=NOW)
    gone = add(seller, "Ewa")
    services.merge_customers(kept=add(seller, "Eva"), merged=gone, now=NOW)

    for kept, merged in ((one, one), (one, stranger), (one, own), (own, one), (one, gone)):
        with pytest.raises(services.UnableToMerge):
            services.merge_customers(kept=kept, merged=merged, now=NOW)


def test_database_holds_a_merge(
    pair: tuple[Customer, Customer], buy: Buy, other_seller: Representative
) -> None:
    kept, merged = pair
    order = buy(merged, "2017-03-01T10:00", TEA=1)
    stranger = add(other_seller, "Jan Kot")
    empty = "name = reference, email = '', phone = '', note = ''"

    move = "UPDATE sales_order SET customer_id = %s WHERE id = %s"
    assert "is not merged into that one" in refused(move, kept.pk, order.pk)
    into = f"UPDATE sales_customer SET merged_into_id = %s, {empty} WHERE id = %s"
    assert "same representative" in refused(into, stranger.pk, merged.pk)
    assert "customer_gone_without_data" in refused(
        "UPDATE sales_customer SET merged_into_id = %s WHERE id = %s", kept.pk, merged.pk
    )
    services.merge_customers(kept=kept, merged=merged, now=NOW)
    assert "a merge stand" in refused(
        "UPDATE sales_customer SET merged_into_id = NULL WHERE id = %s", merged.pk
    )
    assert "is not merged into that one" in refused(move, merged.pk, order.pk)
    assert "permission denied" in refused("UPDATE sales_order SET written_for_id = NULL")


def test_no_order_is_placed_for_a_merged_row(
    pair: tuple[Customer, Customer], seller: Representative, products: dict[str, Product]
) -> None:
    kept, merged = pair
    services.merge_customers(kept=kept, merged=merged, now=NOW)

    with pytest.raises(sales.UnableToPlaceOrder):
        sales.place_order(
            seller=seller,
            customer=merged,
            lines=[sales.LineRequest(products["TEA"].pk, 1)],
            now=NOW,
        )
    assert "erased or merged" in refused(
        "INSERT INTO sales_order (reference, seller_id, customer_id, own, status, placed_at,"
        " currency, gross_minor, tax_minor, bv, rsp, rsp_all, line_count, import_digest)"
        " VALUES ('X', %s, %s, false, 'placed', now(), 'EUR', 0, 0, 0, 0, 0, 0, '')",
        seller.pk,
        merged.pk,
    )


def test_two_people_are_remembered_as_two(pair: tuple[Customer, Customer]) -> None:
    first, second = pair

    services.keep_apart(one=second, other=first, now=NOW)
    services.keep_apart(one=first, other=second, now=NOW)

    apart = KnownApart.objects.get()
    assert (apart.first, apart.second) == (first, second)
    with pytest.raises(services.UnableToMerge):
        services.keep_apart(one=first, other=first, now=NOW)


def test_contacts_and_what_was_private_do_not_pass_on(
    other_seller: Representative, seller: Representative, staff: User, place: Buy
) -> None:
    referrer = add(other_seller, "Ala", note="private")
    buyer = add(other_seller, "Ola", note="private", referred_by=referrer, phone="600")
    place(buyer, TEA=1)
    services.note_talk(customer=buyer, at=NOW, text="private", now=NOW)
    services.add_need(customer=buyer, kind="doing", text="private", now=NOW)
    services.give_consent(customer=buyer, kind="contact", text="to Lukasz", now=NOW)
    services.stop_contact(customer=referrer, now=NOW)
    terminate_representative(
        representative=other_seller, reason="left", decided_by=staff, now=NOW + timedelta(hours=1)
    )

    assert sales.pass_on_customers_of_terminated(now=NOW) == 1

    for one in (buyer, referrer):
        one.refresh_from_db()
    assert (buyer.representative, referrer.representative) == (seller, other_seller)
    assert (buyer.phone, buyer.note, buyer.referred_by, buyer.noticed_at) == ("600", "", None, None)
    assert not buyer.talks.exists()
    assert not buyer.needs.exists()
    assert not Consent.objects.standing().exists()
