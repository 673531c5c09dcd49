"""One close of the benchmark's month, in this fresh process.

``python -m bench.closing close PERIOD [QUERIES]`` closes from freeze to verified and prints time,
memory and totals; it writes the statements that loaded the facts to the file QUERIES.
``drop PERIOD`` gives the computed run up, ``post PERIOD`` approves and posts it.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import django

from bench.company import NOW
from bench.observed import observed
from bench.setting_up import APPROVER, REQUESTER


def close(label: str, queries: Path | None = None) -> dict[str, Any]:
    """Start a run and bring it to *computed*; the time is from freeze to verified."""
    from compensation import selectors, services
    from compensation.models import MemberResult, Run
    from representatives.models import User

    period = selectors.get_period(label)
    assert period is not None
    run = services.start_run(period=period, by=User.objects.get(email=REQUESTER), now=NOW)
    with observed() as found:
        started = time.perf_counter()
        done = services.advance_to_end(run=run, now=NOW)
        seconds = time.perf_counter() - started
    assert done.progress is services.Progress.WAITING, done
    if queries is not None:
        queries.write_text(json.dumps(found.statements))
    run = Run.objects.get(pk=run.pk)
    kilobytes = (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    )
    volumes = MemberResult.objects.filter(run_id=run.pk).values_list("group_bv", flat=True)
    return {
        "run": run.pk,
        "seconds": seconds,
        "engine_seconds": found.engine_seconds[0],
        "peak_rss_mib": kilobytes / 1024,
        "result_digest": run.result_digest,
        "members": run.member_count,
        "active": run.active_count,
        "statement_lines": run.earning_count,
        "commission_minor": run.commission_minor,
        "rsp_credited": run.rsp_credited,
        "group_bv_of_all": sum(volumes) if run.member_count <= 10_000 else None,
        **{f"{s.name}_seconds": s.duration_ms / 1000 for s in run.steps.all()},
    }


def drop(label: str) -> dict[str, Any]:
    """Give the month's run up, tables and all."""
    from compensation import selectors, services

    period = selectors.get_period(label)
    assert period is not None
    run = selectors.live_close(period)
    assert run is not None
    services.drop_run(run=run)
    return {"dropped": services.drop_results_of_dead_runs()}


def post(label: str) -> dict[str, Any]:
    """Approve the computed run as another person, post it, and let readers see it."""
    from compensation import selectors, services
    from compensation.models import Journal
    from representatives.models import User

    period = selectors.get_period(label)
    assert period is not None
    run = selectors.live_close(period)
    assert run is not None
    approver = User.objects.get(email=APPROVER)
    found = selectors.open_finding_codes(run)
    if found:
        services.acknowledge(run=run, codes=found, reason="benchmark", by=approver, now=NOW)
    services.approve_run(run=run, by=approver, now=NOW)
    started = time.perf_counter()
    services.advance(run=run, now=NOW)
    seconds = time.perf_counter() - started
    services.advance_to_end(run=run, now=NOW)
    return {
        "run": run.pk,
        "seconds": seconds,
        "journals": Journal.objects.filter(run=run).count(),
    }


if __name__ == "__main__":
    django.setup()
    command, month = sys.argv[1:3]
    if command == "close":
        answer = close(month, Path(sys.argv[3]) if len(sys.argv) > 3 else None)
    else:
        answer = {"drop": drop, "post": post}[command](month)
    sys.stdout.write(json.dumps(answer) + "\n")
