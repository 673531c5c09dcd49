"""The ledger's guards, each tried as the application role and as the owner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection

from compensation import ledger, verification
from compensation.models import Entry, Journal, JournalKind, Period, Run
from representatives.models import Representative
from tests.compensation.town import Town, digest, local

Execute = Callable[..., Any]
REFUSED = r"append-only|permission denied|must be owner|cannot truncate a table referenced"
JOURNAL = (
    "INSERT INTO compensation_journal (source_key, kind, period_id, effective_at)"
    " VALUES ({key}, 'adjustment', {period}, now()) RETURNING id"
)


@pytest.fixture
def town(january_town: Town) -> Town:
    """The town with January posted."""
    return january_town


@pytest.fixture
def posted(town: Town) -> Run:
    return town.posted("2017-01")


@pytest.fixture(params=["application", "owner"])
def execute(
    request: pytest.FixtureRequest, posted: Run, owner_connection: psycopg.Connection[Any]
) -> Execute:
    """Run SQL as one of the two roles, each statement its own transaction."""
    if request.param == "owner":
        return owner_connection.execute
    return _by_application


def _by_application(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == settings.DATABASE_APP_ROLE
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


def _as_psycopg(execute: Execute, statement: str) -> None:
    """Run a statement; Django's errors as the driver's own, so that both roles compare."""
    try:
        execute(statement)
    except DatabaseError as fault:
        raise fault.__cause__ or fault from None


def _open_period() -> int:
    return Period.objects.get(label="2017-02").pk


def _posting(entries: str, *, kind: str = "adjustment", period: str = "2017-02") -> str:
    number = Period.objects.get(label=period).pk
    member = Representative.objects.get(code="A").pk
    return (
        "WITH j AS (INSERT INTO compensation_journal"
        " (source_key, kind, period_id, representative_id, effective_at)"
        f" VALUES ('test:1', '{kind}', {number}, {member}, now()) RETURNING id)"
        " INSERT INTO compensation_entry (journal_id, account, unit, amount, representative_id)"
        f" SELECT j.id, line.*, CASE WHEN account IN (2, 4, 6, 8, 9) THEN {member} END"
        f" FROM j, (VALUES {entries}) AS line (account, unit, amount)"
    )


def test_nobody_changes_what_is_posted(execute: Execute) -> None:
    before = digest()

    for table in ("journal", "entry", "reversal", "reversedpart"):
        name = f"compensation_{table}"
        for statement in (
            f"UPDATE {name} SET id = id",
            f"DELETE FROM {name}",
            f"TRUNCATE {name}",
            f"TRUNCATE {name} CASCADE",
        ):
            with pytest.raises(psycopg.Error, match=REFUSED):
                _as_psycopg(execute, statement)

    assert digest() == before


def test_a_journal_that_does_not_balance_is_refused(execute: Execute) -> None:
    before = digest()

    for entries, refusal in (
        ("(1, 'EUR', -10), (2, 'EUR', 9)", "sum to nought"),
        ("(1, 'EUR', -10), (2, 'RSP', 10)", "sum to nought"),
        ("(1, 'EUR', 5)", "sum to nought"),
        ("(1, 'EUR', 0), (2, 'EUR', 0)", "entry_amount_not_nought"),
        ("(99, 'EUR', 1), (2, 'EUR', -1)", "entry_account_known"),
    ):
        with pytest.raises(psycopg.Error, match=refusal):
            _as_psycopg(execute, _posting(entries))

    assert digest() == before


def test_a_journal_without_entries_is_refused(execute: Execute) -> None:
    statement = JOURNAL.format(key="'alone'", period=_open_period())

    with pytest.raises(psycopg.Error, match="has no entries"):
        _as_psycopg(execute, statement)

    assert not Journal.objects.filter(source_key="alone").exists()


def test_no_entry_joins_a_journal_later(execute: Execute, posted: Run) -> None:
    journal = Journal.objects.earliest("id")
    before = digest()

    with pytest.raises(psycopg.Error, match="not written by this transaction"):
        _as_psycopg(
            execute,
            "INSERT INTO compensation_entry (journal_id, account, unit, amount)"
            f" VALUES ({journal.pk}, 1, 'EUR', -1), ({journal.pk}, 3, 'EUR', 1)",
        )
    with pytest.raises(psycopg.Error, match="not written by this transaction"):
        _as_psycopg(
            execute,
            "INSERT INTO compensation_entry (journal_id, account, unit, amount)"
            " VALUES (999999999, 1, 'EUR', -1), (999999999, 3, 'EUR', 1)",
        )

    assert digest() == before


def test_the_transaction_of_a_journal_can_not_be_forged(execute: Execute) -> None:
    with pytest.raises(psycopg.Error, match=r"another transaction|permission denied"):
        _as_psycopg(
            execute,
            "INSERT INTO compensation_journal (source_key, kind, period_id, effective_at, xact)"
            f" VALUES ('forged', 'adjustment', {_open_period()}, now(), '3')",
        )


def test_a_source_key_is_used_once(execute: Execute) -> None:
    execute(_posting("(1, 'EUR', -7), (2, 'EUR', 7)"))

    with pytest.raises(psycopg.Error, match="journal_source_key_once"):
        _as_psycopg(execute, _posting("(1, 'EUR', -8), (2, 'EUR', 8)"))

    assert Entry.objects.filter(journal__source_key="test:1").count() == 2


def test_postings_go_only_where_they_belong(execute: Execute) -> None:
    for kind, period in (
        ("adjustment", "2017-01"),
        ("reversal", "2017-01"),
        ("commission", "2017-02"),
    ):
        posting = _posting("(1, 'EUR', -7), (2, 'EUR', 7)", kind=kind, period=period)
        with pytest.raises(psycopg.Error, match="can not go into period"):
            _as_psycopg(execute, posting)


def test_what_a_journal_refers_to_exists(execute: Execute) -> None:
    posting = _posting("(1, 'EUR', -7), (3, 'EUR', 7)")

    posting = posting.replace(", representative_id, effective_at)", ", effective_at)").replace(
        f", {Representative.objects.get(code='A').pk}, now())", ", now())"
    )
    for column in ("representative_id", "return_id", "reverses_id"):
        strange = posting.replace("effective_at)", f"effective_at, {column})", 1).replace(
            "now())", "now(), 999999999)", 1
        )
        with pytest.raises(psycopg.Error, match="does not exist"):
            _as_psycopg(execute, strange)


def test_the_application_role_can_not_switch_guards_off(posted: Run) -> None:
    for statement in (
        "ALTER TABLE compensation_entry DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP TRIGGER append_only ON compensation_entry",
        "INSERT INTO compensation_journal (id, source_key, kind, period_id, effective_at)"
        " VALUES (1, 'x', 'adjustment', 1, now())",
    ):
        with pytest.raises(psycopg.Error, match=REFUSED):
            _as_psycopg(_by_application, statement)


def test_all_guards_hold_in_replica_mode_too(posted: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A'"
            " AND tgrelid IN ('compensation_journal'::regclass, 'compensation_entry'::regclass)"
        )
        assert cursor.fetchall() == []


def test_control_without_the_triggers_the_ledger_breaks(
    posted: Run, owner_connection: psycopg.Connection[Any]
) -> None:
    for table in ("compensation_journal", "compensation_entry"):
        owner_connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    before = digest()

    owner_connection.execute(_posting("(1, 'EUR', -10), (2, 'EUR', 9)"))
    owner_connection.execute(JOURNAL.format(key="'alone'", period=_open_period()))
    owner_connection.execute(
        "INSERT INTO compensation_entry (journal_id, account, representative_id, unit, amount)"
        " SELECT id, 2, representative_id, 'EUR', 1 FROM compensation_journal ORDER BY id LIMIT 1"
    )
    owner_connection.execute("UPDATE compensation_entry SET amount = amount + 1 WHERE account = 4")

    faults = "\n".join(verification.ledger_faults())
    assert digest() != before
    assert "journal test:1: the entries in EUR sum to -1" in faults
    assert "journal alone: 0 entries" in faults
    assert "guard ledger_check on compensation_entry is disabled" in faults
    assert "2017-01: the run earned" in faults


def test_balances_and_digest_do_not_depend_on_ids(posted: Run, fresh_database: Any) -> None:
    from tests.compensation.town import build_town

    before = digest()
    fresh_database()
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('compensation_journal', 'id'))")
        cursor.execute("SELECT nextval(pg_get_serial_sequence('sales_order', 'id'))")

    build_town(clock="2017-02-07T19:00").close("2017-01")

    assert digest() == before


def test_credits_are_posted_with_their_counter_entries(posted: Run, town: Town) -> None:
    period = Period.objects.get(label="2017-02")
    credits = [
        ledger.Credit(f"test:{code}", town.members[code].pk, money, rsp)
        for code, money, rsp in (("A", 5, -7), ("B", 0, 0), ("D", 0, 3))
    ]

    count = ledger.post_credits(
        credits,
        kind=JournalKind.ADJUSTMENT,
        period=period,
        run=None,
        return_id=None,
        effective_at=local("2017-02-03T09:00"),
        currency="EUR",
    )

    assert count == 2
    assert list(
        Entry.objects.filter(journal__source_key="test:A")
        .order_by("id")
        .values_list("account", "representative__code", "unit", "amount")
    ) == [(1, None, "EUR", -5), (2, "A", "EUR", 5), (3, None, "RSP", 7), (4, "A", "RSP", -7)]
    assert verification.ledger_faults() == []
