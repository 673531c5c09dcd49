"""A PostgreSQL and a Valkey of the test's own, which it may stop, kill, fill up and start again.

The same wheels, settings, roles and user as ``config/embedded*.py``, under other sockets and in
another folder: as an unprivileged user where the tests run as root. Both servers end with the
process that started them, whatever ends it.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import redis
from django.conf import settings
from psycopg import sql

from config import embedded_places
from config.embedded_server import Supervisor
from config.embedded_settings import postgres_settings, valkey_settings
from tests.faults.pointing import databases_in_use

NAME = "perennial_pristine"
FOLDER = re.compile(r"faults-(\d+)-[0-9a-f]+")
ALIASES = {"default": "app", "owner": "owner"}


class PrivateServers(Supervisor):
    """Both servers, as children of this process; call from the main thread only."""

    def __init__(self) -> None:
        self.state = Path(tempfile.mkdtemp(prefix="perennial-faults-"))
        (self.state / "supervisor.lock").touch()
        home, user = _home(self.state)
        binaries = embedded_places.binaries_of(home, user)
        super().__init__(
            {
                "kind": "test",
                "state": str(self.state),
                "home": str(home),
                "sockets": str(embedded_places.socket_folder(home, user)),
                "postgres_bin": str(binaries[0]),
                "valkey_server": str(binaries[1]),
                "user": user.pw_name,
                "uid": user.pw_uid,
                "gid": user.pw_gid,
                "postgres_settings": postgres_settings("faults"),
                "valkey_settings": valkey_settings("test"),
                "bootstrap": (embedded_places.BASE_DIR / "config" / "bootstrap.sql").read_text(),
                "passwords": {name: secrets.token_hex(16) for name in ALIASES.values()},
            }
        )
        self.count = 0

    # -- life --------------------------------------------------------------------------------

    def start(self) -> None:
        """Start both and make the roles."""
        self._start_valkey()
        self._start_postgres()
        self._bootstrap()

    def initialise(self) -> None:
        """Make the data folder alone, which the start does otherwise."""
        self._initdb()

    def close(self) -> None:
        """Stop both and remove everything."""
        self._stop()
        self._as_user(["rm", "-rf", "--", str(self.home)])
        shutil.rmtree(self.state, ignore_errors=True)

    def is_running(self) -> bool:
        """Tell whether PostgreSQL runs."""
        return self.postgres is not None and self.postgres.poll() is None

    def stop_postgres(self, mode: str = "immediate") -> None:
        """Stop PostgreSQL by ``pg_ctl``; with "immediate" as if the power had gone."""
        assert self.postgres is not None
        self._as_user([str(self.programs / "pg_ctl"), "-D", str(self.pgdata), "-m", mode, "stop"])
        self.postgres.wait(30)

    def start_postgres(self) -> None:
        """Start PostgreSQL again; returns once it answers."""
        self._start_postgres()

    def kill_valkey(self) -> None:
        """Kill Valkey with SIGKILL; nothing of it was ever on disk."""
        assert self.valkey is not None
        self.valkey.kill()
        self.valkey.wait(10)

    def start_valkey(self) -> None:
        """Start an empty Valkey."""
        self._start_valkey()

    def flush_valkey(self) -> None:
        """Forget every queue, message and cache entry."""
        with redis.from_url(self.redis_url) as client:
            client.flushall()

    # -- addresses ---------------------------------------------------------------------------

    @property
    def redis_url(self) -> str:
        """Where the queue lies."""
        return f"unix://{self.sockets}/valkey.sock?db=0"

    def address(self, alias: str, database: str) -> str:
        """Return the URL of a database for the role of one of Django's connections."""
        role = ALIASES[alias]
        word = self.spec["passwords"][role]
        return f"postgres://perennial_{role}:{word}@{quote(str(self.sockets), safe='')}/{database}"

    def environment(self, database: str) -> dict[str, str]:
        """Return the variables that make a process use these servers."""
        return {
            "DATABASE_URL": self.address("default", database),
            "MIGRATION_DATABASE_URL": self.address("owner", database),
            "REDIS_URL": self.redis_url,
            "CACHE_URL": "",
        }

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Return a connection of the superuser, in autocommit."""
        return psycopg.connect(
            host=str(self.sockets), user="postgres", dbname=database, autocommit=True
        )

    def databases(self, database: str) -> dict[str, dict[str, Any]]:
        """Return what leads Django's connections to a database here."""
        return {
            alias: {
                "HOST": str(self.sockets),
                "PORT": "",
                "USER": f"perennial_{role}",
                "PASSWORD": self.spec["passwords"][role],
                "NAME": database,
            }
            for alias, role in ALIASES.items()
        }

    # -- databases ---------------------------------------------------------------------------

    def receive(self, script: bytes) -> None:
        """Make the pristine database from the SQL of another server's."""
        self.run("createdb", "-O", "perennial_owner", NAME)
        self.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", NAME, given=script)

    def clone(self) -> str:
        """Return the name of a fresh copy of the pristine database."""
        self.count += 1
        name = f"perennial_faults_{self.count}"
        self.copy(NAME, name)
        return name

    def copy(self, template: str, name: str) -> None:
        """Make a database like another one, to which nobody is connected."""
        with self.connect() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER perennial_owner").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )

    def drop(self, name: str) -> None:
        """Drop a copy, ending whatever is still connected."""
        with self.connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def run(
        self,
        program: str,
        *arguments: str,
        given: bytes | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> bytes:
        """Run a program of PostgreSQL's as the superuser and return what it writes.

        :raises RuntimeError: with its error text, if it fails.
        """
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            input=given,
            capture_output=True,
            check=False,
            cwd="/",
            env={
                "LANG": "C",
                "PATH": os.defpath,
                "PGHOST": str(self.sockets),
                "PGUSER": "postgres",
                **(environment or {}),
            },
            **self._credentials(),
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    # -- a full disk -------------------------------------------------------------------------

    @contextmanager
    def disk_full(self, table: str) -> Iterator[None]:
        """Let the disk be full for a table of Django's database that is still empty.

        Its file is ``/dev/full`` meanwhile: the kernel itself refuses each block that PostgreSQL
        adds. That needs neither a mount nor root, and spoils nothing for other tests.
        """
        name = databases_in_use()["default"]["NAME"]
        with self.connect(name) as connection:
            row = connection.execute("SELECT pg_relation_filepath(%s)", [table]).fetchone()
        assert row is not None
        path = self.pgdata / row[0]
        kept = path.with_name(f"{path.name}.kept")
        assert path.stat().st_size == 0, f"{table} is not empty"
        self._as_user(["mv", "--", str(path), str(kept)])
        self._as_user(["ln", "-s", "/dev/full", str(path)])
        try:
            yield
        finally:
            self._as_user(["mv", "-f", "--", str(kept), str(path)])

    def postgres_log(self) -> str:
        """Return what PostgreSQL has written so far."""
        return (self.state / "postgres.log").read_text(errors="replace")

    # -- how this differs from the demo's servers ----------------------------------------------

    def _paths(self) -> dict[str, str]:
        return {
            **super()._paths(),
            "shared_buffers": "32MB",
            "min_wal_size": "32MB",
            "max_wal_size": "256MB",
        }

    def _initdb(self) -> None:
        super()._initdb()
        # The folder of the sockets is closed to everybody but this user and root.
        rules = "local all postgres trust\nlocal replication postgres trust\n"
        self._write_as_user(self.pgdata / "pg_hba.conf", f"{rules}local all all scram-sha-256\n")


def dump_of(alias: str, database: str) -> bytes:
    """Return a database of the ordinary test server as SQL."""
    facts = settings.DATABASES[alias]
    home, user = _home(None)
    program = embedded_places.binaries_of(home, user)[0] / "pg_dump"
    return subprocess.run(
        [str(program), "-d", database],
        check=True,
        capture_output=True,
        env={
            "LANG": "C",
            "PATH": os.defpath,
            "PGHOST": facts["HOST"],
            "PGPORT": str(facts["PORT"] or ""),
            "PGUSER": facts["USER"],
            "PGPASSWORD": facts["PASSWORD"],
        },
    ).stdout


def _home(state: Path | None) -> tuple[Path, Any]:
    """Return a new folder for data and sockets, and its owner; only the owner without ``state``."""
    if os.geteuid() != 0:
        if state is not None:
            (state / "valkey").mkdir()
        return state or Path(tempfile.gettempdir()), pwd.getpwuid(os.geteuid())
    user = embedded_places.unprivileged_user()
    top = embedded_places.root_folder(user)
    home = top / f"faults-{os.getpid()}-{secrets.token_hex(3)}"
    if state is not None:
        for other in top.iterdir():
            match = FOLDER.fullmatch(other.name)
            if match and not Path(f"/proc/{match[1]}").exists():
                embedded_places.run_as(user, ["rm", "-rf", "--", str(other)])
        embedded_places.hand_over(
            home, user, lambda folder: [(folder / name).mkdir() for name in ("pgdata", "valkey")]
        )
    return home, user
