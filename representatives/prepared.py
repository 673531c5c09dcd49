"""Large statements of pages, which the database plans once for a connection and not at each call.

Django writes values into a statement before it is sent, so that PostgreSQL plans it anew each time:
for one over forty tables that takes longer than running it. Here values go beside the statement,
and psycopg prepares it. Behind a pooler that hands out a connection by transaction, switch this off
(`DATABASE_PREPARED_STATEMENTS=0`): the same statements then run unprepared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection
from psycopg.types.numeric import Int4, Int8

INT4 = range(-(2**31), 2**31)


class _Cursor(psycopg.Cursor[tuple[Any, ...]]):
    def _convert_query(self, query: Any, params: Any = None) -> Any:
        self._query = super()._convert_query(query, params)  # Django's log of queries reads it
        return self._query


def fetch_prepared(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a statement with named places for its values.

    The statement says a value's type where it doesn't follow from its place: `%(word)s::text`.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    # As connection.cursor() does, with another kind of cursor: queries are logged and counted.
    wrapped = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    raw: Any = _Cursor(connection.connection)
    with wrapped(raw) as cursor:
        cursor.execute(statement, {name: _sized(value) for name, value in values.items()})
        return cursor.fetchall()


def _sized(value: Any) -> Any:
    """Give a number the type that a literal has: psycopg would make small ones smallint."""
    if type(value) is not int:
        return value
    return Int4(value) if value in INT4 else Int8(value)
