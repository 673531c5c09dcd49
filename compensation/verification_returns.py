"""Check that no return is forgotten: what is neither netted nor reversed waits, nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

_FORGOTTEN = """
    SELECT r.id, p.label
    FROM sales_return r
    JOIN sales_orderline l ON l.id = r.line_id
    JOIN sales_order o ON o.id = l.order_id
    JOIN compensation_period p ON o.counted_at >= p.starts_at AND o.counted_at < p.ends_at
    WHERE r.counted_at >= p.ends_at
    AND NOT EXISTS (SELECT FROM compensation_reversal v WHERE v.return_id = r.id)
    AND NOT EXISTS (SELECT FROM compensation_waitingreturn w
                    WHERE w.return_id = r.id AND w.period_id = p.id)
    ORDER BY r.id LIMIT %s
"""
_DONE = """
    SELECT w.return_id FROM compensation_waitingreturn w
    JOIN compensation_reversal v ON v.return_id = w.return_id ORDER BY 1 LIMIT %s
"""


def return_faults(*, at_most: int) -> Iterator[str]:
    """Return which returns would never be reversed, and which wait though they were."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGOTTEN, [at_most])
        for number, label in cursor.fetchall():
            yield f"return {number} of {label} is not reversed and does not wait for it"
        cursor.execute(_DONE, [at_most])
        for (number,) in cursor.fetchall():
            yield f"return {number} waits though it is reversed"
