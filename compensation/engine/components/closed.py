"""What kinds have in common that hang on no single order: a rank's bonus, a pool, cycles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from compensation.engine.branches import Branch, Upline, Verdict
from compensation.engine.components.base import Standing
from compensation.engine.parts import OrderLines, Parts, no_parts
from compensation.engine.types import Int
from compensation.engine.volumes import Orders


class OpensToNothing:
    """Lines that open to no order lines: they name a volume, and an adjustment takes them back."""

    __slots__ = ()

    id: str
    opens_to_orders: ClassVar[bool] = False

    def quantity(self, orders: Orders, standing: Standing) -> Int:
        """No order has a share of its own."""
        return np.zeros(len(orders), dtype=np.int64)

    def behind(self, paid_level: int, branch: Branch) -> Int:
        """Nobody's single orders make such a line."""
        return np.zeros(0, dtype=np.int64)

    def verdicts(
        self, sale: Orders, seller: Upline, enrolled_day: int, path: Sequence[Upline]
    ) -> list[Verdict]:
        """No single sale pays anybody."""
        return []

    def parts(self, amount: int, lines: OrderLines, standing: Standing) -> Parts:
        """There are none.

        :raises EngineError: if there is an amount.
        """
        return no_parts(self.id, amount, lines)
