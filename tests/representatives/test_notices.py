"""Notices: written with the event, each once, read by their receiver."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from representatives import notices, outbox, services
from representatives.models import Company, Notice, Representative
from representatives.notice_kinds import NoticeKind
from tests.representatives.noticed import member, rank
from tests.representatives.people import NOW, enrol, make_staff, send_what_waits

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


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

    page = client.get("/notifications/").content.decode()
    assert "Tuesday 10 March 2026</h3>" in page
    assert ">21:00</time>" in page
