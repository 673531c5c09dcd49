"""Plan versions: a plan document is checked, then kept for ever under its first day."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from django.db import transaction

from compensation.engine import Plan, PlanError
from compensation.models import Period, PeriodStatus, PlanVersion, Run
from compensation.plans import load_plan
from compensation.services.decisions import lost_ranks
from compensation.services.errors import UnableToAddPlanVersion
from representatives.models import Company, User


@transaction.atomic
def add_plan_version(
    *, document: str, effective_from: date, created_by: User | None = None
) -> PlanVersion:
    """Check a plan document and keep it as the plan in force from a month's first day on.

    The same document for the same day is already there and comes back unchanged.

    :raises UnableToAddPlanVersion: naming the field: a fault of the document with its path, a
        currency that is not the company's, a day that is not the first of a month, one in a
        period that was closed with another plan, or a rank that is left out though a decision on
        somebody's rank names it.
    """
    plan = _checked(document)
    if effective_from.day != 1:
        raise UnableToAddPlanVersion(
            "A plan takes effect on the first day of a month.", field="effective_from"
        )
    there = PlanVersion.objects.filter(effective_from=effective_from).first()
    if there is not None:
        if there.document == document:
            return there
        raise UnableToAddPlanVersion(
            f"{there.name} takes effect on {effective_from} already.", field="effective_from"
        )
    closed = (
        Period.objects.exclude(status=PeriodStatus.OPEN)
        .filter(first_day__gte=effective_from)
        .order_by("first_day")
        .first()
    )
    if closed is not None:
        raise UnableToAddPlanVersion(
            f"{closed.label} is no longer open and keeps its plan.", field="effective_from"
        )
    lost = lost_ranks(plan, effective_from)
    if lost:
        raise UnableToAddPlanVersion(
            f"The plan leaves out the rank {lost[0].rank}, decided for {lost[0].representative}:"
            " end the decision first.",
            field="document",
        )
    return PlanVersion.objects.create(
        name=plan.name,
        document=document,
        digest=plan.digest(),
        effective_from=effective_from,
        created_by=created_by,
    )


def _checked(document: str) -> Plan:
    try:
        plan = load_plan(document)
    except PlanError as error:
        raise UnableToAddPlanVersion(str(error), field="document") from error
    currency = Company.objects.get(pk=Company.ONLY_ID).currency
    if plan.currency != currency:
        raise UnableToAddPlanVersion(
            f"The plan is in {plan.currency}, the company in {currency}.", field="document"
        )
    return plan


def currency_of(run: Run) -> str:
    """Return the currency in which a run pays; parsed once a plan version."""
    return _currency(run.plan_version.document)


@lru_cache(maxsize=64)
def _currency(document: str) -> str:
    return load_plan(document).currency
