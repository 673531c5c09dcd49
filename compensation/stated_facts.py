"""Read what staff decided about single people: bounds of pay ranks, and coupons."""

from __future__ import annotations

import numpy as np

from compensation import loaders
from compensation.engine import Plan, Stated
from compensation.engine.arrays import NOT_STATED
from compensation.loaders import Connection, Int, UnableToLoad, Window, numbers
from compensation.needs import Needs

SIDES = {
    "at_least": ("pay_rank_at_least",),
    "at_most": ("pay_rank_at_most",),
    "exactly": ("pay_rank_at_least", "pay_rank_at_most"),
}
"""What a kind of decision states."""


def load_stated(
    connection: Connection, plan: Plan, needs: Needs, window: Window, ids: Int
) -> Stated | None:
    """Read the decisions in force and the coupons of the period; None where there are none.

    Of people who are not members in the period nothing is stated.

    :raises UnableToLoad: if a decision names a rank that the plan does not have, or coupons are
        entered for more than one ranking of the plan.
    """
    given = _overrides(connection, plan, window, ids)
    if needs.coupons:
        given |= _coupons(connection, needs, window, ids)
    return Stated.of(len(ids), **given) if given else None


def _overrides(connection: Connection, plan: Plan, window: Window, ids: Int) -> dict[str, Int]:
    found = loaders.query(
        connection,
        "SELECT o.representative_id, o.kind, o.rank, r.code FROM compensation_rankoverride o"
        " JOIN representatives_representative r ON r.id = o.representative_id"
        " WHERE o.first_day <= {first} AND (o.last_day IS NULL OR o.last_day >= {last})"
        " ORDER BY o.representative_id, o.id",
        first=window.first_day,
        last=window.last_day,
    )
    given: dict[str, Int] = {}
    ranks = plan.ranks.names
    rows = _rows(ids, numbers(found, 0))
    for row, kind, rank, code in zip(
        rows, *(found.column(name).to_pylist() for name in ("kind", "rank", "code")), strict=True
    ):
        if rank not in ranks:
            raise UnableToLoad(
                f"the rank {rank}, decided for {code}, is not in the plan {plan.name}: end the"
                " decision, or add the rank"
            )
        if row < 0:
            continue
        for side in SIDES[kind]:
            column = given.setdefault(side, np.full(len(ids), NOT_STATED, dtype=np.int64))
            column[row] = ranks.index(rank)
    return given


def _coupons(connection: Connection, needs: Needs, window: Window, ids: Int) -> dict[str, Int]:
    granted = loaders.query(
        connection,
        "SELECT representative_id, sum(amount)::bigint FROM compensation_couponentry"
        " WHERE period_id = {period} AND kind = 'granted' AND ranking = ANY ({rankings})"
        " GROUP BY representative_id ORDER BY representative_id",
        period=window.period_id,
        rankings=list(needs.coupons),
    )
    wished = loaders.query(
        connection,
        "SELECT DISTINCT ON (representative_id) representative_id, amount"
        " FROM compensation_couponentry"
        " WHERE period_id = {period} AND kind = 'wish' AND ranking = ANY ({rankings})"
        " ORDER BY representative_id, id DESC",
        period=window.period_id,
        rankings=list(needs.coupons),
    )
    if len(needs.coupons) > 1 and granted.num_rows + wished.num_rows:
        raise UnableToLoad(
            f"coupons are entered, and the rankings {' and '.join(needs.coupons)} both count them:"
            " one ranking of a plan can"
        )
    given = {}
    for name, table in (("coupons", granted), ("coupons_to_use", wished)):
        rows = _rows(ids, numbers(table, 0))
        if (rows >= 0).any():
            given[name] = np.full(len(ids), NOT_STATED, dtype=np.int64)
            given[name][rows[rows >= 0]] = numbers(table, 1)[rows >= 0]
    return given


def _rows(ids: Int, wanted: Int) -> Int:
    """Rows of ids in a sorted array, -1 for who is not there."""
    if not len(ids):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.searchsorted(ids, wanted).clip(max=len(ids) - 1)
    return np.where(ids[place] == wanted, place, -1)
