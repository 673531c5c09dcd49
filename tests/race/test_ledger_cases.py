"""Cases L02 to L05 and L11 of the ledger as written down, each by the role that it names.

L01 is looked at after every test (tests/soundness.py); races are in `test_ledger_races.py`,
rounding (L12) in `tests/engine/test_sharing_out.py`. More of the guards: test_ledger.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from compensation import services, verification
from compensation.models import Entry, Journal, Period, Run
from representatives.services import give_login
from tests.compensation.town import Town, digest

CHECK_VIOLATION, PRIVILEGE = "23514", "42501"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MONEY_TABLES = ("compensation_journal", "compensation_entry")


class Ended(NamedTuple):
    """How a transaction ended: what refused it, or None twice."""

    state: str | None = None
    constraint: str | None = None


@pytest.fixture
def town(january_town: Town) -> Town:
    """The town with January posted."""
    return january_town


@pytest.fixture
def posted(town: Town) -> Run:
    return town.posted("2017-01")


@pytest.fixture
def application(posted: Run, subprocess_env: dict[str, str]) -> Callable[..., Ended]:
    """Run statements in one transaction as the application role: web and workers are this one."""

    def run(*statements: str) -> Ended:
        with psycopg.connect(subprocess_env["DATABASE_URL"]) as database:
            role = database.execute("SELECT current_user").fetchone()
            assert role == (settings.DATABASE_APP_ROLE,)
            try:
                for statement in statements:
                    database.execute(statement)
                database.commit()
            except psycopg.Error as fault:
                return Ended(fault.sqlstate, fault.diag.constraint_name)
            return Ended()

    return run


def counts() -> tuple[int, int, str]:
    return Journal.objects.count(), Entry.objects.count(), digest()


def posting(key: str, entries: str, *, kind: str = "adjustment", period: str = "2017-02",
            effective: str = "2017-02-03") -> str:  # fmt: skip
    number = Period.objects.get(label=period).pk
    return (
        "WITH j AS (INSERT INTO compensation_journal (source_key, kind, period_id, effective_at)"
        f" VALUES ('{key}', '{kind}', {number}, '{effective}') RETURNING id)"
        " INSERT INTO compensation_entry (journal_id, account, unit, amount)"
        f" SELECT j.id, line.* FROM j, (VALUES {entries}) AS line (account, unit, amount)"
    )


GOOD = "(1, 'EUR', -7), (3, 'EUR', 7)"


def test_l02_what_does_not_balance_or_has_no_lines_is_refused(application: Any) -> None:
    before = counts()
    number = Period.objects.get(label="2017-02").pk
    header = (
        "INSERT INTO compensation_journal (source_key, kind, period_id, effective_at)"
        f" VALUES ('alone', 'adjustment', {number}, now())"
    )

    assert application(posting("odd", "(1, 'EUR', -10), (2, 'EUR', 9)")).state == CHECK_VIOLATION
    assert application(header).state == CHECK_VIOLATION
    assert application("SET CONSTRAINTS ALL DEFERRED", header).state == CHECK_VIOLATION

    assert counts() == before


def test_l03_nothing_joins_a_posted_journal_and_no_header_is_forged(application: Any) -> None:
    before = counts()
    journal = Journal.objects.earliest("pk")
    lines = (
        "INSERT INTO compensation_entry (journal_id, account, unit, amount)"
        f" VALUES ({journal.pk}, 1, 'EUR', -5), ({journal.pk}, 3, 'EUR', 5)"
    )
    forged = (
        "INSERT INTO compensation_journal (source_key, kind, period_id, effective_at, xact)"
        f" VALUES ('forged', 'adjustment', {journal.period_id}, now(), '{journal.pk}')"
    )

    assert application(lines).state == CHECK_VIOLATION
    assert application(forged).state == PRIVILEGE
    assert application("COPY compensation_journal (xact) FROM STDIN").state == PRIVILEGE

    assert counts() == before


def test_l03_within_its_own_transaction_a_journal_is_written_by_one_statement(
    application: Any,
) -> None:
    before = counts()

    ended = application(
        posting("own", GOOD),
        "INSERT INTO compensation_entry (journal_id, account, unit, amount)"
        " SELECT id, line.* FROM compensation_journal,"
        f" (VALUES {GOOD}) AS line (account, unit, amount) WHERE source_key = 'own'",
    )

    assert ended == (CHECK_VIOLATION, "entry_journal_not_sealed")
    assert counts() == before


@pytest.mark.parametrize("table", MONEY_TABLES)
def test_l04_the_application_role_changes_nothing(application: Any, table: str) -> None:
    before = counts()

    for statement in (
        f"UPDATE {table} SET id = id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"ALTER TABLE {table} DISABLE TRIGGER append_only",
        f"DROP TRIGGER append_only ON {table}",
        "SET session_replication_role = replica",
        "ALTER ROLE CURRENT_USER SET session_replication_role = replica",
    ):
        assert application(statement).state == PRIVILEGE, statement

    assert counts() == before


@pytest.mark.parametrize("table", MONEY_TABLES)
def test_l05_the_owner_changes_nothing(
    posted: Run, owner_connection: psycopg.Connection[Any], table: str
) -> None:
    before = counts()

    for statement in (
        f"UPDATE {table} SET id = id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        with pytest.raises(psycopg.Error, match="append-only") as refusal:
            owner_connection.execute(statement)
        assert refusal.value.sqlstate == PRIVILEGE

    assert counts() == before


def test_l05_every_guard_is_enabled(posted: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger"
            " WHERE NOT tgisinternal"
        )
        enabled = {(table, name): state for table, name, state in cursor.fetchall()}

    assert {enabled.get(guard) for guard in verification.GUARDS} <= {"O", "A"}
    assert {enabled[guard] for guard in verification.GUARDS if guard[0] in MONEY_TABLES} == {"A"}


@pytest.mark.django_db(transaction=True)
def test_l05_a_guard_that_is_off_or_gone_is_named(
    owner_connection: psycopg.Connection[Any],
) -> None:
    assert verification.ledger_faults() == []

    for table, name in verification.GUARDS:
        made = owner_connection.execute(
            "SELECT pg_get_triggerdef(oid), tgenabled FROM pg_trigger"
            " WHERE tgrelid = %s::regclass AND tgname = %s",
            [table, name],
        ).fetchone()
        assert made is not None
        mode = {"O": "ENABLE", "A": "ENABLE ALWAYS"}[made[1]]

        owner_connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        assert verification.ledger_faults() == [f"guard {name} on {table} is disabled"]
        owner_connection.execute(f"DROP TRIGGER {name} ON {table}")
        assert verification.ledger_faults() == [f"guard {name} on {table} is missing"]

        owner_connection.execute(made[0])
        owner_connection.execute(f"ALTER TABLE {table} {mode} TRIGGER {name}")
        assert verification.ledger_faults() == []


def test_l11_a_posted_period_takes_nothing(application: Any) -> None:
    before = counts()

    for kind in ("adjustment", "reversal", "commission"):
        assert (
            application(posting("late", GOOD, kind=kind, period="2017-01")).state == CHECK_VIOLATION
        ), kind

    for kind in ("adjustment", "conversion", "expiry", "reserve", "settle", "release"):
        dated_back = posting("back", GOOD, kind=kind, effective="2017-01-31")
        assert application(dated_back) == (CHECK_VIOLATION, "journal_dated_in_open_period"), kind

    assert counts() == before
    assert application(posting("in time", GOOD)) == Ended()
    assert Journal.objects.get(source_key="in time").period.label == "2017-02"


def test_l11_an_adjustment_names_the_posted_month_and_both_reports_show_it(
    posted: Run, town: Town, client: Client
) -> None:
    now = town.set_clock("2017-02-10T09:00")
    member = give_login(representative=town.members["A"], email="a@example.com", now=now)
    client.force_login(member.user, backend=BACKEND)
    february = Period.objects.get(label="2017-02")
    services.preview_period(period=february, by=town.closer, now=now)
    adjustment = services.request_adjustment(
        representative=member,
        money_minor=12_34,
        rsp=0,
        reason="A parcel that was lost",
        line=None,
        related_period=posted.period,
        by=town.closer,
        now=now,
    )
    january = client.get("/earnings/2017-01/").content.decode()
    assert "A parcel that was lost" not in january

    services.approve_adjustment(adjustment=adjustment, by=town.approver, now=now)

    assert Journal.objects.get(kind="adjustment").period == february
    for label, words in (("2017-01", "posted in February 2017"), ("2017-02", "for January 2017")):
        page = client.get(f"/earnings/{label}/").content.decode()
        assert "A parcel that was lost" in page
        assert words in page
        assert "12.34" in page


def test_l12_no_column_holds_a_float(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' AND (data_type IN ('real', 'double precision', 'money')"
            " OR data_type = 'ARRAY' AND udt_name IN ('_float4', '_float8', '_money'))"
        )
        assert cursor.fetchall() == []
