"""Which products customers take together, and what each is likely to take next: numbers only.

The method is the published one of a shallow linear autoencoder (H. Steck, "Embarrassingly Shallow
Autoencoders for Sparse Data", WWW 2019): one closed-form ridge regression of every product on all
others, from nothing but the counts of customers who have both. A weight says what having one
product adds to the place of another, once what all else explains is taken off: so a product that
everybody takes does not go with everything. How strongly rare products are held back (the ridge) is
chosen on the company's own latest 30 days, not here.

Arrays only, no database: `bench/suggestions.py` measures the very functions that the night runs.
Floats stay inside: places, chances per mille and weights in millionths leave as integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.isotonic import IsotonicRegression

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

RIDGES = (1, 3, 7, 15, 30)
"""Multiples of a product's mean number of customers that are tried as the ridge."""
USUAL_RIDGE = 7
TOGETHER = 5
"""So many customers have both before one product is a reason for another."""
LIFT_PERMILLE = 1100
"""And at least so many times as many as of all customers, per mille."""
TELLING_PERMILLE = 300
"""More than so much above all customers makes a reason no better."""
OFFERED = 5
"""Add-ons kept a customer."""
LOOKED_AT = 20
"""Best places looked at for add-ons with a reason."""
SHOWN = 3
"""What a page shows, and what is measured."""
BINS = 10
CHUNK = 4_000
MANY = 20_000
"""Customers on whom ridges are compared: a sample of more tells no more."""
FEW = 100
"""With fewer customers to compare on, the usual ridge and a careful chance hold."""
CAREFUL_PERMILLE = 20
NOTHING_LEARNT = [[0, CAREFUL_PERMILLE]]
STATED = np.float32(1e-6)
LEAST = np.float32(1e-6)
"""What staff's word that two go together weighs: enough where nothing is learnt yet."""


@dataclass(frozen=True, slots=True)
class Had:
    """Who has what: rows sorted by customer, one per customer and product.

    `customer` and `product` count from 0; days are numbers of days.
    """

    customer: Ints
    product: Ints
    first_day: Ints
    last_day: Ints
    customers: int
    products: int

    def before(self, day: int) -> Had:
        """Return what was first bought before a day (later purchases of it are not known)."""
        kept = self.first_day < day
        return Had(
            self.customer[kept],
            self.product[kept],
            self.first_day[kept],
            np.minimum(self.last_day[kept], day - 1),
            self.customers,
            self.products,
        )

    def matrix(self) -> csr_array:
        """Return customers by products, 1 where one has the other."""
        ones = np.ones(len(self.customer), dtype=np.float32)
        shape = (self.customers, self.products)
        return csr_array((ones, (self.customer, self.product)), shape=shape)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many customers have each pair of products, each product, and anything."""

    both: NDArray[np.float64]
    each: NDArray[np.float64]
    customers: int

    def lift_permille(self) -> Ints:
        """Return how many times as many customers of one have the other as of all, per mille."""
        expected = np.outer(self.each, self.each)
        share = np.divide(
            self.both * (self.customers * 1000),
            expected,
            out=np.zeros_like(self.both),
            where=expected > 0,
        )
        return np.minimum(share, 2**31 - 1).astype(np.int64)

    def reasons(self) -> NDArray[np.bool_]:
        """Return which product is a reason for which: taken together, more than by chance."""
        return (self.both >= TOGETHER) & (self.lift_permille() >= LIFT_PERMILLE)


@dataclass(frozen=True, slots=True)
class Offers:
    """Add-ons, one entry each: whose, what, with what, how good, and its place from 1."""

    customer: Ints
    product: Ints
    with_product: Ints
    score: Floats
    place: Ints


def count(had: Had) -> Counts:
    """Count customers by product and by pair."""
    matrix = had.matrix().astype(np.float64)
    both = (matrix.T @ matrix).toarray()
    each = np.diag(both).copy()
    np.fill_diagonal(both, 0)
    return Counts(both, each, int(np.count_nonzero(np.diff(matrix.indptr))))


def weigh(counts: Counts, ridge: float) -> Floats:
    """Return the weights: row the product one has, column the one it adds to."""
    if not len(counts.each):
        return np.zeros((0, 0), dtype=np.float32)
    held_back = counts.both.copy()
    np.fill_diagonal(held_back, counts.each + max(ridge, 1.0))
    inverse = np.linalg.inv(held_back)
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    return weights.astype(np.float32)


def ridge_of(counts: Counts, multiple: int) -> float:
    """Return the ridge that is so many times a product's mean number of customers."""
    sold = counts.each[counts.each > 0]
    return float(multiple * sold.mean()) if len(sold) else 1.0


def best_places(
    had: Had,
    weights: Floats,
    on_sale: NDArray[np.bool_],
    who: Ints,
    many: int,
) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield, for some customers at a time, the products they do not have, best first.

    Each piece is customers, their `many` products in order, and the scores; what is not on sale or
    in their hands already scores -inf.
    """
    matrix = had.matrix()
    many = min(many, had.products)
    for start in range(0, len(who), CHUNK):
        some = who[start : start + CHUNK]
        owned = matrix[some]
        score = np.asarray(owned @ weights, dtype=np.float32)
        score[:, ~on_sale] = -np.inf
        score[np.repeat(np.arange(len(some)), np.diff(owned.indptr)), owned.indices] = -np.inf
        top = np.argpartition(-score, many - 1, axis=1)[:, :many]
        # Ties go to the product that comes first, so that the same night gives the same answer.
        value = np.take_along_axis(score, top, axis=1)
        order = np.lexsort((top, -value), axis=1)
        yield (
            some,
            np.take_along_axis(top, order, axis=1).astype(np.int64),
            np.take_along_axis(value, order, axis=1),
        )


def convincing(counts: Counts, weights: Floats, stated: NDArray[np.bool_] | None = None) -> Floats:
    """Return how good a reason each product is for each other, 0 for none.

    What it adds times by how much more its customers take the other one, as far as that tells: of
    two reasons the more telling one is shown. What staff name as companions is a reason too, after
    all that is measured.
    """
    more = np.minimum(counts.lift_permille() - 1000, TELLING_PERMILLE).astype(np.float32)
    found = np.where(counts.reasons(), np.maximum(weights, LEAST) * more, np.float32(0))
    return found if stated is None else np.maximum(found, stated * LEAST)


def offer(
    had: Had,
    weights: Floats,
    reasons: Floats,
    on_sale: NDArray[np.bool_],
    who: Ints,
    *,
    taught: Floats | None = None,
) -> Offers:
    """Return each customer's add-ons: what scores best among what has a reason in hand.

    `reasons` says how convincing each is; `taught` multiplies the score of each pair by what
    representatives' answers taught.
    """
    matrix = had.matrix()
    parts: list[Offers] = []
    for some, top, score in best_places(had, weights, on_sale, who, LOOKED_AT):
        if not len(some):
            continue
        because = _reasons_in_hand(matrix[some], reasons, top)
        found = (because >= 0) & np.isfinite(score) & (score > 0)
        row, column = np.nonzero(found)
        product, with_product = top[row, column], because[row, column]
        value = score[row, column]
        if taught is not None:
            value = value * taught[with_product, product]
        order = np.lexsort((product, -value, row))
        row, product, with_product = row[order], product[order], with_product[order]
        place = _places(row)
        kept = place <= OFFERED
        parts.append(
            Offers(
                some[row[kept]],
                product[kept],
                with_product[kept],
                value[order][kept],
                place[kept],
            )
        )
    return _joined(parts)


def _reasons_in_hand(owned: csr_array, reasons: Floats, top: Ints) -> Ints:
    """Return for each customer and place the product in hand that convinces most, -1 for none."""
    held = owned.indices.astype(np.int64)
    counts = np.diff(owned.indptr)
    best = np.full(top.shape, -1, dtype=np.int64)
    filled = np.flatnonzero(counts)
    starts = owned.indptr[:-1][filled]
    for column in range(top.shape[1]):
        wanted = np.repeat(top[:, column], counts)
        good = reasons[held, wanted]
        most = np.maximum.reduceat(good, starts) if len(starts) else good[:0]
        is_most = (good == np.repeat(most, counts[filled])) & (good > 0)
        owner = np.repeat(np.arange(len(counts)), counts)[is_most]
        first, at = np.unique(owner, return_index=True)
        best[first, column] = held[is_most][at]
    return best


def _places(row: Ints) -> Ints:
    """Return the place of each entry within its row, from 1; rows are sorted."""
    starts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]]) if len(row) else row
    lengths = np.diff(np.r_[starts, len(row)])
    return np.arange(len(row)) - np.repeat(starts, lengths) + 1


def _joined(parts: list[Offers]) -> Offers:
    empty = np.zeros(0, dtype=np.int64)
    if not parts:
        return Offers(empty, empty, empty, np.zeros(0, dtype=np.float32), empty)
    return Offers(
        np.concatenate([part.customer for part in parts]),
        np.concatenate([part.product for part in parts]),
        np.concatenate([part.with_product for part in parts]),
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.place for part in parts]),
    )


def lasting(chances: list[list[int]], score: Floats) -> Ints:
    """Return the chance per mille of each score, from steps of (score in millionths, chance)."""
    if not chances:
        return np.full(len(score), CAREFUL_PERMILLE, dtype=np.int64)
    steps = np.array([step for step, _chance in chances], dtype=np.float64)
    values = np.array([chance for _step, chance in chances], dtype=np.int64)
    at = np.searchsorted(steps, np.asarray(score, dtype=np.float64) * 1e6, side="right") - 1
    return values[np.clip(at, 0, len(values) - 1)]


def chances_of(score: Floats, taken: NDArray[np.bool_]) -> list[list[int]]:
    """Return steps of (score in millionths, share taken per mille), rising with the score."""
    if len(score) < FEW:
        return NOTHING_LEARNT
    order = np.argsort(score, kind="stable")
    rising = IsotonicRegression().fit_transform(score[order], taken[order].astype(np.float64))
    steps: list[list[int]] = []
    for some in np.array_split(np.arange(len(order)), BINS):
        share = round(float(rising[some].mean()) * 1000)
        if not steps or share > steps[-1][1]:
            steps.append([int(score[order[some[0]]] * 1e6), share])
    return steps
