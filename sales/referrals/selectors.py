"""Reads of referral links: whose page one leads to, who came by it, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Concat

from representatives.models import Representative
from representatives.selectors import upline_ids
from sales.models import (
    Arrival,
    Customer,
    FollowUp,
    Order,
    ReferralDay,
    ReferralLink,
    ReferralThanks,
)

ARRIVALS_SHOWN = 100
THANKS_SHOWN = 20
THANKS_KEY = "referral-thanks-"


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many of those who opened a link left a contact, ordered, became members."""

    visits: int = 0
    contacts: int = 0
    orders: int = 0
    members: int = 0

    @property
    def contact_rate(self) -> Fraction | None:
        """Return how many of the visits left a contact, in whole per cent."""
        return _rate(self.contacts, self.visits)

    @property
    def order_rate(self) -> Fraction | None:
        """Return how many of the contacts placed a first order that is paid."""
        return _rate(self.orders, self.contacts)

    @property
    def member_rate(self) -> Fraction | None:
        """Return how many of the contacts became members."""
        return _rate(self.members, self.contacts)

    def plus(self, other: Funnel) -> Funnel:
        """Return both together."""
        return Funnel(
            self.visits + other.visits,
            self.contacts + other.contacts,
            self.orders + other.orders,
            self.members + other.members,
        )


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link with what it brought."""

    link: ReferralLink
    funnel: Funnel


def owner_of(link: ReferralLink) -> Representative | None:
    """Return who looks after those that come by a link; None once nobody does."""
    if link.closed_at is not None:
        return None
    if link.representative is not None:
        owner = link.representative
    elif link.customer is not None and link.customer.is_alive:
        owner = link.customer.representative
    else:
        return None
    return owner if owner.status == Representative.Status.ENROLLED else None


def find_link(code: str) -> ReferralLink | None:
    """Return the link of a code if somebody answers to it: open, its owner enrolled."""
    link = (
        ReferralLink.objects.filter(code=code, closed_at__isnull=True)
        .select_related("representative__user", "customer__representative__user", "product")
        .first()
    )
    return link if link is not None and owner_of(link) is not None else None


def list_links(seller: Representative, *, with_closed: bool = False) -> QuerySet[ReferralLink]:
    """Return a representative's own links, the latest first; personal codes are not among them."""
    links = ReferralLink.objects.filter(representative=seller).select_related("product")
    if not with_closed:
        links = links.filter(closed_at__isnull=True)
    return links.order_by("-created_at", "-id")


def list_personal_links(seller: Representative) -> QuerySet[ReferralLink]:
    """Return the personal codes of a representative's customers, the latest first."""
    links = ReferralLink.objects.filter(
        customer__representative=seller, closed_at__isnull=True
    ).select_related("customer")
    return links.order_by("-created_at", "-id")


def get_link(seller: Representative, link_id: int) -> ReferralLink | None:
    """Return a link of this representative or of one of their customers, or None."""
    mine = Q(representative=seller) | Q(customer__representative=seller)
    return (
        ReferralLink.objects.filter(mine, pk=link_id).select_related("product", "customer").first()
    )


def get_personal_link(customer: Customer) -> ReferralLink | None:
    """Return the open personal code of a customer, or None while there is none."""
    return ReferralLink.objects.filter(customer=customer, closed_at__isnull=True).first()


def rows_of(links: Iterable[ReferralLink], *, since: date | None = None) -> list[LinkRow]:
    """Return links with their funnels, in two queries."""
    listed = list(links)
    funnels = funnels_of([one.pk for one in listed], since=since)
    return [LinkRow(one, funnels.get(one.pk, Funnel())) for one in listed]


def funnels_of(link_ids: Sequence[int], *, since: date | None = None) -> dict[int, Funnel]:
    """Return the funnel of each link, of the days and the arrivals from a day on."""
    days = ReferralDay.objects.filter(link__in=link_ids)
    arrivals = standing().filter(link__in=link_ids)
    if since is not None:
        days = days.filter(day__gte=since)
        arrivals = arrivals.filter(arrived_at__date__gte=since)
    visits = dict(days.values_list("link").annotate(Sum("visits")).order_by("link"))
    counted: Any = arrivals.values("link").annotate(**_COUNTS).order_by("link")
    found = {row["link"]: (row["contacts"], row["orders"], row["members"]) for row in counted}
    return {
        key: Funnel(visits.get(key, 0), *found.get(key, (0, 0, 0)))
        for key in visits.keys() | found.keys()
    }


def funnel_of(
    representatives: Sequence[int] | QuerySet[Representative] | None = None,
    *,
    since: date | None = None,
    until: date | None = None,
) -> Funnel:
    """Return the funnel of all links of some representatives, or of everybody.

    Personal codes count for whoever looks after their customer. At most three queries: visits of
    own links and of personal codes are asked for apart, so that each finds its index.
    """
    days, arrivals = ReferralDay.objects.all(), standing()
    if since is not None:
        days = days.filter(day__gte=since)
        arrivals = arrivals.filter(arrived_at__date__gte=since)
    if until is not None:
        days = days.filter(day__lte=until)
        arrivals = arrivals.filter(arrived_at__date__lte=until)
    if representatives is None:
        visits = _visits(days)
    else:
        arrivals = arrivals.filter(representative__in=representatives)
        visits = _visits(days.filter(link__representative__in=representatives))
        visits += _visits(days.filter(link__customer__representative__in=representatives))
    found = arrivals.aggregate(**_COUNTS)
    return Funnel(visits, found["contacts"], found["orders"], found["members"])


def _visits(days: QuerySet[ReferralDay]) -> int:
    return int(days.aggregate(sum=Sum("visits"))["sum"] or 0)


def standing() -> QuerySet[Arrival]:
    """Return the arrivals that count, each with whether an order was paid and a member came."""
    paid = Order.objects.filter(customer=OuterRef("customer"), status=Order.Status.PAID)
    return Arrival.objects.filter(replaced_at__isnull=True).annotate(
        has_ordered=Exists(paid), has_joined=Q(member__isnull=False)
    )


_COUNTS = {
    "contacts": Count("pk"),
    "orders": Count("pk", filter=Q(has_ordered=True)),
    "members": Count("pk", filter=Q(has_joined=True)),
}


def list_arrivals(
    seller: Representative, *, link: ReferralLink | None = None, limit: int = ARRIVALS_SHOWN
) -> list[Arrival]:
    """Return who came to a representative, the latest first, with their first paid orders.

    Whoever passed on to another representative is not shown, and who was erased has no name.
    """
    first = Order.objects.filter(customer=OuterRef("customer"), status=Order.Status.PAID)
    arrivals = (
        standing()
        .filter(representative=seller, customer__representative=seller)
        .annotate(first_paid_at=Subquery(first.order_by("paid_at").values("paid_at")[:1]))
        .select_related("customer", "link__product", "link__customer", "invitation")
    )
    if link is not None:
        arrivals = arrivals.filter(link=link)
    return list(arrivals.order_by("-arrived_at", "-id")[:limit])


def get_arrival(seller: Representative, arrival_id: int) -> Arrival | None:
    """Return one of a representative's arrivals whose person is still there, or None."""
    found = Arrival.objects.filter(
        pk=arrival_id,
        representative=seller,
        customer__representative=seller,
        customer__erased_at__isnull=True,
        replaced_at__isnull=True,
    )
    return found.select_related("customer", "invitation").first()


def list_thanks(seller: Representative, *, limit: int = THANKS_SHOWN) -> list[ReferralThanks]:
    """Return the first orders that a representative's customers brought, open thanks first.

    Each has `is_thanked`: by the button, or because its follow-up is done.
    """
    done = FollowUp.objects.filter(
        source_key=Concat(Value(THANKS_KEY), Cast(OuterRef("order"), CharField())),
        state=FollowUp.State.DONE,
    )
    thanks = (
        ReferralThanks.objects.filter(
            referrer__representative=seller,
            referrer__erased_at__isnull=True,
            order__customer__representative=seller,
        )
        .annotate(is_thanked=Q(thanked_at__isnull=False) | Exists(done))
        .select_related("referrer", "order__customer")
    )
    return list(thanks.order_by("is_thanked", "-recorded_at", "-id")[:limit])


def get_thanks(seller: Representative, thanks_id: int) -> ReferralThanks | None:
    """Return one of a representative's thanks, or None."""
    found = ReferralThanks.objects.filter(
        pk=thanks_id, referrer__representative=seller, order__customer__representative=seller
    )
    return found.select_related("referrer", "order__customer").first()


def brought_by(customer: Customer) -> int:
    """Return how many first orders a customer has brought."""
    return ReferralThanks.objects.filter(referrer=customer).count()


def count_recent(owner: Representative, *, since: datetime) -> int:
    """Return how many contacts came to a representative by links since an instant."""
    return Arrival.objects.filter(representative=owner, arrived_at__gte=since).count()


def people_above(representative: Representative) -> list[Representative]:
    """Return everybody above a representative, with their log-ins, in two queries."""
    ids = upline_ids(representative.pk)
    above = Representative.objects.filter(pk__in=ids).exclude(pk=representative.pk)
    return list(above.select_related("user"))


def _rate(part: int, whole: int) -> Fraction | None:
    """Return a share in whole per cent, half upwards; None of nothing, or of less than the part."""
    if whole <= 0 or part > whole:
        return None
    return Fraction((200 * part + whole) // (2 * whole), 100)
