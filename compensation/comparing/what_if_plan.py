"""What a plan draft would have cost over past months, who would gain and who would lose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.utils.translation import gettext

from compensation import calendar, loaders, selectors
from compensation.comparing import facts
from compensation.comparing.chain import Side
from compensation.comparing.effects import Cost, Effect, Tally
from compensation.comparing.facts import UnableToCompare
from compensation.comparing.inputs import Input, Returned, rows_of
from compensation.comparing.moves import MOST_LARGEST
from compensation.comparing.what_if_order import FAULTS, plan_of
from compensation.engine import Fault, Plan, PlanError
from compensation.engine.carried import Carried
from compensation.engine.worst_case import check_plan
from compensation.models import Period, PlanVersion
from compensation.plans import load_plan
from compensation.services.sources import InputSource
from representatives.models import Company

MOST_MONTHS = 24


class DraftRefused(UnableToCompare):
    """A plan draft has faults; each with its path."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults), "document")
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class MonthOfDraft:
    """One month, with the plan it had and with the draft."""

    period: Period
    plan: PlanVersion
    before: Cost
    after: Cost


@dataclass(frozen=True, slots=True)
class PlanEffect:
    """What a draft would have done over some months."""

    draft: Plan
    months: tuple[MonthOfDraft, ...]
    effect: Effect


def read_draft(document: str) -> Plan:
    """Read and check a plan draft.

    :raises DraftRefused: with every fault and its path.
    """
    try:
        plan = load_plan(document)
    except PlanError as fault:
        raise DraftRefused(fault.faults) from fault
    faults = list(check_plan(plan, plan.rsp_per_bv))
    currency = Company.objects.get(pk=Company.ONLY_ID).currency
    if plan.currency != currency:
        told = f"is {plan.currency}; the company pays in {currency}"
        faults.append(Fault("currency", told))
    if faults:
        raise DraftRefused(faults)
    return plan


def months_for_drafts(now: datetime) -> list[Period]:
    """Return the months that a draft can be tried on, the latest first: all that have begun."""
    first = PlanVersion.objects.order_by("effective_from").first()
    if first is None:
        return []
    begun = Period.objects.filter(starts_at__lte=now, first_day__gte=first.effective_from)
    return list(begun.order_by("-starts_at"))


def get_months(labels: Sequence[str], now: datetime) -> list[Period]:
    """Return the months of these labels in their order in time.

    :raises UnableToCompare: if there are none or too many, or one is not there or has not begun.
    """
    wanted = sorted(set(labels))
    if not wanted:
        raise UnableToCompare(gettext("choose at least one month"), "months")
    if len(wanted) > MOST_MONTHS:
        raise UnableToCompare(
            gettext("choose at most %(most_months)s months") % {"most_months": MOST_MONTHS},
            "months",
        )
    found = {
        period.label: period
        for period in Period.objects.filter(label__in=wanted, starts_at__lte=now)
    }
    for label in wanted:
        if label not in found:
            raise UnableToCompare(
                gettext("there is no month %(label)s that has begun") % {"label": label}, "months"
            )
    return [found[label] for label in wanted]


def plan_effect(
    *,
    draft: Plan,
    months: Sequence[Period],
    most: int | None = MOST_LARGEST,
    told: Callable[[MonthOfDraft], None] | None = None,
) -> PlanEffect:
    """Compute months with their own plan and with a draft, and compare.

    Months that follow each other go on from what the draft itself left: its titles, its counts and
    rests. A month whose neighbour before is not among them begins with what was posted. ``told``
    is called after each month.

    :raises UnableToCompare: if a month has no plan, or can't be computed.
    """
    tally = Tally()
    done: list[MonthOfDraft] = []
    left: tuple[Period, Side] | None = None
    with facts.snapshot() as bulk:
        for period in months:
            version = plan_of(period)
            try:
                before = _as_it_is(bulk, period, version)
                given = facts.load(bulk, facts.source_for(period, draft)).given
                if left is not None and follows(left[0], period):
                    given = _going_on(given, left[1])
                after = Side(draft, given, Returned.none(), given.compute(draft))
                costs = tally.add(before, after)
            except FAULTS as fault:
                raise UnableToCompare(f"{period.label}: {fault}") from fault
            left = period, after
            done.append(MonthOfDraft(period, version, *costs))
            if told is not None:
                told(done[-1])
    return PlanEffect(draft, tuple(done), tally.effect(most))


def _as_it_is(bulk: loaders.Connection, period: Period, version: PlanVersion) -> Side:
    """Compute a month as it was posted, or would be with the plan in force."""
    posted = selectors.posted_run(period)
    if posted is None:
        plan = load_plan(version.document)
        given = facts.load(bulk, facts.source_for(period, plan)).given
        return Side(plan, given, Returned.none(), given.compute(plan))
    source = InputSource.of(posted)
    given = facts.load(bulk, source).given
    side = Side(source.plan, given, Returned.none(), given.compute(source.plan))
    if side.results.totals.commission_minor != posted.commission_minor:
        raise UnableToCompare(
            gettext(
                "%(label)s: this engine (%(present)s) does not find what was posted (%(posted)s)"
            )
            % {
                "label": period.label,
                "present": side.results.engine_version,
                "posted": posted.engine_version,
            }
        )
    return side


def follows(one: Period, other: Period) -> bool:
    """Tell whether a month comes right after another one."""
    return calendar.month(one.label).next().label == other.label


def _going_on(given: Input, left: Side) -> Input:
    """Begin a month with what the draft left in the month before."""
    found, carried = left.results.members, left.results.carried
    titles = np.zeros(len(given.members), dtype=np.int64)
    row = rows_of(given.members.ids, found.ids)
    there = row >= 0
    titles[row[there]] = found.title_rank[there]
    chosen = there[carried.position]
    return replace(
        given,
        members=replace(given.members, opening_title=titles),
        carried=Carried.of(
            row[carried.position[chosen]],
            carried.key[chosen],
            carried.value[chosen],
            keys=carried.keys,
        )
        if carried.keys
        else None,
    )
