"""What a posted month paid for each order line adds up to its statement lines, of every kind."""

from __future__ import annotations

from datetime import date

from compensation import services
from compensation.models import Earning
from compensation.posted_parts import parts_of_order_line
from sales.models import OrderLine
from tests.compensation.town import PLAN, Town

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


def test_parts_of_all_order_lines_add_up_to_every_statement_line(town: Town) -> None:
    services.add_plan_version(
        document=EVERY_KIND, effective_from=date(2016, 2, 1), created_by=town.closer
    )
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
    assert told == paid
    assert {component for _, component, _ in paid} == set(range(7))
