"""The benchmark: ``python -m bench --size N [--seed S] [--only pages]``, or ``make bench SIZE=N``.

It makes databases of its own on the embedded server, fills them, closes a month in fresh
processes, posts it, serves pages, enrols people, and compares results with a recursive query.
The figures go to bench/results/latest.json, flat and whole, and as a table to the terminal; those
of the pages also to bench/results/pages.json, which is all that ``--only pages`` writes. With
``--keep`` the pages' company stays for the next time, and one that stayed is used again.

Exit code 0: all figures were measured and nothing disagreed; 1: a fault was found, a figure is
missing, or at 1,000,000 a bar is missed; 2: wrong usage.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench import machine, report
from bench.server import BenchError, Server
from bench.stages import Bench


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return size and seed.

    :raises SystemExit: with code 2 if they are wrong.
    """
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="members (10,000 or more)")
    parser.add_argument("--seed", type=int, default=1, help="of the tree, the orders and sponsors")
    parser.add_argument("--only", choices=["pages"], help="run these stages and no other")
    parser.add_argument("--keep", action="store_true", help="keep the company of --only pages")
    chosen = parser.parse_args(arguments)
    if chosen.keep and not chosen.only:
        parser.error("--keep needs --only pages")
    if chosen.size < 10_000:
        parser.error("--size must be 10,000 or more")
    return chosen


def main(arguments: list[str]) -> int:
    """Run the benchmark and return its exit code."""
    chosen = parse(arguments)
    figures: dict[str, Any] = {"size": chosen.size, "seed": chosen.seed}
    figures |= machine.describe_commit() | machine.describe_machine()
    figures["started_at"] = datetime.now(UTC).isoformat(timespec="seconds")
    faults: list[str] = []
    started = time.perf_counter()
    keys = report.PAGE_KEYS if chosen.only else report.KEYS
    bench = Bench(Server(), chosen.size, chosen.seed, figures, faults, _stage)
    try:
        if chosen.only:
            bench.run_pages(keep=chosen.keep)
        else:
            bench.run()
    except BenchError as error:
        faults.append(str(error))
    figures["bench_seconds"] = time.perf_counter() - started
    if not chosen.only:
        report.write_flat(figures, report.KEYS, report.LATEST)
    report.write_flat(report.of_pages(figures), report.PAGE_KEYS, report.PAGES)
    sys.stdout.write(report.table(figures, keys) + "\n")
    faults += [f"{name} was not measured" for name in report.missing_keys(figures, keys)]
    if chosen.size >= report.JUDGED_SIZE:
        faults += [f"{name} misses its bar" for name in report.missed_bars(figures, keys)]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if faults else 0


def _stage(name: str, work: Callable[[], Any]) -> Any:
    """Run one stage and tell how long it took."""
    started = time.perf_counter()
    result = work()
    note = json.dumps(result) if isinstance(result, dict) else ""
    sys.stdout.write(f"{time.perf_counter() - started:8.1f} s  {name}  {note}\n")
    sys.stdout.flush()
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
