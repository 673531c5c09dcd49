"""What suggestions do of themselves: after sales and returns, and when people go or are merged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models.functions import Greatest

from representatives.models import Representative
from sales.after_sale import on_return, step
from sales.models import AddOn, Customer, Order, SuggestionDecision, SuggestionKind
from sales.people_changes import on_erase, on_merge, on_pass_on, tells
from sales.suggestions.tasks import hint_add_ons


@step
def look_for_add_ons(*, order_ids: Sequence[int], now: datetime) -> None:
    """Have the add-ons of whoever just bought made anew."""
    buyers = Order.objects.filter(pk__in=order_ids, own=False).order_by("customer_id")
    hint_add_ons(list(buyers.values_list("customer_id", flat=True).distinct()))


@on_return
def look_for_add_ons_after_return(*, return_ids: Sequence[int], now: datetime) -> None:
    """Have the add-ons of whoever sent something back made anew: it may not be there any more."""
    senders = Order.objects.filter(lines__returns__in=return_ids, own=False)
    hint_add_ons(
        list(senders.order_by("customer_id").values_list("customer_id", flat=True).distinct())
    )


@on_erase
def forget_people(*, customer_ids: Sequence[int], now: datetime) -> None:
    """Delete what was suggested to erased people, and what was decided about it."""
    AddOn.objects.filter(customer__in=customer_ids).delete()
    SuggestionDecision.objects.filter(customer__in=customer_ids).delete()


@on_merge
def merge_people(*, merged_id: int, into_id: int, now: datetime) -> None:
    """Let decisions on both rows hold for the one that is kept.

    Two asks for a referral within sixty days can't both stand: the latest one does, which is the
    one that keeps the next away.
    """
    asks = SuggestionDecision.objects.filter(
        customer__in=[merged_id, into_id],
        kind=SuggestionKind.REFERRAL_ASK,
        state=SuggestionDecision.State.ACCEPTED,
        withdrawn_at__isnull=True,
    ).order_by("-decided_on", "-id")
    latest = asks.values_list("pk", flat=True)[:1]
    asks.exclude(pk__in=list(latest)).update(withdrawn_at=Greatest("decided_at", now))
    SuggestionDecision.objects.filter(customer=merged_id).update(customer=into_id)
    AddOn.objects.filter(customer=merged_id).delete()
    hint_add_ons([into_id])


@on_pass_on
def keep_notes_private(
    *, customer_ids: Sequence[int], old: Representative, new: Representative, now: datetime
) -> None:
    """Take the notes of whoever decided off what holds on for the customer."""
    decided = SuggestionDecision.objects.filter(customer__in=customer_ids, representative=old)
    decided.exclude(note="").update(note="")


@tells
def tell_decisions(*, customer: Customer) -> dict[str, Any]:
    """Return what was decided about suggestions for a person."""
    rows = SuggestionDecision.objects.filter(customer=customer).select_related("product")
    return {
        "suggestions": [
            {
                "on": row.decided_on.isoformat(),
                "kind": row.kind,
                "product": row.product.name if row.product else "",
                "decision": row.state,
                "reason": row.reason,
                "note": row.note,
                "taken_back": row.withdrawn_at is not None,
            }
            for row in rows.order_by("pk")
        ]
    }
