"""The whole of a period: the order of computation, and every kind of component."""

from __future__ import annotations

from decimal import localcontext

from tests.engine.oracle import (
    binary_cycles,
    caps,
    differential,
    flat_bonus,
    generation,
    level_percent,
    matching,
    points,
    pool,
    quick_start,
    rank_bonus,
    rankings,
    retail_profit,
    volume_bracket,
)
from tests.engine.oracle.facts import EXACT, Answer, Line, whole
from tests.engine.oracle.statement import Statement

KINDS = {
    "rsp_points": points,
    "level_percent": level_percent,
    "flat_bonus": flat_bonus,
    "volume_bracket": volume_bracket,
    "match": matching,
    "differential": differential,
    "generation_percent": generation,
    "retail_profit": retail_profit,
    "quick_start": quick_start,
    "rank_bonus": rank_bonus,
    "pool": pool,
    "binary_cycles": binary_cycles,
}
WITHOUT_PARTS = ("rank_bonus", "pool", "binary_cycles")
"""What they pay hangs on no single order."""


class Oracle(Statement):
    """One period of one plan."""

    def answer(self) -> Answer:
        """Compute the period: volumes, activity, ranks, rankings, points, commissions, caps."""
        with localcontext(EXACT):
            self.count_volumes()
            self.judge_activity()
            points.count_base_points(self)
            self.judge_ranks()
            for ranking in self.plan.get("rankings", []):
                self.rankings[ranking["id"]] = rankings.rank_sellers(self, ranking)
            for index, component in enumerate(self.plan["components"]):
                KINDS[component["kind"]].pay(self, index, component)
                for line in self.lines.values():
                    if line.component == index and not line.shared:
                        line.amount = self.round(line.base * line.rate)
            for number_of_cap in range(len(self.plan.get("caps", []))):
                caps.cut(self, number_of_cap)
            lines = [line for line in self.lines.values() if line.base != 0]
            for line in lines:
                self.credit(line)
        lines.sort(key=lambda line: (line.receiver, line.component, line.level, line.rate))
        return Answer(
            self.members, lines, self.rankings, self.figures, self.breakaways, self.left_behind
        )

    def credit(self, line: Line) -> None:
        """Put a line on its receiver's account."""
        receiver = self.members[line.receiver]
        if line.unit == "money":
            receiver.commission_minor += line.amount
            return
        receiver.rsp_total += whole(line.amount)
        if line.level == 0:
            receiver.rsp_own += whole(line.amount)

    def hangs_on_orders(self, line: Line) -> bool:
        """Whether all of a line is found in orders."""
        if line.component < len(self.plan["components"]):
            kind = self.plan["components"][line.component]["kind"]
            if kind in WITHOUT_PARTS:
                return False
        return all(self.hangs_on_orders(other) for other in line.matched)

    def parts(self, line: Line) -> dict[int, int]:
        """What each row of sales has of a line: row number -> amount, without noughts."""
        if line.component >= len(self.plan["components"]):
            return caps.parts(self, line, self.parts)
        component = self.plan["components"][line.component]
        if component["kind"] in WITHOUT_PARTS:
            return {}
        if component["kind"] == "match":
            return matching.parts(self, line, self.parts)
        return KINDS[component["kind"]].parts(self, component, line)
