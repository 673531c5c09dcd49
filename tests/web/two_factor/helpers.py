"""Steps of a log-in with two factors."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from representatives.models import User
from tests.web.test_pages import text_of
from tests.web.two_factor.software_key import SoftwareKey

PASSWORD = "olive-and-sage-2017"
HOST = "localhost"  # passkeys need a name or https
Do = Callable[[Callable[[], Any]], Any]


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
