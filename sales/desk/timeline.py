"""A customer's timeline: orders, talks, follow-ups and guides in one list, the latest first.

Each kind is asked for its latest entries before a moment, so that a page takes as many queries for
a customer of many years as for a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from representatives import formatting
from representatives.models import Representative
from sales.desk.acts import link
from sales.desk.wording import some_pieces
from sales.followups.selectors import of_customer as follow_ups_of
from sales.guides.selectors import in_language, with_opening
from sales.models import Consent, Customer, FollowUp, Guide, GuideShare, Order, OrderLine, Talk

ENTRIES = 15
LINES_NAMED = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened, at a moment."""

    at: datetime
    icon: str
    title: str
    text: str = ""
    url: str = ""
    note: str = ""
    bv: int = 0
    rsp: int = 0
    talk_id: int | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Some entries, and from where to go on."""

    entries: list[Entry] = field(default_factory=list)
    has_more: bool = False

    @property
    def next_before(self) -> str:
        """Return the moment before which the next entries lie."""
        return self.entries[-1].at.isoformat() if self.entries else ""


def get_timeline(
    seller: Representative, customer: Customer, *, before: datetime | None = None
) -> Timeline:
    """Return a customer's latest entries before a moment."""
    most = ENTRIES + 1
    found = [
        *_orders(seller, customer, before, most),
        *_talks(seller, customer, before, most),
        *_follow_ups(seller, customer, before, most),
        *_guides(seller, customer, before, most),
        *_consents(seller, customer, before, most),
        *_beginning(customer, before),
    ]
    found.sort(key=lambda entry: entry.at, reverse=True)
    if len(found) <= ENTRIES:
        return Timeline(found)
    end = ENTRIES
    # What happened at one moment stays on one page: the next begins before that moment.
    while end and found[end].at == found[end - 1].at:
        end -= 1
    return Timeline(found[: end or len(found)], has_more=True)


def _earlier(field_name: str, before: datetime | None) -> dict[str, datetime]:
    return {f"{field_name}__lt": before} if before is not None else {}


def _orders(
    seller: Representative, customer: Customer, before: datetime | None, most: int
) -> list[Entry]:
    orders = (
        Order.objects.filter(seller=seller, customer=customer, **_earlier("placed_at", before))
        .prefetch_related(
            Prefetch("lines", OrderLine.objects.select_related("product").order_by("number"))
        )
        .order_by("-placed_at", "-id")[:most]
    )
    return [_order(order) for order in orders]


def _order(order: Order) -> Entry:
    language = get_language()
    money = formatting.money(order.gross_minor, order.currency, language)
    titles = {
        Order.Status.PAID: _("Order of %(money)s"),
        Order.Status.PLACED: _("Order of %(money)s, not paid yet"),
        Order.Status.CANCELLED: _("Order of %(money)s, cancelled"),
    }
    lines = list(order.lines.all())
    named = [some_pieces(line.quantity, line.product.name) for line in lines[:LINES_NAMED]]
    if len(lines) > LINES_NAMED:
        named.append(
            _("%(count)s more") % {"count": formatting.whole(len(lines) - LINES_NAMED, language)}
        )
    return Entry(
        at=order.placed_at,
        icon="bag",
        title=titles[Order.Status(order.status)] % {"money": money},
        text=", ".join(named),
        url=link("order", order.reference),
        bv=order.bv if order.is_paid else 0,
        rsp=order.rsp if order.is_paid else 0,
    )


def _talks(
    seller: Representative, customer: Customer, before: datetime | None, most: int
) -> list[Entry]:
    talks = Talk.objects.filter(
        representative=seller, customer=customer, **_earlier("at", before)
    ).order_by("-at", "-id")[:most]
    icons = {"phone": "telephone", "message": "chat-dots", "email": "envelope", "visit": "house"}
    return [
        Entry(
            at=talk.at,
            icon=icons.get(talk.channel, "pencil"),
            title=talk.get_channel_display() if talk.channel else _("Note"),
            text=talk.text,
            note=talk.get_went_display() if talk.went else "",
            talk_id=talk.pk,
        )
        for talk in talks
    ]


def _follow_ups(
    seller: Representative, customer: Customer, before: datetime | None, most: int
) -> list[Entry]:
    tasks = follow_ups_of(seller, customer).filter(
        state=FollowUp.State.DONE, **_earlier("closed_at", before)
    )
    titles = {
        FollowUp.Result.ORDERED: _("Followed up: ordered"),
        FollowUp.Result.TALKED: _("Followed up: talked"),
        FollowUp.Result.NO_ANSWER: _("Followed up: no answer"),
        FollowUp.Result.NOT_INTERESTED: _("Followed up: not interested"),
    }
    return [
        Entry(
            at=task.closed_at,
            icon="check2-circle",
            title=titles.get(FollowUp.Result(task.result), _("Followed up")),
            text=task.note or task.text,
        )
        for task in tasks.order_by("-closed_at", "-id")[:most]
        if task.closed_at is not None
    ]


def _guides(
    seller: Representative, customer: Customer, before: datetime | None, most: int
) -> list[Entry]:
    shares = list(
        with_opening(
            GuideShare.objects.filter(
                representative=seller, customer=customer, **_earlier("shared_at", before)
            )
        ).order_by("-shared_at", "-id")[:most]
    )
    guides = in_language(
        Guide.objects.filter(pk__in=[share.guide_id for share in shares]), get_language() or "en"
    )
    titles = {guide.pk: guide.title for guide in guides}
    return [
        Entry(
            at=share.shared_at,
            icon="journal-text",
            title=_("Guide shared: %(title)s") % {"title": titles.get(share.guide_id, "")},
            note=_("Opened") if share.opened is not None else "",
        )
        for share in shares
    ]


def _consents(
    seller: Representative, customer: Customer, before: datetime | None, most: int
) -> list[Entry]:
    consents = Consent.objects.filter(
        representative=seller, customer=customer, **_earlier("given_at", before)
    ).order_by("-given_at", "-id")[:most]
    return [
        Entry(
            at=consent.given_at,
            icon="shield-check",
            title=_("Consent: %(to_what)s") % {"to_what": consent.get_kind_display()},
            note=_("Withdrawn") if consent.withdrawn_at is not None else "",
        )
        for consent in consents
    ]


def _beginning(customer: Customer, before: datetime | None) -> list[Entry]:
    if before is not None and customer.created_at >= before:
        return []
    return [
        Entry(
            at=customer.created_at,
            icon="flower1",
            title=pgettext("a person of the customer list", "Added to your list"),
            text=customer.get_source_display(),
        )
    ]
