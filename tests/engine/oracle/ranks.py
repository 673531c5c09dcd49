"""Title ranks and pay ranks (docs/plan/ranks.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.engine.oracle.requirements import Requirements


class Ranks(Requirements):
    """Everybody's ranks, from the leaves upwards: a rank depends on people below alone."""

    def judge_ranks(self) -> None:
        """Decide each member's ranks once those of all below him are decided."""
        for member_id in self.from_the_leaves():
            member = self.members[member_id]
            by_grace = 0
            if self.is_enrolled(member_id):
                member.title_rank = self.title_of(member_id)
                by_grace = self.judge_pay_rank(member_id)
            else:
                member.title_rank = member.person.opening_title
            said = self.stated.get(member_id, {})
            member.pay_rank = said.get("pay_rank", member.pay_rank)
            if self.is_enrolled(member_id):
                member.pay_rank = max(member.pay_rank, said.get("pay_rank_at_least", 0))
                member.pay_rank = min(
                    member.pay_rank, said.get("pay_rank_at_most", member.pay_rank)
                )
                if member.pay_rank != by_grace:
                    member.grace_used = 0
                self.note_held(member_id)
            self.note_leg(member_id)

    def title_of(self, member_id: int) -> int:
        """Up, one rank after the other, as often as the plan allows."""
        ranks, ladder = self.plan.get("ranks", {}), self.ladder()
        title = self.members[member_id].person.opening_title
        may_rise = [self.may_rise_to(member_id, rank) for rank in ladder]
        for _ in range(ranks.get("steps_per_period", 1)):
            if title + 1 < len(ladder) and may_rise[title + 1]:
                title += 1
        return title

    def may_rise_to(self, member_id: int, rank: dict[str, Any]) -> bool:
        """Whether a rank's requirements are met, in as many periods in a row as it takes."""
        met = self.is_met(member_id, rank.get("requires", []), of_rank=True)
        needed = rank.get("consecutive_periods", 1)
        if needed == 1:
            return met
        key = f"met:{rank['name']}"
        in_a_row = self.brought(member_id, key) + 1 if met else 0
        self.leave(member_id, key, in_a_row)
        return in_a_row >= needed

    def judge_pay_rank(self, member_id: int) -> int:
        """The highest rank that is maintained, then grace, then the floor.

        Gives the rank before the floor.
        """
        ranks, ladder = self.plan.get("ranks", {}), self.ladder()
        member = self.members[member_id]
        pay = 0
        for index in range(1, member.title_rank + 1):
            requires = ladder[index].get("requires", [])
            if self.is_met(member_id, ladder[index].get("maintains", requires), of_rank=True):
                pay = index
        for index in range(pay + 1, len(ladder)):
            noted = self.brought(member_id, f"held:{ladder[index]['name']}")
            if noted and noted - 1 < ranks.get("grace_periods", 0):
                pay, member.grace_used = index, noted
        member.pay_rank = pay
        floor = ranks.get("pay_rank_floor")
        if floor and member.title_rank >= self.rank_index(floor["for_titles_from"]):
            member.pay_rank = max(pay, self.rank_index(floor["floor"]))
        return pay

    def note_held(self, member_id: int) -> None:
        """Note the pay rank that grace would keep, and how much grace is used."""
        member = self.members[member_id]
        if self.plan.get("ranks", {}).get("grace_periods", 0) and member.pay_rank:
            key = f"held:{self.ladder()[member.pay_rank]['name']}"
            self.leave(member_id, key, 1 + member.grace_used)

    def depth_of(self, component: dict[str, Any], member_id: int, otherwise: int) -> int:
        """How deep a receiver is paid: by his own pay rank of this period."""
        if "depth" in component:
            return component["depth"]
        if "depth_by_rank" in component:
            name = self.ladder()[self.members[member_id].pay_rank]["name"]
            return component["depth_by_rank"][name]
        return otherwise

    def levels(self, seller_id: int, compression: str) -> Iterator[tuple[int, int | None]]:
        """Everybody above a seller with the level he counts as; none where he is passed over."""
        counted = 0
        for distance, above in self.uplines(seller_id):
            if compression == "skip_and_recount":
                if self.members[above].active:
                    counted += 1
                    yield above, counted
                else:
                    yield above, None
            else:
                yield above, distance
