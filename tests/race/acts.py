"""Acts of processes in races; a program of its own: ``python -m tests.race.acts ACT …``.

Acts that end in ``-unguarded`` are the controls: the same without the guard.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django


def write_late(*, guarded: bool) -> None:
    """Take a run, freeze, and after having been woken write results as if still its holder."""
    from django.utils import timezone

    from compensation import loaders
    from compensation.models import Run
    from compensation.services import runs, steps

    run = Run.objects.get(status="running")
    held = runs._take(run)
    bulk = loaders.connect()
    os.kill(os.getpid(), signal.SIGSTOP)
    if guarded:
        from compensation.engine import Members, Sales, compute
        from compensation.plans import load_preset

        results = compute(load_preset("four-levels"), Members.of([1], [-1]), Sales.none())
        watch = steps.Stopwatch(started_at=timezone.now())
        steps._record_results(bulk, held, results, results.carried, watch, line_count=0, rows=0)
    else:
        loaders.execute(
            bulk, "UPDATE compensation_run SET member_count = 1 WHERE id = {run}", run=run.pk
        )
    bulk.commit()


def close_unguarded() -> None:
    """The control of the races: every process starts and posts a run of its own."""
    from django.db import transaction

    from compensation import selectors, services
    from compensation.models import Period, Run
    from compensation.services import runs
    from representatives.clock import company_now
    from representatives.models import User
    from tests.compensation.town import APPROVER, CLOSER

    now = company_now()
    period = Period.objects.get(label="2017-01")
    selectors.live_close = lambda period: None
    runs._check_close = lambda period, now: None
    closer = User.objects.get(email=CLOSER)
    with transaction.atomic():
        run: Any = runs._start(period=period, kind="close", by=closer, now=now)
    services.advance_to_end(run=run, now=now)
    approver = User.objects.get(email=APPROVER)
    codes = selectors.open_finding_codes(run)
    services.acknowledge(run=run, codes=codes, reason="as the town does", by=approver, now=now)
    services.approve_run(run=run, by=approver, now=now)
    services.advance_to_end(run=run, now=now)
    assert Run.objects.get(pk=run.pk).status == "posted"


def accept(*, guarded: bool) -> None:
    """Reverse the returns that wait; unguarded, without looking whether that was done."""
    from compensation import selectors, services
    from compensation.services import returns
    from representatives.clock import company_now

    if not guarded:
        waiting = selectors.waiting_returns()
        turn = iter(range(1000))
        print("ready", flush=True)
        sys.stdin.readline()
        selectors.waiting_returns = lambda: waiting
        returns._is_reversed = lambda return_: False
        post = returns.ledger.post_credits

        def post_again(credits: Any, **facts: Any) -> int:
            for credit in credits:
                object.__setattr__(
                    credit, "source_key", f"{credit.source_key} {os.getpid()} {next(turn)}"
                )
            return post(credits, **facts)

        returns.ledger.post_credits = post_again
    services.reverse_waiting_returns(now=company_now())


ACTS: dict[str, Callable[[], None]] = {
    "write-late": lambda: write_late(guarded=True),
    "write-late-unguarded": lambda: write_late(guarded=False),
    "close-unguarded": close_unguarded,
    "reverse": lambda: accept(guarded=True),
    "reverse-unguarded": lambda: accept(guarded=False),
}


def main() -> None:
    """Set Django up and act."""
    django.setup()
    ACTS[sys.argv[1]]()


if __name__ == "__main__":
    main()
