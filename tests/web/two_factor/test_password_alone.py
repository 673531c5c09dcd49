"""Once there is a second factor, the password alone neither reads nor changes the log-in."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client
from pytest_django import Settings

from representatives.models import User
from tests.web.test_pages import text_of
from tests.web.two_factor.helpers import (
    PASSWORD,
    Do,
    add_passkey,
    browser,
    code,
    confirm,
    log_in,
    options_of,
    set_up_app,
)

pytestmark = pytest.mark.django_db
ASKED = "/accounts/2fa/reauthenticate/"
SECRETS = (
    "/accounts/2fa/",
    "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/download/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
)


@pytest.fixture(params=["ana", "boss"])
def person(request: pytest.FixtureRequest, settings: Settings) -> User:
    """A representative, and a person of staff, who needs a second factor for everything else."""
    settings.STAFF_TWO_FACTOR = True
    user: User = request.getfixturevalue(request.param)
    return user


def session_of_before(user: User) -> Client:
    """A session by password that nobody knows of, and nobody ends."""
    client = log_in(user)
    confirm(client)
    UserSession.objects.all().delete()
    return client


@pytest.mark.django_db(transaction=True)  # the session learns of the factor with the commit
def test_first_factor_ends_all_other_sessions(person: User, committed: Do) -> None:
    before = log_in(person)
    confirm(before)
    mine = log_in(person)

    set_up_app(mine, committed)

    assert before.get("/profile/").headers["Location"].startswith("/accounts/login/")
    assert mine.get("/accounts/2fa/").status_code == 200
    second = log_in(person)
    assert second.get("/profile/").status_code == 302, "the code is asked for"
    assert UserSession.objects.count() == 1


@pytest.mark.django_db(transaction=True)  # the session learns of the factor with the commit
def test_another_factor_ends_no_session(person: User, committed: Do) -> None:
    mine = log_in(person)
    secret = set_up_app(mine, committed)
    other = log_in(person)
    other.post("/accounts/2fa/authenticate/", {"code": code(secret, later=1)})
    assert other.get("/profile/").status_code == 200

    add_passkey(mine, committed)

    assert other.get("/profile/").status_code == 200
    assert other.get("/accounts/2fa/").status_code == 200


def test_password_alone_opens_no_secret(person: User, committed: Do) -> None:
    before = session_of_before(person)
    set_up_app(log_in(person), committed)

    confirm(before)
    for address in SECRETS:
        answer = before.get(address)
        assert answer.status_code == 302, address
        assert answer.headers["Location"].startswith(ASKED), address
        assert before.post(address, {"password": PASSWORD}).headers["Location"] == ASKED, address

    assert Authenticator.objects.count() == 2
    assert before.post("/accounts/logout/").status_code == 302


def test_code_opens_them(person: User, committed: Do) -> None:
    before = session_of_before(person)
    secret = set_up_app(log_in(person), committed)

    answer = before.get("/accounts/reauthenticate/?next=/accounts/2fa/recovery-codes/")
    assert answer.headers["Location"] == f"{ASKED}?next=%2Faccounts%2F2fa%2Frecovery-codes%2F"
    before.post(answer.headers["Location"], {"code": code(secret, later=1)})

    page = before.get("/accounts/2fa/recovery-codes/").content.decode()
    assert len(re.findall(r'<li class="num">\d{8}</li>', page)) == 10
    before.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()


def test_log_in_by_passkey_is_proof_enough(person: User, committed: Do) -> None:
    key = add_passkey(log_in(person), committed)
    fresh = browser()
    offered = fresh.get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"})
    fresh.post("/accounts/2fa/webauthn/login/", {"credential": key.get(offered.json())})

    assert "Phone" in text_of(fresh.get("/accounts/2fa/webauthn/"))


def test_passkey_is_shown_again_to_open_them(person: User, committed: Do) -> None:
    before = session_of_before(person)
    key = add_passkey(log_in(person), committed)

    page = before.get("/accounts/2fa/webauthn/reauthenticate/?next=/accounts/2fa/webauthn/")
    given = {"credential": key.get(options_of(page)), "next": "/accounts/2fa/webauthn/"}
    before.post("/accounts/2fa/webauthn/reauthenticate/", given)

    assert "Phone" in text_of(before.get("/accounts/2fa/webauthn/"))


def test_who_has_no_factor_changes_the_log_in_by_password(person: User) -> None:
    client = log_in(person)
    confirm(client)

    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    assert client.get("/accounts/password/change/").status_code == 200


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_who_joins_staff_logs_in_anew(ana: User, boss: User, right: str) -> None:
    before, desk = log_in(ana), log_in(boss)
    form = {"email": ana.email, "is_active": "on"}

    desk.post(f"/admin/representatives/user/{ana.pk}/change/", form)
    assert before.get("/profile/").status_code == 200
    desk.post(f"/admin/representatives/user/{ana.pk}/change/", {**form, right: "on"})

    assert before.get("/profile/").headers["Location"].startswith("/accounts/login/")
    assert desk.get("/admin/").status_code == 200
