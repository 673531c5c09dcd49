"""What a browser meets: weight on the wire and the largest paint, ``python -m bench.page_browser``.

``python -m bench.page_browser PERIOD`` serves the site and opens each measured page in Chromium
for the member on top: three times as a first visit, each in a browser that has never been here,
and once more after another page, when the browser has what may be kept. Weight is what the
network layer received, heads and all, until nothing is under way; the largest contentful paint is
the last that the page's PerformanceObserver tells.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django

from bench.pages import WORKERS, addresses_of_the_top, served, session_of_the_top
from bench.timing import median
from tests.browser.chromium import ARGUMENTS, find_or_install

VISITS = 3
BETWEEN = "/bench/bare/"
WINDOW = {"width": 1280, "height": 900}
LARGEST_PAINT = """
() => new Promise(done => {
  let last = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) last = entry.startTime;
  }).observe({type: 'largest-contentful-paint', buffered: true});
  setTimeout(() => done(last), 100);
})
"""


class Wire:
    """Bytes that a page's network layer received, by what the browser tells."""

    def __init__(self, page: Any) -> None:
        self.received = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._finished)

    def _finished(self, event: dict[str, Any]) -> None:
        self.received += int(event["encodedDataLength"])

    def take(self) -> int:
        """Return what came since the last time."""
        received, self.received = self.received, 0
        return received


def measure(period: str) -> dict[str, float]:
    """Return weights in kB and paints in seconds, of each page and the worst of all.

    :raises RuntimeError: if a page does not answer 200, or paints nothing.
    """
    cookie, pages = session_of_the_top(), addresses_of_the_top(period)
    found: dict[str, float] = {}
    with served(workers=WORKERS) as port, chromium() as browser:
        site = f"http://127.0.0.1:{port}"
        visit(browser, site, BETWEEN, cookie)  # the server reads its templates once
        for name, address in pages.items():
            visits = [visit(browser, site, address, cookie) for _ in range(VISITS)]
            found |= {
                f"page_{name}_first_visit_kb": max(one["first_kb"] for one in visits),
                f"page_{name}_later_visit_kb": max(one["later_kb"] for one in visits),
                f"page_{name}_lcp_seconds": median(one["lcp_seconds"] for one in visits),
            }
    return found | worst(found)


def worst(found: dict[str, float]) -> dict[str, float]:
    """Return the largest figure of each kind over all pages."""
    kinds = ("first_visit_kb", "later_visit_kb", "lcp_seconds")
    return {
        f"pages_{kind}": max(value for key, value in found.items() if key.endswith(f"_{kind}"))
        for kind in kinds
    }


def visit(browser: Any, site: str, address: str, cookie: str) -> dict[str, float]:
    """Open a page in a new profile, then once more after another page."""
    context = browser.new_context(viewport=WINDOW)
    try:
        context.add_cookies(
            [
                {"name": name, "value": value, "url": site}
                for name, _, value in (part.partition("=") for part in cookie.split("; "))
            ]
        )
        page = context.new_page()
        wire = Wire(page)
        _open(page, site + address)
        seconds = page.evaluate(LARGEST_PAINT) / 1000
        if seconds <= 0:
            raise RuntimeError(f"{address} painted nothing")
        first = wire.take()
        _open(page, site + BETWEEN)
        wire.take()
        _open(page, site + address)
        return {
            "first_kb": first / 1000,
            "later_kb": wire.take() / 1000,
            "lcp_seconds": seconds,
        }
    finally:
        context.close()


def _open(page: Any, url: str) -> None:
    answer = page.goto(url, wait_until="networkidle")
    if answer is None or answer.status != 200:
        raise RuntimeError(f"{url} answered {answer.status if answer else 'nothing'}")


@contextmanager
def chromium() -> Iterator[Any]:
    """Run the Chromium of the browser tests without a window.

    :raises tests.browser.chromium.NoChromiumError: if there is none.
    """
    from playwright.sync_api import sync_playwright

    path = find_or_install()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(measure(sys.argv[1])) + "\n")
