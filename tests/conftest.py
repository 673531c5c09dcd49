"""Fixtures of all tests: real PostgreSQL and Valkey, real commands, real workers.

Use ``db`` for what can run inside a transaction, ``transactional_db`` (or
``django_db(transaction=True)``) for what commits, runs commands or has a worker: such a test gets
a database of its own. ``make check`` adds ``--no-skips``.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings
from django.core.cache import caches
from django.test import TestCase, TransactionTestCase

from tests import no_skips, processes, soundness, worlds
from tests.browser import chromium
from tests.compensation.town import Town
from tests.databases import TestDatabases, addresses, connect_as_owner
from tests.engine import tally
from tests.no_skips import pytest_addoption

__all__ = ["pytest_addoption"]

# ---------------------------------------------------------------------------------------------
# BROWSER=none leaves the tests in a browser out and says so last; with --no-skips it does nothing


def _leaves_browser_out(config: pytest.Config) -> bool:
    return chromium.is_left_out() and not config.getoption("--no-skips")


def _without_browser(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not _leaves_browser_out(config):
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    items[:] = [item for item in items if not item.get_closest_marker("browser")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if _leaves_browser_out(config) and not hasattr(config, "workerinput"):
        print("BROWSER=none: the tests in a browser were left out")


def pytest_configure(config: pytest.Config) -> None:
    no_skips.pytest_configure(config)
    config.pluginmanager.register(tally.Summary(), "tally")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    _without_browser(config, items)
    for item in items:
        cls = getattr(item, "cls", None)
        if isinstance(cls, type) and issubclass(cls, TransactionTestCase):
            raise pytest.UsageError(f"{item.nodeid}: write tests as functions with fixtures")


# ---------------------------------------------------------------------------------------------
# Databases


@pytest.fixture(scope="session")
def test_databases(
    django_test_environment: None, django_db_blocker: Any
) -> Iterator[TestDatabases]:
    """The databases of this process; asked for by the fixtures below."""
    with django_db_blocker.unblock():
        databases = TestDatabases()
    yield databases
    with django_db_blocker.unblock():
        databases.close()


@pytest.fixture(scope="session")
def django_db_setup(test_databases: TestDatabases) -> None:
    """Replace pytest-django's set-up: our template instead of its test database."""


@pytest.fixture(scope="session", autouse=True)
def _no_flush() -> None:
    """A test that commits throws its database away; the flush after it would be refused."""

    def forget(self: TransactionTestCase) -> None:
        """Leave the rows: the whole database is dropped."""

    TransactionTestCase._fixture_teardown = forget
    assert TestCase._fixture_teardown is not forget


def _commits(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    by_marker = marker is not None and (
        marker.kwargs.get("transaction", marker.args[0] if marker.args else False)
    )
    names = {"transactional_db", "live_server", "django_db_reset_sequences", "subprocess_env"}
    return bool(by_marker or names & set(request.fixturenames))


def _world_of(request: pytest.FixtureRequest) -> str | None:
    """Return the world that a test asks for."""
    asked = worlds.WORLDS.keys() & set(request.fixturenames)
    assert len(asked) <= 1, f"{request.node.nodeid} asks for two worlds: {asked}"
    return asked.pop() if asked else None


@pytest.fixture
def _database_of_test(
    request: pytest.FixtureRequest,
    test_databases: TestDatabases,
    django_db_blocker: Any,
    _redis_clients: list[redis.Redis],
) -> Iterator[None]:
    """Give a test that commits a clone of its own, of its world if it asks for one."""
    if not _commits(request):
        yield
        return
    world = _world_of(request)
    with django_db_blocker.unblock():
        if world and world not in test_databases.worlds:
            test_databases.build_world(world, worlds.WORLDS[world])
            _delete_keys(_redis_clients)  # what building queued is not there the next time
        test_databases.use_clone(world)
    yield
    with django_db_blocker.unblock():
        test_databases.leave_clone()


@pytest.fixture
def _django_db_helper(
    request: pytest.FixtureRequest,
    _database_of_test: None,
    _clean_redis: None,
    _django_db_helper: None,
) -> Iterator[None]:
    """Extend pytest-django's own fixture behind ``db`` and ``transactional_db``.

    Whatever a test did, it leaves a sound ledger behind (case L01). A control that breaks it on
    purpose begins with ``test_control``; another test that does has the mark ``breaks_ledger``.
    """
    yield
    if not (
        request.node.name.startswith("test_control")
        or request.node.get_closest_marker("breaks_ledger")
    ):
        assert soundness.ledger_faults() == []


@pytest.fixture
def founded_town(transactional_db: None, test_databases: TestDatabases) -> Town:
    """A company with sales in January and February 2017."""
    return copy.deepcopy(test_databases.worlds["founded_town"])


@pytest.fixture
def january_town(transactional_db: None, test_databases: TestDatabases) -> Town:
    """The same company with January posted."""
    return copy.deepcopy(test_databases.worlds["january_town"])


@pytest.fixture
def fresh_database(
    transactional_db: None, test_databases: TestDatabases, _redis_clients: list[redis.Redis]
) -> Callable[[], None]:
    """Return a function that replaces the test's database by a new clone (for Hypothesis)."""

    def replace() -> None:
        test_databases.leave_clone()
        test_databases.use_clone()
        _delete_keys(_redis_clients)

    return replace


@pytest.fixture
def owner_connection(db: None, test_databases: TestDatabases) -> Iterator[psycopg.Connection[Any]]:
    """A psycopg connection of the owner role to the test's database, in autocommit."""
    with connect_as_owner(test_databases.in_use) as connection:
        yield connection


# ---------------------------------------------------------------------------------------------
# Redis: everything of this process under one prefix


@pytest.fixture(scope="session", autouse=True)
def redis_key_prefix() -> str:
    """Give queue and cache of this process names of their own."""
    from config.celery import app

    prefix = f"perennial-test-{os.getpid()}-{os.urandom(3).hex()}"
    settings.REDIS_KEY_PREFIX = prefix
    settings.CACHES["default"]["KEY_PREFIX"] = prefix
    caches["default"].key_prefix = prefix
    app.conf.broker_transport_options = {
        **app.conf.broker_transport_options,
        "global_keyprefix": f"{prefix}:",
    }
    return prefix


@pytest.fixture(scope="session")
def redis_client() -> Iterator[redis.Redis]:
    """A client of the database that carries the queue."""
    with redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture(scope="session")
def _redis_clients(redis_client: redis.Redis) -> Iterator[list[redis.Redis]]:
    with redis.from_url(settings.CACHES["default"]["LOCATION"]) as cache_client:
        yield [redis_client, cache_client]


@pytest.fixture
def _clean_redis(_redis_clients: list[redis.Redis]) -> Iterator[None]:
    """Forget queue and cache of the test before: rate limits, messages, locks."""
    yield
    _delete_keys(_redis_clients)


def _delete_keys(clients: list[redis.Redis]) -> None:
    for client in clients:
        # The cache writes ":1:" and the like behind its prefix, the queue ":" before its names.
        keys = list(client.scan_iter(match=f"{settings.REDIS_KEY_PREFIX}:*", count=1000))
        if keys:
            client.unlink(*keys)


# ---------------------------------------------------------------------------------------------
# Processes


@pytest.fixture
def subprocess_env(transactional_db: None, test_databases: TestDatabases) -> dict[str, str]:
    """Environment of a process that works on this test's database, queue and cache."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        **addresses(),
        "REDIS_KEY_PREFIX": settings.REDIS_KEY_PREFIX,
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def run_command(subprocess_env: dict[str, str]) -> Callable[..., Any]:
    """Return a function that runs ``manage.py`` as a process of its own to its end.

    ``run_command("close_period", "2017-03", "--by", email, env={…}, input_text=…)`` returns a
    ``subprocess.CompletedProcess`` with ``returncode``, ``stdout``, ``stderr``.
    """

    def run(*arguments: object, env: dict[str, str] | None = None, **options: Any) -> Any:
        return processes.run_manage(
            *arguments, environment={**subprocess_env, **(env or {})}, **options
        )

    return run


@pytest.fixture
def start_command(subprocess_env: dict[str, str]) -> Iterator[Callable[..., Any]]:
    """Return a function that starts ``manage.py`` and returns its ``Popen``."""
    started = []

    def start(*arguments: object, env: dict[str, str] | None = None) -> Any:
        process = processes.start_manage(*arguments, environment={**subprocess_env, **(env or {})})
        started.append(process)
        return process

    yield start
    for process in started:
        processes.end_group(process, 2)


@pytest.fixture
def start_celery_worker(
    subprocess_env: dict[str, str], tmp_path: Path
) -> Iterator[Callable[..., processes.Worker]]:
    """Return a function that starts a real Celery worker; all are ended after the test."""
    started: list[processes.Worker] = []

    def start(
        *, name: str | None = None, concurrency: int = 1, env: dict[str, str] | None = None
    ) -> processes.Worker:
        worker = processes.start_worker(
            {**subprocess_env, **(env or {})},
            tmp_path,
            name=name or f"worker{len(started) + 1}",
            concurrency=concurrency,
        )
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.stop()


@pytest.fixture
def celery_worker_process(
    start_celery_worker: Callable[..., processes.Worker],
) -> processes.Worker:
    """A running Celery worker on this test's database and queue."""
    return start_celery_worker()
