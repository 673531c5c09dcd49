"""Tables of brackets: a figure chooses a percentage. Rules: docs/plan/volume-bracket.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from compensation.engine.arrays import as_numbers, column
from compensation.engine.reading import Node
from compensation.engine.types import Int

MOST_BRACKETS = 50
LOOKED_UP = ("personal_bv", "own_bv", "window_bv", "group_bv", "personal_rsp")
"""Measures that can choose a bracket."""


@dataclass(frozen=True, slots=True)
class Bracket:
    """From ``start`` (hundredths or minor units) on, ``percent`` (5 % is 1/20)."""

    start: int
    percent: Fraction


def read_brackets(node: Node, digits: int) -> tuple[Bracket, ...]:
    """Read a list of ``from`` and ``percent``; figures must rise."""
    found: list[Bracket] = []
    for element in node.items(least=1, most=MOST_BRACKETS):
        table = element.mapping(("from", "percent"))
        if not table.has("from") or not table.has("percent"):
            continue
        start = table["from"].scaled("a figure", digits)
        if found and start <= found[-1].start:
            table["from"].fault("must be above the bracket before")
        found.append(Bracket(start, table["percent"].percentage()))
    return tuple(found)


def bracket_numbers(brackets: Sequence[Bracket], figures: Int) -> Int:
    """Give the number of the bracket that each figure reaches, from 1; 0 below the first."""
    starts = column(bracket.start for bracket in brackets)
    return as_numbers(np.searchsorted(starts, figures, side="right"))
