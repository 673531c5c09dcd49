"""Tasks on people: one service call each, safe to repeat."""

from typing import Any

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from representatives import notices, outbox, services
from representatives.clock import company_now


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def apply_sponsor_changes_task(**_: Any) -> list[int]:
    """Move those whose sponsor change has taken effect; return the ids of the changes."""
    return [change.pk for change in services.apply_sponsor_changes(now=company_now())]


@shared_task(acks_late=True)
def drain_outbox_task(**_: Any) -> int:
    """Carry out the effects that are due, and mark them; return how many.

    By real time: a company's clock that stands still must not keep e-mails back. What an error
    leaves behind, beat finds in a few seconds; after a full turn, or one that was cut short, the
    next one follows at once.
    """
    done = outbox.drain(now=timezone.now(), limit=outbox.DRAINED_AT_ONCE)
    if done.cut_short or done.sent + done.failed == outbox.DRAINED_AT_ONCE:
        outbox.hint()
    return done.sent


@shared_task(acks_late=True, autoretry_for=(OperationalError,), max_retries=5)
def queue_digests_task(**_: Any) -> int:
    """Write the digests of the day that have come due; return how many."""
    return notices.queue_digests(now=timezone.now())
