"""A password reset goes by the outbox: no token is stored, and no answer waits for a server."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from representatives import delivery
from representatives.models import OutboxEvent, User
from tests.representatives.people import PASSWORD, send_what_waits

pytestmark = pytest.mark.django_db
ASK = "/accounts/password/reset/"


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann@example.com", PASSWORD)


def ask(client: Client, email: str = "ann@example.com", **headers: Any) -> Any:
    return client.post(ASK, {"email": email}, **headers)


def link() -> str:
    found = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[-1].body)
    assert found is not None, mail.outbox[-1].body
    return found[1]


def test_a_link_comes_by_the_outbox_and_sets_a_password(client: Client, user: User) -> None:
    ask(client)
    event = OutboxEvent.objects.get()
    stored = " ".join(str(value) for value in vars(event).values())
    assert mail.outbox == []

    send_what_waits()

    token = link().rstrip("/").rsplit("-", 1)[-1]
    assert token not in stored
    sent = mail.outbox[-1]
    assert (sent.to, sent.message()["Message-ID"]) == (
        ["ann@example.com"],
        delivery.message_id(event.key),
    )
    page = client.get(link(), follow=True)
    form = page.redirect_chain[-1][0]
    new = "an altogether different phrase"
    assert client.post(form, {"password1": new, "password2": new}).status_code == 302
    user.refresh_from_db()
    assert user.check_password(new)


def test_each_request_is_an_e_mail(client: Client, user: User) -> None:
    ask(client)
    ask(client)

    assert send_what_waits().sent == 2
    assert len(mail.outbox) == 2


def test_an_unknown_address_gets_the_same_answer_and_nothing_waits(
    client: Client, user: User
) -> None:
    known, unknown = ask(client), ask(client, email="nobody@example.com")

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert OutboxEvent.objects.count() == 1


def test_the_language_of_the_request_is_kept(client: Client, user: User) -> None:
    ask(client, headers={"accept-language": "pl"})
    send_what_waits()

    assert OutboxEvent.objects.get().state == "sent"
    assert "hasła" in mail.outbox[-1].subject + mail.outbox[-1].body


@pytest.mark.parametrize(
    ("chosen", "browser", "word"), [("pl", "en", "hasła"), ("en", "pl", "password")]
)
def test_the_language_of_the_profile_comes_first(
    client: Client, user: User, chosen: str, browser: str, word: str
) -> None:
    User.objects.filter(pk=user.pk).update(language=chosen)

    ask(client, headers={"accept-language": browser})
    send_what_waits()

    assert word in mail.outbox[-1].body


def test_a_request_that_waited_too_long_or_lost_its_user_is_dropped(
    client: Client, user: User
) -> None:
    ask(client)
    event = OutboxEvent.objects.get()
    late = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    OutboxEvent.objects.update(payload={**event.payload, "until": late})
    ask(client)
    User.objects.update(is_active=False)

    assert send_what_waits().sent == 2
    assert mail.outbox == []


def test_the_page_answers_while_the_mail_server_is_away(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", fail)

    assert ask(client)["Location"] == reverse("account_reset_password_done")
    assert send_what_waits().failed == 1
