"""The compensation engine: a pure function from facts and a plan to results.

It imports numpy and the standard library only, reads no clock, no settings and no database, and
gives the same bytes for the same input.

    from compensation.engine import Members, Qualifying, Sales, Stated, compute, parse_plan

    plan = parse_plan(document)                  # a loaded YAML document, see docs/plan/format.md
    members = Members.of(ids, sponsor, status=..., opening_title=..., enrolled=...)
    sales = Sales.of(seller, bv=..., rsp=..., order=..., ...)      # orders or order lines
    qualifying = Qualifying.of(member, bv=..., in_period=...)      # window, posted returns
    carried = Carried.of(member, key, value, keys=...)             # of the period before
    calendar = PeriodPlace(month_of_quarter=1)                     # for windows by quarter
    results = compute(plan, members, sales, qualifying=qualifying, stated=None,
                      carried=carried, calendar=calendar)

``results.members`` and ``results.earnings`` are structs of arrays (``compensation.engine.types``
and ``compensation.engine.results`` state shapes and units), ``results.totals`` the sums.
``compensation.engine.parts`` allots a statement line's rounded amount to order lines and reverses
parts; ``compensation.engine.explain`` finds the sellers behind a line and gives reasons.
"""

from __future__ import annotations

from compensation.engine.carried import CarriedOut
from compensation.engine.money import SumTooLargeError, percent_of, round_ratio
from compensation.engine.plan import Plan, parse_plan
from compensation.engine.reading import Fault, PlanError
from compensation.engine.results import Earnings, MemberResults, Results, Totals
from compensation.engine.run import compute
from compensation.engine.types import (
    NOT_STATED,
    Carried,
    EngineError,
    Members,
    PeriodPlace,
    Qualifying,
    Reason,
    Sales,
    Stated,
    Status,
    Unit,
    sponsor_rows,
)
from compensation.engine.version import ENGINE_VERSION

__all__ = [
    "ENGINE_VERSION",
    "NOT_STATED",
    "Carried",
    "CarriedOut",
    "Earnings",
    "EngineError",
    "Fault",
    "MemberResults",
    "Members",
    "PeriodPlace",
    "Plan",
    "PlanError",
    "Qualifying",
    "Reason",
    "Results",
    "Sales",
    "Stated",
    "Status",
    "SumTooLargeError",
    "Totals",
    "Unit",
    "compute",
    "parse_plan",
    "percent_of",
    "round_ratio",
    "sponsor_rows",
]
