"""Guards read the tables of the schema: a session's temporary ones stand in nobody's place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from compensation import ledger, verification
from compensation.models import Account, JournalKind, Period, Run
from tests.compensation.town import Town, local

NOW = local("2017-02-10T09:00")


def test_every_guard_names_where_it_looks(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND prorettype = 'trigger'::regtype"
            " AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting"
            "  WHERE setting LIKE 'search\\_path=%pg\\_temp')"
        )
        assert cursor.fetchall() == []


@pytest.fixture
def shadowed(town: Town) -> Iterator[Town]:
    """January posted, and temporary tables that say it is only approved."""
    town.close("2017-01")
    with connection.cursor() as cursor:
        for table in ("compensation_period", "compensation_run"):
            cursor.execute(f"CREATE TEMP TABLE {table} AS TABLE public.{table}")
            cursor.execute(f"UPDATE pg_temp.{table} SET status = 'approved'")
    yield town
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.compensation_period, pg_temp.compensation_run")


def _mint(town: Town) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, period_id FROM public.compensation_run WHERE status = 'posted'")
        number, period = cursor.fetchone()
    ledger.post(
        [
            ledger.Draft(
                "minted",
                town.members["A"].pk,
                (
                    (Account.COMMISSION_EXPENSE, "EUR", -100),
                    (Account.COMMISSION_PAYABLE, "EUR", 100),
                ),
            )
        ],
        kind=JournalKind.COMMISSION,
        period=Period(pk=period),
        effective_at=NOW,
        run=Run(pk=number),
    )


def test_a_temporary_table_opens_no_posted_month(shadowed: Town) -> None:
    with pytest.raises(IntegrityError, match="can not go into period"), transaction.atomic():
        _mint(shadowed)


def test_control_a_guard_without_a_path_believes_the_temporary_table(
    shadowed: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    owner_connection.execute("ALTER FUNCTION compensation_check_journals() RESET search_path")

    with transaction.atomic():
        _mint(shadowed)

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE pg_temp.compensation_period, pg_temp.compensation_run")
    assert any("2017-01: the run earned" in fault for fault in verification.ledger_faults())
