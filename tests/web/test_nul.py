"""A NUL, which no text of the database can hold, is a bad request and no breakdown."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Permission
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client

from compensation.models import Payee
from compensation.services import payouts
from representatives.models import User
from tests.web import company
from tests.web.company import Town

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def town(db: None) -> Town:
    return company.small_town()


def visit(town: Town, name: str = "") -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(town.user(name) if name else town.staff, backend=BACKEND)
    return client


@pytest.mark.parametrize("address", ["/logo/%00.png", "/%00", "/static/%00.css", "/?next=a%00"])
def test_a_nul_without_a_log_in(town: Town, address: str) -> None:
    answer = Client(raise_request_exception=False).get(address)

    assert answer.status_code == 400
    assert "This request could not be read" in answer.content.decode()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "address",
    [
        "/downline/?at=%00",
        "/downline/%00/",
        "/downline/chart/?root=%00",
        "/points/%00/",
        "/customers/?q=nobody%00",
        "/earnings/2017-11/sales/?q=%00",
    ],
)
def test_a_nul_in_an_address_of_members(town: Town, address: str) -> None:
    assert visit(town, "Marta Wrona").get(address).status_code == 400


def test_a_nul_in_an_address_of_staff(town: Town) -> None:
    town.staff.user_permissions.add(Permission.objects.get(codename="view_representative"))
    desk = visit(town)

    for address in ("/staff/people/?q=%00", "/staff/people/%00/", "/admin/?q=%00"):
        assert desk.get(address).status_code == 400, address
        assert desk.post(address).status_code == 400, address


def test_the_page_speaks_the_language_of_the_browser(town: Town) -> None:
    answer = Client(headers={"accept-language": "pl"}).get("/%00")

    assert 'lang="pl"' in answer.content.decode()


def test_a_nul_in_a_cookie(town: Town) -> None:
    client = Client(raise_request_exception=False, headers={"cookie": 'sessionid="a\\000b"'})

    assert client.get("/").status_code == 400


def test_what_only_looks_like_a_nul_passes(town: Town) -> None:
    answer = visit(town, "Marta Wrona").get("/customers/all/?q=%2500")

    assert answer.status_code == 200
    assert "%00" in answer.content.decode()


@pytest.mark.parametrize("digest", ["none", "", "A" * 64, "a" * 63, "a" * 65, "a" * 64])
def test_a_logo_has_a_digest_in_its_address(town: Town, digest: str) -> None:
    assert Client().get(f"/logo/{digest}.png").status_code == 404


def test_form_fields_refuse_a_nul(town: Town) -> None:
    member = visit(town, "Marta Wrona")
    anybody = Client(raise_request_exception=False)
    given = {"login": "a\0@example.org", "password": "a\0b"}

    assert anybody.post("/accounts/login/", given).status_code == 200
    assert anybody.post("/accounts/password/reset/", {"email": "a\0@b.pl"}).status_code == 200
    assert anybody.post("/language/", {"language": "pl\0", "next": "/\0"}).status_code == 302
    assert member.post("/customers/new/", {"name": "a\0b"}).status_code == 422
    assert member.post("/profile/contact/", {"email": "", "phone": "1\0"}).status_code == 422


def test_reasons_refuse_a_nul(town: Town) -> None:
    member = town.people["Marta Wrona"]
    User.objects.filter(pk=town.staff.pk).update(is_superuser=True)
    desk = visit(town)

    address = f"/admin/compensation/payee/{member.code}/decide/"
    answer = desk.post(address, {"act": "hold", "reason": "a\0b"}, follow=True)

    assert "Say why in a few words." in answer.content.decode()
    assert not Payee.objects.filter(held=True).exists()
    with pytest.raises(payouts.UnableToPayOut, match="Say why in a few words"):
        payouts._reason("a\0b")


@pytest.mark.parametrize("charset", ["base64", "idna", "undefined", "utf-16", "rot13"])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain"])
def test_texts_in_another_encoding_are_refused(
    db: None, client: Client, kind: str, charset: str
) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\n\xff\r\n--x--\r\n'
    for method in ("GET", "POST"):
        response = client.generic(
            method, "/accounts/login/", body, content_type=f"{kind}; charset={charset}"
        )
        assert response.status_code == 400


@pytest.mark.parametrize("charset", ["base64", "x\0"])
def test_an_encoding_of_no_texts_is_refused_before_the_address_is_read(
    db: None, client: Client, charset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django reads the address while it makes the request: its handlers alone would break."""
    monkeypatch.setenv("DATABASE_STATEMENT_TIMEOUT_MS", "30000")  # which the entry points set
    from config import asgi, wsgi

    kind = f"text/plain; charset={charset}"
    facts = {"PATH_INFO": "/accounts/login/", "QUERY_STRING": "a=1", "CONTENT_TYPE": kind}
    with pytest.raises((LookupError, ValueError)):
        WSGIRequest(client._base_environ(**facts))
    answers: list[Any] = []

    async def send(message: dict[str, Any]) -> None:
        answers.append(message.get("status"))

    bodies = [{"type": "http.request", "body": b""}]

    async def receive() -> dict[str, Any]:
        return bodies.pop() if bodies else await asyncio.Future()

    wsgi.application(client._base_environ(**facts), lambda status, _: answers.append(status))
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/accounts/login/",
        "query_string": b"a=1",
        "headers": [(b"host", b"testserver"), (b"content-type", kind.encode())],
    }
    async_to_sync(asgi.application)(scope, receive, send)

    assert answers[:2] == ["400 Bad Request", 400]
