"""Read BV that was bought with points in a period: it counts for ranks alone."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from compensation import loaders
from compensation.loaders import Connection, Int, Window, numbers, places


def load_bought(
    connection: Connection, window: Window, ids: Int, *, until: datetime | None = None
) -> Int:
    """Read how much each member bought in the period, hundredths; ``until`` a certain instant.

    :raises UnableToLoad: if somebody bought who is not a member in the period.
    """
    found = loaders.query(
        connection,
        "SELECT representative_id, sum(bv)::bigint FROM compensation_rspconversion"
        " WHERE period_id = {period} AND bv > 0 AND converted_at <= {until}::timestamptz"
        " GROUP BY 1 ORDER BY 1",
        period=window.period_id,
        until="infinity" if until is None else until,
    )
    bought = np.zeros(len(ids), dtype=np.int64)
    bought[places(ids, numbers(found, 0), "conversion of points")] = numbers(found, 1)
    return bought
