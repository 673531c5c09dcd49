"""What could be suggested to one seller, found by one statement over all kinds.

The statement takes the seller's people who may be contacted, leaves away what was decided, ordered
or planned since, and puts what brings most first. It holds nothing of what the night has not
prepared, so that ten thousand people cost no more than a page may take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from representatives.models import Company, Representative
from representatives.prepared import fetch_prepared
from sales.suggestions.kinds import Key, SuggestionKind

A_KIND_EACH = 3
"""Of each kind a customer gets so many suggestions at most."""
FADING_PERMILLE = 650
"""From here on the odds of another order are watched: the next stop is a half."""
HALF_PERMILLE = 500
GOOD_MOMENT_DAYS = 14
"""So long after a happy purchase or a good talk one may ask for a referral."""
FIRST_USE_DAYS = 21
"""So long after a product was bought first its guide is of use."""
WAITS_DAYS = 60
"""An order placed earlier and still not paid does not keep suggestions away."""
LONG_GONE_DAYS = 365
"""Who has not bought for so long is left in peace."""
DEAR_DAYS = 180
"""So long after "too expensive" nothing as dear is suggested."""
REFUSED_IN_A_ROW, REFUSED_DAYS, REST_DAYS = 2, 90, 60
"""After so many add-ons refused within so many days there are none for so many days."""

PEOPLE = """
WITH person AS MATERIALIZED (
    SELECT c.id
      FROM sales_customer c
     WHERE c.representative_id = %(seller)s AND NOT c.is_self AND c.erased_at IS NULL
       AND c.merged_into_id IS NULL AND c.no_contact_at IS NULL
       AND (%(customers)s::bigint[] IS NULL OR c.id = ANY(%(customers)s))
), decided AS MATERIALIZED (
    SELECT d.customer_id, d.kind, d.product_id, d.guide_id, d.state, d.reason, d.decided_on, d.until
      FROM sales_suggestiondecision d JOIN person ON person.id = d.customer_id
     WHERE d.withdrawn_at IS NULL
), away AS MATERIALIZED (
    SELECT * FROM decided WHERE until IS NULL OR until > %(today)s
), planned AS MATERIALIZED (
    SELECT t.customer_id, t.kind, t.product_id, t.state, t.suggestion_key <> '' AS accepted
      FROM sales_followup t JOIN person ON person.id = t.customer_id
     WHERE t.state = 'open'
        OR (t.kind = 'referral_ask' AND t.state = 'done'
            AND t.closed_at > %(now)s - make_interval(days => %(ask_days)s))
), ordered AS MATERIALIZED (
    SELECT o.customer_id, l.product_id, bool_or(o.status = 'placed') AS waits,
           max((coalesce(o.paid_at, o.placed_at) AT TIME ZONE %(zone)s)::date) AS on_day,
           max((o.paid_at AT TIME ZONE %(zone)s)::date)
               FILTER (WHERE l.line_class IN ('first', 'referral', 'add_on')) AS first_on,
           bool_or(r.id IS NOT NULL) AS given_back
      FROM sales_order o
      JOIN person ON person.id = o.customer_id
      JOIN sales_orderline l ON l.order_id = o.id
      LEFT JOIN sales_return r ON r.line_id = l.id AND r.status <> 'refused'
     WHERE o.seller_id = %(seller)s AND o.status <> 'cancelled'
       AND o.placed_at > %(now)s - make_interval(days => %(waits_days)s)
     GROUP BY o.customer_id, l.product_id
), dear AS MATERIALIZED (
    SELECT d.customer_id, min(p.retail_price_minor) AS price_minor
      FROM decided d JOIN sales_product p ON p.id = d.product_id
     WHERE d.reason = 'price' AND d.decided_on > %(today)s - %(dear_days)s
     GROUP BY d.customer_id
), resting AS MATERIALIZED (
    SELECT d.customer_id
      FROM decided d
     WHERE d.kind = 'add_on' AND d.state = 'refused'
       AND d.decided_on > %(today)s - %(refused_days)s
     GROUP BY d.customer_id
    HAVING count(*) >= %(refused_in_a_row)s AND max(d.decided_on) > %(today)s - %(rest_days)s
)"""

# Whoever is late with everything, and whose odds fade or whose time is over, is asked how things
# are, and not reminded of this and that. Who ordered since, or was decided on, is found by joins to
# tables with an index and left away by NOT IN, which hashes: the planner knows nothing of the sizes
# of what this statement makes, and would now and then compare all with all. For the same reason
# LATERAL and OFFSET 0 ask the index person by person: else it reads the whole table of a company
# for the people of one seller.
STANDING = """
, newer AS MATERIALIZED (
    SELECT o.customer_id
      FROM ordered o JOIN sales_customerpulse u ON u.customer_id = o.customer_id
     WHERE o.waits OR o.on_day > u.last_on
), fading AS MATERIALIZED (
    SELECT u.customer_id, u.alive_permille, u.last_on
      FROM sales_customerpulse u JOIN person ON person.id = u.customer_id
     WHERE u.last_on + u.interval_days < %(today)s AND u.last_on > %(today)s - %(long_gone)s
       AND (u.quiet_on <= %(today)s
            OR (u.alive_permille >= %(half)s AND u.alive_permille < %(fading)s))
       AND u.customer_id NOT IN (SELECT customer_id FROM newer)
       AND NOT EXISTS (SELECT FROM sales_forecast f
                        WHERE f.customer_id = u.customer_id AND f.until_on >= %(today)s)
), settled AS MATERIALIZED (
    SELECT f.customer_id, f.product_id
      FROM ordered o
      JOIN sales_forecast f ON f.customer_id = o.customer_id AND f.product_id = o.product_id
     WHERE o.waits OR o.on_day > f.last_on
    UNION ALL
    SELECT f.customer_id, f.product_id
      FROM away d
      JOIN sales_forecast f ON f.customer_id = d.customer_id AND f.product_id = d.product_id
     WHERE d.kind = 'repeat' AND (d.until IS NOT NULL OR d.decided_on >= f.last_on)
), expected AS MATERIALIZED (
    SELECT f.*
      FROM person
      CROSS JOIN LATERAL (
        SELECT * FROM sales_forecast WHERE customer_id = person.id AND from_on <= %(today)s OFFSET 0
      ) f
), due AS MATERIALIZED (
    SELECT f.id AS forecast_id, f.customer_id, f.product_id, f.chance_permille,
           f.interval_days, f.purchases, f.pieces, f.quiet_on,
           p.bv, CASE WHEN p.repeat THEN p.rsp ELSE 0 END AS rsp, p.larger_size_id,
           p.pack_days, p.retail_price_minor
      FROM expected f
      JOIN sales_product p ON p.id = f.product_id AND p.is_active
     WHERE (f.customer_id, f.product_id) NOT IN (SELECT customer_id, product_id FROM settled)
)"""

REPEAT = """
    SELECT 'repeat' AS kind, d.customer_id, d.product_id, NULL::bigint AS with_product_id,
           NULL::bigint AS guide_id, d.forecast_id, d.bv * d.pieces AS bv, d.rsp * d.pieces AS rsp,
           d.pieces, d.chance_permille::int AS chance, NULL::bigint AS a, NULL::bigint AS b,
           NULL::bigint AS c, NULL::date AS on_day
      FROM due d
     WHERE d.quiet_on > %(today)s
       AND d.customer_id NOT IN (SELECT customer_id FROM fading)
       AND (d.customer_id, d.product_id) NOT IN (
           SELECT customer_id, product_id FROM planned
            WHERE kind = 'reorder' AND accepted AND product_id IS NOT NULL)"""

# With an order of late, or for the talk about one that is due.
ADD_ON = """
    SELECT 'add_on', a.customer_id, a.product_id, a.with_product_id, NULL, NULL,
           p.bv, CASE WHEN p.repeat THEN p.rsp ELSE 0 END, 1, a.chance_permille,
           (a.basis = 'bought')::int, NULL, NULL, NULL::date
      FROM (
        SELECT u.customer_id
          FROM sales_customerpulse u JOIN person ON person.id = u.customer_id
         WHERE u.last_on >= %(today)s - %(add_on_days)s
        UNION
        SELECT customer_id FROM ordered WHERE on_day >= %(today)s - %(add_on_days)s
        UNION
        SELECT customer_id FROM due WHERE quiet_on > %(today)s
      ) m
      CROSS JOIN LATERAL (SELECT * FROM sales_addon WHERE customer_id = m.customer_id OFFSET 0) a
      JOIN sales_product p ON p.id = a.product_id AND p.is_active
     WHERE (a.customer_id, a.product_id) NOT IN (SELECT customer_id, product_id FROM ordered)
       AND a.customer_id NOT IN (SELECT customer_id FROM fading)
       AND (a.customer_id, a.product_id) NOT IN (
           SELECT customer_id, product_id FROM away WHERE kind IN ('add_on', 'repeat'))
       AND NOT EXISTS (SELECT FROM dear WHERE dear.customer_id = a.customer_id
                          AND p.retail_price_minor >= dear.price_minor)
       AND a.customer_id NOT IN (SELECT customer_id FROM resting)"""

# Over the days that the larger pack lasts: dearer for the customer, or worth less, is no advice.
# What it brings is the difference over those days, rounded down.
UPGRADE = """
    SELECT 'upgrade', d.customer_id, large.id, d.product_id, NULL, d.forecast_id,
           (large.bv * d.pack_days - d.bv * large.pack_days) / d.pack_days,
           (CASE WHEN large.repeat THEN large.rsp ELSE 0 END * d.pack_days
               - d.rsp * large.pack_days) / d.pack_days,
           1, d.chance_permille * %(upgrade_chance)s / 1000,
           large.pack_days, d.pack_days,
           (d.retail_price_minor * large.pack_days - large.retail_price_minor * d.pack_days)
               / d.pack_days, NULL::date
      FROM due d
      JOIN sales_product large ON large.id = d.larger_size_id AND large.is_active
     WHERE d.quiet_on > %(today)s AND d.purchases >= 3
       AND d.interval_days * 4 <= d.pack_days * 5
       AND large.retail_price_minor * d.pack_days <= d.retail_price_minor * large.pack_days
       AND large.bv * d.pack_days >= d.bv * large.pack_days
       AND CASE WHEN large.repeat THEN large.rsp ELSE 0 END * d.pack_days
               >= d.rsp * large.pack_days
       AND d.customer_id NOT IN (SELECT customer_id FROM fading)
       AND NOT EXISTS (SELECT FROM sales_forecast f WHERE f.customer_id = d.customer_id
                          AND f.product_id = large.id)
       AND (d.customer_id, large.id) NOT IN (SELECT customer_id, product_id FROM ordered)
       AND (d.customer_id, large.id) NOT IN (
           SELECT customer_id, product_id FROM away WHERE kind = 'upgrade')
       AND NOT EXISTS (SELECT FROM dear WHERE dear.customer_id = d.customer_id
                          AND large.retail_price_minor >= dear.price_minor)"""

# A purchase on time after an earlier one, or a talk that went well; but not after one that did not,
# and not after one gave something back.
REFERRAL_ASK = """
    SELECT 'referral_ask', m.customer_id, NULL, NULL, NULL, NULL,
           %(first_bv)s::bigint, %(first_rsp)s::bigint, 1, %(ask_chance)s::int,
           m.streak, NULL, NULL, m.on_day
      FROM (
        SELECT u.customer_id, u.happy_streak AS streak, u.last_on AS on_day
          FROM sales_customerpulse u JOIN person ON person.id = u.customer_id
         WHERE u.orders >= 2 AND u.happy_streak >= 1
           AND u.last_on >= %(today)s - %(good_moment)s
        UNION ALL
        SELECT t.customer_id, NULL, max((t.at AT TIME ZONE %(zone)s)::date)
          FROM sales_talk t JOIN person ON person.id = t.customer_id
         WHERE t.went = 'well' AND t.representative_id = %(seller)s
           AND t.at > %(now)s - make_interval(days => %(good_moment)s) AND t.at <= %(now)s
         GROUP BY t.customer_id
      ) m
     WHERE NOT EXISTS (SELECT FROM sales_talk t
                        WHERE t.customer_id = m.customer_id AND t.went = 'badly'
                          AND t.at > %(now)s - make_interval(days => %(ask_days)s))
       AND m.customer_id NOT IN (SELECT customer_id FROM ordered WHERE given_back)
       AND m.customer_id NOT IN (SELECT customer_id FROM planned WHERE kind = 'referral_ask')
       AND m.customer_id NOT IN (
           SELECT customer_id FROM decided
            WHERE kind = 'referral_ask'
              AND (until IS NULL OR until > %(today)s
                   OR (state = 'accepted' AND decided_on > %(today)s - %(ask_days)s)))"""

# Over a half with what they are likeliest to take (of several rows the most valuable stays); under
# it a question, and nothing to sell.
WIN_BACK = """
    SELECT 'win_back', w.customer_id, w.product_id, NULL, NULL, w.forecast_id, w.bv, w.rsp,
           w.pieces, w.chance, u.alive_permille, NULL, NULL, u.last_on
      FROM (
        SELECT x.customer_id, NULL::bigint AS product_id, NULL::bigint AS forecast_id,
               0::bigint AS bv, 0::bigint AS rsp, 1::bigint AS pieces, 0 AS chance
          FROM fading x
        UNION ALL
        SELECT d.customer_id, d.product_id, d.forecast_id, d.bv * d.pieces, d.rsp * d.pieces,
               d.pieces, d.chance_permille
          FROM due d
         WHERE d.customer_id IN (SELECT customer_id FROM fading WHERE alive_permille >= %(half)s)
      ) w
      JOIN sales_customerpulse u ON u.customer_id = w.customer_id
     WHERE w.customer_id NOT IN (SELECT customer_id FROM planned WHERE kind = 'win_back')
       AND w.customer_id NOT IN (
           SELECT d.customer_id
             FROM away d JOIN sales_customerpulse p ON p.customer_id = d.customer_id
            WHERE (d.kind = 'win_back' AND (d.until IS NOT NULL OR d.decided_on >= p.last_on))
               OR (d.kind = 'repeat' AND d.state <> 'refused'))"""

EDUCATION = """
    SELECT 'education', o.customer_id, o.product_id, NULL, g.id, NULL, 0, 0, 1, 0, NULL, NULL, NULL,
           o.first_on
      FROM ordered o
      JOIN sales_guide_products gp ON gp.product_id = o.product_id
      JOIN sales_guide g ON g.id = gp.guide_id AND g.published_at <= %(now)s
       AND g.audience = 'everybody'
     WHERE o.first_on >= %(today)s - %(first_use)s
       AND EXISTS (SELECT FROM sales_guidetext t WHERE t.guide_id = g.id)
       AND NOT EXISTS (SELECT FROM sales_guideshare s WHERE s.customer_id = o.customer_id
                          AND s.guide_id = g.id)
       AND o.customer_id NOT IN (
           SELECT customer_id FROM planned WHERE kind = 'guide' AND accepted)
       AND (o.customer_id, g.id) NOT IN (
           SELECT customer_id, guide_id FROM away
            WHERE kind = 'education' AND guide_id IS NOT NULL)"""

KINDS = "\n    UNION ALL".join([REPEAT, ADD_ON, UPGRADE, REFERRAL_ASK, WIN_BACK, EDUCATION])

# One guide or one ask a customer, and three of what is sold.
STATEMENT = f"""{PEOPLE}{STANDING}, found AS ({KINDS}
), worth AS (
    SELECT *, (greatest(bv, 0) + greatest(rsp, 0)) * chance AS value FROM found
), ranked AS (
    SELECT *, row_number() OVER (
               PARTITION BY customer_id, kind
               ORDER BY value DESC, chance DESC, product_id, guide_id, on_day DESC) AS place
      FROM worth
)
SELECT kind, customer_id, product_id, with_product_id, guide_id, forecast_id, bv, rsp,
       pieces, chance, a, b, c, on_day
  FROM ranked
 WHERE place <= CASE WHEN kind IN ('repeat', 'add_on') THEN %(a_kind_each)s ELSE 1 END
 ORDER BY value DESC, customer_id, kind, place
 LIMIT %(limit)s
"""  # noqa: S608  (constants of this module)


@dataclass(frozen=True, slots=True)
class Found:
    """A row of the statement; `a` to `c` and `on_day` are what the reason tells, by kind."""

    kind: str
    customer_id: int
    product_id: int | None
    with_product_id: int | None
    guide_id: int | None
    forecast_id: int | None
    bv: int
    rsp: int
    pieces: int
    chance: int
    a: int | None
    b: int | None
    c: int | None
    on_day: date | None

    @property
    def key(self) -> str:
        """Return what tells the suggestion from all others."""
        kind = SuggestionKind(self.kind)
        about = self.product_id, self.with_product_id, self.guide_id
        return str(Key(kind, self.customer_id, *about))

    @property
    def value(self) -> int:
        """Return the expected BV and RSP together, in thousandths of hundredths."""
        return (max(self.bv, 0) + max(self.rsp, 0)) * self.chance


@dataclass(frozen=True, slots=True)
class Rates:
    """What the company's own past says where a single customer's says nothing."""

    first_bv: int = 0
    first_rsp: int = 0
    ask_permille: int = 50
    upgrade_permille: int = 100


def find(
    seller: Representative,
    *,
    company: Company,
    rates: Rates,
    now: datetime,
    customers: Sequence[int] | None,
    limit: int,
) -> list[Found]:
    """Return what could be suggested, what brings most first; one query."""
    parameters: dict[str, Any] = {
        "seller": seller.pk,
        "customers": None if customers is None else list(customers),
        "now": now,
        "today": now.astimezone(company.zone).date(),
        "zone": company.time_zone,
        "add_on_days": company.add_on_days,
        "ask_days": 60,
        "waits_days": WAITS_DAYS,
        "fading": FADING_PERMILLE,
        "half": HALF_PERMILLE,
        "long_gone": LONG_GONE_DAYS,
        "dear_days": DEAR_DAYS,
        "refused_days": REFUSED_DAYS,
        "refused_in_a_row": REFUSED_IN_A_ROW,
        "rest_days": REST_DAYS,
        "good_moment": GOOD_MOMENT_DAYS,
        "first_use": FIRST_USE_DAYS,
        "upgrade_chance": rates.upgrade_permille,
        "ask_chance": rates.ask_permille,
        "first_bv": rates.first_bv,
        "first_rsp": rates.first_rsp,
        "a_kind_each": A_KIND_EACH,
        "limit": limit,
    }
    return [Found(*row) for row in fetch_prepared(STATEMENT, parameters)]
