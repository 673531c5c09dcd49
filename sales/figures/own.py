"""The figures of every seller for some months in one statement, read from paid orders alone.

Days are the company's; representatives' own purchases count nowhere; a customer merged into
another one counts as that one. `docs/figures.md` says in words what each part counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

HISTORY_MONTHS = 28
"""How far back a month looks: a pack that ends in it was bought at most 456 days before, and its
rhythm is that of the year before. Only the gap to the purchase before may be longer."""

OWN_RHYTHM_FROM = 3
"""So many intervals within a year make a rhythm; with fewer the pack length holds."""

LONGEST_DAYS = 365

WRITE_OWN = """
WITH calendar AS MATERIALIZED (
    SELECT starts::date, (starts + interval '1 month')::date AS ends
      FROM generate_series(%(first)s::date, %(last)s::date, interval '1 month') starts
), sold AS MATERIALIZED (
    SELECT o.id, coalesce(c.merged_into_id, c.id) AS customer_id, o.seller_id, o.paid_at,
           o.reference, (o.paid_at AT TIME ZONE %(zone)s)::date AS day
      FROM sales_order o JOIN sales_customer c ON c.id = o.customer_id
     WHERE o.status = 'paid' AND NOT o.own
       AND o.paid_at >= %(since)s AND o.paid_at < %(until)s
), visit AS MATERIALIZED (
    SELECT customer_id, seller_id, day,
           lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS before,
           lead(day) OVER (PARTITION BY customer_id ORDER BY day) AS after
      FROM (SELECT DISTINCT ON (customer_id, day) customer_id, seller_id, day
              FROM sold
             ORDER BY customer_id, day, paid_at DESC, reference COLLATE "C" DESC) one_a_day
), stock AS (
    SELECT v.seller_id, c.starts AS month,
           count(*) FILTER (WHERE (v.after IS NULL OR v.after >= c.ends)
                              AND v.day >= c.ends - interval '12 months') AS customers,
           count(*) FILTER (WHERE v.day < c.starts
                              AND v.day >= c.starts - %(quiet_days)s) AS known,
           count(*) FILTER (WHERE v.day < c.starts AND v.day >= c.starts - %(quiet_days)s
                              AND v.after < c.ends) AS came_back
      FROM visit v
      JOIN calendar c ON v.day < c.ends AND (v.after IS NULL OR v.after >= c.starts)
     WHERE v.day >= least(c.ends - interval '12 months', c.starts - %(quiet_days)s)
     GROUP BY v.seller_id, c.starts
), spaced AS (
    SELECT v.seller_id, date_trunc('month', v.day)::date AS month, v.before,
           v.day - coalesce(v.before, earlier.day) AS gap
      FROM visit v
      LEFT JOIN LATERAL (
           SELECT (max(o.paid_at) AT TIME ZONE %(zone)s)::date AS day
             FROM sales_order o
            WHERE v.before IS NULL
              AND o.customer_id IN (SELECT v.customer_id UNION ALL
                                    SELECT m.id FROM sales_customer m
                                     WHERE m.merged_into_id = v.customer_id)
              AND o.status = 'paid' AND NOT o.own AND o.paid_at < %(since)s) earlier ON true
     WHERE v.day >= %(first)s::date
), flow AS (
    SELECT seller_id, month,
           count(*) FILTER (WHERE before IS NULL OR before < month) AS buyers,
           count(*) FILTER (WHERE gap > %(quiet_days)s) AS won_back,
           coalesce(array_agg(gap ORDER BY gap) FILTER (WHERE gap IS NOT NULL), '{}') AS gaps
      FROM spaced GROUP BY seller_id, month
), taken_back AS MATERIALIZED (
    SELECT line_id, sum(bv)::bigint AS bv, sum(gross_minor - tax_minor)::bigint AS net
      FROM sales_return WHERE status = 'accepted' GROUP BY line_id
), line AS MATERIALIZED (
    SELECT s.seller_id, s.customer_id, s.day, l.product_id, l.quantity, l.repeat, l.line_class,
           l.bv - coalesce(b.bv, 0) AS bv,
           l.gross_minor - l.tax_minor - coalesce(b.net, 0) AS net
      FROM sold s
      JOIN sales_orderline l ON l.order_id = s.id
      LEFT JOIN taken_back b ON b.line_id = l.id
), volume AS (
    SELECT seller_id, date_trunc('month', day)::date AS month,
           count(*) FILTER (WHERE line_class = 'first') AS lines_first,
           count(*) FILTER (WHERE line_class = 'add_on') AS lines_add_on,
           count(*) FILTER (WHERE line_class = 'repeat') AS lines_repeat,
           count(*) FILTER (WHERE line_class = 'referral') AS lines_referral,
           coalesce(sum(bv) FILTER (WHERE line_class = 'first'), 0) AS bv_first,
           coalesce(sum(bv) FILTER (WHERE line_class = 'add_on'), 0) AS bv_add_on,
           coalesce(sum(bv) FILTER (WHERE line_class = 'repeat'), 0) AS bv_repeat,
           coalesce(sum(bv) FILTER (WHERE line_class = 'referral'), 0) AS bv_referral,
           sum(bv) AS bv, sum(net) AS net
      FROM line GROUP BY seller_id, date_trunc('month', day)
), year AS (
    SELECT v.seller_id, c.starts AS month, sum(v.bv) AS year_bv, sum(v.net) AS year_net_minor
      FROM volume v
      JOIN calendar c ON v.month <= c.starts AND v.month > c.starts - interval '12 months'
     GROUP BY v.seller_id, c.starts
), bought AS (
    SELECT customer_id, product_id, day, max(seller_id) AS seller_id,
           sum(quantity)::bigint AS pieces
      FROM line WHERE repeat GROUP BY customer_id, product_id, day
), rhythm AS (
    SELECT seller_id, product_id, day, pieces, lead(day) OVER one AS next,
           count(*) OVER lately AS bought_times, day - first_value(day) OVER lately AS span
      FROM bought
    WINDOW one AS (PARTITION BY customer_id, product_id ORDER BY day),
           lately AS (PARTITION BY customer_id, product_id ORDER BY day
                      RANGE BETWEEN interval '365 days' PRECEDING AND CURRENT ROW)
), spacing AS (
    SELECT r.seller_id, r.day, r.next,
           least(%(longest_days)s,
                 CASE WHEN r.bought_times > %(own_rhythm_from)s
                      THEN (r.span + r.bought_times - 2) / (r.bought_times - 1)
                      ELSE p.pack_days * r.pieces END)::integer AS days
      FROM rhythm r JOIN sales_product p ON p.id = r.product_id
     WHERE r.bought_times > %(own_rhythm_from)s OR p.pack_days IS NOT NULL
), pack AS (
    SELECT seller_id, next, day + days + greatest(2, days / 4) AS latest FROM spacing
), due AS (
    SELECT seller_id, date_trunc('month', latest)::date AS month, count(*) AS packs_due,
           count(*) FILTER (WHERE next <= latest) AS packs_on_time
      FROM pack
     WHERE latest >= %(first)s::date AND latest < %(today)s::date
     GROUP BY seller_id, date_trunc('month', latest)
), somebody AS (
    SELECT seller_id, month FROM stock WHERE customers > 0 OR known > 0
    UNION SELECT seller_id, month FROM flow
    UNION SELECT seller_id, month FROM due
)
INSERT INTO sales_monthfigures (
    scope, representative_id, month, sellers, customers, buyers, known, came_back, won_back,
    packs_due, packs_on_time, lines_first, lines_add_on, lines_repeat, lines_referral,
    bv_first, bv_add_on, bv_repeat, bv_referral, year_bv, year_net_minor,
    gaps, median_days, computed_at)
SELECT 'own', seller_id, month, (coalesce(s.customers, 0) > 0)::integer,
       coalesce(s.customers, 0), coalesce(f.buyers, 0), coalesce(s.known, 0),
       coalesce(s.came_back, 0), coalesce(f.won_back, 0),
       coalesce(d.packs_due, 0), coalesce(d.packs_on_time, 0),
       coalesce(v.lines_first, 0), coalesce(v.lines_add_on, 0),
       coalesce(v.lines_repeat, 0), coalesce(v.lines_referral, 0),
       coalesce(v.bv_first, 0), coalesce(v.bv_add_on, 0),
       coalesce(v.bv_repeat, 0), coalesce(v.bv_referral, 0),
       coalesce(y.year_bv, 0), coalesce(y.year_net_minor, 0),
       coalesce(f.gaps, '{}'), f.gaps[(cardinality(f.gaps) + 1) / 2], %(now)s
  FROM somebody
  LEFT JOIN stock s USING (seller_id, month)
  LEFT JOIN flow f USING (seller_id, month)
  LEFT JOIN volume v USING (seller_id, month)
  LEFT JOIN year y USING (seller_id, month)
  LEFT JOIN due d USING (seller_id, month)
"""

# Where orders were paid, or returns decided, since the figures were computed: the earliest month.
FIRST_TOUCHED = """
SELECT min(date_trunc('month', o.paid_at AT TIME ZONE %(zone)s))::date
  FROM sales_order o
 WHERE o.id IN (
       SELECT p.order_id FROM sales_payment p WHERE p.recorded_at >= %(since)s
       UNION ALL
       SELECT l.order_id FROM sales_return r JOIN sales_orderline l ON l.id = r.line_id
        WHERE r.status = 'accepted'
          AND greatest(r.requested_at, r.decided_at, r.counted_at) >= %(since)s)
   AND NOT o.own
"""


@dataclass(frozen=True, slots=True)
class Span:
    """The months to write, as instants and days of the company's zone."""

    first: date
    last: date
    since: datetime
    until: datetime
    today: date
    zone: str


def write(span: Span, *, quiet_days: int, now: datetime) -> int:
    """Write the own rows of these months, which must have none, and return their number."""
    values: Mapping[str, Any] = {
        "first": span.first,
        "last": span.last,
        "since": span.since,
        "until": span.until,
        "today": span.today,
        "zone": span.zone,
        "quiet_days": quiet_days,
        "own_rhythm_from": OWN_RHYTHM_FROM,
        "longest_days": LONGEST_DAYS,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE_OWN, values)
        return int(cursor.rowcount)


def first_touched(*, since: datetime, zone: str) -> date | None:
    """Return the first month whose orders were paid or taken back since an instant."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST_TOUCHED, {"since": since, "zone": zone})
        found: date | None = cursor.fetchone()[0]
        return found
