"""What the pages of a representative show, and what they never show."""

import re

import pytest
from django.test import Client

from tests.web import company
from tests.web.company import Town


@pytest.fixture
def town(db: None) -> Town:
    return company.small_town()


def visit(town: Town, name: str) -> Client:
    client = Client()
    client.force_login(
        town.user(name), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def text_of(response: object) -> str:
    content = response.content.decode()  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content))


def test_dashboard_shows_points_volumes_and_rank(town: Town) -> None:
    response = visit(town, "Marta Wrona").get("/")

    assert response.status_code == 200
    text = text_of(response)
    assert "260 RSP" in text
    assert "325" in text
    assert "Estimate" in text
    assert "10 days left" in text


def test_a_line_opens_to_parts_that_add_up(town: Town) -> None:
    client = visit(town, "Marta Wrona")
    page = client.get("/earnings/2017-11/")
    keys = re.findall(r'id="parts-([0-9-]+)"', page.content.decode())

    assert page.status_code == 200
    assert len(keys) >= 4
    for key in keys:
        line = client.get(f"/earnings/2017-11/{key}/")
        assert line.status_code == 200
        assert "adds up to the line" in text_of(line)
        codes = set(re.findall(rf'id="orders-{key}-([A-Z0-9]+)"', line.content.decode()))
        assert codes
        for code in codes:
            orders = client.get(f"/earnings/2017-11/{key}/{code}/")
            assert orders.status_code == 200
            assert "adds up" in text_of(orders)
            assert "Helena" not in orders.content.decode()
