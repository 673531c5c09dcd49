"""Notices: written with the event, each once, read by their receiver, e-mailed as was chosen."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import psycopg
import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from representatives import notice_letters, notices, outbox, services
from representatives.models import Company, Notice, OutboxEvent, Representative, User
from representatives.notice_kinds import ALWAYS, CHOOSABLE, NoticeKind, explanation
from representatives.tasks import queue_digests_task
from tests.representatives.people import NOW, enrol, make_staff, send_what_waits

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def rank(
    *people: Representative,
    event: str = "rank:2026-02",
    name: str = "Silver",
    now: datetime = NOW,
) -> int:
    """Tell people of a rank."""
    with transaction.atomic():
        return notices.notify(
            kind=NoticeKind.RANK,
            event=event,
            representatives=[one.pk for one in people],
            facts={"month": "2026-02", "rank": name},
            now=now,
        )


def member(**choices: Any) -> Representative:
    """A root with a log-in and choices of its own."""
    found = enrol(name="Marta Wrona", with_login=True)
    User.objects.filter(pk=found.user_id).update(**choices)
    return Representative.objects.select_related("user").get(pk=found.pk)


def set_clock(text: str) -> None:
    """Freeze the company's clock at an instant of its zone."""
    company = Company.objects.get()
    company.time_zone = "America/New_York"
    company.clock_frozen_at = datetime.fromisoformat(text).replace(tzinfo=company.zone)
    company.save()


def test_an_event_is_told_each_person_once(db: None) -> None:
    marta = member()
    ana = enrol(marta, with_login=True)
    silent = enrol(marta)

    assert rank(marta, ana, silent) == 2
    assert rank(marta, ana, silent) == 0

    assert Notice.objects.filter(kind="rank").count() == 2


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_told_nobody() -> None:
    marta = member()

    with transaction.atomic():
        enrol(marta)
        rank(marta)
        transaction.set_rollback(True)
    with pytest.raises(RuntimeError, match="inside atomic"):
        notices.notify(
            kind=NoticeKind.RANK, event="x", representatives=[marta.pk], facts={}, now=NOW
        )

    assert not Notice.objects.exists()
    assert send_what_waits() == outbox.Drained()


def test_a_sponsor_is_told_of_the_own_front_line_only(db: None) -> None:
    marta = member()
    ana = enrol(marta, name="Ana Silva", with_login=True)

    celine = enrol(ana, name="Celine Petit")

    told = Notice.objects.order_by("id")
    assert [(one.user_id, one.event) for one in told] == [
        (marta.user_id, f"member:{ana.pk}"),
        (ana.user_id, f"member:{celine.pk}"),
    ]


def test_the_database_refuses_what_makes_no_sense(db: None) -> None:
    marta = member()
    row = {"user": marta.user, "kind": "rank", "event": "x", "happened_at": NOW}

    for wrong in (
        {"kind": "gossip"},
        {"event": ""},
        {"mail": "weekly"},
        {"mail": "", "mailed_at": NOW},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Notice.objects.create(**row | wrong)
    Notice.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(**row)


# -- E-mails -------------------------------------------------------------------------------------


def parts(message: Any) -> dict[str, str]:
    """The parts of an e-mail as it goes out, by type."""
    found: EmailMessage = message.message()
    return {
        part.get_content_type(): part.get_payload(decode=True).decode()  # type: ignore[union-attr]
        for part in found.walk()
        if part.get_content_maintype() == "text"
    }


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


# -- The list ------------------------------------------------------------------------------------


@pytest.fixture
def reader(db: None, client: Client) -> Representative:
    marta = member()
    client.force_login(marta.user, backend=BACKEND)  # type: ignore[arg-type]
    return marta


def test_the_list_shows_the_own_notices_and_counts_the_unread(
    reader: Representative, client: Client
) -> None:
    ana = enrol(reader, name="Ana Silva", with_login=True)
    rank(reader)
    rank(ana, event="rank:secret", name="Secret rank")

    page = client.get("/notifications/").content.decode()

    assert "Silver" in page
    assert "Ana Silva" in page
    assert "Secret rank" not in page
    assert 'class="bell-count num" aria-hidden="true">2<' in page
    assert page.index("Silver") < page.index("Ana Silva has"), "the newest first"


def test_notices_are_read_one_by_one_or_all_together(
    reader: Representative, client: Client
) -> None:
    for number in range(3):
        rank(reader, event=f"rank:{number}")
    first, second, third = Notice.objects.order_by("id")

    assert client.get(f"/notifications/{first.pk}/read/").status_code == 405
    assert client.post(f"/notifications/{first.pk}/read/").status_code == 302
    assert client.post(f"/notifications/{first.pk}/read/", {"quiet": "1"}).status_code == 204
    assert notices.count_unread(reader.user) == 2  # type: ignore[arg-type]
    unread = client.get("/notifications/?show=unread").content.decode()
    assert f"/notifications/{first.pk}/read/" not in unread
    assert f"/notifications/{second.pk}/read/" in unread
    assert client.post("/notifications/read/", {"up_to": second.pk}).status_code == 302
    third.refresh_from_db()
    assert third.read_at is None, "what came while the list was read stays unread"
    for wrong in ("", "x", "9" * 40):
        assert client.post("/notifications/read/", {"up_to": wrong}).status_code == 404


def test_nobody_reads_or_marks_the_notices_of_others(
    reader: Representative, client: Client
) -> None:
    ana = enrol(reader, with_login=True)
    rank(ana)
    notice = Notice.objects.get(kind="rank")

    assert client.post(f"/notifications/{notice.pk}/read/").status_code == 404
    client.post("/notifications/read/", {"up_to": notice.pk})

    notice.refresh_from_db()
    assert notice.read_at is None


def test_the_list_pages_with_the_same_number_of_queries(
    reader: Representative, client: Client
) -> None:
    client.get("/notifications/")
    rank(reader)
    with CaptureQueriesContext(connection) as one:
        client.get("/notifications/")
    for number in range(70):
        enrol(reader, name=f"Person {number}")

    with CaptureQueriesContext(connection) as many:
        page = client.get("/notifications/").content.decode()

    assert len(many) <= len(one) + 3, "three more for the names of people"
    assert "1 to 30 of 71" in page
    assert "61 to 71 of 71" in client.get("/notifications/?page=3").content.decode()


def test_a_person_who_moved_to_another_line_is_no_longer_named(
    reader: Representative, client: Client
) -> None:
    ana = enrol(reader, name="Ana Silva", with_login=True)
    bruno = enrol(reader, name="Bruno Costa", with_login=True)
    celine = enrol(ana, name="Celine Petit")
    client.force_login(ana.user, backend=BACKEND)  # type: ignore[arg-type]
    assert "Celine Petit" in client.get("/notifications/").content.decode()

    services.change_sponsor(
        representative=celine,
        new_sponsor=bruno,
        reason="Asked for",
        decided_by=make_staff(),
        now=NOW,
        zone=Company.objects.get().zone,
    )
    services.apply_sponsor_changes(now=NOW + timedelta(days=60))

    page = client.get("/notifications/").content.decode()
    assert "Celine Petit" not in page
    assert celine.code not in page
    assert "A person joined your front line" in page


def test_staff_have_a_list_of_their_own(db: None, client: Client) -> None:
    client.force_login(make_staff(), backend=BACKEND)

    assert client.get("/notifications/").status_code == 200


def test_the_time_of_a_notice_is_the_companys(reader: Representative, client: Client) -> None:
    company = Company.objects.get()
    company.time_zone = "Asia/Tokyo"
    company.save()
    rank(reader)

    assert "10 Mar 2026, 21:00" in client.get("/notifications/").content.decode()


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
