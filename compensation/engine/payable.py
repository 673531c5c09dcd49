"""What of a balance is paid, and what is carried on. Rules: docs/plan/rsp-bank.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Payable:
    """A balance in minor units, split: ``paid + carried`` is all of it."""

    paid: int
    carried: int


def payable(balance: int, *, minimum: int = 1) -> Payable:
    """Split a balance: what is above nought is paid, from the minimum payment on, else carried.

    Without a minimum a single minor unit is paid. A negative balance is carried: later pay brings
    it back to nought first.
    """
    if minimum < 0:
        raise ValueError("a minimum payment is never negative")
    if balance >= max(minimum, 1):
        return Payable(paid=balance, carried=0)
    return Payable(paid=0, carried=balance)


def carry_forward(earned: Sequence[int], *, minimum: int = 1, opening: int = 0) -> list[Payable]:
    """Split month after month, each with what the one before carried on."""
    found: list[Payable] = []
    carried = opening
    for amount in earned:
        split = payable(carried + amount, minimum=minimum)
        found.append(split)
        carried = split.carried
    return found
