"""Enrol by several processes at once; a program of its own, run by the race test.

With --no-lock nobody waits for anybody, and each lingers between reading the sponsor's free
labels and taking them: what the lock is for.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from datetime import UTC, datetime
from typing import Any

import django

PROCESSES = 8


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, required=True)
    parser.add_argument("--no-lock", action="store_true")
    options = parser.parse_args()
    django.setup()
    start = time.time() + 0.5
    children = []
    for number in range(PROCESSES):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = enrol_some(number, start, options.each, locked=not options.no_lock)
            finally:
                os._exit(status)
        children.append(child)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


def enrol_some(number: int, start: float, each: int, *, locked: bool) -> int:
    """Enrol people under random sponsors; return 1 if one enrolment failed."""
    from representatives import services
    from representatives.models import Representative

    if not locked:
        switch_lock_off()
    rng = random.Random(number)
    sponsors = list(Representative.objects.order_by("id")[:20])
    now = datetime.now(UTC)
    failed = 0
    time.sleep(max(0.0, start - time.time()))
    for turn in range(each):
        sponsor = rng.choice(sponsors) if turn % 2 else sponsors[0]
        try:
            member = services.enrol_representative(
                sponsor=sponsor,
                name=f"P {number} {turn}",
                email=f"p{number}-{turn}@example.com",
                enrolled_on=now.date(),
                now=now,
            )
            sponsors.append(member)
        except Exception as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            failed = 1
    return failed


def switch_lock_off() -> None:
    from django.db import connection

    from representatives import labels, locks
    from representatives.services import people

    def pretend(**_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, 'on', true)", [locks.TREE_LOCK_SETTING])

    def linger(*arguments: Any, **options: Any) -> Any:
        tail = open_tail(*arguments, **options)
        time.sleep(0.002)
        return tail

    open_tail = labels.open_tail
    people.acquire_tree_lock = pretend  # type: ignore[assignment]
    labels.open_tail = linger  # type: ignore[assignment]


if __name__ == "__main__":
    sys.exit(main())
