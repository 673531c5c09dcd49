"""Nobody posts beside the chain, and what is posted meanwhile is no fault."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction

from compensation import chain, verification
from compensation.models import Batch, Journal, Run
from tests.compensation.chain.postings import (
    Owner,
    post,
    slip_in,
)
from tests.compensation.town import Town

# -- Nobody posts beside the chain ----------------------------------------------------------------


def test_no_entry_joins_a_journal_of_the_same_transaction(town: Town, posted: Run) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        number = post(town, "e")["e"]
        with pytest.raises(IntegrityError, match="sealed already"), transaction.atomic():
            cursor.execute(
                "INSERT INTO compensation_entry (journal_id, account, unit, amount)"
                " VALUES (%s, 1, 'EUR', 5), (%s, 3, 'EUR', -5)",
                [number, number],
            )

    assert verification.ledger_faults() == []


def test_a_stale_snapshot_does_not_fork_the_chain(
    town: Town, posted: Run, owner_connection: Owner
) -> None:
    """REPEATABLE READ does not see the head that another posting wrote since."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM compensation_batch")
        slip_in(owner_connection, town)
        with pytest.raises(OperationalError, match="could not serialize"), transaction.atomic():
            post(town, "e")

    assert Batch.objects.count() == 5
    assert verification.ledger_faults() == []


def test_what_is_restored_elsewhere_goes_on(
    town: Town, posted: Run, owner_connection: Owner
) -> None:
    """In another cluster numbers of transactions begin anew: an old one may come again."""
    for number in (2, 3, 4):
        with transaction.atomic(), connection.cursor() as cursor:
            # The server says which number this posting will bear; the old batch gets it first.
            cursor.execute("SELECT pg_current_xact_id()::text")
            (again,) = cursor.fetchone()
            _bear_number(owner_connection, number, again)
            post(town, f"after {number}")
        assert Batch.objects.latest("number").xact == again

        assert Journal.objects.filter(xact=again).count() > 1
        assert verification.ledger_faults() == []


def _bear_number(owner: Owner, number: int, xact: str) -> None:
    """Let a batch's journals bear another transaction's number, and seal all batches anew."""
    for table in ("journal", "batch"):
        owner.execute(f"ALTER TABLE compensation_{table} DISABLE TRIGGER USER")
    owner.execute(
        "UPDATE compensation_journal j SET xact = %s::text::xid8 FROM compensation_batch b"
        " WHERE b.number = %s AND j.xact = b.xact AND j.id BETWEEN b.first_journal"
        " AND b.last_journal",
        [xact, number],
    )
    batches = owner.execute(
        "SELECT j.xact::text, b.number, min(j.id), max(j.id) FROM compensation_journal j"
        " JOIN compensation_batch b ON j.id BETWEEN b.first_journal AND b.last_journal"
        " GROUP BY 1, 2 ORDER BY 3"
    ).fetchall()
    owner.execute("DELETE FROM compensation_batch")
    owner.execute("DELETE FROM compensation_balance")
    for xid, _number, first, last in batches:
        owner.execute("SELECT compensation_seal(%s::xid8, %s, %s)", [xid, first, last])
    for table in ("journal", "batch"):
        owner.execute(f"ALTER TABLE compensation_{table} ENABLE TRIGGER USER")
        owner.execute(f"ALTER TABLE compensation_{table} ENABLE ALWAYS TRIGGER append_only")
    for name in ("ledger_check", "dated_check"):
        owner.execute(f"ALTER TABLE compensation_journal ENABLE ALWAYS TRIGGER {name}")


def test_what_is_posted_meanwhile_is_no_fault(
    town: Town, posted: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sum(link.journals for link in chain.links())

    def elsewhere() -> None:
        try:
            post(town, "meanwhile")
        finally:
            connections.close_all()

    def while_somebody_posts(_anchors: Any) -> list[str]:
        other = Thread(target=elsewhere)
        other.start()
        other.join(30)
        return list(chain._outside(before))

    with monkeypatch.context() as patch:
        patch.setattr(verification, "chain_faults", while_somebody_posts)
        assert verification.ledger_faults() == []

    assert Journal.objects.filter(source_key="meanwhile").exists()
    assert list(chain._outside(before)) != []
