"""The tax lines of an order: one for each rate, from what was rounded on its lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from sales.amounts import BASIS_POINTS
from sales.models import OrderLine


@dataclass(frozen=True, slots=True)
class TaxLine:
    """What an order has at one rate, in minor units: net and tax add up to gross."""

    rate: Fraction
    net_minor: int
    tax_minor: int


def tax_lines(lines: Iterable[OrderLine]) -> list[TaxLine]:
    """Return the tax lines of an order, the highest rate first.

    Sums of rounded lines: nothing is rounded again, so that they add up to the order's totals.
    """
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        sums[line.tax_rate_bp][0] += line.net_minor
        sums[line.tax_rate_bp][1] += line.tax_minor
    return [
        TaxLine(Fraction(rate, BASIS_POINTS), net, tax)
        for rate, (net, tax) in sorted(sums.items(), reverse=True)
    ]
