"""A statement line of every kind opens to people and order lines that add up to it."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from compensation import services
from compensation.explaining import glance as glancing
from compensation.explaining import stored
from compensation.explaining.opened import Lines
from compensation.explaining.walking import rule_for
from compensation.explaining.why import why_order
from compensation.models import Earning
from compensation.plans import load_plan
from compensation.posted_parts import parts_of_order_line
from sales import services as sales_services
from sales.models import OrderLine, Product
from tests.compensation.test_posted_parts import EVERY_KIND
from tests.compensation.town import PLAN, Town, local

FURTHER_KINDS = (
    PLAN.replace("name: town", "name: town-of-further-kinds")
    + """
  - {id: generations, kind: generation_percent, leader_rank: Bronze, rates: ["3", "2"],
     own_rate: "1"}
  - {id: stairs, kind: differential, breakaway: true, chosen_by: group_bv,
     brackets: [{from: "50", percent: "3"}, {from: "200", percent: "6"},
                {from: "300", percent: "9"}]}
  - {id: retail, kind: retail_profit}
  - {id: quick, kind: quick_start, days: 500, rates: ["20", "10"], compression: skip_and_recount}
  - {id: promotion, kind: rank_bonus, amounts: {Bronze: "10.00", Silver: "20.00"}}
  - {id: pool, kind: pool, percent: "2", shares: {by_rank: {Bronze: 1, Silver: 2}}}
  - {id: match, kind: match, of: [generations, quick, pool], rates: ["30", "20"]}
  - {id: above, kind: differential, from_level: 1, chosen_by: personal_bv,
     brackets: [{from: "50", percent: "3"}, {from: "100", percent: "5"},
                {from: "160", percent: "9"}]}
caps:
  - {id: most, scope: person, of: [stairs, match], amount: "15.00"}
  - {id: everybody, scope: company, percent: "15", on: bv}
"""
)


FROM_ABOVE = (
    PLAN.replace("name: town", "name: town-from-above")
    + """
  - {id: above, kind: differential, from_level: 1, chosen_by: personal_bv,
     brackets: [{from: "95", percent: "3"}, {from: "110", percent: "5"},
                {from: "160", percent: "9"}]}
"""
)
"""Own purchases pay by other steps than customers' orders of the same seller."""


def sell_to_customers(town: Town) -> None:
    """Let some members sell to customers whom the company invoices."""
    for day, (code, pieces) in enumerate((("B", 2), ("D", 1), ("F", 3), ("Y", 1)), start=23):
        now = local(f"2017-01-{day}T12:00")
        seller = town.members[code]
        customer = sales_services.add_customer(representative=seller, name="Helena", now=now)
        order = sales_services.place_order(
            seller=seller,
            customer=customer,
            lines=[
                sales_services.LineRequest(town.products[sku].pk, pieces) for sku in ("TEA", "JUG")
            ],
            now=now,
        )
        town.orders[order.reference] = services.record_payment(
            order=order,
            payment_reference=f"pay {order.reference}",
            amount_minor=order.gross_minor,
            recorded_by=town.closer,
            now=now,
        )


@pytest.mark.parametrize("at_once", [1_000, 1], ids=["whole", "level-by-level"])
@pytest.mark.parametrize("document", [EVERY_KIND, FURTHER_KINDS], ids=["first", "further"])
def test_every_line_opens_to_parts_that_add_up(
    town: Town, monkeypatch: pytest.MonkeyPatch, at_once: int, document: str
) -> None:
    monkeypatch.setattr(stored, "AT_ONCE", at_once)
    Product.objects.filter(sku="JUG").update(retail_price_minor=10900)
    sell_to_customers(town)
    services.add_plan_version(
        document=document, effective_from=date(2016, 2, 1), created_by=town.closer
    )
    run = town.close("2017-01")
    paid = set(Earning.objects.filter(run_id=run.pk).values_list("component", flat=True))
    assert paid == set(range(len(paid)))
    lines = Lines(run, load_plan(run.plan_version.document))

    told: dict[tuple[int, int, int, str, int], int] = {}
    for earning in Earning.objects.filter(run_id=run.pk):
        opened = lines.open(earning)
        assert opened.adds_up, (earning, opened)
        for someone in opened.people:
            for part in someone.parts:
                key = (earning.receiver_id, earning.component, earning.paid_level, *part.line.key)
                told[key] = told.get(key, 0) + part.amount

    of_orders: dict[tuple[int, int, int, str, int], int] = {}
    for line in OrderLine.objects.filter(
        order__counted_at__gte=run.period.starts_at, order__counted_at__lt=run.period.ends_at
    ).select_related("order"):
        for one in parts_of_order_line(
            run=run, order_id=line.order_id, line_id=line.pk, seller_id=line.order.seller_id
        ):
            place = (one.receiver_id, one.component, one.paid_level)
            of_orders[*place, line.order.reference, line.number] = one.amount
    assert {key: amount for key, amount in told.items() if amount} == of_orders


@pytest.mark.parametrize("document", [EVERY_KIND, FROM_ABOVE], ids=["first", "from above"])
def test_a_glance_gives_the_first_parts_to_a_unit(
    town: Town, monkeypatch: pytest.MonkeyPatch, document: str
) -> None:
    sell_to_customers(town)
    services.add_plan_version(
        document=document, effective_from=date(2016, 2, 1), created_by=town.closer
    )
    run = town.close("2017-01")
    monkeypatch.setattr(glancing, "FEW_ORDERS", 0)
    monkeypatch.setattr(glancing, "FIRST_STRETCH", 2)
    plan = load_plan(run.plan_version.document)

    for earning in Earning.objects.filter(run_id=run.pk):
        whole = Lines(run, plan).open(earning)
        first = glancing.glance(Lines(run, plan), earning, parts=1_000)
        assert not first.is_whole
        amounts = {
            (one.representative_id, part.line.key): (part.base, part.amount)
            for one in whole.people
            for part in one.parts
        }
        looked_at = {
            (one.representative_id, part.line.key): (part.base, part.amount)
            for one in first.people
            for part in one.parts
        }
        if earning.component < 5:  # not a match: nothing is shared out twice
            assert looked_at.keys() == amounts.keys()
            for key, (base, amount) in looked_at.items():
                assert base == amounts[key][0]
                assert 0 <= amounts[key][1] - amount <= 1
        through = [line for one in first.people for line, _ in one.through]
        assert sorted(through, key=str) == sorted(
            (line for one in whole.people for line, _ in one.through), key=str
        )


def test_amounts_of_an_order_are_right_to_a_unit_without_opening_lines(town: Town) -> None:
    services.add_plan_version(
        document=EVERY_KIND, effective_from=date(2016, 2, 1), created_by=town.closer
    )
    run = town.close("2017-01")
    plan = load_plan(run.plan_version.document)

    for order in town.orders.values():
        if order.counted_at is None or order.counted_at >= run.period.ends_at:
            continue
        exact = why_order(run=run, plan=plan, order=order, exact=True)
        quick = why_order(run=run, plan=plan, order=order)
        for one, other in zip(exact.components, quick.components, strict=True):
            for row, fast in zip(one.rows, other.rows, strict=True):
                assert (row.person, row.reason, row.missed) == (
                    fast.person,
                    fast.reason,
                    fast.missed,
                )
                for paid, told in zip(row.paid, fast.paid, strict=True):
                    assert abs(paid.amount - told.amount) <= 3


def test_a_large_branch_is_read_in_one_go_and_is_the_same(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = town.close("2017-01")
    reader = stored.StoredRun(run)
    top = reader.members([town.members["A"].pk])

    slowly = reader.whole_branch(top)
    monkeypatch.setattr(stored, "IN_ONE_GO", 1)
    at_once = reader.whole_branch(top)

    assert len(slowly) == 6
    assert (slowly.rows() == at_once.rows()).all()


def test_a_branch_is_read_only_as_far_as_a_line_goes(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = town.close("2017-01")
    plan = load_plan(run.plan_version.document)
    monkeypatch.setattr(stored, "AT_ONCE", 1)
    reader, top = stored.StoredRun(run), town.members["TOP"].pk

    def codes(level: int) -> set[str]:
        people = reader.branch(top, partial(rule_for, plan.components[1], level))
        ids = set(people.fact("representative_id").tolist())
        return {code for code, one in town.members.items() if one.pk in ids}

    # C is not active and no level: whoever sells on level 3 below TOP stands under B or under C.
    assert codes(1) == {"TOP", "A", "X"}
    assert codes(2) == {"TOP", "A", "X", "B", "Y"}
    assert codes(3) == {"TOP", "A", "X", "B", "Y", "C", "D"}
