"""Ways to turn features into a chance: a few numbers, many numbers, trees, and a blend.

Each is fitted on rows of the company's own past and gives log-odds. Numbers are arrays only, so
that what was learnt can be stored without code in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from sales.forecast.features import Candidates
from sales.forecast.purchases import Float

Bool = npt.NDArray[np.bool_]
Odds = npt.NDArray[np.float64]

SEED = 20_171_001
SIMPLE_ROWS = 200_000
FEW_ROWS = 50_000
LEAST_EVENTS = 30
TREE_EVENTS = 300
HOLD_SCALE = 10.0
"""How firmly numbers stay where they were meant to be: as if of so many rows."""
TINY = 1e-4
NO_GAP = 1000.0
CHUNK = 4096
"""Rows whose features stay in the processor's cache while all trees look at them."""
WEIGHTS = {"blend 0.25": 0.25, "blend 0.50": 0.5, "blend 0.75": 0.75}
"""How much the trees weigh in a blend with the simple method of many terms."""


def one_thread() -> threadpool_limits:
    """Keep to one thread: threads that wait for each other crawl on a machine with other work."""
    return threadpool_limits(limits=1)


class Method(Protocol):
    """Something that was fitted and gives log-odds for rows."""

    def odds(self, features: Float) -> Odds:
        """Return the log-odds of each row."""


def _log(name: str) -> Callable[[dict[str, Float]], Float]:
    return lambda column: np.log1p(np.nan_to_num(column[name]))


def _logit(name: str) -> Callable[[dict[str, Float]], Float]:
    return lambda column: logit(np.clip(np.nan_to_num(column[name]), TINY, 1 - TINY))


def _own_gap(column: dict[str, Float]) -> Float:
    """Return the mean of the own intervals; for who bought once, longer than any."""
    return np.where(np.isnan(column["mean_gap"]), NO_GAP, np.maximum(column["mean_gap"], 1))


TERMS: dict[str, Callable[[dict[str, Float]], Float]] = {
    "law": _logit("law_chance"),
    "counts": _logit("count_chance"),
    "rhythm": _logit("rhythm"),
    "pace": lambda column: np.log(column["pace"] + TINY),
    "tenure_rate": lambda column: np.log(column["tenure_rate"] + TINY),
    "usual": lambda column: np.log(np.maximum(column["product_interval"], 1)),
    "mean_gap": lambda column: np.log(_own_gap(column)),
    "pause": lambda column: np.log(np.maximum(column["interval"], column["elapsed"])),
    "elapsed": _log("elapsed"),
    "lateness": _log("lateness"),
    "product": _logit("product_rebought"),
    "interval": _log("interval"),
    "visit_rate": lambda column: np.log(column["visit_rate"] + TINY),
    "visit_lateness": _log("visit_lateness"),
    "visits_since": _log("visits_since"),
    "visits_awaited": _log("visits_awaited"),
    "share": _logit("share"),
    "loyalty": _logit("loyalty"),
    "recent": _log("count_60"),
    "again": _logit("product_again"),
}
"""What the simple methods see: each a number that grows or falls with the chance."""
AT_RANDOM = ("law", "counts")
LAWS = (*AT_RANDOM, "rhythm")
"""Terms that are chances already: little is left to learn, and they hold as a history grows."""
ONE = ("pace", "tenure_rate", "pause", "usual", "mean_gap")
FEW = ("law", "rhythm", "pace", "tenure_rate", "pause")
MANY = tuple(name for name in TERMS if name not in ("usual", "mean_gap"))
PLAIN = (*AT_RANDOM, *ONE)
"""Purchases at random, or one number each: each of the usual baselines is among them."""


@dataclass(frozen=True, slots=True)
class Simple:
    """Logistic regression on some of the terms."""

    names: tuple[str, ...]
    terms: tuple[str, ...]
    centre: Odds
    width: Odds
    weights: Odds
    base: float

    @classmethod
    def fit(cls, names: tuple[str, ...], terms: tuple[str, ...], features: Float, y: Bool) -> Self:
        """Fit to rows; of very many a part, at equal distances."""
        step = -(-len(y) // SIMPLE_ROWS)
        seen, y = _terms(names, terms, features[::step]), y[::step]
        centre, width = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-3)
        learner = LogisticRegression(C=1.0, max_iter=300)
        learner.fit((seen - centre) / width, y)
        return cls(names, terms, centre, width, learner.coef_[0], float(learner.intercept_[0]))

    @classmethod
    def plain(cls, names: tuple[str, ...], terms: tuple[str, ...]) -> Self:
        """Take a chance as it is, or the mean of several."""
        count = len(terms)
        none, one = np.zeros(count), np.ones(count)
        return cls(names, terms, none, one, np.full(count, 1 / count), 0.0)

    @classmethod
    def held(cls, names: tuple[str, ...], terms: tuple[str, ...], features: Float, y: Bool) -> Self:
        """Fit to rows, near to the mean of terms which are chances already."""
        step = -(-len(y) // SIMPLE_ROWS)
        seen, y = _terms(names, terms, features[::step]), y[::step]
        meant = np.append(np.full(len(terms), 1 / len(terms)), 0.0)
        signs = np.where(y, -1.0, 1.0)

        def loss(numbers: Odds) -> tuple[float, Odds]:
            wrong = signs * (seen @ numbers[:-1] + numbers[-1])
            slope = signs * expit(wrong)
            off = numbers - meant
            rise = np.append(slope @ seen, slope.sum()) + 2 * HOLD_SCALE * off
            return float(np.logaddexp(0, wrong).sum() + HOLD_SCALE * off @ off), rise

        found = minimize(loss, meant, method="L-BFGS-B", jac=True).x
        none, one = np.zeros(len(terms)), np.ones(len(terms))
        return cls(names, terms, none, one, found[:-1], float(found[-1]))

    def odds(self, features: Float) -> Odds:
        """Return the log-odds of each row."""
        seen = (_terms(self.names, self.terms, features) - self.centre) / self.width
        return seen @ self.weights + self.base


def _terms(names: tuple[str, ...], terms: tuple[str, ...], features: Float) -> Odds:
    column = {name: features[:, place] for place, name in enumerate(names)}
    return np.column_stack([TERMS[term](column) for term in terms]).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Trees:
    """Gradient-boosted trees on all features."""

    learner: Any

    @classmethod
    def fit(cls, features: Float, y: Bool) -> Self:
        """Fit to rows, with fixed seeds: the same rows give the same trees."""
        few = len(y) < FEW_ROWS
        learner = HistGradientBoostingClassifier(
            max_iter=120 if few else 250,
            learning_rate=0.06,
            max_leaf_nodes=8 if few else 15,
            min_samples_leaf=int(np.clip(len(y) // 2000, 20, 200)),
            l2_regularization=1.0,
            max_features=0.3,
            early_stopping=False,
            random_state=SEED,
        )
        with one_thread():
            return cls(learner.fit(features, y))

    def odds(self, features: Float) -> Odds:
        """Return the log-odds of each row."""
        odds = np.empty(len(features))
        with one_thread():
            for start in range(0, len(features), CHUNK):
                part = slice(start, start + CHUNK)
                odds[part] = self.learner.decision_function(features[part])
        return odds


@dataclass(frozen=True, slots=True)
class Blend:
    """Trees and a simple method together, by weight."""

    simple: Method
    trees: Method
    weight: float

    def odds(self, features: Float) -> Odds:
        """Return the log-odds of each row."""
        return (1 - self.weight) * self.simple.odds(features) + self.weight * self.trees.odds(
            features
        )


@dataclass(frozen=True, slots=True)
class Scaled:
    """A method whose odds are drawn to what came of them where it had not seen the answers."""

    method: Method
    base: float
    slope: float

    @classmethod
    def of(cls, method: Method, odds: Odds, y: Bool) -> Self:
        """Fit base and slope to odds given before and to what came of them, and go half the way.

        Those odds came from a method that had learnt from less: only part of its fault is left.
        """

        def loss(numbers: Odds) -> float:
            base, slope = numbers
            said = base + slope * odds
            held = HOLD_SCALE * (base**2 + (slope - 1) ** 2)
            return float(np.logaddexp(0, np.where(y, -said, said)).sum() + held)

        found = minimize(loss, np.array([0.0, 1.0]), method="L-BFGS-B", bounds=[(-3, 3), (0.2, 2)])
        return cls(method, float(found.x[0]) / 2, (1 + float(found.x[1])) / 2)

    def odds(self, features: Float) -> Odds:
        """Return the log-odds of each row."""
        return self.base + self.slope * self.method.odds(features)


def chances(method: Method, rows: Candidates) -> Odds:
    """Return the probability of each row."""
    return expit(method.odds(rows.features))


def has_enough(y: Bool, events: int = LEAST_EVENTS) -> bool:
    """Tell whether so many were bought again, and so many not."""
    return int(min(y.sum(), (~y).sum())) >= events


def fit_all(names: tuple[str, ...], features: Float, y: Bool) -> dict[str, Method]:
    """Fit every method these rows are enough for, the plainest first."""
    fitted: dict[str, Method] = {term: Simple.plain(names, (term,)) for term in LAWS}
    if has_enough(y):
        fitted |= {term: Simple.held(names, (term,), features, y) for term in LAWS}
        fitted["laws"] = Simple.held(names, LAWS, features, y)
        for term in ONE:
            fitted[term] = Simple.fit(names, (term,), features, y)
        fitted["few"] = Simple.fit(names, FEW, features, y)
    if has_enough(y, TREE_EVENTS):
        fitted["many"] = Simple.fit(names, MANY, features, y)
        fitted["trees"] = Trees.fit(features, y)
    return fitted


def with_blends(odds: dict[str, Odds]) -> dict[str, Odds]:
    """Add the blends of two methods' log-odds."""
    if "trees" not in odds:
        return odds
    many, trees = odds["many"], odds["trees"]
    return odds | {name: (1 - of) * many + of * trees for name, of in WEIGHTS.items()}


def by_name(fitted: dict[str, Method], name: str) -> Method:
    """Return one of the fitted methods or a blend of two."""
    if name in WEIGHTS:
        return Blend(fitted["many"], fitted["trees"], WEIGHTS[name])
    return fitted[name]
