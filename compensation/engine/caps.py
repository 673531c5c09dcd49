"""Upper limits of what a person, or the company, pays. Rules: docs/plan/caps.md."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit of what components pay; its cut is a statement line of its own."""

    id: str
    scope: str
    """``person`` or ``company``."""
    of: tuple[str, ...]
    """Ids of the money components that it covers."""
    amount: int | None
    """Minor units, the most for a person; ``None`` where ``percent`` says it."""
    percent: Fraction
    """Share of the company's volume, the most for all together."""
    on: str
    """``bv`` or ``net``, for ``percent``; else empty."""
