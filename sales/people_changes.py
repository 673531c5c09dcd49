"""What follows when people are changed, erased, merged or passed on: each package sees to its rows.

This module knows nobody; `SalesConfig.ready` imports the modules that register. A step is
set-based, in the transaction of the change, and leaves no personal data behind.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from representatives.models import Representative

if TYPE_CHECKING:
    from sales.models import Customer


class Erase(Protocol):
    """Deletes or makes anonymous what a package keeps of erased people."""

    def __call__(self, *, customer_ids: Sequence[int], now: datetime) -> None:
        """Act before the people themselves are erased."""


class Edit(Protocol):
    """Forgets what was known of a person and is no longer."""

    def __call__(self, *, before: Customer, after: Customer) -> None:
        """Act once the person is changed."""


class Merge(Protocol):
    """Moves what a package keeps from one person to the other."""

    def __call__(self, *, merged_id: int, into_id: int, now: datetime) -> None:
        """Act once the row is merged, and its orders have moved."""


class PassOn(Protocol):
    """Does away with what is not passed on with a customer."""

    def __call__(
        self,
        *,
        customer_ids: Sequence[int],
        old: Representative,
        new: Representative,
        now: datetime,
    ) -> None:
        """Act once the customers belong to `new`; what was private to `old` goes."""


class InUse(Protocol):
    """Tells which contacts are still worked with."""

    def __call__(self, *, customer_ids: Sequence[int], now: datetime) -> Collection[int]:
        """Return those of the contacts that are not to be deleted as unused."""


class Tell(Protocol):
    """Tells what a package keeps of one person, for that person's own copy of the data."""

    def __call__(self, *, customer: Customer) -> dict[str, Any]:
        """Return tables by name: each a list of rows of plain values."""


_Erase = TypeVar("_Erase", bound=Erase)
_Edit = TypeVar("_Edit", bound=Edit)
_Merge = TypeVar("_Merge", bound=Merge)
_PassOn = TypeVar("_PassOn", bound=PassOn)
_InUse = TypeVar("_InUse", bound=InUse)
_Tell = TypeVar("_Tell", bound=Tell)
_erases: list[Erase] = []
_edits: list[Edit] = []
_merges: list[Merge] = []
_passes: list[PassOn] = []
_uses: list[InUse] = []
_tells: list[Tell] = []


def on_erase(function: _Erase) -> _Erase:
    """Register what an erasure has to do."""
    _erases.append(function)
    return function


def on_edit(function: _Edit) -> _Edit:
    """Register what a change of somebody's name, address or number has to do."""
    _edits.append(function)
    return function


def on_merge(function: _Merge) -> _Merge:
    """Register what a merge has to do."""
    _merges.append(function)
    return function


def on_pass_on(function: _PassOn) -> _PassOn:
    """Register what has to be done when customers pass to another representative."""
    _passes.append(function)
    return function


def in_use(function: _InUse) -> _InUse:
    """Register what keeps an unused contact from being deleted."""
    _uses.append(function)
    return function


def tells(function: _Tell) -> _Tell:
    """Register what belongs to a person's own copy of the data."""
    _tells.append(function)
    return function


def erase(*, customer_ids: Sequence[int], now: datetime) -> None:
    """Let every package do away with its rows of these people."""
    if customer_ids:
        for one in _erases:
            one(customer_ids=customer_ids, now=now)


def edit(*, before: Customer, after: Customer) -> None:
    """Let every package forget what is no longer known of somebody."""
    for one in _edits:
        one(before=before, after=after)


def merge(*, merged_id: int, into_id: int, now: datetime) -> None:
    """Let every package move its rows."""
    for one in _merges:
        one(merged_id=merged_id, into_id=into_id, now=now)


def pass_on(
    *, customer_ids: Sequence[int], old: Representative, new: Representative, now: datetime
) -> None:
    """Let every package do away with what does not pass on."""
    if customer_ids:
        for one in _passes:
            one(customer_ids=customer_ids, old=old, new=new, now=now)


def still_used(*, customer_ids: Sequence[int], now: datetime) -> set[int]:
    """Return the contacts that some package still works with."""
    found: set[int] = set()
    if customer_ids:
        for one in _uses:
            found |= set(one(customer_ids=customer_ids, now=now))
    return found


def tell(*, customer: Customer) -> dict[str, Any]:
    """Return what all packages keep of one person."""
    told: dict[str, Any] = {}
    for one in _tells:
        told |= one(customer=customer)
    return told
