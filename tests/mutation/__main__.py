"""Mutation testing of the compensation engine: ``python -m tests.mutation run [MODULE ...]``.

The engine is changed one operator, number, name or argument at a time, and the tests of
``tests/engine`` that reach the changed function are run; a change that no test notices, and mypy
does not refuse, *survives*. Verdicts are kept in ``.local/mutation``, so a run that was stopped
goes on where it was, and only what has changed is tried again. docs/mutation.md tells the rest and
lists the survivors that make no difference.

Exit codes: 0 everything tried, at most 5 % of each module survived, each survivor explained and
each explanation needed; 1 not; 2 usage.
"""

from __future__ import annotations

import argparse
import os

from tests.mutation import trials
from tests.mutation.changes import modules
from tests.mutation.explanations import explains, explanations
from tests.mutation.verdicts import KILLED, REFUSED, SURVIVED, TESTS, Module

MOST_SHARE = 0.05
"""Of the tried changes of a module that may survive."""
HEAD = """\
| Module | changes | killed by a test | refused by mypy | survived | share | not explained |
|---|---|---|---|---|---|---|"""


def report(chosen: list[Module]) -> int:
    """Print the table and what is unexplained, untried or needlessly explained."""
    listed = explanations()
    used = [False] * len(listed)
    faults: list[str] = []
    print(HEAD)
    for module in chosen:
        unexplained = []
        for change in module.survivors:
            found = [explains(entry, module.name, *change.lines) for entry in listed]
            used = [before or now for before, now in zip(used, found, strict=True)]
            if not any(found):
                unexplained.append(change)
        if not module.changes:
            continue
        counts = module.counts
        print(
            f"| `{module.name}` | {len(module.changes)} | {counts[KILLED]} | {counts[REFUSED]} "
            f"| {len(module.survivors)} | {module.share:.1%} | {len(unexplained)} |"
        )
        if module.open:
            faults.append(f"{module.name}: {len(module.open)} changes not tried")
        if module.share > MOST_SHARE:
            faults.append(f"{module.name}: {module.share:.1%} of the changes survived")
        for change in unexplained:
            before, after = change.lines
            reached = "" if module.verdict(change) == SURVIVED else " (no test reaches it)"
            faults.append(f"{module.name} {change.function}{reached}\n- {before}\n+ {after}")
    tried = {module.name for module in chosen if not module.open}
    for entry, needed in zip(listed, used, strict=True):
        whole = {entry["module"]} <= tried or (entry["module"] == "*" and tried == set(modules()))
        if whole and not needed:
            faults.append(f"explained, but did not survive: {entry['module']} {entry['before']}")
    print(*("\n" + fault for fault in faults))
    return 1 if faults else 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("act", choices=("run", "again", "report"))
    parser.add_argument("module", nargs="*", help="modules of the engine, such as money.py")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="at most, on an idle machine"
    )
    parser.add_argument("--quick", action="store_true", help="leave it at the quick tests")
    parser.add_argument(
        "--tests", nargs="+", default=(), help="ask these test files alone, the quick ones of them"
    )
    given = parser.parse_args()
    unknown = set(given.module) - set(modules())
    if unknown:
        parser.error(f"no module of the engine: {', '.join(sorted(unknown))}")
    chosen = [Module.read(name) for name in given.module or modules()]
    if given.act == "again":
        for module in chosen:
            for change in module.survivors:
                del module.verdicts[change.key]
    if given.act != "report" and any(module.open for module in chosen):
        code = trials.run(
            chosen,
            given.processes,
            tests=given.tests or TESTS,
            thorough=not (given.quick or given.tests),
        )
        if code:
            return code
    return report(chosen)


if __name__ == "__main__":
    raise SystemExit(main())
