"""A second compensation engine: slow, obvious, and sharing nothing with the first.

It reads the raw plan document, keeps people in a dictionary, walks sponsors one at a time and
counts in ``Decimal``. Every rule is written from the prose (docs/plan), so that a mistake in the
fast engine is not made here again. Only the standard library is imported; a test holds that.

Amounts go in and come out as whole numbers, hundredths of BV and points and minor units of money;
in between a volume is a ``Decimal`` in whole units. The arithmetic traps every inexact step, so
the one rounding of a line is the only place where a digit can be lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import (
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)
from fractions import Fraction
from typing import Any

EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, Overflow, DivisionByZero])
ROUNDING = Context(prec=200, traps=[InvalidOperation, Overflow, DivisionByZero])
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Person:
    """A member as he was at the period's last instant."""

    id: int
    sponsor: int | None
    status: str = "enrolled"
    opening_title: int = 0
    enrolled: int = 0


@dataclass(frozen=True)
class Sale:
    """One row of a paid order; rows of the same order are added up."""

    seller: int
    order: int
    bv: int = 0
    rsp: int = 0
    rsp_all: int = 0
    net: int = 0
    own: bool = False
    first_order: bool = False
    day: int = 0


@dataclass(frozen=True)
class QualifyingVolume:
    """Volume for activity and ranks alone: earlier months, or returns of posted months."""

    member: int
    bv: int = 0
    own_bv: int = 0
    rsp: int = 0
    rsp_all: int = 0
    in_period: bool = False


@dataclass
class Member:
    """All that is found out about one person."""

    person: Person
    directs: list[int] = field(default_factory=list)
    sold_bv: Decimal = Decimal(0)
    personal_bv: Decimal = Decimal(0)
    own_bv: Decimal = Decimal(0)
    window_bv: Decimal = Decimal(0)
    window_own_bv: Decimal = Decimal(0)
    group_bv: Decimal = Decimal(0)
    personal_rsp: Decimal = Decimal(0)
    window_rsp: Decimal = Decimal(0)
    points: Decimal = Decimal(0)
    order_count: int = 0
    active: bool = False
    inactive_reason: str = "paid"
    active_directs: int = 0
    direct_count: int = 0
    rsp_base: Decimal = Decimal(0)
    title_rank: int = 0
    pay_rank: int = 0
    rsp_own: Decimal = Decimal(0)
    rsp_total: Decimal = Decimal(0)
    commission_minor: int = 0


@dataclass
class Line:
    """One line of a statement, and the orders behind it."""

    receiver: int
    component: int
    level: int
    rate: Decimal
    """Minor units of money for one of the base; 1 for points."""
    unit: str
    base: int = 0
    """Hundredths of BV or points, minor units of net sales, or a number of orders."""
    amount: int = 0
    """Minor units of money or hundredths of points."""
    sellers: set[int] = field(default_factory=set)
    orders: dict[int, int] = field(default_factory=dict)
    """Order number -> its own base."""


@dataclass(frozen=True)
class Answer:
    """What a period comes to."""

    members: dict[int, Member]
    lines: list[Line]


def whole(value: int) -> Decimal:
    """Turn hundredths into a number of units."""
    return EXACT.divide(Decimal(value), HUNDRED)


def number(value: object) -> Decimal:
    """Read a number of the plan document."""
    return Decimal(str(value))


class Oracle:
    """One period of one plan."""

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
        self.lines: dict[tuple[Any, ...], Line] = {}

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

    # -- earning --------------------------------------------------------------------------------

    def add(self, key: tuple[int, int, int], rate: Decimal, unit: str, order: Sale, base: int):
        """Put an order's base on the line of a receiver, component and level."""
        if base == 0 or rate == 0:
            return
        line = self.lines.setdefault((*key, rate), Line(*key, rate, unit))
        line.base += base
        line.sellers.add(order.seller)
        line.orders[order.order] = base

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

    def points_of(self, component: dict[str, Any], order: Sale) -> int:
        return order.rsp_all if component.get("points_from") == "all_products" else order.rsp

    def receivers_of_points(
        self, component: dict[str, Any], order: Sale, base_depth: int | None = None
    ) -> Iterator[tuple[int, int]]:
        """Who gets the points of an order, and on which level; the seller's own are level 0.

        ``base_depth`` stands instead of everybody's own depth.
        """
        if component.get("own_points", True) and self.is_enrolled(order.seller):
            yield order.seller, 0
        compression = component.get("compression", "skip_and_recount")
        for above, level in self.levels(order.seller, compression):
            if level is None or not self.members[above].active:
                continue
            depth = base_depth
            if depth is None:
                depth = self.depth_of(component, above, 0)
            if level <= depth:
                yield above, level

    def base_depth_of(self, component: dict[str, Any]) -> int:
        """The depth at which the rank measure rsp_total is taken."""
        if "base_depth" in component:
            return component["base_depth"]
        if "depth" in component:
            return component["depth"]
        return component["depth_by_rank"][self.ladder()[0]["name"]]

    def count_base_points(self) -> None:
        """The rank measure rsp_total: own points and levels at the same depth for everybody."""
        for component in self.plan["components"]:
            if component["kind"] != "rsp_points":
                continue
            depth = self.base_depth_of(component)
            for order in self.orders:
                points = whole(self.points_of(component, order))
                for receiver, _ in self.receivers_of_points(component, order, depth):
                    self.members[receiver].rsp_base += points

    def pay_points(self, index: int, component: dict[str, Any]) -> None:
        """Credit everybody entitled with the full points of each order."""
        for order in self.orders:
            points = self.points_of(component, order)
            for receiver, level in self.receivers_of_points(component, order):
                self.add((receiver, index, level), Decimal(1), "rsp", order, points)

    def rate(self, component: dict[str, Any], percent: str) -> Decimal:
        """Minor units of money for one hundredth of BV, or for one minor unit of net sales."""
        share = EXACT.divide(number(percent), HUNDRED)
        if component.get("on", "bv") == "net":
            return share
        digits = self.plan.get("currency_digits", 2)
        per_hundredth = EXACT.divide(Decimal(10) ** digits, HUNDRED)
        return share * number(self.plan.get("bv_value", "1")) * per_hundredth

    def pays(self, component: dict[str, Any], order: Sale) -> bool:
        """Whether an order counts for a level percentage at all."""
        seller = self.members[order.seller]
        if "window_days_from_enrolment" in component:
            day = order.day - seller.person.enrolled
            if day < 0 or day > component["window_days_from_enrolment"]:
                return False
        return seller.active or component.get("unqualified_volume_pays", True)

    def pay_level_percent(self, index: int, component: dict[str, Any]) -> None:
        """Pay the seller, and each level by the kind of compression."""
        rates = component["rates"]
        for order in self.orders:
            if not self.pays(component, order):
                continue
            base = order.net if component.get("on", "bv") == "net" else order.bv
            if self.members[order.seller].active:
                rate = self.rate(component, component.get("seller_rate", "0"))
                self.add((order.seller, index, 0), rate, "money", order, base)
            for receiver, level in self.receivers_of_levels(component, order.seller):
                if level <= self.depth_of(component, receiver, len(rates)):
                    rate = self.rate(component, rates[level - 1])
                    self.add((receiver, index, level), rate, "money", order, base)

    def receivers_of_levels(
        self, component: dict[str, Any], seller_id: int
    ) -> Iterator[tuple[int, int]]:
        """Who is due which level that has a rate, before his depth is looked at."""
        most = len(component["rates"])
        compression = component.get("compression", "none")
        if compression == "roll_up":
            above = [member_id for _, member_id in self.uplines(seller_id)]
            for level in range(1, min(most, len(above)) + 1):
                for candidate in above[level - 1 :]:
                    if self.members[candidate].active:
                        yield candidate, level
                        break
            return
        for member_id, level in self.levels(seller_id, compression):
            if level is not None and level > most:
                return
            if level is not None and self.members[member_id].active:
                yield member_id, level

    def pay_flat_bonus(self, index: int, component: dict[str, Any]) -> None:
        """Pay the fixed amount for each order that triggers it."""
        digits = self.plan.get("currency_digits", 2)
        amount = number(component["amount"]) * Decimal(10) ** digits
        for order in self.orders:
            if not self.triggers(component, order):
                continue
            if component.get("to", "sponsor") == "seller":
                if self.may_have_bonus(component, order.seller):
                    self.add((order.seller, index, 0), amount, "money", order, 1)
                continue
            for _, above in self.uplines(order.seller):
                if self.may_have_bonus(component, above):
                    self.add((above, index, 1), amount, "money", order, 1)
                    break
                if component.get("compression", "none") == "none":
                    break

    def triggers(self, component: dict[str, Any], order: Sale) -> bool:
        """Whether an order brings a flat bonus: always a sale of something for money."""
        buyers = component.get("buyers", "all")
        return (
            order.net > 0
            and order.bv > 0
            and whole(order.bv) >= number(component.get("minimum_bv", "0"))
            and (order.first_order or component["trigger"] == "every_order")
            and (buyers == "all" or order.own == (buyers == "own"))
        )

    def may_have_bonus(self, component: dict[str, Any], member_id: int) -> bool:
        """Whether a member qualifies for a flat bonus."""
        if component.get("requires_active", True):
            return self.members[member_id].active
        return self.is_enrolled(member_id)

    # -- the whole month ------------------------------------------------------------------------

    def round(self, exact: Decimal) -> int:
        """Round one statement line by the plan's rule."""
        rule = self.plan.get("rounding", "half_away_from_zero")
        if rule == "half_up":
            return int((exact + Decimal("0.5")).to_integral_value(ROUND_FLOOR, ROUNDING))
        modes = {
            "half_away_from_zero": ROUND_HALF_UP,
            "half_even": ROUND_HALF_EVEN,
            "down": ROUND_DOWN,
        }
        return int(exact.to_integral_value(modes[rule], ROUNDING))

    def answer(self) -> Answer:
        """Compute the period: activity, volumes, ranks, depths, points, commissions."""
        with localcontext(EXACT):
            self.count_volumes()
            self.judge_activity()
            self.count_base_points()
            self.judge_ranks()
            ways = {
                "rsp_points": self.pay_points,
                "level_percent": self.pay_level_percent,
                "flat_bonus": self.pay_flat_bonus,
            }
            for index, component in enumerate(self.plan["components"]):
                ways[component["kind"]](index, component)
            lines = [line for line in self.lines.values() if line.base != 0]
            for line in lines:
                line.amount = self.round(line.base * line.rate)
                receiver = self.members[line.receiver]
                if line.unit == "money":
                    receiver.commission_minor += line.amount
                else:
                    receiver.rsp_total += whole(line.amount)
                    if line.level == 0:
                        receiver.rsp_own += whole(line.amount)
        lines.sort(key=lambda line: (line.receiver, line.component, line.level, line.rate))
        return Answer(members=self.members, lines=lines)

    # -- parts ----------------------------------------------------------------------------------

    def weight(self, component: dict[str, Any], row: Sale) -> int:
        """A row's share of the base of a line; of a bonus, its net sales within the order."""
        if component["kind"] == "rsp_points":
            return self.points_of(component, row)
        if component["kind"] == "flat_bonus" or component.get("on", "bv") == "net":
            return row.net
        return row.bv

    def parts(self, line: Line) -> dict[int, int]:
        """What each row of sales has of a line: row number -> amount, without noughts.

        Rows of the same order are numbered as they were given; orders are named by their number
        written as text.
        """
        component = self.plan["components"][line.component]
        weights = [
            ((str(row.order), number), self.weight(component, row))
            for number, row in enumerate(self.rows)
            if row.order in line.orders
        ]
        if component["kind"] != "flat_bonus":
            shares = share_out(line.amount, weights)
        else:
            shares = {}
            for order in line.orders:
                of_order = [(key, weight) for key, weight in weights if key[0] == str(order)]
                shares |= share_out(line.amount // line.base, of_order)
        return {number: share for (_, number), share in shares.items() if share}


def share_out(amount: int, weights: list[tuple[Any, int]]) -> dict[Any, int]:
    """Share an amount out by weight: whole parts first, then one each to the largest remainders.

    Ties go to the smaller key. The parts add up to the amount exactly.
    """
    total = sum(weight for _, weight in weights)
    sign = -1 if amount < 0 else 1
    parts, rests = {}, []
    for key, weight in weights:
        exact = Fraction(abs(amount) * weight, total)
        parts[key] = exact.numerator // exact.denominator
        rests.append((-(exact - parts[key]), key))
    left = abs(amount) - sum(parts.values())
    for _, key in sorted(rests)[:left]:
        parts[key] += 1
    return {key: sign * part for key, part in parts.items()}
