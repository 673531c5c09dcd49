"""The database refuses to chase whoever may not be, and ends what may no longer be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from representatives.models import Representative, User
from representatives.services import terminate_representative
from sales import people_changes, services
from sales.contacts import services as contacts
from sales.followups.services import (
    UnableToFollowUp,
    finish_follow_up,
    plan_follow_up,
    reopen_follow_up,
)
from sales.models import Customer, FollowUp, Order, Product
from tests.sales.conftest import NOW
from tests.sales.followups.conftest import TODAY, Plan

pytestmark = pytest.mark.django_db


def refused(**facts: Any) -> str:
    """Write a row past all services, and return the name of what refuses it."""
    row = FollowUp(**{"kind": "own", "due_on": TODAY, "text": "x", "created_at": NOW} | facts)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        FollowUp.objects.bulk_create([row])
    diag = getattr(caught.value.__cause__, "diag", None)
    return str(getattr(diag, "constraint_name", ""))


def test_rows_that_make_no_sense(
    seller: Representative, other_seller: Representative, customer: Customer
) -> None:
    about = {"representative": seller, "customer": customer}
    cases: list[tuple[str, dict[str, Any]]] = [
        ("followup_kind_known", about | {"kind": "visit"}),
        ("followup_done_has_a_result", about | {"state": "done", "closed_at": NOW}),
        ("followup_done_has_a_result", about | {"closed_at": NOW}),
        ("followup_done_has_a_result", about | {"result": "talked"}),
        ("followup_on_one_person", about | {"member": other_seller}),
        ("followup_kind_fits_person", {"representative": seller, "kind": "reorder"}),
        ("followup_kind_fits_person", about | {"kind": "member"}),
        ("followup_says_what", {"representative": seller, "text": ""}),
        ("followup_on_another_member", {"representative": seller, "member": seller}),
        ("followup_source_named", about | {"source_key": ""}),
    ]
    for name, facts in cases:
        assert refused(**facts) == name


@pytest.mark.parametrize("column", ["no_contact_at", "erased_at"])
def test_nobody_is_planned_for_who_may_not_be_contacted(customer: Customer, column: str) -> None:
    Customer.objects.filter(pk=customer.pk).update(**{column: NOW, "no_contact_at": NOW})

    facts = {"representative": customer.representative, "customer": customer}
    assert refused(**facts) == "followup_may_be_contacted"


def test_customer_of_another_and_ones_own_row_are_refused(
    customer: Customer, other_seller: Representative, seller: Representative
) -> None:
    own = services.self_customer(representative=seller, now=NOW)

    for facts in (
        {"representative": other_seller, "customer": customer},
        {"representative": seller, "customer": own},
    ):
        assert refused(**facts) == "followup_may_be_contacted"


def test_wish_to_be_left_alone_ends_what_is_open(customer: Customer, plan: Plan) -> None:
    rows = [plan(customer, kind=kind) for kind in ("own", "reorder", "referral_ask")]
    done = plan(customer)
    FollowUp.objects.filter(pk=done.pk).update(state="done", result="talked", closed_at=NOW)

    contacts.stop_contact(customer=customer, now=NOW)

    assert {row.state for row in FollowUp.objects.filter(pk__in=[row.pk for row in rows])} == {
        "cancelled"
    }
    assert FollowUp.objects.get(pk=done.pk).state == "done"
    with pytest.raises(UnableToFollowUp, match="may not be contacted"):
        reopen_follow_up(follow_up=rows[0], now=NOW)


def test_what_ended_does_not_begin_again_when_contact_is_allowed(
    customer: Customer, plan: Plan
) -> None:
    row = plan(customer)
    contacts.stop_contact(customer=customer, now=NOW)

    contacts.allow_contact(customer=customer, now=NOW)

    row.refresh_from_db()
    assert row.state == "cancelled"
    planned_for = row.due_on
    assert reopen_follow_up(follow_up=row, now=NOW, due_on=date.max).is_open
    row.refresh_from_db()
    assert row.due_on == planned_for, "a day that an undo can't have had"


def test_whoever_ordered_since_is_not_asked_for_an_order(
    customer: Customer, products: dict[str, Product], paid: Order
) -> None:
    facts = {"representative": customer.representative, "customer": customer}
    before = NOW - timedelta(hours=1)

    for kind in ("care", "reorder", "win_back"):
        found = refused(**facts, kind=kind, created_at=before)
        assert found == "followup_not_after_an_order"
    FollowUp.objects.bulk_create(
        FollowUp(**facts, kind=kind, due_on=TODAY, text="x", created_at=before)
        for kind in ("own", "referral_ask", "guide")
    )


def test_what_an_order_answered_stays_answered(customer: Customer, paid: Order, plan: Plan) -> None:
    row = plan(customer, kind="reorder", ago=0)
    FollowUp.objects.filter(pk=row.pk).update(
        state="done", result="ordered", closed_at=NOW, closing_order=paid
    )

    with pytest.raises(DatabaseError, match="keeps what it was planned as"), transaction.atomic():
        FollowUp.objects.filter(pk=row.pk).update(
            state="open", result="", closed_at=None, closing_order=None
        )
    with pytest.raises(UnableToFollowUp, match="An order has answered"):
        reopen_follow_up(follow_up=row, now=NOW)


@pytest.mark.parametrize("column", ["kind", "source_key", "created_at", "representative_id"])
def test_what_was_planned_is_not_rewritten(customer: Customer, plan: Plan, column: str) -> None:
    row = plan(customer)
    value: Any = {"created_at": NOW, "representative_id": 1}.get(column, "guide")

    with pytest.raises(DatabaseError), transaction.atomic():
        FollowUp.objects.filter(pk=row.pk).update(**{column: value})


def test_erased_person_leaves_no_note(customer: Customer, plan: Plan, paid: Order) -> None:
    plan(customer, text="Has a dog called Azor")

    contacts.erase_customer(customer=customer, now=NOW)

    assert not FollowUp.objects.exists()


def test_contact_without_orders_is_erased_with_all(customer: Customer, plan: Plan) -> None:
    plan(customer)

    contacts.erase_customer(customer=customer, now=NOW)

    assert not Customer.objects.filter(pk=customer.pk).exists()
    assert not FollowUp.objects.exists()


def test_merged_person_takes_follow_ups_along(customer: Customer, plan: Plan) -> None:
    twin = services.add_customer(representative=customer.representative, name="H. N.", now=NOW)
    row = plan(twin)

    contacts.merge_customers(kept=customer, merged=twin, now=NOW)

    row.refresh_from_db()
    assert (row.customer, row.state) == (customer, "open")


@pytest.mark.parametrize("waits_at", ["kept", "merged"])
def test_merge_ends_what_an_order_of_the_other_row_answers(
    customer: Customer, plan: Plan, buy: Callable[..., Order], seller: Representative, waits_at: str
) -> None:
    twin = contacts.add_contact(representative=seller, name="Ania N.", now=NOW)
    waits, buys = (customer, twin) if waits_at == "kept" else (twin, customer)
    answered = plan(waits, kind="win_back", ago=20, days=3)
    own, later = plan(waits, ago=20, days=3), plan(waits, kind="reorder", ago=1, days=9)
    buy(buys, "2017-03-10T12:00", TEA=1)

    contacts.merge_customers(kept=customer, merged=twin, now=NOW)

    for row in (answered, own, later):
        row.refresh_from_db()
        assert row.customer == customer
    assert (answered.state, answered.closed_at) == ("cancelled", NOW)
    assert own.is_open
    assert later.is_open


@pytest.mark.parametrize("who", ["kept", "merged"])
def test_merge_with_somebody_to_be_left_alone_ends_what_is_open(
    customer: Customer, plan: Plan, who: str
) -> None:
    twin = services.add_customer(representative=customer.representative, name="H. N.", now=NOW)
    rows = [plan(twin), plan(customer)]
    stopped = customer if who == "kept" else twin
    contacts.stop_contact(customer=stopped, now=NOW)

    contacts.merge_customers(kept=customer, merged=twin, now=NOW)

    for row in rows:
        row.refresh_from_db()
        assert (row.customer, row.state) == (customer, "cancelled")


def test_pass_on_takes_along_what_the_desk_planned_and_nothing_private(
    seller: Representative,
    other_seller: Representative,
    staff: User,
    plan: Plan,
    buy: Callable[..., Order],
) -> None:
    person = services.add_customer(representative=other_seller, name="Ala", now=NOW)
    buy(person, "2017-03-20T12:30", TEA=1)
    plan(person, text="Ask about her mother")
    noted = plan(person)
    FollowUp.objects.filter(pk=noted.pk).update(
        state="done", result="talked", note="Private", closed_at=NOW
    )

    terminate_representative(representative=other_seller, reason="left", decided_by=staff, now=NOW)
    assert services.pass_on_customers_of_terminated(now=NOW) == 1

    rows = FollowUp.objects.filter(customer=person)
    assert [(row.representative, row.kind, row.state) for row in rows] == [
        (seller, "care", "open")
    ] * 3


def test_contact_with_something_planned_is_in_use(customer: Customer, plan: Plan) -> None:
    assert people_changes.still_used(customer_ids=[customer.pk], now=NOW) == set()
    plan(customer)
    assert people_changes.still_used(customer_ids=[customer.pk], now=NOW) == {customer.pk}


def test_plan_of_one_source_happens_once(customer: Customer) -> None:
    def again() -> FollowUp:
        return plan_follow_up(
            representative=customer.representative,
            customer=customer,
            kind="reorder",
            due_on=date(2017, 3, 25),
            now=NOW,
            source_key="suggestion-1",
        )

    assert again() == again()


def test_member_in_another_line_is_refused(
    seller: Representative, other_seller: Representative
) -> None:
    with pytest.raises(UnableToFollowUp, match="not in your line"):
        plan_follow_up(
            representative=other_seller,
            member=seller,
            kind="member",
            due_on=TODAY,
            now=NOW,
        )


def test_copy_of_a_persons_data_holds_what_was_noted(customer: Customer, plan: Plan) -> None:
    row = plan(customer, text="Ask about the tea")
    finish_follow_up(follow_up=row, result="talked", note="Likes it", now=NOW)

    [told] = people_changes.tell(customer=customer)["follow_ups"]

    assert (told["text"], told["result"], told["note"]) == (
        *("Ask about the tea", "talked"),
        "Likes it",
    )
