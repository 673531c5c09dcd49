"""A person with a browser: opens pages and says what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Page

from tests.browser.checks import Watch, faults_of
from tests.browser.pages import EXTRA, Place, Tour

if TYPE_CHECKING:
    from tests.browser.conftest import Site

HEIGHTS = {360: 780, 1280: 900}
LOCALES = {"en": "en-GB", "pl": "pl-PL"}
PATIENCE_MS = 60_000


@contextmanager
def context(browser: Browser, site: Site, tour: Tour) -> Iterator[tuple[Page, Watch]]:
    """Open a window of the tour's size, theme and language, as somebody who is logged in."""
    window = browser.new_context(
        viewport={"width": tour.width, "height": HEIGHTS[tour.width]},
        color_scheme="dark" if tour.theme == "dark" else "light",
        locale=LOCALES[tour.language],
        reduced_motion="reduce",
    )
    session = site.world.sessions.get(tour.role)
    if session is not None:
        window.add_cookies([{"name": "sessionid", "value": session, "url": site.base}])
    watch = Watch(site.base)
    watch.attach(window)
    page = window.new_page()
    page.set_default_timeout(PATIENCE_MS)
    try:
        yield page, watch
    finally:
        window.close()


def faults(page: Page, watch: Watch, site: Site, tour: Tour) -> Iterator[tuple[str, str]]:
    """Look at each page of a tour; return address and fault."""
    for place in tour.places:
        address = site.world.address(place.pattern, is_route=place.is_route)
        fault = _open(page, site.base + address, place, tour.role)
        if fault is None:
            for found in faults_of(page, watch, language=tour.language, theme=tour.theme):
                yield address, found
        elif fault:
            yield address, fault
        watch.take()


def _open(page: Page, address: str, place: Place, role: str) -> str | None:
    """Open a page; return None if it is to be looked at, "" if there is none, else the fault."""
    answer = page.goto(address)
    if answer is None:
        return "no answer"
    if place.of_a_row and (answer.status != 200 or answer.request.redirected_from is not None):
        return ""
    if answer.request.redirected_from is not None:
        return f"leads to {page.url}"
    kind = answer.headers.get("content-type", "")
    if not kind.startswith("text/html"):
        return f"is {kind}: name the route in NOT_PAGES"
    if answer.status != EXTRA[role].get(place.pattern, 200):
        return f"answers {answer.status}"
    page.wait_for_function("() => !document.querySelector('.htmx-request')")
    return None
