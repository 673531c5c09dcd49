"""Statements that the database plans once for a connection."""

from __future__ import annotations

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from representatives.prepared import fetch_prepared

STATEMENT = "SELECT %(word)s::text, n FROM generate_series(1, %(most)s) n ORDER BY n"

pytestmark = pytest.mark.django_db


def prepared() -> list[str]:
    """Return the statements that this connection has plans of."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE NOT from_sql")
        return [row[0] for row in cursor.fetchall() if "generate_series" in row[0]]


def test_a_statement_is_prepared_once_and_takes_other_values() -> None:
    assert fetch_prepared(STATEMENT, {"word": "a", "most": 2}) == [("a", 1), ("a", 2)]
    assert fetch_prepared(STATEMENT, {"word": "b'; --", "most": 1}) == [("b'; --", 1)]

    assert len(prepared()) == 1


def test_without_preparing_the_rows_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    before = prepared()

    assert fetch_prepared(STATEMENT, {"word": "a", "most": 1}) == [("a", 1)]

    assert prepared() == before


def test_it_is_counted_and_its_errors_are_those_of_other_queries() -> None:
    with CaptureQueriesContext(connection) as queries:
        fetch_prepared(STATEMENT, {"word": "a", "most": 1})
    assert len(queries) == 1
    assert "generate_series" in queries[0]["sql"]

    with pytest.raises(DataError):
        fetch_prepared("SELECT 1 / %(by)s::int", {"by": 0})


@pytest.mark.parametrize(("number", "kind"), [(2, "integer"), (2**31, "bigint")])
def test_numbers_have_the_types_of_literals(number: int, kind: str) -> None:
    rows = fetch_prepared("SELECT pg_typeof(%(n)s)::text", {"n": number})

    assert rows == [(kind,)]
