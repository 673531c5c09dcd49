"""A statement line of every kind opens to people and order lines that add up to it."""

from __future__ import annotations

from datetime import date

from compensation import services
from compensation.explaining.opened import Lines
from compensation.models import Earning
from compensation.plans import load_plan
from compensation.posted_parts import parts_of_order_line
from sales.models import OrderLine
from tests.compensation.test_posted_parts import EVERY_KIND
from tests.compensation.town import Town


def test_every_line_opens_to_parts_that_add_up(town: Town) -> None:
    services.add_plan_version(
        document=EVERY_KIND, effective_from=date(2016, 2, 1), created_by=town.closer
    )
    run = town.close("2017-01")
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
