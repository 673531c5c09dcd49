"""Reads of follow-ups. What belongs to somebody takes the representative first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet

from representatives.models import Representative
from representatives.text import folded
from sales.followups.wording import Draft, message_for
from sales.followups.words import Row, row_of
from sales.models import CalendarFeed, Customer, FollowUp

__all__ = ["Draft", "get_follow_up", "message_for", "of_customer", "open_follow_ups"]

MOST_FOUND = 12
"""Customers whom a search by name offers."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many follow-ups wait: from days before, for today, and for later."""

    overdue: int
    today: int
    later: int

    @property
    def due(self) -> int:
        """Return how many are to be done today."""
        return self.overdue + self.today

    @property
    def all(self) -> int:
        """Return how many are open."""
        return self.due + self.later


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a list under one title."""

    name: str
    rows: list[Row]


def open_follow_ups(
    representative: Representative, *, until: date | None = None
) -> QuerySet[FollowUp]:
    """Return what a representative still has to do, up to and with a day, overdue first."""
    rows = FollowUp.objects.filter(representative=representative, state=FollowUp.State.OPEN)
    if until is not None:
        rows = rows.filter(due_on__lte=until)
    return rows.select_related("customer", "member", "product").order_by("due_on", "id")


def get_follow_ups(ids: Collection[int]) -> dict[int, FollowUp]:
    """Return follow-ups by their number, with whom and what they are about."""
    if not ids:
        return {}
    return FollowUp.objects.select_related("customer", "member", "product").in_bulk(ids)


def closed_follow_ups(representative: Representative) -> QuerySet[FollowUp]:
    """Return what a representative has done or taken off the list, the latest first."""
    rows = FollowUp.objects.filter(representative=representative)
    rows = rows.exclude(state=FollowUp.State.OPEN)
    return rows.select_related("customer", "member", "product", "closing_order").order_by(
        "-closed_at", "-id"
    )


def count_open(representative: Representative, *, today: date) -> Counts:
    """Return how many follow-ups wait, in one query."""
    rows = FollowUp.objects.filter(representative=representative, state=FollowUp.State.OPEN)
    found = rows.aggregate(
        overdue=Count("pk", filter=Q(due_on__lt=today)),
        today=Count("pk", filter=Q(due_on=today)),
        later=Count("pk", filter=Q(due_on__gt=today)),
    )
    return Counts(**found)


def of_customer(representative: Representative, customer: Customer) -> QuerySet[FollowUp]:
    """Return the follow-ups of a representative on one customer, the latest first."""
    rows = FollowUp.objects.filter(representative=representative, customer=customer)
    return rows.select_related("product", "closing_order").order_by("-id")


def get_follow_up(representative: Representative, follow_up_id: int) -> FollowUp | None:
    """Return one of a representative's follow-ups, or None as for one that does not exist."""
    rows = FollowUp.objects.filter(representative=representative, pk=follow_up_id)
    return rows.select_related("customer", "member", "product", "closing_order").first()


def told(
    representative: Representative, follow_ups: Iterable[FollowUp], *, today: date
) -> list[Row]:
    """Return follow-ups in words; a member who is in another line by now is not named."""
    listed = list(follow_ups)
    members = {one.member_id for one in listed if one.member_id is not None}
    seen: set[int] = set()
    if members:
        reached = Representative.objects.visible_to(representative).filter(pk__in=members)
        seen = set(reached.values_list("pk", flat=True))
    return [
        row_of(
            one,
            today=today,
            is_hidden=one.member_id is not None and one.member_id not in seen,
        )
        for one in listed
    ]


def grouped(rows: Iterable[Row], *, today: date) -> list[Group]:
    """Return open rows as the list shows them: overdue, today, this week, later."""
    groups = [Group(name, []) for name in ("overdue", "today", "week", "later")]
    for row in rows:
        days = (row.follow_up.due_on - today).days
        place = 0 if days < 0 else 1 if days == 0 else 2 if days <= 7 else 3
        groups[place].rows.append(row)
    return [group for group in groups if group.rows]


def find_customers(representative: Representative, text: str) -> list[Customer]:
    """Return customers who may be contacted and whose name holds a text, at most MOST_FOUND."""
    people = Customer.objects.contactable().filter(representative=representative)
    for word in folded(text).split():
        people = people.filter(sort_key__contains=word)
    return list(people.order_by("sort_key", "id")[:MOST_FOUND])


def for_calendar(feed: CalendarFeed, *, today: date, days: int, most: int) -> list[FollowUp]:
    """Return what a calendar shows: open, up to so many days ahead."""
    rows = open_follow_ups(feed.representative, until=today + timedelta(days))
    return list(rows[:most])
