"""Purchases out of the database and forecasts into it: whole columns, by binary COPY.

Days are numbers of days since 2000-01-01, as the database counts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from psycopg import sql

from representatives.locks import AdvisoryLock
from sales.exchange import read_columns, write_columns
from sales.forecast.purchases import Int

ORIGIN = date(2000, 1, 1)

_PURCHASES = """
COPY (
    SELECT o.customer_id::bigint, l.product_id::bigint,
           ((o.paid_at AT TIME ZONE {zone})::date - DATE '2000-01-01')::bigint,
           (extract(epoch FROM o.paid_at) * 1000000)::bigint, o.id::bigint,
           (l.quantity - coalesce(back.quantity, 0))::bigint
      FROM sales_order o
      JOIN sales_orderline l ON l.order_id = o.id
      JOIN sales_customer c ON c.id = o.customer_id
      LEFT JOIN LATERAL (
            SELECT sum(r.quantity) AS quantity FROM sales_return r
             WHERE r.line_id = l.id AND r.status = 'accepted' AND r.returned_at <= {now}
           ) back ON true
     WHERE o.status = 'paid' AND o.paid_at <= {now}
       AND c.erased_at IS NULL AND c.merged_into_id IS NULL
       AND {which}
       AND l.quantity > coalesce(back.quantity, 0)
) TO STDOUT (FORMAT BINARY)
"""


@dataclass(frozen=True, slots=True)
class Bought:
    """Order lines with the ids of the database, without what was returned."""

    customer: Int
    product: Int
    day: Int
    paid: Int
    """Microseconds."""
    order: Int
    pieces: Int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All products by ascending id."""

    ids: Int
    pack_days: npt.NDArray[np.float32]
    wanted: npt.NDArray[np.bool_]
    """Repeat products on sale: those that get a forecast."""


@dataclass(frozen=True, slots=True)
class Range:
    """Customers by id, from the first to the last."""

    first: int
    last: int


def day_number(day: date) -> int:
    """Return a day as the database counts it."""
    return (day - ORIGIN).days


def hold_forecasts() -> None:
    """Wait for whoever writes forecasts, and hold them until the transaction ends.

    What is read after this is the newest: nobody's older look at the purchases is written later.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [AdvisoryLock.FORECASTS])


def load_catalogue() -> Catalogue:
    """Return what is sold."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, CASE WHEN repeat THEN pack_days END, repeat AND is_active"
            " FROM sales_product ORDER BY id"
        )
        rows = cursor.fetchall()
    return Catalogue(
        ids=np.array([row[0] for row in rows], dtype=np.int64),
        pack_days=np.array([row[1] or np.nan for row in rows], dtype=np.float32),
        wanted=np.array([row[2] for row in rows], dtype=bool),
    )


def load_bought(*, which: Sequence[int] | Range, zone: str, now: datetime) -> Bought:
    """Return what these customers bought and did not wholly return."""
    if isinstance(which, Range):
        condition = sql.SQL("o.customer_id BETWEEN {} AND {}").format(which.first, which.last)
    else:
        condition = sql.SQL("o.customer_id = ANY({})").format(sql.Literal(list(which)))
    return _load(condition, zone, now)


def load_part(*, of: int, zone: str, now: datetime) -> Bought:
    """Return what every so-manieth customer bought: enough to learn from."""
    return _load(sql.SQL("o.customer_id % {} = 0").format(of), zone, now)


def _load(condition: sql.Composed, zone: str, now: datetime) -> Bought:
    statement = sql.SQL(_PURCHASES).format(
        zone=sql.Literal(zone), now=sql.Literal(now), which=condition
    )
    return Bought(*read_columns(statement, (8, 8, 8, 8, 8, 8)))


def ranges_of_customers(size: int) -> list[Range]:
    """Return all customers in ranges of about so many; the last goes on to whoever comes next."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place"
            " FROM sales_customer) AS all_of_them WHERE (place - 1) %% %s = 0 ORDER BY id",
            [size],
        )
        starts = [row[0] for row in cursor.fetchall()]
    ends = [start - 1 for start in starts[1:]] + [2**63 - 1]
    return [Range(*pair) for pair in zip(starts, ends, strict=True)]


_STALE = """
SELECT customer_id FROM (
    SELECT o.customer_id FROM sales_payment p
      JOIN sales_order o ON o.id = p.order_id
      LEFT JOIN sales_customerpulse s ON s.customer_id = o.customer_id
     WHERE p.recorded_at >= %(since)s
       AND (s.customer_id IS NULL OR s.computed_at <= p.recorded_at)
    UNION
    SELECT o.customer_id FROM sales_return r
      JOIN sales_orderline l ON l.id = r.line_id
      JOIN sales_order o ON o.id = l.order_id
      JOIN sales_customerpulse s ON s.customer_id = o.customer_id
     WHERE r.status = 'accepted' AND r.decided_at >= %(since)s AND s.computed_at <= r.decided_at
) AS moved
  JOIN sales_customer c ON c.id = moved.customer_id
 WHERE c.erased_at IS NULL AND c.merged_into_id IS NULL
 ORDER BY customer_id LIMIT %(limit)s
"""


def list_stale(*, since: datetime, limit: int) -> list[int]:
    """Return customers who paid or sent back something since, that no forecast knows of yet."""
    with connection.cursor() as cursor:
        cursor.execute(_STALE, {"since": since, "limit": limit})
        return [row[0] for row in cursor.fetchall()]


def delete_rows(which: Sequence[int] | Range) -> None:
    """Delete what stands of these customers."""
    with connection.cursor() as cursor:
        for table in ("sales_forecast", "sales_customerpulse"):
            if isinstance(which, Range):
                cursor.execute(
                    f"DELETE FROM {table} WHERE customer_id BETWEEN %s AND %s",  # noqa: S608
                    [which.first, which.last],
                )
            else:
                cursor.execute(
                    f"DELETE FROM {table} WHERE customer_id = ANY(%s)",  # noqa: S608
                    [list(which)],
                )


def write_rows(
    table: str, columns: dict[str, tuple[npt.NDArray[Any], int]], words: dict[str, npt.NDArray[Any]]
) -> None:
    """Append rows to a table: integers by name with their bytes, and words of a few kinds."""
    write_columns(
        f"{table} ({', '.join([*columns, *words])})",
        [values for values, _width in columns.values()],
        [width for _values, width in columns.values()],
        list(words.values()),
    )


def microseconds(at: datetime) -> int:
    """Return an instant as the database counts it, since 2000-01-01 in UTC."""
    since = at - datetime(2000, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
