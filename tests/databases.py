"""Test databases: one migrated template, a clone for the process, a fresh clone where needed.

The money tables refuse TRUNCATE, so a test that commits can't be cleaned up after: it gets a
database of its own by ``CREATE DATABASE … TEMPLATE`` and that is dropped. The owner role makes
and drops them; everything else connects as the application role.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

TEMPLATE_PREFIX = "perennial_template_"
CLONE_PREFIX = "perennial_test_"
BUILD_LOCK = 7_210_001  # advisory locks on the database that the URLs name


def connect_as_owner(database: str | None = None) -> psycopg.Connection[Any]:
    """Return a psycopg connection of the owner role, in autocommit.

    :raises RuntimeError: if the settings know no owner role.
    """
    if "owner" not in settings.DATABASES:
        raise RuntimeError("MIGRATION_DATABASE_URL is not set: the tests migrate as the owner")
    facts = settings.DATABASES["owner"]
    return psycopg.connect(
        host=facts["HOST"] or None,
        port=facts["PORT"] or None,
        user=facts["USER"] or None,
        password=facts["PASSWORD"] or None,
        dbname=database or facts["NAME"],
        autocommit=True,
    )


def migrations_digest() -> str:
    """Return a digest of everything that shapes a migrated database."""
    root = Path(settings.BASE_DIR)
    files = [root / "requirements.txt", root / "representatives" / "db_roles.py"]
    for config in apps.get_app_configs():
        folder = Path(config.path)
        if folder.parent == root:
            files += [path for path in folder.glob("migrations/**/*") if path.is_file()]
            files += [*folder.glob("grants.py"), *folder.glob("models*.py")]
            files += folder.glob("models/**/*.py")
    digest = hashlib.sha256()
    for path in sorted(files):
        if path.suffix != ".pyc":
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def addresses() -> dict[str, str]:
    """Return the variables that make a process work on the databases in use."""
    return {
        "DATABASE_URL": _address("default"),
        "MIGRATION_DATABASE_URL": _address("owner"),
        "REDIS_URL": settings.REDIS_URL,
    }


def _address(alias: str) -> str:
    facts = settings.DATABASES[alias]
    words = [quote(str(facts[key]), safe="") for key in ("USER", "PASSWORD", "HOST")]
    port = f":{facts['PORT']}" if facts["PORT"] else ""
    return f"postgres://{words[0]}:{words[1]}@{words[2]}{port}/{facts['NAME']}"


class TestDatabases:
    """The databases of one pytest process; under xdist each worker has its own."""

    __test__ = False

    def __init__(self) -> None:
        self.run = secrets.token_hex(4)
        self.count = 0
        self.maintenance = connect_as_owner()
        # Held until the process ends: other runs see by it that our databases are in use.
        self._execute("SELECT pg_advisory_lock(%s)", _lock_number(CLONE_PREFIX + self.run))
        self._execute("SELECT pg_advisory_lock(%s)", BUILD_LOCK)
        try:
            self.template = self._template()
            self._drop_leftovers()
        finally:
            self._execute("SELECT pg_advisory_unlock(%s)", BUILD_LOCK)
        # Dropping waits for a checkpoint: it happens beside the next test, as does making the
        # clone that the test after it will ask for.
        self.beside = ThreadPoolExecutor(max_workers=1)
        self.spares: dict[str, Future[str]] = {}
        self.worlds: dict[str, Any] = {}
        self.shared = self.clone(self.template)
        self.in_use = self.shared
        self.point_connections_to(self.shared)

    def close(self) -> None:
        """Drop the process's own clone; the template stays for the next run."""
        for alias in ("default", "owner"):
            connections[alias].close()
        for spare in self.spares.values():
            self.drop(spare.result())
        for name in self.worlds:
            self.drop(self._kept(name))
        self.drop(self.shared)
        self.beside.shutdown(wait=True)
        self.maintenance.close()

    def use_clone(self, world: str | None = None) -> None:
        """Work on a fresh clone from now on: an empty one, or one of a world that was built."""
        template = self._kept(world) if world else self.template
        spare = self.spares.pop(template, None)
        self.in_use = spare.result() if spare is not None else self.clone(template)
        self.spares[template] = self.beside.submit(self.clone, template)
        self.point_connections_to(self.in_use)

    def build_world(self, name: str, build: Callable[[], Any]) -> None:
        """Build a world in a database of its own; what tests change is a clone of it."""
        self.use_clone()
        built, self.in_use = self.in_use, self.shared
        try:
            made = build()
        finally:
            self.point_connections_to(self.shared)
        self._execute_sql("ALTER DATABASE {} RENAME TO {}", built, self._kept(name))
        self.worlds[name] = made

    def leave_clone(self) -> None:
        """Drop the clone in use and go back to the process's own."""
        gone = self.in_use
        self.in_use = self.shared
        self.point_connections_to(self.shared)
        if gone != self.shared:
            self.beside.submit(self.drop, gone)

    def clone(self, template: str | None = None) -> str:
        """Create a database from a template, the empty one unless named, and return its name."""
        self.count += 1
        name = f"{CLONE_PREFIX}{self.run}_{self.count}"
        # By files: as WAL it would cost five times the work, a quarter of a second each.
        statement = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
        self._execute_sql(statement, name, template or self.template)
        return name

    def drop(self, name: str) -> None:
        """Drop a database, ending whatever is still connected."""
        try:
            self._execute_sql("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        except psycopg.errors.InsufficientPrivilege:
            # On a server of one's own the owner may lack the right to end the application's
            # sessions; without FORCE PostgreSQL waits five seconds for one that is closing.
            self._execute_sql("DROP DATABASE IF EXISTS {}", name)

    def point_connections_to(self, name: str) -> None:
        """Make this process's connections open this database from now on."""
        for alias in ("default", "owner"):
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = name
            connections.settings[alias]["NAME"] = name
            settings.DATABASES[alias]["NAME"] = name

    def _kept(self, world: str) -> str:
        return f"{CLONE_PREFIX}{self.run}_{world}"

    def _template(self) -> str:
        name = TEMPLATE_PREFIX + migrations_digest()
        self._execute("SELECT pg_advisory_lock_shared(%s)", _lock_number(name))
        found = self._execute("SELECT 1 FROM pg_database WHERE datname = %s", name)
        if not found:
            building = f"{TEMPLATE_PREFIX}new_{self.run}"
            self.drop(building)
            self._execute_sql("CREATE DATABASE {}", building)
            before = settings.DATABASES["default"]["NAME"]
            try:
                self.point_connections_to(building)
                call_command("migrate", database="owner", verbosity=0, interactive=False)
            finally:
                self.point_connections_to(before)
            self._execute_sql("ALTER DATABASE {} ALLOW_CONNECTIONS false", building)
            self._execute_sql("ALTER DATABASE {} RENAME TO {}", building, name)
        return name

    def _drop_leftovers(self) -> None:
        """Drop databases of killed runs and templates of other migrations nobody uses."""
        rows = self._execute(
            "SELECT datname FROM pg_database WHERE datname ~ %s",
            f"^({CLONE_PREFIX}[0-9a-f]{{8}}_|{TEMPLATE_PREFIX})",
        )
        for (name,) in rows:
            match = re.match(f"{CLONE_PREFIX}[0-9a-f]{{8}}", name)
            lock = _lock_number(match[0] if match else name)
            if name == self.template or lock == _lock_number(CLONE_PREFIX + self.run):
                continue
            if self._execute("SELECT pg_try_advisory_lock(%s)", lock)[0][0]:
                self.drop(name)
                self._execute("SELECT pg_advisory_unlock(%s)", lock)

    def _execute(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        cursor = self.maintenance.execute(query, values)
        return cursor.fetchall() if cursor.description else []

    def _execute_sql(self, query: str, *names: str) -> None:
        self.maintenance.execute(sql.SQL(query).format(*map(sql.Identifier, names)))


def _lock_number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
