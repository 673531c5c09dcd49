"""Requirements: a measure that must reach a figure. Rank rules and components are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compensation.engine.reading import Node

RANK_MEASURES = (
    "personal_bv",
    "own_bv",
    "window_bv",
    "group_bv",
    "personal_rsp",
    "rsp_total",
    "active",
    "active_directs",
    "direct_count",
    "stated_points",
)
MEASURES = (
    "personal_bv",
    "own_bv",
    "window_bv",
    "group_bv",
    "personal_rsp",
    "active",
    "active_directs",
    "direct_count",
)
"""What a component may ask for: figures that a run stores for each member."""
COUNTED_MEASURES = frozenset({"active", "active_directs", "direct_count"})
"""Measures that are plain counts; all others are hundredths."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """``measure`` is at least ``at_least`` (hundredths, or a count: ``COUNTED_MEASURES``)."""

    measure: str
    at_least: int


def digits_of(measure: str) -> int:
    """Give the decimals in which figures of a measure are told."""
    return 0 if measure in COUNTED_MEASURES else 2


def read_requirements(
    node: Node, measures: Sequence[str] = RANK_MEASURES
) -> tuple[Requirement, ...]:
    """Read a list of ``measure`` and ``at_least``; nothing given is nothing required."""
    if not node.given:
        return ()
    found = []
    for element in node.items(most=20):
        table = element.mapping(("measure", "at_least"))
        if table.broken or not table.has("measure") or not table.has("at_least"):
            continue
        measure = table["measure"].choice(measures)
        found.append(Requirement(measure, table["at_least"].scaled("a figure", digits_of(measure))))
    return tuple(found)
