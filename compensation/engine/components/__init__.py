"""The kinds of component that a plan can be made of.

A component is a frozen dataclass read from its part of the plan document. Each has its own module
and its own page in docs/plan/. ``KINDS`` maps the document's ``kind`` to the function that reads
one: ``read(node, rank names, currency digits)``; faults are noted on the node.
"""

from __future__ import annotations

from collections.abc import Callable

from compensation.engine.components.base import Component
from compensation.engine.components.binary import BinaryCycles
from compensation.engine.components.differential import Differential
from compensation.engine.components.flat_bonus import FlatBonus
from compensation.engine.components.generation import GenerationPercent
from compensation.engine.components.level_percent import LevelPercent
from compensation.engine.components.match import Match
from compensation.engine.components.pool import Pool
from compensation.engine.components.quick_start import QuickStart
from compensation.engine.components.rank_bonus import RankBonus
from compensation.engine.components.retail_profit import RetailProfit
from compensation.engine.components.rsp_points import RspPoints
from compensation.engine.components.volume_bracket import VolumeBracket
from compensation.engine.reading import Node

KINDS: dict[str, Callable[[Node, tuple[str, ...], int], Component]] = {
    RspPoints.kind: RspPoints.read,
    LevelPercent.kind: LevelPercent.read,
    FlatBonus.kind: FlatBonus.read,
    VolumeBracket.kind: VolumeBracket.read,
    Differential.kind: Differential.read,
    Match.kind: Match.read,
    GenerationPercent.kind: GenerationPercent.read,
    RetailProfit.kind: RetailProfit.read,
    QuickStart.kind: QuickStart.read,
    RankBonus.kind: RankBonus.read,
    Pool.kind: Pool.read,
    BinaryCycles.kind: BinaryCycles.read,
}

__all__ = [
    "KINDS",
    "BinaryCycles",
    "Component",
    "Differential",
    "FlatBonus",
    "GenerationPercent",
    "LevelPercent",
    "Match",
    "Pool",
    "QuickStart",
    "RankBonus",
    "RetailProfit",
    "RspPoints",
    "VolumeBracket",
]
