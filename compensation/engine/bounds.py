"""What a component can pay at most: the terms in which components say it. docs/plan/caps.md."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Share:
    """The most that one component can pay."""

    component: str
    of: str
    """What it is a share of.

    ``bv``, ``net``, ``margin`` (what customers pay above the representative's price), ``order`` (a
    fixed amount for each order) or ``head`` (for each person).
    """
    share: Fraction | None
    """Money as a fraction of BV or net sales; ``None`` if the plan does not say enough."""
    fixed_minor: int
    """Minor units for each order or head, for ``order`` and ``head``."""
    how: str
    """The calculation in words."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a component may need to say its bound."""

    currency_digits: int
    bv_value: Fraction
    """Minor units of money that one hundredth of BV stands for."""

    def of_base(self, base: str) -> Fraction:
        """Give the money that a unit of a base stands for: 1 for net sales, else that of a BV."""
        if base == "net":
            return Fraction(1)
        return self.bv_value / Fraction(10**self.currency_digits, 100)


@runtime_checkable
class Bounded(Protocol):
    """A component that says what it can pay at most."""

    def worst_case_share(self, given: Given) -> tuple[Share, ...]:
        """Give the bound, one share for each base that it is paid on."""
