"""Try changes: a process for each, forked after pytest has collected the tests.

The child puts the change into the running functions and runs the tests that reach the changed one:
first those that have noticed a change of it before, then of each test file in turn those that reach
little else, the slow ones last; the first failure ends it. A test that takes far more processor
time than it should ends it too (a loop without an end).
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import django
import hypothesis
import pytest
from _pytest.runner import runtestprotocol
from coverage import Coverage

from tests.mutation.changes import ENGINE, ROOT, Change, bodies_of
from tests.mutation.explanations import explains, explanations
from tests.mutation.typing_check import refused
from tests.mutation.verdicts import (
    QUIET,
    REFUSED,
    SURVIVED,
    UNREACHED,
    Module,
    digest_of_file,
    digests_of_engine,
    killed,
    not_killed,
    read_state,
    write_state,
)

CASES = "10"
"""Drawn worlds of each test against the oracle."""
PYTEST = (
    "-c/dev/null",
    f"--rootdir={ROOT}",
    "--noconftest",
    "--import-mode=importlib",
    "--assert=plain",
    "--tb=native",
    "--capture=no",
    *("-q", "-q", "-W", "ignore"),
    *(f"-pno:{name}" for name in ("django", "xdist", "cacheprovider", "timeout")),
)
MEMORY = 6 * 2**30
MOST_SECONDS, TIMES_SLOWER = 3, 6
"""Processor time that a test may take with a change: this, and so many times its own."""
SLOW = 0.3
"""Tests that take longer come last."""
QUICK_SECONDS = 2.0
"""What the tests of the first round take together."""
IDLE = 1.5
"""Load below which a second process is started."""


class Trials:
    """A plugin of pytest that tries changes where pytest would run the tests."""

    def __init__(self, chosen: list[Module], processes: int, *, thorough: bool) -> None:
        self.modules = chosen
        self.thorough = thorough
        self.processes = processes
        self.items: dict[str, pytest.Item] = {}
        self.seconds: dict[str, float] = {}
        self.width: dict[str, int] = {}
        """How many functions each test reaches: the fewer, the more it speaks of each."""
        self.reach: dict[str, list[str]] = defaultdict(list)
        """Tests by ``module:function``."""
        self.killers: dict[str, list[str]] = defaultdict(list)
        self.of_module: dict[str, Counter[str]] = defaultdict(Counter)
        self.failing: list[str] = []
        self.importing: dict[str, set[str]] = defaultdict(set)
        """Test files that reach a ``module:function`` while they are imported."""

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Note what a test file reaches while it is imported."""
        tool = coverage()
        tool.start()
        tool.switch_context("import")
        try:
            report = yield
        finally:
            tool.stop()
        file = collector.nodeid.partition("::")[0]
        for function in reached(tool).get("import", ()) if file.endswith(".py") else ():
            self.importing[function].add(file)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try everything that has no verdict."""
        self.items = {item.nodeid: item for item in session.items}
        gc.freeze()
        self.baseline()
        for module in self.modules:
            found = (one.get("by", "") for one in module.verdicts.values())
            self.of_module[module.name].update(name for name in found if name in self.seconds)
        ask_mypy(self.modules)
        for module in self.modules:
            say(f"{module.name}: {len(module.untried)} of {len(module.changes)} changes to try")
            self.try_each(module, module.untried, self.quick_tests_for)
        for module in self.modules:
            left = [one for one in not_explained(module) if self.importing[one.place]]
            self.try_each(module, left, lambda one: sorted(self.importing[one.place]), anew=True)
        for module in self.modules if self.thorough else ():
            left = settle_explained(module)
            say(f"{module.name}: {len(left)} changes to try with all tests")
            self.try_each(module, left, self.tests_for)
        return True

    # ----------------------------------------------------------------------------- what is reached

    def baseline(self) -> None:
        """Run the tests unchanged: how long each takes, and which functions it reaches."""
        engine, state = digests_of_engine(), read_state("baseline")
        before = state.get("modules", {})
        same = {name for name, digest in engine.items() if before.get(name) == digest}
        tests = {
            name: one
            for name, one in state.get("tests", {}).items()
            if one["file"] == digest_of_file(name)
            and all(function.partition(":")[0] in same for function in one["reached"])
        }
        new = [item for name, item in self.items.items() if name not in tests]
        say(f"{len(new)} of {len(self.items)} tests to run without any change")
        for name, one in observed(new).items():
            tests[name] = {"file": digest_of_file(name), **one}
        write_state("baseline", {"modules": engine, "tests": tests})
        for name, one in tests.items():
            if name not in self.items:
                continue
            if not one["passed"]:
                say(f"left out, it fails without any change: {name}")
                self.failing.append(name)
                continue
            self.seconds[name] = one["seconds"]
            self.width[name] = len(one["reached"])
            for function in one["reached"]:
                self.reach[function].append(name)

    def tests_for(self, change: Change) -> list[str]:
        """Give the tests that reach the changed function, the likeliest first."""
        reach = set(self.reach[change.place])
        killers = self.killers[change.place][-1:-4:-1]
        killers += [name for name, _ in self.of_module[change.module].most_common(12)]
        killers = [name for name in dict.fromkeys(killers) if name in reach]
        narrow = sorted(
            reach - set(killers), key=lambda name: (self.width[name], self.seconds[name])
        )
        # One test of each file first, then a second one: those of a file often see the same.
        before: Counter[str] = Counter()
        turns: dict[str, int] = {}
        for name in narrow:
            file = name.partition("::")[0]
            turns[name] = before[file]
            before[file] += 1
        rest = sorted(narrow, key=lambda name: (self.seconds[name] > SLOW, turns[name]))
        return killers + rest

    def quick_tests_for(self, change: Change) -> list[str]:
        """Give those of the tests that take a few seconds together."""
        chosen: list[str] = []
        left = QUICK_SECONDS
        for name in self.tests_for(change):
            left -= self.seconds[name]
            if left >= 0 or not chosen:
                chosen.append(name)
        return chosen

    # ------------------------------------------------------------------------------------- trying

    def try_each(
        self,
        module: Module,
        changes: list[Change],
        tests_for: Callable[[Change], list[str]],
        *,
        anew: bool = False,
    ) -> None:
        """Try changes of a module, keeping each verdict as it comes.

        ``anew`` says that the tests are whole files, to be imported again with the change.
        """
        trial = self.trial_of_files if anew else self.trial
        left = changes[::-1]
        running: dict[int, tuple[Change, list[str], IO[str]]] = {}
        saved = time.monotonic()
        try:
            while left or running:
                while left and len(running) < self.room():
                    change = left.pop()
                    tests = tests_for(change)
                    if tests:
                        pid, results = forked(lambda: trial(change, tests))  # noqa: B023
                        running[pid] = change, tests, results
                    else:
                        module.verdicts[change.key] = not_killed(UNREACHED)
                if running:
                    ended, _ = os.waitpid(-1, 0)
                    change, tests, results = running.pop(ended)
                    self.note(module, change, tests, received(results), anew=anew)
                if time.monotonic() - saved > 10:
                    module.save()
                    saved = time.monotonic()
        finally:
            for pid in running:
                os.kill(pid, signal.SIGKILL)
            module.save()

    def room(self) -> int:
        """Give the number of processes: one, and more while the machine has little to do."""
        return self.processes if os.getloadavg()[0] < IDLE else 1

    def note(
        self, module: Module, change: Change, tests: list[str], lines: list[str], *, anew: bool
    ) -> None:
        """Take down what became of a change from the tests that were begun."""
        if lines and lines[-1] == SURVIVED:
            everything = not anew and len(tests) == len(self.tests_for(change))
            module.verdicts[change.key] = not_killed(SURVIVED if everything else QUIET)
            return
        last = lines[-1] if lines else tests[0]
        module.verdicts[change.key] = killed(last)
        if not anew:
            self.killers[change.place].append(last)
            self.of_module[change.module][last] += 1

    def trial_of_files(self, change: Change, files: Iterable[str]) -> Iterable[str]:
        """Import test files again with a change and run them; gives what ``trial`` does."""
        change.apply()
        for name in [one for one in sys.modules if one.startswith("tests.")]:
            if not name.startswith("tests.mutation"):
                del sys.modules[name]
        leave_out = [f"--deselect={name}" for name in self.failing]
        for file in files:
            yield file
            if pytest.main([file, "-x", *leave_out, *PYTEST]) != pytest.ExitCode.OK:
                return
        yield SURVIVED

    def trial(self, change: Change, tests: Iterable[str]) -> Iterable[str]:
        """Run tests with a change; give each as it begins, and at last that it survived."""
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        change.apply()
        for name in tests:
            yield name
            limit = MOST_SECONDS + TIMES_SLOWER * self.seconds[name]
            signal.setitimer(signal.ITIMER_PROF, limit)  # its signal ends the process
            if any(one.failed for one in runtestprotocol(self.items[name], log=False)):
                return
        yield SURVIVED


def ask_mypy(modules: list[Module]) -> None:
    """Take out of what is to be tried what mypy refuses."""
    accepted = read_state("accepted")
    asked = [
        change for module in modules for change in module.untried if change.key not in accepted
    ]
    say(f"{len(asked)} changes for mypy")
    keys = refused(asked)
    for module in modules:
        for change in module.untried:
            if change.key in keys:
                module.verdicts[change.key] = {"verdict": REFUSED}
        module.save()
    accepted |= {change.key: True for change in asked if change.key not in keys}
    write_state("accepted", accepted)


def not_explained(module: Module) -> list[Change]:
    """Give what no test has noticed and docs/mutation.md does not explain."""
    listed = explanations()
    return [
        change
        for change in module.unnoticed
        if not any(explains(entry, module.name, *change.lines) for entry in listed)
    ]


def settle_explained(module: Module) -> list[Change]:
    """Let what is explained survive after the first round; give the others."""
    left = not_explained(module)
    for change in module.quiet:
        if change not in left:
            module.verdicts[change.key] = not_killed(SURVIVED)
    return [change for change in left if module.verdict(change) == QUIET]


def coverage() -> Coverage:
    """Give a tool that notes which lines of the engine run."""
    include = [f"{ROOT / ENGINE}/*"]
    return Coverage(data_file=None, config_file=False, include=include, messages=False)


def reached(tool: Coverage) -> dict[str, list[str]]:
    """Give the functions of the engine that ran, as ``module:function``, by context."""
    found: dict[str, list[str]] = defaultdict(list)
    data = tool.get_data()
    for path in data.measured_files():
        module = Path(path).relative_to(ROOT / ENGINE).as_posix()
        lines = data.contexts_by_lineno(path)
        for name, body in bodies_of(module).items():
            for context in {one for line in body for one in lines.get(line, ())}:
                found[context].append(f"{module}:{name}")
    return found


def observed(items: list[pytest.Item]) -> dict[str, dict[str, Any]]:
    """Run tests in a process of their own and tell of each what it reached."""

    def run() -> Iterable[str]:
        caches = [
            one
            for name, module in sys.modules.items()
            if name.startswith("compensation.engine.")
            for one in vars(module).values()
            if hasattr(one, "cache_clear")
        ]
        tool = coverage()
        told: dict[str, dict[str, Any]] = {}
        tool.start()
        for item in items:
            for one in caches:
                one.cache_clear()
            tool.switch_context(item.nodeid)
            start = time.process_time()
            reports = runtestprotocol(item, log=False)
            told[item.nodeid] = {
                "seconds": time.process_time() - start,
                "passed": bool(reports) and not any(one.failed for one in reports),
            }
        tool.stop()
        functions = reached(tool)
        for name, one in told.items():
            yield json.dumps([name, {**one, "reached": sorted(functions.get(name, ()))}])

    if not items:
        return {}
    pid, results = forked(run)
    os.waitpid(pid, 0)
    lines = received(results)
    if len(lines) != len(items):
        raise RuntimeError("the tests ended before their time")
    return dict(json.loads(line) for line in lines)


def forked(work: Callable[[], Iterable[str]]) -> tuple[int, IO[str]]:
    """Do work in a forked process that writes down what it gives, a line each."""
    results = TemporaryFile("w+", encoding="utf-8", buffering=1)  # noqa: SIM115
    pid = os.fork()
    if pid:
        return pid, results
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        for line in work():
            results.write(f"{line}\n")
    finally:
        os._exit(0)


def received(results: IO[str]) -> list[str]:
    """Read what a forked process has written down."""
    with results:
        results.seek(0)
        return results.read().splitlines()


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def run(chosen: list[Module], processes: int, *, tests: Sequence[str], thorough: bool) -> int:
    """Try every change of these modules that has no verdict; pytest's exit code.

    Without ``thorough`` it is left at mypy and the quick ones of the tests.
    """
    os.environ["ORACLE_CASES"] = CASES
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()  # for the command that runs examples; nothing here needs a database
    hypothesis.settings.register_profile(
        "mutation",
        deadline=None,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    hypothesis.settings.load_profile("mutation")
    return int(
        pytest.main([*tests, *PYTEST], plugins=[Trials(chosen, processes, thorough=thorough)])
    )
