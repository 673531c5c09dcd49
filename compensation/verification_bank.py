"""Check conversions of points against the ledger, from outside the rules that guard them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

_DIFFERENT = """
    SELECT coalesce(j.source_key, 'conversion ' || c.id),
           c.id IS NULL, j.id IS NULL
    FROM (SELECT * FROM compensation_journal WHERE kind IN ('conversion', 'expiry')) j
    FULL JOIN compensation_rspconversion c ON c.journal_id = j.id
    LEFT JOIN LATERAL (
        SELECT coalesce(sum(e.amount) FILTER (WHERE e.account = 4 AND e.unit = 'RSP'), 0) AS rsp,
               coalesce(sum(e.amount) FILTER (WHERE e.account = 2), 0) AS money,
               coalesce(sum(e.amount) FILTER (WHERE e.account = 8 AND e.unit = 'BV'), 0) AS bv
        FROM compensation_entry e WHERE e.journal_id = j.id
    ) moved ON true
    WHERE (j.kind = CASE c.target WHEN 'expiry' THEN 'expiry' ELSE 'conversion' END
           AND j.representative_id = c.representative_id AND j.period_id = c.period_id
           AND (-c.points, c.cash_minor, c.bv) = (moved.rsp, moved.money, moved.bv)) IS NOT TRUE
    ORDER BY 1 LIMIT %s
"""


def conversion_faults(*, at_most: int) -> Iterator[str]:
    """Say where conversions and their journals are not two faces of one thing."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENT, [at_most])
        for key, without_row, without_journal in cursor.fetchall():
            if without_row:
                yield f"journal {key}: no conversion stands beside it"
            elif without_journal:
                yield f"{key}: it has no journal"
            else:
                yield f"journal {key}: the conversion beside it says something else"
