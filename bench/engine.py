"""The engine alone, arrays in to arrays out, on trees of several shapes.

``python -m bench.engine SHAPE SIZE SEED`` computes one month of the full plan for a tree that is
``grown`` (the company's shape), ``random``, a ``chain`` or a ``star``, and prints the seconds and
the memory of this process. No database is asked.
"""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from bench.company import orders_of_members
from bench.shape import grow
from compensation.engine import Members, Plan, Sales, compute
from compensation.plans import load_plan

FULL_PLAN = Path(__file__).resolve().parent / "full-plan.yaml"
SHAPES = ("grown", "random", "chain", "star")
REPEATS = 3
#: Beyond this one computation is enough to wait for.
ONCE_FROM = 5_000_000


def full_plan() -> Plan:
    """Return the plan that uses points, dynamic levels, differential, matching, ranks and caps."""
    return load_plan(FULL_PLAN.read_text(encoding="utf-8"))


def sponsors(shape: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return the sponsor's row of each member, -1 at the top."""
    if shape == "grown":
        return grow(size, rng).sponsor
    found = np.full(size, -1, dtype=np.int64)
    if shape == "chain":
        found[1:] = np.arange(size - 1)
    elif shape == "star":
        found[1:] = 0
    else:
        found[1:] = rng.integers(0, np.arange(1, size))
    return found


def sales_of(size: int, rng: np.random.Generator) -> Sales:
    """Return a month's orders: a fifth of the members has none, a fifth two, the others one."""
    seller = orders_of_members(size, rng)
    bv = rng.integers(900, 14_400, len(seller))
    return Sales.of(
        seller,
        bv=bv,
        rsp=bv * 7 // 30,
        net=bv * 95 // 60,
        own=rng.random(size)[seller] < 0.3,
    )


def measure(shape: str, size: int, seed: int) -> dict[str, float | int | str]:
    """Return the best of three computations in seconds, and the peak of memory in MiB."""
    rng = np.random.default_rng(seed)
    plan = full_plan()
    members = Members.of(np.arange(1, size + 1), sponsors(shape, size, rng))
    sales = sales_of(size, rng)
    seconds = []
    for _ in range(1 if size >= ONCE_FROM else REPEATS):
        started = time.perf_counter()
        results = compute(plan, members, sales)
        seconds.append(time.perf_counter() - started)
    return {
        "shape": shape,
        "members": size,
        "seconds": min(seconds),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "statement_lines": len(results.earnings),
        "active": results.totals.active,
        "highest_rank": int(results.members.pay_rank.max()),
        "result_digest": results.result_digest,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))) + "\n")
