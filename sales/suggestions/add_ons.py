"""Some customers' add-ons made anew right after an order, from the pairs of the last night.

The night weighs all products of a catalogue against each other; here the heaviest two hundred
pairs of each product must do, which the next night puts right. Neither counts as bought what was
wholly returned.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from sales.models import AddOnLearning
from sales.suggestions import learner
from sales.suggestions.learning import TAUGHT_PRIOR

STATEMENT = """
WITH person AS MATERIALIZED (
    SELECT id FROM sales_customer
     WHERE id = ANY(%(customers)s) AND NOT is_self AND erased_at IS NULL
       AND merged_into_id IS NULL
), own AS MATERIALIZED (
    SELECT DISTINCT o.customer_id, l.product_id
      FROM sales_order o
      JOIN person ON person.id = o.customer_id
      JOIN sales_orderline l ON l.order_id = o.id
     WHERE o.status = 'paid'
       AND NOT EXISTS (
            SELECT FROM sales_return r
             WHERE r.line_id = l.id AND r.status = 'accepted'
            HAVING sum(r.quantity) >= l.quantity)
), hint AS MATERIALIZED (
    SELECT o.customer_id, q.companion_id AS product_id, o.product_id AS with_product_id,
           q.weight::bigint AS weight, false AS stated,
           q.both_count >= %(together)s AND q.lift_permille >= %(lift)s AS is_reason,
           greatest(q.weight, 1)::bigint
               * least(q.lift_permille - 1000, %(telling)s) AS good,
           (q.accepted_count + %(prior)s)::numeric
               / (q.accepted_count + q.refused_count + %(prior)s) AS taught
      FROM own o JOIN sales_productpair q ON q.product_id = o.product_id
    UNION ALL
    SELECT o.customer_id, c.to_product_id, o.product_id, 1, true, true, 0, 1
      FROM own o JOIN sales_product_companions c ON c.from_product_id = o.product_id
), scored AS (
    SELECT customer_id, product_id, sum(weight) AS score FROM hint GROUP BY customer_id, product_id
), because AS (
    SELECT DISTINCT ON (customer_id, product_id)
           customer_id, product_id, with_product_id, stated, taught
      FROM hint WHERE is_reason
     ORDER BY customer_id, product_id, good DESC, with_product_id
), ranked AS (
    SELECT b.*, s.score * b.taught AS score,
           row_number() OVER (PARTITION BY b.customer_id
                              ORDER BY s.score * b.taught DESC, b.product_id) AS place
      FROM because b
      JOIN scored s USING (customer_id, product_id)
      JOIN sales_product p ON p.id = b.product_id AND p.is_active
     WHERE s.score > 0
       AND NOT EXISTS (SELECT FROM own o
                        WHERE o.customer_id = b.customer_id AND o.product_id = b.product_id)
), kept AS MATERIALIZED (
    SELECT *, (%(chances)s::int[])[greatest(1, width_bucket(score, %(steps)s::numeric[]))] AS chance
      FROM ranked WHERE place <= %(offered)s
), gone AS (
    DELETE FROM sales_addon a
     WHERE a.customer_id = ANY(%(customers)s)
       AND NOT EXISTS (SELECT FROM kept k
                        WHERE k.customer_id = a.customer_id AND k.product_id = a.product_id)
)
INSERT INTO sales_addon (
    customer_id, product_id, with_product_id, basis, place, chance_permille)
SELECT customer_id, product_id, with_product_id,
       CASE WHEN stated THEN 'stated' ELSE 'bought' END, place, chance
  FROM kept
 ORDER BY customer_id, product_id
ON CONFLICT (customer_id, product_id) DO UPDATE
   SET with_product_id = excluded.with_product_id, basis = excluded.basis,
       place = excluded.place, chance_permille = excluded.chance_permille
"""


@transaction.atomic
def refresh_add_ons(*, customer_ids: Sequence[int]) -> int:
    """Offer these customers' add-ons anew; return how many there are."""
    if not customer_ids:
        return 0
    newest = AddOnLearning.objects.order_by("-learnt_at", "-id").first()
    chances = newest.chances if newest is not None else learner.NOTHING_LEARNT
    with connection.cursor() as cursor:
        cursor.execute(
            STATEMENT,
            {
                "customers": sorted(customer_ids),
                "together": learner.TOGETHER,
                "lift": learner.LIFT_PERMILLE,
                "telling": learner.TELLING_PERMILLE,
                "prior": TAUGHT_PRIOR,
                "offered": learner.OFFERED,
                "steps": [step for step, _chance in chances],
                "chances": [chance for _step, chance in chances],
            },
        )
        return int(cursor.rowcount)
