"""The only bridge in: from rows of the database, by Arrow, to numpy arrays.

A bulk step runs wholly on the one ADBC connection made here, outside Django's transactions. What
is read for a run stands in ``compensation.period_facts``.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from adbc_driver_manager.dbapi import Connection
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from compensation.engine import Members, Qualifying, Sales, Stated
from compensation.engine.carried import Carried
from compensation.engine.qualifying import PeriodPlace

Int = npt.NDArray[np.int64]

BulkError = adbc.Error
PASSING_STATES = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})
"""Serialization, deadlock, lock time-out, and a server that stops or starts."""
"""What the bulk connection raises; nobody else imports its driver."""

DENSE_IDS = 8
"""Ids are looked up in a table of this many places per member, beyond that by bisection."""


class UnableToLoad(Exception):  # noqa: N818  (house names: UnableTo<Verb>)
    """The facts of a period can't be brought into the engine's form; ids are named."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a run reads: the period, and where its activity window begins."""

    starts_at: datetime
    ends_at: datetime
    last_day: date
    opens_at: datetime
    """First instant of any window; the period's own start where nothing reaches further back."""
    zone_name: str
    first_day: date
    period_id: int
    month_of_quarter: int
    begins: tuple[datetime, ...] = ()
    """Starts of the earlier periods that are told apart, the nearest first.

    None where only the activity window reaches back: then they come as one.
    """


@dataclass(frozen=True, slots=True)
class Titles:
    """What the last posted run left: titles, its ladder's ranks in today's, and what is carried."""

    run_id: int
    ranks: tuple[int, ...]
    carried: tuple[tuple[int, str], ...] = ()
    """Numbers and names of the keys under which something is carried on."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The engine's input of one run."""

    members: Members
    sales: Sales
    qualifying: Qualifying
    line_count: int
    stated: Stated | None = None
    carried: Carried | None = None
    calendar: PeriodPlace | None = None

    def beside(self) -> dict[str, Any]:
        """Give what the engine takes by name, beside members and sales."""
        return {
            "qualifying": self.qualifying,
            "stated": self.stated,
            "carried": self.carried,
            "calendar": self.calendar,
        }


def address(using: str = "default") -> str:
    """Return where a connection of Django's leads, for another one to the same place."""
    parameters: dict[str, Any] = dict(connections[using].get_connection_params())
    wanted = {
        name: parameters[name]
        for name in ("host", "port", "user", "password", "dbname", "application_name", "options")
        if parameters.get(name)
    }
    return make_conninfo(**wanted)


def connect(where: str | None = None, name: str = "perennial bulk") -> Connection:
    """Open a connection of its own for one bulk step; a transaction begins with it.

    ``name`` is what the server knows it by, so that whoever takes a run over can end it.

    :raises adbc_driver_manager.Error: if the server can't be reached.
    """
    return adbc.connect(make_conninfo(where or address(), application_name=name))


def is_passing(fault: Exception) -> bool:
    """Tell whether a bulk step only has to be tried again: a lock, a snapshot, a lost server."""
    return getattr(
        fault, "sqlstate", None
    ) in PASSING_STATES or "server closed the connection" in str(fault)


def query(connection: Connection, text: str, **values: object) -> pa.Table:
    """Run one query with literals filled in and return its rows."""
    statement = sql.SQL(text).format(**{name: sql.Literal(of) for name, of in values.items()})
    with closing(connection.cursor()) as cursor:
        cursor.execute(statement.as_string())
        return cursor.fetch_arrow_table()


def execute(connection: Connection, text: str, **values: object) -> int:
    """Run one command with literals filled in and return how many rows it touched."""
    statement = sql.SQL(text).format(**{name: sql.Literal(of) for name, of in values.items()})
    with closing(connection.cursor()) as cursor:
        cursor.execute(statement.as_string())
        return cursor.rowcount


def begin(connection: Connection) -> None:
    """Make the transaction one snapshot that may think for a while between two statements."""
    execute(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    execute(connection, "SET LOCAL idle_in_transaction_session_timeout = '15min'")


def numbers(table: pa.Table, column: int) -> Int:
    """A column as int64; null stands for nothing that these queries may give."""
    values = table.column(column)
    if values.null_count:
        raise UnableToLoad(f"column {table.column_names[column]} has {values.null_count} nulls")
    if pa.types.is_date32(values.type):
        values = values.cast(pa.int32())
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.uint8())
    return values.to_numpy().astype(np.int64)


def places(ids: Int, wanted: Int, what: str) -> Int:
    """Rows of ids in a sorted array.

    :raises UnableToLoad: if one is not there.
    """
    if not len(wanted):
        return np.zeros(0, dtype=np.int64)
    if not len(ids):
        raise UnableToLoad(f"{what}: {int(wanted[0])} is not among the members")
    top = int(ids[-1])
    if top < DENSE_IDS * len(ids) + 1024:
        table = np.full(top + 1, -1, dtype=np.int64)
        table[ids] = np.arange(len(ids))
        rows = np.where((wanted >= 0) & (wanted <= top), table[np.clip(wanted, 0, top)], -1)
    else:
        place = np.searchsorted(ids, wanted).clip(max=len(ids) - 1)
        rows = np.where(ids[place] == wanted, place, -1)
    if (rows < 0).any():
        missing = int(wanted[np.argmax(rows < 0)])
        raise UnableToLoad(f"{what}: {missing} is not among the period's members")
    return rows


def utc_now() -> datetime:
    """Real time, for step records; results never depend on it."""
    return datetime.now(UTC)
