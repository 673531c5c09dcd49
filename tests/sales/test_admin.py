"""Staff's site: the catalogue and customers by services, facts read-only, acts as provided."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from representatives.models import Representative, User
from sales import services, staff_acts
from sales.forecast.services import learn_forecasts
from sales.models import Customer, Order, Product, Return
from tests.sales.conftest import NOW

Buy = Callable[..., Order]


@pytest.fixture
def boss(company: Any) -> User:
    return User.objects.create_superuser("boss@example.com", "a long password of boss")


@pytest.fixture
def site(client: Client, boss: User) -> Client:
    client.force_login(boss)
    return client


@pytest.fixture
def acts(intervals: list[Any]) -> Iterator[None]:
    """Provide the acts as the app above does, without its ledger."""
    before = staff_acts.StaffActs(
        staff_acts.provided.record_payment, staff_acts.provided.accept_return
    )

    def record_payment(**facts: Any) -> Order:
        return services.pay_order(counted_at=facts["now"], open_intervals=intervals, **facts)

    def accept_return(**facts: Any) -> Return:
        return services.accept_return(open_intervals=intervals, **facts)

    staff_acts.provide(record_payment=record_payment, accept_return=accept_return)
    yield
    staff_acts.provided.record_payment = before.record_payment
    staff_acts.provided.accept_return = before.accept_return


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


PRODUCT = {
    "sku": "BALM",
    "name": "Hand Balm",
    "category": "Care",
    "is_active": "on",
    "retail_price_minor": "9.90",
    "ir_price_minor": "8",
    "tax_rate_bp": "23",
    "repeat": "on",
    "bv": "9",
    "rsp": "5.5",
    "pack_days": "45",
    "uses": "",
}


def test_product_is_added_and_changed_in_decimals(
    site: Client, products: dict[str, Product]
) -> None:
    companion = {"companions": [products["TEA"].pk]}
    added = site.post("/admin/sales/product/add/", PRODUCT | companion)

    assert added.status_code == 302
    product = Product.objects.get(sku="BALM")
    assert (product.retail_price_minor, product.ir_price_minor) == (990, 800)
    assert (product.bv, product.rsp, product.tax_rate_bp) == (900, 550, 2300)
    assert list(product.companions.all()) == [products["TEA"]]
    page = site.get(f"/admin/sales/product/{product.pk}/change/").content.decode()
    assert 'value="9.90"' in page
    site.post(f"/admin/sales/product/{product.pk}/change/", PRODUCT | {"name": "Balm"})
    product.refresh_from_db()
    assert (product.name, product.companions.count()) == ("Balm", 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sku": "TEA"}, "already exists"),
        ({"retail_price_minor": "9,90"}, "is not an amount"),
        ({"retail_price_minor": "9.905"}, "more than 2 decimal places"),
        ({"ir_price_minor": "10"}, "above the retail price"),
        ({"tax_rate_bp": "101"}, "between 0 and 100"),
        ({"bv": ""}, "required"),
        ({"pack_days": "0"}, "a day at least"),
    ],
)
def test_wrong_product_is_refused_at_its_field(
    site: Client, products: dict[str, Product], change: dict[str, str], words: str
) -> None:
    answer = site.post("/admin/sales/product/add/", PRODUCT | change)

    assert answer.status_code == 200
    assert words in text(answer)
    assert not Product.objects.filter(name="Hand Balm").exists()


def test_customer_is_added_and_changed(site: Client, seller: Representative) -> None:
    form = {"representative": seller.pk, "name": "Łucja", "reference": ""}

    site.post("/admin/sales/customer/add/", form)
    added = Customer.objects.get()
    site.post(f"/admin/sales/customer/{added.pk}/change/", {"name": "Ola", "phone": "1"})

    assert (added.name, added.sort_key, len(added.reference)) == ("Łucja", "l{ucja\tlucja", 13)
    added.refresh_from_db()
    assert (added.name, added.phone, added.sort_key) == ("Ola", "1", "ola")
    # The log is never changed, so it names nobody who may be erased.
    logged = LogEntry.objects.values_list("object_id", "object_repr")
    assert list(logged) == [(str(added.pk), f"#{added.pk}")] * 2


def test_own_customer_can_not_be_changed(site: Client, seller: Representative) -> None:
    own = services.self_customer(representative=seller, now=NOW)

    answer = site.post(f"/admin/sales/customer/{own.pk}/change/", {"name": "x"})

    assert answer.status_code == 403


def test_person_who_asks_is_erased_and_the_log_says_why(
    site: Client, buy: Buy, customer: Customer
) -> None:
    buy(customer, "2017-03-01T10:00", TEA=2)
    address = f"/admin/sales/customer/{customer.pk}"
    assert f"{address}/erase/" in site.get(f"{address}/change/").content.decode()
    assert "can't be undone" in unescape(site.get(f"{address}/erase/").content.decode())
    named = site.post(f"{address}/erase/", {"reason": "asked", "letter": "Anna Nowak"})
    assert named.status_code == 422

    done = site.post(f"{address}/erase/", {"reason": "asked", "letter": "RODO/12/2017"})

    assert done.status_code == 302
    customer.refresh_from_db()
    assert customer.name.startswith("N.N.")
    assert customer.erased_at is not None
    logged = LogEntry.objects.get()
    assert (logged.object_id, logged.object_repr) == (str(customer.pk), f"#{customer.pk}")
    assert logged.get_change_message() == "Erased: The person asked for it (RODO/12/2017)"
    assert site.get(f"{address}/erase/").status_code == 404


def test_contact_without_orders_goes_as_a_whole(site: Client, customer: Customer) -> None:
    done = site.post(f"/admin/sales/customer/{customer.pk}/erase/", {"reason": "mistake"})

    assert done.status_code == 302
    assert not Customer.objects.filter(pk=customer.pk).exists()


def test_only_who_may_delete_erases(
    client: Client, staff: User, customer: Customer, seller: Representative
) -> None:
    address = f"/admin/sales/customer/{customer.pk}/erase/"
    permissions = Permission.objects.filter(content_type__app_label="sales")
    staff.is_staff = True
    staff.save()
    staff.user_permissions.add(permissions.get(codename="change_customer"))
    client.force_login(staff)
    assert client.post(address, {"reason": "asked"}).status_code == 403

    staff.user_permissions.add(permissions.get(codename="delete_customer"))
    own = services.self_customer(representative=seller, now=NOW)
    assert client.post(address.replace(str(customer.pk), str(own.pk))).status_code == 404
    assert client.post(address, {"reason": "asked"}).status_code == 302


def test_staff_read_what_forecasts_were_learnt_from(site: Client, buy: Buy, company: Any) -> None:
    model = learn_forecasts(now=NOW)

    assert "rhythm" in text(site.get("/admin/sales/forecastmodel/"))
    page = site.get(f"/admin/sales/forecastmodel/{model.pk}/change/")
    assert "lessons" in text(page)
    assert site.post(f"/admin/sales/forecastmodel/{model.pk}/delete/").status_code == 403


@pytest.mark.parametrize("model", ["order", "orderline", "payment", "return", "importbatch"])
def test_facts_are_read_only(
    site: Client, buy: Buy, customer: Customer, staff: User, model: str
) -> None:
    order = buy(customer, "2017-03-01T10:00", TEA=2)
    line = order.lines.get()
    back = services.request_return(line=line, quantity=1, requested_by=staff, now=NOW)
    rows = {"order": order, "orderline": line, "payment": order.payment, "return": back}

    assert site.get(f"/admin/sales/{model}/").status_code == 200
    assert site.get(f"/admin/sales/{model}/add/").status_code == 403
    if model in rows:
        address = f"/admin/sales/{model}/{rows[model].pk}"
        assert site.get(f"{address}/change/").status_code == 200
        assert site.post(f"{address}/change/", {"status": "placed"}).status_code == 403
        assert site.post(f"{address}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", ["product", "customer"])
def test_nothing_is_deleted(
    site: Client, products: dict[str, Product], customer: Customer, model: str
) -> None:
    row = products["TEA"] if model == "product" else customer

    assert site.post(f"/admin/sales/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    page = site.get(f"/admin/sales/{model}/").content.decode()
    assert "delete_selected" not in page


def test_payment_is_recorded_on_its_page(
    site: Client, acts: None, place: Buy, customer: Customer, boss: User
) -> None:
    order = place(customer, TEA=1)
    address = f"/admin/sales/order/{order.pk}/payment/"

    assert address in site.get("/admin/sales/order/").content.decode()
    assert 'value="12.90"' in site.get(address).content.decode()
    wrong = site.post(address, {"reference": "b", "amount": "12", "paid_at": "2017-03-20T10:00"})
    site.post(address, {"reference": "b 1", "amount": "12.90", "paid_at": "2017-03-20T10:00"})

    assert wrong.status_code == 422
    assert "not the total" in text(wrong)
    order.refresh_from_db()
    assert (order.status, order.payment.recorded_by) == ("paid", boss)
    assert order.paid_at.isoformat() == "2017-03-20T09:00:00+00:00"
    assert site.get(address).status_code == 404


def test_return_is_accepted_or_refused(
    site: Client, acts: None, buy: Buy, customer: Customer, staff: User
) -> None:
    line = buy(customer, "2017-03-01T10:00", TEA=3).lines.get()
    first, second = (
        services.request_return(line=line, quantity=1, requested_by=staff, now=NOW)
        for _ in range(2)
    )

    def decide(back: Return, **form: str) -> Any:
        return site.post(f"/admin/sales/return/{back.pk}/decide/", {"quantity": "1"} | form)

    assert decide(second, act="refuse").status_code == 422
    assert decide(first, act="accept", quantity="2").status_code == 422
    assert decide(first, act="accept").status_code == 302
    assert decide(second, act="refuse", decision="opened").status_code == 302
    assert [back.status for back in Return.objects.order_by("id")] == ["accepted", "refused"]


def test_acts_need_the_permission_and_a_provider(
    client: Client, acts: None, place: Buy, customer: Customer, staff: User
) -> None:
    address = f"/admin/sales/order/{place(customer, TEA=1).pk}/payment/"

    client.force_login(staff)
    assert client.get(address).status_code in (403, 404)
    staff_acts.provided.record_payment = None
    client.force_login(User.objects.create_superuser("other@example.com", "a long password"))
    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_the_app_above_provides_the_acts(
    site: Client, place: Buy, customer: Customer, intervals: list[Any]
) -> None:
    """The real acts: payment into the open month, then the return of it."""
    order = place(customer, TEA=1)
    paid = {"reference": "b", "amount": "12.90", "paid_at": "2017-03-20T10:00"}
    assert site.post(f"/admin/sales/order/{order.pk}/payment/", paid).status_code == 302
    back = services.request_return(line=order.lines.get(), quantity=1, requested_by=None, now=NOW)

    answer = site.post(f"/admin/sales/return/{back.pk}/decide/", {"quantity": "1", "act": "accept"})

    assert answer.status_code == 302
    back.refresh_from_db()
    order.refresh_from_db()
    assert (order.counted_at, back.status, back.counted_at) == (NOW, "accepted", NOW)
