"""What becomes of follow-ups when people are erased or passed on, and whom they keep in use.

What may no longer be done ends in the database itself (guards of migration 0013): on a wish to be
left alone, an erasure, a merge and a pass to another representative.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from representatives.models import Representative
from sales import people_changes
from sales.models import Customer, FollowUp
from sales.models.follow_ups import LETTER_KEY


@people_changes.on_erase
def forget_follow_ups(*, customer_ids: Sequence[int], now: datetime) -> None:
    """Delete all follow-ups on erased people, with their notes."""
    FollowUp.objects.filter(customer_id__in=customer_ids).delete()


@people_changes.on_pass_on
def forget_what_was_private(
    *, customer_ids: Sequence[int], old: Representative, new: Representative, now: datetime
) -> None:
    """Delete what the old representative noted; what the desk has planned went to the new one."""
    FollowUp.objects.filter(customer_id__in=customer_ids, representative=old).delete()


@people_changes.in_use
def with_open_follow_ups(*, customer_ids: Sequence[int], now: datetime) -> Collection[int]:
    """Return the contacts for whom something is planned, and not by a letter that anybody wrote."""
    rows = FollowUp.objects.filter(customer_id__in=customer_ids, state=FollowUp.State.OPEN).exclude(
        source_key__startswith=LETTER_KEY
    )
    return list(rows.values_list("customer_id", flat=True).distinct())


@people_changes.tells
def tell_follow_ups(*, customer: Customer) -> dict[str, Any]:
    """Return what was planned and noted on a person, for that person's own copy of the data."""
    rows = FollowUp.objects.filter(customer=customer, representative=customer.representative_id)
    return {
        "follow_ups": [
            {
                "kind": one.kind,
                "due_on": one.due_on.isoformat(),
                "text": one.text,
                "result": one.result,
                "note": one.note,
                "planned_at": one.created_at.isoformat(),
                "closed_at": one.closed_at.isoformat() if one.closed_at else "",
            }
            for one in rows.order_by("pk")
        ]
    }
