"""Reads of follow-ups. What belongs to somebody takes the representative first."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from representatives.models import Representative
from sales.followups.wording import Draft, message_for
from sales.models import Customer, FollowUp

__all__ = ["Draft", "get_follow_up", "message_for", "of_customer", "open_follow_ups"]


def open_follow_ups(
    representative: Representative, *, until: date | None = None
) -> QuerySet[FollowUp]:
    """Return what a representative still has to do, up to and with a day, overdue first."""
    rows = FollowUp.objects.filter(representative=representative, state=FollowUp.State.OPEN)
    if until is not None:
        rows = rows.filter(due_on__lte=until)
    return rows.select_related("customer", "member", "product").order_by("due_on", "id")


def of_customer(representative: Representative, customer: Customer) -> QuerySet[FollowUp]:
    """Return the follow-ups of a representative on one customer, the latest first."""
    rows = FollowUp.objects.filter(representative=representative, customer=customer)
    return rows.select_related("product", "closing_order").order_by("-id")


def get_follow_up(representative: Representative, follow_up_id: int) -> FollowUp | None:
    """Return one of a representative's follow-ups, or None as for one that does not exist."""
    rows = FollowUp.objects.filter(representative=representative, pk=follow_up_id)
    return rows.select_related("customer", "member", "product").first()
