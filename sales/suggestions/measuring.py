"""How well add-ons do on purchases they have not seen; picks the ridge, measures the chances.

Everything before a day is learnt from, the days after it are looked at. The night does so with the
latest 30 days, `bench/suggestions.py` with a month of the demo's purchases.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sales.suggestions import learner
from sales.suggestions.learner import Floats, Had, Ints

WINDOW_DAYS = 30
SEED = 20171001


@dataclass(frozen=True, slots=True)
class Hits:
    """Whether each customer took at least one of the top add-ons, and how many were taken.

    `customers` are those who bought something in the window; who has no add-on at all counts as
    one without a hit.
    """

    customers: Ints
    taken: Ints

    @property
    def rate(self) -> float:
        """Return the share of customers who took at least one."""
        return float((self.taken > 0).mean()) if len(self.taken) else 0.0

    @property
    def precision(self) -> float:
        """Return the share of offered products that were taken, of three a customer."""
        return float(self.taken.mean() / learner.SHOWN) if len(self.taken) else 0.0


@dataclass(frozen=True, slots=True)
class Trial:
    """A company's purchases cut at a day: what was known before, and what came after."""

    before: Had
    on_sale: NDArray[np.bool_]
    buyers: Ints
    later: NDArray[np.int64]

    @classmethod
    def cut(cls, had: Had, on_sale: NDArray[np.bool_], day: int) -> Trial:
        """Cut purchases at a day; the days from it on are the window.

        `had` must not reach beyond the window, so that who bought last after the cut bought in it.
        """
        before = had.before(day)
        known = np.unique(before.customer)
        buyers = np.intersect1d(known, np.unique(had.customer[had.last_day >= day]))
        new = had.first_day >= day
        later = np.sort(had.customer[new] * had.products + had.product[new])
        return cls(before, on_sale, buyers, later)

    def is_taken(self, customer: Ints, product: Ints) -> NDArray[np.bool_]:
        """Return which customers took which products first in the window."""
        wanted = customer * self.before.products + product
        at = np.minimum(np.searchsorted(self.later, wanted), max(len(self.later) - 1, 0))
        return self.later[at] == wanted if len(self.later) else np.zeros(len(wanted), dtype=bool)

    def hits(self, customer: Ints, product: Ints) -> Hits:
        """Return how products offered to the buyers did."""
        taken = np.zeros(self.before.customers, dtype=np.int64)
        np.add.at(taken, customer, self.is_taken(customer, product))
        return Hits(self.buyers, taken[self.buyers])


def ours(trial: Trial, weights: Floats, counts: learner.Counts, who: Ints) -> learner.Offers:
    """Return the top add-ons of some customers as a page would show them."""
    reasons = learner.convincing(counts, weights)
    offers = learner.offer(trial.before, weights, reasons, trial.on_sale, who)
    shown = offers.place <= learner.SHOWN
    return learner.Offers(
        offers.customer[shown],
        offers.product[shown],
        offers.with_product[shown],
        offers.score[shown],
        offers.place[shown],
    )


def popular(trial: Trial, counts: learner.Counts) -> Hits:
    """Return how the products with the most customers do that one does not have yet."""
    everybody = np.broadcast_to(counts.each.astype(np.float32), (trial.before.products,) * 2)
    return _of_weights(trial, np.ascontiguousarray(everybody))


def random(trial: Trial, seed: int = SEED) -> Hits:
    """Return how any three products do that one does not have yet."""
    draw = np.random.default_rng(seed)
    owned = trial.before.matrix()
    sale = np.flatnonzero(trial.on_sale)
    customer: list[Ints] = []
    product: list[Ints] = []
    for one in trial.buyers:
        free = np.setdiff1d(sale, owned[[one]].indices, assume_unique=True)
        drawn = draw.choice(free, size=min(learner.SHOWN, len(free)), replace=False)
        customer.append(np.full(len(drawn), one))
        product.append(drawn)
    if not customer:
        return Hits(trial.buyers, np.zeros(0, dtype=np.int64))
    return trial.hits(np.concatenate(customer), np.concatenate(product))


def _of_weights(trial: Trial, weights: Floats) -> Hits:
    """Return how the best places of plain weights do, without asking for a reason."""
    customer: list[Ints] = []
    product: list[Ints] = []
    places = learner.best_places(trial.before, weights, trial.on_sale, trial.buyers, learner.SHOWN)
    for some, top, score in places:
        row, column = np.nonzero(np.isfinite(score))
        customer.append(some[row])
        product.append(top[row, column])
    if not customer:
        return Hits(trial.buyers, np.zeros(0, dtype=np.int64))
    return trial.hits(np.concatenate(customer), np.concatenate(product))


@dataclass(frozen=True, slots=True)
class Choice:
    """The ridge chosen, steps of chances, and the hit rates of each multiple tried."""

    multiple: int
    chances: list[list[int]]
    tried: dict[int, float]
    customers: int


def choose(had: Had, on_sale: NDArray[np.bool_], *, today: int, recent: Ints) -> Choice:
    """Return the ridge that did best on the latest 30 days, and the chances it came with.

    Chances are those of `recent`, customers who had bought lately when the window began: to such
    add-ons are suggested. With few customers the usual ridge and a careful chance hold.
    """
    day = today - WINDOW_DAYS
    trial = Trial.cut(had, on_sale, day)
    usual = Choice(learner.USUAL_RIDGE, learner.NOTHING_LEARNT, {}, 0)
    if len(trial.buyers) < learner.FEW:
        return usual
    who = _sample(trial.buyers)
    compared = Trial(trial.before, on_sale, who, trial.later)
    counts = learner.count(trial.before)
    best, weights, tried = usual.multiple, None, {}
    for multiple in learner.RIDGES:
        some = learner.weigh(counts, learner.ridge_of(counts, multiple))
        offers = ours(compared, some, counts, who)
        tried[multiple] = compared.hits(offers.customer, offers.product).rate
        if weights is None or tried[multiple] > tried[best]:
            best, weights = multiple, some
    assert weights is not None
    recent = np.intersect1d(recent, trial.before.customer)
    offers = ours(compared, weights, counts, _sample(recent))
    chances = learner.chances_of(offers.score, trial.is_taken(offers.customer, offers.product))
    return Choice(best, chances, tried, len(who))


def _sample(customers: Ints) -> Ints:
    """Return so many of the customers as are needed, spread evenly."""
    if len(customers) <= learner.MANY:
        return customers
    return customers[np.linspace(0, len(customers) - 1, learner.MANY).astype(np.int64)]
