"""Notices by e-mail: as was chosen, once each, those that guard an account ahead of all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from representatives import notice_letters, notices, outbox
from representatives.models import Company, Notice, OutboxEvent, Representative, User
from representatives.notice_kinds import ALWAYS, CHOOSABLE, NoticeKind, explanation
from representatives.tasks import queue_digests_task
from tests.representatives.noticed import member, parts, rank, set_clock
from tests.representatives.people import NOW, enrol, send_what_waits


def test_an_email_goes_out_once_in_both_forms_and_the_receivers_language(db: None) -> None:
    marta = member(language="pl")
    rank(marta)

    assert send_what_waits().sent == 1
    assert send_what_waits().sent == 0

    [message] = mail.outbox
    assert marta.user is not None
    assert message.to == [marta.user.email]
    assert "Silver" in message.subject
    found = parts(message)
    assert set(found) == {"text/plain", "text/html"}
    assert "http://testserver:8000/rank/" in found["text/plain"]
    assert 'href="http://testserver:8000/rank/"' in found["text/html"]
    assert '<html lang="pl">' in found["text/html"]
    assert OutboxEvent.objects.get().key == f"notice:{Notice.objects.get().pk}"
    assert Notice.objects.get().mailed_at is not None


@pytest.mark.parametrize(
    ("choices", "mails"),
    [
        ({}, 1),
        ({"email_notices": "never"}, 0),
        ({"muted_notices": ["rank"]}, 0),
        ({"muted_notices": ["statement"]}, 1),
        ({"email_notices": "daily"}, 0),
        ({"is_active": False}, 0),
    ],
)
def test_choices_decide_on_emails_and_the_list_has_all(
    db: None, choices: dict[str, Any], mails: int
) -> None:
    marta = member(**choices)

    rank(marta)
    send_what_waits()

    assert len(mail.outbox) == mails
    assert Notice.objects.filter(user=marta.user).count() == 1


def test_a_choice_made_before_the_email_is_written_still_counts(db: None) -> None:
    marta = member()
    rank(marta)
    notices.queue_mails(now=timezone.now())
    User.objects.update(email_notices="never")

    send_what_waits()

    assert mail.outbox == []
    assert OutboxEvent.objects.get().state == "sent"


def test_what_guards_an_account_comes_whatever_was_chosen(db: None) -> None:
    bank_details(member(email_notices="never", muted_notices=[kind.value for kind in NoticeKind]))

    send_what_waits()

    [message] = mail.outbox
    assert "3000" in message.body
    assert set(CHOOSABLE) == set(NoticeKind) - ALWAYS
    assert all(explanation(kind) for kind in NoticeKind)


def test_a_crowd_waits_in_the_notices_and_not_in_the_outbox(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "MOST_WAITING", 2)
    marta = member()
    people = [marta, *(enrol(marta, with_login=True) for _ in range(4))]
    Notice.objects.update(mailed_at=NOW)
    assert rank(*people) == 5

    assert notices.queue_mails(now=timezone.now()) == 2
    assert notices.queue_mails(now=timezone.now()) == 0, "no room"
    rounds = 0
    while send_what_waits().sent:
        rounds += 1

    assert rounds == 3
    assert sorted(one.to[0] for one in mail.outbox) == sorted(
        User.objects.get(representative=one).email for one in people
    )


def bank_details(*people: Representative, event: str = "payee:1:account:1") -> int:
    """Tell people that their bank details were changed."""
    with transaction.atomic():
        return notices.notify(
            kind=NoticeKind.BANK_DETAILS,
            event=event,
            representatives=[one.pk for one in people],
            facts={"digits": "3000", "day": "2026-03-17"},
            now=NOW,
        )


def test_what_guards_an_account_waits_for_no_crowd(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "MOST_WAITING", 1)
    marta = member()
    for number in range(3):
        rank(marta, event=f"rank:{number}")
    notices.queue_mails(now=timezone.now())

    assert bank_details(marta) == 1
    assert bank_details(marta) == 0
    done = outbox.drain(now=timezone.now(), limit=2)

    assert done.sent == 2
    assert "3000" in mail.outbox[0].body
    assert "Silver" in mail.outbox[1].body
    told = Notice.objects.get(kind="bank_details")
    assert told.mailed_at is not None
    assert OutboxEvent.objects.get(key=f"notice:{told.pk}").topic == notices.URGENT_TOPIC
    send_what_waits()
    assert len([one for one in mail.outbox if "3000" in one.body]) == 1

    User.objects.update(is_active=False)
    bank_details(marta, event="payee:1:account:2")
    assert not OutboxEvent.objects.filter(topic=notices.URGENT_TOPIC, sent_at=None).exists()


def test_what_is_tried_again_takes_no_room_from_others(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "MOST_WAITING", 2)
    marta = member()
    for number in range(3):
        rank(marta, event=f"rank:{number}")
    assert notices.queue_mails(now=timezone.now()) == 2
    later = timezone.now() + timedelta(hours=1)
    OutboxEvent.objects.update(attempts=3, not_before=later, last_error="the server is away")

    assert notices.queue_mails(now=timezone.now()) == 1


def test_other_emails_do_not_stand_behind_a_crowd(db: None) -> None:
    marta = member()
    rank(marta)
    notices.queue_mails(now=timezone.now())
    with transaction.atomic():
        outbox.send_mail(key="reset", to="a@example.com", subject="a reset", text="x")

    send_what_waits()

    assert mail.outbox[0].subject == "a reset"


# -- Digests -------------------------------------------------------------------------------------


def test_a_digest_comes_once_a_day_and_only_with_something_to_say(db: None) -> None:
    marta = member(email_notices="daily")
    set_clock("2026-03-11T06:59")
    rank(marta)  # NOW is eight in the morning of the day before
    rank(marta, event="rank:2026-01", name="Bronze")

    assert queue_digests_task() == 0, "the hour of the day has not come"
    set_clock("2026-03-11T07:00")
    assert queue_digests_task() == 1
    assert queue_digests_task() == 0
    send_what_waits()
    rank(marta, event="rank:2026-03", name="Gold")
    assert queue_digests_task() == 0, "one a day"
    set_clock("2026-03-12T21:00")
    assert queue_digests_task() == 1
    set_clock("2026-03-13T21:00")
    assert queue_digests_task() == 0, "nothing to say"
    send_what_waits()

    first, second = mail.outbox
    assert "2 notices" in first.subject
    assert "Bronze" in first.body
    assert "Silver" in first.body
    assert "Gold" in second.subject
    assert OutboxEvent.objects.filter(topic="digest").count() == 2


def test_what_comes_after_the_hour_waits_for_the_next_day(db: None) -> None:
    marta = member(email_notices="daily")
    set_clock("2026-03-10T07:30")
    with transaction.atomic():
        notices.notify(
            kind=NoticeKind.RANK,
            event="rank:2026-02",
            representatives=[marta.pk],
            facts={"month": "2026-02", "rank": "Silver"},
            now=Company.objects.get().now(real_time=NOW),
        )

    assert queue_digests_task() == 0
    set_clock("2026-03-11T08:00")
    assert queue_digests_task() == 1


def test_those_who_waited_longest_get_their_digest_first(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "MOST_WAITING", 2)
    marta = member(email_notices="daily")
    people = [marta, *(enrol(marta, with_login=True) for _ in range(4))]
    User.objects.update(email_notices="daily")
    Notice.objects.update(mailed_at=NOW)
    set_clock("2026-03-11T08:00")
    last = people[-1]
    rank(last, event="rank:2026-01", now=NOW - timedelta(days=1))
    rank(*people)

    def served() -> list[int]:
        waiting = OutboxEvent.objects.filter(topic="digest", sent_at=None).order_by("id")
        return [one.payload["user"] for one in waiting]

    notices.queue_digests(now=timezone.now())
    assert served()[0] == last.user_id, "the highest number, and the longest wait"
    assert len(served()) == 2
    first = OutboxEvent.objects.get(key__startswith=f"digest:{last.user_id}:")
    assert len(first.payload["notices"]) == 2, "all that waits for the person, in one"
    assert notices.queue_digests(now=timezone.now()) == 0, "no room"
    while send_what_waits().sent:
        notices.queue_digests(now=timezone.now())
    assert OutboxEvent.objects.filter(topic="digest").count() == 5
    assert len(mail.outbox) == 5


def test_a_crowd_of_emails_leaves_room_for_digests(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "MOST_WAITING", 1)
    marta = member()
    ana = enrol(marta, with_login=True)
    User.objects.filter(pk=ana.user_id).update(email_notices="daily")
    set_clock("2026-03-11T08:00")
    rank(marta, ana)
    assert notices.queue_mails(now=timezone.now()) == 1

    assert notices.queue_digests(now=timezone.now()) == 1


def test_a_digest_leaves_out_what_was_read_and_is_not_sent_empty(db: None) -> None:
    marta = member(email_notices="daily")
    set_clock("2026-03-11T08:00")
    rank(marta)
    assert queue_digests_task() == 1
    Notice.objects.update(read_at=NOW)

    send_what_waits()

    assert mail.outbox == []


def test_a_long_digest_names_how_many_more_there_are(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_letters, "MOST_TOLD", 2)
    marta = member(email_notices="daily")
    set_clock("2026-03-11T08:00")
    for number in range(5):
        rank(marta, event=f"rank:{number}", name=f"Rank {number}")

    queue_digests_task()
    send_what_waits()

    [message] = mail.outbox
    assert "Rank 1" in message.body
    assert "Rank 2" not in message.body
    assert "3 more notices" in message.body


@pytest.mark.django_db(transaction=True)
def test_two_drainers_write_each_email_once(owner_connection: psycopg.Connection[Any]) -> None:
    marta = member()
    rank(marta, event="rank:1")
    rank(marta, event="rank:2")
    owner_connection.autocommit = False
    owner_connection.execute("SELECT FROM representatives_notice WHERE event = 'rank:1' FOR UPDATE")

    assert notices.queue_mails(now=timezone.now()) == 1, "what another one holds is left to it"
    owner_connection.rollback()
    assert notices.queue_mails(now=timezone.now()) == 1
    assert notices.queue_mails(now=timezone.now()) == 0

    send_what_waits()
    assert len(mail.outbox) == 2
    assert len({one.extra_headers["Message-ID"] for one in mail.outbox}) == 2


def test_a_mark_that_is_rolled_back_takes_its_email_along(db: None) -> None:
    rank(member())

    with transaction.atomic():
        assert notices.queue_mails(now=timezone.now()) == 1
        transaction.set_rollback(True)

    assert not OutboxEvent.objects.exists()
    assert notices.queue_mails(now=timezone.now()) == 1
