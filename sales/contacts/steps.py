"""What people's rows do of themselves: after a payment, when erased, and when passed on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from representatives.models import Representative
from sales.after_sale import step
from sales.contacts.services.saved import forget_earlier_names, forget_searches
from sales.models import ContactFile, Customer, KnownApart, Need, Talk
from sales.people_changes import on_edit, on_erase, on_pass_on

# Whoever pays an order buys and uses. The buyers are locked by whoever recorded the payment.
_BUYERS = """
UPDATE sales_customer c
   SET stage = CASE WHEN c.stage IN ('aware', 'likes', 'trusts') THEN 'buys' ELSE c.stage END,
       use = 'user'
 WHERE c.id IN (SELECT o.customer_id FROM sales_order o WHERE o.id = ANY(%(orders)s))
   AND NOT c.is_self AND (c.stage IN ('aware', 'likes', 'trusts') OR c.use <> 'user')
"""
# Whoever brought a buyer recommends. Somebody whose row another payment holds waits for the next.
_REFERRERS = """
UPDATE sales_customer c SET stage = 'refers'
 WHERE c.id IN (
    SELECT r.id FROM sales_customer r
     WHERE r.stage <> 'refers' AND r.erased_at IS NULL AND r.merged_into_id IS NULL
       AND r.id IN (SELECT b.referred_by_id FROM sales_customer b
                      JOIN sales_order o ON o.customer_id = b.id
                     WHERE o.id = ANY(%(orders)s) AND b.referred_by_id IS NOT NULL)
     ORDER BY r.id FOR NO KEY UPDATE SKIP LOCKED)
"""


@step
def advance_stages(*, order_ids: Sequence[int], now: datetime) -> None:
    """Let whoever bought be a buyer and user, and whoever brought a buyer recommend."""
    with connection.cursor() as cursor:
        cursor.execute(_BUYERS, {"orders": list(order_ids)})
        cursor.execute(_REFERRERS, {"orders": list(order_ids)})


@on_erase
def forget_what_was_searched(*, customer_ids: Sequence[int], now: datetime) -> None:
    """Remove the saved filters that name erased people."""
    forget_searches(customer_ids=customer_ids)


@on_edit
def forget_what_is_searched_no_more(*, before: Customer, after: Customer) -> None:
    """Remove the saved filters that named somebody by an earlier name, address or number."""
    forget_earlier_names(before=[before], after=[after])


@on_pass_on
def forget_what_was_private(
    *, customer_ids: Sequence[int], old: Representative, new: Representative, now: datetime
) -> None:
    """Remove what one representative noted of people: it is not told to the next."""
    Need.objects.filter(customer__in=customer_ids).delete()
    Talk.objects.filter(customer__in=customer_ids).delete()
    KnownApart.objects.filter(first__in=customer_ids).delete()
    KnownApart.objects.filter(second__in=customer_ids).delete()
    ContactFile.objects.filter(representative=old).delete()
