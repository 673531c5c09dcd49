"""Record payments: the service of sales, with the open periods passed down."""

from __future__ import annotations

from datetime import datetime

from compensation import selectors
from representatives.models import User
from sales import services as sales_services
from sales.models import Order


def record_payment(
    *,
    order: Order,
    payment_reference: str,
    amount_minor: int,
    recorded_by: User,
    now: datetime,
    paid_at: datetime | None = None,
) -> Order:
    """Mark an order paid; it counts now, in the period that holds the company's clock.

    :raises sales.services.UnableToPayOrder: as the service of sales.
    """
    return sales_services.pay_order(
        order=order,
        payment_reference=payment_reference,
        amount_minor=amount_minor,
        paid_at=paid_at or now,
        counted_at=now,
        open_intervals=selectors.open_intervals(),
        recorded_by=recorded_by,
        now=now,
    )
