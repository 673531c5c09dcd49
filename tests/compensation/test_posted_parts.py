"""What a posted month paid for each order line adds up to its statement lines, of every kind."""

from __future__ import annotations

from datetime import date

from compensation import services
from compensation.models import Earning, ReversedPart
from compensation.posted_parts import parts_of_order_line
from compensation.verification import ledger_faults
from representatives.services import enrol_representative
from sales import services as sales_services
from sales.models import Order, OrderLine
from tests.compensation.town import PLAN, Town, local

EVERY_KIND = (
    PLAN.replace("name: town", "name: town-of-all")
    + """
  - {id: taken, kind: level_percent, rates: ["3", "2.5"], compression: dynamic,
     level_minimum: {measure: own_bv, at_least: [0, "10"]},
     qualification: [{measure: active, at_least: 1}]}
  - {id: bonus, kind: volume_bracket, chosen_by: group_bv, paid_on: {scope: group},
     brackets: [{from: "60", percent: "1"}, {from: "300", percent: "1.7"}]}
  - {id: steps, kind: differential, on: net,
     percent_by_rank: {IR: "3", Bronze: "5.5", Silver: "7"}}
  - {id: match, kind: match, of: [levels, steps], rates: ["15", "7.5"], compression: roll_up}
  - {id: again, kind: match, of: [match, bonus], rates: ["33.3"], compression: dynamic}
"""
)


FURTHER_KINDS = (
    PLAN.replace("name: town", "name: town-of-more")
    + """
  - {id: legs, kind: differential, chosen_by: group_bv, breakaway: true,
     brackets: [{from: "60", percent: "2"}, {from: "200", percent: "6.5"}]}
  - {id: leaders, kind: generation_percent, leader_rank: Bronze, rates: ["4", "2.2"],
     own_rate: "1.1"}
  - {id: quick, kind: quick_start, days: 30, rates: ["10", "5.5"], compression: roll_up}
  - {id: retail, kind: retail_profit, percent: "90"}
  - {id: slices, kind: volume_bracket, method: marginal, paid_on: {base: net, scope: group},
     brackets: [{from: "50", percent: "1"}, {from: "400", percent: "2.5"}]}
  - {id: promotion, kind: rank_bonus, amounts: {Bronze: "25.00"}}
  - {id: shared, kind: pool, percent: "3", shares: {by_rank: {Bronze: 1, Silver: 2}}}
  - {id: on_top, kind: match, of: [leaders, quick, retail], rates: ["15", "7.5"]}
caps:
  - {id: most, scope: person, amount: "14.00", of: [levels, legs, on_top]}
  - {id: of_all, scope: company, percent: "12", of: [levels, legs, leaders, quick, retail,
     slices, on_top]}
"""
)


def told_and_paid(town: Town) -> tuple[dict[tuple[int, int, int], int], ...]:
    """Give the sums of all order lines' parts, and the statement lines, of January."""
    run = town.close("2017-01")
    lines = OrderLine.objects.filter(
        order__counted_at__gte=run.period.starts_at, order__counted_at__lt=run.period.ends_at
    ).select_related("order")

    told: dict[tuple[int, int, int], int] = {}
    for line in lines:
        for part in parts_of_order_line(
            run=run, order_id=line.order_id, line_id=line.pk, seller_id=line.order.seller_id
        ):
            key = (part.receiver_id, part.component, part.paid_level)
            told[key] = told.get(key, 0) + part.amount

    paid = {
        (one.receiver_id, one.component, one.paid_level): one.amount
        for one in Earning.objects.filter(run_id=run.pk)
        if one.amount
    }
    return told, paid


def test_parts_of_all_order_lines_add_up_to_every_statement_line(town: Town) -> None:
    services.add_plan_version(
        document=EVERY_KIND, effective_from=date(2016, 2, 1), created_by=town.closer
    )

    told, paid = told_and_paid(town)

    assert told == paid
    assert {component for _, component, _ in paid} == set(range(7))


def test_parts_of_further_kinds_and_of_cuts_add_up_and_bonuses_have_none(town: Town) -> None:
    services.add_plan_version(
        document=FURTHER_KINDS, effective_from=date(2016, 2, 1), created_by=town.closer
    )
    sell_as_a_new_member(town)

    told, paid = told_and_paid(town)

    assert {component for _, component, _ in paid} == set(range(12))
    hang_on_no_order = {7, 8}
    assert told == {key: paid[key] for key in paid if key[1] not in hang_on_no_order}
    assert all(paid[key] < 0 for key in paid if key[1] >= 10)


def test_what_a_return_takes_back_leaves_bonuses_and_gives_back_cuts(town: Town) -> None:
    services.add_plan_version(
        document=FURTHER_KINDS, effective_from=date(2016, 2, 1), created_by=town.closer
    )
    order = sell_as_a_new_member(town)
    run = town.close("2017-01")
    parts = parts_of_order_line(
        run=run,
        order_id=order.pk,
        line_id=order.lines.get(number=1).pk,
        seller_id=order.seller_id,
    )

    returned = town.take_back(order, order.lines.get(number=1).quantity, "2017-02-10")

    back = ReversedPart.objects.filter(reversal__sales_return=returned)
    assert {(one.receiver_id, one.component, one.paid_level): one.amount for one in back} == {
        (one.receiver_id, one.component, one.paid_level): one.amount for one in parts
    }
    assert {one.component for one in back} >= {1, 2, 3, 4, 5, 6, 9, 10, 11}
    assert not {one.component for one in back} & {7, 8}
    assert ledger_faults() == []


def sell_as_a_new_member(town: Town) -> Order:
    """Enrol somebody below F, who sells to a customer at once."""
    now = local("2017-01-08T12:00")
    town.members["G"] = enrol_representative(
        sponsor=town.members["F"],
        name="Member G",
        email="",
        with_login=False,
        enrolled_on=date(2017, 1, 8),
        now=now,
        code="G",
    )
    oil = sales_services.add_product(
        facts=sales_services.ProductFacts(
            sku="OIL",
            name="Oil",
            retail_price_minor=5999,
            ir_price_minor=4500,
            tax_rate_bp=2300,
            repeat=True,
            bv=2999,
            rsp=1500,
        )
    )
    customer = sales_services.add_customer(representative=town.members["G"], name="Vera", now=now)
    order = sales_services.place_order(
        seller=town.members["G"],
        customer=customer,
        lines=[
            sales_services.LineRequest(oil.pk, 3),
            sales_services.LineRequest(town.products["TEA"].pk, 2),
        ],
        now=now,
        reference="G-first",
    )
    return services.record_payment(
        order=order,
        payment_reference="pay G-first",
        amount_minor=order.gross_minor,
        recorded_by=town.closer,
        now=now,
    )
