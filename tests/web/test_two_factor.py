"""Two factors: an app's codes, passkeys, recovery codes; what staff need; idle sessions."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from config import staff_sessions
from representatives.models import Company, OutboxEvent, User
from tests.web.software_key import SoftwareKey
from tests.web.test_pages import text_of

PASSWORD = "olive-and-sage-2017"
HOST = "localhost"  # passkeys need a name or https
Do = Callable[[Callable[[], Any]], Any]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _company(db: None, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast
    Company.objects.update(name="Lindgrove")


@pytest.fixture
def ana() -> User:
    user: User = User.objects.create_user("ana@example.org", PASSWORD)
    return user


@pytest.fixture
def boss() -> User:
    user: User = User.objects.create_user("boss@example.org", PASSWORD, is_superuser=True)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.refresh_from_db()
    return user


@pytest.fixture
def committed(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Do:
    """Do something, and what it leaves for its commit."""

    def do(act: Callable[[], Any]) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return act()

    return do


def browser() -> Client:
    return Client(headers={"host": HOST})


def log_in(user: User) -> Client:
    client = browser()
    given = {"login": user.email, "password": PASSWORD}
    assert client.post("/accounts/login/", given).status_code == 302
    return client


def confirm(client: Client) -> None:
    """Type the password again, as a change of the log-in asks for."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def code(secret: str, *, later: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later)))


def set_up_app(client: Client, committed: Do) -> str:
    """Set up an app and return its secret."""
    confirm(client)
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r'class="secret">([A-Z2-7]+)<', page)
    assert found is not None
    given = {"code": code(found[1])}
    answer = committed(lambda: client.post("/accounts/2fa/totp/activate/", given))
    assert answer.headers["Location"] == "/accounts/2fa/recovery-codes/"
    return found[1]


def options_of(page: Any) -> dict[str, Any]:
    found = re.search(r'data-passkey-options="([^"]*)"', page.content.decode())
    assert found is not None
    options: dict[str, Any] = json.loads(html.unescape(found[1]))
    return options


def add_passkey(client: Client, committed: Do, **given: str) -> SoftwareKey:
    key = SoftwareKey(f"http://{HOST}", HOST)
    confirm(client)
    page = client.get("/accounts/2fa/webauthn/add/")
    answer = key.create(options_of(page))
    values = {"name": "Phone", "passwordless": "on", "credential": answer, **given}
    done = committed(lambda: client.post("/accounts/2fa/webauthn/add/", values))
    assert done.status_code == 302, text_of(done)
    return key


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


# -- Staff -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)  # the app is set up with the commit
def test_staff_are_sent_to_set_up_a_second_factor(boss: User, settings: Settings) -> None:
    settings.STAFF_TWO_FACTOR = True
    client = log_in(boss)

    for address in ("/admin/", "/staff/people/", "/", "/admin/representatives/user/"):
        assert client.get(address).headers["Location"] == "/accounts/2fa/"
    assert client.post("/staff/enrol/", {}).headers["Location"] == "/accounts/2fa/"
    assert "Staff must have one" in text_of(client.get("/accounts/2fa/"))
    assert client.get("/profile/").status_code == 200

    set_up_app(client, lambda act: act())
    assert client.get("/staff/people/").status_code == 200
    assert client.get("/admin/").status_code == 200


def test_staff_session_without_the_second_factor_is_asked_for_it(
    boss: User, committed: Do, settings: Settings
) -> None:
    settings.STAFF_TWO_FACTOR = True
    before = log_in(boss)
    secret = set_up_app(log_in(boss), committed)

    answer = before.get("/staff/people/?q=Ana")
    assert answer.headers["Location"] == (
        "/accounts/2fa/reauthenticate/?next=%2Fstaff%2Fpeople%2F%3Fq%3DAna"
    )
    part = before.get("/staff/people/", headers={"hx-request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (204, "/accounts/2fa/reauthenticate/")
    before.post("/accounts/2fa/reauthenticate/", {"code": code(secret)})
    assert before.get("/staff/people/").status_code == 200


def test_removed_second_factor_closes_the_staff_pages_at_once(
    boss: User, committed: Do, settings: Settings
) -> None:
    settings.STAFF_TWO_FACTOR = True
    client = log_in(boss)
    add_passkey(client, committed)
    assert client.get("/staff/people/").status_code == 200

    Authenticator.objects.all().delete()

    assert client.get("/staff/people/").headers["Location"] == "/accounts/2fa/"


def test_representatives_are_not_asked_for_a_second_factor(ana: User, settings: Settings) -> None:
    settings.STAFF_TWO_FACTOR = True

    assert log_in(ana).get("/profile/").status_code == 200


def age(client: Client, *, idle: int = 0, old: int = 0) -> None:
    session = client.session
    times = session[staff_sessions.KEY]
    session[staff_sessions.KEY] = {"since": times["since"] - old, "seen": times["seen"] - idle}
    session.save()


@pytest.mark.parametrize(
    ("ages", "is_over"),
    [
        ({"idle": 29 * 60}, False),
        ({"idle": 31 * 60}, True),
        ({"old": 7 * 3600}, False),
        ({"old": 9 * 3600}, True),
    ],
)
def test_staff_are_logged_out_when_idle_or_after_a_day(
    boss: User, ages: dict[str, int], is_over: bool
) -> None:
    client = log_in(boss)
    assert client.get("/staff/people/").status_code == 200
    age(client, **ages)

    answer = client.get("/staff/people/")

    assert answer.status_code == (302 if is_over else 200)
    if is_over:
        assert answer.headers["Location"] == "/accounts/login/?next=%2Fstaff%2Fpeople%2F"
        assert "nothing was done here for a while" in text_of(client.get("/accounts/login/"))
        assert client.get("/profile/").status_code == 302


def test_use_keeps_a_staff_session_alive(boss: User) -> None:
    client = log_in(boss)
    client.get("/staff/people/")
    for _ in range(3):
        age(client, idle=20 * 60)
        assert client.get("/staff/people/").status_code == 200


def test_sessions_of_representatives_are_not_touched(ana: User) -> None:
    client = log_in(ana)
    client.get("/profile/")

    assert staff_sessions.KEY not in client.session


def test_secrets_and_sessions_are_not_in_the_admin(boss: User) -> None:
    client = log_in(boss)

    assert client.get("/admin/mfa/authenticator/").status_code == 404
    assert client.get("/admin/usersessions/usersession/").status_code == 404
