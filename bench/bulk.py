"""Filling tables fast, as the owner: rows first, then indexes, keys and guards as they were."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa
from psycopg import sql

INSTANT = pa.timestamp("us", tz="UTC")


@contextmanager
def unguarded(connection: psycopg.Connection[Any], tables: list[str]) -> Iterator[None]:
    """Set aside the tables' foreign keys, plain indexes and triggers, and put them back after.

    Foreign keys are added again with validation, so that what was loaded is checked as a whole.
    """
    keys = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid = ANY (%s::regclass[]) ORDER BY 1, 2",
        [tables],
    ).fetchall()
    indexes = connection.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " WHERE i.indrelid = ANY (%s::regclass[]) AND NOT EXISTS"
        " (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY 1",
        [tables],
    ).fetchall()
    triggers = connection.execute(
        "SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgrelid = ANY (%s::regclass[]) ORDER BY 1, 2",
        [tables],
    ).fetchall()
    for table, name, _ in keys:
        _alter(connection, table, "DROP CONSTRAINT {}", name)
    for index, _ in indexes:
        connection.execute(f"DROP INDEX {index}")
    for table, name, _ in triggers:
        _alter(connection, table, "DISABLE TRIGGER {}", name)

    yield

    for _, definition in indexes:
        connection.execute(definition)
    for table, name, definition in keys:
        _alter(connection, table, f"ADD CONSTRAINT {{}} {definition}", name)
    how = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA", "D": "DISABLE"}
    for table, name, state in triggers:
        _alter(connection, table, f"{how[state]} TRIGGER {{}}", name)
    for table in tables:
        connection.execute(f"ANALYZE {table}")


def append(url: str, table: str, columns: dict[str, pa.Array]) -> None:
    """Copy the columns into a table; the Arrow types must be the table's."""
    with adbc.connect(url) as connection:
        with connection.cursor() as cursor:
            cursor.adbc_ingest(table, pa.table(columns), mode="append")
        connection.commit()


def after_the_last(connection: psycopg.Connection[Any], table: str) -> None:
    """Set the table's identity behind the ids that were given by hand."""
    connection.execute(
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
    )


def _alter(connection: psycopg.Connection[Any], table: str, change: str, name: str) -> None:
    connection.execute(
        sql.SQL(f"ALTER TABLE {table} {change}").format(sql.Identifier(name))  # type: ignore[arg-type]
    )
