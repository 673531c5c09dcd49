"""The portal as it is served in earnest: gunicorn on a free port of this machine, by a process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.processes import ROOT, end_group

START_SECONDS = 90


@contextmanager
def served(environment: Mapping[str, str], log_path: Path) -> Iterator[str]:
    """Serve the portal with this environment and return its address, without a slash at the end.

    :raises RuntimeError: with the server's log, if it does not answer in time.
    """
    with socket.socket() as listening, log_path.open("wb") as log:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        port = listening.getsockname()[1]
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "config.wsgi"),
                *("--bind", f"fd://{listening.fileno()}", "--workers", "1", "--threads", "4"),
                *("--timeout", "120", "--log-level", "warning"),
            ],
            cwd=ROOT,
            env=dict(environment),
            pass_fds=[listening.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_it_answers(f"{address}/healthz", process, log_path)
        yield address
    finally:
        end_group(process, 1)


def _wait_until_it_answers(address: str, process: subprocess.Popen[bytes], log_path: Path) -> None:
    """Ask until the server answers; the socket listens before the server is up."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"the portal did not start:\n{log_path.read_text(errors='replace')}")


@contextmanager
def background(environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    """Run a worker with beat inside, as a small company does, and end it after.

    Nothing waits for it to be ready: its messages wait in the queue, and beat looks every few
    seconds.
    """
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "config", "worker", "--beat"),
                *("--schedule", str(folder / "beat-schedule"), "--concurrency", "1"),
                *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
            ],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
    finally:
        end_group(process, 5)


def environment_of(database: Mapping[str, str], redis_prefix: str) -> dict[str, str]:
    """Return the environment of a process on these databases."""
    return {
        **os.environ,
        **database,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "REDIS_KEY_PREFIX": redis_prefix,
        "PYTHONUNBUFFERED": "1",
    }
