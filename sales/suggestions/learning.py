"""The night's work on suggestions: what goes with what, whose add-ons, and the company's rates.

Reads purchases by COPY, learns in numpy (`learner`), writes by COPY into staging and changes only
the rows that differ. Safe to repeat; what it writes is derived and may be made anew at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray
from psycopg import sql

from representatives.models import Company
from sales.exchange import read_columns, write_columns
from sales.models import AddOnLearning, Product
from sales.suggestions import learner, measuring
from sales.suggestions.learner import Floats, Had, Ints

MOST_PRODUCTS = 4_000
"""Products with the most customers that are learnt from: the matrix is inverted whole."""
PAIRS_A_PRODUCT = 200
ACTIVE_DAYS = 365
"""Who has not bought for so long gets no add-ons."""
TAUGHT_DAYS = 365
TAUGHT_PRIOR = 5
"""So many acceptances are taken for granted before refusals of a pair count in full."""
KEPT_LEARNINGS = 10
EPOCH = date(2000, 1, 1)

PURCHASES = """
COPY (
    SELECT o.customer_id::int8, l.product_id::int8, min(o.day)::int4, max(o.day)::int4,
           bool_or(o.day >= {lately_from} AND o.day < {window_from})::int::int4
      FROM (SELECT id, customer_id, (paid_at AT TIME ZONE {zone})::date - date '2000-01-01' AS day
              FROM sales_order
             WHERE status = 'paid' AND NOT own AND paid_at < {until}) o
      JOIN sales_orderline l ON l.order_id = o.id
      LEFT JOIN (SELECT line_id, sum(quantity) AS quantity FROM sales_return
                  WHERE status = 'accepted' AND returned_at < {until}
                  GROUP BY line_id) back ON back.line_id = l.id
     WHERE back.quantity IS NULL OR back.quantity < l.quantity
     GROUP BY o.customer_id, l.product_id
     ORDER BY o.customer_id, l.product_id
) TO STDOUT (FORMAT BINARY)
"""
ALIVE = """
COPY (SELECT id::int8 FROM sales_customer
       WHERE NOT is_self AND erased_at IS NULL AND merged_into_id IS NULL ORDER BY id
) TO STDOUT (FORMAT BINARY)
"""
COMPANIONS = """
COPY (SELECT from_product_id::int8, to_product_id::int8 FROM sales_product_companions
) TO STDOUT (FORMAT BINARY)
"""
ANSWERS = """
COPY (
    SELECT with_product_id::int8, product_id::int8,
           count(*) FILTER (WHERE state = 'accepted')::int4,
           count(*) FILTER (WHERE state = 'refused')::int4
      FROM sales_suggestiondecision
     WHERE kind = 'add_on' AND withdrawn_at IS NULL AND state <> 'snoozed'
       AND with_product_id IS NOT NULL AND decided_on > {since}
     GROUP BY with_product_id, product_id
) TO STDOUT (FORMAT BINARY)
"""

STAGE = """
CREATE TEMP TABLE IF NOT EXISTS staged_pair (
    product_id bigint, companion_id bigint, both_count integer, product_count integer,
    companion_count integer, customer_count integer, lift_permille integer, weight integer,
    accepted_count integer, refused_count integer) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS staged_add_on (
    customer_id bigint, product_id bigint, with_product_id bigint, stated integer, place integer,
    chance integer) ON COMMIT DELETE ROWS;
TRUNCATE pg_temp.staged_pair, pg_temp.staged_add_on;
"""
PAIR_WIDTHS = (8, 8, 4, 4, 4, 4, 4, 4, 4, 4)
ADD_ON_WIDTHS = (8, 8, 8, 4, 4, 4)

WRITE_PAIRS = """
DELETE FROM sales_productpair p
 WHERE NOT EXISTS (SELECT FROM pg_temp.staged_pair s
                    WHERE s.product_id = p.product_id AND s.companion_id = p.companion_id);
INSERT INTO sales_productpair AS p (
    product_id, companion_id, both_count, product_count, companion_count, customer_count,
    lift_permille, weight, accepted_count, refused_count)
SELECT product_id, companion_id, both_count, product_count, companion_count, customer_count,
       lift_permille, weight, accepted_count, refused_count
  FROM pg_temp.staged_pair
 ORDER BY product_id, companion_id
ON CONFLICT (product_id, companion_id) DO UPDATE
   SET both_count = excluded.both_count, product_count = excluded.product_count,
       companion_count = excluded.companion_count, customer_count = excluded.customer_count,
       lift_permille = excluded.lift_permille, weight = excluded.weight,
       accepted_count = excluded.accepted_count, refused_count = excluded.refused_count
 WHERE (p.both_count, p.product_count, p.companion_count, p.customer_count, p.lift_permille,
        p.weight, p.accepted_count, p.refused_count)
       IS DISTINCT FROM
       (excluded.both_count, excluded.product_count, excluded.companion_count,
        excluded.customer_count, excluded.lift_permille, excluded.weight,
        excluded.accepted_count, excluded.refused_count);
"""
WRITE_ADD_ONS = """
DELETE FROM sales_addon a
 WHERE NOT EXISTS (SELECT FROM pg_temp.staged_add_on s
                    WHERE s.customer_id = a.customer_id AND s.product_id = a.product_id);
INSERT INTO sales_addon AS a (
    customer_id, product_id, with_product_id, basis, place, chance_permille)
SELECT s.customer_id, s.product_id, s.with_product_id,
       CASE WHEN s.stated = 1 THEN 'stated' ELSE 'bought' END, s.place, s.chance
  FROM pg_temp.staged_add_on s
  JOIN sales_customer c ON c.id = s.customer_id AND c.erased_at IS NULL
 ORDER BY s.customer_id, s.product_id
ON CONFLICT (customer_id, product_id) DO UPDATE
   SET with_product_id = excluded.with_product_id, basis = excluded.basis,
       place = excluded.place, chance_permille = excluded.chance_permille
 WHERE (a.with_product_id, a.basis, a.place, a.chance_permille)
       IS DISTINCT FROM
       (excluded.with_product_id, excluded.basis, excluded.place, excluded.chance_permille);
"""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a night did."""

    customers: int
    products: int
    pairs: int
    add_ons: int
    hit_rate: float


@dataclass(frozen=True, slots=True)
class Purchases:
    """All that is learnt from: who has what, by place; `customer_ids` and `product_ids` name it."""

    had: Had
    customer_ids: Ints
    product_ids: Ints
    recent: Ints


def refresh_suggestions_once_a_day(*, now: datetime) -> Learnt | None:
    """Learn on the first call of a day of the company; beat calls every hour."""
    company = Company.objects.get(pk=Company.ONLY_ID)
    today = now.astimezone(company.zone).date()
    newest = AddOnLearning.objects.order_by("-learnt_at", "-id").first()
    if newest is not None and newest.learnt_to >= today:
        return None
    return refresh_suggestions(now=now)


def refresh_suggestions(*, now: datetime) -> Learnt:
    """Learn what goes with what, and offer everybody's add-ons anew.

    What is read and worked out holds no lock; of two that write at once the second waits. Nothing
    else waits for it: orders and pages go on.
    """
    company = Company.objects.get(pk=Company.ONLY_ID)
    today = now.astimezone(company.zone).date()
    bought = load_purchases(company, today)
    on_sale = _on_sale(bought.product_ids)
    choice = measuring.choose(bought.had, on_sale, today=(today - EPOCH).days, recent=bought.recent)
    counts = learner.count(bought.had)
    weights = learner.weigh(counts, learner.ridge_of(counts, choice.multiple))
    answers = _answers(bought.product_ids, today)
    stated = _stated(bought.product_ids, len(counts.each))
    reasons = counts.reasons()
    offers = learner.offer(
        bought.had,
        weights + stated.astype(np.float32) * learner.STATED,
        learner.convincing(counts, weights, stated),
        on_sale,
        _active(bought, today),
        taught=_taught(answers, len(counts.each)),
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sales_suggestions'))")
        cursor.execute(STAGE)
        _stage_offers(bought, offers, reasons, choice)
        pairs = _stage_pairs(bought, counts, weights, offers, answers)
        cursor.execute("ANALYZE pg_temp.staged_pair; ANALYZE pg_temp.staged_add_on")
        cursor.execute(WRITE_PAIRS)
        cursor.execute(WRITE_ADD_ONS)
        _remember(choice, now=now, today=today)
    return Learnt(
        counts.customers,
        int((counts.each > 0).sum()),
        pairs,
        len(offers.customer),
        choice.tried.get(choice.multiple, 0.0),
    )


def load_purchases(company: Company, today: date) -> Purchases:
    """Return who has what, of the products with the most customers.

    What was wholly returned was not bought.
    """
    tomorrow = datetime.combine(today + timedelta(1), datetime.min.time(), company.zone)
    window_from = (today - EPOCH).days - measuring.WINDOW_DAYS
    statement = sql.SQL(PURCHASES).format(
        lately_from=sql.Literal(window_from - company.add_on_days),
        window_from=sql.Literal(window_from),
        zone=sql.Literal(company.time_zone),
        until=sql.Literal(tomorrow),
    )
    customer, product, first, last, lately = read_columns(statement, (8, 8, 4, 4, 4))
    product_ids, places, buyers = np.unique(product, return_inverse=True, return_counts=True)
    if len(product_ids) > MOST_PRODUCTS:
        most = np.sort(np.argsort(-buyers, kind="stable")[:MOST_PRODUCTS])
        kept = np.isin(places, most)
        customer, first, last, lately = (a[kept] for a in (customer, first, last, lately))
        product_ids, places = product_ids[most], np.searchsorted(most, places[kept])
    customer_ids, who = np.unique(customer, return_inverse=True)
    had = Had(
        who.astype(np.int64),
        places.astype(np.int64),
        first,
        last,
        len(customer_ids),
        len(product_ids),
    )
    return Purchases(had, customer_ids, product_ids, np.unique(had.customer[lately == 1]))


def _on_sale(product_ids: Ints) -> NDArray[np.bool_]:
    found = Product.objects.filter(is_active=True).values_list("pk", flat=True)
    return np.isin(product_ids, np.fromiter(found, dtype=np.int64))


def _active(bought: Purchases, today: date) -> Ints:
    """Return who gets add-ons: people who bought within a year."""
    (alive,) = read_columns(ALIVE, (8,))
    last = np.zeros(len(bought.customer_ids), dtype=np.int64)
    np.maximum.at(last, bought.had.customer, bought.had.last_day)
    recent = last >= (today - EPOCH).days - ACTIVE_DAYS
    return np.flatnonzero(recent & np.isin(bought.customer_ids, alive))


def _pairs_of(product_ids: Ints, one: Ints, other: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return the places of pairs of products, and which pairs are of products learnt from."""
    known = np.isin(one, product_ids) & np.isin(other, product_ids)
    return (
        np.searchsorted(product_ids, one[known]),
        np.searchsorted(product_ids, other[known]),
        known,
    )


def _stated(product_ids: Ints, products: int) -> NDArray[np.bool_]:
    """Return which products staff name as companions of which."""
    one, other = read_columns(COMPANIONS, (8, 8))
    row, column, _known = _pairs_of(product_ids, one, other)
    stated = np.zeros((products, products), dtype=bool)
    stated[row, column] = True
    return stated


def _answers(product_ids: Ints, today: date) -> tuple[Ints, Ints, Ints, Ints]:
    """Return pairs of products with how often they were accepted and refused as an add-on."""
    since = sql.Literal(today - timedelta(TAUGHT_DAYS))
    one, other, accepted, refused = read_columns(sql.SQL(ANSWERS).format(since=since), (8, 8, 4, 4))
    row, column, known = _pairs_of(product_ids, one, other)
    return row, column, accepted[known], refused[known]


def _taught(answers: tuple[Ints, Ints, Ints, Ints], products: int) -> Floats | None:
    """Return what answers do to the scores of pairs: refused often, a pair falls back."""
    row, column, accepted, refused = answers
    if not len(row):
        return None
    taught = np.ones((products, products), dtype=np.float32)
    taught[row, column] = (accepted + TAUGHT_PRIOR) / (accepted + refused + TAUGHT_PRIOR)
    return taught


def _stage_offers(
    bought: Purchases,
    offers: learner.Offers,
    reasons: NDArray[np.bool_],
    choice: measuring.Choice,
) -> None:
    columns: list[NDArray[Any]] = [
        bought.customer_ids[offers.customer],
        bought.product_ids[offers.product],
        bought.product_ids[offers.with_product],
        ~reasons[offers.with_product, offers.product],
        offers.place,
        learner.lasting(choice.chances, offers.score),
    ]
    write_columns("pg_temp.staged_add_on", columns, ADD_ON_WIDTHS)


def _stage_pairs(
    bought: Purchases,
    counts: learner.Counts,
    weights: Floats,
    offers: learner.Offers,
    answers: tuple[Ints, Ints, Ints, Ints],
) -> int:
    """Stage the heaviest pairs of each product, and all that an add-on rests on."""
    products = len(counts.each)
    kept = np.zeros((products, products), dtype=bool)
    if products:
        many = min(PAIRS_A_PRODUCT, products)
        heaviest = np.argpartition(-np.abs(weights), many - 1, axis=1)[:, :many]
        np.put_along_axis(kept, heaviest, True, axis=1)
        kept &= counts.both > 0
        kept[offers.with_product, offers.product] = True
        kept[answers[0], answers[1]] = True
        np.fill_diagonal(kept, False)
    row, column = np.nonzero(kept)
    accepted = np.zeros(len(row), dtype=np.int64)
    refused = np.zeros(len(row), dtype=np.int64)
    at = np.searchsorted(row * products + column, answers[0] * products + answers[1])
    accepted[at], refused[at] = answers[2], answers[3]
    columns: list[NDArray[Any]] = [
        bought.product_ids[row],
        bought.product_ids[column],
        counts.both[row, column].astype(np.int64),
        counts.each[row].astype(np.int64),
        counts.each[column].astype(np.int64),
        np.full(len(row), counts.customers),
        counts.lift_permille()[row, column],
        np.clip(np.rint(weights[row, column] * 1e6), -(2**31) + 1, 2**31 - 1).astype(np.int64),
        accepted,
        refused,
    ]
    write_columns("pg_temp.staged_pair", columns, PAIR_WIDTHS)
    return len(row)


RATES = """
WITH firsts AS (
    SELECT o.bv, o.rsp FROM sales_order o
     WHERE o.status = 'paid' AND NOT o.own AND o.paid_at > %(now)s - interval '365 days'
       AND EXISTS (SELECT FROM sales_orderline l
                    WHERE l.order_id = o.id AND l.number = 1
                      AND l.line_class IN ('first', 'referral'))
), asked AS (
    SELECT EXISTS (SELECT FROM sales_customer c
                    WHERE c.referred_by_id = d.customer_id AND c.created_at >= d.decided_at
                      AND c.created_at < d.decided_at + interval '60 days') AS came
      FROM sales_suggestiondecision d
     WHERE d.kind = 'referral_ask' AND d.state = 'accepted' AND d.withdrawn_at IS NULL
       AND d.decided_at < %(now)s - interval '60 days'
       AND d.decided_at > %(now)s - interval '425 days'
), larger AS (
    SELECT d.state FROM sales_suggestiondecision d
     WHERE d.kind = 'upgrade' AND d.state <> 'snoozed' AND d.withdrawn_at IS NULL
       AND d.decided_at > %(now)s - interval '365 days'
)
SELECT coalesce((SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY bv) FROM firsts), 0),
       coalesce((SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY rsp) FROM firsts), 0),
       (SELECT 1000 * (count(*) FILTER (WHERE came) + 1) / (count(*) + 20) FROM asked),
       (SELECT 1000 * (count(*) FILTER (WHERE state = 'accepted') + 1) / (count(*) + 10)
          FROM larger)
"""


def _remember(choice: measuring.Choice, *, now: datetime, today: date) -> None:
    """Keep what was learnt: the chances for who orders today, the rates, how well it did."""
    with connection.cursor() as cursor:
        cursor.execute(RATES, {"now": now})
        names = ("first_bv", "first_rsp", "ask_permille", "upgrade_permille")
        rates = dict(zip(names, (int(value) for value in cursor.fetchone()), strict=True))
    AddOnLearning.objects.create(
        learnt_at=now,
        learnt_to=today,
        ridge=choice.multiple,
        chances=choice.chances,
        figures={
            "rates": rates,
            "customers": choice.customers,
            "hit_permille": {str(one): round(rate * 1000) for one, rate in choice.tried.items()},
        },
    )
    kept = AddOnLearning.objects.order_by("-learnt_at", "-id").values("pk")[:KEPT_LEARNINGS]
    AddOnLearning.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
