"""What follows from a payment, in its transaction: each part of the desk says what it does.

A payment by staff tells one order, an import some thousands at once; a step is set-based and must
neither be slow nor fail for what it finds. `SalesConfig.ready` imports the modules with steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar


class Step(Protocol):
    """Does what follows from payments; called inside their transaction."""

    def __call__(self, *, order_ids: Sequence[int], now: datetime) -> None:
        """Act on the orders just paid; `now` is the company's clock."""


_Step = TypeVar("_Step", bound=Step)
_steps: list[Step] = []


def step(function: _Step) -> _Step:
    """Register what follows from every payment."""
    _steps.append(function)
    return function


def follow(*, order_ids: Sequence[int], now: datetime) -> None:
    """Do all that follows from the payment of these orders, in their transaction."""
    if order_ids:
        for one in _steps:
            one(order_ids=order_ids, now=now)
