"""Private PostgreSQL and Valkey for a clone that sets neither DATABASE_URL nor REDIS_URL.

Every command that needs the servers takes a *lease*: a shared lock on a file, held for as long as
the process lives. The first holder starts a supervisor (``embedded_server.py``), which starts both
servers; the last one to leave has it stop them and waits. A holder that dies without leaving
(SIGKILL) loses its lock with its life, and the supervisor, which looks several times a second,
stops the servers by itself. Nothing else decides: no process ids are trusted across a start.

As an ordinary user everything lies under ``.local/`` of the clone. PostgreSQL refuses to run as
root, so for root the servers run as an existing unprivileged user, in a new folder of theirs
outside private homes; modes and owners of whatever existed before stay as they are. See
``docs/decisions/0001-embedded-servers-and-roles.md``.

Only ``config.settings.local`` and ``config.settings.test`` import this module.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import re
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from config.embedded_places import (
    BASE_DIR,
    ROOT_PARENTS,
    EmbeddedServersError,
    binaries_of,
    folder_name,
    refuse_other_platforms,
    remove_stale_sockets,
    run_as,
    server_home,
    socket_folder,
    unprivileged_user,
)
from config.embedded_settings import postgres_settings, valkey_settings

START_TIMEOUT_SECONDS = 180
STOP_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Servers:
    """Addresses of running servers: application role, owner role, and Valkey."""

    kind: str
    database_url: str
    migration_database_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        """Return the variables that make another process use these servers."""
        return {
            "DATABASE_URL": self.database_url,
            "MIGRATION_DATABASE_URL": self.migration_database_url,
            "REDIS_URL": self.redis_url,
        }


@dataclass(slots=True)
class _Lease:
    servers: Servers
    descriptor: int
    owner_pid: int


_leases: dict[str, _Lease] = {}


# ---------------------------------------------------------------------------------------------
# What the commands use


def acquire(kind: str) -> Servers:
    """Return running servers of this kind ("demo", "test", …), started if nobody holds them.

    The lease lasts until :func:`release` or the end of the process. Calling it twice in one
    process is free. Kinds have separate data, sockets and passwords.

    :raises EmbeddedServersError: if the platform is not supported or a server does not start.
    """
    held = _leases.get(kind)
    if held is not None and held.owner_pid == os.getpid():
        return held.servers
    if not re.fullmatch(r"[a-z][a-z0-9]{0,11}", kind):
        raise EmbeddedServersError(f"kind of servers: {kind!r} is not a short lower-case word")
    refuse_other_platforms()
    state = _state_folder(kind)

    with _locked(state / "start.lock", START_TIMEOUT_SECONDS):
        lease = os.open(state / "lease.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lease, fcntl.LOCK_SH)
        try:
            sockets = _ensure_running(kind, state)
        except BaseException:
            os.close(lease)
            raise

    words = _passwords(state)
    host = quote(sockets, safe="")
    servers = Servers(
        kind=kind,
        database_url=f"postgres://perennial_app:{words['app']}@{host}/perennial",
        migration_database_url=f"postgres://perennial_owner:{words['owner']}@{host}/perennial",
        redis_url=f"unix://{sockets}/valkey.sock?db=0",
    )
    _leases[kind] = _Lease(servers, lease, os.getpid())
    atexit.register(release, kind)
    return servers


def release(kind: str) -> None:
    """Give the lease back; whoever is last waits until the servers have stopped."""
    held = _leases.get(kind)
    if held is None or held.owner_pid != os.getpid():
        return  # a forked child: the lease is its parent's
    del _leases[kind]
    atexit.unregister(release)
    for other in _leases:
        atexit.register(release, other)
    os.close(held.descriptor)  # never LOCK_UN: that would also unlock forked children
    state = _state_folder(kind)
    try:
        with _locked(state / "start.lock", STOP_TIMEOUT_SECONDS):
            lease = os.open(state / "lease.lock", os.O_RDWR | os.O_CLOEXEC)
            try:
                if _try_lock(lease):
                    _stop_supervisor(state)
            finally:
                os.close(lease)
    except (EmbeddedServersError, OSError):
        return  # the supervisor stops by itself once no lease is left


def local_secret_key() -> str:
    """Return this clone's own secret key, made once and kept with mode 0600."""
    return _passwords(_state_folder("demo"))["secret_key"]


def is_running(kind: str) -> bool:
    """Return whether a supervisor of this kind is alive."""
    path = BASE_DIR / ".local" / kind / "supervisor.lock"
    if not path.exists():
        return False
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


# ---------------------------------------------------------------------------------------------
# Starting and stopping, always under start.lock


def _ensure_running(kind: str, state: Path) -> str:
    """Start the supervisor unless it runs, wait until both servers answer, return the sockets."""
    descriptor = os.open(state / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _try_lock(descriptor):
            return _wait_for_running(state, descriptor)
        return _spawn_supervisor(kind, state, descriptor)
    finally:
        os.close(descriptor)


def _wait_for_running(state: Path, descriptor: int) -> str:
    """Wait for a supervisor that another command started."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        running = _read_state(state)
        if running:
            return str(running["sockets"])
        if _try_lock(descriptor):
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            raise EmbeddedServersError(f"embedded servers did not start: {_log_tail(state)}")
        time.sleep(0.05)
    raise EmbeddedServersError(f"embedded servers took too long to start: {_log_tail(state)}")


def _spawn_supervisor(kind: str, state: Path, descriptor: int) -> str:
    stale = _read_state(state)
    (state / "state.json").unlink(missing_ok=True)
    remove_stale_sockets(stale)
    home, user = server_home(kind, state)
    sockets = socket_folder(home, user)
    binaries = binaries_of(home, user)
    words = _passwords(state)
    specification = {
        "kind": kind,
        "state": str(state),
        "home": str(home),
        "sockets": str(sockets),
        "postgres_bin": str(binaries[0]),
        "valkey_server": str(binaries[1]),
        "user": user.pw_name,
        "uid": user.pw_uid,
        "gid": user.pw_gid,
        "postgres_settings": postgres_settings(kind),
        "valkey_settings": valkey_settings(kind),
        "bootstrap": (BASE_DIR / "config" / "bootstrap.sql").read_text(),
        "passwords": words,
        "stale_pids": [stale.get("postgres_pid"), stale.get("valkey_pid")] if stale else [],
        "locks": {"supervisor": descriptor},
    }
    log = os.open(
        state / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600
    )
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C", "TZ": "UTC"}
    with subprocess.Popen(
        [sys.executable, "-I", str(Path(__file__).with_name("embedded_server.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        cwd="/",
        env=environment,
        start_new_session=True,
        pass_fds=(descriptor,),
    ) as process:
        os.close(log)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(specification).encode())
        process.stdin.close()
        ready, _, _ = select.select([process.stdout], [], [], START_TIMEOUT_SECONDS)
        answer = process.stdout.readline().strip() if ready else b""
        process.stdout.close()
        if answer != b"ready":
            process.terminate()
            process.wait(STOP_TIMEOUT_SECONDS)
            raise EmbeddedServersError(f"embedded servers did not start: {_log_tail(state)}")
        # It runs on by itself: the exit of the with block must not wait for it.
        process.returncode = 0
    return str(sockets)


def _stop_supervisor(state: Path) -> None:
    """Ask the supervisor to stop and wait; the caller holds start.lock and the lease alone."""
    descriptor = os.open(state / "supervisor.lock", os.O_RDWR | os.O_CLOEXEC)
    try:
        if _try_lock(descriptor):
            return
        running = _read_state(state)
        if running:
            os.kill(int(str(running["supervisor_pid"])), signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        while time.monotonic() < deadline and not _try_lock(descriptor):
            time.sleep(0.02)
    finally:
        os.close(descriptor)


def _read_state(state: Path) -> dict[str, object]:
    try:
        return dict(json.loads((state / "state.json").read_text()))
    except (OSError, ValueError):
        return {}


def _log_tail(state: Path) -> str:
    lines: list[str] = []
    for name in ("supervisor.log", "postgres.log", "valkey.log"):
        try:
            text = (state / name).read_text(errors="replace")
        except OSError:
            continue
        lines += [f"{name}: {line}" for line in text.splitlines()[-6:]]
    return "\n  ".join(["see " + str(state), *lines])


# ---------------------------------------------------------------------------------------------
# Where things lie


def _state_folder(kind: str) -> Path:
    """Return the clone's own folder for locks, logs and passwords; made with mode 0700."""
    folder = BASE_DIR / ".local" / kind
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedServersError(
            f"{folder}: can't be made ({error.strerror}); the embedded servers need a clone that "
            "this user may write to, or set DATABASE_URL and REDIS_URL"
        ) from error
    return folder


def _passwords(state: Path) -> dict[str, str]:
    """Return the roles' passwords, made once and kept with mode 0600."""
    path = state / "passwords.json"
    if not path.exists():
        names = ("owner", "app", "secret_key")
        descriptor, new = tempfile.mkstemp(dir=state)  # mode 0600
        with os.fdopen(descriptor, "w") as file:
            json.dump({name: secrets.token_hex(32) for name in names}, file)
        with suppress(FileExistsError):
            os.link(new, path)  # two at once: the first stays
        Path(new).unlink()
    return dict(json.loads(path.read_text()))


# ---------------------------------------------------------------------------------------------
# Small helpers


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _locked(path: Path, timeout_seconds: float) -> Iterator[None]:
    """Hold an exclusive lock on a file.

    :raises EmbeddedServersError: if another process keeps it longer than the time-out.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + timeout_seconds
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                raise EmbeddedServersError(f"{path}: another command holds it too long")
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def purge() -> None:
    """Delete all data of this clone's embedded servers.

    :raises EmbeddedServersError: if servers are in use.
    """
    local = BASE_DIR / ".local"
    for state in sorted(path.parent for path in local.glob("*/lease.lock")):
        if is_running(state.name):
            raise EmbeddedServersError(f"{state.name}: the servers are in use; end them first")
    if os.geteuid() == 0:
        user = unprivileged_user()
        for top in (Path(parent) / folder_name() for parent in ROOT_PARENTS):
            if top.is_dir() and top.lstat().st_uid == user.pw_uid:
                run_as(user, ["find", str(top), "-mindepth", "1", "-delete"])
                top.rmdir()
    for path in local.glob("*/lease.lock"):
        shutil.rmtree(path.parent)


def _main(arguments: list[str]) -> int:
    """Run ``python -m config.embedded hold KIND`` or ``purge``; return the exit code."""
    try:
        match arguments:
            case ["hold", kind]:
                signal.signal(signal.SIGTERM, signal.default_int_handler)
                with suppress(KeyboardInterrupt):
                    for name, value in acquire(kind).environment().items():
                        sys.stdout.write(f"{name}={value}\n")
                    sys.stdout.flush()
                    signal.pause()
            case ["purge"]:
                purge()
            case _:
                sys.stderr.write("usage: python -m config.embedded hold KIND | purge\n")
                return 2
    except EmbeddedServersError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
