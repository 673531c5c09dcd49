"""Reads of people: their account, their segments, their timeline, what is kept of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    CharField,
    Count,
    Max,
    Min,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncDate
from django.db.models.lookups import Exact

from representatives.models import Company, Representative
from representatives.text import folded, sort_key
from sales.contacts.matching import known_people
from sales.models import Consent, Customer, FollowUp, Need, Order, Product, Talk

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
    """Annotate people with `account`: none, new, current or past.

    `new`: one day of orders, at most `Company.new_for_days` ago. `past`: the last paid order is
    longer ago than `Company.past_after_days`. `none`: no paid order. Else `current`. By one look at
    an index a person, so right at any instant.
    """
    rules = rules or AccountRules.at(now)
    one_day = Exact(
        TruncDate(Min("paid_at"), tzinfo=rules.zone), TruncDate(Max("paid_at"), tzinfo=rules.zone)
    )
    account = (  # whoever paid has a time of it, and the index alone tells it
        Order.objects.filter(customer=OuterRef("pk"), paid_at__isnull=False)
        .order_by()
        .values("customer")
        .annotate(first=Min("paid_at"), last=Max("paid_at"))
        .values(
            account=Case(
                When(last__lt=rules.current_since, then=Value(PAST)),
                When(Q(first__gte=rules.new_since) & Q(one_day), then=Value(NEW)),
                default=Value(CURRENT),
                output_field=CharField(),
            )
        )
    )
    return people.annotate(account=Coalesce(Subquery(account), Value(NONE)))


def people_named(people: QuerySet[Customer], text: str) -> list[Customer]:
    """Return at most two people that "Name (REFERENCE)" or a whole name means."""
    name, _, rest = text.rpartition(" (")
    if name and rest.endswith(")"):
        exact = list(people.filter(reference=rest[:-1])[:2])
        if exact:
            return exact
    key = folded(text)
    return list(people.filter(Q(sort_key=sort_key(text)) | Q(sort_key=key)).order_by("pk")[:2])


def names_offered(people: QuerySet[Customer], text: str) -> list[Customer]:
    """Return people whose name holds a text, the first twenty."""
    key = folded(text)
    if len(key) < 2:
        return []
    return list(people.filter(sort_key__contains=key).order_by("sort_key", "id")[:20])


def look_alikes_of(seller: Representative, *, name: str, email: str, phone: str) -> list[Customer]:
    """Return people of a seller who may be the one who is about to be added, at most five."""
    return known_people(seller, emails=[email], phones=[phone], names=[name])[:5]


def list_needs(customer: Customer) -> list[Need]:
    """Return what a person is doing, planning and would like, with products, in two queries."""
    kinds = [When(kind=kind, then=Value(place)) for place, kind in enumerate(Need.Kind.values)]
    needs = customer.needs.prefetch_related(Prefetch("products", Product.objects.order_by("name")))
    return list(needs.order_by(Case(*kinds, default=Value(9)), "-created_at", "-id"))


def list_consents(customer: Customer) -> list[Consent]:
    """Return what a person agreed to, what stands first; each says whether it `holds`."""
    consents = list(customer.consents.order_by("withdrawn_at", "-given_at", "-id"))
    for one in consents:
        is_own = one.representative_id == customer.representative_id
        one.holds = is_own and one.withdrawn_at is None  # type: ignore[attr-defined]
        if not is_own:
            one.text = ""  # what the representative before noted is not told to the next
    return sorted(consents, key=lambda one: not one.holds)  # type: ignore[attr-defined]


def has_consent(customer: Customer, kind: str) -> bool:
    """Return whether a person's consent stands, given to whom the person belongs to today."""
    return Consent.objects.standing().filter(customer=customer, kind=kind).exists()


def order_counts(customer_ids: Collection[int]) -> dict[int, int]:
    """Return how many paid orders these people have, in one query."""
    paid = Order.objects.filter(customer__in=customer_ids, status=Order.Status.PAID)
    rows = paid.values("customer").annotate(orders=Count("pk")).order_by("customer")
    return {row["customer"]: row["orders"] for row in rows}


def what_moves(customer: Customer) -> dict[str, int]:
    """Return how much of each kind a merge takes from this row to another; a query each."""
    return {
        "orders": Order.objects.filter(customer=customer).count(),
        "talks": Talk.objects.filter(customer=customer).count(),
        "needs": Need.objects.filter(customer=customer).count(),
        "consents": Consent.objects.filter(customer=customer).count(),
        "follow_ups": FollowUp.objects.filter(customer=customer).count(),
        "brought": Customer.objects.filter(referred_by=customer).count(),
    }
