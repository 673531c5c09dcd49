"""Pictures of the pages for the readme: ``make screenshots`` writes them to ``docs/screenshots/``.

They show the company of the browser tests: a wide light window and a phone in the dark.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
SCREENS = (("", 1280, 900, "light"), ("-phone", 360, 780, "dark"))
PICTURES = {
    "dashboard": "/",
    "downline": "/downline/",
    "statement": "/earnings/2017-10/",
    "rank": "/rank/",
    "customers": "/customers/",
    "today": "/today/",
}


def take() -> list[Path]:
    """Found the company, serve it, take every picture, and return where they are."""
    from playwright.sync_api import sync_playwright

    from tests.browser import chromium, visits, world
    from tests.browser.conftest import Site
    from tests.browser.server import environment_of, served
    from tests.databases import TestDatabases, addresses

    databases = TestDatabases()
    written = []
    try:
        databases.use_clone()
        made = world.build()
        environment = environment_of(addresses(), f"perennial-pictures-{secrets.token_hex(3)}")
        databases.point_connections_to(databases.shared)
        with (
            tempfile.TemporaryDirectory() as folder,
            served(environment, Path(folder) / "portal.log") as base,
            sync_playwright() as playwright,
        ):
            site = Site(base, made, environment)
            browser = playwright.chromium.launch(
                executable_path=chromium.find(), args=list(chromium.ARGUMENTS)
            )
            for screen, width, height, theme in SCREENS:
                with visits.window(
                    browser, site, role="representative", width=width, theme=theme
                ) as (page, _):
                    page.set_viewport_size({"width": width, "height": height})
                    for name, address in PICTURES.items():
                        page.goto(address, wait_until="networkidle")
                        path = FOLDER / f"{name}{screen}.png"
                        page.screenshot(path=path)
                        written.append(path)
            browser.close()
    finally:
        databases.leave_clone()
        databases.close()
    return written


def main() -> int:
    """Take the pictures, name them, and return the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in take():
        print(f"{path.relative_to(FOLDER.parents[1])}: {path.stat().st_size // 1024} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
