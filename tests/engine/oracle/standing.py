"""People, volumes, activity and ranks of a period."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.engine.oracle.facts import Member, Person, QualifyingVolume, Sale, number, whole


class Standing:
    """Where everybody stands in one period of one plan."""

    def __init__(
        self,
        plan: dict[str, Any],
        people: list[Person],
        sales: list[Sale],
        qualifying: list[QualifyingVolume] = (),
        stated: dict[int, dict[str, int]] | None = None,
    ) -> None:
        self.plan = plan
        self.members = {person.id: Member(person) for person in people}
        for member in self.members.values():
            if member.person.sponsor is not None:
                self.members[member.person.sponsor].directs.append(member.person.id)
        self.rows = list(sales)
        self.orders = self.add_up_orders(sales)
        self.qualifying = list(qualifying)
        self.stated = stated or {}

    # -- people ---------------------------------------------------------------------------------

    def uplines(self, member_id: int) -> Iterator[tuple[int, int]]:
        """Walk up from a member: distance and id of each sponsor above."""
        distance = 0
        above = self.members[member_id].person.sponsor
        while above is not None:
            distance += 1
            yield distance, above
            above = self.members[above].person.sponsor

    def is_enrolled(self, member_id: int) -> bool:
        return self.members[member_id].person.status == "enrolled"

    # -- volumes --------------------------------------------------------------------------------

    @staticmethod
    def add_up_orders(sales: list[Sale]) -> list[Sale]:
        """Add the rows of each order up."""
        orders: dict[int, Sale] = {}
        for row in sales:
            known = orders.get(row.order)
            if known is None:
                orders[row.order] = row
                continue
            orders[row.order] = Sale(
                seller=known.seller,
                order=known.order,
                bv=known.bv + row.bv,
                rsp=known.rsp + row.rsp,
                rsp_all=known.rsp_all + row.rsp_all,
                net=known.net + row.net,
                own=known.own,
                first_order=known.first_order,
                day=known.day,
            )
        return list(orders.values())

    def personal_points(self, row: Sale | QualifyingVolume) -> Decimal:
        """Points that count as personal: as the plan's first points component counts them."""
        for component in self.plan["components"]:
            if component["kind"] == "rsp_points":
                if component.get("points_from", "repeat_only") == "all_products":
                    return whole(row.rsp_all)
                break
        return whole(row.rsp)

    def count_volumes(self) -> None:
        """Personal, own, window and group volumes."""
        for order in self.orders:
            seller = self.members[order.seller]
            bv = whole(order.bv)
            points = self.personal_points(order)
            seller.order_count += 1
            seller.sold_bv += bv
            seller.personal_bv += bv
            seller.window_bv += bv
            if order.own:
                seller.own_bv += bv
                seller.window_own_bv += bv
            seller.personal_rsp += points
            seller.window_rsp += points
        for row in self.qualifying:
            member = self.members[row.member]
            member.window_bv += whole(row.bv)
            member.window_own_bv += whole(row.own_bv)
            member.window_rsp += self.personal_points(row)
            if row.in_period:
                member.personal_bv += whole(row.bv)
                member.own_bv += whole(row.own_bv)
                member.personal_rsp += self.personal_points(row)
        for member_id, member in self.members.items():
            member.group_bv += member.personal_bv
            for _, above in self.uplines(member_id):
                self.members[above].group_bv += member.personal_bv

    def figure(self, member_id: int, name: str) -> Decimal:
        """A volume for qualification: what is stated, else what was computed."""
        said = self.stated.get(member_id, {})
        if name in said:
            return whole(said[name])
        if name == "points":
            return Decimal(0)
        return getattr(self.members[member_id], name)

    # -- activity -------------------------------------------------------------------------------

    def judge_activity(self) -> None:
        """Who is active this period, and how many directs are."""
        test = self.plan["activity"]["test"]
        for member_id, member in self.members.items():
            if not self.is_enrolled(member_id):
                member.active = False
                member.inactive_reason = member.person.status
                continue
            said = self.stated.get(member_id, {})
            if "active" in said:
                member.active = said["active"] == 1
            elif test["measure"] == "personal_bv":
                member.active = self.figure(member_id, "window_bv") >= number(test["at_least"])
            elif test["measure"] == "personal_rsp":
                member.active = self.figure(member_id, "window_rsp") >= number(test["at_least"])
            elif test["measure"] == "always":
                member.active = True
            else:
                member.active = False
            member.inactive_reason = "paid" if member.active else "inactive"
        for member in self.members.values():
            for direct in member.directs:
                if self.is_enrolled(direct):
                    member.direct_count += 1
                if self.members[direct].active:
                    member.active_directs += 1

    # -- ranks ----------------------------------------------------------------------------------

    def ladder(self) -> list[dict[str, Any]]:
        return self.plan.get("ranks", {}).get("ladder", [{"name": "Member"}])

    def rank_index(self, name: str) -> int:
        return [rank["name"] for rank in self.ladder()].index(name)

    def is_met(self, member_id: int, requirements: list[dict[str, Any]]) -> bool:
        """Whether a member meets every requirement of a list."""
        member = self.members[member_id]
        for requirement in requirements:
            measure = requirement["measure"]
            if measure == "stated_points":
                figure = self.figure(member_id, "points")
            elif measure == "rsp_total":
                figure = member.rsp_base
            elif measure in ("active", "active_directs", "direct_count"):
                figure = Decimal(int(getattr(member, measure)))
            elif measure == "own_bv":
                figure = member.own_bv
            else:
                figure = self.figure(member_id, measure)
            if figure < number(requirement["at_least"]):
                return False
        return True

    def is_qualified(self, component: dict[str, Any], member_id: int) -> bool:
        """Whether a member qualifies for a component: by its own test, else by the plan's."""
        if "qualification" in component:
            return self.is_enrolled(member_id) and self.is_met(
                member_id, component["qualification"]
            )
        return self.members[member_id].active

    def judge_ranks(self) -> None:
        """Title rank: up, one rank after the other; pay rank: the highest one maintained."""
        ranks = self.plan.get("ranks", {})
        ladder = self.ladder()
        floor = ranks.get("pay_rank_floor")
        for member_id, member in self.members.items():
            title = member.person.opening_title
            if not self.is_enrolled(member_id):
                member.title_rank = title
                member.pay_rank = self.stated.get(member_id, {}).get("pay_rank", 0)
                continue
            for _ in range(ranks.get("steps_per_period", 1)):
                following = title + 1
                if following >= len(ladder):
                    break
                if not self.is_met(member_id, ladder[following].get("requires", [])):
                    break
                title = following
            member.title_rank = title
            pay = 0
            for index in range(1, title + 1):
                maintains = ladder[index].get("maintains", ladder[index].get("requires", []))
                if self.is_met(member_id, maintains):
                    pay = index
            if floor and title >= self.rank_index(floor["for_titles_from"]):
                pay = max(pay, self.rank_index(floor["floor"]))
            member.pay_rank = self.stated.get(member_id, {}).get("pay_rank", pay)

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

    def bracket_of(self, component: dict[str, Any], member_id: int) -> int | None:
        """Index of the bracket that a member's figure has reached; none below the first."""
        figure = self.figure(member_id, component["chosen_by"])
        reached = None
        for index, bracket in enumerate(component["brackets"]):
            if number(bracket["from"]) <= figure:
                reached = index
        return reached
