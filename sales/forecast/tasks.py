"""Tasks of forecasts: hints only, each safe to run twice or never."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celery import shared_task
from django.db import OperationalError

from representatives.clock import company_now
from representatives.hints import hint_on_commit

HINTED = 100
"""More customers than these at once are an import: the hourly look makes up for it."""


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def refresh_forecasts_task(*, customer_ids: list[int], **_: Any) -> int:
    """Make the forecasts of those who bought anew."""
    from sales.forecast import services  # loads the learner: not in every process

    return services.refresh_forecasts(customer_ids=customer_ids, now=company_now())


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def refresh_all_forecasts_task(**_: Any) -> int:
    """Make everybody's forecasts anew, once on each of the company's days; learn when it is time.

    Beat asks every hour: a night without a worker is made up for in the morning, and so are
    imports of the day and lost messages.
    """
    from sales.forecast import services  # loads the learner: not in every process

    return services.refresh_due_forecasts(now=company_now())


def hint(customer_ids: Sequence[int]) -> None:
    """Tell a worker, once this is committed, whose forecasts are out of date.

    A message that can't be sent is made up for by the hourly look.
    """
    ids = sorted(set(customer_ids))
    if 0 < len(ids) <= HINTED:
        hint_on_commit(refresh_forecasts_task, customer_ids=ids)
