"""Title and pay ranks. Rules: docs/plan/ranks.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from compensation.engine.figures import Counted, asks_for_ranks, figure_of
from compensation.engine.people import FEW, Counting
from compensation.engine.plan import Rank, Ranks
from compensation.engine.requirements import Requirement
from compensation.engine.tree import Tree
from compensation.engine.types import NOT_STATED, Bool, EngineError, Int


@dataclass(frozen=True, slots=True)
class RankGiven:
    """What ranks are decided from, by position."""

    opening: Int
    enrolled: Bool
    figures: Mapping[str, Int]
    """Every figure that the ladder asks for, but those that hang on ranks."""
    tree: Tree
    left_behind: Mapping[str, Int] = field(default_factory=dict)
    """What the period before left behind, by key."""
    exactly: Int | None = None
    """Stated pay ranks, ``NOT_STATED`` elsewhere; ``None``: nobody's."""
    at_least: Int | None = None
    at_most: Int | None = None

    def part(self, rows: Int, names: set[str]) -> Self:
        """Cut out some positions, with figures of these names alone."""
        return replace(
            self,
            opening=self.opening[rows],
            enrolled=self.enrolled[rows],
            figures={name: self.figures[name][rows] for name in names},
            left_behind={key: values[rows] for key, values in self.left_behind.items()},
            exactly=None if self.exactly is None else self.exactly[rows],
            at_least=None if self.at_least is None else self.at_least[rows],
            at_most=None if self.at_most is None else self.at_most[rows],
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """Everybody's ranks, indexes in the ladder."""

    title: Int
    pay: Int
    grace_used: Int
    """Periods in a row, with this one, in which a rank is kept by grace alone; 0: none."""
    figures: dict[str, Int]
    """The ladder's figures that hang on ranks."""
    carried: dict[str, Int]
    """What is left behind for the next period, by key."""


def _distinct(rows: Int, count: int) -> Int:
    """Give each of some rows below ``count`` once, in order: many are marked, few are sorted."""
    if len(rows) * FEW <= count:
        return np.unique(rows)
    marked = np.zeros(count, dtype=np.bool_)
    marked[rows] = True
    return np.flatnonzero(marked)


def decide_ranks(ranks: Ranks, given: RankGiven) -> Decided:
    """Decide title rank and pay rank of each member.

    Where a rule counts people by rank, ranks are decided from nought upwards: whoever has more
    people of a kind below him than before is decided again, until nobody has. It ends: ranks only
    rise with the people below, and hang on nobody else.

    :raises EngineError: if a stated pay rank is not in the ladder.
    """
    _check_stated(ranks, given)
    asked = [one for rank in ranks.ladder for one in (*rank.requires, *rank.maintains)]
    names = {one.measure for one in asked}
    hanging = {name: _Kind.of(name, given) for name in sorted(names) if asks_for_ranks(name)}
    if not hanging:
        return _decided_once(ranks, given, {}, {})
    fixed: dict[tuple[Requirement, ...], Bool] = {}
    everybody = np.arange(len(given.opening))
    decided = _decided_once(ranks, given, _counts(hanging), fixed)
    rows, pay, settled = everybody, decided.pay, True
    while True:
        risen = [kind.risen(rows, pay[rows]) for kind in hanging.values()]
        rows = _distinct(np.concatenate(risen), len(everybody))
        if len(rows) == 0:
            break
        if settled := len(rows) * FEW > len(everybody):
            decided = _decided_once(ranks, given, _counts(hanging), fixed)
            rows, pay = everybody, decided.pay
        else:
            part = given.part(rows, names - set(hanging))
            counts = {name: kind.counting.counts[rows] for name, kind in hanging.items()}
            pay[rows] = _decided_once(ranks, part, counts, {}).pay
    return decided if settled else _decided_once(ranks, given, _counts(hanging), fixed)


@dataclass(frozen=True, slots=True)
class _Kind:
    """People of a rank, counted below everybody."""

    at_least: int
    enrolled: Bool
    counting: Counting

    @classmethod
    def of(cls, name: str, given: RankGiven) -> Self:
        """Begin to count with everybody at the lowest rank."""
        figure = _counted(name)
        everybody = given.enrolled & (figure.at_least <= 0)
        return cls(figure.at_least, given.enrolled, Counting(given.tree, figure.what, everybody))

    def risen(self, rows: Int, pay: Int) -> Int:
        """Take in the pay ranks of some rows; give the positions that count more people."""
        new = (pay >= self.at_least) & self.enrolled[rows] & ~self.counting.of_kind[rows]
        return self.counting.add(rows[new])


def _counts(kinds: Mapping[str, _Kind]) -> dict[str, Int]:
    return {name: kind.counting.counts for name, kind in kinds.items()}


def _counted(name: str) -> Counted:
    figure = figure_of(name)
    if not isinstance(figure, Counted):
        raise EngineError(f"{name} counts nobody")
    return figure


def count_by_rank(name: str, pay: Int, given: RankGiven) -> Int:
    """Give everybody's figure of a name that counts people by pay rank."""
    figure = _counted(name)
    of_kind = given.enrolled & (pay >= figure.at_least)
    return Counting(given.tree, figure.what, of_kind).counts


def _check_stated(ranks: Ranks, given: RankGiven) -> None:
    for stated in (given.exactly, given.at_least, given.at_most):
        if stated is None:
            continue
        outside = (stated < 0) | (stated >= len(ranks.ladder))
        if bool((outside & (stated != NOT_STATED)).any()):
            raise EngineError("a stated pay rank is not in the plan's ladder")


def _decided_once(
    ranks: Ranks,
    given: RankGiven,
    counts: dict[str, Int],
    fixed: dict[tuple[Requirement, ...], Bool],
) -> Decided:
    """Decide ranks with people counted as they are; ``fixed`` keeps what can't change."""

    def met(requires: tuple[Requirement, ...]) -> Bool:
        if requires not in fixed:
            plain = [one for one in requires if one.measure not in counts]
            fixed[requires] = _met(plain, given.figures, len(given.opening))
        hanging = [one for one in requires if one.measure in counts]
        return fixed[requires] & _met(hanging, counts, len(given.opening))

    carried: dict[str, Int] = {}
    ladder = ranks.ladder
    requires = [met(rank.requires) for rank in ladder]
    advances = [
        _often_enough(rank, now, given, carried) for rank, now in zip(ladder, requires, strict=True)
    ]
    title = _title(ranks, advances, given)
    pay = np.zeros(len(title), dtype=np.int64)
    for index, rank in enumerate(ladder[1:], start=1):
        kept = requires[index] if rank.maintains == rank.requires else met(rank.maintains)
        pay[kept & (title >= index)] = index
    grace_used = _in_grace(ranks, given, pay)
    by_grace = pay.copy() if ranks.grace_periods else pay
    if ranks.floor is not None:
        held = title >= ranks.floor.for_titles_from
        pay[held & (pay < ranks.floor.floor)] = ranks.floor.floor
    pay[~given.enrolled] = 0
    pay = _as_stated(given, pay)
    if ranks.grace_periods:
        grace_used[pay != by_grace] = 0  # the floor or staff decides, not grace
        for index, rank in enumerate(ladder[1:], start=1):
            at_rank = (pay == index) & given.enrolled
            carried[f"held:{rank.name}"] = np.where(at_rank, 1 + grace_used, 0)
    return Decided(title, pay, grace_used, counts, carried)


def _often_enough(rank: Rank, met: Bool, given: RankGiven, carried: dict[str, Int]) -> Bool:
    """Tell who meets a rank's requirements for as many periods in a row as it takes."""
    if rank.consecutive_periods == 1:
        return met
    key = f"met:{rank.name}"
    before = given.left_behind.get(key, np.zeros(len(met), dtype=np.int64))
    carried[key] = np.where(met & given.enrolled, before + 1, 0)
    enough: Bool = carried[key] >= rank.consecutive_periods
    return enough


def _title(ranks: Ranks, advances: list[Bool], given: RankGiven) -> Int:
    title = given.opening.copy()
    for _ in range(ranks.steps_per_period):
        before = title.copy()
        for index in range(1, len(ranks.ladder)):
            title[(before == index - 1) & advances[index] & given.enrolled] = index
        if (before == title).all():
            break
    return title


def _in_grace(ranks: Ranks, given: RankGiven, pay: Int) -> Int:
    """Lift to the rank that was held last whoever has grace left; give the grace used."""
    used = np.zeros(len(pay), dtype=np.int64)
    if not ranks.grace_periods:
        return used
    met = pay.copy()
    for index, rank in enumerate(ranks.ladder[1:], start=1):
        noted = given.left_behind.get(f"held:{rank.name}")  # 1 + grace used so far
        if noted is None:
            continue
        kept = (noted > 0) & (noted <= ranks.grace_periods) & (met < index) & given.enrolled
        pay[kept] = index
        used[kept] = noted[kept]
    return used


def _as_stated(given: RankGiven, pay: Int) -> Int:
    """Apply what staff has stated: exactly, then at least, then at most."""
    if given.exactly is not None:
        pay = np.where(given.exactly != NOT_STATED, given.exactly, pay)
    if given.at_least is not None:
        said = (given.at_least != NOT_STATED) & given.enrolled
        pay = np.where(said, np.maximum(pay, given.at_least), pay)
    if given.at_most is not None:
        said = (given.at_most != NOT_STATED) & given.enrolled
        pay = np.where(said, np.minimum(pay, given.at_most), pay)
    return pay


def _met(requires: list[Requirement], figures: Mapping[str, Int], count: int) -> Bool:
    met = np.ones(count, dtype=np.bool_)
    for requirement in requires:
        met &= figures[requirement.measure] >= requirement.at_least
    return met
