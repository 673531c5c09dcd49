"""Real processes for tests: management commands and Celery workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKER_START_SECONDS = 60


def run_manage(
    *arguments: object,
    environment: Mapping[str, str],
    input_text: str | None = None,
    timeout_seconds: float = 180,
) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` to its end and return exit code and texts."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)],
        cwd=ROOT,
        env=dict(environment),
        input=input_text,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )


def start_manage(*arguments: object, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start ``manage.py`` in a process group of its own, for a test that kills it."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end_group(process: subprocess.Popen[str] | subprocess.Popen[bytes], patience: float) -> None:
    """End a process started in a group of its own: politely, then with all its children."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


@dataclass
class Worker:
    """A running Celery worker."""

    process: subprocess.Popen[bytes]
    log_path: Path
    name: str

    @property
    def pid(self) -> int:
        """The process id of the worker's parent process."""
        return self.process.pid

    def log(self) -> str:
        """Return what the worker has written so far."""
        return self.log_path.read_text(errors="replace")

    def children(self) -> list[int]:
        """Return the process ids of the pool."""
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(word) for word in path.read_text().split()]

    def kill(self) -> None:
        """Kill parent and pool with SIGKILL."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, patience_seconds: float = 10) -> None:
        """Stop politely (SIGTERM), then with SIGKILL."""
        end_group(self.process, patience_seconds)


def start_worker(
    environment: Mapping[str, str], folder: Path, *, name: str = "worker", concurrency: int = 1
) -> Worker:
    """Start ``celery -A config worker`` and wait until it takes messages.

    :raises RuntimeError: with the worker's log, if it does not get ready.
    """
    log_path = folder / f"{name}.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "config", "worker"),
                *("--loglevel", "INFO", "--concurrency", str(concurrency)),
                *("--hostname", f"{name}@localhost", "--without-gossip", "--without-mingle"),
            ],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    worker = Worker(process, log_path, name)
    deadline = time.monotonic() + WORKER_START_SECONDS
    while f"{name}@localhost ready" not in worker.log():
        if process.poll() is not None or time.monotonic() > deadline:
            worker.kill()
            raise RuntimeError(f"the worker did not start:\n{worker.log()}")
        time.sleep(0.05)
    return worker
