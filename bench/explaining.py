"""How long an explanation takes: explain, why-not and rank card of many members.

``python -m bench.explaining PERIOD MEMBERS LARGEST SEED`` asks for random members and for those
with the largest downlines, against the month's visible run. For each: the statement's lines with
their totals and the largest of them opened to its first 50 parts, why the newest sale pays whom,
and the card of the next rank. Prints the 95th percentile of all calls and of each kind, as JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import django
import numpy as np

from bench.timing import median, percentile

WARM_UP = 20


def measure(label: str, members: int, largest: int, seed: int) -> dict[str, float | int]:
    """Return times in milliseconds.

    :raises RuntimeError: if the parts of a line do not add up.
    """
    from compensation import selectors
    from compensation.plans import load_plan

    period = selectors.get_period(label)
    assert period is not None
    run = selectors.visible_run(period)
    assert run is not None
    plan = load_plan(run.plan_version.document)
    asked = _chosen(run.pk, members, largest, seed)
    kinds: dict[str, Callable[[int], None]] = {
        "explain": lambda member: _explain(run, plan, member),
        "why_not": lambda member: _why_not(run, plan, period, member),
        "rank_card": lambda member: _rank_card(run, plan, member),
    }
    for member in asked[:WARM_UP]:
        for ask in kinds.values():
            ask(member)
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for member in asked:
        for kind, ask in kinds.items():
            started = time.perf_counter()
            ask(member)
            times[kind].append((time.perf_counter() - started) * 1000)
    every = [one for values in times.values() for one in values]
    found: dict[str, float | int] = {
        "explain_p95_ms": percentile(every, 95),
        "explain_median_ms": median(every),
        "explain_slowest_ms": max(every),
        "explain_members": len(asked),
    }
    for kind, values in times.items():
        found[f"explain_{kind}_p95_ms"] = percentile(values, 95)
        found[f"explain_{kind}_slowest_ms"] = max(values)
    return found


def _chosen(run_id: int, members: int, largest: int, seed: int) -> list[int]:
    """Return ids of random members, then of those with the largest downlines."""
    from django.db.models import F

    from compensation.models import MemberResult

    stored = MemberResult.objects.filter(run_id=run_id)
    top = list(
        stored.order_by(F("position") - F("subtree_end")).values_list(
            "representative_id", flat=True
        )[:largest]
    )
    rng = np.random.default_rng(seed)
    places = rng.choice(stored.count(), members, replace=False)
    random = list(
        stored.filter(position__in=places.tolist()).values_list("representative_id", flat=True)
    )
    return [*random, *top]


def _explain(run: Any, plan: Any, member: int) -> None:
    from compensation.explaining.reports import list_earnings, report_lines

    lines = list_earnings(run, member, component=None, level=None)
    if not lines:
        return
    (report,) = report_lines(run, plan, [max(lines, key=lambda line: abs(line.base))])
    if not report.opened.adds_up:
        raise RuntimeError(f"the parts of a line of member {member} do not add up")


def _why_not(run: Any, plan: Any, period: Any, member: int) -> None:
    from compensation.explaining.why import why_order
    from sales.models import Order

    order = (
        Order.objects.filter(
            seller_id=member, counted_at__gte=period.starts_at, counted_at__lt=period.ends_at
        )
        .select_related("seller")
        .order_by("-counted_at")
        .first()
    )
    if order is not None:
        why_order(run=run, plan=plan, order=order)


def _rank_card(run: Any, plan: Any, member: int) -> None:
    from compensation.explaining.rank_card import get_rank_card

    get_rank_card(run, plan, member)


if __name__ == "__main__":
    django.setup()
    answer = measure(sys.argv[1], *map(int, sys.argv[2:5]))
    sys.stdout.write(json.dumps(answer) + "\n")
