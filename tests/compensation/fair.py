"""A town under a plan that asks for everything, and its input read through the models.

`SlowInput` puts the engine's input together a row at a time, without the loaders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

from compensation import calendar, services
from compensation.engine import Members, Qualifying, Results, Sales, Stated, compute
from compensation.engine.arrays import NOT_STATED
from compensation.engine.carried import Carried
from compensation.engine.qualifying import PeriodPlace
from compensation.models import Carried as StoredCarried
from compensation.models import MemberResult, Period, Run
from compensation.plans import load_plan
from representatives.models import Placement, Representative
from representatives.placement import place_representative
from representatives.services import enrol_representative
from sales import services as sales_services
from sales.models import Order, Return
from tests.compensation.town import ZONE, Town, build_town, local

EVERYTHING = """
format: 1
name: everything
currency: EUR
rsp_cash_rate: {points: "10000", pays: "260.00"}
activity:
  test: {measure: personal_rsp, at_least: "20"}
  window: {trailing: 2}
ranks:
  ladder:
    - {name: IR}
    - name: Bronze
      requires: [{measure: personal_bv, from: customers, window: {trailing: 3}, at_least: "20"}]
    - name: Silver
      consecutive_periods: 2
      requires:
        - {measure: personal_rsp, from: own, window: quarter_to_date, at_least: "10"}
        - {measure: group_bv, per_leg_at_most: "60", at_least: "100"}
        - {count: directs, who: {rank: Bronze}, at_least: 1}
  grace_periods: 1
components:
  - {id: rsp, kind: rsp_points, depth: 4, points_from: repeat_sales}
  - {id: levels, kind: level_percent, on: bv, rates: ["8", "5"], compression: skip_and_recount}
  - {id: profit, kind: retail_profit, percent: "80"}
  - {id: start, kind: quick_start, rates: ["10"], days: 60,
     compression: skip_and_recount}
  - {id: reached, kind: rank_bonus, amounts: {Bronze: "25.00"}, after_periods: 1}
  - {id: legs, kind: binary_cycles, cycle: {left: "20", right: "10"}, pays: "3.00"}
  - {id: prize, kind: pool, percent: "2", shares: {ranking: race, by_position: [3, 2, 1]}}
  - id: faithful
    kind: volume_bracket
    brackets: [{from: "0", percent: "1"}]
    chosen_by: personal_bv
    qualification: [{measure: retail_customers, at_least: 2}]
rankings:
  - {id: race, value: units_plus_coupons_used}
caps:
  - {id: per_head, scope: person, amount: "9.00", of: [levels, profit]}
  - {id: all_of_it, scope: company, percent: "12"}
"""
CODES = ("TOP", "A", "B", "C", "D", "E", "F", "X", "Y")


def build_fair() -> Town:
    """A town under the plan, with customers, placements, decisions and coupons."""
    town = build_town(sales=False)
    services.add_plan_version(
        document=EVERYTHING, effective_from=date(2016, 2, 1), created_by=town.closer
    )
    town.members["N"] = enrol_representative(
        sponsor=town.members["D"],
        name="Member N",
        email="",
        with_login=False,
        enrolled_on=date(2017, 1, 10),
        now=local("2017-01-10T10:00"),
        code="N",
    )
    _price_for_customers(town)
    for code, parent, side in (("A", "TOP", 0), ("X", "TOP", 1), ("B", "A", 0), ("Y", "A", 1)):
        place_representative(
            representative=town.members[code],
            parent=town.members[parent],
            side=Placement.Side(side),
            placed_by=town.closer,
            now=local("2017-01-02T10:00"),
        )
    _decide(town)
    for month in (1, 2, 3):
        _sell(town, month)
    return town


def _price_for_customers(town: Town) -> None:
    """Let customers pay more for greens than representatives do."""
    greens = town.products["GREENS"]
    sales_services.edit_product(
        product_id=greens.pk,
        facts=sales_services.ProductFacts(
            sku=greens.sku,
            name=greens.name,
            retail_price_minor=4990,
            ir_price_minor=3990,
            tax_rate_bp=2300,
            repeat=True,
            bv=2500,
            rsp=2000,
        ),
    )


def _decide(town: Town) -> None:
    now = local("2017-01-05T10:00")
    january = Period.objects.get(label="2017-01")
    for code, kind, rank in (("F", "at_least", "Bronze"), ("A", "at_most", "IR")):
        services.grant_rank_override(
            representative=town.members[code],
            kind=kind,
            rank=rank,
            reason="Agreed",
            first_period="2017-01",
            last_period="2017-02",
            by=town.closer,
            now=now,
        )
    for code in ("B", "Y"):
        given = {"representative": town.members[code], "ranking": "race", "by": town.closer}
        services.grant_coupons(amount=5, period=january, reason="Fair", now=now, **given)
        services.wish_coupons(amount=9, period=january, now=now, **given)
        services.wish_coupons(amount=2, period=january, now=now, **given)


def _sell(town: Town, month: int) -> None:
    """Own and customers' orders of a month, two of them taken back in part."""
    for day, code in enumerate((*CODES, "N"), start=11):
        on = f"2017-{month:02d}-{day:02d}"
        if (day + month) % 4:
            town.buy(code, on, GREENS=1, TEA=month)
        for number in range((day * month) % 3):
            _sell_to(town, code, number, on, invoiced=bool((day + number) % 3))
    back = _sell_to(town, "B", 7, f"2017-{month:02d}-20", invoiced=True, GREENS=4)
    town.take_back(back, 1, f"2017-{month:02d}-25")
    if month > 1:
        late = Order.objects.filter(customer__reference="B-7").earliest("paid_at")
        town.take_back(late, 1, f"2017-{month:02d}-26")


def _sell_to(
    town: Town, code: str, number: int, on: str, *, invoiced: bool, **pieces: int
) -> Order:
    seller, now = town.members[code], local(f"{on}T15:00")
    reference = f"{code}-{number}"
    customer = seller.customers.filter(reference=reference).first() or sales_services.add_customer(
        representative=seller, name=reference, reference=reference, now=now
    )
    order = sales_services.place_order(
        seller=seller,
        customer=customer,
        lines=[
            sales_services.LineRequest(town.products[sku].pk, count)
            for sku, count in (pieces or {"GREENS": 1 + number, "JUG": 1}).items()
        ],
        now=now,
        invoiced_to_customer=invoiced,
    )
    return services.record_payment(
        order=order,
        payment_reference=f"pay {order.reference}",
        amount_minor=order.gross_minor,
        recorded_by=town.closer,
        now=now,
    )


# -- The same input, read through the models -------------------------------------------------------


class SlowInput:
    """The input of a month, put together a row at a time."""

    def __init__(self, label: str, before: Run | None) -> None:
        self.period = Period.objects.get(label=label)
        self.plan = load_plan(EVERYTHING)
        self.people = list(
            Representative.objects.filter(enrolled_on__lte=self.period.last_day).order_by("id")
        )
        self.row = {person.pk: number for number, person in enumerate(self.people)}
        self.before = before

    def members(self) -> Members:
        titles = dict.fromkeys(self.row, 0)
        if self.before is not None:
            stored = MemberResult.objects.filter(run_id=self.before.pk)
            titles |= dict(stored.values_list("representative_id", "title_rank"))
        places = {one.representative_id: one for one in Placement.objects.all()}
        parents = [places.get(person.pk) for person in self.people]
        return Members.of(
            list(self.row),
            [self.row.get(person.sponsor_id, -1) for person in self.people],
            opening_title=[titles[person.pk] for person in self.people],
            enrolled=[(person.enrolled_on - date(1970, 1, 1)).days for person in self.people],
            placement=[self.row[one.parent_id] if one else -1 for one in parents],
            side=[one.side if one else -1 for one in parents],
        )

    def sales(self) -> Sales:
        orders = list(
            Order.objects.filter(
                counted_at__gte=self.period.starts_at, counted_at__lt=self.period.ends_at
            ).order_by("id")
        )
        columns: dict[str, list[Any]] = defaultdict(list)
        for order in orders:
            returns = Return.objects.filter(
                line__order=order, status="accepted", counted_at__lt=self.period.ends_at
            )
            worth = volumes_of_order(order)
            for back in returns:
                for name, value in volumes_of_return(back).items():
                    worth[name] -= value
            del worth["rsp_all"]  # this plan does not ask for it
            for name, value in worth.items():
                columns[name].append(value)
            columns["order"].append(order.pk)
            columns["own"].append(order.own)
            columns["customer"].append(-1 if order.own else order.customer_id)
            paid = order.paid_at
            assert paid is not None
            columns["day"].append((paid.astimezone(ZONE).date() - date(1970, 1, 1)).days)
            columns["paid_at"].append(int(paid.timestamp()))
        return Sales.of([self.row[order.seller_id] for order in orders], **columns)

    def qualifying(self) -> Qualifying:
        rows: dict[str, list[int]] = defaultdict(list)
        for ago, order, worth, sign in self._earlier():
            rows["member"].append(self.row[order.seller_id])
            rows["periods_ago"].append(ago)
            for name in ("bv", "rsp", "rsp_all", "rsp_repeat"):
                rows[name].append(sign * worth[name])
                rows[f"own_{name}"].append(sign * worth[name] if order.own else 0)
        return Qualifying.of(rows.pop("member", []), **rows)

    def _earlier(self) -> Iterator[tuple[int, Order, dict[str, int], int]]:
        """Orders of two earlier months, and returns of earlier orders up to now."""
        month = calendar.month(self.period.label)
        for ago in (1, 2):
            bounds = calendar.trailing(month, ago + 1).bounds(ZONE)
            within = {"counted_at__gte": bounds.starts_at, "counted_at__lt": bounds.ends_at}
            for order in Order.objects.filter(**within):
                yield ago, order, volumes_of_order(order), 1
            for back in Return.objects.filter(**within):
                yield ago, back.line.order, volumes_of_return(back), -1
        for back in Return.objects.filter(
            counted_at__gte=self.period.starts_at,
            counted_at__lt=self.period.ends_at,
            line__order__counted_at__lt=self.period.starts_at,
        ):
            yield 0, back.line.order, volumes_of_return(back), -1

    def stated(self) -> Stated | None:
        """As the fixture decided: bounds in January and February, coupons in January."""
        if self.period.label == "2017-03":
            return None
        columns = {
            name: np.full(len(self.row), NOT_STATED, dtype=np.int64)
            for name in ("pay_rank_at_least", "pay_rank_at_most", "coupons", "coupons_to_use")
        }
        place = {person.code: number for number, person in enumerate(self.people)}
        columns["pay_rank_at_least"][place["F"]] = 1
        columns["pay_rank_at_most"][place["A"]] = 0
        if self.period.label == "2017-01":
            for code in ("B", "Y"):
                columns["coupons"][place[code]] = 5
                columns["coupons_to_use"][place[code]] = 2
        return Stated.of(len(self.row), **columns)

    def carried(self) -> Carried | None:
        if self.before is None:
            return None
        keys = self.before.carried_keys
        found = [
            (self.row[one.representative_id], keys[one.key], one.value)
            for one in StoredCarried.objects.filter(run_id=self.before.pk)
            if not keys[one.key].startswith("ranking_")
        ]
        names = sorted({name for _, name, _ in found})
        return Carried.of(
            [row for row, _, _ in found],
            [names.index(name) for _, name, _ in found],
            [value for _, _, value in found],
            keys=names,
        )

    def compute(self) -> Results:
        return compute(
            self.plan,
            self.members(),
            self.sales(),
            qualifying=self.qualifying(),
            stated=self.stated(),
            carried=self.carried(),
            calendar=PeriodPlace((self.period.first_day.month - 1) % 3),
        )


def volumes_of_order(order: Order) -> dict[str, int]:
    lines = order.lines.all()
    return {
        "bv": order.bv,
        "rsp": order.rsp,
        "rsp_all": order.rsp_all,
        "rsp_repeat": sum(x.rsp for x in lines if x.repeat and x.line_class == "repeat"),
        "net": order.net_minor,
        "margin": sum(x.margin_minor for x in lines),
        "units": sum(x.quantity for x in lines),
    }


def volumes_of_return(back: Return) -> dict[str, int]:
    line = back.line
    return {
        "bv": back.bv,
        "rsp": back.rsp if line.repeat else 0,
        "rsp_all": back.rsp,
        "rsp_repeat": back.rsp if line.repeat and line.line_class == "repeat" else 0,
        "net": back.gross_minor - back.tax_minor,
        "margin": back.margin_minor,
        "units": back.quantity,
    }
