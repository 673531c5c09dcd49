"""Who may ask what: every route × role × method against a checked-in table.

A route that is not in `access.tsv` fails. `UPDATE_ACCESS=1 pytest -n 0 tests/web/test_access.py`
writes the table anew; its difference is then read and committed, or the code is wrong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from representatives.models import User
from tests.web import company, samples
from tests.web.company import Town
from tests.web.routes import METHODS, ROLES, Route, all_routes

TABLE = Path(__file__).with_name("access.tsv")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
HEAD = "\t".join(("route", "pattern", "role", *METHODS))


class _RollBackError(Exception):
    """Ends a transaction without keeping anything."""


def read_table() -> dict[tuple[str, str, str], list[str]]:
    """Return the statuses by route, pattern and role."""
    table = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]:
        route, pattern, role, *statuses = line.split("\t")
        table[route, pattern, role] = statuses
    return table


def write_table(found: dict[tuple[str, str, str], list[str]]) -> None:
    """Write the statuses of the routes that there are as the table, one role below the other."""
    keys = [(route.name, route.pattern, role) for route in all_routes() for role in ROLES]
    lines = ["\t".join((*key, *found[key])) for key in keys if key in found]
    TABLE.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")


@pytest.fixture
def town(db: None) -> Town:
    return company.small_town()


def _client(town: Town, role: str) -> Client:
    client = Client(raise_request_exception=False)
    if role == "representative":
        client.force_login(town.user("Marta Wrona"), backend=BACKEND)
    elif role == "staff":
        client.force_login(town.staff, backend=BACKEND)
    elif role == "superuser":
        boss = User.objects.create_superuser("boss@example.org", company.PASSWORD)
        client.force_login(boss, backend=BACKEND)
    return client


def _ask(client: Client, method: str, address: str) -> HttpResponse:
    """Send a request and take back everything that it wrote."""
    cookies = client.cookies.copy()
    response: Any = None
    try:
        with transaction.atomic():
            response = client.generic(method, address)
            raise _RollBackError
    except _RollBackError:
        client.cookies = cookies
        return response


def _check_answer(method: str, address: str, response: HttpResponse) -> Iterator[str]:
    """Name what no answer may have, whatever the route."""
    place = f"{method} {address}"
    if response.status_code >= 500:
        yield f"{place}: {response.status_code}"
    policy = response.headers.get("Content-Security-Policy", "")
    if "script-src 'self'" not in policy or "unsafe" in policy:
        yield f"{place}: policy {policy!r}"
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    if not is_page or method != "GET" or response.status_code != 200:
        return
    text = response.content.decode()
    is_fragment = "<html" not in text
    if not is_fragment and len(re.findall(r"<h1[\s>]", text)) != 1:
        yield f"{place}: {len(re.findall('<h1', text))} headings of the first order"
    if not address.startswith("/admin/"):
        if re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", text):
            yield f"{place}: inline style or script"
        if re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", text):
            yield f"{place}: refers to another host"


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_as_the_table_says(town: Town, settings: Any, role: str) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    values = samples.values(town)
    found: dict[tuple[str, str, str], list[str]] = {}
    faults: list[str] = []
    client = _client(town, role)
    for route in all_routes():
        address = _address(route, values)
        statuses = []
        for method in METHODS:
            response = _ask(client, method, address)
            statuses.append(str(response.status_code))
            faults += _check_answer(method, address, response)
        found[route.name, route.pattern, role] = statuses

    assert faults == []
    if os.environ.get("UPDATE_ACCESS"):
        write_table(read_table() | found)
    table = {key: statuses for key, statuses in read_table().items() if key[2] == role}
    assert [key for key in found if key not in table] == [], "routes missing from access.tsv"
    assert [key for key in table if key not in found] == [], "routes that no longer exist"
    assert {key: found[key] for key in found if found[key] != table[key]} == {}


def _address(route: Route, values: dict[str, str]) -> str:
    try:
        return route.address(samples.of_route(route, values))
    except KeyError as error:
        raise AssertionError(f"{route.name}: no sample value for {error} in samples.py") from None


def test_a_visitor_reaches_the_door_and_nothing_else() -> None:
    """Read the table itself: without a log-in only these routes answer other than "log in"."""
    open_to_all = {
        key[0]
        for key, statuses in read_table().items()
        if key[2] == "anonymous" and statuses[0] != "302"
    }

    assert open_to_all == samples.OPEN_ROUTES
