"""Writes a resolved chunk: COPY into staging tables of this session, then set-based inserts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection

from representatives.models import Representative
from representatives.text import sort_key
from sales import after_sale
from sales.classes import CLASSIFICATION
from sales.importing.chunk import NewReturn, Resolved, Terms
from sales.locks import lock_buyers
from sales.models import Customer, ImportBatch
from sales.services.customers import own_customer

CREATE_STAGING = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_order (
    id bigint NOT NULL, reference text NOT NULL, external_ref text NOT NULL, digest text NOT NULL,
    seller_id bigint NOT NULL, customer_id bigint NOT NULL, own boolean NOT NULL,
    paid_at timestamptz, counted_at timestamptz, gross_minor bigint NOT NULL,
    tax_minor bigint NOT NULL, bv bigint NOT NULL, rsp bigint NOT NULL, rsp_all bigint NOT NULL,
    margin_minor bigint NOT NULL, units integer NOT NULL, line_count integer NOT NULL
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS staged_line (
    order_id bigint NOT NULL, number integer NOT NULL, product_id bigint NOT NULL,
    quantity integer NOT NULL, unit_price_minor bigint NOT NULL, gross_minor bigint NOT NULL,
    tax_minor bigint NOT NULL, tax_rate_bp integer NOT NULL, unit_bv bigint NOT NULL,
    unit_rsp bigint NOT NULL, bv bigint NOT NULL, rsp bigint NOT NULL,
    margin_minor bigint NOT NULL, repeat boolean NOT NULL
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS staged_return (
    order_id bigint, number integer, line_id bigint, customer_id bigint NOT NULL,
    product_id bigint NOT NULL, quantity integer NOT NULL, gross_minor bigint NOT NULL,
    tax_minor bigint NOT NULL, bv bigint NOT NULL, rsp bigint NOT NULL,
    margin_minor bigint NOT NULL, reference text NOT NULL, external_ref text NOT NULL,
    digest text NOT NULL, returned_at timestamptz NOT NULL, counted_at timestamptz NOT NULL
) ON COMMIT DELETE ROWS;
"""
ANALYZE_STAGING = "ANALYZE pg_temp.staged_order; ANALYZE pg_temp.staged_line"
TRUNCATE_STAGING = "TRUNCATE pg_temp.staged_order, pg_temp.staged_line, pg_temp.staged_return"
DROP_STAGING = (
    "DROP TABLE IF EXISTS pg_temp.staged_order, pg_temp.staged_line, pg_temp.staged_return"
)

INSERT_ORDERS = """
INSERT INTO sales_order (id, reference, external_ref, import_digest, seller_id, customer_id, own,
                         invoiced_to_customer, status, placed_at, currency, gross_minor,
                         tax_minor, bv, rsp, rsp_all, margin_minor, units, line_count)
SELECT id, reference, external_ref, digest, seller_id, customer_id, own, NOT own, 'placed',
       coalesce(paid_at, %(now)s), %(currency)s, gross_minor, tax_minor, bv, rsp, rsp_all,
       margin_minor, units, line_count
  FROM pg_temp.staged_order ORDER BY id
"""
# Lines of unpaid orders get no class yet; the others are classed among what was paid before.
INSERT_LINES = f"""
WITH new_order AS (
    SELECT id AS order_key, customer_id, paid_at, reference
      FROM pg_temp.staged_order WHERE paid_at IS NOT NULL
), new_line AS (
    SELECT order_id AS order_key, product_id, quantity FROM pg_temp.staged_line
), new_return AS (
    SELECT customer_id, product_id, returned_at AS at, quantity FROM pg_temp.staged_return
), {CLASSIFICATION}
INSERT INTO sales_orderline (order_id, number, product_id, quantity, unit_price_minor, gross_minor,
                             tax_minor, tax_rate_bp, unit_bv, unit_rsp, bv, rsp, margin_minor,
                             repeat, line_class, within_add_on_days)
SELECT s.order_id, s.number, s.product_id, s.quantity, s.unit_price_minor, s.gross_minor,
       s.tax_minor, s.tax_rate_bp, s.unit_bv, s.unit_rsp, s.bv, s.rsp, s.margin_minor, s.repeat,
       c.line_class, c.within_add_on_days
  FROM pg_temp.staged_line s
  LEFT JOIN classed c ON c.order_key = s.order_id AND c.product_id = s.product_id
 ORDER BY s.order_id, s.number
"""  # noqa: S608  (constants of this module)
INSERT_PAYMENTS = """
INSERT INTO sales_payment (order_id, reference, amount_minor, paid_at, batch_id, recorded_at)
SELECT id, external_ref, gross_minor, paid_at, %(batch)s, %(now)s
  FROM pg_temp.staged_order WHERE paid_at IS NOT NULL ORDER BY id
"""
MARK_PAID = """
UPDATE sales_order o SET status = 'paid', paid_at = s.paid_at, counted_at = s.counted_at,
                         rsp_repeat = s.rsp_repeat
  FROM (
    SELECT t.id, t.paid_at, t.counted_at,
           coalesce(sum(l.rsp) FILTER (WHERE l.repeat AND l.line_class = 'repeat'), 0)::bigint
               AS rsp_repeat
      FROM pg_temp.staged_order t JOIN sales_orderline l ON l.order_id = t.id
     WHERE t.paid_at IS NOT NULL GROUP BY t.id, t.paid_at, t.counted_at
  ) s
 WHERE o.id = s.id
"""
INSERT_RETURNS = """
INSERT INTO sales_return (line_id, quantity, status, gross_minor, tax_minor, bv, rsp,
                          margin_minor, reference, external_ref, import_digest, batch_id,
                          requested_at, returned_at, counted_at, decided_at, reason, decision)
SELECT coalesce(s.line_id, l.id), s.quantity, 'accepted', s.gross_minor, s.tax_minor, s.bv, s.rsp,
       s.margin_minor, s.reference, s.external_ref, s.digest, %(batch)s, s.returned_at,
       s.returned_at, s.counted_at, %(now)s, '', ''
  FROM pg_temp.staged_return s
  LEFT JOIN sales_orderline l ON l.order_id = s.order_id AND l.number = s.number
RETURNING id
"""


def write(resolved: Sequence[Resolved], terms: Terms, batch: ImportBatch, *, first: bool) -> None:
    """Write orders, lines, payments and returns of a chunk; the caller holds the transaction.

    The planner learns the staging tables' shape from the `first` chunk.
    """
    sold = [one for one in resolved if one.lines]
    customers = _customers(sold, terms, batch)
    with connection.cursor() as cursor:
        cursor.execute(CREATE_STAGING)
        cursor.execute(TRUNCATE_STAGING)
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('sales_order', 'id'))"
            " FROM generate_series(1, %s)",
            [len(sold)],
        )
        ids = {
            one.unit.external_ref: row[0] for one, row in zip(sold, cursor.fetchall(), strict=True)
        }
        with cursor.copy("COPY pg_temp.staged_order FROM STDIN") as copy:
            for one in sold:
                copy.write_row(_order_row(one, ids, customers))
        with cursor.copy("COPY pg_temp.staged_line FROM STDIN") as copy:
            for block in _blocks(_line_texts(sold, ids)):
                copy.write(block)
        returns = [row for one in resolved for row in _return_rows(one, ids, customers)]
        if returns:
            with cursor.copy("COPY pg_temp.staged_return FROM STDIN") as copy:
                for row in returns:
                    copy.write_row(row)
        if first:
            cursor.execute(ANALYZE_STAGING)
        values: dict[str, Any] = {
            "now": terms.now,
            "currency": terms.currency,
            "add_on_days": terms.add_on_days,
            "batch": batch.pk,
        }
        if sold:
            cursor.execute(INSERT_ORDERS, values)
            cursor.execute(INSERT_LINES, values)
            cursor.execute(INSERT_PAYMENTS, values)
            cursor.execute(MARK_PAID)
        return_ids: list[int] = []
        if returns:
            cursor.execute(INSERT_RETURNS, values)
            return_ids = [row[0] for row in cursor.fetchall()]
    after_sale.follow(
        order_ids=[ids[one.unit.external_ref] for one in sold if one.unit.paid_at is not None],
        now=terms.now,
    )
    after_sale.follow_returns(return_ids=return_ids, now=terms.now)
    batch.order_count += len(sold)
    batch.return_count += len(returns)


def drop_staging() -> None:
    """Drop the staging tables: a connection that is kept should not carry them along."""
    with connection.cursor() as cursor:
        cursor.execute(DROP_STAGING)


def _customers(
    resolved: Sequence[Resolved], terms: Terms, batch: ImportBatch
) -> dict[tuple[int, str | None], int]:
    """Return the customer of each unit, new ones added, all locked until the transaction ends.

    The lock makes a payment recorded at the same moment wait, so that each is classed in turn.
    """
    wanted = {one.customer_key for one in resolved}
    found = _stored_customers(wanted)
    missing = sorted(wanted - found.keys(), key=lambda key: (key[0], key[1] or ""))
    if missing:
        names = Representative.objects.in_bulk(
            {seller for seller, reference in missing if reference is None}
        )
        Customer.objects.bulk_create(
            [
                own_customer(names[seller], now=terms.now)
                if reference is None
                else Customer(
                    representative_id=seller,
                    reference=reference,
                    name=reference,
                    sort_key=sort_key(reference),
                    created_at=terms.now,
                )
                for seller, reference in missing
            ],
            ignore_conflicts=True,
            batch_size=2000,
        )
        found |= _stored_customers(set(missing))
        batch.customer_count += len(missing)
    instead = lock_buyers(found.values())
    return {key: instead.get(customer, customer) for key, customer in found.items()}


def _stored_customers(
    wanted: set[tuple[int, str | None]],
) -> dict[tuple[int, str | None], int]:
    sellers = [seller for seller, _ in wanted]
    references = [reference for _, reference in wanted]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT w.seller, w.reference, coalesce(c.merged_into_id, c.id)
              FROM unnest(%s::bigint[], %s::text[]) AS w(seller, reference)
              JOIN sales_customer c ON c.representative_id = w.seller
               AND (c.reference = w.reference OR (w.reference IS NULL AND c.is_self))
            """,
            [sellers, references],
        )
        return {(seller, reference): key for seller, reference, key in cursor.fetchall()}


def _order_row(
    one: Resolved, ids: dict[str, int], customers: dict[tuple[int, str | None], int]
) -> tuple[Any, ...]:
    unit = one.unit
    gross_minor = tax_minor = bv = rsp = rsp_all = margin_minor = units = 0
    for line in one.lines:
        worth = line.worth
        units += line.quantity
        margin_minor += worth.margin_minor
        gross_minor += worth.gross_minor
        tax_minor += worth.tax_minor
        bv += worth.bv
        rsp_all += worth.rsp
        if line.product.repeat:
            rsp += worth.rsp
    return (
        *(ids[unit.external_ref], unit.reference, unit.external_ref, unit.digest),
        *(one.seller_id, customers[one.customer_key], unit.own, unit.paid_at, one.counted_at),
        *(gross_minor, tax_minor, bv, rsp, rsp_all, margin_minor, units, len(one.lines)),
    )


def _line_texts(sold: Sequence[Resolved], ids: dict[str, int]) -> Iterator[str]:
    """Return the lines in the text format of COPY."""
    for one in sold:
        order_id = ids[one.unit.external_ref]
        for number, line in enumerate(one.lines, start=1):
            yield f"{order_id}\t{number}\t{line.text}\n"


def _blocks(texts: Iterable[str], size: int = 2000) -> Iterator[str]:
    block: list[str] = []
    for text in texts:
        block.append(text)
        if len(block) == size:
            yield "".join(block)
            block.clear()
    if block:
        yield "".join(block)


def _return_rows(
    one: Resolved, ids: dict[str, int], customers: dict[tuple[int, str | None], int]
) -> Iterator[tuple[Any, ...]]:
    for back in one.returns:
        yield _return_row(one, back, ids, customers)


def _return_row(
    one: Resolved,
    back: NewReturn,
    ids: dict[str, int],
    customers: dict[tuple[int, str | None], int],
) -> tuple[Any, ...]:
    target, unit, worth = back.target, one.unit, back.worth
    return (
        None if target.line_id else ids[back.order.external_ref],
        target.number,
        target.line_id,
        back.order.customer_id or customers[one.customer_key],
        target.product_id,
        back.quantity,
        worth.gross_minor,
        worth.tax_minor,
        worth.bv,
        worth.rsp,
        worth.margin_minor,
        back.reference,
        unit.external_ref,
        unit.digest,
        unit.paid_at,
        back.counted_at,
    )
