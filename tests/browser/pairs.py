"""A pairwise cover: few rows in which every two values of different factors meet once at least.

Faults of pages mostly depend on one or two things at once (dark *and* Polish), seldom on three, so
that a cover finds nearly what the whole product would, at a fraction of its size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any

Row = dict[str, Any]
Pair = tuple[tuple[str, Any], tuple[str, Any]]


def everything(
    factors: Mapping[str, Sequence[Any]], allowed: Callable[[Row], bool] = lambda row: True
) -> Iterator[Row]:
    """Return the whole product of the factors, without the rows that are not allowed."""
    for values in product(*factors.values()):
        row = dict(zip(factors, values, strict=True))
        if allowed(row):
            yield row


def pairs_of(row: Row) -> set[Pair]:
    """Return the pairs of values that meet in a row."""
    return set(combinations(row.items(), 2))


def cover(
    factors: Mapping[str, Sequence[Any]], allowed: Callable[[Row], bool] = lambda row: True
) -> list[Row]:
    """Return rows that hold every pair which an allowed row holds; the same ones each time.

    Greedy: for each value of the first factor in turn, the allowed row with the most pairs not met
    yet is taken, until none of its rows adds any. Name the factor with the most values first.
    """
    first = next(iter(factors))
    met: set[Pair] = set()
    rows: list[Row] = []
    for value in factors[first]:
        candidates = list(everything({**factors, first: [value]}, allowed))
        while candidates:
            gains = [len(pairs_of(row) - met) for row in candidates]
            best = max(gains)
            if not best:
                break
            row = candidates.pop(gains.index(best))
            met |= pairs_of(row)
            rows.append(row)
    return rows
