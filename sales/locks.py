"""One order in which customers are locked, so that no two acts wait for each other.

A payment changes who bought and who recommended that person. Were the second locked after the
first, an import that pays for A and C, and a payment for B, would meet where A recommended B and B
recommended C: each would hold what the other asks for next. So whoever needs several customers
locks all of them at once, by ascending ids, before anything is changed. So does what lets go of a
recommendation: an erasure, or customers passing to somebody else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import connection, transaction

from sales.models import Customer

_Rows = dict[int, tuple[int | None, int | None]]
_LOCK = """
SELECT id, merged_into_id, referred_by_id FROM sales_customer
 WHERE id = ANY(ARRAY({wanted}))
 ORDER BY id FOR NO KEY UPDATE
"""
_BUYERS = """
SELECT unnest(ARRAY[id, merged_into_id]) FROM sales_customer WHERE id = ANY(%(buyers)s)
"""
_AND_REFERRERS = """
 UNION
SELECT kept.referred_by_id
  FROM sales_customer c JOIN sales_customer kept ON kept.id = coalesce(c.merged_into_id, c.id)
 WHERE c.id = ANY(%(buyers)s)
"""


@transaction.atomic
def lock_buyers(customer_ids: Iterable[int]) -> dict[int, int]:
    """Lock customers, and who recommended them, until the transaction ends.

    Returns whom to take instead of those who are merged by now, locked as well.
    """
    asked = sorted(set(customer_ids))
    while True:
        attempt = transaction.savepoint()
        rows = _locked(asked)
        buyers = {one: rows[one][0] or one for one in asked if one in rows}
        if _is_whole(buyers.values(), rows):
            transaction.savepoint_commit(attempt)
            return {one: kept for one, kept in buyers.items() if kept != one}
        # Merged, or recommended by somebody else, while this waited: begin anew, holding nothing.
        transaction.savepoint_rollback(attempt)


def _is_whole(kept: Collection[int], rows: _Rows) -> bool:
    """Return whether rows hold those who are kept, and who recommended them."""
    return all(one in rows and (rows[one][1] is None or rows[one][1] in rows) for one in kept)


def _locked(asked: list[int]) -> _Rows:
    """Lock by one statement; return of each row whom it was merged into, and who recommended."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format(wanted=_BUYERS + _AND_REFERRERS), {"buyers": asked})
        return {one: (into, by) for one, into, by in cursor.fetchall()}


@transaction.atomic
def lock_with_followers(customer_ids: Iterable[int]) -> None:
    """Lock people, whoever was merged into them, and whom they recommended, likewise."""
    asked = set(customer_ids)
    while True:
        attempt = transaction.savepoint()
        wanted = asked | _followers(asked)
        people = Customer.objects.select_for_update(of=("self",), no_key=True)
        list(people.filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True))
        if _followers(asked) <= wanted:
            transaction.savepoint_commit(attempt)
            return
        transaction.savepoint_rollback(attempt)


def _followers(asked: Collection[int]) -> set[int]:
    # Two statements, an index each. Nobody is recommended by a merged row: a merge moves that.
    merged = Customer.objects.filter(merged_into__in=asked)
    recommended = Customer.objects.filter(referred_by__in=asked)
    return {one for found in (merged, recommended) for one in found.values_list("pk", flat=True)}
