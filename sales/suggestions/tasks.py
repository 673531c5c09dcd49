"""Tasks on suggestions: one service call each, safe to repeat and safe to lose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celery import shared_task
from django.db import OperationalError

from representatives.clock import company_now
from representatives.hints import hint_on_commit
from sales.suggestions.add_ons import refresh_add_ons
from sales.suggestions.learning import refresh_suggestions_once_a_day

HINTED_CUSTOMERS = 500
"""An import of more customers at once waits for the night."""


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def refresh_suggestions_task(**_: Any) -> bool:
    """Learn what goes with what, on the first call of a day; tell whether it did."""
    return refresh_suggestions_once_a_day(now=company_now()) is not None


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def refresh_add_ons_task(*, customer_ids: list[int], **_: Any) -> int:
    """Offer some customers' add-ons anew."""
    return refresh_add_ons(customer_ids=customer_ids)


def hint_add_ons(customer_ids: Sequence[int]) -> None:
    """Tell a worker, once this is committed, that these customers bought something.

    A message that can't be sent only leaves their add-ons for the night to make anew: what was
    bought since is not suggested in any case.
    """
    if 0 < len(customer_ids) <= HINTED_CUSTOMERS:
        hint_on_commit(refresh_add_ons_task, customer_ids=list(customer_ids))
