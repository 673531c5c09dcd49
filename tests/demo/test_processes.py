"""The demo's processes end with the command, however it ends."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from config.demo.processes import Process, Processes, StartError

SLEEPER = [sys.executable, "-c", "import time; time.sleep(120)"]
PARENT = """
import os, sys, time
from pathlib import Path
from config.demo.processes import Process
child = Process("sleeper", [sys.executable, "-c", "import time; time.sleep(120)"],
                Path(sys.argv[1]), os.environ)
print(child.pid, flush=True)
time.sleep(120)
"""


def is_alive(pid: int) -> bool:
    with suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


def test_leaving_the_block_ends_what_was_started(tmp_path):
    with Processes(tmp_path) as processes:
        started = processes._start("sleeper", SLEEPER)
        assert is_alive(started.pid)

    assert not is_alive(started.pid)


def test_process_ends_when_the_command_is_killed(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", "PYTHONPATH": "."},
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_alive(child)

    parent.send_signal(signal.SIGKILL)
    parent.wait()

    deadline = time.monotonic() + 20
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(child)


def test_process_that_does_not_start_is_told_with_its_log(tmp_path):
    failing = Process(
        "portal", [sys.executable, "-c", "raise SystemExit('no such port')"], tmp_path, os.environ
    )

    with pytest.raises(StartError, match=r"portal did not start:\nno such port"):
        failing.wait_until(lambda: False)
    failing.wait()


def test_process_that_ends_by_itself_is_found(tmp_path):
    with Processes(tmp_path) as processes:
        gone = processes._start("beat", [sys.executable, "-c", "print('bye')"])
        while not gone.has_ended():
            time.sleep(0.05)

        with pytest.raises(StartError, match="beat ended by itself"):
            processes.check()
