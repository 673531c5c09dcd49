"""Acts on the outbox that die or race; a program: ``python -m tests.race.acts_outbox ACT …``.

Acts that end in ``-unguarded`` are the controls: the same without the guard.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import django

TO = "ann@example.com"


def die() -> None:
    """Die as by the power's failure."""
    os.kill(os.getpid(), signal.SIGKILL)


def commit_and_die(*, guarded: bool) -> None:
    """Commit a change and its e-mail; die before the broker is told, or the server asked."""
    from django.core.mail import send_mail
    from django.db import transaction

    from representatives import outbox
    from representatives.models import Alert

    with transaction.atomic():
        Alert.objects.create(code="act", key="act", text="done", raised_at=datetime.now(UTC))
        transaction.on_commit(die)
        if guarded:
            outbox.send_mail(key="act:1", to=TO, subject="s", text="t")
        else:
            transaction.on_commit(lambda: send_mail("s", "t", None, [TO]))


def send_and_roll_back() -> None:
    """Another control: the e-mail goes out first, and the change dies before it is committed."""
    from django.core.mail import send_mail
    from django.db import transaction

    from representatives.models import Alert

    with transaction.atomic():
        Alert.objects.create(code="act", key="act", text="done", raised_at=datetime.now(UTC))
        send_mail("s", "t", None, [TO])
        die()


def hand_over_and_die() -> None:
    """Drain; die when the first e-mail is handed over and not yet marked."""
    from representatives import delivery, outbox

    hand_over = delivery.send_now

    def and_die(**facts: Any) -> None:
        hand_over(**facts)
        die()

    delivery.send_now = and_die
    outbox.drain(now=datetime.now(UTC))


def hand_over_unkeyed() -> None:
    """Drain once with e-mails that bear a number of their own each time, and die unmarked."""
    from django.core.mail.utils import DNS_NAME

    from representatives import delivery

    delivery.message_id = lambda key: f"<{os.getpid()}.{time.monotonic_ns()}@{DNS_NAME}>"
    hand_over_and_die()


def drain(*, guarded: bool) -> None:
    """Wait for the word, then carry out everything beside other drainers."""
    from django.db import connection
    from django.utils import timezone

    from representatives import outbox
    from representatives.models import OutboxEvent

    seen = list(OutboxEvent.objects.filter(sent_at__isnull=True).order_by("id"))
    connection.close()
    print("ready", flush=True)
    sys.stdin.readline()
    if guarded:
        while outbox.count_waiting():
            outbox.drain(now=timezone.now())
        return
    for event in seen:
        outbox._handle(event)
        OutboxEvent.objects.filter(pk=event.pk, sent_at__isnull=True).update(
            sent_at=timezone.now(), payload={}
        )


ACTS: dict[str, Callable[[], None]] = {
    "commit-and-die": lambda: commit_and_die(guarded=True),
    "commit-and-die-unguarded": lambda: commit_and_die(guarded=False),
    "send-and-roll-back-unguarded": send_and_roll_back,
    "hand-over-and-die": hand_over_and_die,
    "hand-over-unkeyed-unguarded": hand_over_unkeyed,
    "drain": lambda: drain(guarded=True),
    "drain-unguarded": lambda: drain(guarded=False),
}


def main() -> None:
    """Set Django up and act."""
    django.setup()
    ACTS[sys.argv[1]]()


if __name__ == "__main__":
    main()
