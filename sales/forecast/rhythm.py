"""A law of purchases at intervals: each customer waits about as long each time, until they stop.

Intervals are gamma distributed. How regular they are and how long is a product's own; how much
longer or shorter one customer waits than another, and how many stop for good after a purchase, is
the company's. An interval that has not ended yet counts as longer than what passed of it, so that
the law also holds where a history is shorter than its packs last.

With intervals as irregular as can be this is BG/NBD, with a chance to stop after the first purchase
too. Platzer and Reutterer, Ticking away the moments: Timing regularity helps to better predict
customer activity (Marketing Science 35, 2016).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betainc, betaln, gammaln

from sales.forecast.purchases import Int, Purchases, Runs, intervals

Array = npt.NDArray[np.float64]

FITTED_ROWS = 4_000
"""More rows than these don't change five numbers."""
PRODUCT_ROWS = 12_000
"""What products have of their own is fitted to more, for there are many products."""
LEAST_ROWS = 20
LEAST_REPEATS = 10
TURNS = 2
START = np.log([2.0, 1.0, 4.0, 0.3, 2.0])
"""Regularity, mean interval to usual one, likeness, stop, stay: where nothing is known."""
HOLD = np.array([0.5, 0.25, 0.5, 0.5, 0.5])
BOUNDS = [(-1.5, 5.0), (-3.0, 3.0), (-1.0, 5.0), (-4.0, 4.0), (-3.0, 5.0)]
REGULARITIES = (-1.5, 5.5)
REGULARITY_SPREAD = 1.0
"""By how much (as a logarithm) a product's regularity is likely to differ from the common one."""
INTERVAL_SPREAD = 0.7
GRIDS = tuple(
    (wide * np.arange(-count, count + 1), wide / 3 * np.arange(-2 * count, 2 * count + 1))
    for wide, count in ((1.0, 3), (0.33, 1), (0.11, 1))
)
"""Steps of regularity and of the interval."""
TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Waits:
    """How long customers waited for a product: intervals that ended, and the one that goes on.

    A day of purchase counts to its end, and half of the day on which the next one came: between
    days nobody knows the hour.
    """

    product: Int
    ended: Array
    """How many intervals ended."""
    days: Array
    """How long these were together."""
    logs: Array
    """The sum of their logarithms."""
    waiting: Array
    """Days passed since without a purchase."""

    @classmethod
    def of(cls, past: Purchases, runs: Runs, cut: int) -> Self:
        """Work it out for each customer and product of purchases before the cut."""
        gap, same = intervals(past)
        half = np.where(same, gap - 0.5, 1.0)
        last = past.day[runs.start + runs.size - 1]
        return cls(
            product=past.product[runs.start],
            ended=(runs.size - 1).astype(np.float64),
            days=runs.total(np.where(same, half, 0.0)),
            logs=runs.total(np.log(half)),
            waiting=(cut - 1 - last).astype(np.float64),
        )

    def evenly(self, rows: int) -> tuple[Self, float]:
        """Return about so many rows at equal distances, and how many each stands for."""
        step = max(-(-self.ended.size // rows), 1)
        kept = slice(None, None, step)
        few = type(self)(
            self.product[kept],
            self.ended[kept],
            self.days[kept],
            self.logs[kept],
            self.waiting[kept],
        )
        return few, float(step)


@dataclass(frozen=True, slots=True)
class RhythmLaw:
    """Of each product: how regular, and the mean interval. Of all: how alike, and who stops."""

    regularity: Array
    """Shape of the gamma of intervals; 1 is at random, 25 varies by a fifth."""
    interval: Array
    """Days."""
    likeness: float
    """Shape of the gamma by which customers' rates differ."""
    stop: float
    stay: float
    """The chance to stop after a purchase is beta(stop, stay)."""

    @classmethod
    def of(cls, waits: Waits, usual: npt.NDArray) -> Self:
        """Fit to waits, beginning with each product's usual interval.

        The same rows give the same law: those fitted are taken at equal distances.
        """
        usual = np.maximum(usual, 1.0).astype(np.float64)
        numbers, own = START, np.zeros((2, usual.size))
        if waits.ended.size >= LEAST_ROWS and waits.ended.sum() >= LEAST_REPEATS:
            few, _ = waits.evenly(FITTED_ROWS)
            more, each = waits.evenly(PRODUCT_ROWS)
            for _ in range(TURNS):
                numbers = _fit_numbers(numbers, own, few, usual)
                if usual.size > 1:
                    own = _fit_products(numbers, more, each, usual)
        return cls._with(numbers, own, usual)

    @classmethod
    def _with(cls, numbers: Array, own: Array, usual: Array) -> Self:
        """Take five logarithms of all, and two of each product by which it differs."""
        regularity, stretch, likeness, stop, stay = numbers
        return cls(
            np.exp(np.clip(regularity + own[0], *REGULARITIES)),
            usual * np.exp(stretch + own[1]),
            *(float(np.exp(number)) for number in (likeness, stop, stay)),
        )

    def with_products(self, interval: npt.NDArray) -> Self:
        """Add products of which no more than an interval is known: as regular as most are."""
        usual = float(np.median(self.regularity)) if self.regularity.size else 1.0
        return replace(
            self,
            regularity=np.append(self.regularity, np.full(interval.size, usual)),
            interval=np.append(self.interval, interval).astype(np.float64),
        )

    def chance(self, waits: Waits, days: float) -> Array:
        """Return the chance of a purchase in the days ahead."""
        regularity, shape, scale = self._rates(waits)
        so_far = betainc(shape, regularity, scale / (scale + waits.waiting))
        longer = betainc(shape, regularity, scale / (scale + waits.waiting + days))
        stopped = self.stop / (self.stop + self.stay + waits.ended)
        return (1 - stopped) * (so_far - longer) / (stopped + (1 - stopped) * so_far + TINY)

    def log_likelihood(self, waits: Waits) -> Array:
        """Return it for each row, up to what is the same for every law."""
        regularity, shape, scale = self._rates(waits)
        ended, first = waits.ended, scale - waits.days
        lengths = (
            (regularity - 1) * waits.logs
            - ended * gammaln(regularity)
            + self.likeness * np.log(first)
            - gammaln(self.likeness)
            + gammaln(shape)
            - shape * np.log(scale)
        )
        stayed = betaln(self.stop, self.stay + ended) - betaln(self.stop, self.stay)
        stopped = self.stop / (self.stop + self.stay + ended)
        so_far = betainc(shape, regularity, scale / (scale + waits.waiting))
        return lengths + stayed + np.log(stopped + (1 - stopped) * so_far + TINY)

    def _rates(self, waits: Waits) -> tuple[Array, Array, Array]:
        """Return regularity, and the gamma of the rate after what was seen, of each row."""
        regularity = self.regularity[waits.product]
        first = self.interval[waits.product] * self.likeness / regularity
        return regularity, self.likeness + waits.ended * regularity, first + waits.days


def _fit_numbers(start: Array, own: Array, waits: Waits, usual: Array) -> Array:
    """Fit what is common to all products; held to where it begins as if by a few rows."""

    def loss(numbers: Array) -> float:
        law = RhythmLaw._with(numbers, own, usual)
        return float(HOLD @ (numbers - START) ** 2) - float(law.log_likelihood(waits).sum())

    options = {"maxiter": 40}
    return minimize(loss, start, method="L-BFGS-B", bounds=BOUNDS, options=options).x


def _fit_products(numbers: Array, waits: Waits, each: float, usual: Array) -> Array:
    """Fit by how much each product differs: on a wide grid, then on narrower ones around the mean.

    Both numbers at once, and their mean rather than the likeliest: of a product whose intervals
    have mostly not ended, a long regular interval and a short irregular one are hard to tell apart.
    """
    spread = np.array([REGULARITY_SPREAD, INTERVAL_SPREAD])[:, None]

    def gains(offsets: Array) -> Array:
        """Return how likely each product's own numbers are."""
        law = RhythmLaw._with(numbers, offsets, usual)
        seen = np.bincount(waits.product, law.log_likelihood(waits), minlength=usual.size)
        return each * seen - ((offsets / spread) ** 2).sum(axis=0) / 2

    centre = np.zeros((2, usual.size))
    for steps in GRIDS:
        grid = np.array([(one, two) for one in steps[0] for two in steps[1]])
        found = np.stack([gains(centre + shift[:, None]) for shift in grid])
        weight = np.exp(found - found.max(axis=0))
        centre = centre + grid.T @ (weight / weight.sum(axis=0))
    return centre
