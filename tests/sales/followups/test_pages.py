"""Pages of follow-ups, as a representative sees and uses them; others' rows do not exist."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from representatives.models import Representative
from sales import services
from sales.models import Customer, FollowUp, Product, Talk
from tests.sales.conftest import NOW
from tests.sales.followups.conftest import TODAY, Plan, text

pytestmark = pytest.mark.django_db
LIST = "/follow-ups/"


def test_overdue_stands_first_and_later_last(web: Client, customer: Customer, plan: Plan) -> None:
    plan(days=3, text="Order samples")
    plan(customer, days=-2, kind="reorder", text="")
    plan(customer, days=0, text="Say thanks")
    plan(days=40, text="Plan the summer")

    page = text(web.get(LIST))

    parts = [
        *("Overdue: 1, for today: 1", "Overdue", "Helena Nowak: ask about the next order"),
        *("2 days late", "Today", "Helena Nowak: Say thanks", "The next seven days"),
        *("Order samples", "Later", "Plan the summer", "29 Apr"),
    ]
    places = [page.index(parts[0])]
    for part in parts[1:]:
        places.append(page.index(part, places[-1] + 1))
    assert places == sorted(places)


def test_list_takes_as_many_queries_for_many_as_for_few(
    web: Client, customer: Customer, plan: Plan, other_seller: Representative
) -> None:
    plan(customer)
    plan(member=other_seller, kind="member")
    with CaptureQueriesContext(connection) as few:
        web.get(LIST)
    for number in range(30):
        plan(customer, days=number - 15)
        plan(member=other_seller, kind="member")
    with CaptureQueriesContext(connection) as many:
        web.get(LIST)

    assert len(few) == len(many)


def test_task_of_ones_own_is_planned(web: Client, seller: Representative) -> None:
    answer = web.post(LIST + "new/", {"text": "Order samples", "due_on": "2017-03-22"})

    assert (answer.status_code, answer["Location"]) == (302, LIST)
    row = FollowUp.objects.get()
    assert (row.representative, row.kind, row.text) == (seller, "own", "Order samples")
    assert "Planned for Wednesday 22 March." in text(web.get(LIST))


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"text": "", "due_on": "2017-03-22"}, "This field is required."),
        ({"text": "x", "due_on": "2017-03-19"}, "This day is past."),
        ({"text": "x", "due_on": "2019-04-01"}, "more than two years"),
        ({"text": "x", "due_on": "soon"}, "Enter a valid date."),
    ],
)
def test_what_can_not_be_planned_is_said(web: Client, sent: dict[str, str], says: str) -> None:
    answer = web.post(LIST + "new/", sent)

    assert answer.status_code == 422
    assert says in text(answer)
    assert not FollowUp.objects.exists()


def test_customer_is_followed_up_with_a_product(
    web: Client, customer: Customer, products: dict[str, Product]
) -> None:
    query: dict[str, Any] = {
        "customer": customer.pk,
        "product": products["TEA"].pk,
        "kind": "reorder",
    }
    page = web.get(LIST + "new/", query)
    assert "About Olive Leaf Tea." in text(page)

    web.post(LIST + "new/", query | {"text": "", "due_on": "2017-03-22", "next": "/orders/"})

    row = FollowUp.objects.get()
    assert (row.customer, row.product, row.kind) == (customer, products["TEA"], "reorder")
    assert "Helena Nowak: ask about the next Olive Leaf Tea" in text(web.get(LIST))


def test_customer_is_found_by_name(web: Client, customer: Customer) -> None:
    assert "Helena Nowak" in text(web.get(LIST + "new/", {"q": "nowak hel"}))
    fragment = web.get(LIST + "new/", {"q": "helena"}, HTTP_HX_REQUEST="true")
    assert "<html" not in fragment.content.decode()
    assert f"?customer={customer.pk}" in fragment.content.decode()


def test_member_is_followed_up_as_long_as_in_the_line(
    web: Client, seller: Representative, other_seller: Representative
) -> None:
    sent = {"member": other_seller.code, "text": "", "due_on": "2017-03-22"}

    assert web.post(LIST + "new/", sent).status_code == 302

    row = FollowUp.objects.get()
    assert (row.member, row.kind) == (other_seller, "member")
    assert "Łukasz Zieliński: get in touch" in text(web.get(LIST))
    stranger = Client()
    assert other_seller.user is not None
    stranger.force_login(other_seller.user)
    assert stranger.post(LIST + "new/", sent | {"member": seller.code}).status_code == 404
    FollowUp.objects.filter(pk=row.pk).delete()


def test_done_with_a_result_can_be_undone(web: Client, customer: Customer, plan: Plan) -> None:
    row = plan(customer)

    web.post(f"{LIST}{row.pk}/done/", {"result": "no_answer", "note": "Voice mail"})

    row.refresh_from_db()
    assert (row.state, row.result, row.note, row.closed_at) == (
        *("done", "no_answer", "Voice mail"),
        NOW,
    )
    done = text(web.get(LIST, {"show": "done"}))
    assert "No answer" in done
    assert "Voice mail" in done

    web.post(f"{LIST}{row.pk}/reopen/")

    row.refresh_from_db()
    assert (row.state, row.result, row.note, row.closed_at) == ("open", "", "", None)


def test_good_talk_is_noted_and_goes_with_the_undo(
    web: Client, customer: Customer, plan: Plan
) -> None:
    row = plan(customer, kind="care")

    web.post(f"{LIST}{row.pk}/done/", {"result": "well"})

    assert [(one.went, one.at) for one in customer.talks.all()] == [("well", NOW)]
    row.refresh_from_db()
    assert row.result == "talked"

    web.post(f"{LIST}{row.pk}/reopen/")

    assert not Talk.objects.exists()


def test_done_without_a_result_asks_for_it(web: Client, customer: Customer, plan: Plan) -> None:
    row = plan(customer)

    answer = web.post(f"{LIST}{row.pk}/done/", {"result": "perhaps"})

    assert answer.status_code == 422
    row.refresh_from_db()
    assert row.is_open


def test_putting_off_and_taking_it_back(web: Client, customer: Customer, plan: Plan) -> None:
    row = plan(customer, days=-3)

    web.post(f"{LIST}{row.pk}/move/", {"days": "1", "next": "/orders/"})

    row.refresh_from_db()
    assert row.due_on == TODAY + timedelta(1)
    page = web.get(LIST).content.decode()
    assert "Put off to 21 Mar: Helena Nowak" in page
    assert 'name="due_on" value="2017-03-17"' in page

    web.post(f"{LIST}{row.pk}/reopen/", {"due_on": "2017-03-17"})

    row.refresh_from_db()
    assert row.due_on == TODAY - timedelta(3)


@pytest.mark.parametrize("sent", [{"due_on": "2017-03-19"}, {"due_on": ""}, {"days": "-1"}])
def test_no_day_to_put_it_off_to(
    web: Client, customer: Customer, plan: Plan, sent: dict[str, str]
) -> None:
    row = plan(customer)

    assert web.post(f"{LIST}{row.pk}/move/", sent).status_code == 422
    row.refresh_from_db()
    assert row.due_on == TODAY


def test_taken_off_the_list_and_put_back(web: Client, customer: Customer, plan: Plan) -> None:
    row = plan(customer)

    web.post(f"{LIST}{row.pk}/cancel/")
    assert "Taken off the list" in text(web.get(f"{LIST}{row.pk}/"))
    web.post(f"{LIST}{row.pk}/reopen/")

    row.refresh_from_db()
    assert row.is_open


@pytest.mark.parametrize("act", ["", "done/", "move/", "cancel/", "reopen/"])
def test_others_follow_ups_do_not_exist(
    stranger: Client, customer: Customer, plan: Plan, act: str
) -> None:
    row = plan(customer)
    address = f"{LIST}{row.pk}/{act}"

    if act in ("", "done/", "move/"):
        assert stranger.get(address).status_code == 404
    if act:
        assert stranger.post(address, {"result": "done", "days": "1"}).status_code == 404
    row.refresh_from_db()
    assert row.is_open
    assert row.due_on == TODAY
    assert "Helena" not in text(stranger.get(LIST))


def test_others_customers_can_not_be_followed_up(stranger: Client, customer: Customer) -> None:
    assert stranger.get(LIST + "new/", {"customer": customer.pk}).status_code == 404
    assert stranger.get(LIST + "message/", {"customer": customer.pk}).status_code == 404
    assert "Helena" not in text(stranger.get(LIST + "new/", {"q": "Helena"}))


def test_back_leads_nowhere_else(web: Client, plan: Plan) -> None:
    for address in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        row = plan()
        answer = web.post(f"{LIST}{row.pk}/done/", {"result": "done", "next": address})
        assert answer["Location"] == LIST


def test_customer_who_may_not_be_contacted_is_not_planned(
    web: Client, customer: Customer, seller: Representative
) -> None:
    Customer.objects.filter(pk=customer.pk).update(no_contact_at=NOW)

    page = text(web.get(LIST + "new/", {"customer": customer.pk}))
    assert "asked not to be contacted" in page
    answer = web.post(
        LIST + "new/", {"customer": customer.pk, "kind": "own", "text": "", "due_on": "2017-03-22"}
    )
    assert answer.status_code == 422
    assert not FollowUp.objects.exists()
    assert "mailto:" not in web.get(LIST + "message/", {"customer": customer.pk}).content.decode()


def test_order_that_answered_is_linked_and_stays(
    web: Client, customer: Customer, plan: Plan, place: object
) -> None:
    order = services.place_order(
        seller=customer.representative,
        customer=customer,
        lines=[services.LineRequest(_any_product().pk, 1)],
        now=NOW,
    )
    row = plan(customer, kind="reorder")
    FollowUp.objects.filter(pk=row.pk).update(
        state="done", result="ordered", closed_at=NOW, closing_order=order
    )

    assert order.reference in text(web.get(f"{LIST}{row.pk}/"))
    web.post(f"{LIST}{row.pk}/reopen/")

    assert "An order has answered this follow-up already." in text(web.get(LIST))
    row.refresh_from_db()
    assert row.state == "done"


def _any_product() -> Product:
    product = Product.objects.filter(is_active=True).first()
    assert product is not None
    return product


def test_addresses_stand_by_their_names() -> None:
    assert reverse("sales:follow_ups") == LIST
    assert reverse("sales:message") == LIST + "message/"
