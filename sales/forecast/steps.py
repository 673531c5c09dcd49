"""What payments, returns, erasures and merges mean for forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sales import people_changes
from sales.after_sale import on_return, step
from sales.forecast import exchange, tasks
from sales.models import Order


@step
def refresh_after_sale(*, order_ids: Sequence[int], now: datetime) -> None:
    """Have the buyers' forecasts made anew once the payment is committed."""
    buyers = Order.objects.filter(id__in=order_ids).values_list("customer_id", flat=True)
    tasks.hint(list(buyers.distinct()))


@on_return
def refresh_after_return(*, return_ids: Sequence[int], now: datetime) -> None:
    """Have the forecasts of whoever sent something back made anew once that is committed."""
    senders = Order.objects.filter(lines__returns__in=return_ids)
    tasks.hint(list(senders.values_list("customer_id", flat=True).distinct()))


@people_changes.on_erase
def forget_forecasts(*, customer_ids: Sequence[int], now: datetime) -> None:
    """Delete what was derived about erased people."""
    exchange.delete_rows(customer_ids)


@people_changes.on_merge
def join_forecasts(*, merged_id: int, into_id: int, now: datetime) -> None:
    """Delete what was derived about either, and have it made anew."""
    exchange.delete_rows([merged_id])
    tasks.hint([into_id])
