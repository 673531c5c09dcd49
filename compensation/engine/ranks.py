"""Title and pay ranks. Rules: docs/plan/ranks.md."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from compensation.engine.plan import Ranks
from compensation.engine.requirements import Requirement
from compensation.engine.types import Bool, Int


def decide_ranks(
    ranks: Ranks, measures: Mapping[str, Int], opening: Int, enrolled: Bool
) -> tuple[Int, Int]:
    """Give title rank and pay rank of each member, indexes in the ladder.

    ``measures`` holds an array for every measure that the ladder uses.
    """
    title = opening.copy()
    ladder = ranks.ladder
    advances = [_met(rank.requires, measures, len(title)) for rank in ladder]
    for _ in range(ranks.steps_per_period):
        before = title.copy()
        for index in range(1, len(ladder)):
            title[(before == index - 1) & advances[index] & enrolled] = index
        if (before == title).all():
            break
    pay = np.zeros(len(title), dtype=np.int64)
    for index in range(1, len(ladder)):
        kept = (
            advances[index]
            if ladder[index].maintains == ladder[index].requires
            else _met(ladder[index].maintains, measures, len(title))
        )
        pay[kept & (title >= index)] = index
    if ranks.floor is not None:
        held = title >= ranks.floor.for_titles_from
        pay[held & (pay < ranks.floor.floor)] = ranks.floor.floor
    pay[~enrolled] = 0
    return title, pay


def _met(requires: tuple[Requirement, ...], measures: Mapping[str, Int], count: int) -> Bool:
    met = np.ones(count, dtype=np.bool_)
    for requirement in requires:
        met &= measures[requirement.measure] >= requirement.at_least
    return met
