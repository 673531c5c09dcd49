"""What the database itself refuses about payees, batches and payouts, as the application's role."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from compensation import selectors_reconciling, services
from compensation.models import BankAnswer, Payee, Payout, PayoutBatch
from tests.compensation.paying import (
    IBANS,
    NOW,
    answers,
    draft,
    paying_town,
    send,
    settle,
)
from tests.compensation.town import Town
from tests.databases import TestDatabases


@pytest.fixture
def paying(transactional_db: None, test_databases: TestDatabases) -> Town:
    return paying_town(test_databases)


def _execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def _refused(statement: str, why: str) -> None:
    with pytest.raises(DatabaseError, match=why):
        _execute(statement)


def test_a_payout_keeps_what_it_was_made_with(
    paying: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    draft(paying)
    changes = {
        "amount_minor": "amount_minor + 1",
        "iban": f"'{IBANS['B']}'",
        "holder_name": "'Somebody Else'",
        "representative_id": f"{paying.members['Y'].pk}",
        "end_to_end_id": "end_to_end_id || 'x'",
        "flags": "'{}'",
    }

    for column, value in changes.items():
        statement = f"UPDATE compensation_payout SET {column} = {value}"
        _refused(statement, "permission denied")
        with pytest.raises(psycopg.errors.CheckViolation, match="keeps what it was made with"):
            owner_connection.execute(f"{statement} WHERE id = (SELECT min(id) FROM"
                                     " compensation_payout)")  # fmt: skip


def test_a_payout_moves_only_with_its_journal(paying: Town) -> None:
    batch = draft(paying)

    _refused("UPDATE compensation_payout SET status = 'settled', part = 1", "can not move")
    _refused("UPDATE compensation_payout SET status = 'cancelled'", "different outcomes")
    _refused("UPDATE compensation_payout SET status = 'sent', part = 1", "can not move")
    send(paying, batch)
    for status in ("settled", "failed"):
        _refused(f"UPDATE compensation_payout SET status = '{status}'", "different outcomes")
    _refused("UPDATE compensation_payout SET status = 'cancelled', part = NULL", "keeps what")
    settle(paying, batch)
    for status in ("failed", "sent", "unknown"):
        _refused(f"UPDATE compensation_payout SET status = '{status}'", "can not move")


def test_no_payout_joins_a_batch_without_a_journal_or_after_the_approval(paying: Town) -> None:
    batch = draft(paying)
    insert = (
        "INSERT INTO compensation_payout (batch_id, representative_id, amount_minor,"
        " account_version, holder_name, iban, bic, end_to_end_id, flags, status, reason,"
        f" changed_at) VALUES ({batch.pk}, {paying.members['B'].pk}, 100, 1, 'B', 'X', '', 'E-1',"
        " '{}', 'reserved', '', now())"
    )

    _refused(insert, "is not reserved in the ledger")
    services.approve_batch(batch=batch, by=paying.approver, now=NOW)
    _refused(insert, "does not begin reserved in a draft")


def test_two_people_approve_a_batch_whatever_the_code_does(paying: Town) -> None:
    batch = draft(paying)
    approve = (
        "UPDATE compensation_payoutbatch SET status = 'approved', approved_at = now(),"
        f" content_digest = 'd', approved_by_id = {{}} WHERE id = {batch.pk}"
    )

    _refused(approve.format(paying.closer.pk), "approved_by_another_person")
    _refused(approve.format("NULL"), "approved_before_it_is_sent")
    _execute(
        f"UPDATE compensation_payoutbatch SET edited_by_id = {paying.approver.pk}"
        f" WHERE id = {batch.pk}"
    )
    _refused(approve.format(paying.approver.pk), "edited by who approves it")
    _refused("UPDATE compensation_payoutbatch SET status = 'sent'", "can not move|sent_by")


def test_nobody_who_ever_edited_a_batch_approves_it_and_no_edit_is_forgotten(
    paying: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    batch = draft(paying)
    edit = "UPDATE compensation_payoutbatch SET edited_by_id = {}"
    for editor in (paying.approver.pk, paying.closer.pk, "NULL"):
        _execute(edit.format(editor))

    _refused(
        "UPDATE compensation_payoutbatch SET status = 'approved', approved_at = now(),"
        f" content_digest = 'd', approved_by_id = {paying.approver.pk}",
        "edited by who approves it",
    )
    assert set(batch.edits.values_list("by_id", flat=True)) == {
        paying.approver.pk,
        paying.closer.pk,
    }
    _refused("DELETE FROM compensation_payoutbatchedit", "permission denied")
    _refused(
        "INSERT INTO compensation_payoutbatchedit (batch_id, by_id, noted_at)"
        f" VALUES ({batch.pk}, {paying.closer.pk}, now())",
        "permission denied",
    )
    for statement in (
        "DELETE FROM compensation_payoutbatchedit",
        "UPDATE compensation_payoutbatchedit SET by_id = by_id",
    ):
        with pytest.raises(psycopg.Error, match="append-only"):
            owner_connection.execute(statement)


def test_what_a_batch_was_sent_with_stands(
    paying: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    batch = send(paying)
    changes = {
        "debtor_name": "'Somebody Else'",
        "debtor_iban": f"'{IBANS['B']}'",
        "debtor_bic": "'COBADEFFXXX'",
        "channel": "'http'",
        "execution_date": "execution_date + 1",
        "sent_at": "sent_at + interval '1 day'",
        "confirmed_at": "NULL, confirmed_by_id = NULL",
    }
    for stage in ("sent", "closed"):
        assert PayoutBatch.objects.get(pk=batch.pk).status == stage
        for column, value in changes.items():
            _refused(f"UPDATE compensation_payoutbatch SET {column} = {value}", "keeps what it was")
        with pytest.raises(psycopg.errors.CheckViolation, match="keeps what it was made with"):
            owner_connection.execute("UPDATE compensation_payoutbatch SET reference = 'x'")
        if stage == "sent":
            settle(paying, batch)


def test_the_day_of_payment_changes_only_in_a_draft(paying: Town) -> None:
    batch = draft(paying)
    later = "UPDATE compensation_payoutbatch SET execution_date = execution_date + 1"

    _execute(later)
    services.approve_batch(batch=batch, by=paying.approver, now=NOW)

    _refused(later, "keeps what it was made with")
    _refused(
        f"{later}, status = 'draft', approved_by_id = NULL, approved_at = NULL,"
        " content_digest = ''",
        "keeps what it was made with",
    )


def test_what_was_approved_keeps_its_approval(paying: Town) -> None:
    batch = send(paying)

    for change in ("content_digest = 'other'", f"approved_by_id = {paying.closer.pk}"):
        _refused(f"UPDATE compensation_payoutbatch SET {change}", "keeps its approval|another_pers")
    _refused("UPDATE compensation_payoutbatch SET status = 'draft'", "can not move|before_it_is")
    _refused("UPDATE compensation_payoutbatch SET status = 'closed'", "not ended")
    with pytest.raises(services.UnableToPayOut):
        services.cancel_batch(batch=batch, reason="x", by=paying.closer, now=NOW)


def test_another_account_takes_another_version(paying: Town) -> None:
    payee = f"representative_id = {paying.members['A'].pk}"

    for change in (
        f"iban = '{IBANS['B']}'",
        "holder_name = 'Somebody Else'",
        "usable_from = usable_from + interval '1 day'",
        f"iban = '{IBANS['B']}', account_version = account_version + 2",
        "account_version = account_version - 1",
    ):
        _refused(f"UPDATE compensation_payee SET {change} WHERE {payee}", "another version|whole")
    _refused(
        f"UPDATE compensation_payee SET iban = '{IBANS['B']}', account_changed_at = now(),"
        f" usable_from = now() - interval '1 day', account_version = account_version + 1"
        f" WHERE {payee}",
        "account_whole_or_none",
    )
    _refused(f"UPDATE compensation_payee SET held = true WHERE {payee}", "held_with_reason")
    _refused(f"UPDATE compensation_payee SET iban = 'x' WHERE {payee}", "whole_or_none|version")


@pytest.mark.parametrize(
    "table", ["payee", "payeeevent", "payoutbatch", "payout", "payoutpart", "answerfile",
              "bankanswer", "answercontradiction"],
)  # fmt: skip
def test_nothing_of_payouts_is_deleted_by_anybody(
    paying: Town, owner_connection: psycopg.Connection[Any], table: str
) -> None:
    batch = send(paying)
    settle(paying, batch)
    file = answers((batch.payouts.order_by("pk")[0], "RJCT"))
    services.import_answers(file=file, by=paying.closer, now=NOW)

    for statement in (
        f"DELETE FROM compensation_{table}",
        f"TRUNCATE compensation_{table} CASCADE",
    ):
        _refused(statement, "permission denied|must be owner")
        with pytest.raises(psycopg.Error, match="append-only"):
            owner_connection.execute(statement)
    if table in ("payeeevent", "answerfile", "bankanswer", "answercontradiction"):
        with pytest.raises(psycopg.Error, match="append-only"):
            owner_connection.execute(f"UPDATE compensation_{table} SET id = id")


@pytest.mark.breaks_ledger
def test_reconciliation_names_what_somebody_changed_behind_the_guards(
    paying: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    batch = send(paying)
    first, second = batch.payouts.order_by("pk")[:2]
    services.import_answers(file=answers((second, "RJCT", "AC04")), by=paying.closer, now=NOW)
    assert selectors_reconciling.reconcile(now=NOW).agrees

    owner_connection.execute("ALTER TABLE compensation_payout DISABLE TRIGGER USER")
    owner_connection.execute(
        "UPDATE compensation_payout SET status = 'settled' WHERE id = %s", [first.pk]
    )
    owner_connection.execute(
        "UPDATE compensation_payout SET amount_minor = amount_minor + 1 WHERE id = %s",
        [second.pk],
    )
    found = selectors_reconciling.reconcile(now=NOW)

    assert not found.agrees
    named = {one.name: one.text for one in found.differences}
    assert "no outcome" in named[first.end_to_end_id]
    assert f"the ledger reserved {second.amount_minor}" in named[second.end_to_end_id]
    code = first.representative.code
    assert re.fullmatch(r"in transit by the ledger \d+, by open payouts 0", named[code])
    assert BankAnswer.objects.count() == 1


def test_the_application_writes_only_columns_that_it_needs(paying: Town) -> None:
    draft(paying)

    for statement in (
        "UPDATE compensation_payoutbatch SET reference = 'x'",
        "UPDATE compensation_payoutbatch SET made_by_id = made_by_id",
        "UPDATE compensation_payout SET batch_id = batch_id",
        "UPDATE compensation_payee SET representative_id = representative_id",
        "INSERT INTO compensation_bankanswer (id, payout_id, code, reason, file_id)"
        " VALUES (1, 1, 'X', '', 1)",
    ):
        _refused(statement, "permission denied")
    assert settings.DATABASE_APP_ROLE
    assert PayoutBatch.objects.get().status == "draft"
    assert Payout.objects.exists()
    assert Payee.objects.exists()
