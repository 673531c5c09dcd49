"""What journeys share: windows for people, logging in, waiting for figures."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from playwright.sync_api import Page, expect

from tests.browser import visits
from tests.browser.actors import Actor
from tests.web.company import PASSWORD

LIVE_MS = 90_000
"""Within which an order is in the figures: a minute is promised, a busy machine gets more."""

OpenWindow = Callable[..., AbstractContextManager[tuple[Page, Actor]]]


def log_in(page: Page, actor: Actor, email: str, password: str = PASSWORD) -> None:
    """Log in by the form, in English."""
    page.goto("/accounts/login/")
    actor.write(page.locator("#id_login"), email)
    actor.write(page.locator("#id_password"), password)
    actor.press(page.get_by_role("button", name="Log in", exact=True))
    if password == PASSWORD:
        expect(page).not_to_have_url(re.compile("/accounts/login/"))
        # A visit of the sweep may have left another language in the profile.
        base = "/".join(page.url.split("/")[:3])
        visits.speak(page.context, base, "en")
        page.reload()


def reload_until(page: Page, reached: Callable[[], bool]) -> None:
    """Load the page again until something is so."""
    for _ in range(LIVE_MS // 1000):
        if reached():
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError("the figures did not move")
