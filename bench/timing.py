"""Statistics of measured times."""

from collections.abc import Sequence
from statistics import median

__all__ = ["median", "percentile"]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of the values; ``share`` is 0 to 100.

    :raises ValueError: if there are no values.
    """
    if not values:
        raise ValueError("no values to take a percentile of")
    ranked = sorted(values)
    rank = -(-len(ranked) * share // 100)
    return ranked[max(0, int(rank) - 1)]
