"""Hints: messages that tell a worker what the rows of the database say already."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError

logger = logging.getLogger(__name__)


def hint_on_commit(task: Any, **arguments: Any) -> None:
    """Send a Celery task once this is committed.

    A message that can't be sent is only late, as beat finds what it would have said: what was
    committed stands, and nobody is shown an error for it.
    """

    def send() -> None:
        try:
            task.delay(**arguments)
        except BrokerError:
            logger.warning("%s: no broker to tell; beat will find it", task.name)

    transaction.on_commit(send, robust=True)
