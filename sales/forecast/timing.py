"""When the next purchase is expected, and between which days: shares of past intervals.

How far real intervals lie from the expected one is measured on the company's own past, apart for
those with many, few and no intervals of their own. Nothing here knows what day it is today.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from sales.forecast.features import PRIOR_GAPS, Candidates, Known
from sales.forecast.purchases import Float, Int, Purchases, Runs

BASES = ("pack", "mixed", "own")
"""By how many intervals of one's own: none, one or two, three and more."""
OWN_GAPS = 3
SHARES = (0.2, 0.5, 0.8, 0.95)
"""Of those who came back: so many had come by the first day, the expected, the last, the quiet."""
USUAL_RATIOS = ((0.6, 1.0, 1.5, 2.5), (0.7, 1.0, 1.35, 2.2), (0.75, 1.0, 1.3, 2.0))
"""Taken as a start for each basis, until enough intervals of the company's own are known."""
PRIOR_ROWS = 50.0
LONGEST = 1000
"""Days; nobody plans further."""
Span = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Timing:
    """Ratios of real to expected intervals: a row for each basis, a column for each share."""

    ratios: Span

    @classmethod
    def of(cls, purchases: Purchases, cut: int, known: Known) -> Self:
        """Measure the ratios on purchases before the cut.

        Only what was bought so long ago counts that a late return would have been seen.
        """
        gaps, earlier, expected, start = _history(purchases.before(cut), known)
        seen = start + 3 * expected <= cut
        basis = basis_of(earlier)
        ratios = np.array(USUAL_RATIOS)
        for row in range(len(BASES)):
            of = (gaps / expected)[seen & (basis == row)]
            if of.size:
                weight = of.size / (of.size + PRIOR_ROWS)
                ratios[row] = weight * np.quantile(of, SHARES) + (1 - weight) * ratios[row]
        return cls(ratios)

    def spans(self, gaps: Int, interval: Float) -> Span:
        """Return days after the last purchase: due from, expected, due until, quiet from."""
        days = np.rint(self.ratios[basis_of(gaps)] * interval[:, None]).clip(1, LONGEST)
        days = np.maximum.accumulate(days, axis=1)
        days[:, 3] = np.maximum(days[:, 3], days[:, 2] + 1)
        return days

    def of_rows(self, rows: Candidates) -> Span:
        """Return `spans` of what was bought so often and at such an interval."""
        return self.spans(rows.purchases - 1, rows.interval)


def basis_of(gaps: npt.NDArray) -> Int:
    """Return the place in `BASES` for so many intervals of one's own."""
    return np.where(gaps >= OWN_GAPS, 2, np.where(gaps > 0, 1, 0))


def _history(past: Purchases, known: Known) -> tuple[Float, Int, Float, Int]:
    """Return every interval there was, and what was expected of it from those before it.

    As arrays: its days, how many came before it, the days expected, and the day it began.
    """
    runs = Runs.of(past.customer, past.product)
    place = np.arange(past.day.size) - np.repeat(runs.start, runs.size)
    later = place > 0
    first = np.repeat(past.day[runs.start], runs.size)[later]
    began = past.day[np.flatnonzero(later) - 1]
    usual = known.products.interval[past.product[later]]
    earlier = place[later] - 1
    expected = ((began - first) + PRIOR_GAPS * usual) / (earlier + PRIOR_GAPS)
    return (past.day[later] - began).astype(np.float32), earlier, expected, began


def streaks(visits: Purchases, known: Known, timing: Timing) -> Int:
    """Count each customer's latest purchases that came when expected or before; not the first."""
    if not visits.day.size:
        return np.zeros(0, dtype=np.int64)
    runs = Runs.of(visits.customer)
    gaps, earlier, expected, _ = _history(visits, known)
    late = np.zeros(visits.day.size, dtype=bool)
    late[runs.start] = True  # the first purchase ends the count
    place = np.ones(visits.day.size, dtype=bool)
    place[runs.start] = False
    late[place] = gaps > np.rint(timing.ratios[basis_of(earlier), 2] * expected)
    number = np.arange(visits.day.size)
    last_late = np.maximum.reduceat(np.where(late, number, -1), runs.start)
    return runs.start + runs.size - 1 - last_late
