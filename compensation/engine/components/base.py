"""What all components have in common, and how their shared keys are read."""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import numpy as np

from compensation.engine.arrays import LATER
from compensation.engine.levels import Level
from compensation.engine.money import ROUNDINGS
from compensation.engine.placement import Placement
from compensation.engine.reading import Mapping, Node
from compensation.engine.requirements import Requirement
from compensation.engine.results import Ranked
from compensation.engine.tree import Tree
from compensation.engine.types import Bool, EngineError, Int, Unit
from compensation.engine.volumes import Orders, Sums

if TYPE_CHECKING:
    from compensation.engine.branches import Branch, Upline, Verdict
    from compensation.engine.parts import OrderLines, Parts

__all__ = [
    "COMPRESSIONS",
    "IDENTIFIER",
    "LATER",
    "MOST_LEVELS",
    "Component",
    "HasFigures",
    "LeavesBehind",
    "Ranked",
    "Ranking",
    "Situation",
    "Standing",
    "TellsOrdersApart",
    "component_table",
    "read_depths",
    "read_identifier",
]

MOST_LEVELS = 100
"""Largest depth a plan may name."""
COMPRESSIONS = ("none", "skip_and_recount", "roll_up")
IDENTIFIER = r"[a-z][a-z0-9_]{0,39}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How people stand in a period, one element each."""

    enrolled: Bool
    """Neither suspended nor terminated."""
    qualified: Bool
    """Active in this period."""
    enrolled_day: Int
    """Day of enrolment, days since 1970-01-01."""
    pay_rank: Int | None = None
    """Index in the ladder; ``None`` where ranks are not decided yet or play no part."""
    figures: Table[str, Int] = field(default_factory=dict)
    """Measures and plan figures by name, as far as they are at hand (docs/plan/requirements.md)."""
    title_rank: Int | None = None
    """Title at the end of the period, index in the ladder; ``None`` where not at hand."""
    opening_title: Int | None = None
    """Title when the period began; ``None`` where not at hand."""

    def figure(self, measure: str) -> Int:
        """Give everybody's figure of a measure.

        :raises EngineError: if it is not at hand.
        """
        if measure == "active":
            return self.qualified.astype(np.int64)
        if measure not in self.figures:
            raise EngineError(f"the measure {measure} is needed and not at hand")
        return self.figures[measure]

    def ranks(self) -> Int:
        """Give everybody's pay rank.

        :raises EngineError: if it is not at hand.
        """
        if self.pay_rank is None:
            raise EngineError("pay ranks are needed and not at hand")
        return self.pay_rank

    def meets(self, requires: tuple[Requirement, ...]) -> Bool:
        """Tell who is enrolled and meets all of these requirements."""
        met = self.enrolled.copy()
        for requirement in requires:
            met &= self.figure(requirement.measure) >= requirement.at_least
        return met


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a period before components earn; arrays by position in the tree."""

    tree: Tree
    orders: Orders
    standing: Standing
    earned: dict[str, Sums] = field(default_factory=dict)
    """What components that are matched have paid so far, by id: amounts, and lines as orders."""
    left_behind: Table[str, Int] = field(default_factory=dict)
    """What the period before left behind, by key."""
    placement: Placement | None = None
    """The placement tree; ``None`` if no component of the plan goes by it."""
    plan_rounding: str = ROUNDINGS[0]
    bv_value: Fraction = Fraction(1)
    """Minor units of money that one hundredth of BV stands for."""
    rankings: dict[str, Ranked] = field(default_factory=dict)
    """Results of the plan's rankings, by id."""
    coupons: Int | None = None
    """Coupons stated to be held when the period began; ``None``: nobody's."""
    coupons_to_use: Int | None = None
    """Coupons that members wish to use in rankings; ``None``: nobody."""
    ids: Int = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Everybody's id, for ties."""

    def carried(self, key: str) -> Int:
        """Give what the period before left behind under a key; noughts where it left nothing."""
        nothing = np.zeros(len(self.tree), dtype=np.int64)
        return self.left_behind.get(key, nothing)


class Component(Protocol):
    """One way to earn.

    A component turns orders into a quantity, spreads it over levels, and says for each paid
    level at which rate and to whom it pays. Everything else (the statement lines, their rounding
    and their parts) is the same for all.
    """

    kind: ClassVar[str]
    unit: ClassVar[Unit]
    opens_to_orders: ClassVar[bool]
    """Whether its lines are made of order lines: then ``parts`` and ``verdicts`` tell of them.

    A match opens through the lines that it matched. What opens to nothing (a bonus for a rank, a
    pool, cycles) is taken back by an adjustment alone.
    """

    @property
    def id(self) -> str:
        """Unique in the plan."""

    @property
    def compression(self) -> str:
        """``none``, ``skip_and_recount``, ``roll_up`` or ``dynamic``."""

    @property
    def qualification(self) -> tuple[Requirement, ...]:
        """Whom it counts, instead of active members; empty where it asks nothing of its own."""

    def quantity(self, orders: Orders, standing: Standing) -> Int:
        """Give each order's share of the base: hundredths, minor units or a count.

        ``orders.seller`` points into ``standing``.
        """

    def spread(self, situation: Situation) -> list[Level]:
        """Give the sums by paid level, before anybody's own depth is looked at."""

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Give the rate from base to amount of a paid level; ``bv_value`` as in the plan."""

    def counted(self, standing: Standing) -> Bool:
        """Tell who is qualified: counted as a level, and a receiver of what rolls up."""

    def may_receive(self, level: int, standing: Standing) -> Bool:
        """Tell who can be paid on a level, before depth; all of them are counted."""

    def depth(self, pay_rank: Int) -> Int | None:
        """Give the deepest paid level for each of these pay ranks; ``None``: no limit."""

    # -- what it says of itself: ``compensation.engine.explain`` tells more -------------------

    def behind(self, paid_level: int, branch: Branch) -> Int:
        """Give the places in the receiver's branch of those who make his line of a level.

        The receiver is taken as paid. For a match they are the earners of the matched lines.
        """

    def verdicts(
        self, sale: Orders, seller: Upline, enrolled_day: int, path: Sequence[Upline]
    ) -> list[Verdict]:
        """Tell for the seller, where he can be paid, and each upline whether a sale pays him.

        ``sale`` is one order whose ``seller`` is 0. Empty if it has no share in the component.
        """

    def parts(self, amount: int, lines: OrderLines, standing: Standing) -> Parts:
        """Allot a line's amount to the order lines of those behind it, exactly.

        :raises EngineError: if there is an amount and nothing that it could be allotted to.
        """


@runtime_checkable
class HasFigures(Protocol):
    """A component that goes by figures of its own, which a run stores with the plan's."""

    @property
    def figure_names(self) -> tuple[str, ...]:
        """Give their names; none where the component needs none."""

    def figures(self, tree: Tree, personal_bv: Int, stated_group_bv: Int | None) -> dict[str, Int]:
        """Give them by position.

        ``personal_bv`` as computed, whatever is stated; ``stated_group_bv`` is ``NOT_STATED``
        where nothing is.
        """


@runtime_checkable
class TellsOrdersApart(Protocol):
    """A component with which not all orders of a seller behind a line are behind it."""

    def orders_behind(self, paid_level: int, branch: Branch, orders: Orders) -> Bool:
        """Tell which orders of sellers in the receiver's branch make his line of a level.

        ``orders.seller`` points into the branch. The receiver is taken as paid.
        """


@runtime_checkable
class LeavesBehind(Protocol):
    """A component that carries something over to the next period."""

    def carries(self, situation: Situation) -> dict[str, Int]:
        """Give values by position under their keys (``compensation.engine.carried``)."""


class Ranking(Protocol):
    """An order of members by what they sold (``compensation.engine.rankings``)."""

    id: str

    def ranked(self, situation: Situation) -> Ranked:
        """Rank everybody; ``situation`` has orders, standing, coupons and what was carried."""


def read_identifier(table: Mapping) -> str:
    """Read the component's id."""
    if not table.has("id"):
        return ""
    return table["id"].text(pattern=IDENTIFIER, what="an id in a-z, 0-9 and _")


def read_depths(table: Mapping, ranks: tuple[str, ...], most: int) -> tuple[int, ...] | None:
    """Read ``depth`` or ``depth_by_rank``: the deepest paid level for each rank of the ladder.

    Gives ``None`` if neither is there; a rank left out, an unknown rank or both keys at once are
    faults.
    """
    if table.has("depth") and table.has("depth_by_rank"):
        table["depth_by_rank"].fault("only one of depth and depth_by_rank can be given")
    if table.has("depth"):
        return (table["depth"].count(0, most),) * len(ranks)
    if not table.has("depth_by_rank"):
        return None
    node = table["depth_by_rank"]
    given: dict[str, int] = {}
    for name, entry in node.entries():
        if name in ranks:
            given[name] = entry.count(0, most)
        else:
            entry.fault(f'"{name}" is not a rank of the ladder')
    missing = [name for name in ranks if name not in given]
    if missing and isinstance(node.value, dict):
        node.fault(f"no depth for {', '.join(missing)}")
    return tuple(given.get(name, 0) for name in ranks)


def component_table(node: Node, required: tuple[str, ...], optional: tuple[str, ...]) -> Mapping:
    """Check a component's keys; ``id`` and ``kind`` belong to all."""
    return node.mapping(("id", "kind", *required), optional)
