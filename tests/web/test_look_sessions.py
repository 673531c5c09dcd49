"""During a look the rules for sessions of staff hold as everywhere else."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import Settings

from config import staff_sessions
from representatives.models import MemberLook
from tests.web import company
from tests.web.company import Town
from tests.web.test_pages import BACKEND, text_of


@pytest.fixture
def town(db: None) -> Town:
    return company.small_town()


@pytest.fixture
def desk(town: Town) -> Client:
    """A client of staff who look as Marta sees it."""
    town.staff.user_permissions.add(Permission.objects.get(codename="look_as_member"))
    client = Client()
    client.force_login(town.staff, backend=BACKEND)
    address = f"/staff/people/{town.people['Marta Wrona'].code}/look/"
    assert client.post(address, {"reason": "A call"}).status_code == 302
    return client


@pytest.mark.parametrize("address", ["/accounts/logout/", "/admin/logout/"])
def test_staff_log_out_during_a_look_and_so_end_it(desk: Client, address: str) -> None:
    assert desk.post(address).status_code in (200, 302)

    assert MemberLook.objects.get().ended_at is not None
    answer = desk.get("/downline/")
    assert answer.headers["Location"] == "/accounts/login/?next=/downline/"


def age(client: Client, seconds: int) -> None:
    session = client.session
    times = session[staff_sessions.KEY]
    session[staff_sessions.KEY] = {**times, "seen": times["seen"] - seconds}
    session.save()


def test_a_look_keeps_the_session_of_staff_alive(desk: Client) -> None:
    for _ in range(3):
        age(desk, 20 * 60)
        assert desk.get("/downline/").status_code == 200
    assert time.time() - desk.session[staff_sessions.KEY]["seen"] < 60


@pytest.mark.parametrize("address", ["/downline/", "/staff/people/", "/admin/"])
def test_idle_staff_are_logged_out_of_a_look(desk: Client, address: str) -> None:
    age(desk, 31 * 60)

    answer = desk.get(address)

    assert answer.headers["Location"] == "/accounts/login/"
    assert MemberLook.objects.get().ended_at is not None
    assert "/accounts/login/" in desk.get("/downline/").headers["Location"]


def test_staff_are_logged_out_of_a_look_when_their_day_is_over(desk: Client) -> None:
    session = desk.session
    times = session[staff_sessions.KEY]
    session[staff_sessions.KEY] = {**times, "since": times["since"] - 9 * 3600}
    session.save()

    part = desk.get("/downline/", headers={"hx-request": "true"})

    assert part.headers["HX-Redirect"] == "/accounts/login/"
    assert "_auth_user_id" not in desk.session


def test_a_look_needs_the_second_factor_of_staff(desk: Client, settings: Settings) -> None:
    settings.STAFF_TWO_FACTOR = True

    answer = desk.get("/downline/")

    assert answer.headers["Location"] == "/accounts/2fa/"
    assert MemberLook.objects.get().ended_at is not None
    assert "Staff must have one" in text_of(desk.get("/accounts/2fa/"))
