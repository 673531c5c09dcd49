"""The portal in two languages: which one speaks, and pages without a word of the other."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import translation

from representatives.models import User
from tests.web import company, samples
from tests.web.company import Town
from tests.web.routes import all_routes
from tests.web.test_pages import text_of

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# Words that no Polish text has and hardly any English sentence lacks.
ENGLISH = re.compile(
    r"\b(?:the|and|of|your|you|this|that|with|from|for|month|order|people|person|not|is|are|"
    r"was|all|add|change|delete|view|select|name|date|status changes|search)\b",
    re.IGNORECASE,
)
SPOKEN = re.compile(r'\b(?:title|aria-label|alt|placeholder|data-label-\w+)="([^"]*)"')
# What is English on purpose: product and plan names, words of files and protocols.
QUOTED = re.compile(
    r"Daily Greens(?:: the first weeks)?|four-levels from|RSP on own sales and four levels|"
    r"Switch to English|\w+ Authenticator|"
    r"Your first weeks|One spoon with water|In the morning|\{\w+\}|"
    r"end_to_end_id|business volume|repeat sales points|\S+@\S+|https?://\S+|\S+\.(?:csv|xml|yaml)",
    re.IGNORECASE,
)


@pytest.fixture
def town(db: None) -> Town:
    return company.small_town()


def visitor(town: Town, name: str = "", *, browser: str = "", profile: str = "") -> Client:
    """Return the browser of a person with a language, who has chosen one or not."""
    client = Client(headers={"accept-language": browser} if browser else {})
    if name:
        user = town.user(name)
        User.objects.filter(pk=user.pk).update(language=profile)
        client.force_login(user, backend=BACKEND)
    return client


def language_of(response: Any) -> str:
    found = re.search(r'<html lang="(\w+)"', response.content.decode())
    assert found is not None
    return found[1]


# -- Which language -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("browser", "profile", "spoken"),
    [
        ("pl", "", "pl"),
        ("pl-PL,pl;q=0.9,en;q=0.5", "", "pl"),
        ("en-GB", "", "en"),
        ("de,fr", "", "en"),
        ("", "", "en"),
        ("en", "pl", "pl"),
        ("pl", "en", "en"),
    ],
)
def test_profile_decides_then_browser_then_english(
    town: Town, browser: str, profile: str, spoken: str
) -> None:
    client = visitor(town, "Marta Wrona", browser=browser, profile=profile)

    assert language_of(client.get("/")) == spoken


@pytest.mark.parametrize(("browser", "spoken"), [("pl", "pl"), ("en", "en"), ("cs", "en")])
def test_stranger_is_spoken_to_as_the_browser_asks(db: None, browser: str, spoken: str) -> None:
    client = Client(headers={"accept-language": browser})

    assert language_of(client.get("/accounts/login/")) == spoken


def test_choice_in_the_menu_is_the_profile_s(town: Town) -> None:
    here = visitor(town, "Marta Wrona", browser="en", profile="en")
    elsewhere = visitor(town, "Marta Wrona", browser="en", profile="en")

    here.post("/language/", {"language": "pl", "next": "/"})

    assert User.objects.get(pk=town.user("Marta Wrona").pk).language == "pl"
    assert [language_of(one.get("/")) for one in (here, elsewhere)] == ["pl", "pl"]


def test_language_that_is_not_offered_changes_nothing(town: Town) -> None:
    client = visitor(town, "Marta Wrona", browser="en", profile="pl")

    client.post("/language/", {"language": "de", "next": "/"})

    assert language_of(client.get("/")) == "pl"


# -- Dates, money and numbers ---------------------------------------------------------------------

PAGES = ("/", "/downline/?view=table", "/earnings/", "/earnings/2017-11/", "/orders/", "/products/")
OF_THE_OTHER = {
    "pl": re.compile(r"[€$]\d|\d,\d{3}\b|\d\.\d{2}\b(?!\.)|\b(?:November|Nov|Monday)\b"),
    "en": re.compile(
        r"\d\s(?:€(?!\d)|zł)|\d,\d{2}\b|\b(?:listopad|lis|poniedziałek)\b", re.IGNORECASE
    ),
}


@pytest.mark.parametrize("language", ["pl", "en"])
def test_figures_and_days_are_written_in_the_language_of_the_page(
    town: Town, language: str
) -> None:
    client = visitor(town, "Marta Wrona", profile=language)
    texts = {page: text_of(client.get(page)) for page in PAGES}

    assert {
        page: found
        for page, text in texts.items()
        if (found := OF_THE_OTHER[language].findall(text))
    } == {}
    together = " ".join(texts.values())
    assert re.search(r"\d,\d\d\s€" if language == "pl" else r"€\d+\.\d\d", together)
    assert ("listopad" if language == "pl" else "November") in together


# -- No word of English on Polish pages -----------------------------------------------------------


def said(response: HttpResponse) -> Iterator[str]:
    """Yield what a page says, to eyes and to ears."""
    page = response.content.decode()
    page = re.sub(r"<(script|style|textarea|pre|code)\b.*?</\1>", " ", page, flags=re.DOTALL)
    yield from map(html.unescape, SPOKEN.findall(page))
    for part in re.sub(r"<[^>]*>", "\n", page).split("\n"):
        if part.strip():
            yield html.unescape(part.strip())


def english_in(response: HttpResponse) -> set[str]:
    return {text for text in said(response) if ENGLISH.search(QUOTED.sub("", text))}


def pages_of(
    client: Client, town: Town, *, admin: bool, shown: Callable[[str], bool] = bool
) -> Iterator[tuple[str, HttpResponse]]:
    with translation.override("pl"):  # what is shared speaks its sender's language
        values = samples.values(town)
    for route in all_routes():
        found = samples.of_route(route, values)
        if not shown(route.name) or not set(route.parameters) <= set(
            found
        ):  # test_access.py asks for its sample
            continue
        address = route.address(found)
        if address.startswith("/admin/") is not admin:
            continue
        with transaction.atomic():
            response: Any = client.get(address)
            transaction.set_rollback(True)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            yield address, response


@pytest.mark.parametrize("role", ["visitor", "representative", "staff"])
def test_no_page_speaks_english_in_polish(town: Town, role: str, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    client = Client(headers={"accept-language": "pl"}, raise_request_exception=False)
    if role == "representative":
        client = visitor(town, "Marta Wrona", profile="pl")
    elif role == "staff":
        User.objects.filter(pk=town.staff.pk).update(language="pl", is_superuser=True)
        client.force_login(town.staff, backend=BACKEND)

    found = {
        address: english
        for address, response in pages_of(client, town, admin=False)
        if (english := english_in(response))
    }
    assert found == {}


# Django's own: a picture's name in its template, a text put together before any language is set.
LEFT_BY_DJANGO = re.compile(r"^Search$|Whether the user will|the current password for this user")
ADMIN_PAGES = ("_changelist", "_add", "_change")
QUOTE_OTHERS = ("auth_group", "representatives_user", "planversion")  # rights; a plan's document


def test_no_page_of_the_admin_speaks_english_in_polish(town: Town) -> None:
    User.objects.filter(pk=town.staff.pk).update(language="pl", is_superuser=True)
    client = Client()
    client.force_login(town.staff, backend=BACKEND)

    def is_shown(name: str) -> bool:
        return name == "admin:index" or (
            name.endswith(ADMIN_PAGES) and not any(one in name for one in QUOTE_OTHERS)
        )

    english, figures = {}, {}
    for address, response in pages_of(client, town, admin=True, shown=is_shown):
        english[address] = {one for one in english_in(response) if not LEFT_BY_DJANGO.search(one)}
        figures[address] = set(re.findall(r"€\d[\d.,]*", text_of(response)))
    assert {address: words for address, words in english.items() if words} == {}
    assert {address: amounts for address, amounts in figures.items() if amounts} == {}
