"""Staff's pages of deliveries and alerts: read, try again, seen; never what an e-mail says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import connection
from django.test import Client

from representatives import alerts, outbox
from representatives.models import Alert, OutboxEvent, User
from tests.representatives.people import NOW, make_staff, send_what_waits

pytestmark = pytest.mark.django_db
DELIVERIES = "/admin/representatives/outboxevent/"
ALERTS = "/admin/representatives/alert/"


@pytest.fixture(autouse=True)
def _clock(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE representatives_company SET clock_frozen_at = %s", [NOW])


def client_of(*permissions: str) -> tuple[Client, User]:
    user = make_staff()
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client, user


def a_failed_one() -> OutboxEvent:
    outbox.send_mail(key="k:1", to="ann@example.com", subject="Hush", text="Between us")
    OutboxEvent.objects.update(failed_at=datetime.now(UTC), attempts=80, last_error="OSError 111")
    return OutboxEvent.objects.get()


def act(client: Client, page: str, action: str, row: Any) -> Any:
    return client.post(page, {"action": action, "_selected_action": [row.pk]}, follow=True)


def test_the_list_tells_the_state_and_not_the_words() -> None:
    a_failed_one()
    client, _ = client_of("view_outboxevent")

    page = client.get(DELIVERIES).content.decode()
    detail = client.get(f"{DELIVERIES}{OutboxEvent.objects.get().pk}/change/").content.decode()

    assert "k:1" in page
    assert "Given up" in page
    assert "OSError 111" in page
    for words in ("ann@example.com", "Hush", "Between us"):
        assert words not in page + detail
    assert "k:1" in client.get(DELIVERIES + "?state=failed").content.decode()
    for state in ("waiting", "retrying", "sent"):
        assert "k:1" not in client.get(f"{DELIVERIES}?state={state}").content.decode()


def test_who_may_only_look_can_not_try_again() -> None:
    event = a_failed_one()
    client, _ = client_of("view_outboxevent")

    assert "Try again" not in client.get(DELIVERIES).content.decode()
    act(client, DELIVERIES, "try_again", event)

    assert OutboxEvent.objects.get().state == "failed"
    assert client.get(ALERTS).status_code == 403
    assert Client().get(DELIVERIES).status_code == 302


def test_a_failed_delivery_is_tried_again_and_a_sent_one_is_not() -> None:
    event = a_failed_one()
    client, _ = client_of("view_outboxevent", "change_outboxevent")

    page = act(client, DELIVERIES, "try_again", event)
    assert "1 delivery is due now." in page.content.decode()
    assert send_what_waits().sent == 1
    assert len(mail.outbox) == 1

    page = act(client, DELIVERIES, "try_again", event)
    assert "sent already" in page.content.decode()
    assert send_what_waits().sent == 0
    for address in ("add/", f"{event.pk}/delete/"):
        assert client.get(DELIVERIES + address).status_code == 403
    assert client.post(f"{DELIVERIES}{event.pk}/change/", {"key": "x"}).status_code == 403


def test_an_alert_is_seen_by_who_may_see_it() -> None:
    client, user = client_of("view_alert")
    alert = alerts.raise_alert(code="outbox", key="k", text="Look here", now=NOW)
    assert "Look here" in client.get(ALERTS + "?seen=no").content.decode()

    act(client, ALERTS, "mark_seen", alert)

    seen = Alert.objects.get()
    assert (seen.seen_by, seen.seen_at) == (user, NOW)
    assert "Look here" not in client.get(ALERTS + "?seen=no").content.decode()
    assert "Look here" in client.get(ALERTS + "?seen=yes").content.decode()
    send_what_waits()
    assert [(one.to, one.subject) for one in mail.outbox] == [([user.email], "Alert: outbox")]
