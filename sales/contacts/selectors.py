"""Reads of people: their account, their segments, their timeline, what is kept of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, CharField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import TruncDate
from django.db.models.lookups import Exact

from representatives.models import Company
from sales.models import Customer, Order

NONE, NEW, CURRENT, PAST = "none", "new", "current", "past"
ACCOUNTS = (NEW, CURRENT, PAST, NONE)


@dataclass(frozen=True, slots=True)
class AccountRules:
    """When a customer counts as new, current or past: the company's rules at an instant."""

    new_since: datetime
    current_since: datetime
    zone: ZoneInfo

    @classmethod
    def at(cls, now: datetime, company: Company | None = None) -> AccountRules:
        """Return the rules in force; without the company, in one query."""
        company = company or Company.objects.get(pk=Company.ONLY_ID)
        return cls(
            now - timedelta(days=company.new_for_days),
            now - timedelta(days=company.past_after_days),
            company.zone,
        )

    def account(self, first: datetime | None, last: datetime | None) -> str:
        """Return the account of somebody who bought first and last at these instants."""
        if first is None or last is None:
            return NONE
        if last < self.current_since:
            return PAST
        one_day = first.astimezone(self.zone).date() == last.astimezone(self.zone).date()
        return NEW if one_day and first >= self.new_since else CURRENT


def account_status(
    people: QuerySet[Customer], *, now: datetime, rules: AccountRules | None = None
) -> Any:
    """Annotate people with `account` (none, new, current or past) and its two instants.

    `new`: one day of orders, at most `Company.new_for_days` ago. `past`: the last paid order is
    longer ago than `Company.past_after_days`. `none`: no paid order. Else `current`. By two looks
    at an index a person, so right at any instant.
    """
    rules = rules or AccountRules.at(now)
    paid = Order.objects.filter(customer=OuterRef("pk"), status=Order.Status.PAID)
    people = people.annotate(
        first_paid_at=Subquery(paid.order_by("paid_at", "reference").values("paid_at")[:1]),
        last_paid_at=Subquery(paid.order_by("-paid_at", "-reference").values("paid_at")[:1]),
    )
    one_day = Exact(
        TruncDate("first_paid_at", tzinfo=rules.zone), TruncDate("last_paid_at", tzinfo=rules.zone)
    )
    return people.annotate(
        account=Case(
            When(last_paid_at__isnull=True, then=Value(NONE)),
            When(last_paid_at__lt=rules.current_since, then=Value(PAST)),
            When(Q(first_paid_at__gte=rules.new_since) & Q(one_day), then=Value(NEW)),
            default=Value(CURRENT),
            output_field=CharField(),
        )
    )
