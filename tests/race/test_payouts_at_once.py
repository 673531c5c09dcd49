"""Payouts by two at once: each is reserved, sent or cancelled, and ended once.

The first holds its transaction open just before the commit; the second begins meanwhile. Controls
take the guards away, the lock and what stands behind it in the database, and money goes wrong.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection

from compensation import selectors_ledger, services, verification
from compensation.models import Account, Journal, Payout, PayoutBatch
from compensation.services import bank_answers, payouts
from tests.compensation.paying import NOW, answers, draft, paying_town, send
from tests.compensation.town import Town
from tests.databases import TestDatabases

Act = Callable[[], object]
SECONDS = 30


@pytest.fixture
def paying(transactional_db: None, test_databases: TestDatabases) -> Town:
    return paying_town(test_databases)


def at_once(
    monkeypatch: pytest.MonkeyPatch, first: Act, second: Act, *, held_at: str
) -> list[object]:
    """Run the second act while the first waits to commit; return what each raised, or None."""
    held, go_on = threading.Event(), threading.Event()
    outcomes: list[object] = [None, None]

    def reach(name: str) -> None:
        if name == held_at and threading.current_thread().name == "first":
            held.set()
            assert go_on.wait(SECONDS)

    for module in (payouts, bank_answers):
        monkeypatch.setattr(module, "reach", reach)

    def run(place: int, act: Act) -> None:
        try:
            act()
        except Exception as fault:
            outcomes[place] = fault
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(0, first), name="first"),
        threading.Thread(target=run, args=(1, second), name="second"),
    ]
    threads[0].start()
    assert held.wait(SECONDS), outcomes
    threads[1].start()
    _wait_until_somebody_waits()
    go_on.set()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
    return outcomes


def _wait_until_somebody_waits() -> None:
    """Wait until the second is kept from going on by what the first holds."""
    deadline = time.monotonic() + SECONDS
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND (database IS NULL OR"
                " database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")


def _toothless(owner: psycopg.Connection[Any]) -> None:
    """Take away what stands behind the locks: balances, keys, and the moves of payouts."""
    (source,) = owner.execute(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'compensation_keep_balances'"
    ).fetchone() or ("",)
    weak = re.sub(r"IF fault IS NOT NULL THEN.*?END IF;", "", source, flags=re.DOTALL)
    assert weak != source
    owner.execute(weak)
    for table in ("payout", "payoutbatch"):
        owner.execute(f"ALTER TABLE compensation_{table} DISABLE TRIGGER USER")
    owner.execute("ALTER TABLE compensation_journal DROP CONSTRAINT journal_source_key_once")
    owner.execute(
        "ALTER TABLE compensation_payoutbatch DROP CONSTRAINT payoutbatch_sent_by_somebody,"
        " DROP CONSTRAINT payoutbatch_approved_before_it_is_sent"
    )
    owner.execute(
        "ALTER TABLE compensation_payout DROP CONSTRAINT compensation_payout_end_to_end_id_key"
    )


def _without_ledger_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody take a lock of their own."""
    numbers = itertools.count(77_000)

    class Own:
        @property
        def LEDGER(self) -> int:
            return next(numbers)

    monkeypatch.setattr(payouts, "AdvisoryLock", Own())


def _balances(account: Account) -> dict[int, int]:
    return selectors_ledger.balances_of(account, "EUR")


# -- two drafts ------------------------------------------------------------------------------------


def test_two_drafts_reserve_a_balance_once(paying: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _balances(Account.COMMISSION_PAYABLE)

    first, second = at_once(
        monkeypatch, lambda: draft(paying), lambda: draft(paying), held_at="reserve.before_commit"
    )

    assert first is None
    assert isinstance(second, services.UnableToPayOut)
    assert PayoutBatch.objects.count() == 1
    reserved = _balances(Account.PAYOUT_IN_TRANSIT)
    assert all(before[number] == amount for number, amount in reserved.items())
    assert min(_balances(Account.COMMISSION_PAYABLE).values()) >= 0
    assert verification.ledger_faults() == []


def test_without_the_lock_the_ledger_itself_refuses_the_second_draft(
    paying: Town, monkeypatch: pytest.MonkeyPatch, owner_connection: psycopg.Connection[Any]
) -> None:
    _without_ledger_lock(monkeypatch)
    monkeypatch.setattr(payouts, "_reference", _references())

    first, second = at_once(
        monkeypatch, lambda: draft(paying), lambda: draft(paying), held_at="reserve.before_commit"
    )

    assert first is None
    assert isinstance(second, IntegrityError)
    assert "would be" in str(second)
    assert min(_balances(Account.COMMISSION_PAYABLE).values()) >= 0


def _references() -> Callable[[Any], str]:
    numbers = itertools.count(1)
    return lambda day: f"OWN-{next(numbers)}"


def test_control_two_drafts_without_the_guards_overdraw_balances(
    paying: Town, monkeypatch: pytest.MonkeyPatch, owner_connection: psycopg.Connection[Any]
) -> None:
    _toothless(owner_connection)
    _without_ledger_lock(monkeypatch)
    monkeypatch.setattr(payouts, "_reference", _references())

    outcomes = at_once(
        monkeypatch, lambda: draft(paying), lambda: draft(paying), held_at="reserve.before_commit"
    )

    assert outcomes == [None, None]
    assert min(_balances(Account.COMMISSION_PAYABLE).values()) < 0


# -- cancel and send -------------------------------------------------------------------------------


def _approved(paying: Town) -> PayoutBatch:
    batch = draft(paying)
    return services.approve_batch(batch=batch, by=paying.approver, now=NOW)


def _send(paying: Town, batch: PayoutBatch) -> Act:
    return lambda: services.send_batch(batch=batch, by=paying.closer, now=NOW)


def _cancel(paying: Town, batch: PayoutBatch) -> Act:
    return lambda: services.cancel_batch(batch=batch, reason="no", by=paying.closer, now=NOW)


def test_what_is_being_sent_is_not_cancelled(paying: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = _approved(paying)

    first, second = at_once(
        monkeypatch, _send(paying, batch), _cancel(paying, batch), held_at="send.before_commit"
    )

    assert first is None
    assert isinstance(second, services.UnableToPayOut)
    batch.refresh_from_db()
    assert batch.status == "sent"
    assert set(Payout.objects.values_list("status", flat=True)) == {"sent"}
    assert not Journal.objects.filter(kind="release").exists()


def test_control_without_the_guards_a_batch_is_cancelled_that_the_bank_pays(
    paying: Town, monkeypatch: pytest.MonkeyPatch, owner_connection: psycopg.Connection[Any]
) -> None:
    batch = _approved(paying)
    _toothless(owner_connection)
    monkeypatch.setattr(payouts, "_locked", lambda number: PayoutBatch.objects.get(pk=number))

    outcomes = at_once(
        monkeypatch, _send(paying, batch), _cancel(paying, batch), held_at="send.before_commit"
    )

    assert outcomes == [None, None]
    batch.refresh_from_db()
    assert batch.status == "cancelled"
    assert set(Payout.objects.values_list("status", flat=True)) == {"sent"}


# -- answers ---------------------------------------------------------------------------------------


def _settle(paying: Town, batch: PayoutBatch) -> Act:
    file = answers(*((one, "ACSC") for one in batch.payouts.order_by("pk")))
    return lambda: services.import_answers(file=file, by=paying.closer, now=NOW)


def _fail(paying: Town, batch: PayoutBatch) -> Act:
    file = answers(*((one, "RJCT", "MS03") for one in batch.payouts.order_by("pk")))
    return lambda: services.import_answers(file=file, by=paying.closer, now=NOW)


@pytest.mark.parametrize("other", [_settle, _fail], ids=["same", "contrary"])
def test_answers_of_two_at_once_end_each_payout_once(
    paying: Town, monkeypatch: pytest.MonkeyPatch, other: Callable[[Town, PayoutBatch], Act]
) -> None:
    batch = send(paying)

    outcomes = at_once(
        monkeypatch, _settle(paying, batch), other(paying, batch), held_at="outcome.before_commit"
    )

    assert outcomes == [None, None]
    assert set(Payout.objects.values_list("status", flat=True)) == {"settled"}
    assert Journal.objects.filter(kind="settle").count() == batch.payouts.count()
    assert not Journal.objects.filter(kind="release").exists()
    assert _balances(Account.PAYOUT_IN_TRANSIT) == {}
    assert verification.ledger_faults() == []


def test_control_without_the_guards_the_same_payout_is_paid_and_given_back(
    paying: Town, monkeypatch: pytest.MonkeyPatch, owner_connection: psycopg.Connection[Any]
) -> None:
    batch = send(paying)
    _toothless(owner_connection)
    monkeypatch.setattr(
        bank_answers,
        "_lock_batches",
        lambda lines: {one.pk: one for one in PayoutBatch.objects.all()},
    )

    outcomes = at_once(
        monkeypatch, _settle(paying, batch), _fail(paying, batch), held_at="outcome.before_commit"
    )

    assert outcomes == [None, None]
    count = batch.payouts.count()
    assert Journal.objects.filter(kind="settle").count() == count
    assert Journal.objects.filter(kind="release").count() == count
    assert min(_balances(Account.PAYOUT_IN_TRANSIT).values()) < 0
