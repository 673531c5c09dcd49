"""People, volumes and activity of a period."""

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
        carried: dict[tuple[int, str], int] | None = None,
        month_of_quarter: int = 2,
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
        self.carried = carried or {}
        self.month_of_quarter = month_of_quarter
        self.orders_of: dict[int, list[Sale]] = {member_id: [] for member_id in self.members}
        for order in self.orders:
            self.orders_of[order.seller].append(order)
        self.qualifying_of: dict[int, list[QualifyingVolume]] = {one: [] for one in self.members}
        for row in self.qualifying:
            self.qualifying_of[row.member].append(row)
        self.left_behind: dict[tuple[int, str], int] = {}

    # -- people ---------------------------------------------------------------------------------

    def uplines(self, member_id: int) -> Iterator[tuple[int, int]]:
        """Walk up from a member: distance and id of each sponsor above."""
        distance = 0
        above = self.members[member_id].person.sponsor
        while above is not None:
            distance += 1
            yield distance, above
            above = self.members[above].person.sponsor

    def from_the_leaves(self) -> list[int]:
        """Everybody, each after all the people below him."""
        downwards = [one for one, member in self.members.items() if member.person.sponsor is None]
        for member_id in downwards:  # grows while it is walked
            downwards += self.members[member_id].directs
        return downwards[::-1]

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
                rsp_repeat=known.rsp_repeat + row.rsp_repeat,
                net=known.net + row.net,
                margin=known.margin + row.margin,
                units=known.units + row.units,
                own=known.own,
                first_order=known.first_order,
                day=known.day,
                customer=known.customer,
                paid_at=known.paid_at,
            )
        return list(orders.values())

    def points_from(self) -> str:
        """Which points count as personal: as the plan's first points component counts them."""
        for component in self.plan["components"]:
            if component["kind"] == "rsp_points":
                return component.get("points_from", "repeat_only")
        return "repeat_only"

    def reach_of(self, window: Any) -> int:
        """How many earlier periods a window holds."""
        if window == "period":
            return 0
        if window == "quarter_to_date":
            return self.month_of_quarter
        return window["trailing"] - 1

    def personal(self, member_id: int, unit: str, buyers: str, window: Any) -> Decimal:
        """Personal BV or RSP over a window, of customers' orders, own purchases or both."""
        found = 0
        for order in self.orders_of[member_id]:
            if buyers == "both" or order.own == (buyers == "own"):
                found += order.bv if unit == "bv" else points_of_sale(order, self.points_from())
        for row in self.qualifying_of[member_id]:
            if row.periods_ago > self.reach_of(window):
                continue
            everything, own = row.bv, row.own_bv
            if unit == "rsp":
                everything = points_of_sale(row, self.points_from())
                own = own_points_of(row, self.points_from())
            found += {"both": everything, "own": own, "customers": everything - own}[buyers]
        return whole(found)

    def count_volumes(self) -> None:
        """Personal, own, window and group volumes, and retail customers."""
        window = self.plan["activity"].get("window", "quarter_to_date")
        for member_id, member in self.members.items():
            orders = self.orders_of[member_id]
            member.order_count = len(orders)
            member.sold_bv = whole(sum(order.bv for order in orders))
            member.personal_bv = self.personal(member_id, "bv", "both", "period")
            member.own_bv = self.personal(member_id, "bv", "own", "period")
            member.personal_rsp = self.personal(member_id, "rsp", "both", "period")
            member.window_bv = self.personal(member_id, "bv", "both", window)
            member.window_own_bv = self.personal(member_id, "bv", "own", window)
            member.window_rsp = self.personal(member_id, "rsp", "both", window)
            member.retail_customers = self.count_customers(orders)
        for member_id in self.from_the_leaves():
            member = self.members[member_id]
            member.group_bv = member.personal_bv
            member.bought_in_group = whole(member.person.bought_bv)
            for direct in member.directs:
                member.group_bv += self.members[direct].group_bv
                member.bought_in_group += self.members[direct].bought_in_group

    @staticmethod
    def count_customers(orders: list[Sale]) -> int:
        """Distinct customers of a seller whose orders together have BV above nought."""
        bought: dict[int, int] = {}
        for order in orders:
            if order.customer is not None and not order.own:
                bought[order.customer] = bought.get(order.customer, 0) + order.bv
        return sum(bv > 0 for bv in bought.values())

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

    def ladder(self) -> list[dict[str, Any]]:
        return self.plan.get("ranks", {}).get("ladder", [{"name": "Member"}])

    def rank_index(self, name: str) -> int:
        return [rank["name"] for rank in self.ladder()].index(name)

    # -- what is carried from period to period ----------------------------------------------------

    def brought(self, member_id: int, key: str) -> int:
        """What the period before left behind."""
        return self.carried.get((member_id, key), 0)

    def leave(self, member_id: int, key: str, value: int) -> None:
        """Leave something behind for the period after; nought needs no note."""
        if value:
            self.left_behind[member_id, key] = value


def points_of_sale(row: Sale | QualifyingVolume, points_from: str) -> int:
    """A row's points: of repeat products, of all products, or of repeat sales."""
    if points_from == "all_products":
        return row.rsp_all
    return row.rsp_repeat if points_from == "repeat_sales" else row.rsp


def own_points_of(row: QualifyingVolume, points_from: str) -> int:
    """The part of a row's points that is the member's own purchases."""
    if points_from == "all_products":
        return row.own_rsp_all
    return row.own_rsp_repeat if points_from == "repeat_sales" else row.own_rsp
