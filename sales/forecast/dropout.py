"""Two laws of purchases at random: BG/NBD, where people stop for good, and NBD, where none do.

Fader, Hardie and Lee, "Counting your customers" the easy way: an alternative to the Pareto/NBD
model (Marketing Science 24, 2005). Everybody buys at random at a rate of their own and after each
purchase may stop for good. Four numbers describe a company; what follows for one customer and
product is one more feature for the learner, and all there is where history is short.

NBD: everybody was there from the first day on and goes on at a rate of their own (Ehrenberg, The
pattern of consumer purchases, Applied Statistics 8, 1959). Who never bought was never seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import gammaln

Array = npt.NDArray[np.float64]

FITTED_ROWS = 20_000
"""More rows than these don't change four numbers."""
HOLD = 0.05
"""How much of one row's likelihood keeps the numbers near the start: matters for tiny data."""


@dataclass(frozen=True, slots=True)
class BuyingLaw:
    """Rates are gamma(shape, scale in days), stopping is beta(stop, stay)."""

    shape: float = 0.5
    scale: float = 45.0
    stop: float = 0.3
    stay: float = 2.0

    @classmethod
    def of(cls, repeats: Array, recency: Array, age: Array) -> Self:
        """Fit to repeat purchases, day of the last one, and age of the first one in days.

        The same rows give the same law: those fitted are taken at equal distances.
        """
        if repeats.size < 20 or repeats.sum() < 10:
            scale = float(np.clip(age.mean() if age.size else 45.0, 10, 400))
            return cls(scale=scale)
        step = max(repeats.size // FITTED_ROWS, 1)
        x, recent, whole = (one[::step].astype(np.float64) for one in (repeats, recency, age))
        unit = max(float(whole.max()), 1.0)
        x, recent, whole = x, recent / unit, np.maximum(whole, 1) / unit
        start = np.log([0.5, max(0.5 * float(whole.sum()) / max(float(x.sum()), 1), 1e-3), 0.3, 2])

        def loss(numbers: Array) -> float:
            held = HOLD * float(((numbers - start) ** 2).sum()) / x.size
            likely = _log_likelihoods(np.exp(np.clip(numbers, -12, 12)), x, recent, whole)
            return held - float(likely.mean())

        found = minimize(loss, start, method="L-BFGS-B", bounds=[(-7.0, 7.0)] * 4)
        shape, scale, stop, stay = np.exp(found.x if np.isfinite(found.fun) else start)
        return cls(float(shape), float(scale * unit), float(stop), float(stay))

    def log_likelihood(self, repeats: Array, recency: Array, age: Array) -> Array:
        """Return how likely what followed each first purchase was."""
        numbers = np.array([self.shape, self.scale, self.stop, self.stay])
        return _log_likelihoods(numbers, repeats, recency, age)

    def alive(self, repeats: Array, recency: Array, age: Array) -> Array:
        """Return the probability that nobody has stopped yet."""
        with np.errstate(over="ignore"):
            odds = (self.stop / (self.stay + np.maximum(repeats, 1) - 1)) * np.exp(
                (self.shape + repeats) * (np.log(self.scale + age) - np.log(self.scale + recency))
            )
        return np.where(repeats > 0, 1 / (1 + odds), 1.0)

    def expected(self, repeats: Array, recency: Array, age: Array, days: float) -> Array:
        """Return how many purchases to expect in the days ahead, if nobody stops among them."""
        rate = (self.shape + repeats) / (self.scale + age)
        return self.alive(repeats, recency, age) * rate * days

    def chance(self, repeats: Array, recency: Array, age: Array, days: float) -> Array:
        """Return the chance of a purchase in the days ahead."""
        none = ((self.scale + age) / (self.scale + age + days)) ** (self.shape + repeats)
        return self.alive(repeats, recency, age) * (1 - none)


@dataclass(frozen=True, slots=True)
class CountLaw:
    """Rates are gamma(shape, scale in days); nobody stops, and nobody comes later."""

    shape: float = 0.5
    scale: float = 45.0
    days: float = 1.0
    """How long the history is."""

    @classmethod
    def of(cls, counts: Array, days: float) -> Self:
        """Fit to how often each customer bought a product: once and more."""
        days = max(days, 1.0)
        if counts.size < 20:
            return cls(days=days)
        times, people = np.unique(counts.astype(np.float64), return_counts=True)
        share = people / counts.size
        start = np.log([0.5, 0.5 / max(float(times @ share), 0.1)])

        def loss(numbers: Array) -> float:
            shape, scale = np.exp(numbers)
            none = shape * (np.log(scale) - np.log1p(scale))
            seen = gammaln(shape + times) - gammaln(shape) - gammaln(times + 1) + none
            seen -= times * np.log1p(scale) + np.log(-np.expm1(none))
            held = HOLD * float(((numbers - start) ** 2).sum()) / counts.size
            return held - float(seen @ share)

        found = minimize(loss, start, method="L-BFGS-B", bounds=[(-5.0, 5.0)] * 2)
        shape, scale = np.exp(found.x if np.isfinite(found.fun) else start)
        return cls(float(shape), float(scale * days), days)

    def log_likelihood(self, repeats: Array, age: Array) -> Array:
        """Return how likely what followed each first purchase was, none having come before it."""
        shape, whole = self.shape + 1, self.scale + self.days
        before = np.log(whole - age) - np.log(whole)
        return gammaln(shape + repeats) - gammaln(shape) + shape * before - repeats * np.log(whole)

    def chance(self, counts: Array, days: float) -> Array:
        """Return the chance of a purchase in the days ahead."""
        whole = self.scale + self.days
        return 1 - (whole / (whole + days)) ** (self.shape + counts)


def _log_likelihoods(numbers: Array, x: Array, recent: Array, whole: Array) -> Array:
    """Return each row's log-likelihood (equation 6 of the paper, rearranged for precision)."""
    shape, scale, stop, stay = numbers
    common = gammaln(shape + x) - gammaln(shape) + shape * np.log(scale)
    alive = (
        gammaln(stop + stay)
        + gammaln(stay + x)
        - gammaln(stay)
        - gammaln(stop + stay + x)
        - (shape + x) * np.log(scale + whole)
    )
    some = x > 0
    gone = np.full(x.shape, -np.inf)
    gone[some] = (
        np.log(stop)
        - np.log(stay + x[some] - 1)
        + gammaln(stop + stay)
        + gammaln(stay + x[some])
        - gammaln(stay)
        - gammaln(stop + stay + x[some])
        - (shape + x[some]) * np.log(scale + recent[some])
    )
    return common + np.logaddexp(alive, gone)
