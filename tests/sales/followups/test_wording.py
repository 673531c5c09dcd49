"""What a message says: staff's text for the product, for all, or our own words; and the page."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from representatives.models import Representative
from sales.followups.wording import Draft, message_for, unknown_places
from sales.models import Customer, FollowUp, MessageTemplate, Occasion, Product, Talk
from tests.sales.followups.conftest import Plan, text

pytestmark = pytest.mark.django_db
MESSAGE = "/follow-ups/message/"


def template(occasion: str, language: str, body: str, product: Product | None = None) -> None:
    MessageTemplate.objects.create(
        occasion=occasion, language=language, subject="About it", body=body, product=product
    )


@pytest.mark.parametrize("occasion", Occasion.values)
@pytest.mark.parametrize("has_product", [True, False])
def test_every_occasion_has_words_of_our_own(
    customer: Customer, products: dict[str, Product], occasion: str, has_product: bool
) -> None:
    product = products["GREENS"] if has_product else None

    draft = message_for(customer, occasion=occasion, product=product)

    assert draft.occasion == occasion
    assert draft.body.startswith("Hello Helena,")
    assert draft.body.endswith("Marta Wójcik")
    assert "{" not in draft.subject + draft.body
    assert "}" not in draft.subject + draft.body


def test_text_for_the_product_goes_before_the_one_for_all(
    customer: Customer, products: dict[str, Product]
) -> None:
    template("reorder", "en", "All: {first_name}, {product} at {company}")
    template("reorder", "en", "Tea for {name}", products["TEA"])

    def body(product: Product | None) -> str:
        return message_for(customer, occasion="reorder", product=product).body

    assert body(products["TEA"]) == "Tea for Helena Nowak"
    assert body(products["GREENS"]) == "All: Helena, Daily Greens at Lindgrove"
    assert body(None).startswith("Hello Helena,"), "a text about a product needs one"


def test_language_is_the_customers_then_the_sellers(
    customer: Customer, seller: Representative
) -> None:
    template("win_back", "en", "How are you, {first_name}?")
    template("win_back", "pl", "Co słychać, {first_name}?")

    def body() -> str:
        fresh = Customer.objects.select_related("representative__user").get(pk=customer.pk)
        return message_for(fresh, occasion="win_back").body

    assert body() == "How are you, Helena?"
    assert seller.user is not None
    seller.user.language = "pl"
    seller.user.save(update_fields=["language"])
    assert body() == "Co słychać, Helena?"
    Customer.objects.filter(pk=customer.pk).update(language="en")
    assert body() == "How are you, Helena?"


def test_names_of_suggestions_are_occasions_too(customer: Customer) -> None:
    assert message_for(customer, occasion="repeat").occasion == Occasion.REORDER
    assert message_for(customer, occasion="education").occasion == Occasion.GUIDE
    assert message_for(customer, occasion="nonsense").occasion == Occasion.HELLO


def test_a_name_in_braces_is_not_filled_in_twice(customer: Customer) -> None:
    customer.name = "{seller} {company.secret}"
    template("hello", "en", "{first_name} {unknown} {name!r}")

    assert message_for(customer, occasion="hello").body == "{seller} {unknown} {name!r}"
    assert unknown_places("{name} {unknown}") == ["unknown"]


def test_links_carry_the_message() -> None:
    draft = Draft("50 % & more?", "One\nTwo + #3", "en", "hello", "a+b@example.com", "+48 600-1")

    mail = urlsplit(draft.mail_address)
    assert (mail.scheme, mail.path) == ("mailto", "a%2Bb@example.com")
    assert "+" not in mail.query
    assert parse_qs(mail.query) == {"subject": ["50 % & more?"], "body": ["One\r\nTwo + #3"]}
    assert draft.text_message == "sms:+486001?body=One%0ATwo%20%2B%20%233"
    assert draft.call == "tel:+486001"
    nothing = Draft("", "", "en", "hello")
    assert (nothing.mail_address, nothing.text_message, nothing.call) == ("", "", "")


def test_page_proposes_the_way_the_customer_likes(
    web: Client, customer: Customer, products: dict[str, Product]
) -> None:
    Customer.objects.filter(pk=customer.pk).update(
        email="h@example.com", phone="600 100", channel="message"
    )

    tea = str(products["TEA"].pk)
    page = web.get(MESSAGE, {"customer": str(customer.pk), "occasion": "reorder", "product": tea})

    html = page.content.decode()
    assert "Olive Leaf Tea may be running low" in html
    assert html.index("sms:600100?") < html.index("mailto:h@example.com?")
    assert "tel:600100" in html


def test_page_of_a_follow_up_ends_it(web: Client, customer: Customer, plan: Plan) -> None:
    row = plan(customer, kind="win_back", text="")

    page = web.get(MESSAGE, {"follow_up": row.pk})

    assert "How are you?" in page.content.decode()
    assert f"/follow-ups/{row.pk}/done/" in page.content.decode()


def test_sent_is_noted_in_the_timeline(web: Client, customer: Customer) -> None:
    answer = web.post(MESSAGE, {"customer": customer.pk, "channel": "email"})

    assert answer["Location"] == f"/customers/{customer.pk}/"
    assert [talk.channel for talk in Talk.objects.filter(customer=customer)] == ["email"]


def test_page_in_another_language(web: Client, customer: Customer) -> None:
    template("hello", "pl", "Dzień dobry, {first_name}")

    page = web.get(MESSAGE, {"customer": str(customer.pk), "language": "pl"})

    assert "Dzień dobry, Helena" in text(page)


def test_message_without_a_customer_does_not_exist(web: Client, plan: Plan) -> None:
    row = plan()
    assert FollowUp.objects.filter(pk=row.pk, customer=None).exists()
    assert web.get(MESSAGE)["Location"] == "/follow-ups/"
    for query in ({"customer": "0"}, {"customer": "x"}, {"follow_up": row.pk}):
        assert web.get(MESSAGE, query).status_code == 404
