"""Pages of products, customers and orders, as a representative sees and uses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from representatives.models import Representative, User
from sales import services
from sales.models import Customer, Order, Product, Return
from tests.sales.conftest import NOW

Buy = Callable[..., Order]


@pytest.fixture
def web(client: Client, seller: Representative) -> Client:
    client.force_login(seller.user)
    return client


@pytest.fixture
def stranger(other_seller: Representative) -> Client:
    client = Client()
    client.force_login(other_seller.user)
    return client


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_products_show_prices_volumes_and_repeat_badge(
    web: Client, products: dict[str, Product]
) -> None:
    page = web.get("/products/")

    assert "Daily Greens" in text(page)
    assert "€49.90" in text(page)
    assert "€39.92" in text(page)
    assert "Old Soap" not in text(page)
    assert page.content.decode().count("badge-repeat") == 2


def test_products_can_be_searched_as_a_fragment(web: Client, products: dict[str, Product]) -> None:
    answer = web.get("/products/", {"q": "jug"}, HTTP_HX_REQUEST="true")

    assert "Water Jug" in text(answer)
    assert "Daily Greens" not in text(answer)
    assert "<html" not in answer.content.decode()


def test_customer_is_added_and_edited(web: Client, seller: Representative) -> None:
    answer = web.post("/customers/new/", {"name": " Łucja  Żak ", "email": "lucja@example.com"})

    added = seller.customers.get()
    assert answer.url == f"/customers/{added.pk}/"
    assert (added.name, added.sort_key) == ("Łucja Żak", "l{ucja z|ak\tlucja zak")
    web.post(f"/customers/{added.pk}/edit/", {"name": "Łucja Nowa", "phone": "600 100 200"})
    added.refresh_from_db()
    assert (added.name, added.email, added.phone) == ("Łucja Nowa", "", "600 100 200")


@pytest.mark.parametrize("path", ["/customers/new/", "/customers/{pk}/edit/"])
def test_wrong_customer_is_refused_at_its_field(web: Client, customer: Customer, path: str) -> None:
    answer = web.post(path.format(pk=customer.pk), {"name": "", "email": "none"})

    assert answer.status_code == 422
    assert answer.content.decode().count("invalid-feedback") == 2


def test_customers_are_sorted_and_found_without_accents(
    web: Client, seller: Representative
) -> None:
    for name in ("Żaneta", "Łukasz", "Luiza", "Zenon"):
        services.add_customer(representative=seller, name=name, now=NOW)

    page = text(web.get("/customers/all/"))
    assert [page.index(name) for name in ("Luiza", "Łukasz", "Zenon", "Żaneta")] == sorted(
        page.index(name) for name in ("Luiza", "Łukasz", "Zenon", "Żaneta")
    )
    assert "Łukasz" in text(web.get("/customers/all/", {"q": "lukasz"}))
    assert "Nobody found" in text(web.get("/customers/all/", {"q": "nobody"}))


def draft_of(response: Any) -> str:
    return re.search(r'name="draft" value="([^"]+)"', response.content.decode())[1]


def test_order_is_written_line_by_line_and_placed_once(
    web: Client, customer: Customer, products: dict[str, Product]
) -> None:
    page = web.get("/orders/new/", {"customer": customer.pk})
    draft = draft_of(page)
    greens, tea = products["GREENS"].pk, products["TEA"].pk
    form = {"customer": customer.pk, "draft": draft}

    first = web.post(
        "/orders/new/",
        form | {"action": "add", "product": greens, "quantity": "2"},
        HTTP_HX_REQUEST="true",
    )
    assert "<html" not in first.content.decode()
    assert "Total €99.80, 50 BV, 40 RSP" in first.content.decode()
    lines = {"line_product": [greens], "line_quantity": ["2"]}
    second = web.post(
        "/orders/new/", form | lines | {"action": "add", "product": tea}, HTTP_HX_REQUEST="true"
    )
    assert "Total €112.70, 56 BV, 45 RSP" in second.content.decode()
    lines = {"line_product": [greens, tea], "line_quantity": ["2", "3"]}
    removed = web.post(
        "/orders/new/", form | lines | {"action": "remove-0"}, HTTP_HX_REQUEST="true"
    )
    assert "Total €38.70" in removed.content.decode()

    placed = web.post("/orders/new/", form | lines | {"action": "place"})
    again = web.post("/orders/new/", form | lines | {"action": "place"})

    order = Order.objects.get()
    assert placed.url == again.url == f"/orders/{order.reference}/"
    assert draft.startswith(order.reference)
    assert [line.quantity for line in order.lines.order_by("number")] == [2, 3]


def test_an_order_begun_with_a_product_blames_nobody_yet(
    web: Client, products: dict[str, Product]
) -> None:
    begun = web.get("/orders/new/", {"product": products["GREENS"].pk})
    placed = web.post("/orders/new/", {"action": "place", "draft": draft_of(begun)})

    assert begun.status_code == 200
    assert 'class="invalid-feedback"' not in begun.content.decode()
    assert 'name="quantity" value="1"' in begun.content.decode()
    assert placed.status_code == 422
    assert 'class="invalid-feedback"' in placed.content.decode()


def test_orders_sum_up_the_month_and_what_waits_for_payment(
    web: Client, buy: Buy, place: Buy, customer: Customer
) -> None:
    buy(customer, "2017-02-28T10:00", JUG=1)
    buy(customer, "2017-03-01T10:00", GREENS=2)
    place(customer, GREENS=1)

    page = text(web.get("/orders/"))

    assert "€99.80 1 order " in page
    assert "To be paid €49.90 1 order " in page


def test_own_order_is_priced_at_the_ir_price(web: Client, products: dict[str, Product]) -> None:
    answer = web.post(
        "/orders/new/",
        {"customer": "me", "action": "add", "product": products["GREENS"].pk, "quantity": "1"},
    )

    assert "€39.92" in text(answer)


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"action": "place", "customer": ""}, 422, "This field is required"),
        ({"action": "place", "customer": "999"}, 422, "Select a valid choice"),
        ({"action": "place", "customer": "me"}, 422, "Add at least one product"),
        ({"action": "add", "customer": "me"}, 422, "Choose a product to add"),
        (
            {"action": "add", "customer": "me", "product": "GREENS", "quantity": "many"},
            422,
            "pieces must be a whole number",
        ),
        (
            {"action": "place", "customer": "me", "line_product": "7\x00", "line_quantity": "1"},
            422,
            "not on sale any more",
        ),
        ({"action": "remove-x", "customer": "me"}, 200, "Nothing in it yet"),
    ],
)
def test_wrong_entry_says_what_to_do(
    web: Client, products: dict[str, Product], form: dict[str, str], status: int, words: str
) -> None:
    if form.get("product") in products:
        form = form | {"product": products[form["product"]].pk}

    answer = web.post("/orders/new/", form)

    assert answer.status_code == status
    assert words in text(answer)
    assert not Order.objects.exists()


def test_placed_order_can_be_cancelled_on_its_page(
    web: Client, place: Buy, customer: Customer
) -> None:
    order = place(customer, TEA=1)

    assert "Cancel this order" in text(web.get(f"/orders/{order.reference}/"))
    web.post(f"/orders/{order.reference}/cancel/")

    order.refresh_from_db()
    assert order.status == "cancelled"
    assert "Cancelled" in text(web.get("/orders/", {"status": "cancelled"}))
    assert "No orders here" in text(web.get("/orders/", {"status": "paid"}))


def test_paid_order_shows_classes_and_takes_a_return_request(
    web: Client, buy: Buy, customer: Customer
) -> None:
    order = buy(customer, "2017-03-01T10:00", GREENS=2, JUG=1)

    page = text(web.get(f"/orders/{order.reference}/"))
    assert "First sale" in page
    assert "Counts in March 2017" in page
    answer = web.post(f"/orders/{order.reference}/return/", {"pieces-1": 1, "reason": "too much"})

    assert answer.url == f"/orders/{order.reference}/"
    request = Return.objects.get()
    assert (request.line.number, request.quantity, request.reason) == (1, 1, "too much")
    assert "too much" in text(web.get(f"/orders/{order.reference}/"))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Say how many pieces"),
        ({"pieces-1": 3}, "At most 2 pieces can come back."),
        ({"pieces-1": "x"}, "Enter a whole number"),
        ({"pieces-9": 1}, "Say how many pieces"),
    ],
)
def test_wrong_return_request_is_refused(
    web: Client, buy: Buy, customer: Customer, form: dict[str, Any], words: str
) -> None:
    order = buy(customer, "2017-03-01T10:00", GREENS=2)

    answer = web.post(f"/orders/{order.reference}/return/", form)

    assert answer.status_code == 422
    assert words in text(answer)
    assert not Return.objects.exists()


def test_nobody_reaches_anothers_customers_or_orders(
    stranger: Client, place: Buy, customer: Customer
) -> None:
    order = place(customer, TEA=1)

    for path in (
        f"/customers/{customer.pk}/",
        f"/customers/{customer.pk}/edit/",
        f"/orders/{order.reference}/",
        "/customers/9999999999999999999999/",
        "/orders/NOTHERE/",
        "/orders/%01/",
    ):
        assert stranger.get(path).status_code == 404
    for path in (f"/orders/{order.reference}/cancel/", f"/orders/{order.reference}/return/"):
        assert stranger.post(path).status_code == 404
    assert "Helena" not in text(stranger.get("/customers/"))
    assert order.reference not in text(stranger.get("/orders/"))
    answer = stranger.post("/orders/new/", {"action": "place", "customer": customer.pk})
    assert answer.status_code == 422
    order.refresh_from_db()
    assert order.is_placed


def test_draft_of_another_seller_opens_nothing(
    web: Client, stranger: Client, place: Buy, customer: Customer, products: dict[str, Product]
) -> None:
    form = {
        "customer": "me",
        "line_product": products["TEA"].pk,
        "line_quantity": "1",
        "action": "place",
    }
    foreign = draft_of(stranger.get("/orders/new/"))

    answer = web.post("/orders/new/", form | {"draft": foreign})

    assert answer.url.removeprefix("/orders/").strip("/") not in foreign


def test_staff_without_a_representative_has_no_such_pages(client: Client, staff: User) -> None:
    client.force_login(staff)

    for path in ("/products/", "/customers/", "/orders/", "/orders/new/"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/products/", "/customers/all/", "/orders/", "/orders/new/"])
def test_lists_ask_the_database_as_often_for_200_rows_as_for_10(
    web: Client, seller: Representative, products: dict[str, Product], place: Buy, path: str
) -> None:
    counts = []
    for number in (10, 200):
        suffix = f"{number}-"
        Product.objects.bulk_create(
            Product(sku=f"{suffix}{n}", name=f"Soap {n}", retail_price_minor=100, ir_price_minor=90)
            for n in range(number)
        )
        people = Customer.objects.bulk_create(
            Customer(
                representative=seller,
                reference=f"{suffix}{n}",
                name=f"Person {n}",
                sort_key=f"person {n}",
                created_at=NOW,
            )
            for n in range(number)
        )
        Order.objects.bulk_create(
            Order(
                reference=f"{suffix}{n}",
                seller=seller,
                customer=one,
                placed_at=NOW,
                currency="EUR",
            )
            for n, one in enumerate(people)
        )
        with CaptureQueriesContext(connection) as queries:
            assert web.get(path).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 9


def test_order_page_asks_as_often_for_many_lines(web: Client, buy: Buy, customer: Customer) -> None:
    few = buy(customer, "2017-03-01T10:00", TEA=1)
    counts = []
    many_lines = buy(customer, "2017-03-02T10:00", TEA=1, GREENS=1, JUG=2)
    for order in (few, many_lines):
        with CaptureQueriesContext(connection) as queries:
            assert web.get(f"/orders/{order.reference}/").status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_lists_are_paged_by_fifty(web: Client, seller: Representative) -> None:
    Customer.objects.bulk_create(
        Customer(
            representative=seller,
            reference=f"K{n}",
            name=f"Person {n:03}",
            sort_key=f"person {n:03}",
            created_at=NOW,
        )
        for n in range(120)
    )

    assert "1 to 50" in text(web.get("/customers/all/"))
    third = text(web.get("/customers/all/", {"page": "3"}))
    assert "101 to 120" in third
    assert "Person 119" in third
    for page in ("0", "x", "-1", "²", "9" * 30):
        assert "1 to 50" in text(web.get("/customers/all/", {"page": page}))
    assert web.get("/customers/all/", {"page": "999999"}).status_code == 200


@pytest.mark.parametrize("path", ["/products/", "/customers/", "/orders/"])
def test_empty_lists_say_what_to_do(web: Client, path: str) -> None:
    page = web.get(path).content.decode()

    assert 'class="empty"' in page
    assert page.count("<h1") == 1


def test_pages_carry_no_inline_script_or_style(web: Client, buy: Buy, customer: Customer) -> None:
    order = buy(customer, "2017-03-01T10:00", TEA=1)

    for path in (
        "/products/",
        "/customers/",
        "/customers/new/",
        f"/customers/{customer.pk}/",
        "/orders/",
        "/orders/new/",
        f"/orders/{order.reference}/",
    ):
        page = web.get(path).content.decode()
        assert page.count("<h1") == 1
        assert not re.search(r'\sstyle="|<style|\son[a-z]+="|<script(?![^>]*src=)', page)
