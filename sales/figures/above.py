"""The figures of every team and of the programme, from the sellers' own of the same month.

A team is everybody below a person. In the order of the tree's labels it is one stretch of rows, so
its sums are differences of running sums, and its exact median is found in a wavelet matrix: bit
by bit, for all teams at once. No loop over people, whatever the tree's shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.db import connection

from sales.models.figures import COUNTED, TEAM_CUSTOMERS_MINIMUM, TEAM_SELLERS_MINIMUM

NET = COUNTED.index("year_net_minor")
COLUMNS = ("scope", "representative_id", "month", *COUNTED, "median_days", "computed_at", "gaps")


@dataclass(frozen=True, slots=True)
class Sellers:
    """The own rows of a month in the order of the tree."""

    label: np.ndarray
    sums: np.ndarray  # a row a seller, a column each of COUNTED
    gaps: np.ndarray  # of all sellers, one behind the other
    gaps_before: np.ndarray  # how many gaps stand before each seller's, and all of them at the end


def write(month: date, *, now: datetime) -> int:
    """Write the rows of teams and of all for a month that has its own rows; return their number."""
    sellers = _sellers(month)
    if not len(sellers.label):
        return 0
    rows = [_all(sellers), *_teams(sellers)]
    with connection.cursor() as cursor:
        names = ", ".join(COLUMNS)
        with cursor.copy(f"COPY sales_monthfigures ({names}) FROM STDIN") as copy:
            for scope, representative, sums, median in rows:
                copy.write_row((scope, representative, month, *sums, median, now, "{}"))
    return len(rows)


Row = tuple[str, int | None, list[int], int | None]


def _sellers(month: date) -> Sellers:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT r.lft, f.gaps, {", ".join(f"f.{name}" for name in COUNTED)}
              FROM sales_monthfigures f
              JOIN representatives_representative r ON r.id = f.representative_id
             WHERE f.scope = 'own' AND f.month = %s
             ORDER BY r.lft
            """,  # noqa: S608  (names of this module)
            [month],
        )
        found = cursor.fetchall()
    counts = np.array([len(row[1]) for row in found], dtype=np.int64)
    return Sellers(
        label=np.array([row[0] for row in found], dtype=np.int64),
        sums=np.array([row[2:] for row in found], dtype=np.int64).reshape(len(found), len(COUNTED)),
        gaps=np.array([gap for row in found for gap in row[1]], dtype=np.int64),
        gaps_before=np.concatenate(([0], np.cumsum(counts))),
    )


def _all(sellers: Sellers) -> Row:
    whole = np.array([0]), np.array([len(sellers.gaps)])
    median = int(medians(sellers.gaps, *whole)[0]) if len(sellers.gaps) else None
    return "all", None, sellers.sums.sum(axis=0).tolist(), median


def _teams(sellers: Sellers) -> Iterator[Row]:
    """Yield the teams that are large enough to be told of."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, lft, rght FROM representatives_representative ORDER BY lft")
        people = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 3)
    start = np.searchsorted(sellers.label, people[:, 1], side="right")
    end = np.searchsorted(sellers.label, people[:, 2], side="left")
    several = np.flatnonzero(end - start >= TEAM_SELLERS_MINIMUM)
    people, start, end = people[several], start[several], end[several]
    running = np.concatenate((np.zeros((1, len(COUNTED)), np.int64), sellers.sums.cumsum(axis=0)))
    sums = running[end] - running[start]
    sums[:, NET] = 0
    told = np.flatnonzero(
        (sums[:, COUNTED.index("sellers")] >= TEAM_SELLERS_MINIMUM)
        & (sums[:, COUNTED.index("customers")] >= TEAM_CUSTOMERS_MINIMUM)
    )
    found = medians(
        sellers.gaps, sellers.gaps_before[start[told]], sellers.gaps_before[end[told]]
    ).tolist()
    ids, rows = people[told, 0].tolist(), sums[told].tolist()
    for representative, row, median in zip(ids, rows, found, strict=True):
        yield "team", representative, row, None if median < 0 else median


def medians(values: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the median of values[start:end] for each stretch, -1 where one is empty.

    Of an even number of values it is the lower one of the two in the middle, as PostgreSQL's
    `percentile_disc` has it. Values are not negative. The stretches of all queries go through the
    bits of the values together, from the highest one down.
    """
    assert (values >= 0).all()
    empty = end <= start
    left, right = start.copy(), np.where(empty, start, end)
    rank = np.maximum(right - left - 1, 0) // 2
    found = np.zeros(len(start), dtype=np.int64)
    for bit in range(int(values.max(initial=0)).bit_length() - 1, -1, -1):
        is_set = (values >> bit) & 1 == 1
        zeros = np.concatenate(([0], np.cumsum(~is_set)))
        below = zeros[right] - zeros[left]
        is_above = rank >= below
        ones_from = zeros[-1]
        left, right = (
            np.where(is_above, ones_from + left - zeros[left], zeros[left]),
            np.where(is_above, ones_from + right - zeros[right], zeros[right]),
        )
        rank = np.where(is_above, rank - below, rank)
        found |= is_above.astype(np.int64) << bit
        values = np.concatenate((values[~is_set], values[is_set]))
    return np.where(empty, -1, found)
