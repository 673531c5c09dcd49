"""Requirements: a figure that must be reached. Rank rules and components are made of them.

Rules: docs/plan/requirements.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compensation.engine.figures import (
    COUNTED_MEASURES,
    COUNTED_PEOPLE,
    SOURCES,
    TRAILING,
    WINDOWED_MEASURES,
    Counted,
    LegMaximum,
    Windowed,
    digits_of,
)
from compensation.engine.reading import Mapping, Node

__all__ = [
    "COUNTED_MEASURES",
    "MEASURES",
    "RANK_MEASURES",
    "Requirement",
    "digits_of",
    "read_requirements",
    "read_window",
]

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
    "retail_customers",
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
    "retail_customers",
)
"""What a component may ask for: figures that a run stores for each member."""
MOST_COUNTED = 10**9
MOST_PERIODS = 36


@dataclass(frozen=True, slots=True)
class Requirement:
    """The figure is at least ``at_least``: hundredths, or a count (``digits_of``)."""

    measure: str
    """Canonical name of the figure (``compensation.engine.figures``)."""
    at_least: int


def read_requirements(
    node: Node,
    measures: Sequence[str] = RANK_MEASURES,
    ranks: Sequence[str] = (),
    of_rank: int | None = None,
) -> tuple[Requirement, ...]:
    """Read a list of requirements; nothing given is nothing required.

    ``ranks`` are the names of the ladder. ``of_rank`` is the index of the rank that asks: people
    can then be counted by lower ranks alone, so that ranks depend on people below and on nothing
    else.
    """
    if not node.given:
        return ()
    found = [_read(element, measures, ranks, of_rank) for element in node.items(most=20)]
    return tuple(one for one in found if one is not None)


def _read(
    node: Node, measures: Sequence[str], ranks: Sequence[str], of_rank: int | None
) -> Requirement | None:
    if isinstance(node.value, dict) and "count" in node.value:
        table = node.mapping(("count", "who", "at_least"))
        if not all(table.has(key) for key in ("count", "who", "at_least")):
            return None
        what = table["count"].choice(COUNTED_PEOPLE)
        counted = _who(table["who"], what, measures, ranks, of_rank)
        at_least = table["at_least"].count(0, MOST_COUNTED)
        return None if counted is None else Requirement(counted.name, at_least)
    table = node.mapping(("measure", "at_least"), ("from", "window", "per_leg_at_most"))
    if table.broken or not table.has("measure") or not table.has("at_least"):
        return None
    measure = table["measure"].choice(measures)
    at_least = table["at_least"].scaled("a figure", digits_of(measure))
    if table.has("per_leg_at_most"):
        return _leg_maximum(table, measure, at_least)
    return Requirement(_windowed(table, measure), at_least)


def _windowed(table: Mapping, measure: str) -> str:
    if measure not in WINDOWED_MEASURES:
        for key in ("from", "window"):
            if table.has(key):
                table[key].fault(f"has no meaning with the measure {measure}")
        return measure
    source = table["from"].choice(SOURCES) if table.has("from") else "both"
    window, trailing = "period", 0
    if table.has("window"):
        window, trailing = read_window(table["window"])
    if window == "trailing":
        window = f"{TRAILING}{trailing}"
    return Windowed(measure, source, window).name


def read_window(node: Node) -> tuple[str, int]:
    """Read ``period``, ``quarter_to_date`` or ``{trailing: n}``; gives the name and n, else 0."""
    if isinstance(node.value, dict):
        table = node.mapping(("trailing",))
        return "trailing", table["trailing"].count(1, MOST_PERIODS) if table.has("trailing") else 1
    return node.choice(("quarter_to_date", "period")), 0


def _leg_maximum(table: Mapping, measure: str, at_least: int) -> Requirement | None:
    node = table["per_leg_at_most"]
    for key in ("from", "window"):
        if table.has(key):
            table[key].fault("has no meaning with per_leg_at_most")
    if measure != "group_bv":
        node.fault(f"has no meaning with the measure {measure}; only group_bv has legs")
        return None
    share = node.percentage()
    if share == 0:
        node.fault("must be above nought, or no leg counts at all")
    return Requirement(LegMaximum(int(at_least * share)).name, at_least)


def _who(
    node: Node, what: str, measures: Sequence[str], ranks: Sequence[str], of_rank: int | None
) -> Counted | None:
    if isinstance(node.value, dict) and "rank" in node.value:
        name = node.mapping(("rank",))["rank"]
        if not name.given:
            return None
        if name.value not in ranks:
            name.fault(f'"{name.value}" is not a rank of the ladder')
            return None
        index = list(ranks).index(str(name.value))
        if of_rank is not None and index >= of_rank:
            name.fault(
                f"{ranks[of_rank]} can't hang on people of its own rank or a higher one: "
                "the rule would feed itself"
            )
            return None
        return Counted(what, "rank", index)
    table = node.mapping(("measure", "at_least"))
    if table.broken or not table.has("measure") or not table.has("at_least"):
        return None
    measure = table["measure"].choice(measures)
    at_least = table["at_least"].scaled("a figure", digits_of(measure))
    return Counted(what, measure, at_least)
