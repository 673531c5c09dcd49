"""What people are told of closes, payouts, adjustments, points: with the event, each once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation

from compensation import event_notices, services
from compensation.models import MemberResult, Payee, PayeeEventKind, Payout, PayoutStatus
from compensation.services import steps
from compensation.tasks import tell_expiring_points_task
from representatives.models import MemberLook, Notice
from representatives.notice_kinds import NoticeKind
from representatives.notice_words import tell
from tests.compensation import paying
from tests.compensation.bank_town import build_bank_town
from tests.compensation.paying import NOW, give_login
from tests.compensation.town import Town, local
from tests.databases import TestDatabases

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def town(transactional_db: None) -> Town:
    """A company whose plan has a bank, before its first close; A and TOP have a log-in."""
    town = build_bank_town()
    for code in ("TOP", "A"):
        give_login(town, code)
    return town


@pytest.fixture
def payers(transactional_db: None, test_databases: TestDatabases) -> Town:
    """A town with payees."""
    return paying.paying_town(test_databases)


def told(town: Town, code: str, kind: NoticeKind) -> list[Any]:
    """What a member was told of a kind, in English, the latest first."""
    found = Notice.objects.filter(user=town.members[code].user, kind=kind).order_by("-id")
    with translation.override("en"):
        return tell(found)


def test_a_close_tells_of_statement_and_rank_once(town: Town) -> None:
    run = town.close("2017-01")

    [statement] = told(town, "A", NoticeKind.STATEMENT)
    assert "January 2017" in statement.title
    assert statement.path == "/earnings/2017-01/"
    assert statement.notice.happened_at == run.period.ends_at + timedelta(days=2)
    assert Notice.objects.filter(kind=NoticeKind.STATEMENT).count() == 2, "who has a log-in"
    ranks = Notice.objects.filter(kind=NoticeKind.RANK).count()
    before = Notice.objects.count()

    with transaction.atomic():
        assert event_notices.tell_published(run, now=NOW) == 0
    assert Notice.objects.count() == before
    assert Notice.objects.filter(kind=NoticeKind.RANK).count() == ranks


def test_a_rank_is_named_as_the_plan_names_it(town: Town) -> None:
    run = town.close("2017-01")
    rose = {
        one.representative_id
        for one in MemberResult.objects.filter(run_id=run.pk)
        if one.title_rank > one.opening_title
    }
    with_login = {town.members[code].pk for code in ("TOP", "A")}
    found = Notice.objects.filter(kind=NoticeKind.RANK)

    assert {one.user.representative.pk for one in found} == rose & with_login
    names = run.plan_version.document
    assert all(one.facts["rank"] in names for one in found)


def test_a_publication_that_breaks_off_tells_nobody(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(point: str) -> None:
        if point == "publish.before_commit":
            raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(steps, "reach", broken)
        with pytest.raises(ZeroDivisionError):
            town.close("2017-01")
    assert not Notice.objects.filter(kind=NoticeKind.STATEMENT).exists()


def test_payouts_are_told_when_they_go_and_when_they_fail(payers: Town) -> None:
    batch = paying.draft(payers)
    services.approve_batch(batch=batch, by=payers.approver, now=NOW, noted=["shared_account"])
    assert not Notice.objects.filter(kind=NoticeKind.PAYOUT_SENT).exists()
    services.send_batch(batch=batch, by=payers.closer, now=NOW)

    sent = Payout.objects.filter(batch=batch, status=PayoutStatus.SENT)
    assert Notice.objects.filter(kind=NoticeKind.PAYOUT_SENT).count() == sent.count() > 1
    [one] = told(payers, "A", NoticeKind.PAYOUT_SENT)
    payout = sent.get(representative=payers.members["A"])
    assert payout.iban[-4:] in one.text
    assert payout.iban not in str(one.notice.facts)

    services.confirm_sending(batch=batch, by=payers.closer, now=NOW)
    answer = f"end_to_end_id,status,reason\n{payout.end_to_end_id},RJCT,AC04\n".encode()
    for _ in range(2):
        services.import_answers(file=answer, by=payers.closer, now=NOW)

    [failed] = told(payers, "A", NoticeKind.PAYOUT_FAILED)
    assert "could not be made" in failed.title
    assert Notice.objects.filter(kind=NoticeKind.PAYOUT_FAILED).count() == 1


def test_holds_and_refused_papers_are_told_with_their_reason(payers: Town) -> None:
    member = payers.members["A"]
    facts = {"representative": member, "by": payers.approver, "now": NOW}
    services.hold_payee(reason="Two people, one account.", **facts)  # type: ignore[arg-type]
    services.release_payee(reason="It is cleared.", **facts)  # type: ignore[arg-type]
    services.decide_check(
        kind=PayeeEventKind.KYC,
        approve=False,
        reason="The photo is dark.",
        **facts,  # type: ignore[arg-type]
    )

    titles = [(one.title, one.text) for one in told(payers, "A", NoticeKind.PAYOUT_HELD)]

    assert [title for title, _ in titles] == [
        "Your proof of identity was refused",
        "Your payouts are free again",
        "Your payouts are held",
    ]
    assert "The photo is dark." in titles[0][1]
    assert Payee.objects.get(representative=member).kyc_status == "refused"


@pytest.mark.parametrize(
    ("money", "points", "words"),
    [
        (1_250, 0, "€12.50 was entered by hand."),
        (0, -500, "−5 RSP were entered by hand."),
        (1_250, 300, "€12.50 and 3 RSP were entered by hand."),
    ],
)
def test_an_adjustment_is_told_once_it_is_granted(
    payers: Town, money: int, points: int, words: str
) -> None:
    asked = services.request_adjustment(
        representative=payers.members["A"],
        money_minor=money,
        rsp=points,
        reason="The fair.",
        line=None,
        related_period=None,
        by=payers.closer,
        now=NOW,
    )
    assert told(payers, "A", NoticeKind.ADJUSTMENT) == []

    for _ in range(2):
        services.approve_adjustment(adjustment=asked, by=payers.approver, now=NOW)

    [one] = told(payers, "A", NoticeKind.ADJUSTMENT)
    assert one.text.startswith(words)
    assert "The fair." in one.text


def test_points_are_told_before_they_expire_and_when_they_do(town: Town) -> None:
    town.close("2017-01")
    services.ensure_periods(first="2017-04", last="2017-05")
    assert services.tell_expiring_points(now=local("2017-02-20T12:00")) == 0, "40 days to go"

    soon = local("2017-03-10T12:00")
    assert services.tell_expiring_points(now=soon) == 2
    assert services.tell_expiring_points(now=soon + timedelta(days=1)) == 0

    [warned] = told(town, "A", NoticeKind.POINTS)
    assert "expire on 1 April 2017" in warned.title
    services.expire_points(now=local("2017-04-01T01:00"), by=town.closer)
    cashed, _ = told(town, "A", NoticeKind.POINTS)
    assert "reached their date" in cashed.title
    assert services.tell_expiring_points(now=local("2017-04-01T02:00")) == 0


def test_the_beat_tells_of_expiring_points_once_a_day(town: Town) -> None:
    town.close("2017-01")
    town.set_clock("2017-03-10T12:00")

    assert tell_expiring_points_task() == 2
    Notice.objects.update(read_at=NOW)
    assert tell_expiring_points_task() == 0


def test_every_notice_leads_to_a_page_that_its_reader_may_open(town: Town, client: Client) -> None:
    town.close("2017-01")
    town.set_clock("2017-03-10T12:00")
    tell_expiring_points_task()
    asked = services.request_adjustment(
        representative=town.members["A"],
        money_minor=100,
        rsp=0,
        reason="x",
        line=None,
        related_period=None,
        by=town.closer,
        now=local("2017-02-20T12:00"),
    )
    services.approve_adjustment(adjustment=asked, by=town.approver, now=local("2017-02-20T12:00"))
    user = town.members["A"].user
    assert user is not None
    client.force_login(user, backend=BACKEND)

    rows = tell(Notice.objects.filter(user=user))

    assert {NoticeKind(one.notice.kind) for one in rows} >= {
        NoticeKind.STATEMENT,
        NoticeKind.POINTS,
        NoticeKind.ADJUSTMENT,
    }
    for one in rows:
        assert client.get(one.path).status_code == 200, one.path
    assert not MemberLook.objects.exists()
