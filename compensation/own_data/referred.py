"""Rows of the export on referral links and on who came by them."""

from __future__ import annotations

from collections.abc import Iterator

from compensation.own_data.parts import Row, Subject
from sales.models import Arrival, ReferralLink
from sales.referrals.selectors import funnels_of


def links(subject: Subject) -> Iterator[Row]:
    """Yield the person's own links with what each brought."""
    found = list(
        ReferralLink.objects.filter(representative=subject.member)
        .select_related("product")
        .order_by("pk")
    )
    funnels = funnels_of([one.pk for one in found])
    for one in found:
        funnel = funnels.get(one.pk)
        yield {
            "code": one.code,
            "product": one.product.name if one.product else "",
            "campaign": one.campaign,
            "made_at": subject.at(one.created_at),
            "closed_at": subject.at(one.closed_at),
            "visits": funnel.visits if funnel else 0,
            "contacts": funnel.contacts if funnel else 0,
            "first_orders": funnel.orders if funnel else 0,
            "members": funnel.members if funnel else 0,
        }


def arrivals(subject: Subject) -> Iterator[Row]:
    """Yield who came by links to the person, while they are the person's customers."""
    found = Arrival.objects.filter(
        representative=subject.member, customer__representative=subject.member
    ).select_related("customer", "link")
    for one in found.order_by("pk"):
        yield {
            "customer": one.customer.reference if one.customer else "",
            "link": one.link.code,
            "link_followed_at": subject.at(one.touched_at),
            "contact_left_at": subject.at(one.arrived_at),
            "asks_how_to_join": one.wants_to_join,
            "has_joined": one.member_id is not None,
            "replaced_at": subject.at(one.replaced_at),
        }
