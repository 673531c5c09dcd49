"""Staff write care plans and texts of messages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from representatives.models import User
from sales.models import CarePlan, MessageTemplate, Product
from tests.sales.followups.conftest import text

pytestmark = pytest.mark.django_db
PLANS = "/admin/sales/careplan/"
TEXTS = "/admin/sales/messagetemplate/"


@pytest.fixture
def site(client: Client, staff: User, settings: Any) -> Client:
    settings.STAFF_TWO_FACTOR = False
    staff.is_superuser = True
    staff.save()
    client.force_login(staff)
    return client


def test_care_begins_with_a_plan_for_all_products(site: Client) -> None:
    page = text(site.get(PLANS))

    assert "All products without a plan of their own" in page
    assert "2 days after the sale, 6 days after the sale, 21 days after the sale" in page
    assert "5 days before the pack is empty" in page


def test_plan_of_a_product_is_added(site: Client, products: dict[str, Product]) -> None:
    answer = site.post(
        PLANS + "add/",
        {
            "product": products["TEA"].pk,
            "steps-TOTAL_FORMS": "1",
            "steps-INITIAL_FORMS": "0",
            "steps-0-days": "4",
            "steps-0-anchor": "sale",
            "steps-0-occasion": "first_days",
        },
    )

    assert answer.status_code == 302
    plan = CarePlan.objects.get(product=products["TEA"])
    assert [(step.days, step.occasion) for step in plan.steps.all()] == [(4, "first_days")]


def test_text_is_written_and_shown_as_it_is_read(
    site: Client, products: dict[str, Product]
) -> None:
    written = {
        "occasion": "reorder",
        "language": "pl",
        "product": products["TEA"].pk,
        "subject": "{product} się kończy",
        "body": "Dzień dobry, {first_name}\n{product} <b>",
    }

    assert site.post(TEXTS + "add/", written).status_code == 302

    template = MessageTemplate.objects.get()
    page = site.get(f"{TEXTS}{template.pk}/change/").content.decode()
    assert "Olive Leaf Tea się kończy" in page
    assert "Dzień dobry, Helena<br>Olive Leaf Tea &lt;b&gt;" in page
    again = site.post(TEXTS + "add/", written)
    assert again.status_code == 200
    assert MessageTemplate.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("Hello {firstname}", "Nothing is filled in for {firstname}."),
        ("Hello", "The subject names the product"),
    ],
)
def test_text_with_a_fault_is_refused(site: Client, body: str, says: str) -> None:
    answer = site.post(
        TEXTS + "add/",
        {"occasion": "reorder", "language": "en", "subject": "{product}", "body": body},
    )

    assert says in text(answer)
    assert not MessageTemplate.objects.exists()
