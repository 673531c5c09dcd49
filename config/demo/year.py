"""The demo company's year: its zone, the frozen clock, local days and month boundaries."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

ZONE = ZoneInfo("America/New_York")
CLOCK = datetime(2017, 12, 20, 18, 0, tzinfo=ZONE)
YEAR = 2017


def local_days(paid_at: np.ndarray) -> np.ndarray:
    """Return the company-zone calendar day of each instant, as days since 1970-01-01."""
    start = int(datetime(YEAR, 1, 1, tzinfo=UTC).timestamp()) - 86_400
    hours = (paid_at - start) // 3600
    offsets = np.array(
        [
            int(
                (
                    datetime.fromtimestamp(start + 3600 * hour, ZONE).utcoffset() or timedelta()
                ).total_seconds()
            )
            for hour in range(24 * 370)
        ],
        dtype=np.int64,
    )
    return (paid_at + offsets[hours]) // 86_400


def month_starts() -> list[int]:
    """Return the epoch seconds at which the year's months begin locally, and its end."""
    firsts = [(YEAR, month) for month in range(1, 13)] + [(YEAR + 1, 1)]
    return [int(datetime(y, m, 1, tzinfo=ZONE).timestamp()) for y, m in firsts]
