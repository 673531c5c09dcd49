"""What one has before oneself in a call: the number, the reason, and what was said before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from representatives.models import Representative
from sales.desk.person import Used, used_products
from sales.desk.suggested import suggested_rows
from sales.desk.timeline import Entry, get_timeline
from sales.desk.wording import Said, of_follow_up, of_suggestion
from sales.forecast.selectors import day_of
from sales.models import Customer, FollowUp, Need
from sales.suggestions.selectors import suggest

USED_SHOWN = 3
ENTRIES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class CallSheet:
    """Why to call, what else to talk about, what they use and what was said last."""

    reason: Said | None
    also: list[Said]
    used: list[Used]
    needs: list[Need]
    before: list[Entry]


def get_call_sheet(
    seller: Representative,
    customer: Customer,
    *,
    key: str = "",
    task: FollowUp | None = None,
    now: datetime,
) -> CallSheet:
    """Return what a call takes; a fixed number of queries."""
    today = day_of(now)
    found = suggest(seller, now=now, customers=[customer.pk])
    first = next((one for one in found if one.key == key), None)
    others = [one for one in found if one is not first]
    if task is not None:
        reason: Said | None = of_follow_up(task, today=today)
    elif first is not None:
        reason = of_suggestion(first)
    else:
        reason = None
    return CallSheet(
        reason=reason,
        also=[row.said for row in suggested_rows(others[:3], today=today)],
        used=used_products(customer, today=today)[:USED_SHOWN],
        needs=list(Need.objects.filter(customer=customer).order_by("kind", "pk")[:5]),
        before=get_timeline(seller, customer).entries[:ENTRIES_SHOWN],
    )
