"""Acts of staff on facts that must know the open periods and the ledger.

Those live one app above, which provides the acts when it starts; the admin of orders and returns
offers what it was given. An act takes what the service of the same name in `sales.services` takes,
without the open periods.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sales.models import Order, Return


@dataclass(slots=True)
class StaffActs:
    """What was provided so far; None is not offered."""

    record_payment: Callable[..., Order] | None = None
    accept_return: Callable[..., Return] | None = None


provided = StaffActs()


def provide(
    *,
    record_payment: Callable[..., Order] | None = None,
    accept_return: Callable[..., Return] | None = None,
) -> None:
    """Offer acts in the admin of orders and returns."""
    provided.record_payment = record_payment or provided.record_payment
    provided.accept_return = accept_return or provided.accept_return
