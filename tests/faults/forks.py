"""Many real processes at little cost: one sets Django up, each act is a fork of it.

``python -m tests.faults.forks`` reads a request a line (JSON: number, words, environment,
databases, output file), forks, and writes a line when the child has started and one when it has
ended. It never opens a connection itself. A child is a process like any other: it dies at a fault
point, is stopped, killed, and holds its own connections.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.processes import ROOT


@dataclass
class Child:
    """A process forked for a test."""

    pid: int
    output: Path
    forks: Forks
    number: int

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Wait for its end and return exit code and texts.

        :raises TimeoutError: if it does not end.
        """
        code = self.forks.code_of(self.number, seconds)
        texts = [
            path.read_text(errors="replace") for path in (self.output, _errors_of(self.output))
        ]
        return subprocess.CompletedProcess(["fork"], code, *texts)


@dataclass
class Forks:
    """The process that forks, seen from the test."""

    folder: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[str] = field(init=False)
    count: int = 0
    codes: dict[int, int] = field(default_factory=dict)
    pids: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forks"],
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
        )

    def start(
        self,
        *words: object,
        env: Mapping[str, str] | None = None,
        databases: Mapping[str, Mapping[str, Any]],
    ) -> Child:
        """Fork a process that runs ``manage.py WORDS``, or an act of the tests: ``act:NAME …``."""
        self.count += 1
        output = self.folder / f"fork-{self.count}"
        request = {
            "number": self.count,
            "words": [str(word) for word in words],
            "env": dict(env or {}),
            "databases": {alias: dict(facts) for alias, facts in databases.items()},
            "output": str(output),
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        number = self.count
        self._read_until(lambda: number in self.pids, 60)
        return Child(self.pids[number], output, self, number)

    def code_of(self, number: int, seconds: float) -> int:
        """Wait for the exit code of a child."""
        self._read_until(lambda: number in self.codes, seconds)
        return self.codes[number]

    def close(self) -> None:
        """End the process and whatever it forked."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()

    def _read_until(self, holds: Any, seconds: float) -> None:
        assert self.process.stdout is not None
        deadline = time.monotonic() + seconds
        while not holds():
            ready, _, _ = select.select([self.process.stdout], [], [], 0.2)
            if ready:
                line = self.process.stdout.readline()
                if not line:
                    raise RuntimeError("the process that forks has ended")
                told = json.loads(line)
                if "pid" in told:
                    self.pids[told["number"]] = told["pid"]
                else:
                    self.codes[told["number"]] = told["code"]
            elif time.monotonic() > deadline:
                raise TimeoutError(f"no end within {seconds} s")


def _errors_of(output: Path) -> Path:
    return output.with_name(f"{output.name}.errors")


# ---------------------------------------------------------------------------------------------
# The process itself


def _child(request: dict[str, Any]) -> None:
    """Do what was asked and end; never returns."""
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(request["output"], flags, 0o600), 1)
        os.dup2(os.open(_errors_of(Path(request["output"])), flags, 0o600), 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdout = os.fdopen(1, "w", buffering=1)
        os.environ.update(request["env"])
        _point(request["databases"])
        code = _run(request["words"])
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _point(databases: dict[str, dict[str, Any]]) -> None:
    from django.db import connections

    from tests.faults.pointing import point

    point(databases)
    if os.environ.get("PGOPTIONS"):
        # Options of libpq that the test gives this process alone.
        for alias in databases:
            connections[alias].settings_dict["OPTIONS"].pop("options", None)


def _run(words: list[str]) -> int:
    from django.core.management import execute_from_command_line

    if words[0].startswith("act:"):
        from tests.faults.acts import ACTS

        ACTS[words[0].removeprefix("act:")](*words[1:])
    else:
        execute_from_command_line(["manage.py", *words])
    return 0


def main() -> None:
    """Set Django up, import what acts need, and fork on request."""
    import django

    django.setup()
    for name in ("compensation.services", "compensation.writers", "tests.faults.acts"):
        import_module(name)
    children: dict[int, int] = {}
    waiting = ""
    os.set_blocking(0, False)
    while True:
        ready, _, _ = select.select([0], [], [], 0.01 if children else None)
        if ready:
            read = os.read(0, 1 << 20)
            if not read:
                return
            waiting += read.decode()
            *lines, waiting = waiting.split("\n")
            for line in lines:
                request = json.loads(line)
                pid = os.fork()
                if pid == 0:
                    _child(request)
                children[pid] = request["number"]
                _tell(number=request["number"], pid=pid)
        while children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            code = os.waitstatus_to_exitcode(status)
            _tell(number=children.pop(pid), code=code)


def _tell(**facts: int) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
