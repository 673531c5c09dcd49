"""The portal on a company of its own, served in earnest, and one Chromium to look at it.

Both stand for all tests of this folder. The world is built before Playwright starts and looked
through after it has ended: while it runs, this thread may not ask the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import soundness
from tests.browser import checks, chromium, visits, world
from tests.browser.actors import ACTORS, Actor
from tests.browser.journeys import OpenWindow
from tests.browser.server import background, environment_of, served
from tests.browser.visits import PATIENCE_MS
from tests.databases import TestDatabases, addresses


@dataclass(frozen=True, slots=True)
class Site:
    """The portal that is being served, and what is in it."""

    base: str
    world: world.World
    environment: dict[str, str]
    """Of a process on the same databases, such as a worker."""


@pytest.fixture(scope="package")
def site(
    test_databases: TestDatabases,
    django_db_blocker: Any,
    redis_key_prefix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Serve the portal on a company made for these tests."""
    folder: Path = tmp_path_factory.mktemp("portal")
    with django_db_blocker.unblock():
        test_databases.use_clone()
        database = test_databases.in_use
        try:
            made = world.build()
            environment = environment_of(addresses(), f"{redis_key_prefix}-browser")
            test_databases.point_connections_to(test_databases.shared)
            with served(environment, folder / "portal.log") as base:
                yield Site(base, made, environment)
            test_databases.point_connections_to(database)
            assert soundness.ledger_faults() == []
        finally:
            test_databases.in_use = database
            test_databases.leave_clone()


@pytest.fixture(scope="package")
def browser(site: Site) -> Iterator[Browser]:
    """A Chromium for all tests of this folder; each takes a context of its own."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=list(chromium.ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def worker(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A worker with beat on the portal's databases: figures follow what happens."""
    with background(site.environment, tmp_path_factory.mktemp("worker")):
        yield


@pytest.fixture(params=list(ACTORS))
def open_window(request: pytest.FixtureRequest, site: Site, browser: Browser) -> OpenWindow:
    """Return a way to open a window for somebody; nothing may go wrong in it unheard."""

    @contextmanager
    def opened(**facts: str | int) -> Iterator[tuple[Page, Actor]]:
        with visits.window(browser, site, **facts) as (page, watch):  # type: ignore[arg-type]
            yield page, ACTORS[request.param](page)
            assert list(checks.faults_of(page, watch)) == [], page.url

    return opened
