"""The whole of a period: the order of computation, and every kind of component."""

from __future__ import annotations

from decimal import localcontext

from tests.engine.oracle import (
    differential,
    flat_bonus,
    level_percent,
    matching,
    points,
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
}


class Oracle(Statement):
    """One period of one plan."""

    def answer(self) -> Answer:
        """Compute the period: activity, volumes, ranks, depths, points, commissions."""
        with localcontext(EXACT):
            self.count_volumes()
            self.judge_activity()
            points.count_base_points(self)
            self.judge_ranks()
            for index, component in enumerate(self.plan["components"]):
                KINDS[component["kind"]].pay(self, index, component)
                for line in self.lines.values():
                    if line.component == index:
                        line.amount = self.round(line.base * line.rate)
            lines = [line for line in self.lines.values() if line.base != 0]
            for line in lines:
                self.credit(line)
        lines.sort(key=lambda line: (line.receiver, line.component, line.level, line.rate))
        return Answer(members=self.members, lines=lines)

    def credit(self, line: Line) -> None:
        """Put a line on its receiver's account."""
        receiver = self.members[line.receiver]
        if line.unit == "money":
            receiver.commission_minor += line.amount
            return
        receiver.rsp_total += whole(line.amount)
        if line.level == 0:
            receiver.rsp_own += whole(line.amount)

    def parts(self, line: Line) -> dict[int, int]:
        """What each row of sales has of a line: row number -> amount, without noughts."""
        component = self.plan["components"][line.component]
        if component["kind"] == "match":
            return matching.parts(self, line, self.parts)
        return KINDS[component["kind"]].parts(self, component, line)
