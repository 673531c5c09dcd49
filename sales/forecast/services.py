"""Making forecasts anew: every night for everybody, and for those who just bought."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


def refresh_forecasts(*, customer_ids: Sequence[int] | None, now: datetime) -> int:
    """Make the forecasts of these customers anew, or everybody's; return how many rows stand.

    Customers who no longer have a paid order lose theirs.
    """
    raise NotImplementedError
