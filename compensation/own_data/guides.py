"""Rows of the export on guides: what the person shared with whom, and has read."""

from __future__ import annotations

from collections.abc import Iterator

from compensation.own_data.parts import Row, Subject
from sales.guides.selectors import list_shares
from sales.models import GuideReading


def shared(subject: Subject) -> Iterator[Row]:
    """Yield the person's links to guides, with the opening as far as a consent stands."""
    if subject.member is None:
        return
    for one in list_shares(subject.member).select_related("guide").order_by("pk"):
        yield {
            "guide": one.guide.slug,
            "customer": one.customer.reference if one.customer else "",
            "shared_at": subject.at(one.shared_at),
            "ended_at": subject.at(one.withdrawn_at),
            "opened_at": subject.at(one.opened),
        }


def read(subject: Subject) -> Iterator[Row]:
    """Yield the guides that the person said to have read."""
    readings = GuideReading.objects.filter(representative=subject.member).select_related("guide")
    for one in readings.order_by("pk"):
        yield {"guide": one.guide.slug, "read_at": subject.at(one.read_at)}
