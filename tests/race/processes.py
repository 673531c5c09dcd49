"""Processes that act in races, and waiting for what they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.processes import ROOT


def start_act(
    act: str, environment: Mapping[str, str], *, module: str = "tests.race.acts"
) -> subprocess.Popen[str]:
    """Start an act of ``tests.race.acts``, or of a like module, as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", module, act],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Look again and again until something holds.

    :raises AssertionError: if it does not in time.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.05)


def is_stopped(pid: int) -> bool:
    """Tell whether a process is frozen by SIGSTOP."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


def wake(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Let a frozen process go on, and return its exit code and error text."""
    os.kill(process.pid, signal.SIGCONT)
    _, errors = process.communicate(timeout=120)
    return process.returncode, errors
