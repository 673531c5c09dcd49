"""Acts of forked processes; those that end in ``-unguarded`` are controls, without the guard."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

from tests.faults import acts_adjustments, acts_bank, acts_disputes, acts_payouts

MEGABYTE = 1 << 20


def in_little_memory(*words: str) -> None:
    """Run a command with hardly more memory than the process has by now."""
    from django.core.management import execute_from_command_line

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + 1024 * MEGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    execute_from_command_line(["manage.py", *words])


def refresh_live_figures() -> None:
    """Do what beat asks for every few seconds."""
    from compensation import tasks

    tasks.refresh_live_figures_task()


def post_in_two(between: str) -> None:
    """The control of what disturbs a posting: its halves are two transactions."""
    from django.db import connection

    from compensation import ledger
    from compensation.models import Run

    run = Run.objects.select_related("period").get(status="approved")
    whole = ledger._POST_RUN
    for half in (0, 1):
        ledger._POST_RUN = whole.replace(
            "WHERE m.run_id = %(run)s", f"WHERE m.run_id = %(run)s AND mod(r.id, 2) = {half}"
        )
        assert whole != ledger._POST_RUN
        ledger.post_run(run=run, period=run.period, currency="EUR")
        assert connection.in_atomic_block is False
        if half == 0 and between == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 1")


ACTS: dict[str, Callable[..., None]] = {
    "adjustment-approve": acts_adjustments.approve,
    "bank-convert": acts_bank.convert,
    "bank-expire": acts_bank.expire,
    "dispute-open": acts_disputes.open_one,
    "dispute-answer": acts_disputes.answer_it,
    "payouts-reserve": acts_payouts.reserve,
    "payouts-send": acts_payouts.send,
    "payouts-answers": acts_payouts.take_answers,
    "post-in-two-unguarded": post_in_two,
    "refresh-live-figures": refresh_live_figures,
    "in-little-memory": in_little_memory,
}
