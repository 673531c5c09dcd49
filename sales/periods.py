"""When a fact counts, given the open periods that the caller knows of.

Periods live one app above; here they are half-open intervals [starts_at, ends_at) of instants.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

Interval = tuple[datetime, datetime]
_LAST_INSTANT = timedelta(microseconds=1)


def interval_of(instant: datetime, open_intervals: Sequence[Interval]) -> Interval | None:
    """Return the open interval that holds an instant, or None."""
    return next((i for i in open_intervals if i[0] <= instant < i[1]), None)


def is_open(instant: datetime, open_intervals: Sequence[Interval]) -> bool:
    """Return whether an instant lies in an open interval."""
    return interval_of(instant, open_intervals) is not None


def return_counts_at(
    *, order_counted_at: datetime, returned_at: datetime, open_intervals: Sequence[Interval]
) -> datetime | None:
    """Return when a return counts, or None if its period is no longer open.

    While the order's own period is open the return nets the line, so it counts in that very
    period even if the pieces came back after its end; otherwise it counts when they came back.
    """
    own = interval_of(order_counted_at, open_intervals)
    if own:
        return min(max(returned_at, order_counted_at), own[1] - _LAST_INSTANT)
    return returned_at if is_open(returned_at, open_intervals) else None
