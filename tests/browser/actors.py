"""Two ways to use a page: with the pointer, and with nothing but the keyboard."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Locator, Page, expect

MOST_STEPS = 500
# Whether the element that has the focus shows it: an outline, or a shadow where there is none.
SHOWS_FOCUS = """(one) => {
  const style = getComputedStyle(one);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return outlined || style.boxShadow !== "none";
}"""
HAS_FOCUS = "(one) => one === document.activeElement"


class Actor(Protocol):
    """Somebody who uses pages."""

    def press(self, target: Locator) -> None:
        """Follow a link, press a button, open what is folded."""

    def write(self, target: Locator, text: str) -> None:
        """Write into a field, in place of what stands there."""

    def choose(self, target: Locator, label: str) -> None:
        """Choose an entry of a select by its label."""


class Pointer:
    """Uses a mouse or a finger."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)

    def choose(self, target: Locator, label: str) -> None:
        target.select_option(label=label)


class Keyboard:
    """Uses the keyboard alone, and sees where the focus is."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self._reach(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, target: Locator, label: str) -> None:
        self._reach(target)
        self.page.keyboard.type(label)
        expect(target.locator("option:checked")).to_have_text(label)

    def _reach(self, target: Locator) -> None:
        """Tab to an element, past the page's head where there is a link to do so."""
        expect(target).to_be_visible()
        for _ in range(MOST_STEPS):
            if target.evaluate(HAS_FOCUS):
                break
            self.page.keyboard.press("Tab")
        else:
            raise AssertionError(f"{target} can't be reached by Tab")
        assert target.evaluate(SHOWS_FOCUS), f"{target} does not show that it has the focus"


ACTORS: dict[str, type[Pointer] | type[Keyboard]] = {"pointer": Pointer, "keyboard": Keyboard}
