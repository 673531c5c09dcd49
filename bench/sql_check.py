"""Results of random members against a recursive SQL query over orders and sponsors.

``python -m bench.sql_check PERIOD RUN MEMBERS SEED`` recomputes personal and group BV, points and
commission of the plan ``four-levels`` for that many members from ``sponsor_id`` alone, and prints
how many agree with the run's results.
"""

import json
import random
import sys

import django
import psycopg

from bench.setting_up import level_percentages

PERSONAL = """
CREATE TEMPORARY TABLE personal AS
SELECT r.id, r.sponsor_id, coalesce(sum(o.bv), 0)::bigint AS bv, coalesce(sum(o.rsp), 0)::bigint
    AS rsp, coalesce(sum(o.bv), 0) >= 6000 AS active
FROM representatives_representative r
LEFT JOIN sales_order o ON o.seller_id = r.id AND o.counted_at >= %(start)s
    AND o.counted_at < %(end)s
WHERE r.enrolled_on <= %(last)s
GROUP BY r.id;
"""
INDEX = "CREATE INDEX ON personal (sponsor_id) INCLUDE (id, bv, rsp, active)"
# lvl is the paid level that the top of the walk takes of this member's sales: one more than the
# active members in between.
MEMBER = """
WITH RECURSIVE below AS (
    SELECT id, bv, rsp, active, 1 AS lvl FROM personal WHERE sponsor_id = %(id)s
    UNION ALL
    SELECT p.id, p.bv, p.rsp, p.active, b.lvl + b.active::int
    FROM below b JOIN personal p ON p.sponsor_id = b.id
), levels AS (
    SELECT lvl, sum(bv) AS bv, sum(rsp) AS rsp FROM below GROUP BY lvl
)
SELECT me.bv, me.bv + coalesce((SELECT sum(bv) FROM levels), 0)::bigint,
       me.rsp + CASE WHEN me.active
                THEN coalesce((SELECT sum(rsp) FROM levels WHERE lvl <= 4), 0) ELSE 0 END::bigint,
       CASE WHEN me.active THEN coalesce((SELECT sum(round(bv * (%(rates)s::int[])[lvl] / 100))
                FROM levels WHERE lvl <= cardinality(%(rates)s::int[])), 0) ELSE 0 END::bigint
FROM personal me WHERE me.id = %(id)s
"""
STORED = """
SELECT personal_bv, group_bv, rsp_total, commission_minor FROM compensation_memberresult
WHERE run_id = %(run)s AND representative_id = %(id)s
"""


def compare(period: str, run: int, members: int, seed: int) -> dict[str, int | list[int]]:
    """Return how many members were compared, and the ids of those whose results differ."""
    from django.conf import settings

    chance = random.Random(seed)
    differ = []
    rates = list(level_percentages())
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as connection:
        bounds = connection.execute(
            "SELECT starts_at, ends_at, last_day FROM compensation_period WHERE label = %s",
            [period],
        ).fetchone()
        assert bounds is not None
        names = dict(zip(("start", "end", "last"), bounds, strict=True))
        connection.execute(PERSONAL, names)
        connection.execute(INDEX)
        connection.execute("ANALYZE personal")
        ids = [row[0] for row in connection.execute("SELECT id FROM personal ORDER BY id")]
        chosen = chance.sample(ids, min(members, len(ids)))
        for member in chosen:
            expected = connection.execute(MEMBER, {"id": member, "rates": rates}).fetchone()
            stored = connection.execute(STORED, {"run": run, "id": member}).fetchone()
            if stored != expected:
                sys.stderr.write(f"member {member}: stored {stored}, query {expected}\n")
                differ.append(member)
    return {"compared": len(chosen), "differ": differ}


if __name__ == "__main__":
    django.setup()
    answer = compare(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.exit(1 if answer["differ"] else 0)
