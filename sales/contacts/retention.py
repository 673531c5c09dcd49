"""How long a contact is kept of which nothing comes."""

from __future__ import annotations

import calendar
from datetime import datetime


def months_before(now: datetime, months: int) -> datetime:
    """Return the instant so many calendar months earlier, at the month's end if it is shorter."""
    return months_after(now, -months)


def months_after(at: datetime, months: int) -> datetime:
    """Return the instant so many calendar months later, at the month's end if it is shorter."""
    index = at.year * 12 + at.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return at.replace(year=year, month=month + 1, day=min(at.day, last))
