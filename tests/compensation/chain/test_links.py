"""The chain over postings: each is a link, and what is changed behind the guards' back is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from compensation import verification
from compensation.chain import chain_faults
from compensation.models import Batch, Entry, Journal, Run
from tests.compensation.chain.postings import (
    Owner,
    change_an_amount,
    guarded_again,
    number_of,
    post,
    slip_in,
)
from tests.compensation.town import Town


def test_every_posting_is_a_link(posted: Run) -> None:
    batches = list(Batch.objects.order_by("number"))

    assert [one.number for one in batches] == [1, 2, 3, 4]
    assert batches[0].journal_count == Journal.objects.filter(kind="commission").count()
    assert [one.journal_count for one in batches[1:]] == [1, 2, 1]
    assert sum(one.entry_count for one in batches) == Entry.objects.count()
    assert list(chain_faults()) == []


def test_several_postings_of_one_transaction_are_links_of_their_own(
    town: Town, posted: Run
) -> None:
    with transaction.atomic():
        post(town, "e")
        post(town, "f", "g")

    last = Batch.objects.order_by("-number").first()
    assert last is not None
    assert (last.number, last.journal_count) == (6, 2)
    assert verification.ledger_faults() == []


def test_what_is_rolled_back_leaves_no_link(town: Town, posted: Run) -> None:
    with transaction.atomic():
        post(town, "e")
        transaction.set_rollback(True)
    post(town, "f")

    assert Batch.objects.count() == 5
    assert verification.ledger_faults() == []


@pytest.mark.parametrize(
    "setting",
    [
        "SET TimeZone = 'Asia/Kathmandu'",
        "SET DateStyle = 'German, DMY'",
        "SET IntervalStyle = 'iso_8601'",
        "SET extra_float_digits = -15",
        "SET bytea_output = 'escape'",
        "SET lc_monetary = 'C'",
        "SET standard_conforming_strings = off",
        "SET search_path = pg_temp",
    ],
)
def test_digests_do_not_depend_on_the_settings_of_the_session(
    posted: Run, owner_connection: Owner, setting: str
) -> None:
    ask = (
        "SELECT d.digest = b.rows_digest FROM public.compensation_batch b CROSS JOIN LATERAL"
        " public.compensation_rows_digest(b.xact, b.first_journal, b.last_journal) d"
    )
    owner_connection.execute(setting)

    assert owner_connection.execute(ask).fetchall() == [(True,)] * 4


def test_postings_made_under_other_settings_verify(
    town: Town, posted: Run, owner_connection: Owner
) -> None:
    owner_connection.execute("SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY'")
    slip_in(owner_connection, town)

    assert Batch.objects.count() == 5
    assert verification.ledger_faults() == []


# -- Tampering ------------------------------------------------------------------------------------
Tampering = Callable[[Owner], None]


def _change_an_owner(owner: Owner) -> None:
    owner.execute(
        "UPDATE compensation_journal SET representative_id = r.id"
        " FROM representatives_representative r WHERE r.code = 'B' AND source_key = 'b'"
    )
    owner.execute(
        "UPDATE compensation_entry SET representative_id = r.id FROM representatives_representative"
        " r WHERE r.code = 'B' AND journal_id = %s AND account = 2",
        [number_of("b")],
    )
    owner.execute("SELECT compensation_rebuild_balances()")


def _change_a_date(owner: Owner) -> None:
    owner.execute(
        "UPDATE compensation_journal SET effective_at = effective_at + interval '1 microsecond'"
        " WHERE source_key = 'c'"
    )


def _change_a_key(owner: Owner) -> None:
    owner.execute("UPDATE compensation_journal SET source_key = 'B' WHERE source_key = 'b'")


def _remove_a_journal(owner: Owner) -> None:
    owner.execute("DELETE FROM compensation_entry WHERE journal_id = %s", [number_of("c")])
    owner.execute("DELETE FROM compensation_journal WHERE source_key = 'c'")
    owner.execute("SELECT compensation_rebuild_balances()")


def _renumber(owner: Owner) -> None:
    numbers = {key: number_of(key) for key in ("b", "c")}
    for column, table in (("id", "journal"), ("journal_id", "entry")):
        for old, new in (
            (numbers["b"], -1),
            (numbers["c"], numbers["b"]),
            (-1, numbers["c"]),
        ):
            owner.execute(
                f"UPDATE compensation_{table} SET {column} = %s WHERE {column} = %s", [new, old]
            )


@pytest.mark.parametrize(
    "tamper",
    [
        change_an_amount,
        _change_an_owner,
        _change_a_date,
        _change_a_key,
        _remove_a_journal,
        _renumber,
    ],
)
@pytest.mark.breaks_ledger
def test_the_first_changed_batch_is_named(unguarded: Owner, tamper: Tampering) -> None:
    tamper(unguarded)

    faults = guarded_again(unguarded)

    assert faults
    assert all(fault.startswith(("batch 3 of the chain", "the batches hold")) for fault in faults)


@pytest.mark.breaks_ledger
def test_a_removed_batch_is_named(unguarded: Owner) -> None:
    for key in ("b", "c"):
        unguarded.execute("DELETE FROM compensation_entry WHERE journal_id = %s", [number_of(key)])
    unguarded.execute("DELETE FROM compensation_journal WHERE source_key IN ('b', 'c')")
    unguarded.execute("DELETE FROM compensation_batch WHERE number = 3")
    unguarded.execute("SELECT compensation_rebuild_balances()")

    assert guarded_again(unguarded) == [
        "batch 3 of the chain is missing",
        "batch 4 of the chain does not follow batch 2",
    ]


@pytest.mark.breaks_ledger
def test_a_removed_batch_is_named_when_the_next_takes_its_number(unguarded: Owner) -> None:
    for key in ("b", "c"):
        unguarded.execute("DELETE FROM compensation_entry WHERE journal_id = %s", [number_of(key)])
    unguarded.execute("DELETE FROM compensation_journal WHERE source_key IN ('b', 'c')")
    unguarded.execute("DELETE FROM compensation_batch WHERE number = 3")
    unguarded.execute("UPDATE compensation_batch SET number = 3 WHERE number = 4")
    unguarded.execute("SELECT compensation_rebuild_balances()")

    assert guarded_again(unguarded) == ["batch 3 of the chain does not follow batch 2"]


@pytest.mark.breaks_ledger
def test_reordered_batches_are_named(unguarded: Owner) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        unguarded.execute("UPDATE compensation_batch SET number = %s WHERE number = %s", [new, old])

    faults = guarded_again(unguarded)

    assert faults[0] == "batch 2 of the chain does not follow batch 1"


@pytest.mark.breaks_ledger
def test_a_journal_slipped_in_beside_the_chain_is_named(town: Town, unguarded: Owner) -> None:
    slip_in(unguarded, town)

    faults = guarded_again(unguarded)

    assert faults == ["journal slipped stands beside the chain, in no batch"]


@pytest.mark.breaks_ledger
def test_a_journal_slipped_into_a_batch_is_named(town: Town, unguarded: Owner) -> None:
    slip_in(unguarded, town)
    unguarded.execute(
        "UPDATE compensation_journal SET xact = b.xact FROM compensation_batch b"
        " WHERE b.number = 4 AND source_key = 'slipped'"
    )
    unguarded.execute(
        "UPDATE compensation_batch SET last_journal = %s WHERE number = 4", [number_of("slipped")]
    )

    faults = guarded_again(unguarded)

    assert faults[0] == (
        "batch 4 of the chain was sealed with 1 journals and 2 entries, now it has 2 and 4"
    )
