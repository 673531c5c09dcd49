"""The ladder of ranks, and how it is read from a plan document. Rules: docs/plan/ranks.md."""

from __future__ import annotations

from dataclasses import dataclass, field

from compensation.engine.arrays import LATER
from compensation.engine.reading import Node
from compensation.engine.requirements import (
    MOST_PERIODS,
    RANK_MEASURES,
    Requirement,
    read_requirements,
)

MOST_RANKS = 50


@dataclass(frozen=True, slots=True)
class Rank:
    """A rank: what must be met to advance to it, and what to be paid as it."""

    name: str
    requires: tuple[Requirement, ...]
    maintains: tuple[Requirement, ...]
    consecutive_periods: int = field(default=1, metadata={LATER: True})
    """To advance, the requirements must be met in so many periods in a row with this one."""


@dataclass(frozen=True, slots=True)
class PayRankFloor:
    """Titles from ``for_titles_from`` upwards are never paid below ``floor`` (ladder indexes)."""

    for_titles_from: int
    floor: int


@dataclass(frozen=True, slots=True)
class Ranks:
    """The ladder, lowest first; the first rank requires nothing."""

    ladder: tuple[Rank, ...]
    steps_per_period: int
    floor: PayRankFloor | None
    grace_periods: int = field(default=0, metadata={LATER: True})
    """Who meets less than the pay rank held last keeps it for up to so many periods in a row."""

    @property
    def names(self) -> tuple[str, ...]:
        """The rank names, lowest first."""
        return tuple(rank.name for rank in self.ladder)

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of all figures that ranks ask for, sorted."""
        asked = {one.measure for rank in self.ladder for one in (*rank.requires, *rank.maintains)}
        return tuple(sorted(asked))


def read_ranks(node: Node) -> Ranks:
    """Read the plan document's ``ranks``; nothing given is a single rank."""
    lowest = Ranks((Rank("Member", (), ()),), 1, None)
    if not node.given:
        return lowest
    parts = node.mapping(("ladder",), ("steps_per_period", "pay_rank_floor", "grace_periods"))
    if parts.broken or not parts.has("ladder"):
        return lowest
    nodes = parts["ladder"].items(least=1, most=MOST_RANKS)
    given = [node.value.get("name") if isinstance(node.value, dict) else None for node in nodes]
    ladder = tuple(
        _rank(node, [str(name) for name in given], index) for index, node in enumerate(nodes)
    )
    names = [rank.name for rank in ladder]
    for index, name in enumerate(names):
        if name and name in names[:index]:
            parts["ladder"].fault(f'the rank "{name}" stands in it twice')
    steps = parts["steps_per_period"].count(1, MOST_RANKS) if parts.has("steps_per_period") else 1
    floor = None
    if parts.has("pay_rank_floor"):
        floor = _floor(parts["pay_rank_floor"], names)
    grace = parts["grace_periods"].count(0, MOST_PERIODS) if parts.has("grace_periods") else 0
    return Ranks(ladder or lowest.ladder, steps, floor, grace)


def _floor(node: Node, names: list[str]) -> PayRankFloor | None:
    table = node.mapping(("for_titles_from", "floor"))
    indexes = []
    for key in ("for_titles_from", "floor"):
        if not table.has(key):
            return None
        if table[key].value not in names:
            table[key].fault(f'"{table[key].value}" is not a rank of the ladder')
            return None
        indexes.append(names.index(str(table[key].value)))
    if indexes[1] > indexes[0]:
        table["floor"].fault("the floor lies above the titles that it is for")
    return PayRankFloor(indexes[0], indexes[1])


def _rank(node: Node, names: list[str], index: int) -> Rank:
    table = node.mapping(("name",), ("requires", "maintains", "consecutive_periods"))
    name = table["name"].text(pattern=r"\S.{0,59}", what="a name") if table.has("name") else ""
    requires = read_requirements(table["requires"], RANK_MEASURES, names, index)
    maintains = requires
    if table.has("maintains"):
        maintains = read_requirements(table["maintains"], RANK_MEASURES, names, index)
    if index == 0 and (requires or maintains):
        table["requires"].fault("the lowest rank can't require anything")
    periods = 1
    if table.has("consecutive_periods"):
        periods = table["consecutive_periods"].count(1, MOST_PERIODS)
        if not requires:
            table["consecutive_periods"].fault("has no meaning where nothing is required")
    return Rank(name, requires, maintains, periods)
