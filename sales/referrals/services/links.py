"""Make and end links, and count how often they are opened."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext

from representatives.errors import UnableTo
from representatives.models import Representative
from sales.models import Customer, Product, ReferralEvent, ReferralLink
from sales.models.referrals import CAMPAIGN_LENGTH
from sales.referrals.codes import new_link_code

LINKS_AT_MOST = 200
"""Open links of one representative, personal codes of customers apart."""


class UnableToMakeLink(UnableTo):
    """A link was refused; `field` names the part at fault."""


@transaction.atomic
def add_link(
    *,
    representative: Representative,
    now: datetime,
    product: Product | None = None,
    campaign: str = "",
) -> ReferralLink:
    """Make a link of a representative, or return the open one for this product and campaign.

    :raises UnableToMakeLink: if the representative is not enrolled, the product is not on sale,
        the campaign's name is too long, or there are LINKS_AT_MOST already.
    """
    owner = _locked(representative)
    campaign = " ".join(campaign.replace("\x00", "").split())
    if len(campaign) > CAMPAIGN_LENGTH:
        raise UnableToMakeLink(
            gettext("This is longer than %(length)s characters.") % {"length": CAMPAIGN_LENGTH},
            "campaign",
        )
    if product is not None and not product.is_active:
        raise UnableToMakeLink(gettext("This product is not on sale."), "product")
    open_links = ReferralLink.objects.filter(representative=owner, closed_at__isnull=True)
    known = open_links.filter(product=product, campaign=campaign).first()
    if known is not None:
        return known
    if open_links.count() >= LINKS_AT_MOST:
        raise UnableToMakeLink(
            gettext("You have %(limit)s links. Close one that you no longer use.")
            % {"limit": LINKS_AT_MOST}
        )
    return ReferralLink.objects.create(
        code=new_link_code(),
        representative=owner,
        product=product,
        campaign=campaign,
        created_at=now,
    )


@transaction.atomic
def give_personal_link(*, customer: Customer, now: datetime) -> ReferralLink:
    """Give a customer a personal code, or return the one there is.

    :raises UnableToMakeLink: if the customer is erased or merged, or whoever looks after the
        customer is not enrolled.
    """
    person = (
        Customer.objects.alive()
        .select_for_update(of=("self",), no_key=True)
        .select_related("representative")
        .filter(pk=customer.pk)
        .first()
    )
    if person is None:
        raise UnableToMakeLink(gettext("This person is not in your list any more."))
    if person.representative.status != Representative.Status.ENROLLED:
        raise UnableToMakeLink(gettext("Only an enrolled representative can make links."))
    known = ReferralLink.objects.filter(customer=person, closed_at__isnull=True).first()
    return known or ReferralLink.objects.create(
        code=new_link_code(), customer=person, created_at=now
    )


@transaction.atomic
def close_link(*, link: ReferralLink, now: datetime) -> ReferralLink:
    """End a link: its page is gone from now on, what it brought stays. Closed twice is closed."""
    row = ReferralLink.objects.select_for_update(of=("self",), no_key=True).get(pk=link.pk)
    if row.closed_at is None:
        row.closed_at = max(now, row.created_at)
        row.save(update_fields=["closed_at"])
    return row


def count_visit(*, link: ReferralLink, day: date) -> None:
    """Count that a link was opened on a day, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sales_referralday AS d (link_id, day, visits) VALUES (%s, %s, 1)"
            " ON CONFLICT (link_id, day) DO UPDATE SET visits = d.visits + 1"
            " WHERE d.visits < 2147483647",
            [link.pk, day],
        )


def log_event(*, kind: str, link: ReferralLink | None, now: datetime) -> None:
    """Log what was tried with a link in vain; who tried is not kept."""
    ReferralEvent.objects.create(kind=kind, link=link, happened_at=now)


def _locked(representative: Representative) -> Representative:
    row = Representative.objects.select_for_update(of=("self",), no_key=True).get(
        pk=representative.pk
    )
    if row.status != Representative.Status.ENROLLED:
        raise UnableToMakeLink(gettext("Only an enrolled representative can make links."))
    return row
