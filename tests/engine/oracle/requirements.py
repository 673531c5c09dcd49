"""Requirements of ranks and components (docs/plan/requirements.md)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import Any

from tests.engine.oracle.facts import EXACT, HUNDRED, ROUNDING, number, whole
from tests.engine.oracle.standing import Standing

COUNTS = ("active", "active_directs", "direct_count", "retail_customers")


class Requirements(Standing):
    """Figures that are asked for, and who meets them."""

    def __init__(self, *facts: Any) -> None:
        super().__init__(*facts)
        self.holds: dict[tuple[str, bool], dict[int, bool]] = {}
        """By kind of person, as ranks see it or not: whether a member is one or has one below."""
        self.qualified: dict[tuple[str, int], bool] = {}

    def is_met(
        self, member_id: int, requirements: list[dict[str, Any]], of_rank: bool = False
    ) -> bool:
        """Whether a member meets every requirement of a list; of a rank, or of anything else."""
        return all(
            self.asked_for(member_id, requirement, of_rank) >= number(requirement["at_least"])
            for requirement in requirements
        )

    def asked_for(self, member_id: int, requirement: dict[str, Any], of_rank: bool) -> Decimal:
        """A member's figure for a requirement."""
        if "count" in requirement:
            what, who = requirement["count"], requirement["who"]
            return Decimal(self.count(member_id, what, who, of_rank))
        measure = requirement["measure"]
        if "per_leg_at_most" in requirement:
            return self.legs_within(member_id, leg_limit(requirement), of_rank)
        buyers, window = requirement.get("from", "both"), requirement.get("window", "period")
        if buyers == "both" and window in ("period", {"trailing": 1}):
            return self.measure(member_id, measure, of_rank)
        return self.personal(member_id, measure.removeprefix("personal_"), buyers, window)

    def figures(self, requirement: dict[str, Any], of_rank: bool = False) -> dict[int, Decimal]:
        """Everybody's figure for a requirement."""
        with localcontext(EXACT):
            return {
                member_id: self.asked_for(member_id, requirement, of_rank)
                for member_id in self.members
            }

    def measure(self, member_id: int, name: str, of_rank: bool = False) -> Decimal:
        """A plain measure of a member, with what is stated in its place.

        Ranks alone look at BV bought with points, and take it for group volume.
        """
        member = self.members[member_id]
        if name == "group_bv" and of_rank:
            return self.figure(member_id, name) + member.bought_in_group
        if name == "stated_points":
            return self.figure(member_id, "points")
        if name == "rsp_total":
            return member.rsp_base
        if name in COUNTS:
            return Decimal(int(getattr(member, name)))
        if name == "own_bv":
            return member.own_bv
        return self.figure(member_id, name)

    def legs_within(self, member_id: int, limit: Decimal, of_rank: bool) -> Decimal:
        """Group BV of which no leg gives more than a limit."""
        member = self.members[member_id]
        found = member.personal_bv
        if of_rank:
            found += whole(member.person.bought_bv)
        for direct in member.directs:
            leg = self.members[direct]
            found += min(leg.group_bv + (leg.bought_in_group if of_rank else 0), limit)
        return found

    # -- people who are counted -----------------------------------------------------------------

    def count(self, member_id: int, what: str, who: dict[str, Any], of_rank: bool) -> int:
        """How many directs are of a kind, or how many legs hold somebody of it."""
        directs = self.members[member_id].directs
        if what == "legs":
            return sum(self.holds[str(who), of_rank][direct] for direct in directs)
        return sum(self.is_of(direct, who, of_rank) for direct in directs)

    def is_of(self, member_id: int, who: dict[str, Any], of_rank: bool) -> bool:
        """Whether a person is of a kind; only enrolled people are."""
        if not self.is_enrolled(member_id):
            return False
        if "rank" in who:
            return self.members[member_id].pay_rank >= self.rank_index(who["rank"])
        return self.measure(member_id, who["measure"], of_rank) >= number(who["at_least"])

    def note_leg(self, member_id: int) -> None:
        """Note whom a leg holds that this member heads; the legs below him are noted."""
        for who in self.kinds_in_legs():
            for of_rank in (True, False):
                holds = self.holds.setdefault((str(who), of_rank), {})
                below = any(holds[direct] for direct in self.members[member_id].directs)
                holds[member_id] = below or self.is_of(member_id, who, of_rank)

    def kinds_in_legs(self) -> list[dict[str, Any]]:
        """The kinds of people that the plan looks for in legs."""
        found = {
            str(one["who"]): one["who"]
            for one in requirements_of(self.plan)
            if one.get("count") == "legs"
        }
        return list(found.values())

    # -- qualification --------------------------------------------------------------------------

    def is_qualified(self, component: dict[str, Any], member_id: int) -> bool:
        """Whether a member qualifies for a component: by its own test, else by the plan's."""
        if "qualification" not in component:
            return self.members[member_id].active
        key = component["id"], member_id
        if key not in self.qualified:
            self.qualified[key] = self.is_enrolled(member_id) and self.is_met(
                member_id, component["qualification"]
            )
        return self.qualified[key]


def leg_limit(requirement: dict[str, Any]) -> Decimal:
    """What one leg may give: a share of what is asked for, in whole hundredths."""
    share = EXACT.divide(number(requirement["per_leg_at_most"]), HUNDRED)
    return (number(requirement["at_least"]) * share).quantize(
        Decimal("0.01"), ROUND_FLOOR, ROUNDING
    )


def requirements_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every requirement of a plan, wherever it stands."""
    for rank in plan.get("ranks", {}).get("ladder", []):
        yield from rank.get("requires", [])
        yield from rank.get("maintains", [])
    for one in (*plan["components"], *plan.get("rankings", [])):
        yield from one.get("qualification", [])
