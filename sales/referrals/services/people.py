"""What becomes of links, arrivals and thanks when people are erased or merged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce, Greatest

from representatives.invitations import forget_invited
from sales.models import Arrival, Customer, FollowUp, Order, ReferralLink, ReferralThanks
from sales.people_changes import on_erase, on_merge, tells
from sales.referrals.selectors import THANKS_KEY


@on_erase
def forget_people(*, customer_ids: Sequence[int], now: datetime) -> None:
    """End the personal codes of erased people; what they brought and how they came stays a number.

    Whoever has orders stays as a row without a name, and so do arrival and thanks. An invitation
    that was not accepted ends, without name and address.
    """
    ReferralLink.objects.filter(customer__in=customer_ids).update(
        customer=None, closed_at=Coalesce("closed_at", Greatest("created_at", now))
    )
    came = Arrival.objects.filter(customer__in=customer_ids, invitation__isnull=False)
    forget_invited(invitation_ids=list(came.values_list("invitation", flat=True)), now=now)
    goes = ~Exists(Order.objects.filter(customer=OuterRef("customer")))
    Arrival.objects.filter(goes, customer__in=customer_ids).update(customer=None)
    goes = ~Exists(Order.objects.filter(customer=OuterRef("referrer")))
    ReferralThanks.objects.filter(goes, referrer__in=customer_ids).update(referrer=None)
    _forget_names_in_thanks(customer_ids, now)


def _forget_names_in_thanks(customer_ids: Sequence[int], now: datetime) -> None:
    """Delete the follow-ups that name erased people to whom they were recommended by.

    What was done is noted as thanked; what was not stays in the list of thanks, without a name.
    """
    orders = list(Order.objects.filter(customer__in=customer_ids).values_list("pk", flat=True))
    keys = {f"{THANKS_KEY}{order}": order for order in orders}
    rows = FollowUp.objects.filter(source_key__in=keys)
    done = rows.filter(state=FollowUp.State.DONE).values_list("source_key", flat=True)
    ReferralThanks.objects.filter(
        order__in=[keys[key] for key in done if key], thanked_at__isnull=True
    ).update(thanked_at=Greatest("recorded_at", now))
    rows.delete()


@on_merge
def merge_people(*, merged_id: int, into_id: int, now: datetime) -> None:
    """Move codes, arrivals and thanks to the remaining row; of two arrivals the later stands.

    Nobody has come by their own code: such an arrival counts for nothing from now on.
    """
    open_links = ReferralLink.objects.filter(closed_at__isnull=True)
    if open_links.filter(customer=into_id).exists():
        open_links.filter(customer=merged_id).update(closed_at=Greatest("created_at", now))
    ReferralLink.objects.filter(customer=merged_id).update(customer=into_id)
    ReferralThanks.objects.filter(referrer=merged_id).update(referrer=into_id)
    standing = Arrival.objects.filter(replaced_at__isnull=True)
    both = standing.filter(customer__in=[merged_id, into_id]).select_related("link")
    later = [one for one in both.order_by("-arrived_at", "-pk") if one.link.customer_id != into_id]
    kept = {one.pk for one in later[:1]}
    both.exclude(pk__in=kept).update(replaced_at=Greatest("arrived_at", now))
    Arrival.objects.filter(customer=merged_id).update(customer=into_id)


@tells
def tell_people(*, customer: Customer) -> dict[str, Any]:
    """Return by which links somebody came, the own personal codes, and what those brought."""
    came = Arrival.objects.filter(customer=customer).order_by("pk")
    codes = ReferralLink.objects.filter(customer=customer).order_by("pk")
    return {
        "arrivals": [
            {
                "link_followed_at": one.touched_at.isoformat(),
                "contact_left_at": one.arrived_at.isoformat(),
                "asks_how_to_join": one.wants_to_join,
            }
            for one in came
        ],
        "personal_codes": [
            {
                "code": one.code,
                "made_at": one.created_at.isoformat(),
                "closed_at": one.closed_at.isoformat() if one.closed_at else "",
            }
            for one in codes
        ],
        "first_orders_brought": [
            {"recorded_at": at.isoformat()}
            for at in ReferralThanks.objects.filter(referrer=customer)
            .order_by("pk")
            .values_list("recorded_at", flat=True)
        ],
    }
