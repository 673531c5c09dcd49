"""Percentages counted over qualified leaders. Rules: docs/plan/generation.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from compensation.engine.bounds import Given, Share
from compensation.engine.branches import (
    Branch,
    Missed,
    Upline,
    Verdict,
    own_reason,
    standing_of_people,
    unmet,
)
from compensation.engine.components.base import (
    MOST_LEVELS,
    Situation,
    Standing,
    component_table,
    read_depths,
    read_identifier,
)
from compensation.engine.components.receiving import DepthByRank
from compensation.engine.levels import Level, own_level, pushed
from compensation.engine.parts import OrderLines, Parts, weighed_parts
from compensation.engine.reading import Node
from compensation.engine.reasons import Cause, counted_above, depth_of, too_deep, with_receivers
from compensation.engine.requirements import MEASURES, Requirement, read_requirements
from compensation.engine.types import Bool, Int, Reason, Unit
from compensation.engine.volumes import Orders, by_seller
from compensation.engine.wording import depth_text, percent_text, qualified_sentences

if TYPE_CHECKING:
    from compensation.engine.plan import Plan


@dataclass(frozen=True, slots=True)
class GenerationPercent(DepthByRank):
    """Percentages of volume by generation; paid level is the generation, 0 a leader's own group."""

    id: str
    on: str
    """``bv`` or ``net``."""
    rates: tuple[Fraction, ...]
    """Rate of generation 1, 2, ...; 5 % is 1/20."""
    own_rate: Fraction
    """Rate of generation 0: the leader's own group."""
    leader_rank: int
    """Lowest pay rank of a leader, index in the ladder."""
    depths: tuple[int, ...]
    """Deepest paid generation for each rank of the ladder (by the leader's own pay rank)."""
    qualification: tuple[Requirement, ...]

    kind: ClassVar[str] = "generation_percent"
    unit: ClassVar[Unit] = Unit.MONEY
    compression: ClassVar[str] = "skip_and_recount"
    opens_to_orders: ClassVar[bool] = True

    @classmethod
    def read(cls, node: Node, ranks: tuple[str, ...], digits: int) -> Self:
        """Read the component from its part of the plan document."""
        table = component_table(
            node,
            ("rates", "leader_rank"),
            ("on", "own_rate", "depth", "depth_by_rank", "qualification"),
        )
        rates = tuple(
            entry.percentage()
            for entry in (table["rates"].items(most=MOST_LEVELS) if table.has("rates") else ())
        )
        own_rate = table["own_rate"].percentage() if table.has("own_rate") else Fraction(0)
        if table.has("rates") and not rates and not own_rate:
            table["rates"].fault("no rate at all")
        depths = read_depths(table, ranks, len(rates))
        leader_rank = 0
        if table.has("leader_rank"):
            if table["leader_rank"].value in ranks:
                leader_rank = ranks.index(str(table["leader_rank"].value))
            else:
                name = table["leader_rank"].value
                table["leader_rank"].fault(f'"{name}" is not a rank of the ladder')
        return cls(
            id=read_identifier(table),
            on=table["on"].choice(("bv", "net")) if table.has("on") else "bv",
            rates=rates,
            own_rate=own_rate,
            leader_rank=leader_rank,
            depths=(len(rates),) * len(ranks) if depths is None else depths,
            qualification=read_requirements(table["qualification"], MEASURES, ranks),
        )

    def quantity(self, orders: Orders, standing: Standing) -> Int:
        """Give each order's BV (hundredths) or net sales (minor units)."""
        return orders.net if self.on == "net" else orders.bv

    def spread(self, situation: Situation) -> list[Level]:
        """Give the volumes by generation.

        A sale belongs to the first leader at or above its seller; each generation goes on from
        its leader to the next one above.
        """
        tree, orders = situation.tree, situation.orders
        sums = by_seller(orders.seller, self.quantity(orders, situation.standing), len(tree))
        leaders = self.counted(situation.standing)
        above = tree.nearest_above(leaders)
        group = np.where(leaders, np.arange(len(tree)), above)
        levels = [pushed(own_level(sums), group, 0, len(tree))]
        for generation in range(1, max(self.depths) + 1):
            level = pushed(levels[-1], above, generation, len(tree))
            if len(level.receiver) == 0:
                break
            levels.append(level)
        return levels

    def rate(self, level: int, bv_value: Fraction) -> Fraction:
        """Give minor units for one hundredth of BV or one minor unit of net sales."""
        rate = self.rates[level - 1] if level else self.own_rate
        return rate if self.on == "net" else rate * bv_value

    def qualified(self, standing: Standing) -> Bool:
        """Who is active, or meets the component's own qualification."""
        return standing.meets(self.qualification) if self.qualification else standing.qualified

    def counted(self, standing: Standing) -> Bool:
        """Leaders: who is qualified and paid as the leaders' rank at least."""
        return self.qualified(standing) & (standing.ranks() >= self.leader_rank)

    def may_receive(self, level: int, standing: Standing) -> Bool:
        """Only leaders are paid."""
        return self.counted(standing)

    def deepest(self) -> int:
        """Give the last generation with a rate."""
        return len(self.rates)

    def behind(self, paid_level: int, branch: Branch) -> Int:
        """Give the places in the branch of those for whom the receiver is this generation."""
        leaders = self.counted(branch.standing)
        leaders[0] = True  # he was paid
        return np.flatnonzero(counted_above(branch, leaders) + leaders == paid_level + 1)

    def verdicts(
        self, sale: Orders, seller: Upline, enrolled_day: int, path: Sequence[Upline]
    ) -> list[Verdict]:
        """Tell which generation everybody is; the seller can only be generation 0."""
        people = [seller, *path]
        standing = standing_of_people(people, enrolled_day)
        if int(self.quantity(sale, standing)[0]) == 0:
            return []
        leaders = self.counted(standing).tolist()
        found = []
        generation = 0
        for place, person in enumerate(people):
            if leaders[place]:
                found.append(self._of_leader(person, generation))
                generation += 1
                continue
            cause, depth = self.why_not_counted(person), depth_of(self, person)
            found.append(
                Verdict(person.position, None, cause.reason, (), depth, None, cause.missed)
            )
        found = with_receivers(found, leaders, self.compression)
        return found if self.own_rate else found[1:]

    def why_not_counted(self, person: Upline) -> Cause:
        """Tell why somebody is no leader: not qualified, or paid as a lower rank."""
        if bool(self.qualified(standing_of_people([person], 0))[0]):
            missed = Missed("pay_rank", self.leader_rank, person.pay_rank)
            return Cause(Reason.BELOW_MINIMUM, (missed,))
        return Cause(own_reason(self.qualification, person), unmet(self.qualification, person))

    def _of_leader(self, person: Upline, generation: int) -> Verdict:
        depth = depth_of(self, person)
        reason = Reason.PAID
        paid: tuple[int, ...] = (generation,)
        missed: tuple[Missed, ...] = ()
        if generation == 0 and not self.own_rate:
            reason, paid, missed = Reason.BELOW_MINIMUM, (), (Missed("generation", 1, 0),)
        elif generation > min(self.deepest(), self.depths[person.pay_rank]):
            reason, paid, missed = Reason.TOO_DEEP, (), too_deep(self, generation, person)
        return Verdict(person.position, generation, reason, paid, depth, None, missed)

    def parts(self, amount: int, lines: OrderLines, standing: Standing) -> Parts:
        """Allot a line's amount by BV or net sales."""
        return weighed_parts(amount, self.quantity(lines.orders, standing), lines)

    def prose(self, plan: Plan) -> list[str]:
        """Tell the component in plain sentences."""
        base = "BV" if self.on == "bv" else "net sales without tax"
        leader = f"a qualified member paid as {plan.ranks.names[self.leader_rank]} or above"
        sentences = [
            f"{self.id}: a leader is {leader}. A sale belongs to the group of the first leader at "
            "or above its seller; generations are counted over the leaders above that one."
        ]
        if self.rates:
            rates = ", ".join(percent_text(rate) for rate in self.rates)
            last = len(self.rates)
            sentences.append(
                f"Leaders earn {rates} of the {base} of their generations 1 to {last}, on "
                f"{depth_text(plan, self.depths)}; a leader beyond his depth is counted, not paid."
            )
        if self.own_rate:
            own = percent_text(self.own_rate)
            sentences.append(f"A leader earns {own} of the {base} of his own group.")
        return [*sentences, *qualified_sentences(self.id, self.qualification, plan.ranks.names)]

    def worst_case_share(self, given: Given) -> tuple[Share, ...]:
        """Give the bound: every generation that anybody is paid for has its leader."""
        rates = (self.own_rate, *self.rates[: max(self.depths)])
        how = " + ".join(percent_text(rate) for rate in rates if rate)
        share = sum(rates) * given.of_base(self.on)
        return (Share(self.id, self.on, share, 0, how),)
