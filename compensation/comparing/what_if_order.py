"""What an order to be placed would pay, and to whom, on the open month's figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
from django.utils.translation import gettext

from compensation import selectors
from compensation.comparing import facts
from compensation.comparing.chain import Side
from compensation.comparing.effects import Effect, Tally
from compensation.comparing.facts import Loaded, UnableToCompare
from compensation.comparing.inputs import Input, Returned, rows_of
from compensation.comparing.moves import MOST_LARGEST
from compensation.engine import EngineError, Plan, Sales, SumTooLargeError
from compensation.loaders import UnableToLoad
from compensation.models import Period, PeriodStatus, PlanVersion
from compensation.plans import load_plan
from compensation.services.errors import UnableToAdvance
from representatives.models import Company, Representative
from sales.models import Customer
from sales.services import LineRequest, UnableToPlaceOrder
from sales.services.quotes import Quote, quote_order

EPOCH = date(1970, 1, 1)
FAULTS = (EngineError, SumTooLargeError, UnableToLoad, UnableToAdvance)


@dataclass(frozen=True, slots=True)
class OrderEffect:
    """An order that does not exist, and what it would do in the open month."""

    period: Period
    plan: PlanVersion
    quote: Quote
    effect: Effect


def open_month(now: datetime) -> tuple[Period, PlanVersion]:
    """Return the open month that holds the clock, and its plan.

    :raises UnableToCompare: if there is none.
    """
    period = selectors.current_period(now)
    if period is None or period.status != PeriodStatus.OPEN:
        raise UnableToCompare(gettext("no month is open now"))
    return period, plan_of(period)


def plan_of(period: Period) -> PlanVersion:
    """Return the plan in force in a month.

    :raises UnableToCompare: if there is none.
    """
    version = selectors.plan_version_for(period)
    if version is None:
        raise UnableToCompare(gettext("no plan is in force in %(label)s") % {"label": period.label})
    return version


def order_effect(
    *,
    seller: Representative,
    own: bool,
    lines: Sequence[LineRequest],
    now: datetime,
    customer: Customer | None = None,
    invoiced_to_customer: bool = True,
    most: int | None = MOST_LARGEST,
) -> OrderEffect:
    """Say what an order would do if it were placed and paid now.

    ``own`` is the seller's own purchase, else ``customer`` buys, or somebody new (None).

    :raises UnableToCompare: if no month is open, the order would be refused, or the month can't be
        computed.
    """
    period, version = open_month(now)
    try:
        quote = quote_order(
            seller=seller,
            own=own,
            customer=customer,
            lines=lines,
            now=now,
            invoiced_to_customer=invoiced_to_customer,
        )
    except UnableToPlaceOrder as fault:
        raise UnableToCompare(fault.message, fault.field) from fault
    tally = Tally()
    try:
        before = computed(period, load_plan(version.document))
        after = with_orders(before.given, [quote], now=now)
        tally.add(before, replace(before, given=after, results=after.compute(before.plan)))
    except FAULTS as fault:
        raise UnableToCompare(str(fault)) from fault
    return OrderEffect(period, version, quote, tally.effect(most))


def loaded_month(period: Period, plan: Plan) -> Loaded:
    """Read a month's facts for a plan in one snapshot."""
    with facts.snapshot() as bulk:
        return facts.load(bulk, facts.source_for(period, plan))


def computed(period: Period, plan: Plan) -> Side:
    """Compute a month under a plan in memory, as a preview would."""
    given = loaded_month(period, plan).given
    return Side(plan, given, Returned.none(), given.compute(plan))


def with_orders(given: Input, quotes: Sequence[Quote], *, now: datetime) -> Input:
    """Add orders to the month's sales; each that nobody known buys is somebody else's.

    :raises UnableToCompare: if a seller is not among the month's members.
    """
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    sales = given.sales
    known = [quote.customer.pk for quote in quotes if quote.customer is not None]
    customer = max(int(sales.customer.max(initial=0)), *known, 0)
    number = int(sales.order.max(initial=0))
    rows = rows_of(given.members.ids, np.array([quote.seller.pk for quote in quotes], np.int64))
    orders = []
    for quote, row in zip(quotes, rows.tolist(), strict=True):
        if row < 0:
            raise UnableToCompare(
                gettext("%(seller)s is not among the month’s members") % {"seller": quote.seller}
            )
        number += 1
        customer += 1
        orders.append(
            {
                "seller": row,
                "order": number,
                "bv": quote.bv,
                "rsp": quote.rsp,
                "rsp_all": quote.rsp_all,
                "net": quote.net_minor,
                "own": quote.own,
                "first_order": quote.is_first,
                "day": (now.astimezone(zone).date() - EPOCH).days,
                "customer": _customer_of(quote, customer),
                "margin": quote.margin_minor,
                "units": quote.units,
                "rsp_repeat": quote.rsp_repeat,
                "paid_at": int(now.timestamp()),
            }
        )
    return replace(given, sales=_with(sales, orders))


def _customer_of(quote: Quote, somebody_new: int) -> int:
    if quote.own:
        return -1
    return somebody_new if quote.customer is None else quote.customer.pk


def _with(sales: Sales, orders: Sequence[dict[str, int]]) -> Sales:
    if not orders:
        return sales
    more = {
        name: np.append(getattr(sales, name), [order[name] for order in orders])
        for name in orders[0]
    }
    for name in ("own", "first_order"):
        more[name] = more[name].astype(np.bool_)
    return Sales(**more)
