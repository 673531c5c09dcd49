"""The outbox: written with the change, carried out once, tried again, given up, seen by staff."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import redis
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from representatives import alerts, delivery, outbox
from representatives.errors import UnableTo
from representatives.models import Alert, OutboxEvent, User
from representatives.tasks import drain_outbox_task
from tests.representatives.people import make_staff

NOW = datetime(2030, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def handed() -> Iterator[list[str]]:
    """The keys that a handler of the topic "note" was given."""
    keys: list[str] = []

    def note(*, key: str, payload: dict[str, Any]) -> None:
        keys.append(key)
        if "refuse" in payload:
            raise outbox.NotDeliveredError(payload["refuse"])
        if "break" in payload:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")

    outbox.handler("note")(note)
    yield keys
    del outbox._handlers["note"]


def note(key: str, **payload: Any) -> bool:
    return outbox.enqueue(topic="note", key=key, payload=payload)


def test_what_is_committed_is_carried_out_once(db: None, handed: list[str]) -> None:
    assert note("a", n=1)
    assert not note("a", n=1)
    with pytest.raises(outbox.EventKeyUsedOtherwise):
        note("a", n=2)
    with pytest.raises(outbox.EventKeyUsedOtherwise):
        outbox.enqueue(topic="other", key="a", payload={"n": 1})

    assert outbox.drain(now=NOW) == outbox.Drained(sent=1)
    assert outbox.drain(now=NOW) == outbox.Drained()

    assert handed == ["a"]
    event = OutboxEvent.objects.get()
    assert (event.state, event.sent_at, event.payload, event.attempts) == ("sent", NOW, {}, 1)
    assert not note("a", n=1), "the digest of what was sent is kept"
    with pytest.raises(outbox.EventKeyUsedOtherwise):
        note("a", n=2)


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_never_happens(handed: list[str]) -> None:
    with transaction.atomic():
        note("a")
        transaction.set_rollback(True)
    with pytest.raises(RuntimeError, match="inside atomic"):
        note("b")

    assert outbox.drain(now=NOW) == outbox.Drained()
    assert handed == []


def test_events_wait_for_their_time_and_keep_their_order(db: None, handed: list[str]) -> None:
    outbox.enqueue(topic="note", key="later", payload={}, not_before=NOW + timedelta(hours=1))
    note("z")
    note("a")

    assert outbox.drain(now=NOW).sent == 2
    assert handed == ["z", "a"]
    assert outbox.drain(now=NOW + timedelta(hours=1)).sent == 1


def test_a_failure_waits_longer_each_time_and_holds_nobody_up(db: None, handed: list[str]) -> None:
    note("bad", refuse="no such account")
    note("good")
    now = NOW

    assert outbox.drain(now=now) == outbox.Drained(sent=1, failed=1)

    waits = []
    for _ in range(11):
        event = OutboxEvent.objects.get(key="bad")
        waits.append((event.not_before - now).total_seconds())
        now = event.not_before
        assert outbox.drain(now=now - timedelta(seconds=1)) == outbox.Drained()
        assert outbox.drain(now=now) == outbox.Drained(failed=1)
    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert OutboxEvent.objects.get(key="bad").last_error == "no such account"
    assert OutboxEvent.objects.get(key="bad").state == "retrying"


def test_ten_failures_alert_staff_once_and_eighty_give_up(db: None, handed: list[str]) -> None:
    staff = make_staff()
    staff.user_permissions.add(Permission.objects.get(codename="view_alert"))
    nosy = User.objects.create_user("nosy@example.com", "x", is_staff=True)
    note("bad", refuse="closed")
    OutboxEvent.objects.update(attempts=8)
    outbox.drain(now=NOW)
    assert not Alert.objects.exists()

    OutboxEvent.objects.update(not_before=NOW)
    outbox.drain(now=NOW)

    alert = Alert.objects.get()
    assert alert.code == "outbox"
    assert "closed" in alert.text
    assert [one.to for one in mail.outbox] == [[staff.email]]
    assert nosy.email not in str([one.to for one in mail.outbox])

    OutboxEvent.objects.filter(key="bad").update(attempts=79, not_before=NOW)
    assert outbox.drain(now=NOW) == outbox.Drained(failed=1)
    event = OutboxEvent.objects.get(key="bad")
    assert (event.state, event.failed_at) == ("failed", NOW)
    assert outbox.drain(now=NOW + timedelta(days=9)) == outbox.Drained()

    outbox.retry(event=event, now=NOW)
    assert OutboxEvent.objects.get(pk=event.pk).attempts == 1  # a repetition all the same
    assert outbox.drain(now=NOW) == outbox.Drained(failed=1)
    OutboxEvent.objects.filter(key="bad").update(payload={}, not_before=NOW)
    assert outbox.drain(now=NOW) == outbox.Drained(sent=1)
    with pytest.raises(UnableTo, match="sent already"):
        outbox.retry(event=event, now=NOW)


def test_an_event_that_always_kills_its_drainer_is_told_and_given_up(
    db: None, handed: list[str]
) -> None:
    """Nobody is left to note a failure: the next drainer does."""
    note("deadly")
    note("good")
    OutboxEvent.objects.filter(key="deadly").update(attempts=10, last_error=outbox.UNFINISHED)
    assert outbox._claim(NOW) is not True
    assert Alert.objects.get().text.endswith(outbox.UNFINISHED)

    OutboxEvent.objects.filter(key="deadly").update(attempts=80, not_before=NOW)
    assert outbox.drain(now=NOW) == outbox.Drained(sent=1)

    assert (handed, OutboxEvent.objects.get(key="deadly").state) == (["good"], "failed")
    outbox.retry(event=OutboxEvent.objects.get(key="deadly"), now=NOW)
    assert outbox.drain(now=NOW).sent == 1


def test_a_handler_that_breaks_its_transaction_is_undone_alone(db: None, handed: list[str]) -> None:
    note("bad", **{"break": True})

    assert outbox.drain(now=NOW) == outbox.Drained(failed=1)

    assert OutboxEvent.objects.get().last_error == "DataError"


def test_an_event_of_an_unknown_topic_waits_for_its_handler(db: None) -> None:
    outbox.enqueue(topic="unheard", key="a", payload={})

    assert outbox.drain(now=NOW) == outbox.Drained(failed=1)

    assert OutboxEvent.objects.get().last_error == "nothing here carries out unheard"


def test_an_e_mail_bears_the_number_of_its_key(db: None) -> None:
    outbox.send_mail(key="k:1", to="ann@example.com", subject="Hello\r\nBcc: x@y.z", text="Text")
    outbox.drain(now=NOW)

    sent = mail.outbox[-1]
    assert (sent.to, sent.subject, sent.body) == (["ann@example.com"], "Hello Bcc: x@y.z", "Text")
    assert sent.bcc == []
    assert sent.message()["Message-ID"] == delivery.message_id("k:1")
    assert delivery.message_id("k:1") != delivery.message_id("k:2")


def test_errors_of_strangers_are_kept_without_their_words(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(**mail: Any) -> None:
        raise ConnectionRefusedError(111, mail["to"])

    monkeypatch.setattr(delivery, "send_now", refuse)
    outbox.send_mail(key="k", to="ann@example.com", subject="s", text="t")
    outbox.drain(now=NOW)

    assert OutboxEvent.objects.get().last_error == "ConnectionRefusedError 111"
    assert "ann@example.com" not in caplog.text


def test_alerts_are_raised_once_and_seen_once(db: None) -> None:
    staff = make_staff()
    first = alerts.raise_alert(code="c", key="k", text="one", now=NOW)
    again = alerts.raise_alert(code="c", key="k", text="two", now=NOW + timedelta(hours=1))
    assert (first.pk, again.text) == (again.pk, "one")

    alerts.mark_seen(alert=first, by=staff, now=NOW)
    seen = alerts.mark_seen(alert=first, by=make_staff("b@example.com"), now=NOW + timedelta(1))

    assert (seen.seen_by, seen.seen_at) == (staff, NOW)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE representatives_outboxevent SET key = 'other'",
        "UPDATE representatives_outboxevent SET topic = 'other'",
        "UPDATE representatives_outboxevent SET sent_at = NULL, payload = '{\"n\": 2}'",
        "DELETE FROM representatives_outboxevent",
        "TRUNCATE representatives_outboxevent",
        "DELETE FROM representatives_alert",
        "UPDATE representatives_alert SET text = 'harmless'",
    ],
)
@pytest.mark.django_db(transaction=True)
def test_the_application_can_not_make_an_effect_happen_again(
    change: str, handed: list[str], owner_connection: psycopg.Connection[Any]
) -> None:
    with transaction.atomic():
        note("a", n=1)
        alerts.raise_alert(code="c", key="k", text="one", now=NOW)
    assert outbox.drain(now=NOW).sent == 1

    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(change)
    if "sent_at" in change or ("outbox" in change and "UPDATE" not in change):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="what was sent stands"):
            owner_connection.execute(change)


def test_a_full_turn_is_followed_by_the_next_at_once(
    db: None,
    handed: list[str],
    monkeypatch: pytest.MonkeyPatch,
    redis_client: redis.Redis,
    redis_key_prefix: str,
) -> None:
    monkeypatch.setattr(outbox, "DRAINED_AT_ONCE", 2)
    for key in ("a", "b", "c"):
        note(key)

    for sent in (2, 1):
        assert drain_outbox_task() == sent
        assert redis_client.llen(f"{redis_key_prefix}:default") == 1


@pytest.fixture
def bank(handed: list[str]) -> Iterator[None]:
    """A slow topic, whose receiver thinks for a while; its keys are among those handed over."""

    def think(*, key: str, payload: dict[str, Any]) -> None:
        time.sleep(0.03)
        handed.append(key)

    outbox.handler("files", slow=True)(think)
    yield
    del outbox._handlers["files"]
    outbox._slow.discard("files")


def file(key: str) -> bool:
    return outbox.enqueue(topic="files", key=key, payload={})


def test_what_is_slow_waits_for_everything_else(db: None, handed: list[str], bank: None) -> None:
    for key in ("f1", "f2"):
        file(key)
    note("reset")

    assert outbox.drain(now=NOW) == outbox.Drained(sent=3)

    assert handed == ["reset", "f1", "f2"]


def test_a_slow_receiver_keeps_what_is_new_waiting_for_one_file(
    db: None,
    handed: list[str],
    bank: None,
    monkeypatch: pytest.MonkeyPatch,
    redis_client: redis.Redis,
    redis_key_prefix: str,
) -> None:
    """Each file takes longer than a drain gives to files: a reset asked for meanwhile is next."""
    monkeypatch.setattr(outbox, "SLOW_SECONDS", 0.02)
    for key in ("f1", "f2", "f3"):
        file(key)

    assert outbox.drain(now=NOW) == outbox.Drained(sent=1, cut_short=True)
    note("reset")
    assert drain_outbox_task() == 2
    assert redis_client.llen(f"{redis_key_prefix}:default") == 1, "the next drain follows at once"
    assert outbox.drain(now=NOW) == outbox.Drained(sent=1, cut_short=True)
    assert outbox.drain(now=NOW) == outbox.Drained()

    assert handed == ["f1", "reset", "f2", "f3"]


def test_files_for_the_bank_do_not_stand_behind_a_bulk_of_e_mails(
    db: None, handed: list[str], bank: None
) -> None:
    def post(*, key: str, payload: dict[str, Any]) -> None:
        handed.append(key)

    outbox.handler("post", bulk=True)(post)
    try:
        with transaction.atomic():
            outbox.enqueue_many(topic="post", events={f"p{one}": {} for one in range(3)})
        file("f1")
        note("reset")
        assert outbox.drain(now=NOW) == outbox.Drained(sent=5)
    finally:
        del outbox._handlers["post"]
        outbox._slow.discard("post")
        outbox._bulk.discard("post")

    assert handed == ["reset", "f1", "p0", "p1", "p2"]


def test_which_topics_wait_for_which(db: None) -> None:
    assert "bank.send" in outbox._slow - outbox._bulk
    assert {"notice", "digest"} == outbox._bulk
    assert {outbox.MAIL, "notice-at-once"}.isdisjoint(outbox._slow)


class _Refuses(BaseEmailBackend):
    """A mail server that refuses receivers by the number that their address begins with."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            codes = {to: (int(to[:3]), b"No") for to in message.to}
            raise smtplib.SMTPRecipientsRefused(codes)
        return 0


@pytest.mark.parametrize(
    ("code", "state"), [(550, "failed"), (553, "failed"), (450, "retrying"), (530, "retrying")]
)
def test_an_address_that_is_refused_for_good_is_tried_once(
    db: None, settings: Settings, code: int, state: str
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}._Refuses"
    outbox.send_mail(key="k", to=f"{code}@example.com", subject="s", text="t")

    assert outbox.drain(now=NOW) == outbox.Drained(failed=1)

    event = OutboxEvent.objects.get(key="k")
    assert (event.state, event.attempts) == (state, 1)
    assert "example.com" not in event.last_error
    assert Alert.objects.exists() == (state == "failed")


def test_an_e_mail_may_have_a_second_form(db: None) -> None:
    payload = {"to": "ann@example.com", "subject": "s", "text": "Text", "html": "<p>Text</p>"}
    outbox.enqueue(topic=outbox.MAIL, key="k", payload=payload)
    outbox.drain(now=NOW)

    sent: Any = mail.outbox[0]
    assert sent.body == "Text"
    assert [tuple(one) for one in sent.alternatives] == [("<p>Text</p>", "text/html")]
