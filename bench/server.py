"""The benchmark's own databases: made on the embedded server, migrated, cloned, dropped."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
DROP_WAIT_SECONDS = 120


class BenchError(RuntimeError):
    """A stage of the benchmark failed; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Database:
    """Addresses of one database of the benchmark, as application role and as owner."""

    name: str
    url: str
    owner_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        """Return the environment in which a stage works on this database."""
        return {
            **os.environ,
            "DATABASE_URL": self.url,
            "MIGRATION_DATABASE_URL": self.owner_url,
            "REDIS_URL": self.redis_url,
            "REDIS_KEY_PREFIX": f"bench-{self.name}",
            "DJANGO_SETTINGS_MODULE": "bench.settings",
        }

    def connect(self, *, owner: bool = False) -> psycopg.Connection[Any]:
        """Open a connection of the application role, or of the owner."""
        return psycopg.connect(self.owner_url if owner else self.url, autocommit=True)


class Server:
    """The server under test: the embedded one, unless the addresses are set."""

    def __init__(self) -> None:
        names = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL")
        if all(os.environ.get(name) for name in names):
            found = {name: os.environ[name] for name in names}
        else:
            from config import embedded

            found = embedded.acquire("bench").environment()
        self._addresses = found

    def database(self, name: str) -> Database:
        """Return the addresses of a database of this server, whether it exists or not."""
        return Database(
            name,
            _with_database(self._addresses["DATABASE_URL"], name),
            _with_database(self._addresses["MIGRATION_DATABASE_URL"], name),
            self._addresses["REDIS_URL"],
        )

    @contextmanager
    def created(self, name: str, *, template: str | None = None) -> Iterator[Database]:
        """Make a database, empty or as a copy of another, and drop it at the end."""
        self.drop(name)
        with self._admin() as connection:
            _create(connection, name, template)
        try:
            yield self.database(name)
        finally:
            self.drop(name)

    def kept(
        self, name: str, *, template: str, fill: Callable[[Database], dict[str, Any]]
    ) -> tuple[Database, dict[str, Any]]:
        """Return a database and what ``fill`` told of it, from before if it is there.

        One whose filling failed is dropped.
        """
        database = self.database(name)
        with self._admin() as connection:
            found = connection.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
                [name],
            ).fetchone()
            if found is not None and found[0]:
                return database, dict(json.loads(found[0]))
        self.drop(name)
        with self._admin() as connection:
            _create(connection, name, template)
        try:
            told = fill(database)
            with self._admin() as connection:
                connection.execute(
                    sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                        sql.Identifier(name), sql.Literal(json.dumps(told))
                    )
                )
        except BaseException:
            self.drop(name)
            raise
        return database, told

    def drop(self, name: str) -> None:
        """Drop a database; the server's own vacuum may be at work in it, and can't be ended."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        deadline = time.monotonic() + DROP_WAIT_SECONDS
        while True:
            try:
                with self._admin() as connection:
                    connection.execute(statement)
                return
            except psycopg.errors.InsufficientPrivilege:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)

    def _admin(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._addresses["MIGRATION_DATABASE_URL"], autocommit=True)


def run(database: Database, *command: str, timeout: float = 3600) -> str:
    """Run a command of the project on a database and return what it printed.

    :raises BenchError: if it ends with another code than 0.
    """
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=database.environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-25:])
        raise BenchError(f"{' '.join(command)} ended with {done.returncode}:\n{tail}")
    return done.stdout


def _create(connection: psycopg.Connection[Any], name: str, template: str | None) -> None:
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    connection.execute(statement)


def _with_database(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))
