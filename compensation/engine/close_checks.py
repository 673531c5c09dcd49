"""What the close asks people about before a month is approved: the bands of a plan.

None of it decides a result: bands are left out of the plan's digest. Rules: docs/closing.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from compensation.engine.reading import Node


@dataclass(frozen=True, slots=True)
class CloseChecks:
    """Bands outside which a month is a finding; shares are exact (60 % is 3/5)."""

    ratio_from: Fraction = Fraction(0)
    ratio_to: Fraction = Fraction(60, 100)
    """Commissions, and points at the cash rate, over net sales without tax."""
    total_moved: Fraction = Fraction(25, 100)
    """By what share of last month's total this month's may differ."""
    mover_share: Fraction = Fraction(50, 100)
    mover_minor: int = 100_00
    """Whose pay differs by at least both, of last month's and in minor units, is a top mover."""


USUAL = CloseChecks()
"""For a currency of two decimals."""


def read_close_checks(node: Node, digits: int) -> CloseChecks:
    """Read the section ``close_checks``; what is not given has its default.

    ``digits`` are the decimals of the plan's currency.
    """
    usual = CloseChecks(mover_minor=100 * 10**digits)
    if not node.given:
        return usual
    table = node.mapping((), ("payout_ratio", "total_moved", "top_movers"))
    low, high = usual.ratio_from, usual.ratio_to
    if table.has("payout_ratio"):
        band = table["payout_ratio"].mapping(("from", "to"))
        if band.has("from") and band.has("to"):
            low, high = _share(band["from"]), _share(band["to"])
            if low > high:
                band["to"].fault("lies below from")
    share, least = usual.mover_share, usual.mover_minor
    if table.has("top_movers"):
        movers = table["top_movers"].mapping(("percent", "at_least"))
        if movers.has("percent") and movers.has("at_least"):
            share = _share(movers["percent"])
            least = movers["at_least"].scaled("an amount", digits)
    moved = _share(table["total_moved"]) if table.has("total_moved") else usual.total_moved
    return CloseChecks(low, high, moved, share, least)


def _share(node: Node) -> Fraction:
    """Take the value as a percentage that may exceed 100."""
    exact = node.decimal("a percentage") / 100
    if exact < 0:
        node.fault("must not be below nought")
        return Fraction(0)
    return exact
