"""The parts of a statement line: who sold, in which orders, and what each part pays.

The parts are derived when asked, from the run's results and the frozen facts, by the same pure
function that a reversal uses. They add up to the line.
"""

from dataclasses import dataclass
from typing import Any

from compensation.engine.plan import Plan
from compensation.models import Earning, Run
from representatives.models import Representative

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """A page of parts and the sums of all of them."""

    rows: list[dict[str, Any]]
    page: int
    has_next: bool
    count: int
    base: int
    amount: int
    adds_up: bool

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before this one."""
        return self.page > 1

    @property
    def previous_number(self) -> int:
        """Number of the page before."""
        return self.page - 1

    @property
    def next_number(self) -> int:
        """Number of the page after."""
        return self.page + 1


def list_sellers(
    run: Run, earning: Earning, plan: Plan, *, viewer: Representative, page: int
) -> Page:
    """Return the sellers behind a line."""
    return Page([], 1, False, 0, 0, 0, False)


def list_seller_orders(
    run: Run, earning: Earning, plan: Plan, *, viewer: Representative, code: str, page: int
) -> Page | None:
    """Return the orders of one seller behind a line."""
    return None
