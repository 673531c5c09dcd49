"""Tasks on people: one service call each, safe to repeat."""

from typing import Any

from celery import shared_task
from django.db import OperationalError

from representatives import services
from representatives.clock import company_now


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def apply_sponsor_changes_task(**_: Any) -> list[int]:
    """Move those whose sponsor change has taken effect; return the ids of the changes."""
    return [change.pk for change in services.apply_sponsor_changes(now=company_now())]
