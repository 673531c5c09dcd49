"""Faults: servers of a test's own, cheap processes, and the digest of an undisturbed close.

A test that asks for ``private`` works wholly on servers that it may stop and kill; without it, on
the ordinary test server, in a database of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from tests import soundness
from tests.compensation.town import Town, build_town, digest
from tests.databases import TestDatabases, connect_as_owner
from tests.faults.forks import Child, Forks
from tests.faults.pointing import databases_in_use, pointed
from tests.faults.servers import PrivateServers, dump_of


@pytest.fixture(scope="session")
def private_servers(test_databases: TestDatabases) -> Iterator[PrivateServers]:
    """Servers of this pytest process alone, with a pristine database to be cloned."""
    servers = PrivateServers()
    try:
        servers.start()
        servers.receive(dump_of("owner", test_databases.shared))
        yield servers
    finally:
        servers.close()


@pytest.fixture
def private(private_servers: PrivateServers, transactional_db: None) -> Iterator[PrivateServers]:
    """The private servers, running, with Django's connections on a fresh database of theirs."""
    name = private_servers.clone()
    with pointed(private_servers.databases(name)):
        yield private_servers
        connections.close_all()
        if private_servers.is_running():
            assert soundness.ledger_faults() == []
    if not private_servers.is_running():
        private_servers.start_postgres()
    if private_servers.valkey is None or private_servers.valkey.poll() is not None:
        private_servers.start_valkey()
    private_servers.flush_valkey()
    private_servers.drop(name)


@pytest.fixture
def subprocess_env(
    request: pytest.FixtureRequest, subprocess_env: dict[str, str]
) -> dict[str, str]:
    """Lead processes to the private servers where the test has them."""
    if "private" not in request.fixturenames:
        return subprocess_env
    private = request.getfixturevalue("private")
    return {**subprocess_env, **private.environment(settings.DATABASES["default"]["NAME"])}


@pytest.fixture
def owner_connection(
    request: pytest.FixtureRequest, transactional_db: None
) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the owner to the test's database, wherever that is."""
    if "private" in request.fixturenames:
        request.getfixturevalue("private")
    with connect_as_owner() as connection:
        yield connection


@pytest.fixture
def town(request: pytest.FixtureRequest, transactional_db: None) -> Town:
    """A company with sales in January and February 2017."""
    if "private" in request.fixturenames:
        request.getfixturevalue("private")
    return build_town()


@pytest.fixture(scope="session")
def forking(
    tmp_path_factory: pytest.TempPathFactory, test_databases: TestDatabases, redis_key_prefix: str
) -> Iterator[Forks]:
    """The process that forks, one for all tests of this pytest process."""
    forks = Forks(
        tmp_path_factory.mktemp("forks"),
        {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "REDIS_KEY_PREFIX": redis_key_prefix,
            "PYTHONUNBUFFERED": "1",
        },
    )
    yield forks
    forks.close()


@pytest.fixture
def fork(forking: Forks, transactional_db: None) -> Iterator[Callable[..., Child]]:
    """Return a function that starts ``manage.py …`` or ``act:…`` as a fork here."""
    started: list[Child] = []

    def start(*words: object, env: dict[str, str] | None = None) -> Child:
        child = forking.start(*words, env=env, databases=databases_in_use())
        started.append(child)
        return child

    yield start
    for child in started:
        if child.number not in forking.codes:
            child.kill()
            child.wait(10)


@pytest.fixture(scope="session")
def _ordinary(test_databases: TestDatabases) -> dict[str, dict[str, Any]]:
    """Where connections lead before any test leads them elsewhere."""
    return databases_in_use()


@pytest.fixture(scope="session")
def _references() -> dict[str, str]:
    return {}


@pytest.fixture
def reference(
    _ordinary: dict[str, dict[str, Any]],
    _references: dict[str, str],
    test_databases: TestDatabases,
    transactional_db: None,
) -> Callable[..., str]:
    """Return a function that gives the digest of an undisturbed ledger, made once a process.

    ``reference()`` is January closed in one go; another name needs what is done to a new town.
    """

    def undisturbed(name: str = "january", act: Callable[[Town], object] | None = None) -> str:
        if name not in _references:
            clone = test_databases.clone()
            elsewhere = {alias: {**facts, "NAME": clone} for alias, facts in _ordinary.items()}
            with pointed(elsewhere):
                town = build_town()
                (act or close_january)(town)
                _references[name] = digest()
            test_databases.beside.submit(test_databases.drop, clone)
        return _references[name]

    return undisturbed


def close_january(town: Town) -> None:
    """What most faults disturb."""
    town.close("2017-01")
