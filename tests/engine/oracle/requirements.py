"""Requirements of ranks and components (docs/plan/requirements.md)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import Any

from tests.engine.oracle.facts import EXACT, HUNDRED, ROUNDING, number
from tests.engine.oracle.standing import Standing

COUNTS = ("active", "active_directs", "direct_count", "retail_customers")


class Requirements(Standing):
    """Figures that are asked for, and who meets them."""

    def __init__(self, *facts: Any) -> None:
        super().__init__(*facts)
        self.holds: dict[str, dict[int, bool]] = {}
        """By kind of person: whether somebody of the kind is a member or below him."""
        self.qualified: dict[tuple[str, int], bool] = {}

    def is_met(self, member_id: int, requirements: list[dict[str, Any]]) -> bool:
        """Whether a member meets every requirement of a list."""
        return all(
            self.asked_for(member_id, requirement) >= number(requirement["at_least"])
            for requirement in requirements
        )

    def asked_for(self, member_id: int, requirement: dict[str, Any]) -> Decimal:
        """A member's figure for a requirement."""
        if "count" in requirement:
            return Decimal(self.count(member_id, requirement["count"], requirement["who"]))
        measure = requirement["measure"]
        if "per_leg_at_most" in requirement:
            return self.legs_within(member_id, leg_limit(requirement))
        buyers, window = requirement.get("from", "both"), requirement.get("window", "period")
        if buyers == "both" and window in ("period", {"trailing": 1}):
            return self.measure(member_id, measure)
        return self.personal(member_id, measure.removeprefix("personal_"), buyers, window)

    def figures(self, requirement: dict[str, Any]) -> dict[int, Decimal]:
        """Everybody's figure for a requirement."""
        with localcontext(EXACT):
            return {member_id: self.asked_for(member_id, requirement) for member_id in self.members}

    def measure(self, member_id: int, name: str) -> Decimal:
        """A plain measure of a member, with what is stated in its place."""
        member = self.members[member_id]
        if name == "stated_points":
            return self.figure(member_id, "points")
        if name == "rsp_total":
            return member.rsp_base
        if name in COUNTS:
            return Decimal(int(getattr(member, name)))
        if name == "own_bv":
            return member.own_bv
        return self.figure(member_id, name)

    def legs_within(self, member_id: int, limit: Decimal) -> Decimal:
        """Group BV of which no leg gives more than a limit."""
        member = self.members[member_id]
        found = member.personal_bv
        for direct in member.directs:
            found += min(self.members[direct].group_bv, limit)
        return found

    # -- people who are counted -----------------------------------------------------------------

    def count(self, member_id: int, what: str, who: dict[str, Any]) -> int:
        """How many directs are of a kind, or how many legs hold somebody of it."""
        directs = self.members[member_id].directs
        if what == "legs":
            return sum(self.holds[str(who)][direct] for direct in directs)
        return sum(self.is_of(direct, who) for direct in directs)

    def is_of(self, member_id: int, who: dict[str, Any]) -> bool:
        """Whether a person is of a kind; only enrolled people are."""
        if not self.is_enrolled(member_id):
            return False
        if "rank" in who:
            return self.members[member_id].pay_rank >= self.rank_index(who["rank"])
        return self.measure(member_id, who["measure"]) >= number(who["at_least"])

    def note_leg(self, member_id: int) -> None:
        """Note whom a leg holds that this member heads; the legs below him are noted."""
        for kind, who in self.kinds_in_legs():
            below = any(self.holds[kind][direct] for direct in self.members[member_id].directs)
            self.holds[kind][member_id] = below or self.is_of(member_id, who)

    def kinds_in_legs(self) -> list[tuple[str, dict[str, Any]]]:
        """The kinds of people that the plan looks for in legs."""
        found = {
            str(one["who"]): one["who"]
            for one in requirements_of(self.plan)
            if one.get("count") == "legs"
        }
        for kind in found:
            self.holds.setdefault(kind, {})
        return list(found.items())

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
