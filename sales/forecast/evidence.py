"""How likely laws make all that was bought: a short history tells laws apart by this best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from sales.forecast.dropout import BuyingLaw
from sales.forecast.features import Known
from sales.forecast.purchases import Purchases, Runs
from sales.forecast.rhythm import Waits


@dataclass(frozen=True, slots=True)
class Evidence:
    """Log-likelihoods of what followed everybody's first purchase of a product, compared."""

    counts: float
    """By how much NBD makes it likelier than BG/NBD does."""
    intervals: float
    """By how much intervals make it likelier than BG/NBD does, less what more numbers are worth.

    That is the Bayesian information criterion (Schwarz, Annals of Statistics 6, 1978).
    """

    @classmethod
    def of(cls, past: Purchases, cut: int, known: Known) -> Self:
        """Work it out from purchases before the cut, and the laws fitted to the same ones."""
        runs = Runs.of(past.customer, past.product)
        first, last = past.day[runs.start], past.day[runs.start + runs.size - 1]
        repeats = (runs.size - 1).astype(np.float64)
        recency, age = (last - first).astype(np.float64), (cut - first).astype(np.float64)
        counts = known.counts.log_likelihood(repeats, age)
        counts -= known.law.log_likelihood(repeats, recency, age)
        waits = Waits.of(past, runs, cut)
        # Waits count days otherwise than ages do: BG/NBD is fitted anew, to be compared by them.
        alike = waits.ended, waits.days, waits.days + waits.waiting
        gain = known.rhythm.log_likelihood(waits) - BuyingLaw.of(*alike).log_likelihood(*alike)
        more = 2 * np.unique(waits.product).size - 1
        return cls(
            counts=float(counts.sum()),
            intervals=float(gain.sum() - more / 2 * np.log(max(repeats.size, 1))),
        )
