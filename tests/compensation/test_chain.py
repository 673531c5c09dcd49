"""The chain over postings: what is changed behind the guards' back is named, batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.utils import timezone

import compensation
from compensation import anchors, chain, ledger, services, tasks, verification
from compensation.chain import chain_faults
from compensation.guard_functions import function_faults, migrated_functions
from compensation.models import Account, Batch, Entry, Journal, JournalKind, Period, Run
from representatives import outbox
from representatives.models import Company
from representatives.models_outbox import Alert, OutboxEvent
from tests.compensation.town import Town, local

NOW = local("2017-02-10T09:00")
SQL = Path(compensation.__file__).parent / "migrations" / "sql"
Owner = psycopg.Connection[Any]


def _draft(town: Town, key: str, amount: int, code: str = "A") -> ledger.Draft:
    return ledger.Draft(
        key,
        town.members[code].pk,
        (
            (Account.COMMISSION_EXPENSE, "EUR", -amount),
            (Account.COMMISSION_PAYABLE, "EUR", amount),
        ),
    )


def _post(town: Town, *keys: str, amount: int = 100) -> dict[str, int]:
    return ledger.post(
        [_draft(town, key, amount) for key in keys],
        kind=JournalKind.ADJUSTMENT,
        period=Period.objects.get(label="2017-02"),
        effective_at=NOW,
    )


@pytest.fixture
def posted(town: Town) -> Run:
    """January closed (batch 1), then three postings (batches 2 to 4)."""
    run = town.close("2017-01")
    for keys in (("a",), ("b", "c"), ("d",)):
        _post(town, *keys)
    assert verification.ledger_faults() == []
    return run


@pytest.fixture
def unguarded(posted: Run, owner_connection: Owner) -> Owner:
    """The owner with the guards switched off, as somebody who covers up would have it."""
    for table in ("journal", "entry", "batch"):
        owner_connection.execute(f"ALTER TABLE compensation_{table} DISABLE TRIGGER USER")
    return owner_connection


def _guarded_again(owner: Owner) -> list[str]:
    for table in ("journal", "entry", "batch"):
        owner.execute(f"ALTER TABLE compensation_{table} ENABLE TRIGGER USER")
        owner.execute(f"ALTER TABLE compensation_{table} ENABLE ALWAYS TRIGGER append_only")
        if table != "batch":
            owner.execute(f"ALTER TABLE compensation_{table} ENABLE ALWAYS TRIGGER ledger_check")
    owner.execute("ALTER TABLE compensation_journal ENABLE ALWAYS TRIGGER dated_check")
    return verification.ledger_faults()


def _number(key: str) -> int:
    return Journal.objects.get(source_key=key).pk


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
        _post(town, "e")
        _post(town, "f", "g")

    last = Batch.objects.order_by("-number").first()
    assert last is not None
    assert (last.number, last.journal_count) == (6, 2)
    assert verification.ledger_faults() == []


def test_what_is_rolled_back_leaves_no_link(town: Town, posted: Run) -> None:
    with transaction.atomic():
        _post(town, "e")
        transaction.set_rollback(True)
    _post(town, "f")

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
    _slip_in(owner_connection, town)

    assert Batch.objects.count() == 5
    assert verification.ledger_faults() == []


# -- Tampering ------------------------------------------------------------------------------------
Tampering = Callable[[Owner], None]


def _change_an_amount(owner: Owner) -> None:
    for account, amount in ((1, -100_000), (2, 100_000)):
        owner.execute(
            "UPDATE compensation_entry SET amount = %s WHERE account = %s AND journal_id = %s",
            [amount, account, _number("b")],
        )
    owner.execute("SELECT compensation_rebuild_balances()")


def _change_an_owner(owner: Owner) -> None:
    owner.execute(
        "UPDATE compensation_journal SET representative_id = r.id"
        " FROM representatives_representative r WHERE r.code = 'B' AND source_key = 'b'"
    )
    owner.execute(
        "UPDATE compensation_entry SET representative_id = r.id FROM representatives_representative"
        " r WHERE r.code = 'B' AND journal_id = %s AND account = 2",
        [_number("b")],
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
    owner.execute("DELETE FROM compensation_entry WHERE journal_id = %s", [_number("c")])
    owner.execute("DELETE FROM compensation_journal WHERE source_key = 'c'")
    owner.execute("SELECT compensation_rebuild_balances()")


def _renumber(owner: Owner) -> None:
    numbers = {key: _number(key) for key in ("b", "c")}
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
        _change_an_amount,
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

    faults = _guarded_again(unguarded)

    assert faults
    assert all(fault.startswith(("batch 3 of the chain", "the batches hold")) for fault in faults)


@pytest.mark.breaks_ledger
def test_a_removed_batch_is_named(unguarded: Owner) -> None:
    for key in ("b", "c"):
        unguarded.execute("DELETE FROM compensation_entry WHERE journal_id = %s", [_number(key)])
    unguarded.execute("DELETE FROM compensation_journal WHERE source_key IN ('b', 'c')")
    unguarded.execute("DELETE FROM compensation_batch WHERE number = 3")
    unguarded.execute("SELECT compensation_rebuild_balances()")

    assert _guarded_again(unguarded) == [
        "batch 3 of the chain is missing",
        "batch 4 of the chain does not follow batch 2",
    ]


@pytest.mark.breaks_ledger
def test_a_removed_batch_is_named_when_the_next_takes_its_number(unguarded: Owner) -> None:
    for key in ("b", "c"):
        unguarded.execute("DELETE FROM compensation_entry WHERE journal_id = %s", [_number(key)])
    unguarded.execute("DELETE FROM compensation_journal WHERE source_key IN ('b', 'c')")
    unguarded.execute("DELETE FROM compensation_batch WHERE number = 3")
    unguarded.execute("UPDATE compensation_batch SET number = 3 WHERE number = 4")
    unguarded.execute("SELECT compensation_rebuild_balances()")

    assert _guarded_again(unguarded) == ["batch 3 of the chain does not follow batch 2"]


@pytest.mark.breaks_ledger
def test_reordered_batches_are_named(unguarded: Owner) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        unguarded.execute("UPDATE compensation_batch SET number = %s WHERE number = %s", [new, old])

    faults = _guarded_again(unguarded)

    assert faults[0] == "batch 2 of the chain does not follow batch 1"


@pytest.mark.breaks_ledger
def test_a_journal_slipped_in_beside_the_chain_is_named(town: Town, unguarded: Owner) -> None:
    _slip_in(unguarded, town)

    faults = _guarded_again(unguarded)

    assert faults == ["journal slipped stands beside the chain, in no batch"]


@pytest.mark.breaks_ledger
def test_a_journal_slipped_into_a_batch_is_named(town: Town, unguarded: Owner) -> None:
    _slip_in(unguarded, town)
    unguarded.execute(
        "UPDATE compensation_journal SET xact = b.xact FROM compensation_batch b"
        " WHERE b.number = 4 AND source_key = 'slipped'"
    )
    unguarded.execute(
        "UPDATE compensation_batch SET last_journal = %s WHERE number = 4", [_number("slipped")]
    )

    faults = _guarded_again(unguarded)

    assert faults[0] == (
        "batch 4 of the chain was sealed with 1 journals and 2 entries, now it has 2 and 4"
    )


def _slip_in(owner: Owner, town: Town) -> None:
    member, period = town.members["A"].pk, Period.objects.get(label="2017-02").pk
    owner.execute(
        "WITH j AS (INSERT INTO compensation_journal"
        " (source_key, kind, period_id, representative_id, effective_at)"
        " VALUES ('slipped', 'adjustment', %s, %s, now()) RETURNING id)"
        " INSERT INTO compensation_entry (journal_id, account, representative_id, unit, amount)"
        " SELECT j.id, line.* FROM j, (VALUES (1, NULL::bigint, 'EUR', -5), (2, %s, 'EUR', 5))"
        " AS line (account, representative_id, unit, amount)",
        [period, member, member],
    )
    owner.execute("SELECT compensation_rebuild_balances()")


@pytest.mark.breaks_ledger
def test_a_guard_that_is_off_or_gone_is_named(posted: Run, owner_connection: Owner) -> None:
    owner_connection.execute("ALTER TABLE compensation_batch DISABLE TRIGGER append_only")
    owner_connection.execute("DROP TRIGGER ledger_check ON compensation_entry")
    owner_connection.execute(
        "ALTER TABLE compensation_entry DROP CONSTRAINT entry_owner_fits_account"
    )

    assert verification.ledger_faults() == [
        "guard ledger_check on compensation_entry is missing",
        "guard append_only on compensation_batch is disabled",
        "the constraint entry_owner_fits_account is missing",
    ]


@pytest.mark.breaks_ledger
def test_a_guard_that_was_replaced_or_is_gone_is_named(
    posted: Run, owner_connection: Owner
) -> None:
    ((made,),) = owner_connection.execute(
        "SELECT pg_get_functiondef('compensation_keep_balances'::regproc)"
    ).fetchall()
    owner_connection.execute(made.replace("held.amount < 0", "false"))
    owner_connection.execute("DROP FUNCTION compensation_rebuild_balances()")

    assert verification.ledger_faults() == [
        "the function compensation_keep_balances is not the one of the migrations",
        "the function compensation_rebuild_balances is missing",
    ]


@pytest.mark.breaks_ledger
def test_a_guard_of_any_migration_that_was_replaced_is_named(
    transactional_db: None, owner_connection: Owner
) -> None:
    assert list(function_faults()) == []
    names = sorted(migrated_functions())
    assert {
        *("compensation_check_conversions", "compensation_guard_approval"),
        *("compensation_guard_run_moves", "compensation_guard_period_moves"),
        *("compensation_guard_counted", "compensation_check_changed_payouts"),
        *("sales_return_written", "representatives_keep_sent"),
    } <= set(names)

    for name in names:
        ((made,),) = owner_connection.execute(
            "SELECT pg_get_functiondef(%s::regproc)", [name]
        ).fetchall()
        owner_connection.execute(made.replace("$function$", "$function$ ", 1))

    assert list(function_faults()) == [
        f"the function {name} is not the one of the migrations" for name in names
    ]


def test_of_a_function_made_several_times_the_last_one_counts() -> None:
    made = migrated_functions()

    chain_text = (SQL / "ledger_chain.sql").read_text()
    assert made["compensation_check_entries"] in chain_text
    assert made["compensation_check_entries"] not in (SQL / "ledger.sql").read_text()
    assert made["compensation_drop_partitions"] in (SQL / "drop_unheard.sql").read_text()
    assert made["compensation_drop_partitions"] not in (SQL / "further_kinds.sql").read_text()


def test_every_function_of_ours_is_compared(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND proname ~ '^(compensation|sales|representatives)_'"
        )
        made = {name for (name,) in cursor.fetchall()}

    assert migrated_functions().keys() == made
    assert set(verification.GUARDS.values()) <= made


@pytest.mark.breaks_ledger
@pytest.mark.parametrize("how", ["ENABLE TRIGGER", "ENABLE REPLICA TRIGGER"])
def test_a_guard_that_a_session_may_pass_by_is_named(
    posted: Run, owner_connection: Owner, how: str
) -> None:
    owner_connection.execute(f"ALTER TABLE compensation_entry {how} append_only")

    assert verification.ledger_faults() == [
        "guard append_only on compensation_entry is not always on"
    ]


@pytest.mark.breaks_ledger
def test_a_guard_that_calls_another_schema_is_named(posted: Run, owner_connection: Owner) -> None:
    owner_connection.execute(
        "CREATE SCHEMA beside;"
        " CREATE FUNCTION beside.compensation_refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN NULL; END $$;"
        " CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON compensation_entry FOR EACH STATEMENT"
        " EXECUTE FUNCTION beside.compensation_refuse_change();"
        " ALTER TABLE compensation_entry ENABLE ALWAYS TRIGGER append_only"
    )

    assert verification.ledger_faults() == [
        "guard append_only on compensation_entry calls beside.compensation_refuse_change,"
        " not compensation_refuse_change"
    ]


# -- Anchors --------------------------------------------------------------------------------------


def test_a_tail_cut_off_is_named_by_the_anchor(
    posted: Run, unguarded: Owner, tmp_path: Path
) -> None:
    file = tmp_path / "anchors"
    anchors.write_anchor(file)
    last = _number("d")
    unguarded.execute("DELETE FROM compensation_entry WHERE journal_id = %s", [last])
    unguarded.execute("DELETE FROM compensation_journal WHERE id = %s", [last])
    unguarded.execute("DELETE FROM compensation_batch WHERE number = 4")
    unguarded.execute("SELECT compensation_rebuild_balances()")
    assert _guarded_again(unguarded) == []

    (fault,) = verification.ledger_faults(anchors=anchors.read_anchors(file))

    assert fault.startswith("the chain ends with batch 3")
    assert fault.endswith("batches 4 to 4 are cut off")
    with pytest.raises(anchors.AnchorDiffers, match="which the ledger lacks"):
        anchors.write_anchor(file)


def test_a_chain_that_was_computed_anew_is_named_by_the_anchor(
    town: Town, posted: Run, unguarded: Owner, tmp_path: Path
) -> None:
    file = tmp_path / "anchors"
    anchors.write_anchor(file)
    _change_an_amount(unguarded)
    batches = unguarded.execute(
        "SELECT xact::text, first_journal, last_journal FROM compensation_batch ORDER BY number"
    ).fetchall()
    unguarded.execute("DELETE FROM compensation_batch")
    unguarded.execute("DELETE FROM compensation_balance")
    for xact, first, last in batches:
        unguarded.execute("SELECT compensation_seal(%s::xid8, %s, %s)", [xact, first, last])
    assert _guarded_again(unguarded) == []

    (fault,) = verification.ledger_faults(anchors=anchors.read_anchors(file))

    assert fault.startswith("batch 4 of the chain is not the one that was anchored on")
    assert "of batches 1 to 4 one was changed" in fault
    with pytest.raises(anchors.AnchorDiffers, match="with another head"):
        anchors.write_anchor(file)


@pytest.mark.breaks_ledger
def test_anchors_narrow_down_what_was_computed_anew(
    town: Town, posted: Run, unguarded: Owner, tmp_path: Path
) -> None:
    file = tmp_path / "anchors"
    anchors.write_anchor(file)
    early = file.read_text().replace("4 ", "2 ", 1).split()
    second = Batch.objects.get(number=2)
    sealed = sum(one.journal_count for one in Batch.objects.filter(number__lte=2))
    early[1:4] = [bytes(second.head).hex(), str(sealed), str(second.last_journal)]
    file.write_text(" ".join(early) + "\n" + file.read_text())
    unguarded.execute("UPDATE compensation_batch SET head = sha256('x') WHERE number IN (3, 4)")

    faults = list(chain_faults(anchors.read_anchors(file)))

    assert any("of batches 3 to 4 one was changed" in fault for fault in faults)


def test_an_anchor_is_written_once(town: Town, posted: Run, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "anchors"

    first, again = anchors.write_anchor(file), anchors.write_anchor(file)
    _post(town, "e")
    anchors.write_anchor(file)

    assert first == again
    assert [one.number for one in anchors.read_anchors(file)] == [4, 5]
    assert verification.ledger_faults(anchors=anchors.read_anchors(file)) == []


@pytest.mark.django_db
def test_nothing_posted_is_no_anchor(tmp_path: Path) -> None:
    assert anchors.write_anchor(tmp_path / "anchors") is None
    assert (tmp_path / "anchors").read_text() == ""


def test_a_line_that_is_no_anchor_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    file.write_text("1 abc 2 3 now\n")

    with pytest.raises(anchors.UnableToReadAnchors, match="line 1"):
        anchors.read_anchors(file)
    with pytest.raises(anchors.UnableToReadAnchors, match="can't be read"):
        anchors.read_anchors(tmp_path / "none")


def test_a_close_has_its_head_noted_outside(town: Town, settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    settings.LEDGER_ANCHORS = str(file)

    town.close("2017-01")
    assert not file.exists()
    outbox.drain(now=timezone.now(), limit=100)

    assert [one.number for one in anchors.read_anchors(file)] == [1]
    _post(town, "a")
    assert tasks.anchor_ledger_task() == 2
    assert tasks.anchor_ledger_task() == 2
    assert [one.number for one in anchors.read_anchors(file)] == [1, 2]


def test_an_anchor_that_the_ledger_contradicts_is_an_alert(
    posted: Run, settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "anchors"
    settings.LEDGER_ANCHORS = str(file)
    anchors.write_anchor(file)
    file.write_text(file.read_text().replace("4 ", "5 ", 1))
    before = file.read_text()

    for _ in range(2):
        assert services.anchor_ledger(now=NOW) is None
    assert file.read_text() == before
    file.write_text("nonsense\n")
    assert services.anchor_ledger(now=NOW) is None

    assert list(Alert.objects.order_by("key").values_list("code", "key")) == [
        ("ledger_anchor", "ledger_anchor:5"),
        ("ledger_anchor", "ledger_anchor:unreadable"),
    ]


def test_a_file_that_cannot_be_written_is_an_alert_a_day(
    posted: Run, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("no folder")
    settings.LEDGER_ANCHORS = str(tmp_path / "taken" / "anchors")
    company = Company.objects.get(pk=Company.ONLY_ID)

    for text in ("2017-02-10T09:00", "2017-02-10T23:30", "2017-02-11T00:30"):
        company.clock_frozen_at = local(text)
        company.save(update_fields=["clock_frozen_at"])
        assert tasks.anchor_ledger_task() is None

    assert list(Alert.objects.order_by("key").values_list("code", "key")) == [
        ("ledger_anchor", "ledger_anchor:unwritten:2017-02-10"),
        ("ledger_anchor", "ledger_anchor:unwritten:2017-02-11"),
    ]
    assert "taken/anchors" in Alert.objects.latest("pk").text
    settings.LEDGER_ANCHORS = str(tmp_path / "anchors")
    assert tasks.anchor_ledger_task() == 4


def test_without_a_file_nothing_is_noted(posted: Run, settings: Any) -> None:
    settings.LEDGER_ANCHORS = ""

    assert services.anchor_ledger(now=NOW) is None
    assert not OutboxEvent.objects.filter(topic="ledger.anchor").exists()


def test_the_commands_tell_and_exit(
    town: Town, posted: Run, run_command: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "anchors"

    written = run_command("anchor_ledger", "--to", file)
    sound = run_command("verify_ledger", "--anchors", file)
    file.write_text(file.read_text().replace("4 ", "5 ", 1))
    cut = run_command("verify_ledger", "--anchors", file)
    differs = run_command("anchor_ledger", "--to", file)
    missing = run_command("verify_ledger", "--anchors", tmp_path / "none")

    assert (written.returncode, sound.returncode, sound.stdout) == (0, 0, "the ledger is sound\n")
    assert (cut.returncode, differs.returncode, missing.returncode) == (1, 1, 2)
    assert "batches 5 to 5 are cut off" in cut.stderr


# -- Nobody posts beside the chain ----------------------------------------------------------------


def test_no_entry_joins_a_journal_of_the_same_transaction(town: Town, posted: Run) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        number = _post(town, "e")["e"]
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
        _slip_in(owner_connection, town)
        with pytest.raises(OperationalError, match="could not serialize"), transaction.atomic():
            _post(town, "e")

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
            _renumber(owner_connection, number, again)
            _post(town, f"after {number}")
        assert Batch.objects.latest("number").xact == again

        assert Journal.objects.filter(xact=again).count() > 1
        assert verification.ledger_faults() == []


def _renumber(owner: Owner, number: int, xact: str) -> None:
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
            _post(town, "meanwhile")
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
