"""Figures that requirements may ask for, by canonical name. Rules: docs/plan/requirements.md.

A name says all of a figure: ``personal_bv:customers:trailing-3``, ``group_bv:leg-at-most-4000``
(no leg counts for more than 40 BV), ``directs:rank:2``, ``legs:group_bv:60000``. Measures have
their plain names. Names stand in requirements, in results and in ``Standing.figures`` alike. Where
BV was bought with points, results have ``group_bv:bought`` besides, and what ranks take with it
ends in ``:with-bought``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from compensation.engine.arrays import Int

Number = TypeVar("Number", int, Int)

COUNTED_MEASURES = frozenset({"active", "active_directs", "direct_count", "retail_customers"})
"""Measures that are plain counts; all others are hundredths."""
SOURCES = ("customers", "own", "both")
WINDOWED_MEASURES = ("personal_bv", "personal_rsp")
COUNTED_PEOPLE = ("directs", "legs")
LEG_AT_MOST = "leg-at-most-"
BOUGHT = "group_bv:bought"
"""BV bought with points by a member and everybody below: ranks count it beside group BV."""
WITH_BOUGHT = ":with-bought"
"""Ends the names of the other figures of ranks that have bought BV in them."""
BREAKAWAY = "breakaway"
"""Figures of a component with breakaway: ``group_bv:breakaway:<id>``, ``broken_away:...``."""
TRAILING = "trailing-"


@dataclass(frozen=True, slots=True)
class Windowed:
    """Personal volume of some buyers over a window."""

    measure: str
    """``personal_bv`` or ``personal_rsp``."""
    source: str
    """``customers``, ``own`` or ``both``."""
    window: str
    """``period``, ``quarter_to_date`` or ``trailing-<periods>``."""

    @property
    def name(self) -> str:
        """Give the canonical name; the measure's own where nothing is narrowed or widened."""
        window = "period" if self.window == f"{TRAILING}1" else self.window
        if self.source == "both" and window == "period":
            return self.measure
        return f"{self.measure}:{self.source}:{window}"

    def reach(self, month_of_quarter: int) -> int:
        """Give how many earlier periods belong to the window."""
        if self.window == "quarter_to_date":
            return month_of_quarter
        if self.window == "period":
            return 0
        return int(self.window.removeprefix(TRAILING)) - 1


@dataclass(frozen=True, slots=True)
class LegMaximum:
    """Group BV of which no leg counts for more than ``most`` (hundredths)."""

    most: int

    @property
    def name(self) -> str:
        """Give the canonical name."""
        return f"group_bv:{LEG_AT_MOST}{self.most}"


@dataclass(frozen=True, slots=True)
class Counted:
    """How many directs are of a kind, or how many legs hold somebody of it."""

    what: str
    """``directs`` or ``legs``."""
    measure: str
    """A measure, or ``rank``: the pay rank of the period."""
    at_least: int
    """The least figure, or the lowest rank (index in the ladder)."""

    @property
    def name(self) -> str:
        """Give the canonical name."""
        return f"{self.what}:{self.measure}:{self.at_least}"


Figure = Windowed | LegMaximum | Counted


def figure_of(name: str) -> Figure | None:
    """Read a canonical name; ``None`` for a plain measure, or a figure of a component's own."""
    first, *rest = name.split(":")
    if not rest or rest[0] == BREAKAWAY:
        return None
    if first in COUNTED_PEOPLE:
        return Counted(first, rest[0], int(rest[1]))
    if rest[0].startswith(LEG_AT_MOST):
        return LegMaximum(int(rest[0].removeprefix(LEG_AT_MOST)))
    return Windowed(first, rest[0], rest[1]) if first in WINDOWED_MEASURES else None


def asks_for_ranks(name: str) -> bool:
    """Tell whether a figure depends on the pay ranks of the people below."""
    figure = figure_of(name)
    return isinstance(figure, Counted) and figure.measure == "rank"


def rests_on_group(name: str) -> bool:
    """Tell whether a figure is group BV, or counts legs or people by theirs."""
    figure = figure_of(name)
    if isinstance(figure, Counted):
        return figure.measure == "group_bv"
    return name == "group_bv" or isinstance(figure, LegMaximum)


def as_ranks_take_them(figures: Mapping[str, Number]) -> dict[str, Number]:
    """Put bought BV into the figures of a run, as requirements of ranks have it."""
    found = dict(figures)
    if BOUGHT in figures:
        found["group_bv"] = figures["group_bv"] + figures[BOUGHT]
    for name, figure in figures.items():
        if name.endswith(WITH_BOUGHT):
            found[name.removesuffix(WITH_BOUGHT)] = figure
    return found


def digits_of(name: str) -> int:
    """Give the decimals in which a figure is told."""
    return 0 if name in COUNTED_MEASURES or isinstance(figure_of(name), Counted) else 2


def is_volume(name: str) -> bool:
    """Tell whether a figure is BV or RSP, or counts people by theirs."""
    figure = figure_of(name)
    measure = figure.measure if isinstance(figure, Counted) else name.split(":")[0]
    return measure.endswith("_bv") or "rsp" in measure.split("_")
