"""A customer brought another one: recorded with the payment, and somebody says thank you."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext

from representatives.models import Company
from sales import after_sale
from sales.models import FollowUp, ReferralThanks
from sales.referrals.selectors import THANKS_KEY

FRESH = timedelta(days=30)
"""An order older than this, as old imports bring, is recorded and needs no thanks any more."""

# An import may bring an earlier first order later: nobody is thanked twice for one person.
_RECORD = """
INSERT INTO sales_referralthanks (order_id, referrer_id, recorded_at)
SELECT o.id, c.referred_by_id, %(now)s
  FROM sales_order o JOIN sales_customer c ON c.id = o.customer_id
 WHERE o.id = ANY(%(order_ids)s) AND o.status = 'paid' AND c.referred_by_id IS NOT NULL
   AND EXISTS (SELECT FROM sales_orderline l
                WHERE l.order_id = o.id AND l.line_class = 'referral')
   AND NOT EXISTS (SELECT FROM sales_referralthanks t
                     JOIN sales_order other ON other.id = t.order_id
                    WHERE other.customer_id = o.customer_id)
ON CONFLICT (order_id) DO NOTHING
RETURNING order_id, referrer_id
"""
_REFERS = """
UPDATE sales_customer SET stage = 'refers'
 WHERE id = ANY(%(referrer_ids)s) AND stage <> 'refers'
   AND erased_at IS NULL AND merged_into_id IS NULL AND NOT is_self
"""
_TO_THANK = """
SELECT o.id, r.id, r.representative_id, c.name, coalesce(u.language, '')
  FROM sales_order o
  JOIN sales_customer c ON c.id = o.customer_id
  JOIN sales_customer r ON r.id = c.referred_by_id
  JOIN representatives_representative s ON s.id = r.representative_id
  LEFT JOIN representatives_user u ON u.id = s.user_id
 WHERE o.id = ANY(%(order_ids)s) AND o.paid_at >= %(since)s
   AND r.representative_id = c.representative_id AND s.status = 'enrolled'
   AND r.no_contact_at IS NULL AND r.erased_at IS NULL AND r.merged_into_id IS NULL
   AND NOT r.is_self
 ORDER BY o.id
   FOR SHARE OF r
"""


@after_sale.step
def note_referrals(*, order_ids: Sequence[int], now: datetime) -> None:
    """Record who brought the first orders among these, and plan to thank them; set-based."""
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, {"order_ids": list(order_ids), "now": now})
        recorded: list[tuple[int, int]] = cursor.fetchall()
        if not recorded:
            return
        cursor.execute(_REFERS, {"referrer_ids": sorted({one for _order, one in recorded})})
        cursor.execute(
            _TO_THANK, {"order_ids": [order for order, _one in recorded], "since": now - FRESH}
        )
        rows: list[tuple[int, int, int, str, str]] = cursor.fetchall()
    today = now.astimezone(Company.objects.get(pk=Company.ONLY_ID).zone).date()
    FollowUp.objects.bulk_create(
        [
            FollowUp(
                representative_id=representative_id,
                customer_id=referrer_id,
                kind=FollowUp.Kind.OWN,
                due_on=today,
                text=_words(name, language),
                source_key=f"{THANKS_KEY}{order_id}",
                created_at=now,
            )
            for order_id, referrer_id, representative_id, name, language in rows
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )


def _words(name: str, language: str) -> str:
    with translation.override(language or settings.LANGUAGE_CODE):
        said = gettext("Say thank you for recommending you: a first order came from %(name)s.")
    return said % {"name": name[:200]}


@transaction.atomic
def mark_thanked(*, thanks: ReferralThanks, now: datetime) -> ReferralThanks:
    """Note that somebody was thanked, and close the follow-up that asked for it."""
    row = ReferralThanks.objects.select_for_update(of=("self",), no_key=True).get(pk=thanks.pk)
    if row.thanked_at is None:
        row.thanked_at = max(now, row.recorded_at)
        row.save(update_fields=["thanked_at"])
    FollowUp.objects.filter(
        source_key=f"{THANKS_KEY}{row.order_id}", state=FollowUp.State.OPEN
    ).update(state=FollowUp.State.DONE, result=FollowUp.Result.DONE, closed_at=row.thanked_at)
    return row
