"""What follows from a payment or a return, in its transaction: each part of the desk says it.

Staff tell one payment or return, an import some thousands at once; a step is set-based and must
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


class ReturnStep(Protocol):
    """Does what follows from accepted returns; called inside their transaction."""

    def __call__(self, *, return_ids: Sequence[int], now: datetime) -> None:
        """Act on the returns just accepted; `now` is the company's clock."""


_Step = TypeVar("_Step", bound=Step)
_ReturnStep = TypeVar("_ReturnStep", bound=ReturnStep)
_steps: list[Step] = []
_return_steps: list[ReturnStep] = []


def step(function: _Step) -> _Step:
    """Register what follows from every payment."""
    _steps.append(function)
    return function


def follow(*, order_ids: Sequence[int], now: datetime) -> None:
    """Do all that follows from the payment of these orders, in their transaction."""
    if order_ids:
        for one in _steps:
            one(order_ids=order_ids, now=now)


def on_return(function: _ReturnStep) -> _ReturnStep:
    """Register what follows from every accepted return."""
    _return_steps.append(function)
    return function


def follow_returns(*, return_ids: Sequence[int], now: datetime) -> None:
    """Do all that follows from these accepted returns, in their transaction."""
    if return_ids:
        for one in _return_steps:
            one(return_ids=return_ids, now=now)
