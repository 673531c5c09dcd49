"""Who is paid and how deep, as most kinds say it; a kind that says it otherwise has its own."""

from __future__ import annotations

from compensation.engine.arrays import column
from compensation.engine.components.base import Standing
from compensation.engine.requirements import Requirement
from compensation.engine.types import Bool, Int


class ByQualification:
    """Members who meet the component's own qualification are paid; without one the active ones."""

    __slots__ = ()

    qualification: tuple[Requirement, ...]

    def counted(self, standing: Standing) -> Bool:
        """Who is active, or meets the component's own qualification."""
        return standing.meets(self.qualification) if self.qualification else standing.qualified

    def may_receive(self, level: int, standing: Standing) -> Bool:
        """Only qualified members are paid."""
        return self.counted(standing)


class DepthByRank:
    """The receiver's own pay rank says how deep he is paid."""

    __slots__ = ()

    depths: tuple[int, ...]
    """Deepest paid level for each rank of the ladder."""

    def depth(self, pay_rank: Int) -> Int:
        """Give the deepest paid level at these pay ranks."""
        return column(self.depths)[pay_rank]


class AnyDepth:
    """Nobody is too deep."""

    __slots__ = ()

    def depth(self, pay_rank: Int) -> None:
        """There is no limit of depth."""
        return


class TakesLevels(ByQualification, DepthByRank):
    """Levels with dynamic compression: each is taken by somebody who may be paid on it."""

    __slots__ = ()

    def takers(self, level: int, standing: Standing) -> Bool:
        """Tell who may be paid on a level, with depth."""
        return self.may_receive(level, standing) & (self.depth(standing.ranks()) >= level)
