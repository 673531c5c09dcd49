"""Who comes by a link: whose contact it is, what counts, and what changes nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from representatives import invitations
from representatives.mail import Place
from representatives.models import OutboxEvent, Representative, User
from representatives.services import terminate_representative
from sales import people_changes
from sales import services as sales
from sales.contacts import services as contacts
from sales.models import (
    Arrival,
    Consent,
    Customer,
    FollowUp,
    Order,
    OrderLine,
    Product,
    ReferralDay,
    ReferralEvent,
    ReferralLink,
    ReferralThanks,
    Talk,
)
from sales.referrals import selectors, services
from sales.referrals.services import Letter, Outcome, arrivals
from tests.sales.conftest import NOW

pytestmark = pytest.mark.django_db

Buy = Callable[..., Order]
EWA = Letter(
    name="Ewa Maj",
    email="ewa@example.com",
    phone="",
    message="Which one is for dry skin?",
    wants_to_join=False,
    consent_text="Marta may contact me.",
    language="pl",
)


def arrive(link: ReferralLink, letter: Letter = EWA, *, now: datetime = NOW, **facts: Any) -> str:
    touched_at = facts.pop("touched_at", now)
    return services.receive_contact(
        link=link,
        letter=letter,
        touched_at=touched_at,
        via=facts.pop("via", "page"),
        now=now,
        **facts,
    )


def events() -> list[str]:
    return list(ReferralEvent.objects.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def link(seller: Representative) -> ReferralLink:
    return services.add_link(representative=seller, now=NOW - timedelta(days=40))


@pytest.fixture
def personal(customer: Customer) -> ReferralLink:
    return services.give_personal_link(customer=customer, now=NOW - timedelta(days=40))


def test_a_link_for_the_same_product_and_campaign_is_the_same(
    seller: Representative, products: dict[str, Product]
) -> None:
    made = services.add_link(
        representative=seller, product=products["TEA"], campaign=" Market  stall ", now=NOW
    )
    again = services.add_link(
        representative=seller, product=products["TEA"], campaign="Market stall", now=NOW
    )
    other = services.add_link(representative=seller, product=products["TEA"], now=NOW)

    assert made == again != other
    assert len(made.code) == 26
    assert made.code != other.code
    services.close_link(link=made, now=NOW)
    reopened = services.add_link(
        representative=seller, product=products["TEA"], campaign="Market stall", now=NOW
    )
    assert reopened.code != made.code
    with pytest.raises(services.UnableToMakeLink):
        services.add_link(representative=seller, product=products["OLD"], now=NOW)


def test_somebody_new_becomes_a_contact_with_consent_and_something_to_do(
    link: ReferralLink, seller: Representative
) -> None:
    assert arrive(link, touched_at=NOW - timedelta(days=3), via="remembered") == Outcome.NEW

    person = Customer.objects.get(name="Ewa Maj")
    assert (person.representative, person.source, person.language) == (seller, "link", "pl")
    assert person.noticed_at == NOW
    assert person.referred_by is None
    consent = Consent.objects.get(customer=person)
    assert (consent.kind, consent.text, consent.given_at) == ("contact", EWA.consent_text, NOW)
    assert EWA.message in person.talks.get().text
    todo = FollowUp.objects.get(customer=person)
    assert (todo.representative, todo.due_on, todo.state) == (seller, date(2017, 3, 20), "open")
    arrival = Arrival.objects.get()
    assert (arrival.link, arrival.customer, arrival.arrived_at) == (link, person, NOW)
    assert arrival.touched_at == NOW - timedelta(days=3)


def test_a_product_s_page_notes_what_somebody_would_like(
    seller: Representative, products: dict[str, Product]
) -> None:
    arrive(services.add_link(representative=seller, product=products["TEA"], now=NOW))

    need = Customer.objects.get(name="Ewa Maj").needs.get()
    assert (need.kind, need.text, list(need.products.all())) == (
        "would_like",
        "Olive Leaf Tea",
        [products["TEA"]],
    )


def test_the_last_touch_wins_until_the_first_order(
    seller: Representative, link: ReferralLink, buy: Buy
) -> None:
    later = services.add_link(representative=seller, campaign="Newsletter", now=NOW)
    third = services.add_link(representative=seller, campaign="Fair", now=NOW)

    arrive(link)
    assert arrive(later, replace(EWA, email="EWA@example.com")) == Outcome.AGAIN
    person = Customer.objects.get(name="Ewa Maj")
    assert [row.link for row in Arrival.objects.filter(replaced_at__isnull=True)] == [later]

    buy(person, "2017-03-20T12:00", TEA=1)
    assert arrive(third, now=NOW + timedelta(days=1)) == Outcome.AGAIN

    assert [row.link for row in Arrival.objects.filter(replaced_at__isnull=True)] == [later]
    assert events() == ["known"]
    funnels = selectors.funnels_of([link.pk, later.pk, third.pk])
    assert funnels == {later.pk: selectors.Funnel(contacts=1, orders=1)}


def test_a_touch_of_more_than_thirty_days_ago_is_refused_by_the_database(
    link: ReferralLink,
) -> None:
    arrive(link, touched_at=NOW - timedelta(days=30))

    with pytest.raises(DatabaseError), transaction.atomic():
        arrive(
            link,
            replace(EWA, email="other@example.com"),
            touched_at=NOW - timedelta(days=30, seconds=1),
        )
    assert Arrival.objects.count() == 1


@pytest.mark.parametrize(
    "letter",
    [
        replace(EWA, email="Marta@Example.com"),
        replace(EWA, email="marta+friend@example.com"),
        replace(EWA, email="", phone="+48 600 100 200"),
    ],
)
def test_one_s_own_link_brings_nobody(
    link: ReferralLink, seller: Representative, letter: Letter
) -> None:
    Representative.objects.filter(pk=seller.pk).update(phone="600-100-200")

    assert arrive(link, letter) == Outcome.NOTHING
    assert events() == ["own"]
    assert not Customer.objects.exists()


def test_who_is_logged_in_changes_nothing(
    link: ReferralLink, seller: Representative, other_seller: Representative, staff: User
) -> None:
    assert arrive(link, sender=seller.user) == Outcome.NOTHING
    assert arrive(link, sender=other_seller.user) == Outcome.NOTHING
    assert arrive(link, sender=staff) == Outcome.NOTHING

    assert events() == ["own", "member", "member"]
    assert not Arrival.objects.exists()


def test_people_above_and_other_members_are_no_contacts(
    seller: Representative, other_seller: Representative
) -> None:
    below = services.add_link(representative=other_seller, now=NOW)
    above = services.add_link(representative=seller, now=NOW)

    assert arrive(below, replace(EWA, email="marta@example.com")) == Outcome.NOTHING
    assert arrive(above, replace(EWA, email="LUKASZ@example.com")) == Outcome.NOTHING
    assert events() == ["loop", "member"]
    assert not Customer.objects.exists()


def test_a_customer_s_own_code_and_a_circle_of_customers_change_nothing(
    customer: Customer, personal: ReferralLink, seller: Representative
) -> None:
    sales.edit_customer(customer=customer, name="Helena Nowak", email="helena@example.com")
    friend = contacts.add_contact(
        representative=seller,
        name="Ola",
        email="ola@example.com",
        referred_by=customer,
        now=NOW,
    )
    of_friend = services.give_personal_link(customer=friend, now=NOW)

    assert arrive(personal, replace(EWA, email="helena@example.com")) == Outcome.NOTHING
    assert arrive(of_friend, replace(EWA, email="helena@example.com")) == Outcome.AGAIN

    customer.refresh_from_db()
    assert events() == ["own", "loop"]
    assert customer.referred_by is None
    assert not Arrival.objects.exists()


def test_the_database_refuses_a_circle_of_referrals(
    seller: Representative, customer: Customer
) -> None:
    second = contacts.add_contact(representative=seller, name="Ola", referred_by=customer, now=NOW)
    third = contacts.add_contact(representative=seller, name="Iga", referred_by=second, now=NOW)

    with (
        pytest.raises(DatabaseError, match="referred, in the end, by itself"),
        transaction.atomic(),
    ):
        Customer.objects.filter(pk=customer.pk).update(referred_by=third)
    forward = (
        "INSERT INTO sales_customer (representative_id, reference, name, sort_key, email, phone,"
        " note, is_self, referred_by_id, created_at) SELECT representative_id, 'X', 'X', 'x', '',"
        " '', '', false, id + 999999, created_at FROM sales_customer WHERE id = %s"
    )
    with (
        pytest.raises(DatabaseError, match="does not exist yet"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(forward, [customer.pk])
    with pytest.raises(sales.UnableToSaveCustomer):
        sales.edit_customer(customer=customer, name="Helena Nowak", referred_by=third)
    customer.refresh_from_db()
    assert customer.referred_by is None


def test_a_merge_closes_no_circle_of_referrals(seller: Representative, customer: Customer) -> None:
    second = contacts.add_contact(representative=seller, name="Ola", referred_by=customer, now=NOW)
    third = contacts.add_contact(representative=seller, name="Iga", referred_by=second, now=NOW)

    contacts.merge_customers(kept=third, merged=customer, now=NOW)

    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.referred_by, third.referred_by) == (third, None)


def test_who_asked_to_be_left_alone_stays_so(link: ReferralLink, seller: Representative) -> None:
    person = contacts.add_contact(
        representative=seller, name="Ewa", email="ewa@example.com", now=NOW
    )
    contacts.stop_contact(customer=person, now=NOW)

    assert arrive(link) == Outcome.NOTHING

    person.refresh_from_db()
    assert person.no_contact_at is not None
    assert person.name == "Ewa"
    assert events() == ["opted_out"]
    assert not FollowUp.objects.exists()


def test_what_is_known_of_somebody_is_not_overwritten(
    link: ReferralLink, seller: Representative
) -> None:
    person = contacts.add_contact(
        representative=seller, name="Ewa M.", email="ewa@example.com", phone="1", now=NOW
    )

    assert arrive(link, replace(EWA, phone="600100200")) == Outcome.AGAIN

    person.refresh_from_db()
    assert (person.name, person.phone, person.source) == ("Ewa M.", "1", "manual")
    assert not Arrival.objects.exists()
    assert FollowUp.objects.get().customer == person


def test_a_customer_who_recommends_is_recorded_and_thanked(
    customer: Customer, personal: ReferralLink, buy: Buy, seller: Representative
) -> None:
    assert arrive(personal) == Outcome.NEW
    person = Customer.objects.get(name="Ewa Maj")
    assert (person.referred_by, person.source) == (customer, "customer")

    order = buy(person, "2017-03-20T12:00", TEA=1)
    buy(person, "2017-03-20T12:30", TEA=1)

    assert set(OrderLine.objects.filter(order=order).values_list("line_class", flat=True)) == {
        "referral"
    }
    thanks = ReferralThanks.objects.get()
    assert (thanks.order, thanks.referrer) == (order, customer)
    customer.refresh_from_db()
    assert customer.stage == "refers"
    todo = FollowUp.objects.get(customer=customer)
    assert "Ewa Maj" in todo.text
    assert todo.due_on == date(2017, 3, 20)
    waiting: list[Any] = selectors.list_thanks(seller)
    assert [one.is_thanked for one in waiting] == [False]

    services.mark_thanked(thanks=thanks, now=NOW)

    todo.refresh_from_db()
    assert (todo.state, todo.result) == ("done", "done")
    done: list[Any] = selectors.list_thanks(seller)
    assert [one.is_thanked for one in done] == [True]


@pytest.mark.parametrize("was_thanked", [False, True])
def test_thanks_name_nobody_who_is_erased(
    customer: Customer,
    personal: ReferralLink,
    buy: Buy,
    seller: Representative,
    was_thanked: bool,
) -> None:
    arrive(personal)
    person = Customer.objects.get(name="Ewa Maj")
    buy(person, "2017-03-20T12:00", TEA=1)
    if was_thanked:
        FollowUp.objects.filter(customer=customer).update(
            state="done", result="talked", closed_at=NOW
        )

    contacts.erase_customer(customer=person, now=NOW)

    assert not FollowUp.objects.filter(text__contains="Ewa").exists()
    listed: list[Any] = selectors.list_thanks(seller)
    assert [one.is_thanked for one in listed] == [was_thanked]


def test_who_wants_to_be_left_alone_is_recorded_without_a_task(
    customer: Customer, personal: ReferralLink, buy: Buy
) -> None:
    arrive(personal)
    contacts.stop_contact(customer=customer, now=NOW)

    buy(Customer.objects.get(name="Ewa Maj"), "2017-03-20T12:00", TEA=1)

    assert ReferralThanks.objects.get().referrer == customer
    assert not FollowUp.objects.filter(customer=customer).exists()


def test_a_recommendation_stays_when_another_link_is_touched_later(
    customer: Customer, personal: ReferralLink, link: ReferralLink
) -> None:
    arrive(personal)
    arrive(link)

    person = Customer.objects.get(name="Ewa Maj")
    assert person.referred_by == customer
    assert Arrival.objects.get(replaced_at__isnull=True).link == link


@pytest.mark.parametrize("email", ["ewa@example.com", "EWA+more@Example.com"])
def test_nobody_recommends_whom_the_seller_knows_already(
    customer: Customer, personal: ReferralLink, link: ReferralLink, buy: Buy, email: str
) -> None:
    """Whoever knows an address can write it on the page of a code; she came by a link before."""
    arrive(link)

    assert arrive(personal, replace(EWA, email=email)) == Outcome.AGAIN

    person = Customer.objects.get(name="Ewa Maj")
    order = buy(person, "2017-03-20T12:00", TEA=1)
    assert person.referred_by is None
    assert order.lines.get().line_class == "first"
    assert not ReferralThanks.objects.exists()
    assert not FollowUp.objects.filter(customer=customer).exists()


@pytest.mark.parametrize("kept_is_claim", [False, True])
@pytest.mark.parametrize("is_recommended", [False, True])
def test_a_merge_makes_no_recommendation_of_a_claim(
    personal: ReferralLink, seller: Representative, kept_is_claim: bool, is_recommended: bool
) -> None:
    first = contacts.add_contact(representative=seller, name="Jan", now=NOW - timedelta(9))
    known = contacts.add_contact(
        representative=seller,
        name="Ewa M.",
        email="e.maj@example.com",
        referred_by=first if is_recommended else None,
        now=NOW - timedelta(9),
    )
    arrive(personal)
    claim = Customer.objects.get(name="Ewa Maj")
    kept, merged = (claim, known) if kept_is_claim else (known, claim)

    contacts.merge_customers(kept=kept, merged=merged, now=NOW)

    kept.refresh_from_db()
    assert kept.referred_by == (first if is_recommended else None)


def test_nobody_is_thanked_twice_for_one_person(personal: ReferralLink, buy: Buy) -> None:
    """An order of before, recorded later, is the first one as well."""
    arrive(personal)
    person = Customer.objects.get(name="Ewa Maj")

    classes = [
        buy(person, day, TEA=1).lines.get().line_class
        for day in ("2017-03-20T12:00", "2017-03-19T12:00")
    ]

    assert classes == ["referral", "referral"]
    assert ReferralThanks.objects.count() == 1


def test_the_funnel_goes_from_visits_to_members(
    link: ReferralLink, seller: Representative, buy: Buy
) -> None:
    for _visit in range(8):
        services.count_visit(link=link, day=date(2017, 3, 19))
    arrive(link, replace(EWA, wants_to_join=True))
    arrive(link, replace(EWA, name="Jan", email="jan@example.com"))
    arrive(link, replace(EWA, name="Iga", email="iga@example.com"))
    buy(Customer.objects.get(name="Jan"), "2017-03-20T12:00", TEA=1)
    asked = Arrival.objects.get(customer__name="Ewa Maj")
    place = Place("https://portal.example", "en")
    with pytest.raises(services.UnableToInviteArrival):
        services.invite_arrival(
            arrival=Arrival.objects.get(customer__name="Jan"), place=place, now=NOW
        )

    invited = services.invite_arrival(arrival=asked, place=place, now=NOW).invitation
    assert invited is not None
    with pytest.raises(services.UnableToInviteArrival):
        services.invite_arrival(arrival=asked, place=place, now=NOW)
    seed = OutboxEvent.objects.get(topic="invitation").payload["seed"]
    member = invitations.accept_invitation(
        token=invitations.token_of(invited, seed=seed),
        name="Ewa Maj",
        phone="",
        password="a long password of Ewa",
        now=NOW,
        zone=seller_zone(),
    )

    assert member.sponsor == seller
    funnel = selectors.funnels_of([link.pk])[link.pk]
    assert funnel == selectors.Funnel(visits=8, contacts=3, orders=1, members=1)
    assert (funnel.contact_rate, funnel.order_rate) == (Fraction(38, 100), Fraction(33, 100))
    assert selectors.funnel_of([seller.pk]) == selectors.funnel_of() == funnel
    assert selectors.funnel_of([seller.pk], since=date(2017, 3, 20)).visits == 0
    assert ReferralDay.objects.get().visits == 8


def test_nobody_fills_the_timeline_of_somebody_known(link: ReferralLink) -> None:
    for _letter in range(arrivals.LETTERS_PER_DAY + 2):
        arrive(link)

    assert Talk.objects.count() == arrivals.LETTERS_PER_DAY
    assert ReferralEvent.objects.filter(kind="flood").count() == 2


def test_an_open_invitation_of_an_erased_person_ends_without_a_name(link: ReferralLink) -> None:
    arrive(link, replace(EWA, wants_to_join=True))
    arrival = Arrival.objects.get()
    place = Place("https://portal.example", "en")
    invited = services.invite_arrival(arrival=arrival, place=place, now=NOW).invitation
    assert invited is not None
    assert arrival.customer is not None
    later = NOW + timedelta(hours=1)

    contacts.erase_customer(customer=arrival.customer, now=later)

    invited.refresh_from_db()
    assert (invited.name, invited.email, invited.state(now=later)) == ("", "", "expired")


def seller_zone() -> Any:
    from representatives.clock import company_zone

    return company_zone()


def test_nobody_answers_to_the_link_of_whoever_left(
    link: ReferralLink, personal: ReferralLink, other_seller: Representative, staff: User
) -> None:
    own = services.add_link(representative=other_seller, now=NOW)
    assert selectors.find_link(own.code) == own
    terminate_representative(representative=other_seller, reason="left", decided_by=staff, now=NOW)

    assert selectors.find_link(own.code) is None
    with pytest.raises(services.UnableToReceive):
        arrive(own)
    assert selectors.find_link(personal.code) == personal
    services.close_link(link=personal, now=NOW)
    assert selectors.find_link(personal.code) is None


def test_a_personal_code_follows_its_customer_to_another_representative(
    seller: Representative, other_seller: Representative, staff: User, buy: Buy
) -> None:
    customer = contacts.add_contact(representative=other_seller, name="Helena", now=NOW)
    buy(customer, "2017-03-01T10:00", TEA=1)
    personal = services.give_personal_link(customer=customer, now=NOW)
    arrive(personal)
    terminate_representative(representative=other_seller, reason="left", decided_by=staff, now=NOW)
    sales.pass_on_customers(representative=other_seller, now=NOW)

    found = selectors.find_link(personal.code)
    assert found is not None
    assert selectors.owner_of(found) == seller
    assert selectors.list_arrivals(seller) == []
    assert selectors.get_link(other_seller, personal.pk) is None


def test_what_is_left_of_erased_people_is_a_number(
    customer: Customer, personal: ReferralLink, buy: Buy
) -> None:
    arrive(personal)
    person = Customer.objects.get(name="Ewa Maj")
    own = services.give_personal_link(customer=person, now=NOW)
    told = people_changes.tell(customer=person)
    assert (len(told["arrivals"]), told["personal_codes"][0]["code"]) == (1, own.code)

    contacts.erase_customer(customer=person, now=NOW)
    contacts.erase_customer(customer=customer, now=NOW)

    own.refresh_from_db()
    assert own.customer is None
    assert own.closed_at is not None
    assert Arrival.objects.get().customer is None
    assert not Customer.objects.filter(pk__in=[person.pk, customer.pk]).exists()
    assert selectors.funnels_of([personal.pk])[personal.pk].contacts == 1


def test_a_merge_keeps_the_later_arrival_and_the_codes(
    link: ReferralLink, seller: Representative, personal: ReferralLink, customer: Customer
) -> None:
    arrive(link)
    arrive(link, replace(EWA, email="ewa@work.example"), now=NOW + timedelta(hours=1))
    first, second = Customer.objects.filter(name="Ewa Maj").order_by("pk")
    code = services.give_personal_link(customer=second, now=NOW)

    contacts.merge_customers(kept=first, merged=second, now=NOW + timedelta(hours=2))

    standing = Arrival.objects.get(replaced_at__isnull=True)
    assert (standing.customer, standing.arrived_at) == (first, NOW + timedelta(hours=1))
    code.refresh_from_db()
    assert code.customer == first
    arrive(personal, replace(EWA, name="Helena N.", email="hn@example.com"))
    twin = Customer.objects.get(name="Helena N.")
    contacts.merge_customers(kept=customer, merged=twin, now=NOW + timedelta(hours=2))
    assert not Arrival.objects.filter(replaced_at__isnull=True, customer=customer).exists()


def test_at_most_so_many_come_in_a_day(link: ReferralLink, monkeypatch: Any) -> None:
    monkeypatch.setattr("sales.referrals.services.arrivals.ARRIVALS_PER_DAY", 1)

    assert arrive(link) == Outcome.NEW
    assert arrive(link, replace(EWA, email="b@example.com")) == Outcome.NOTHING
    assert arrive(link, replace(EWA, email="c@example.com"), now=NOW + timedelta(days=2)) == "new"
    assert events() == ["flood"]


def test_enrolment_by_a_link_is_free_of_value(link: ReferralLink) -> None:
    arrive(link)

    assert not Order.objects.exists()


def steps(link: ReferralLink, letter: Letter, **facts: Any) -> Counter[str]:
    """Return how often a letter asks or writes which table."""
    with CaptureQueriesContext(connection) as asked:
        arrive(link, letter, **facts)
    return Counter(
        " ".join(re.findall(r'^\w+|(?<=FROM |INTO |DATE )"\w+"', one["sql"]))
        for one in asked.captured_queries
        if not one["sql"].startswith(("ROLLBACK", "RELEASE"))  # of the savepoints that are counted
    )


def test_a_letter_takes_the_same_steps_whoever_is_known(
    seller: Representative,
    other_seller: Representative,
    customer: Customer,
    products: dict[str, Product],
    buy: Buy,
) -> None:
    """Else the time of the answer would tell who is in somebody's list."""
    link = services.add_link(representative=other_seller, product=products["TEA"], now=NOW)
    for name in ("known", "buyer", "quiet"):
        contacts.add_contact(
            representative=other_seller, name=name, email=f"{name}@example.com", now=NOW
        )
    buy(Customer.objects.get(name="buyer"), "2017-03-20T12:00", TEA=1)
    contacts.stop_contact(customer=Customer.objects.get(name="quiet"), now=NOW)

    new = steps(link, EWA)

    for name in ("known", "buyer", "quiet", "lukasz", "marta"):
        assert steps(link, replace(EWA, email=f"{name}@example.com")) == new, name
    assert events() == ["known", "known", "opted_out", "own", "loop"]
    moved = steps(link, EWA, now=NOW + timedelta(days=1))
    assert moved == new


def test_a_letter_adds_to_somebody_known_its_message_alone(
    seller: Representative, products: dict[str, Product]
) -> None:
    long_ago = NOW - timedelta(days=400)
    known = contacts.add_contact(
        representative=seller, name="Ewa M.", email="ewa@example.com", now=long_ago
    )
    link = services.add_link(representative=seller, product=products["TEA"], now=NOW)

    assert arrive(link) == Outcome.AGAIN

    known.refresh_from_db()
    assert known.touched_at == long_ago
    assert "Nobody has checked who wrote it" in known.talks.get().text
    assert FollowUp.objects.get(customer=known).product == products["TEA"]
    assert not known.needs.exists()
    assert not known.consents.exists()
    assert Customer.objects.get() == known
    assert contacts.delete_unused_contacts(now=NOW) == 1
