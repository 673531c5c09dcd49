"""What a posted run paid for one order line: to whom, on which statement line, how much.

Derived by ``compensation.explaining`` from the run's stored results and its frozen order lines, so
that the parts of a statement line add up to it exactly. Nothing here writes.
"""

from __future__ import annotations

from dataclasses import dataclass

from compensation.engine.components import Match
from compensation.engine.opening import lines_behind
from compensation.explaining.sales import Sale
from compensation.models import Earning, Run
from compensation.plans import load_plan


@dataclass(frozen=True, slots=True)
class PostedPart:
    """A part of one statement line; ``amount`` in minor units or hundredths of RSP."""

    receiver_id: int
    component: int
    """Index of the component; from their number on, of the cap that cut."""
    paid_level: int
    unit: int
    rate_num: int
    rate_den: int
    amount: int


def parts_of_order_line(
    *, run: Run, order_id: int, line_id: int, seller_id: int
) -> list[PostedPart]:
    """Return what a run paid for an order line; parts that came to nought are left out.

    :raises EngineError: if the facts are not those that the run saw.
    """
    plan = load_plan(run.plan_version.document)
    sale = Sale(run, plan, order_id=order_id, seller_id=seller_id)
    if sale.sold is None or not sale.is_in_run:
        return []
    key = next(line.key for line in sale.sold.lines if line.id == line_id)
    parts: list[PostedPart] = []

    def receivers(indexes: list[int]) -> list[int]:
        return list(dict.fromkeys(one.receiver_id for one in parts if one.component in indexes))

    def take(lines: list[Earning]) -> None:
        shares = [(line, sale.share(line, key)) for line in lines]
        parts.extend(_posted(line, amount) for line, amount in shares if amount)

    for index, component in enumerate(plan.components):
        earners = receivers(lines_behind(plan, component)) if isinstance(component, Match) else []
        take([sale.earnings[place] for place in sale.paid_places(index, earners)])
    for index, cap in enumerate(plan.caps, start=len(plan.components)):
        cut = [(one, index, 0) for one in receivers(lines_behind(plan, cap))]
        take([sale.earnings[place] for place in cut if place in sale.earnings])
    return parts


def _posted(line: Earning, amount: int) -> PostedPart:
    return PostedPart(
        receiver_id=line.receiver_id,
        component=line.component,
        paid_level=line.paid_level,
        unit=line.unit,
        rate_num=line.rate_num,
        rate_den=line.rate_den,
        amount=amount,
    )
