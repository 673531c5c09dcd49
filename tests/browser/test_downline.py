"""The tree by arrow keys, and the picture of a downline: what only a browser can show."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import visits
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

TEXT_SIZES = """
texts => texts.map(one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a)
"""


def _focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def _press_until_at(page: Page, key: str, name: str) -> None:
    for _step in range(100):
        if _focused(page) == name:
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} never leads to {name}")


def test_arrow_keys_go_through_the_tree(browser: Browser, site: Site) -> None:
    with visits.window(browser, site, role="representative") as (page, watch):
        page.goto("/downline/")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.locator(".tree .who a").first.focus()
        _press_until_at(page, "ArrowDown", "Ana Silva")
        row = page.locator(".member", has=page.get_by_role("link", name="Ana Silva", exact=True))
        branch = page.locator("li", has=row).last

        page.keyboard.press("ArrowRight")
        expect(row.locator(".twist")).to_have_attribute("aria-expanded", "true")
        expect(branch.get_by_role("link", name="Celine Petit", exact=True)).to_be_visible()
        page.keyboard.press("ArrowRight")
        assert _focused(page) != "Ana Silva", "the right arrow goes into an open branch"
        page.keyboard.press("ArrowLeft")
        assert _focused(page) == "Ana Silva"
        page.keyboard.press("ArrowLeft")
        expect(row.locator(".twist")).to_have_attribute("aria-expanded", "false")
        expect(branch.get_by_role("link", name="Celine Petit", exact=True)).to_be_hidden()
        page.keyboard.press("ArrowRight")
        expect(branch.get_by_role("link", name="Celine Petit", exact=True)).to_be_visible()

        assert len([url for url in asked if "/people/" in url]) == 1, "a branch is loaded once"
        page.keyboard.press("End")
        page.keyboard.press("Home")
        assert _focused(page) == page.locator(".tree .who a").first.inner_text()
        assert watch.take() == []


def test_the_picture_holds_the_people_of_the_list(browser: Browser, site: Site) -> None:
    with visits.window(browser, site, role="representative") as (page, watch):
        page.goto("/downline/chart/")
        sizes = page.locator(".orgchart-svg text").evaluate_all(TEXT_SIZES)
        assert min(sizes) >= 11, "read without zooming"
        at_once = page.locator(".orgchart-svg .leaf").count()
        assert page.locator("[data-drawn]").inner_text().startswith(f"Drawn: {at_once - 1} of ")
        more = page.get_by_role("button", name="One level more")
        while more.is_enabled():
            more.click()
        drawn = page.locator(".orgchart-svg .leaf").count()
        layer = page.locator(".orgchart-svg > g")

        assert drawn == page.locator("#chart-list li").count()
        assert 1 < drawn <= 300
        before = layer.get_attribute("transform")
        page.get_by_role("button", name="Larger").click()
        assert layer.get_attribute("transform") != before
        page.get_by_role("button", name="Back to the top").click()
        before = layer.get_attribute("transform")
        page.locator(".orgchart-view").hover()
        page.mouse.wheel(0, -400)
        expect(layer).not_to_have_attribute("transform", before or "")

        page.get_by_role("button", name="Back to the top").click()
        page.locator(".orgchart-svg a", has_text="Ana Silva").first.click()
        expect(page).to_have_url(re.compile(rf"root={site.world.codes['Ana Silva']}"))
        expect(page.get_by_role("heading", level=2).first).to_have_text("Ana Silva")
        assert watch.take() == []


def test_a_phone_shows_the_list_until_the_picture_is_asked_for(
    browser: Browser, site: Site
) -> None:
    with visits.window(browser, site, role="representative", width=360) as (page, watch):
        page.goto("/downline/chart/")
        expect(page.locator(".orgchart")).to_be_hidden()
        expect(page.locator("#chart-list li").first).to_be_visible()
        page.get_by_role("button", name="Show the picture").click()
        expect(page.locator(".orgchart")).to_be_visible()
        assert min(page.locator(".orgchart-svg text").evaluate_all(TEXT_SIZES)) >= 11
        assert watch.take() == []


@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_figures_of_the_table_are_in_sight_on_a_phone(
    browser: Browser, site: Site, language: str
) -> None:
    with visits.window(browser, site, role="representative", width=360, language=language) as (
        page,
        watch,
    ):
        page.goto("/downline/?view=table")
        table = page.locator("#people .table-scroll")
        assert table.evaluate("one => one.scrollWidth <= one.clientWidth")
        assert watch.take() == []
