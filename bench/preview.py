"""Previews of the benchmark's month under the full plan, in this fresh process.

``python -m bench.preview prepare`` puts the full plan in force; ``run PERIOD QUERIES`` computes a
preview and shows it, prints its time and totals, and writes the statements that loaded the facts
to the file QUERIES.
"""

import json
import resource
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

from bench.company import NOW
from bench.engine import FULL_PLAN
from bench.observed import observed
from bench.setting_up import FIRST_DAY, REQUESTER


def prepare() -> dict[str, Any]:
    """Let the full plan follow the first one, before the benchmark's month."""
    from compensation.services.plans import add_plan_version
    from representatives.models import User

    version = add_plan_version(
        document=FULL_PLAN.read_text(encoding="utf-8"),
        effective_from=FIRST_DAY + timedelta(days=31),
        created_by=User.objects.get(email=REQUESTER),
    )
    return {"plan": version.name}


def preview(label: str, queries: Path) -> dict[str, Any]:
    """Compute a preview of the month and let readers see it."""
    from compensation import selectors, services
    from representatives.models import User

    period = selectors.get_period(label)
    assert period is not None
    by = User.objects.get(email=REQUESTER)
    with observed() as found:
        started = time.perf_counter()
        run = services.preview_period(period=period, by=by, now=NOW)
        seconds = time.perf_counter() - started
    queries.write_text(json.dumps(found.statements))
    return {
        "run": run.pk,
        "seconds": seconds,
        "engine_seconds": found.engine_seconds[0],
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "result_digest": run.result_digest,
        "statement_lines": run.earning_count,
        "commission_minor": run.commission_minor,
        **{f"{step.name}_seconds": step.duration_ms / 1000 for step in run.steps.all()},
    }


if __name__ == "__main__":
    django.setup()
    answer = prepare() if sys.argv[1] == "prepare" else preview(sys.argv[2], Path(sys.argv[3]))
    sys.stdout.write(json.dumps(answer) + "\n")
