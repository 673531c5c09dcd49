"""What must be so on every page, whoever looks at it, on whatever screen, in whatever language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe-core-4.14.1" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ICON_BY_HABIT = "/favicon.ico"
"""What a browser asks for after a part of a page, which names no icon; whole pages must."""

LOCAL_SCHEMES = ("data", "blob", "about")
NOT_FOUND_WORDS = "Failed to load resource: the server responded with a status of"

# Runs in the page, told to the browser by its own protocol: the page's policy stays as it is.
# Nothing is preloaded: axe would copy the styles into the page, which the policy refuses.
RUN_AXE = """async (tags) => {
  const found = await axe.run(document, {
    runOnly: {type: "tag", values: tags}, resultTypes: ["violations"], preload: false,
  });
  return found.violations.map((one) => ({
    rule: one.id,
    nodes: one.nodes.map((node) => ({
      html: node.html.slice(0, 160),
      place: node.target.join(" "),
      why: [...node.any, ...node.all, ...node.none].map((check) => check.message).join("; "),
    })),
  }));
}"""
NOTE_VIOLATIONS = """
  window.__refused = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    window.__refused.push(event.violatedDirective + " " + (event.blockedURI || event.sample));
  });
"""
FACTS = """async () => (await document.fonts.ready, {
  headings: document.querySelectorAll("h1").length,
  language: document.documentElement.lang,
  theme: (() => {
    const parts = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g);
    const [red, green, blue] = parts.map(Number);
    return 2 * red + 5 * green + blue > 8 * 127 ? "light" : "dark";
  })(),
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  refused: window.__refused,
  icon: document.querySelector("link[rel~=icon]") !== null,
  widest: [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter((one) => !one.closest(".visually-hidden, [hidden]"))
    .slice(0, 3).map((one) => one.tagName.toLowerCase() + "." + one.className),
})"""


@cache
def axe_source() -> str:
    """Return axe-core as one script."""
    return AXE.read_text(encoding="utf-8")


@dataclass
class Watch:
    """Listens to a browser's context: messages of the console, faults, requests off the host."""

    base: str
    heard: list[str] = field(default_factory=list)
    status: int = 0

    def attach(self, context: BrowserContext) -> None:
        """Listen from now on."""
        context.add_init_script(NOTE_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", lambda fault: self.heard.append(f"script fault: {fault.error}"))
        context.on("request", self._request)

    def take(self) -> list[str]:
        """Return what was heard since the last time."""
        heard, self.heard = self.heard, []
        return heard

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        # The browser reports the status of an error page itself; of a part it is a fault.
        page = message.page
        if (
            message.text.startswith(NOT_FOUND_WORDS)
            and page is not None
            and message.location.get("url") == page.url
        ):
            return
        place = urlsplit(message.location.get("url", "")).path
        if place == ICON_BY_HABIT:
            return
        self.heard.append(f"console {message.type} at {place}: {message.text}")

    def _request(self, request: Request) -> None:
        scheme = urlsplit(request.url).scheme
        if scheme not in LOCAL_SCHEMES and not request.url.startswith(self.base + "/"):
            self.heard.append(f"request off the host: {request.url}")


def faults_of(
    page: Page, watch: Watch, *, language: str | None = None, theme: str | None = None
) -> Iterator[str]:
    """Name what is wrong with the page that is open, and was heard since the last time."""
    page.evaluate("() => window.scrollTo(0, 0)")  # a page may open where its head covers a link
    facts = page.evaluate(FACTS)
    page.evaluate(axe_source())
    violations = page.evaluate(RUN_AXE, TAGS)
    yield from watch.take()
    for refused in facts["refused"] or []:
        yield f"the policy refused {refused}"
    if facts["headings"] != 1:
        yield f"{facts['headings']} headings of the first order"
    if not facts["icon"]:
        yield "names no icon"
    if facts["wide"] > 0:
        yield f"{facts['wide']} px wider than the window: {', '.join(facts['widest'])}"
    if language is not None and facts["language"] != language:
        yield f"the page is in {facts['language']!r}, not in {language!r}"
    if theme is not None and facts["theme"] != theme:
        yield f"the page is {facts['theme']}, not {theme}"
    yield from (_violation(one) for one in violations)


def _violation(found: dict[str, Any]) -> str:
    nodes = found["nodes"]
    first = nodes[0]
    more = f" and {len(nodes) - 1} more" if len(nodes) > 1 else ""
    return f"axe {found['rule']}: {first['place']} {first['html']}{more}: {first['why']}"
