"""A seller at the desk, and a customer with something planned."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from representatives.models import Representative
from sales.followups.services import plan_follow_up
from sales.models import Customer, FollowUp, Order
from tests.sales.conftest import NOW

TODAY = date(2017, 3, 20)

Plan = Callable[..., FollowUp]


def text(response: Any) -> str:
    """Return what a page says, without its tags."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


@pytest.fixture
def web(client: Client, seller: Representative) -> Client:
    assert seller.user is not None
    client.force_login(seller.user)
    return client


@pytest.fixture
def stranger(other_seller: Representative) -> Client:
    client = Client()
    assert other_seller.user is not None
    client.force_login(other_seller.user)
    return client


@pytest.fixture
def plan(seller: Representative) -> Plan:
    """Return a function that plans something as it stood `ago` days before, due in `days`."""

    def plan_for(
        customer: Customer | None = None, *, days: int = 0, ago: int = 30, **facts: Any
    ) -> FollowUp:
        facts = {"kind": "own", "text": "Get in touch"} | facts
        if customer is not None:
            facts["representative"] = customer.representative
        return plan_follow_up(
            **{"representative": seller} | facts,
            customer=customer,
            due_on=TODAY + timedelta(days),
            now=NOW - timedelta(days=ago),
        )

    return plan_for


@pytest.fixture
def paid(buy: Callable[..., Order], customer: Customer) -> Order:
    """A paid order of the customer, without anything planned after it."""
    order = buy(customer, "2017-03-20T12:30", TEA=1)
    FollowUp.objects.all().delete()
    return order
