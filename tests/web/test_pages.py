"""What the pages of a representative show, and what they never show."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from representatives.models import Company, Representative
from tests.web import company
from tests.web.company import Town

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def town(db: None) -> Town:
    return company.small_town()


def visit(town: Town, name: str) -> Client:
    client = Client()
    client.force_login(town.user(name), backend=BACKEND)
    return client


HELP = re.compile(
    r'<span class="visually-hidden">[^<]*</span></button><span class="term-help".*?</span></span>',
    re.DOTALL,
)


def text_of(response: Any) -> str:
    """Return what a page shows at first: explanations of terms are closed."""
    page = HELP.sub("", response.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_dashboard_shows_points_volumes_earnings_and_rank(town: Town) -> None:
    response = visit(town, "Marta Wrona").get("/")

    assert response.status_code == 200
    text = text_of(response)
    # 13 pieces at 20 RSP and 25 BV; three of them Marta's own. Bruno and Celine are not active,
    # so Dawid's sales are one level nearer than his place in the tree.
    assert "260 RSP" in text
    assert "60 from your own sales" in text
    assert "325" in text
    assert "Estimate" in text
    assert "10 days left" in text
    assert "As of 18:00" in re.sub(r"\s+", " ", text)
    assert "Bronze" in text


def test_dashboard_of_staff_is_the_administration(town: Town) -> None:
    client = Client()
    client.force_login(town.staff, backend=BACKEND)

    response = client.get("/")

    assert response.status_code == 302
    assert response.headers["Location"] == "/admin/"


def test_dashboard_before_the_first_figures_says_what_to_do(town: Town) -> None:
    company.enrol(town, "Filip Maier", "Bruno Costa", log_in=True)

    text = text_of(visit(town, "Filip Maier").get("/"))

    assert "Nothing of yours in this month yet" in text
    assert "Enter an order" in text


def test_dashboard_of_a_newcomer_without_a_sale_says_what_to_do(town: Town) -> None:
    company.enrol(town, "Filip Maier", "Bruno Costa", log_in=True)
    company.preview(town)

    text = text_of(visit(town, "Filip Maier").get("/"))

    assert "Enter your first sale" in text
    assert "No points yet" in text


def test_orders_after_the_figures_are_counted_as_not_yet_in(town: Town) -> None:
    later = town.now + timedelta(hours=2)
    Company.objects.update(clock_frozen_at=later)
    town.now = later
    company.sell(town, "Ana Silva")

    assert "1 order not yet in" in text_of(visit(town, "Marta Wrona").get("/"))


def test_downline_shows_the_front_line_and_opens_a_branch(town: Town) -> None:
    client = visit(town, "Marta Wrona")
    ana = town.people["Ana Silva"]

    page = text_of(client.get("/downline/"))
    branch = text_of(client.get(f"/downline/{ana.code}/people/"))

    assert "Ana Silva" in page
    assert "Bruno Costa" in page
    assert "Celine Petit" not in page
    assert "Celine Petit" in branch
    assert "Dawid Nowak" not in branch


@pytest.mark.parametrize(
    ("query", "found", "missing"),
    [
        ("view=table&sort=name", "Dawid Nowak", None),
        ("view=table&q=celine", "Celine Petit", "Bruno Costa"),
        ("view=table&q=PETIT", "Celine Petit", "Bruno Costa"),
        ("q=nobody", "Nobody found", "Celine Petit"),
        ("view=table&after=99", "Dawid Nowak", None),
        ("view=table&after=%01&sort=%27", "Dawid Nowak", None),
    ],
)
def test_downline_table_sorts_and_searches(
    town: Town, query: str, found: str, missing: str | None
) -> None:
    response = visit(town, "Marta Wrona").get(f"/downline/?{query}")

    assert response.status_code == 200
    assert found in text_of(response)
    assert missing is None or missing not in text_of(response)


def test_downline_finds_a_whole_code(town: Town) -> None:
    code = town.people["Dawid Nowak"].code

    page = visit(town, "Marta Wrona").get(f"/downline/?q={code.lower()}", follow=True)

    assert "Dawid Nowak" in text_of(page)


def test_a_front_line_wider_than_a_page_goes_on(db: None) -> None:
    town = company.found_town()
    company.enrol(town, "Marta Wrona", log_in=True)
    for number in range(53):
        company.enrol(town, f"Person {number:02d}", "Marta Wrona")
    company.preview(town)
    client = visit(town, "Marta Wrona")

    first = client.get("/downline/").content.decode()
    following = re.search(r"people/\?month=2017-11&amp;after=(\d+)", first)
    assert following is not None
    code = town.people["Marta Wrona"].code
    second = client.get(f"/downline/{code}/people/?after={following[1]}").content.decode()

    assert first.count('class="member"') == 50
    assert second.count('class="member"') == 3
    assert "after=" not in second


def test_crossline_and_unknown_people_look_the_same(town: Town) -> None:
    client = visit(town, "Bruno Costa")
    ana = town.people["Ana Silva"].code
    addresses = [
        "/downline/{}/",
        "/downline/{}/people/",
        "/earnings/2017-11/0-0-1-1/{}/",
    ]

    for address in addresses:
        invisible = client.get(address.format(ana))
        missing = client.get(address.format("ZZZZZZZZZZZZZ"))

        assert (invisible.status_code, missing.status_code) == (404, 404)
        assert _without_tokens(invisible) == _without_tokens(missing)


def _without_tokens(response: Any) -> str:
    """Return a page without the CSRF tokens, which differ each time."""
    text = response.content.decode()
    text = re.sub(r'value="[A-Za-z0-9]{64}"', "", text)
    text = re.sub(r'"X-CSRFToken": "[^"]*"', "", text)
    return re.sub(r"(next\" value=\")[^\"]*", r"\1", text)


def test_an_upline_never_sees_contacts_customers_or_earnings(town: Town) -> None:
    Representative.objects.filter(pk=town.people["Ana Silva"].pk).update(phone="+48 600 700 800")
    client = visit(town, "Marta Wrona")
    code = town.people["Ana Silva"].code
    pages = [
        "/",
        "/downline/",
        "/downline/?view=table",
        "/downline/?q=ana",
        f"/downline/{code}/",
        f"/downline/{code}/people/",
        "/earnings/",
        "/earnings/2017-11/",
    ]

    for page in pages:
        content = client.get(page).content.decode()
        assert "ana@example.org" not in content, page
        assert "+48 600" not in content, page
        assert "Helena" not in content, page


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


def test_fragments_come_without_the_frame(town: Town) -> None:
    client = visit(town, "Marta Wrona")
    key = re.search(r'id="parts-([0-9-]+)"', client.get("/earnings/2017-11/").content.decode())
    assert key is not None

    whole = client.get(f"/earnings/2017-11/{key[1]}/").content.decode()
    fragment = client.get(
        f"/earnings/2017-11/{key[1]}/", headers={"HX-Request": "true"}
    ).content.decode()

    assert "<html" in whole
    assert "<html" not in fragment
    assert "adds up to the line" in fragment


@pytest.mark.parametrize(
    "address",
    [
        "/?month=2017-13",
        "/?month=1999-01",
        "/?month=%01",
        "/downline/?month=nonsense",
        "/earnings/2031-01/",
        "/earnings/2017-11/9-9-9-9/",
        "/earnings/2017-11/x/",
        "/earnings/2017-11/99999999999999999999-1-1-1/",
        "/earnings/2017-11/1-1-1/",
    ],
)
def test_what_does_not_exist_is_not_found(town: Town, address: str) -> None:
    assert visit(town, "Marta Wrona").get(address).status_code == 404
