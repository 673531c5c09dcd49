"""The commands of payouts: answers imported, records reconciled, exit codes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection

from compensation.models import Payout, PayoutBatch
from representatives.locks import AdvisoryLock
from representatives.models import User
from tests.compensation.paying import answers, draft, paying_town, send
from tests.compensation.town import APPROVER, CLOSER, Town
from tests.databases import TestDatabases


@pytest.fixture
def paying(transactional_db: None, test_databases: TestDatabases) -> Town:
    return paying_town(test_databases)


def _run(*words: Any) -> tuple[int, str, str]:
    out, errors = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command(*words, stdout=out, stderr=errors)
    return int(str(left.value.code)), out.getvalue(), errors.getvalue()


def test_answers_are_imported_and_records_agree(paying: Town, tmp_path: Path) -> None:
    batch = send(paying)
    file = tmp_path / "bank.csv"
    file.write_bytes(answers(*((one, "ACSC") for one in batch.payouts.all())))

    first = _run("import_answers", file, "--by", CLOSER, "--json")
    again = _run("import_answers", file, "--by", CLOSER)
    agreed = _run("reconcile_payouts", "--json")

    assert first[0] == again[0] == agreed[0] == 0
    assert json.loads(first[1])["settled"] == batch.payouts.count()
    assert "repeated" in again[1]
    assert json.loads(agreed[1]) == {
        "currency": "EUR",
        "ledger_minor": 0,
        "payouts_minor": 0,
        "differences": [],
    }
    assert set(Payout.objects.values_list("status", flat=True)) == {"settled"}


def test_what_is_refused_is_named_and_ends_in_one(paying: Town, tmp_path: Path) -> None:
    send(paying)
    file = tmp_path / "bank.csv"
    file.write_text("end_to_end_id,status\nNOBODY-1,ACSC\n")

    refused = _run("import_answers", file, "--by", CLOSER)
    file.write_text("nonsense")
    broken = _run("import_answers", file, "--by", CLOSER)

    assert refused[0] == broken[0] == 1
    assert "line 2, NOBODY-1: No payout of ours" in refused[1]
    assert "needs the columns" in broken[2]


def test_answers_that_contradict_stay_a_difference(paying: Town, tmp_path: Path) -> None:
    payout = send(paying).payouts.order_by("pk")[0]
    file = tmp_path / "bank.csv"
    codes = []
    for state in ("RJCT", "ACSC"):
        file.write_bytes(answers((payout, state)))
        codes.append(_run("import_answers", file, "--by", CLOSER)[0])

    told = _run("reconcile_payouts", "--json")

    assert codes == [0, 1]
    assert told[0] == 1
    assert json.loads(told[1])["differences"] == [
        {"name": payout.end_to_end_id, "text": "is failed, but the bank also answered ACSC"}
    ]


def test_wrong_use_ends_in_two(paying: Town, tmp_path: Path) -> None:
    assert _run("import_answers", tmp_path / "none.csv", "--by", CLOSER)[0] == 2
    assert _run("import_answers", tmp_path / "none.csv", "--by", "nobody@example.com")[0] == 2
    assert _run("reconcile_payouts", "--ask-bank")[0] == 2


# -- a batch by hand -------------------------------------------------------------------------------


@pytest.fixture
def staff(paying: Town) -> Town:
    """The town, whose closer and approver may do anything with batches."""
    names = ("add_payoutbatch", "approve_payoutbatch", "send_payoutbatch")
    for user in (paying.closer, paying.approver):
        user.user_permissions.add(*Permission.objects.filter(codename__in=names))
    return paying


def _batch(*words: Any, by: str = CLOSER) -> tuple[int, str, str]:
    return _run("payout_batch", *words, "--by", by)


def test_a_batch_is_drafted_approved_and_sent_by_hand_once(staff: Town) -> None:
    day = ("draft", "--execution-date", "2017-02-21")
    drafted = _run("payout_batch", *day, "--by", CLOSER, "--json")
    batch = PayoutBatch.objects.get()
    drafted_again = _batch(*day)
    own = _batch("approve", batch.reference)
    early = _batch("send", batch.reference)
    approved = _batch("approve", batch.reference, by=APPROVER)
    approved_again = _batch("approve", batch.reference, by=APPROVER)
    sent = _batch("send", batch.reference)
    sent_again = _batch("send", batch.reference)
    late = _batch("cancel", batch.reference, "--reason", "too late")

    assert drafted[0] == 0
    assert json.loads(drafted[1]) == {
        "exit": 0,
        "message": f"{batch} is draft",
        "batch": batch.reference,
        "status": "draft",
        "payouts": batch.payouts.count(),
        "total_minor": sum(one.amount_minor for one in batch.payouts.all()),
        "currency": "EUR",
    }
    assert (drafted_again[0], "is drafted already" in drafted_again[1]) == (0, True)
    assert (own[0], "Somebody else has to approve" in own[2]) == (1, True)
    assert early[0] == 3
    assert approved[0] == approved_again[0] == sent[0] == sent_again[0] == 0
    assert "is sent already" in sent_again[1]
    assert (late[0], "is sent" in late[2]) == (3, True)
    assert set(batch.payouts.values_list("status", flat=True)) == {"sent"}
    assert PayoutBatch.objects.count() == 1


def test_a_batch_is_cancelled_by_hand_once(staff: Town) -> None:
    batch = draft(staff)

    first = _batch("cancel", batch.reference, "--reason", "wrong day")
    again = _batch("cancel", batch.reference, "--reason", "wrong day")
    sent = _batch("send", batch.reference)

    assert (first[0], again[0], sent[0]) == (0, 0, 3)
    assert "is cancelled already" in again[1]
    assert "0 payouts" in first[1]
    assert set(Payout.objects.values_list("status", flat=True)) == {"cancelled"}


def test_who_may_not_and_what_is_not_end_in_two(staff: Town, settings: Any) -> None:
    batch = draft(staff)
    User.objects.create_user("nosy@example.com", "x", is_staff=True)

    assert _batch("cancel", batch.reference, "--reason", "x", by="nosy@example.com")[0] == 2
    assert _batch("cancel", batch.reference, "--reason", "x", by="nobody@example.com")[0] == 2
    assert _batch("send", "NOTHING-1")[0] == 2
    assert _batch("draft", "--execution-date", "tomorrow")[0] == 2
    assert _batch("cancel", batch.reference, "--reason", " ")[0] == 1
    assert _batch("draft", "--execution-date", "2017-02-01")[0] == 1
    settings.CLOSE_APPROVAL_BY_COMMAND = False
    refused = _batch("approve", batch.reference, by=APPROVER)
    assert (refused[0], "on the page" in refused[2]) == (2, True)
    batch.refresh_from_db()
    assert batch.status == "draft"


def test_a_ledger_that_is_busy_ends_in_three_and_keeps_everything(
    staff: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    batch = draft(staff)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '300ms'")
    owner_connection.execute("SELECT pg_advisory_lock(%s)", [AdvisoryLock.LEDGER])

    drafted = _batch("draft", "--execution-date", "2017-02-21")
    cancelled = _batch("cancel", batch.reference, "--reason", "wrong day")
    owner_connection.execute("SELECT pg_advisory_unlock(%s)", [AdvisoryLock.LEDGER])
    again = _batch("cancel", batch.reference, "--reason", "wrong day")

    assert (drafted[0], cancelled[0], again[0]) == (3, 3, 0)
    assert "The ledger is busy" in drafted[2]
    assert PayoutBatch.objects.count() == 1
