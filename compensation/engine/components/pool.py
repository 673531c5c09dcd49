"""A share of the company's volume, shared out. Rules: docs/plan/pool.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from compensation.engine.bounds import Given, Share
from compensation.engine.components.base import (
    IDENTIFIER,
    Situation,
    component_table,
    read_identifier,
)
from compensation.engine.components.closed import OpensToNothing
from compensation.engine.components.receiving import AnyDepth, ByQualification
from compensation.engine.levels import Level
from compensation.engine.money import INT64_MAX, SumTooLargeError, round_ratio
from compensation.engine.rankings import UNLIMITED, Ranking
from compensation.engine.reading import Mapping, Node
from compensation.engine.requirements import (
    MEASURES,
    Requirement,
    digits_of,
    read_requirements,
)
from compensation.engine.shares import share_out
from compensation.engine.types import Int, Unit
from compensation.engine.wording import (
    MEASURE_NAMES,
    decimal_text,
    percent_text,
    qualified_sentences,
)

if TYPE_CHECKING:
    from compensation.engine.plan import Plan

MOST_SHARES = 1_000_000
MOST_POSITIONS = 1000


@dataclass(frozen=True, slots=True)
class SharesByRank:
    """So many shares for each rank of the ladder, by the pay rank of the period."""

    shares: tuple[int, ...]

    def counted(self, situation: Situation) -> Int:
        """Give everybody's shares."""
        return np.array(self.shares)[situation.standing.ranks()]


@dataclass(frozen=True, slots=True)
class SharesByMeasure:
    """One share for each full ``per`` of a measure."""

    measure: str
    per: int
    """Hundredths, or a count."""

    def counted(self, situation: Situation) -> Int:
        """Give everybody's shares."""
        figures = situation.standing.figure(self.measure)
        shares: Int = np.maximum(figures // self.per, 0)
        return shares


@dataclass(frozen=True, slots=True)
class SharesByPosition:
    """So many shares for the first, second, ... of a ranking."""

    ranking: str
    by_position: tuple[int, ...]

    def counted(self, situation: Situation) -> Int:
        """Give everybody's shares."""
        table = np.array((0, *self.by_position, 0))
        position = situation.rankings[self.ranking].position
        return table[np.minimum(position, len(table) - 1)]


@dataclass(frozen=True, slots=True)
class Pool(OpensToNothing, ByQualification, AnyDepth):
    """A percentage of the company's volume, shared out by largest remainder."""

    id: str
    percent: Fraction
    on: str
    """``bv`` or ``net``."""
    shares: SharesByRank | SharesByMeasure | SharesByPosition
    qualification: tuple[Requirement, ...]

    kind: ClassVar[str] = "pool"
    unit: ClassVar[Unit] = Unit.MONEY

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...], digits: int) -> Self:
        """Read the component from its part of the plan document."""
        table = component_table(node, ("percent", "shares"), ("on", "qualification"))
        percent = table["percent"].percentage() if table.has("percent") else Fraction(0)
        if table.has("percent") and percent == 0 and not isinstance(table["percent"].value, float):
            table["percent"].fault("must be above nought")
        return cls(
            id=read_identifier(table),
            percent=percent,
            on=table["on"].choice(("bv", "net")) if table.has("on") else "bv",
            shares=_read_shares(table, ranks),
            qualification=read_requirements(table["qualification"], MEASURES, ranks),
        )

    @property
    def compression(self) -> str:
        """There are no levels."""
        return "none"

    def size(self, situation: Situation) -> int:
        """Give the pool, minor units: the percentage of the period's volume, never below nought.

        :raises SumTooLargeError: if it leaves 64 bits.
        """
        orders = situation.orders
        volumes = orders.net if self.on == "net" else orders.bv
        exact = int(volumes.sum()) * self.percent
        if self.on == "bv":
            exact *= situation.bv_value
        amount = round_ratio(exact.numerator, exact.denominator, situation.plan_rounding)
        if amount > INT64_MAX:
            raise SumTooLargeError(f"component {self.id}: the pool does not fit into 64 bits")
        return max(amount, 0)

    def spread(self, situation: Situation) -> list[Level]:
        """Give what everybody with shares gets, as level 0, each at his own rate."""
        shares = self.shares.counted(situation)
        shares = np.where(self.counted(situation.standing), shares, 0)
        receiver = np.flatnonzero(shares)
        amount = self.size(situation)
        if amount == 0 or len(receiver) == 0:
            return []
        weights = shares[receiver]
        paid = share_out(amount, weights, situation.ids[receiver])
        total = int(weights.sum())
        common = np.gcd(weights, total)
        nobody = np.zeros(len(receiver), dtype=np.int32)
        return [
            Level(
                number=0,
                receiver=receiver,
                base=np.full(len(receiver), amount, dtype=np.int64),
                members=nobody,
                orders=nobody,
                rates=(weights // common, total // common),
                amount=paid,
            )
        ]

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Everybody's own share stands instead of one rate for all."""
        return Fraction(0)

    def worst_case_share(self, given: Given) -> tuple[Share, ...]:
        """Give the bound: the pool itself."""
        share = self.percent * given.of_base(self.on)
        how = f"a pool of {percent_text(self.percent)}"
        return (Share(self.id, self.on, share, 0, how),)

    def prose(self, plan: Plan) -> list[str]:
        """Tell the component in plain sentences."""
        base = "BV" if self.on == "bv" else "net sales without tax"
        return [
            f"{self.id}: {percent_text(self.percent)} of the company's {base} of the period are "
            f"shared out among qualified members; {self._shares_text(plan)}. Nothing is shared out "
            "where nobody has a share.",
            *qualified_sentences(self.id, self.qualification, plan.ranks.names),
        ]

    def _shares_text(self, plan: Plan) -> str:
        if isinstance(self.shares, SharesByRank):
            table = ", ".join(
                f"{name} {number}"
                for name, number in zip(plan.ranks.names, self.shares.shares, strict=True)
                if number
            )
            return f"the pay rank of the period gives the number of shares ({table})"
        if isinstance(self.shares, SharesByPosition):
            table = ", ".join(map(str, self.shares.by_position))
            return f"the first of the ranking {self.shares.ranking} have {table} shares"
        digits = digits_of(self.shares.measure)
        return (
            f"each full {decimal_text(self.shares.per, digits)} "
            f"{MEASURE_NAMES[self.shares.measure]} is a share"
        )


def _read_shares(
    table: Mapping, ranks: tuple[str, ...]
) -> SharesByRank | SharesByMeasure | SharesByPosition:
    """Read who has how many shares: by rank, by a measure, or by position in a ranking."""
    nothing = SharesByRank((0,) * len(ranks))
    if not table.has("shares"):
        return nothing
    node = table["shares"]
    keys = node.value if isinstance(node.value, dict) else {}
    if "by_rank" in keys:
        parts = node.mapping(("by_rank",))
        return _by_rank(parts["by_rank"], ranks)
    if "ranking" in keys:
        parts = node.mapping(("ranking", "by_position"))
        return SharesByPosition(
            parts["ranking"].text(pattern=IDENTIFIER, what="an id in a-z, 0-9 and _"),
            _by_position(parts["by_position"]),
        )
    if "measure" in keys:
        parts = node.mapping(("measure", "per"))
        if not parts.has("measure") or not parts.has("per"):
            return nothing
        measure = parts["measure"].choice(MEASURES)
        per = parts["per"].scaled("a figure above nought", digits_of(measure), least=1)
        return SharesByMeasure(measure, max(per, 1))
    node.fault("needs by_rank, measure and per, or ranking and by_position")
    return nothing


def _by_rank(node: Node, ranks: tuple[str, ...]) -> SharesByRank:
    given: dict[str, int] = {}
    for name, entry in node.entries():
        if name in ranks:
            given[name] = entry.count(0, MOST_SHARES)
        else:
            entry.fault(f'"{name}" is not a rank of the ladder')
    if isinstance(node.value, dict) and not any(given.values()):
        node.fault("gives nobody a share")
    return SharesByRank(tuple(given.get(name, 0) for name in ranks))


def _by_position(node: Node) -> tuple[int, ...]:
    shares: list[int] = []
    for entry in node.items(least=1, most=MOST_POSITIONS):
        shares.append(entry.count(1, MOST_SHARES))
        if shares[1:] and shares[-1] > shares[-2]:
            entry.fault("a position can't have more shares than the one before it")
    return tuple(shares)


def check_ranking(pool: Pool, node: Node, rankings: Sequence[Ranking]) -> None:
    """Note what is wrong with the ranking that a pool goes by, if it goes by one."""
    if not isinstance(pool.shares, SharesByPosition) or not pool.shares.ranking:
        return
    name = pool.shares.ranking
    place = Node(None, f"{node.path}.shares.ranking", node.faults)
    found = [ranking for ranking in rankings if ranking.id == name]
    if not found:
        place.fault(f'"{name}" is not a ranking of the plan')
    elif found[0].coupons_per_unit is None:
        place.fault(
            f'"{name}" takes {UNLIMITED} coupons: a pool by it would pay without a product sale'
        )
