"""While others post for longer than one waits, such as a close: refused in words, done later."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from django.utils import translation

from compensation import ledger, services, tasks
from compensation.models import Account, Journal, JournalKind, Payout, PayoutBatch, Period
from representatives.locks import AdvisoryLock
from representatives.models import User
from sales import services as sales_services
from sales.models import Return
from tests.compensation.bank_town import build_bank_town, convert
from tests.compensation.paying import NOW as PAYDAY
from tests.compensation.paying import answers, draft, paying_town, send
from tests.compensation.town import APPROVER, CLOSER, Town, local
from tests.databases import TestDatabases

NOW = local("2017-02-10T09:00")
PATIENCE = "300ms"
WORDS = "The ledger is busy at the moment"
Owner = psycopg.Connection[Any]
Busy = Callable[[], Any]


@pytest.fixture
def busy(owner_connection: Owner) -> Busy:
    """A ledger that somebody else posts into for as long as the block lasts."""

    @contextmanager
    def held() -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{PATIENCE}'")
        owner_connection.execute("SELECT pg_advisory_lock(%s)", [AdvisoryLock.LEDGER])
        try:
            yield
        finally:
            _let_go(owner_connection)

    return held


def _let_go(owner: Owner) -> None:
    owner.execute("SELECT pg_advisory_unlock(%s)", [AdvisoryLock.LEDGER])


@pytest.fixture
def paying(transactional_db: None, test_databases: TestDatabases) -> Town:
    return paying_town(test_databases)


def _client(user: User) -> Client:
    user.user_permissions.set(Permission.objects.all())
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _run(*words: Any) -> tuple[int, str]:
    errors = io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command(*words, stdout=io.StringIO(), stderr=errors)
    return int(str(left.value.code)), errors.getvalue()


def _post(town: Town) -> dict[str, int]:
    draft = ledger.Draft(
        "one",
        town.members["A"].pk,
        ((Account.COMMISSION_EXPENSE, "EUR", -5), (Account.COMMISSION_PAYABLE, "EUR", 5)),
    )
    period = Period.objects.get(label="2017-02")
    return ledger.post([draft], kind=JournalKind.ADJUSTMENT, period=period, effective_at=NOW)


def _return(town: Town, number: int = 0) -> Return:
    order = [one for key, one in town.orders.items() if key.startswith("B")][number]
    return sales_services.request_return(
        line=order.lines.get(number=1), quantity=1, requested_by=None, now=NOW
    )


def test_only_a_lock_that_others_hold_is_told(town: Town, busy: Busy) -> None:
    town.close("2017-01")
    with busy():
        with pytest.raises(ledger.LedgerBusy, match=WORDS) as told:
            _post(town)
        with translation.override("pl"), pytest.raises(ledger.LedgerBusy, match="zajęta"):
            _post(town)
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '200ms'")
        with pytest.raises(OperationalError, match="statement timeout"):
            _post(town)
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")

    assert told.value.field is None
    assert list(_post(town)) == ["one"]


def test_an_adjustment_waits_for_a_better_moment(town: Town, busy: Busy) -> None:
    town.close("2017-01")
    town.set_clock("2017-02-10T09:00")
    asked = services.request_adjustment(
        representative=town.members["A"],
        money_minor=1234,
        rsp=0,
        reason="A parcel that was lost",
        line=None,
        related_period=None,
        by=town.closer,
        now=NOW,
    )
    page, approver = f"/admin/compensation/adjustment/{asked.pk}/change/", _client(town.approver)

    with busy():
        said = approver.post(page, {"decision": "grant", "why_refused": "what was typed"})

    assert said.status_code == 200
    assert WORDS in said.content.decode()
    assert "what was typed" in said.content.decode()
    asked.refresh_from_db()
    assert (asked.status, asked.journal) == ("requested", None)
    assert approver.post(page, {"decision": "grant"}).status_code == 302
    assert Journal.objects.filter(source_key=f"adjustment:{asked.pk}").count() == 1


def test_adjust_ends_in_three(town: Town, busy: Busy, settings: Any) -> None:
    settings.CLOSE_APPROVAL_BY_COMMAND = True
    town.close("2017-01")
    town.set_clock("2017-02-10T09:00")
    words = ("adjust", "--key", "k", "--representative", "A", "--money", "1", "--reason", "r")
    people = ("--by", CLOSER, "--approve-by", APPROVER)

    with busy():
        code, errors = _run(*words, *people)

    assert (code, WORDS in errors) == (3, True)
    assert _run(*words, *people)[0] == 0
    assert Journal.objects.filter(kind="adjustment").count() == 1


def test_a_return_is_not_accepted_by_halves(town: Town, busy: Busy) -> None:
    town.close("2017-01")
    town.set_clock("2017-02-10T09:00")
    asked = _return(town)
    page = f"/admin/sales/return/{asked.pk}/decide/"
    form = {"act": "accept", "quantity": "1", "decision": "what was typed"}
    staff = _client(town.closer)

    with busy():
        said = staff.post(page, form)

    assert said.status_code == 422
    assert WORDS in said.content.decode()
    assert "what was typed" in said.content.decode()
    asked.refresh_from_db()
    assert asked.status == "requested"
    assert staff.post(page, form).status_code == 302
    assert Journal.objects.filter(kind="reversal").exists()


def test_a_waiting_return_is_tried_again_by_its_task(
    town: Town, busy: Busy, owner_connection: Owner, settings: Any
) -> None:
    run = town.close("2017-01", post=False)
    town.set_clock("2017-02-10T09:00")
    services.accept_return(return_=_return(town), decided_by=town.closer, now=NOW)
    services.approve_run(run=run, by=town.approver, now=NOW)
    services.advance_to_end(run=run, now=NOW)

    with busy():
        with pytest.raises(ledger.LedgerBusy):
            tasks.reverse_waiting_returns_task()
        freed = Timer(0.7, _let_go, [owner_connection])
        freed.start()
        done = tasks.reverse_waiting_returns_task.apply()
        freed.join()

    assert (done.state, done.get()) == ("SUCCESS", 1)
    assert ledger.LedgerBusy in tasks.expire_points_task.autoretry_for


def test_points_are_converted_later(transactional_db: None, busy: Callable[[], Any]) -> None:
    town = build_bank_town()
    town.close("2017-01")

    with busy(), pytest.raises(services.Busy, match="busy at the moment"):
        convert(town, "A", 2000, "2017-02-20T10:00")

    assert convert(town, "A", 2000, "2017-02-20T10:00").points == 2000


def test_payouts_are_drafted_cancelled_and_answered_later(paying: Town, busy: Busy) -> None:
    staff, root = _client(paying.closer), "/admin/compensation/payoutbatch/"
    day = {"execution_date": PAYDAY.date().isoformat()}

    with busy():
        drafted = staff.post(f"{root}draft/", day)
    assert (drafted.status_code, WORDS in drafted.content.decode()) == (422, True)
    assert day["execution_date"] in drafted.content.decode()
    assert not PayoutBatch.objects.exists()

    batch = draft(paying)
    with busy():
        kept = staff.post(f"{root}{batch.pk}/do/cancel/", {"reason": "a slip"}, follow=True)
    assert (kept.status_code, WORDS in kept.content.decode()) == (200, True)
    batch.refresh_from_db()
    assert batch.status == "draft"

    send(paying, batch)
    file = answers(*((one, "ACSC") for one in batch.payouts.all()))
    with busy():
        said = staff.post(f"{root}answers/", {"file": SimpleUploadedFile("a.csv", file)})
    assert (said.status_code, WORDS in said.content.decode()) == (422, True)
    assert set(Payout.objects.values_list("status", flat=True)) == {"sent"}


def test_import_answers_ends_in_three(paying: Town, busy: Busy, tmp_path: Path) -> None:
    batch = send(paying)
    file = tmp_path / "bank.csv"
    file.write_bytes(answers(*((one, "ACSC") for one in batch.payouts.all())))

    with busy():
        code, errors = _run("import_answers", file, "--by", CLOSER)

    assert (code, WORDS in errors) == (3, True)
    assert set(Payout.objects.values_list("status", flat=True)) == {"sent"}
    assert _run("import_answers", file, "--by", CLOSER)[0] == 0
    assert set(Payout.objects.values_list("status", flat=True)) == {"settled"}


# -- A freeze between the look at the period and the posting ---------------------------------------


def _freeze(owner: Owner) -> None:
    owner.execute("SET lock_timeout = '300ms'")
    owner.execute(
        "UPDATE compensation_period SET status = 'frozen', frozen_at = now()"
        " WHERE label = '2017-02'"
    )


def test_a_freeze_waits_for_what_is_about_to_be_posted(
    town: Town, owner_connection: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.close("2017-01")
    asked = _ask(town)
    post_once = ledger.post_once

    def after_a_freeze(*words: Any, **facts: Any) -> ledger.Posted:
        with pytest.raises(psycopg.errors.LockNotAvailable):
            _freeze(owner_connection)
        return post_once(*words, **facts)

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "post_once", after_a_freeze)
        services.approve_adjustment(adjustment=asked, by=town.approver, now=NOW)

    assert Journal.objects.filter(source_key=f"adjustment:{asked.pk}").exists()


def test_what_a_freeze_has_overtaken_is_refused(
    town: Town, owner_connection: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The period is read as open and frozen before it is held."""
    town.close("2017-01")
    asked = _ask(town)
    current = services.adjustments.selectors.current_period

    def then_frozen(now: Any) -> Any:
        found = current(now)
        _freeze(owner_connection)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(services.adjustments.selectors, "current_period", then_frozen)
        with pytest.raises(services.UnableToAdjust, match="No open period"):
            services.approve_adjustment(adjustment=asked, by=town.approver, now=NOW)

    assert not Journal.objects.filter(kind="adjustment").exists()


def test_without_holding_the_period_the_database_refuses(
    town: Town, owner_connection: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.close("2017-01")
    asked = _ask(town)

    def believed(_period: Period) -> bool:
        _freeze(owner_connection)
        return True

    with monkeypatch.context() as patch:
        patch.setattr(services.adjustments, "hold_if_open", believed)
        with pytest.raises(IntegrityError, match="2017-02, which is frozen"):
            services.approve_adjustment(adjustment=asked, by=town.approver, now=NOW)


def _ask(town: Town) -> Any:
    return services.request_adjustment(
        representative=town.members["A"],
        money_minor=1234,
        rsp=0,
        reason="A parcel that was lost",
        line=None,
        related_period=None,
        by=town.closer,
        now=NOW,
    )
