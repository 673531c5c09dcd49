"""Writes of guides: what staff publish, what representatives have read and share.

A share is a link with a secret. That the person opened it is kept only with consent, which is said
on the page itself or was recorded before; asking for the page alone never counts, as mail programs
and messengers ask for links by themselves.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from representatives.errors import UnableTo
from representatives.models import Representative, User
from sales.guides import selectors
from sales.models import Consent, Customer, Guide, GuideLanguage, GuideReading, GuideShare
from sales.models.guides import ConsentSource
from sales.people_changes import on_erase, on_merge, on_pass_on, tells

TOKEN_BYTES = 24


class UnableToShareGuide(UnableTo):
    """A link to a guide was refused."""


@transaction.atomic
def save_guide(*, guide: Guide, is_published: bool, edited_by: User, now: datetime) -> Guide:
    """Save what staff changed of a guide; the day of publishing stays while it is published."""
    if not is_published:
        guide.published_at = None
    elif guide.published_at is None:
        guide.published_at = now
    guide.edited_by, guide.edited_at = edited_by, now
    guide.save()
    return guide


@transaction.atomic
def share_guide(
    *,
    guide: Guide,
    representative: Representative,
    now: datetime,
    customer: Customer | None = None,
    language: str = "",
) -> GuideShare:
    """Return the link to a guide for one customer, or for anybody; the same one when asked again.

    :raises UnableToShareGuide: if the guide is not to be shared, or the customer is not the
        representative's, is gone, or asked not to be contacted.
    """
    current = Guide.objects.select_for_update(no_key=True).get(pk=guide.pk)
    if current.published_at is None or current.audience != Guide.Audience.EVERYBODY:
        raise UnableToShareGuide(gettext("This guide is not to be shared."))
    if customer is not None:
        customer = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)
        if customer.representative_id != representative.pk or not customer.is_alive:
            raise UnableToShareGuide(gettext("This is no customer of yours."), "customer")
        if customer.no_contact_at is not None:
            raise UnableToShareGuide(
                gettext("%(name)s asked not to be contacted, so nothing is shared.")
                % {"name": customer.name},
                "customer",
            )
    live = GuideShare.objects.filter(
        guide=current, representative=representative, customer=customer, withdrawn_at__isnull=True
    )
    if customer is not None:  # whoever made it: the customer has one link to a guide
        live = GuideShare.objects.filter(
            guide=current, customer=customer, withdrawn_at__isnull=True
        )
    found = live.first()
    if found is not None:
        if found.representative_id == representative.pk:
            return found
        withdraw_share(share=found, now=now)  # passed on: the link of the one before ends
    if customer is not None:
        Customer.objects.filter(pk=customer.pk).update(touched_at=now)  # in use, so it is kept
    spoken = (customer.language if customer is not None else "") or language
    try:
        with transaction.atomic():
            return GuideShare.objects.create(
                guide=current,
                representative=representative,
                customer=customer,
                language=spoken if spoken in GuideLanguage.values else GuideLanguage.EN,
                token=secrets.token_urlsafe(TOKEN_BYTES),
                shared_at=now,
            )
    except IntegrityError as error:
        if error.__cause__ is None or "guideshare_one" not in str(error):
            raise
        return live.get()  # made a moment ago by a second click


@transaction.atomic
def withdraw_share(*, share: GuideShare, now: datetime) -> GuideShare:
    """End a link: whoever has it reads no more by it. Safe to repeat."""
    share = GuideShare.objects.select_for_update(of=("self",), no_key=True).get(pk=share.pk)
    if share.withdrawn_at is None:
        share.withdrawn_at = now
        share.save(update_fields=["withdrawn_at"])
    return share


@transaction.atomic
def record_opening(*, share: GuideShare, says_yes: bool, now: datetime) -> bool:
    """Keep that the customer has opened a guide, if there is consent; return whether it is kept.

    :param says_yes: the reader has just agreed on the page; without it only a recorded consent
        counts. The first opening stays.
    """
    share = GuideShare.objects.select_for_update(of=("self",), no_key=True).get(pk=share.pk)
    if share.customer_id is None or share.withdrawn_at is not None:
        return False
    if share.opened_at is not None and (share.consent == ConsentSource.PAGE or not says_yes):
        return True
    if says_yes:
        share.consent, share.consent_at = ConsentSource.PAGE, now
    else:
        given = selectors.standing_consent(share)
        if given is None or given.given_at > now:
            return False
        share.consent, share.consent_at = ConsentSource.RECORDED, given.given_at
    share.opened_at = now
    share.save(update_fields=["consent", "consent_at", "opened_at"])
    return True


@transaction.atomic
def forget_opening(*, share: GuideShare, now: datetime) -> GuideShare:
    """Take back, for the reader, the consent said or recorded, and forget that it was opened.

    A recorded consent is withdrawn as a whole: the reader does not want openings told.
    """
    share = GuideShare.objects.select_for_update(of=("self",), no_key=True).get(pk=share.pk)
    if share.customer_id is not None:
        Consent.objects.filter(
            customer_id=share.customer_id,
            kind=Consent.Kind.TRACKING,
            withdrawn_at__isnull=True,
            given_at__lte=now,
        ).update(withdrawn_at=now)
    share.consent, share.consent_at, share.opened_at = ConsentSource.NONE, None, None
    share.save(update_fields=["consent", "consent_at", "opened_at"])
    return share


@transaction.atomic
def mark_read(*, guide: Guide, representative: Representative, now: datetime) -> None:
    """Keep that a representative has read a guide, by the person's own word. Safe to repeat."""
    GuideReading.objects.bulk_create(
        [GuideReading(guide=guide, representative=representative, read_at=now)],
        ignore_conflicts=True,
    )


@transaction.atomic
def mark_unread(*, guide: Guide, representative: Representative) -> None:
    """Take back that a representative has read a guide."""
    GuideReading.objects.filter(guide=guide, representative=representative).delete()


@on_erase
def erase_shares(*, customer_ids: Sequence[int], now: datetime) -> None:
    """Delete all links of people who are erased; those who still have one read no more by it."""
    GuideShare.objects.filter(customer__in=customer_ids).delete()


@on_merge
def move_shares(*, merged_id: int, into_id: int, now: datetime) -> None:
    """Give the links of a row that is merged to the row that is kept.

    Of two live links to the same guide the kept row's own stays, and the other one ends.
    """
    own = GuideShare.objects.filter(
        guide=OuterRef("guide"), customer=into_id, withdrawn_at__isnull=True
    )
    moving = GuideShare.objects.filter(customer=merged_id)
    moving.filter(Exists(own), withdrawn_at__isnull=True).update(withdrawn_at=now)
    moving.update(customer=into_id)


@on_pass_on
def forget_openings(
    *, customer_ids: Sequence[int], old: Representative, new: Representative, now: datetime
) -> None:
    """Forget what the old representative saw of openings: the consent was given to that one.

    The links go on; the page names nobody who has left.
    """
    GuideShare.objects.filter(customer__in=customer_ids).exclude(consent="").update(
        consent="", consent_at=None, opened_at=None
    )


@tells
def tell_shares(*, customer: Customer) -> dict[str, Any]:
    """Return what was shared with a customer, and what is kept of the opening."""
    shares = GuideShare.objects.filter(customer=customer).select_related("guide").order_by("pk")
    return {
        "guides_shared": [
            {
                "guide": one.guide.slug,
                "shared_at": one.shared_at.isoformat(),
                "ended_at": one.withdrawn_at.isoformat() if one.withdrawn_at else "",
                "consent": one.consent,
                "opened_at": one.opened_at.isoformat() if one.opened_at else "",
            }
            for one in shares
        ]
    }
