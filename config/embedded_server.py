"""Supervisor of the embedded servers: starts both, watches the lease, stops both.

Started by ``config.embedded`` as a process of its own, with a specification in JSON on standard
input; it writes "ready" to standard output once both servers answer. Standard library only, and
nothing of the project, since it outlives the command that started it. When root starts it, it
stays root, and the servers run as the unprivileged user named in the specification.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

LOOK_EVERY_SECONDS = 0.3
START_SECONDS = 150
FAST_STOP_SECONDS = 7.0  # then PostgreSQL stops at once and recovers at the next start
RESTARTS_AT_MOST = 5  # within RESTART_WINDOW_SECONDS
RESTART_WINDOW_SECONDS = 60.0
LOG_BYTES_AT_MOST = 8 * 1024 * 1024
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


class StopRequestedError(Exception):
    """SIGTERM came while the servers were being started."""


class Supervisor:
    """Both servers of one kind, as children of this process."""

    def __init__(self, specification: dict[str, Any]) -> None:
        self.spec = specification
        self.state = Path(specification["state"])
        self.home = Path(specification["home"])
        self.sockets = Path(specification["sockets"])
        self.pgdata = self.home / "pgdata"
        self.programs = Path(specification["postgres_bin"])
        self.postgres: subprocess.Popen[bytes] | None = None
        self.valkey: subprocess.Popen[bytes] | None = None
        self.stop_requested = False
        self.starting = True
        self.restarts: list[float] = []
        self.state_identity = (self.state / "supervisor.lock").stat()

    # -- life ----------------------------------------------------------------------------------

    def run(self) -> int:
        """Start, report, watch, stop; return the exit code."""
        signal.signal(signal.SIGTERM, self._on_term)
        for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(ignored, signal.SIG_IGN)
        try:
            self._end_orphans()
            self._start_valkey()
            self._start_postgres()
            self._bootstrap()
            self._write_state()
        except StopRequestedError:
            self._stop()
            return 0
        except Exception as error:
            say(f"{type(error).__name__}: {error}")
            self._stop()
            return 1
        self.starting = False
        with suppress(OSError):
            os.write(1, b"ready\n")
        # Let the command that started us see the end of the pipe.
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.close(null)
        with self._watch_until_unused():
            self._stop()
        return 0

    def _on_term(self, _signal: int, _frame: object) -> None:
        self.stop_requested = True
        if self.starting:
            raise StopRequestedError

    @contextmanager
    def _watch_until_unused(self) -> Iterator[None]:
        """Yield when the servers shall stop; while they stop nobody may start a command."""
        while True:
            if self.stop_requested or not self._state_is_ours() or not self._keep_alive():
                yield
                return
            with no_holder(self.state) as unused:
                if unused:
                    yield
                    return
            time.sleep(LOOK_EVERY_SECONDS)

    def _state_is_ours(self) -> bool:
        """Return whether the clone still has the folder we were started for."""
        try:
            return os.path.samestat((self.state / "supervisor.lock").stat(), self.state_identity)
        except OSError:
            return False

    def _keep_alive(self) -> bool:
        """Start a server again that died; return False when that happens too often."""
        assert self.postgres is not None
        assert self.valkey is not None
        if self.postgres.poll() is None and self.valkey.poll() is None:
            return True
        now = time.monotonic()
        self.restarts = [at for at in self.restarts if now - at < RESTART_WINDOW_SECONDS]
        self.restarts.append(now)
        if len(self.restarts) > RESTARTS_AT_MOST:
            say("a server died too often; stopping")
            return False
        try:
            if self.postgres.poll() is not None:
                say(f"postgres ended with {self.postgres.returncode}; starting it again")
                self._start_postgres()
            if self.valkey.poll() is not None:
                say(f"valkey ended with {self.valkey.returncode}; starting it again")
                self._start_valkey()
            self._write_state()
        except Exception as error:
            say(f"{type(error).__name__}: {error}")
        return True

    def _write_state(self) -> None:
        assert self.postgres is not None
        assert self.valkey is not None
        facts = {
            "supervisor_pid": os.getpid(),
            "postgres_pid": self.postgres.pid,
            "valkey_pid": self.valkey.pid,
            "sockets": str(self.sockets),
        }
        new = self.state / "state.json.new"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(facts, file)
        new.rename(self.state / "state.json")

    # -- PostgreSQL ----------------------------------------------------------------------------

    def _start_postgres(self) -> None:
        if not (self.pgdata / "PG_VERSION").exists():
            self._initdb()
        settings = {**self.spec["postgres_settings"], **self._paths()}
        command = [str(self.programs / "postgres"), "-D", str(self.pgdata)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self.postgres = self._spawn(command, "postgres.log", signal.SIGINT)
        self._wait(self.postgres, self._postgres_answers, "PostgreSQL")

    def _paths(self) -> dict[str, str]:
        return {"unix_socket_directories": str(self.sockets), "unix_socket_permissions": "0700"}

    def _initdb(self) -> None:
        # An initdb that was cut off leaves a folder it would refuse: it is made aside.
        fresh = self.home / "pgdata.new"
        self._as_user(["rm", "-rf", "--", str(fresh)])
        self._as_user(
            [
                str(self.programs / "initdb"),
                f"--pgdata={fresh}",
                "--username=postgres",
                "--auth-local=peer",
                "--auth-host=reject",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--data-checksums",
                "--no-instructions",
                *(["--no-sync"] if self.spec["kind"] == "test" else []),
            ]
        )
        rules = "local all postgres peer map=server\nlocal all all scram-sha-256\n"
        self._write_as_user(fresh / "pg_hba.conf", rules)
        self._write_as_user(fresh / "pg_ident.conf", f"server {self.spec['user']} postgres\n")
        self._as_user(["rm", "-rf", "--", str(self.pgdata)])
        self._as_user(["mv", "-T", "--", str(fresh), str(self.pgdata)])

    def _psql(self, script: str, database: str = "postgres") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                str(self.programs / "psql"),
                *("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
                *("-h", str(self.sockets), "-U", "postgres", "-d", database, "-f", "-"),
            ],
            input=script,
            text=True,
            capture_output=True,
            check=False,
            cwd="/",
            env={"LANG": "C", "PGCONNECT_TIMEOUT": "5", "PATH": os.defpath},
            **self._credentials(),
        )

    def _postgres_answers(self) -> bool:
        if not (self.sockets / ".s.PGSQL.5432").exists():
            return False
        return self._psql("SELECT 1").returncode == 0

    def _bootstrap(self) -> None:
        words = self.spec["passwords"]
        head = (
            f"\\set owner_password '{words['owner']}'\n"
            f"\\set app_password '{words['app']}'\n"
            "\\set database perennial\n"
        )
        done = self._psql(head + self.spec["bootstrap"])
        if done.returncode != 0:
            raise RuntimeError(f"bootstrap.sql: {done.stderr.strip()}")

    # -- Valkey --------------------------------------------------------------------------------

    def _start_valkey(self) -> None:
        lines = [
            "port 0",
            f'unixsocket "{self.sockets}/valkey.sock"',
            "unixsocketperm 700",
            f'dir "{self.home}/valkey"',
            *self.spec["valkey_settings"],
        ]
        self.valkey = self._spawn([self.spec["valkey_server"], "-"], "valkey.log", signal.SIGTERM)
        assert self.valkey.stdin is not None
        self.valkey.stdin.write("\n".join([*lines, ""]).encode())
        self.valkey.stdin.close()
        self._wait(self.valkey, self._valkey_answers, "Valkey")

    def _valkey_answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            try:
                client.connect(str(self.sockets / "valkey.sock"))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    # -- processes -----------------------------------------------------------------------------

    def _credentials(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        return {"user": self.spec["uid"], "group": self.spec["gid"], "extra_groups": []}

    def _spawn(
        self, command: list[str], log_name: str, on_our_death: int
    ) -> subprocess.Popen[bytes]:
        path = self.state / log_name
        if path.exists() and path.stat().st_size > LOG_BYTES_AT_MOST:
            path.unlink()
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        parent = os.getpid()

        def follow_parent() -> None:
            # Even if this process is killed, its servers shut down.
            LIBC.prctl(PR_SET_PDEATHSIG, on_our_death)
            if os.getppid() != parent:
                os._exit(1)

        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"LANG": "C", "TZ": "UTC", "PATH": os.defpath},
                start_new_session=True,
                preexec_fn=follow_parent,
                **self._credentials(),
            )
        finally:
            os.close(log)

    def _wait(
        self, process: subprocess.Popen[bytes], answers: Callable[[], bool], name: str
    ) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended at its start with code {process.returncode}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name} does not answer")
            time.sleep(0.05)

    def _as_user(self, command: list[str]) -> None:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"LANG": "C", "PATH": os.defpath},
            **self._credentials(),
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stderr.strip() or done.stdout.strip()}")

    def _write_as_user(self, path: Path, text: str) -> None:
        subprocess.run(
            ["/bin/sh", "-c", 'cat > "$0"', str(path)],
            input=text.encode(),
            check=True,
            cwd="/",
            **self._credentials(),
        )

    def _end_orphans(self) -> None:
        """End servers on our data whose supervisor was killed."""
        pids = [pid for pid in self.spec["stale_pids"] if pid]
        with suppress(OSError, ValueError, IndexError):
            pids.append(int((self.pgdata / "postmaster.pid").read_text().split()[0]))
        for pid in set(pids):
            for step, patience in ((signal.SIGINT, 6.0), (signal.SIGQUIT, 4.0)):
                if not self._is_our_server(pid):
                    break
                with suppress(OSError):
                    os.kill(pid, step)
                deadline = time.monotonic() + patience
                while self._is_our_server(pid) and time.monotonic() < deadline:
                    time.sleep(0.05)

    def _is_our_server(self, pid: int) -> bool:
        try:
            status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        ours = str(self.pgdata).encode() in words or str(self.sockets.parent).encode() in words
        return status != "Z" and ours

    def _stop(self) -> None:
        (self.state / "state.json").unlink(missing_ok=True)
        for process, mild in ((self.postgres, signal.SIGINT), (self.valkey, signal.SIGTERM)):
            if process is not None and process.poll() is None:
                process.send_signal(mild)
        deadline = time.monotonic() + FAST_STOP_SECONDS
        for process, hard in ((self.valkey, signal.SIGKILL), (self.postgres, signal.SIGQUIT)):
            if process is None:
                continue
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.send_signal(hard)
                process.wait()
        if self.sockets.parent != self.home:
            shutil.rmtree(self.sockets, ignore_errors=True)


@contextmanager
def no_holder(state: Path) -> Iterator[bool]:
    """Yield whether no command holds the lease; if so, none can take it inside the block."""
    start = os.open(state / "start.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    lease = os.open(state / "lease.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield try_lock(start) and try_lock(lease)
    finally:
        os.close(lease)
        os.close(start)


def try_lock(descriptor: int) -> bool:
    """Take an exclusive lock if it is free and return whether it was."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def say(text: str) -> None:
    """Write a line to the supervisor's log."""
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(Supervisor(json.load(sys.stdin)).run())
