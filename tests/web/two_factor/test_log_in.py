"""Two factors: an app's codes, passkeys, recovery codes."""

from __future__ import annotations

import json
import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail

from representatives.models import OutboxEvent, User
from tests.representatives.people import send_what_waits
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

# -- An authenticator app --------------------------------------------------------------------------


def test_change_of_the_log_in_asks_for_the_password_first(ana: User) -> None:
    client = log_in(ana)

    for address in (
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
        "/profile/data/",
        "/profile/data/own-data.zip",
    ):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/")


def test_app_is_set_up_and_its_code_is_asked_at_the_next_log_in(ana: User, committed: Do) -> None:
    client = log_in(ana)
    secret = set_up_app(client, committed)

    again = log_in(ana)
    assert again.get("/profile/").status_code == 302
    wrong = again.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "This code is wrong, used already or too old" in text_of(wrong)
    assert again.post("/accounts/2fa/authenticate/", {"code": code(secret)}).status_code == 302

    text = text_of(again.get("/profile/"))
    assert "On: an app" in text


def test_code_is_taken_once(ana: User, committed: Do) -> None:
    secret = set_up_app(log_in(ana), committed)
    now = code(secret)
    assert log_in(ana).post("/accounts/2fa/authenticate/", {"code": now}).status_code == 302

    assert log_in(ana).post("/accounts/2fa/authenticate/", {"code": now}).status_code == 200


def test_guessing_codes_is_limited(ana: User, committed: Do) -> None:
    secret = set_up_app(log_in(ana), committed)
    client = log_in(ana)
    for number in range(6):
        client.post("/accounts/2fa/authenticate/", {"code": f"00000{number}"})

    answer = client.post("/accounts/2fa/authenticate/", {"code": code(secret)})

    assert answer.status_code == 200
    assert "Too many" in text_of(answer)


def test_too_many_attempts_are_told_in_our_words(ana: User) -> None:
    client = log_in(ana)
    for _ in range(11):
        answer = client.post("/accounts/reauthenticate/", {"password": "wrong"})

    assert answer.status_code == 429
    assert "Try again in a few minutes" in text_of(answer)


def test_secrets_are_sealed_in_the_database(ana: User, committed: Do) -> None:
    secret = set_up_app(log_in(ana), committed)

    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))

    assert secret not in stored
    assert stored.count("gAAAA") == 2  # the app's and the recovery codes'


def test_app_is_named_after_the_company(ana: User) -> None:
    client = log_in(ana)
    confirm(client)

    answer = client.get("/accounts/2fa/totp/activate/")

    assert answer.context["totp_url"].startswith("otpauth://totp/ana%40example.org?")
    assert "issuer=Lindgrove" in answer.context["totp_url"]
    assert 'src="data:image/svg+xml;base64,' in answer.content.decode()


@pytest.mark.django_db(transaction=True)  # the session learns of the factor with the commit
def test_recovery_code_logs_in_once(ana: User, committed: Do) -> None:
    client = log_in(ana)
    set_up_app(client, committed)
    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    codes = re.findall(r'<li class="num">(\d{8})</li>', page)
    assert len(codes) == 10

    assert log_in(ana).post("/accounts/2fa/authenticate/", {"code": codes[3]}).status_code == 302
    assert log_in(ana).post("/accounts/2fa/authenticate/", {"code": codes[3]}).status_code == 200

    confirm(client)
    assert codes[3] not in client.get("/accounts/2fa/recovery-codes/download/").content.decode()
    assert "9 codes are left" in text_of(client.get("/accounts/2fa/"))


@pytest.mark.django_db(transaction=True)  # the session learns of the factor with the commit
def test_changes_of_the_log_in_are_told_by_e_mail(ana: User, committed: Do) -> None:
    User.objects.filter(pk=ana.pk).update(language="pl")
    ana.refresh_from_db()
    client = log_in(ana)
    set_up_app(client, committed)
    client.post("/accounts/2fa/totp/deactivate/")

    events = list(OutboxEvent.objects.order_by("pk"))
    kinds = [event.key.split(":")[1] for event in events]
    assert kinds == ["totp_activated", "totp_deactivated"]
    assert {event.payload["to"] for event in events} == {"ana@example.org"}
    assert all("127.0.0.1" in event.payload["text"] for event in events)
    assert not Authenticator.objects.exists()

    send_what_waits()
    assert [letter.to for letter in mail.outbox] == [["ana@example.org"]] * 2
    assert all("Lindgrove" in str(letter.body) for letter in mail.outbox)


# -- Passkeys --------------------------------------------------------------------------------------


def test_passkey_logs_in_without_the_password(ana: User, committed: Do) -> None:
    key = add_passkey(log_in(ana), committed)

    fresh = browser()
    offered = fresh.get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"})
    credential = key.get(offered.json())
    fresh.post("/accounts/2fa/webauthn/login/", {"credential": credential})

    text = text_of(fresh.get("/profile/"))
    assert "On: 1 passkey" in text
    replayed = browser()
    replayed.post("/accounts/2fa/webauthn/login/", {"credential": credential})
    assert replayed.get("/profile/").status_code == 302


def test_passkey_is_the_second_step_after_the_password(ana: User, committed: Do) -> None:
    key = add_passkey(log_in(ana), committed)
    again = log_in(ana)

    page = again.get("/accounts/2fa/authenticate/")
    answer = {"credential": key.get(options_of(page))}
    assert again.post("/accounts/2fa/authenticate/", answer).status_code == 302

    assert again.get("/profile/").status_code == 200


def test_passkey_of_a_false_page_opens_nothing(ana: User, committed: Do) -> None:
    key = add_passkey(log_in(ana), committed)
    fresh = browser()
    offered = fresh.get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"})

    credential = key.get(offered.json(), origin="https://localhost.evil.example")
    fresh.post("/accounts/2fa/webauthn/login/", {"credential": credential})

    assert fresh.get("/profile/").status_code == 302


def test_passkey_shows_who_it_is_before_a_step(ana: User, committed: Do) -> None:
    key = add_passkey(log_in(ana), committed)
    again = log_in(ana)
    page = again.get("/accounts/2fa/authenticate/")
    again.post("/accounts/2fa/authenticate/", {"credential": key.get(options_of(page))})
    assert again.get("/profile/data/").status_code == 302

    page = again.get("/accounts/2fa/webauthn/reauthenticate/?next=/profile/data/")
    credential = {"credential": key.get(options_of(page)), "next": "/profile/data/"}
    answer = again.post("/accounts/2fa/webauthn/reauthenticate/", credential)

    assert answer.headers["Location"] == "/profile/data/"
    assert again.get("/profile/data/").status_code == 200


def test_passkeys_are_renamed_and_removed_by_their_owner_alone(ana: User, committed: Do) -> None:
    client = log_in(ana)
    add_passkey(client, committed)
    number = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN).pk
    base = f"/accounts/2fa/webauthn/keys/{number}"
    other = log_in(User.objects.create_user("eve@example.org", PASSWORD))
    confirm(other)
    assert other.get(f"{base}/edit/").status_code == 404
    assert other.post(f"{base}/remove/").status_code == 404

    client.post(f"{base}/edit/", {"name": "Green key"})
    assert "Green key" in text_of(client.get("/accounts/2fa/webauthn/"))
    assert "Green key" in text_of(client.get(f"{base}/remove/"))
    client.post(f"{base}/remove/")

    assert not Authenticator.objects.exists()
    assert client.get("/profile/").status_code == 200
