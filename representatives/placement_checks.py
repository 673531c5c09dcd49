"""Verify the placement tree: no circle, depths that agree, one person to a place."""

from collections.abc import Iterator

import numpy as np
from django.db import connections

from representatives import tree

NO_PLACE = -1


def find_placement_faults(*, using: str = "default") -> Iterator[str]:
    """Give the faults of the placement tree, worded for an operator."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(array_agg(representative_id ORDER BY representative_id), '{}'),"
            " coalesce(array_agg(parent_id ORDER BY representative_id), '{}'),"
            " coalesce(array_agg(side ORDER BY representative_id), '{}'),"
            " coalesce(array_agg(depth ORDER BY representative_id), '{}')"
            " FROM representatives_placement"
        )
        person, above, side, depth = (
            np.array(column, dtype=np.int64) for column in cursor.fetchone()
        )
    if len(person) == 0:
        return
    at = np.searchsorted(person, above).clip(max=len(person) - 1)
    parent = np.where(person[at] == above, at, NO_PLACE)
    for one in tree.find_cyclic(parent):
        yield f"member {person[one]}: the places above never reach a top"
    expected = np.where(parent == NO_PLACE, 0, depth[parent]) + 1
    for one in np.flatnonzero(depth != expected):
        yield (
            f"member {person[one]}: depth {depth[one]} of the place is not one more than that of"
            f" member {above[one]}"
        )
    order = np.lexsort((side, above))
    first, second = order[:-1], order[1:]
    for one in np.flatnonzero((above[first] == above[second]) & (side[first] == side[second])):
        yield f"members {person[first[one]]} and {person[second[one]]} stand in the same place"
