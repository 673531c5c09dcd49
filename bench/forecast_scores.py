"""How good a forecast is: AUC, calibration, precision; and the baselines it stands beside."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

from sales.forecast.features import HORIZON, Candidates, Known, describe, labels
from sales.forecast.purchases import Purchases

BINS = 10
TOP_SHARE = 10
BOOTSTRAPS = 400
FITTED_PAIRS = 50_000
SEED = 20_171_001
PENALTIES = (0.0, 0.001, 0.01, 0.1)


@dataclass(frozen=True, slots=True)
class Exam:
    """All that was bought before a cut, what was known by then, and what was bought again."""

    cut: int
    rows: Candidates
    known: Known
    y: np.ndarray

    @classmethod
    def of(cls, purchases: Purchases, cut: int) -> Exam:
        """Set the exam of a day."""
        known = Known.of(purchases, cut)
        rows = describe(purchases, cut, known)
        return cls(cut, rows, known, labels(purchases, rows, cut))


def auc(y: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return the chance that a bought pair stands above one not bought; a tie is half."""
    return float(_Ranking(y, score).auc(weight))


class _Ranking:
    """A score sorted once, for an AUC under many weights."""

    def __init__(self, y: np.ndarray, score: np.ndarray) -> None:
        self.order = np.argsort(score, kind="stable")
        ordered = score[self.order]
        fresh = np.ones(ordered.size, dtype=bool)
        fresh[1:] = ordered[1:] != ordered[:-1]
        self.starts = np.flatnonzero(fresh)
        self.bought = y[self.order].astype(np.float64)

    def auc(self, weight: np.ndarray | None) -> float:
        of = np.ones(self.bought.size) if weight is None else weight[self.order]
        yes = np.add.reduceat(of * self.bought, self.starts)
        no = np.add.reduceat(of * (1 - self.bought), self.starts)
        below = np.cumsum(no) - no
        whole = yes.sum() * no.sum()
        return float((yes * (below + no / 2)).sum() / whole) if whole else float("nan")


def bootstrap(
    y: np.ndarray, ours: np.ndarray, theirs: np.ndarray, customer: np.ndarray
) -> tuple[float, float]:
    """Return the middle 95 % of the AUC difference, over draws of whole households."""
    draw = np.random.default_rng(SEED)
    count = int(customer.max()) + 1
    people = np.unique(customer)
    left, right = _Ranking(y, ours), _Ranking(y, theirs)
    found = []
    for _ in range(BOOTSTRAPS):
        drawn = draw.choice(people, size=people.size)
        weight = np.bincount(drawn, minlength=count).astype(np.float64)[customer]
        found.append(left.auc(weight) - right.auc(weight))
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)


def calibration(y: np.ndarray, chance: np.ndarray) -> list[tuple[int, float, float]]:
    """Return rows, mean chance and share bought of ten bins of equal count, the lowest first."""
    bins = np.array_split(_at_random(chance), BINS)
    return [
        (len(part), float(chance[part].mean()), float(y[part].mean())) for part in bins if part.size
    ]


def _at_random(score: np.ndarray) -> np.ndarray:
    """Return places by ascending score; equal ones fall where they may, the same each time."""
    return np.lexsort((np.random.default_rng(SEED).random(score.size), score))


def calibration_error(y: np.ndarray, chance: np.ndarray) -> float:
    """Return the mean distance of chance and share bought over the bins."""
    bins = calibration(y, chance)
    return sum(rows * abs(mean - share) for rows, mean, share in bins) / max(len(y), 1)


def calibration_error_by_luck(chance: np.ndarray, draws: int = 200) -> float:
    """Return the error that forecasts without fault stay below in 95 of 100 months of this size."""
    draw = np.random.default_rng(SEED)
    bins = [part for part in np.array_split(np.sort(chance), BINS) if part.size]
    found = []
    for _ in range(draws):
        off = [abs(float((draw.random(part.size) < part).mean() - part.mean())) for part in bins]
        found.append(np.average(off, weights=[part.size for part in bins]))
    return float(np.quantile(found, 0.95))


def precision(y: np.ndarray, score: np.ndarray) -> float:
    """Return the share bought among the tenth with the highest score."""
    top = _at_random(-score)[: max(len(score) // TOP_SHARE, 1)]
    return float(y[top].mean())


Score = Callable[[Exam], np.ndarray]


def _pack(exam: Exam) -> np.ndarray:
    return exam.known.products.interval[exam.rows.product]


def _interval(exam: Exam) -> np.ndarray:
    """Return the mean of the customer's own intervals; who bought once comes last."""
    mean = exam.rows.column("mean_gap")
    longest = float(exam.rows.column("age").max(initial=0)) + 1
    return np.where(np.isnan(mean), longest, mean)


def _elapsed(exam: Exam) -> np.ndarray:
    return exam.rows.column("elapsed")


def buy_till_you_die(exam: Exam) -> np.ndarray:
    """Return the purchases BG/NBD expects in the 30 days, fitted by the library `lifetimes`."""
    from lifetimes import BetaGeoFitter

    age = exam.rows.column("age").astype(np.float64)
    recency = age - exam.rows.column("elapsed")
    repeats = exam.rows.purchases.astype(np.float64) - 1
    some = np.random.default_rng(SEED).permutation(repeats.size)[:FITTED_PAIRS]
    for penalty in PENALTIES:
        fitter = BetaGeoFitter(penalizer_coef=penalty)
        quiet = redirect_stdout(io.StringIO())  # it prints what its optimizer says
        with warnings.catch_warnings(), np.errstate(all="ignore"), quiet:
            warnings.simplefilter("ignore")
            try:
                fitter.fit(repeats[some], recency[some], age[some])
            except Exception:  # the library gives up in many ways
                continue
            expected = np.asarray(
                fitter.conditional_expected_number_of_purchases_up_to_time(
                    HORIZON, repeats, recency, age
                ),
                dtype=np.float64,
            )
            alive = np.asarray(fitter.conditional_probability_alive(repeats, recency, age))
            shape, scale = fitter.params_["r"], fitter.params_["alpha"]
        plain = np.nan_to_num(alive) * (shape + repeats) / (scale + age) * HORIZON
        if np.isfinite(plain).all():
            return np.where(np.isfinite(expected), expected, plain)
    return repeats


BASELINES: dict[str, tuple[Score, ...]] = {
    "pack_length": (
        lambda exam: -_pack(exam),
        lambda exam: -np.abs(_elapsed(exam) - _pack(exam)),
        lambda exam: -np.maximum(_elapsed(exam), _pack(exam)),
    ),
    "mean_interval": (
        lambda exam: -_interval(exam),
        lambda exam: -np.abs(_elapsed(exam) - _interval(exam)),
        lambda exam: -np.maximum(_elapsed(exam), _interval(exam)),
    ),
    "purchase_count": (lambda exam: exam.rows.purchases.astype(np.float64),),
    "bg_nbd": (buy_till_you_die,),
}
"""Each baseline in the ways it can be turned into a score; the best on the month before is used."""


def choose_baselines(before: Exam | None) -> dict[str, Score]:
    """Return each baseline in the way that did best on the month before the one that is scored."""
    chosen = {}
    for name, ways in BASELINES.items():
        best = ways[0]
        if before is not None and len(ways) > 1 and 0 < before.y.sum() < before.y.size:
            best = max(ways, key=lambda way: auc(before.y, way(before)))
        chosen[name] = best
    return chosen


def figures(y: np.ndarray, chance: np.ndarray) -> dict[str, Any]:
    """Return what is told of our own forecast."""
    return {
        "auc": round(auc(y, chance), 5),
        "ece": round(calibration_error(y, chance), 5),
        "precision_top_decile": round(precision(y, chance), 5),
        "calibration": [
            {"rows": rows, "chance": round(mean, 4), "bought": round(share, 4)}
            for rows, mean, share in calibration(y, chance)
        ],
    }
