"""The only bridge in: from rows of the database, by Arrow, to the engine's arrays.

A bulk step runs wholly on the one ADBC connection made here, outside Django's transactions.
Everything is read as of the period's last instant, whenever it is read: facts by ``counted_at``,
people from their dated history. Rows come out ordered by id, so that equal facts give equal bytes.
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

from compensation.engine import Members, Plan, Qualifying, Sales
from compensation.engine.explain import FIGURES

Int = npt.NDArray[np.int64]

EPOCH = date(1970, 1, 1)
STATUS_CODE = "CASE {} WHEN 'enrolled' THEN 0 WHEN 'suspended' THEN 1 ELSE 2 END::smallint"
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
    """First instant of the activity window; the period's own start where it is the window."""
    zone_name: str


@dataclass(frozen=True, slots=True)
class Titles:
    """Where opening titles come from: a posted run, and its ladder's ranks in today's ladder."""

    run_id: int
    ranks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """The engine's input of one run."""

    members: Members
    sales: Sales
    qualifying: Qualifying
    line_count: int


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


def load_facts(connection: Connection, plan: Plan, window: Window, titles: Titles | None) -> Facts:
    """Read everything that a run of this plan needs, as of the period's last instant.

    :raises UnableToLoad: if a fact names somebody who is not a member in the period.
    """
    ids, sponsor, status, enrolled = _people(connection, window)
    opening = np.zeros(len(ids), dtype=np.int64)
    if titles is not None:
        found = query(
            connection,
            "SELECT representative_id, title_rank FROM compensation_memberresult"
            " WHERE run_id = {run} AND title_rank > 0",
            run=titles.run_id,
        )
        rows = _places(ids, _numbers(found, 0), "title of the posted run")
        opening[rows] = np.array(titles.ranks, dtype=np.int64)[_numbers(found, 1)]
    sales, line_count = _sales(connection, plan, window, ids)
    return Facts(
        members=Members.of(ids, sponsor, status=status, opening_title=opening, enrolled=enrolled),
        sales=sales,
        qualifying=_qualifying(connection, plan, window, ids),
        line_count=line_count,
    )


def _people(connection: Connection, window: Window) -> tuple[Int, Int, Int, Int]:
    """Ids in order, sponsor rows, statuses and days of enrolment at the period's last instant."""
    found = query(
        connection,
        f"SELECT id, coalesce(sponsor_id, -1) AS sponsor_id, {STATUS_CODE.format('status')},"
        " enrolled_on FROM representatives_representative",
    )
    ids, sponsor_ids, status = (_numbers(found, column) for column in range(3))
    enrolled = _numbers(found, 3)
    if len(ids) and not (ids[1:] > ids[:-1]).all():
        order = np.argsort(ids)
        ids, sponsor_ids, status, enrolled = (
            values[order] for values in (ids, sponsor_ids, status, enrolled)
        )
    for table, old, new, target in (
        ("sponsorchange", "old_sponsor_id", "new_sponsor_id", sponsor_ids),
        (
            "statuschange",
            STATUS_CODE.format("old_status"),
            STATUS_CODE.format("new_status"),
            status,
        ),
    ):
        changed = query(
            connection,
            _HISTORY.format(table=table, old=old, new=new, live=_LIVE[table]),
            ends_at=window.ends_at,
        )
        target[_places(ids, _numbers(changed, 0), table)] = _numbers(changed, 1)
    return _present(ids, _sponsor_rows(ids, sponsor_ids), status, enrolled, window.last_day)


_LIVE = {"sponsorchange": "cancelled_at IS NULL", "statuschange": "TRUE"}
# The value at an instant: new value of the latest change before it, else old value of the
# earliest change after it; whoever has neither keeps what his row says.
_HISTORY = """
    SELECT DISTINCT ON (representative_id) representative_id,
           CASE WHEN effective_at < {{ends_at}} THEN {new} ELSE {old} END
    FROM representatives_{table}
    WHERE {live}
    ORDER BY representative_id, effective_at >= {{ends_at}},
             CASE WHEN effective_at < {{ends_at}} THEN -extract(epoch FROM effective_at)
                  ELSE extract(epoch FROM effective_at) END,
             CASE WHEN effective_at < {{ends_at}} THEN -id ELSE id END
"""


def _present(
    ids: Int, sponsor: Int, status: Int, enrolled: Int, last_day: date
) -> tuple[Int, Int, Int, Int]:
    """Leave out who enrolled after the period; their downline, if any, hangs on who was there."""
    here = enrolled <= (last_day - EPOCH).days
    if here.all():
        return ids, sponsor, status, enrolled
    climbing = np.flatnonzero(here & (sponsor >= 0))
    while len(climbing):
        climbing = climbing[~here[sponsor[climbing]]]
        sponsor[climbing] = sponsor[sponsor[climbing]]
        climbing = climbing[sponsor[climbing] >= 0]
    new_row = np.cumsum(here) - 1
    kept = sponsor[here]
    return (
        ids[here],
        np.where(kept >= 0, new_row[kept], -1),
        status[here],
        enrolled[here],
    )


def _sales(connection: Connection, plan: Plan, window: Window, ids: Int) -> tuple[Sales, int]:
    """The period's orders, net of the returns that count in it too; and how many lines."""
    wants_all, wants_first, wants_day = _needs(plan)
    columns = [
        "o.id, o.seller_id, o.bv, o.rsp, o.gross_minor - o.tax_minor AS net, o.line_count, o.own"
    ]
    if wants_all:
        columns.append("o.rsp_all")
    if wants_first:
        columns.append("l.line_class IN ('first', 'referral') AS first_order")
    if wants_day:
        columns.append("(o.paid_at AT TIME ZONE {zone})::date AS day")
    # The class of a first order is that of all its lines.
    lines = "JOIN sales_orderline l ON l.order_id = o.id AND l.number = 1" if wants_first else ""
    found = query(
        connection,
        f"SELECT {', '.join(columns)} FROM sales_order o {lines}"
        " WHERE o.counted_at >= {starts_at} AND o.counted_at < {ends_at}",
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        **({"zone": window.zone_name} if wants_day else {}),
    )
    data = {name: _numbers(found, index) for index, name in enumerate(found.column_names)}
    order = data["id"]
    if len(order) and not (order[1:] > order[:-1]).all():
        sequence = np.argsort(order)
        data = {name: values[sequence] for name, values in data.items()}
    _net_returns(connection, window, data)
    sales = Sales.of(
        _places(ids, data["seller_id"], "seller of an order"),
        order=data["id"],
        bv=data["bv"],
        rsp=data["rsp"],
        rsp_all=data.get("rsp_all"),
        net=data["net"],
        own=data["own"].astype(np.bool_),
        first_order=data["first_order"].astype(np.bool_) if wants_first else None,
        day=data.get("day"),
    )
    return sales, int(data["line_count"].sum())


def _net_returns(connection: Connection, window: Window, data: dict[str, Int]) -> None:
    """Take off what came back while its order's month was open."""
    found = query(
        connection,
        "SELECT o.id, r.bv, CASE WHEN l.repeat THEN r.rsp ELSE 0 END, r.rsp,"
        " r.gross_minor - r.tax_minor"
        " FROM sales_return r JOIN sales_orderline l ON l.id = r.line_id"
        " JOIN sales_order o ON o.id = l.order_id"
        " WHERE r.counted_at >= {starts_at} AND r.counted_at < {ends_at}"
        " AND o.counted_at >= {starts_at} AND o.counted_at < {ends_at}",
        starts_at=window.starts_at,
        ends_at=window.ends_at,
    )
    rows = _places(data["id"], _numbers(found, 0), "order of a return")
    for column, name in enumerate(("bv", "rsp", "rsp_all", "net"), start=1):
        if name in data:
            np.subtract.at(data[name], rows, _numbers(found, column))


def _qualifying(connection: Connection, plan: Plan, window: Window, ids: Int) -> Qualifying:
    """Earlier periods of the activity window, and returns of earlier orders in this period."""
    late = query(
        connection,
        "SELECT o.seller_id, -r.bv, CASE WHEN o.own THEN -r.bv ELSE 0 END,"
        " CASE WHEN l.repeat THEN -r.rsp ELSE 0 END, -r.rsp"
        " FROM sales_return r JOIN sales_orderline l ON l.id = r.line_id"
        " JOIN sales_order o ON o.id = l.order_id"
        " WHERE r.counted_at >= {starts_at} AND r.counted_at < {ends_at}"
        " AND o.counted_at < {starts_at} ORDER BY r.id",
        starts_at=window.starts_at,
        ends_at=window.ends_at,
    )
    tables = [late]
    if window.opens_at < window.starts_at:
        points = plan.activity.measure == "personal_rsp"
        tables += [
            query(connection, text, opens_at=window.opens_at, starts_at=window.starts_at)
            for text in _window_queries(points=points)
        ]
    columns = [np.concatenate([_numbers(table, column) for table in tables]) for column in range(5)]
    in_period = np.zeros(len(columns[0]), dtype=np.bool_)
    in_period[: late.num_rows] = True
    return Qualifying.of(
        _places(ids, columns[0], "seller in the activity window"),
        bv=columns[1],
        own_bv=columns[2],
        rsp=columns[3],
        rsp_all=columns[4],
        in_period=in_period,
    )


def _window_queries(*, points: bool) -> tuple[str, str]:
    """Sums per seller of the window's earlier periods: what was sold, and what came back."""
    own_points = "sum(rsp)::bigint, sum(rsp_all)::bigint" if points else "0::bigint, 0::bigint"
    back = (
        "-sum(r.rsp) FILTER (WHERE l.repeat)::bigint, -sum(r.rsp)::bigint"
        if points
        else "0::bigint, 0::bigint"
    )
    back = back.replace(
        "-sum(r.rsp) FILTER (WHERE l.repeat)::bigint",
        "-coalesce(sum(r.rsp) FILTER (WHERE l.repeat), 0)::bigint",
    )
    return (
        "SELECT seller_id, sum(bv)::bigint,"
        f" coalesce(sum(bv) FILTER (WHERE own), 0)::bigint, {own_points} FROM sales_order"
        " WHERE counted_at >= {opens_at} AND counted_at < {starts_at} GROUP BY seller_id"
        " ORDER BY seller_id",
        "SELECT o.seller_id, -sum(r.bv)::bigint,"
        f" -coalesce(sum(r.bv) FILTER (WHERE o.own), 0)::bigint, {back}"
        " FROM sales_return r JOIN sales_orderline l ON l.id = r.line_id"
        " JOIN sales_order o ON o.id = l.order_id"
        " WHERE r.counted_at >= {opens_at} AND r.counted_at < {starts_at}"
        " AND o.counted_at < {starts_at} GROUP BY o.seller_id ORDER BY o.seller_id",
    )


def _needs(plan: Plan) -> tuple[bool, bool, bool]:
    """Whether the plan asks for points of all products, first orders, and days of payment."""
    parts = plan.components
    return (
        any(getattr(part, "points_from", None) == "all_products" for part in parts),
        any(getattr(part, "trigger", None) == "first_order" for part in parts),
        any(getattr(part, "window_days", None) is not None for part in parts),
    )


def _numbers(table: pa.Table, column: int) -> Int:
    """A column as int64; null stands for nothing that these queries may give."""
    values = table.column(column)
    if values.null_count:
        raise UnableToLoad(f"column {table.column_names[column]} has {values.null_count} nulls")
    if pa.types.is_date32(values.type):
        values = values.cast(pa.int32())
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.uint8())
    return values.to_numpy().astype(np.int64)


def _sponsor_rows(ids: Int, sponsor_ids: Int) -> Int:
    rows = np.full(len(ids), -1, dtype=np.int64)
    has = sponsor_ids >= 0
    rows[has] = _places(ids, sponsor_ids[has], "sponsor")
    return rows


def _places(ids: Int, wanted: Int, what: str) -> Int:
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


@dataclass(frozen=True, slots=True)
class StoredBranch:
    """A member and the whole downline as a run stored them; element 0 is the member."""

    start: int
    representative: Int
    sponsor: Int
    end: Int
    depth: Int
    status: Int
    active: npt.NDArray[np.bool_]
    order_count: Int
    enrolled: Int
    pay_rank: Int
    figures: dict[str, Int]
    """The measures that components may go by, by name (``compensation.engine.explain.FIGURES``)."""


def load_branch(connection: Connection, *, run_id: int, start: int, end: int) -> StoredBranch:
    """Read the positions from ``start`` up to ``end`` (exclusive) of a run."""
    found = query(
        connection,
        "SELECT m.representative_id, m.sponsor_position, m.subtree_end, m.depth, m.status,"
        " m.active, m.order_count, r.enrolled_on, m.pay_rank,"
        f" {', '.join(f'm.{name}' for name in FIGURES)} FROM compensation_memberresult m"
        " JOIN representatives_representative r ON r.id = m.representative_id"
        " WHERE m.run_id = {run} AND m.position >= {start} AND m.position < {end}"
        " ORDER BY m.position",
        run=run_id,
        start=start,
        end=end,
    )
    columns = [_numbers(found, column) for column in range(9 + len(FIGURES))]
    return StoredBranch(
        start=start,
        representative=columns[0],
        sponsor=columns[1],
        end=columns[2],
        depth=columns[3],
        status=columns[4],
        active=columns[5].astype(np.bool_),
        order_count=columns[6],
        enrolled=columns[7],
        pay_rank=columns[8],
        figures=dict(zip(FIGURES, columns[9:], strict=True)),
    )
