"""The processes beside the demo command: worker, beat and portal. None outlives the command."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from django.conf import settings

PR_SET_PDEATHSIG = 1
START_SECONDS = 60
STOP_SECONDS = 15
FIRST_PORT = 8000


class StartError(RuntimeError):
    """A process did not start; the text carries the end of its log."""


class Process:
    """A child in a session of its own, which gets SIGTERM if this command dies."""

    def __init__(
        self, name: str, command: list[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self.log_path = folder / f"{name}.log"
        parent = os.getpid()
        libc = ctypes.CDLL(None, use_errno=True)

        def die_with_parent() -> None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def has_ended(self) -> bool:
        """Tell whether the process is gone."""
        return self._process.poll() is not None

    def log(self) -> str:
        """Return what the process wrote so far."""
        return self.log_path.read_text(errors="replace")

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until the process is ready.

        :raises StartError: if it ends or takes too long.
        """
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self.has_ended() or time.monotonic() > deadline:
                tail = "\n".join(self.log().splitlines()[-15:])
                raise StartError(f"{self.name} did not start:\n{tail}")
            time.sleep(0.05)

    def terminate(self) -> None:
        """Ask the process to end what it does and stop."""
        if not self.has_ended():
            self._process.terminate()

    def wait(self) -> None:
        """Wait for the end, then end whatever is left of the process's session."""
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()


class Processes:
    """Worker, beat and portal of one command; leaving the ``with`` block stops them all."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.environment = os.environ if environment is None else environment
        self._running: list[Process] = []

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            process.terminate()
        for process in reversed(self._running):
            process.wait()

    def start_worker(self) -> None:
        """Start a Celery worker unless one runs, and return when it takes messages."""
        if self._is_running("worker"):
            return
        worker = self._start(
            "worker",
            [
                *(sys.executable, "-m", "celery", "-A", "config", "worker"),
                *("--loglevel", "INFO", "--concurrency", "1", "--hostname", "demo@%h"),
                *("--without-gossip", "--without-mingle"),
            ],
        )
        worker.wait_until(lambda: " ready." in worker.log())

    def start_beat(self) -> None:
        """Start Celery's beat, which looks after closes and live figures, unless it runs."""
        if self._is_running("beat"):
            return
        self._start(
            "beat",
            [
                *(sys.executable, "-m", "celery", "-A", "config", "beat"),
                *("--loglevel", "INFO", "--pidfile", ""),
                *("--schedule", str(self.folder / "beat-schedule")),
            ],
        )

    def start_portal(self) -> str:
        """Start the portal on the first free port from 8000 and return its address."""
        port = free_port()
        portal = self._start(
            "portal",
            [
                *(sys.executable, "-m", "gunicorn", "config.wsgi"),
                *("--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"),
            ],
        )
        portal.wait_until(lambda: _answers(port))
        return f"http://127.0.0.1:{port}/"

    def check(self) -> None:
        """Look whether all processes are alive.

        :raises StartError: with the end of its log, if one has ended.
        """
        for process in self._running:
            if process.has_ended():
                tail = "\n".join(process.log().splitlines()[-15:])
                raise StartError(f"{process.name} ended by itself:\n{tail}")

    def watch(self) -> None:
        """Look after the processes until Ctrl-C.

        :raises StartError: if one ends by itself.
        """
        while True:
            self.check()
            time.sleep(0.5)

    def _is_running(self, name: str) -> bool:
        return any(p.name == name and not p.has_ended() for p in self._running)

    def _start(self, name: str, command: list[str]) -> Process:
        process = Process(name, command, self.folder, self.environment)
        self._running.append(process)
        return process


def free_port() -> int:
    """Return the first free port from PORT (environment) or 8000 on."""
    first = int(os.environ.get("PORT") or FIRST_PORT)
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise StartError(f"no port from {first} to {first + 99} is free; set PORT")


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
