"""Who stands behind a statement line, and why somebody is or is not paid for a sale.

Pure functions over arrays that a run has stored; they give the same answers as the run itself.
Each kind of component brings its own answers (``Component.behind``, ``verdicts``, ``parts``,
``opens_to_orders``); here is what is the same for all of them, and for a whole plan.

* ``contributors(component, paid_level, branch)``: positions of those behind a line.
* ``orders_behind(component, paid_level, branch, orders)``: which of their orders are.
* ``why(component, sale, seller, enrolled_day, path, plan=...)``: a ``Verdict`` for the seller and
  each upline: paid on which levels or not, the reason, what was needed and had, who received it.
* ``why_matched(component, path, plan=...)``: the same for each upline of an earner.
* ``why_not_counted(component, person, plan=...)``: why no sale at all pays somebody.
* ``compensation.engine.parts.line_parts`` and ``compensation.engine.opening.Opener`` open a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from compensation.engine import reasons
from compensation.engine.branches import (
    FIGURES,
    RESULT_FIGURES,
    Branch,
    Missed,
    Upline,
    Verdict,
    branch_of,
    standing_by_position,
    standing_of,
)
from compensation.engine.components import Component, Match
from compensation.engine.components.base import TellsOrdersApart
from compensation.engine.plan import Activity, Plan
from compensation.engine.reasons import Cause, verdicts_on_levels
from compensation.engine.types import Bool, EngineError, Int, Reason
from compensation.engine.volumes import Orders

__all__ = [
    "FIGURES",
    "RESULT_FIGURES",
    "Branch",
    "Cause",
    "Missed",
    "Upline",
    "Verdict",
    "branch_of",
    "contributors",
    "orders_behind",
    "standing_by_position",
    "standing_of",
    "why",
    "why_matched",
    "why_not_counted",
]


def contributors(component: Component, paid_level: int, branch: Branch) -> Int:
    """Give the positions whose sales belong to the member's line of this component and level.

    For a match they are the positions of the earners whose lines are matched; none for what opens
    to no order lines (``component.opens_to_orders``). A cut of a cap: ``engine.opening``.

    ``branch`` is the receiver's. The receiver is taken as paid; sellers without sales are
    among them.
    """
    return component.behind(paid_level, branch) + branch.start


def orders_behind(component: Component, paid_level: int, branch: Branch, orders: Orders) -> Bool:
    """Tell which orders of those behind a line make it; ``orders.seller`` points into the branch.

    Of most kinds all of them, as far as they have a quantity.
    """
    if isinstance(component, TellsOrdersApart):
        return component.orders_behind(paid_level, branch, orders)
    return np.ones(len(orders), dtype=np.bool_)


def why(
    component: Component,
    sale: Orders,
    seller: Upline,
    enrolled_day: int,
    path: Sequence[Upline],
    *,
    plan: Plan | None = None,
) -> list[Verdict]:
    """Tell for the seller and each upline whether a sale pays him, and why not.

    ``sale`` holds one order (rows added up); ``path`` are the uplines from the seller's sponsor
    upwards, as far as they are of interest. The seller comes first if the component pays him at
    all. The list is empty if the sale has no share in the component (no points, not a first
    order), and for what opens to no order lines; for a match it always is, see ``why_matched``.

    With ``plan`` the verdicts say, too, by how much the activity test was missed, and what caps
    have cut (``Upline.lines`` needed).

    :raises EngineError: if ``sale`` is not a single order.
    """
    if len(sale) != 1:
        raise EngineError("one order is needed")
    alone = replace(sale, seller=np.zeros_like(sale.seller))
    found = component.verdicts(alone, seller, enrolled_day, path)
    return _told(found, component, [seller, *path], plan)


def why_matched(
    component: Match, path: Sequence[Upline], *, plan: Plan | None = None
) -> list[Verdict]:
    """Tell for each upline of an earner whether what the latter earned is matched, and why not.

    ``plan`` as for ``why``.
    """
    return _told(verdicts_on_levels(component, path), component, path, plan)


def why_not_counted(component: Component, person: Upline, *, plan: Plan | None = None) -> Cause:
    """Tell why somebody whom a component does not count (``Component.counted``) is not counted.

    No sale pays him by it. ``plan`` as for ``why``.
    """
    cause = reasons.why_not_counted(component, person)
    if plan is None or cause.reason != Reason.INACTIVE:
        return cause
    return replace(cause, missed=_inactive(cause.missed, person, plan.activity))


def _told(
    verdicts: list[Verdict], component: Component, people: Sequence[Upline], plan: Plan | None
) -> list[Verdict]:
    """Add what the plan knows: the activity test, and caps."""
    if plan is None:
        return verdicts
    by_position = {one.position: one for one in people}
    found = []
    for verdict in verdicts:
        person = by_position[verdict.position]
        if verdict.reason == Reason.INACTIVE:
            told = replace(verdict, missed=_inactive(verdict.missed, person, plan.activity))
        elif verdict.reason == Reason.PAID:
            told = _cut(verdict, component, person, plan)
        else:
            told = verdict
        found.append(told)
    return found


def _inactive(missed: tuple[Missed, ...], person: Upline, activity: Activity) -> tuple[Missed, ...]:
    """Put the plan's activity test in the place of a bare "active"."""
    others = tuple(one for one in missed if one.measure != "active")
    if not activity.measure.startswith("personal_"):
        return missed
    measure = activity.measure.replace("personal", "window")
    return (Missed(measure, activity.at_least, person.figures.get(measure)), *others)


def _cut(verdict: Verdict, component: Component, person: Upline, plan: Plan) -> Verdict:
    """Say which caps have cut what somebody earned by a component, and to what."""
    lines = person.lines or {}
    cut_by, missed = [], []
    for cap in plan.caps:
        if component.id in cap.of and (cap.id, 0) in lines:
            subject, cut = lines[cap.id, 0]
            cut_by.append(cap.id)
            missed.append(Missed("cap", subject + cut, subject))
    if not cut_by:
        return verdict
    return replace(verdict, reason=Reason.CAPPED, cut_by=tuple(cut_by), missed=tuple(missed))
