"""A guard of the ledger that is off, gone, replaced or passed by is named."""

from __future__ import annotations

import pytest
from django.db import connection

from compensation import verification
from compensation.guard_functions import function_faults, migrated_functions
from compensation.models import Run
from tests.compensation.chain.postings import (
    SQL,
    Owner,
)


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
