"""A person with a browser: opens pages and says what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, BrowserContext, Error, Page, Response

from tests.browser.checks import Watch, faults_of
from tests.browser.pages import EXTRA, Place, Tour

if TYPE_CHECKING:
    from tests.browser.conftest import Site

HEIGHTS = {360: 780, 1280: 900}
LOCALES = {"en": "en-GB", "pl": "pl-PL"}
PATIENCE_MS = 30_000
SPEAK_FOR_THEMSELVES = frozenset({"sales:shared_guide"})
"""Pages in the language of what they show, whoever reads them."""


@contextmanager
def window(
    browser: Browser,
    site: Site,
    *,
    role: str = "anonymous",
    width: int = 1280,
    theme: str = "light",
    language: str = "en",
) -> Iterator[tuple[Page, Watch]]:
    """Open a window of a size, theme and language, as somebody who is logged in or nobody yet."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHTS[width]},
        color_scheme="dark" if theme == "dark" else "light",
        locale=LOCALES[language],
        reduced_motion="reduce",
        accept_downloads=True,
        base_url=site.base,
    )
    session = site.world.sessions.get(role)
    if session is not None:
        context.add_cookies([{"name": "sessionid", "value": session, "url": site.base}])
        speak(context, site.base, language)
    watch = Watch(site.base)
    watch.attach(context)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    try:
        yield page, watch
    finally:
        context.close()


def speak(context: BrowserContext, base: str, language: str) -> None:
    """Choose the language in the profile, where another visit may have left another one."""
    context.request.get(f"{base}/profile/")
    tokens = [one["value"] for one in context.cookies(base) if one.get("name") == "csrftoken"]
    answer = context.request.post(
        f"{base}/language/",
        form={"language": language, "csrfmiddlewaretoken": tokens[0]},
        max_redirects=0,
    )
    assert answer.status == 302, answer.status


def look_at(browser: Browser, site: Site, tour: Tour) -> list[str]:
    """Open a window as the tour says, look at all its pages, and return what is wrong."""
    with window(
        browser,
        site,
        role=tour.role,
        width=tour.width,
        theme=tour.theme,
        language=tour.language,
    ) as (page, watch):
        return [f"{address}: {fault}" for address, fault in faults(page, watch, site, tour)]


def faults(page: Page, watch: Watch, site: Site, tour: Tour) -> Iterator[tuple[str, str]]:
    """Look at each page of a tour; return address and fault."""
    for place in tour.places:
        address = site.world.address(place.pattern, is_route=place.is_route)
        if address is None:
            yield place.name, "has no sample values in tests/web/samples.py"
            continue
        answer = _go(page, site.base + address)
        if answer is not None and _is_page(answer, place):
            expected = EXTRA[tour.role].get(place.pattern, 200)
            if answer.status != expected or answer.request.redirected_from is not None:
                yield address, f"answers {answer.status} at {page.url}"
            page.wait_for_function("() => !document.querySelector('.htmx-request')")
            language = None if place.name in SPEAK_FOR_THEMSELVES else tour.language
            for found in faults_of(page, watch, language=language, theme=tour.theme):
                yield address, found
        watch.take()


def _go(page: Page, address: str) -> Response | None:
    """Open an address; return None if it is a file, which the browser keeps and does not show."""
    try:
        return page.goto(address)
    except Error as fault:
        if "Download is starting" not in fault.message:
            raise
        return None


def _is_page(answer: Response, place: Place) -> bool:
    """Tell whether an answer is a whole page: no words for machines and no part of a page.

    A part is looked at in the page that loads it. The first row of a table need not be there.
    """
    if place.of_a_row and (answer.status != 200 or answer.request.redirected_from is not None):
        return False
    kind = answer.headers.get("content-type", "")
    return kind.startswith("text/html") and "<html" in answer.text()
