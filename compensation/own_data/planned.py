"""Rows of the export on what a person plans, does and decides, and on the calendar's address."""

from __future__ import annotations

from collections.abc import Iterator

from compensation.own_data.parts import Row, Subject, day
from representatives.models import Representative
from sales.models import CalendarFeed, FollowUp, SuggestionDecision, WorkDay


def follow_ups(subject: Subject) -> Iterator[Row]:
    """Yield the person's follow-ups; members who are in another line by now are not named."""
    if subject.member is None:
        return
    found = FollowUp.objects.filter(representative=subject.member)
    reached = Representative.objects.visible_to(subject.member).filter(
        pk__in=found.filter(member__isnull=False).values("member")
    )
    codes = dict(reached.values_list("pk", "code"))
    for one in found.select_related("customer", "product", "closing_order").order_by("pk"):
        yield {
            "customer": one.customer.reference if one.customer else "",
            "member": codes.get(one.member_id or 0, ""),
            "kind": one.kind,
            "due_on": day(one.due_on),
            "text": one.text,
            "product": one.product.name if one.product else "",
            "state": one.state,
            "result": one.result,
            "note": one.note,
            "answered_by_order": one.closing_order.reference if one.closing_order else "",
            "planned_at": subject.at(one.created_at),
            "closed_at": subject.at(one.closed_at),
        }


def calendar(subject: Subject) -> Iterator[Row]:
    """Yield that there is a calendar address, and since when; the secret stays on its page."""
    for one in CalendarFeed.objects.filter(representative=subject.member):
        yield {"made_at": subject.at(one.made_at), "names_of_customers": one.shows_names}


def decisions(subject: Subject) -> Iterator[Row]:
    """Yield what the person did with suggestions."""
    found = SuggestionDecision.objects.filter(representative=subject.member)
    for one in found.select_related("customer", "product", "with_product").order_by("pk"):
        yield {
            "customer": one.customer.reference,
            "kind": one.kind,
            "product": one.product.name if one.product else "",
            "with_product": one.with_product.name if one.with_product else "",
            "state": one.state,
            "became": one.act,
            "reason": one.reason,
            "note": one.note,
            "decided_at": subject.at(one.decided_at),
            "comes_back_on": day(one.until),
            "taken_back_at": subject.at(one.withdrawn_at),
        }


def work_day(subject: Subject) -> Iterator[Row]:
    """Yield how much the person means to do in a day, if that was chosen."""
    for one in WorkDay.objects.filter(representative=subject.member):
        yield {"jobs": one.jobs}
