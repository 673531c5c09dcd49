"""What people do here from beginning to end, in a real browser, with pointer and keyboard.

Nobody's journey needs another one, and each may be taken any number of times in the same company.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import world
from tests.browser.actors import Actor
from tests.browser.conftest import Site
from tests.browser.journeys import OpenWindow, log_in, reload_until

pytestmark = pytest.mark.browser


def _of_my_menu(page: Page, actor: Actor, name: str) -> None:
    """Press a button of the menu that bears one's own name."""
    menu = page.locator(".me-menu").locator("visible=true").first
    if menu.get_attribute("open") is None:
        actor.press(menu.locator("summary"))
    actor.press(menu.get_by_role("button", name=name))


def _figure(text: str) -> float:
    """Return the first number of a text."""
    found = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    assert found, text
    return float(found[0].replace(",", ""))


def test_log_in_and_out(open_window: OpenWindow, site: Site) -> None:
    with open_window() as (page, actor):
        page.goto("/rank/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
        log_in(page, actor, site.world.emails["representative"], "not the password")
        expect(
            page.get_by_role("alert").or_(page.locator(".alert, .invalid-feedback"))
        ).to_contain_text("not correct")
        expect(page.locator("#id_login")).to_have_value(site.world.emails["representative"])

        log_in(page, actor, site.world.emails["representative"])

        expect(page.get_by_role("heading", level=1)).to_contain_text("Marta")
        _of_my_menu(page, actor, "Log out")
        expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
        page.goto("/")
        expect(page).to_have_url(re.compile("/accounts/login/"))


def test_find_a_person_in_the_downline(open_window: OpenWindow, site: Site) -> None:
    with open_window(role="representative") as (page, actor):
        page.goto("/")
        actor.press(
            page.get_by_role("navigation", name="Main", exact=True).get_by_role(
                "link", name="Downline"
            )
        )
        actor.write(page.locator("main input[name=q]"), "dawid")
        page.keyboard.press("Enter")
        actor.press(page.locator("main").get_by_role("link", name="Dawid Nowak").first)

        expect(page.locator("main")).to_contain_text("Dawid Nowak")
        expect(page.locator("main")).to_contain_text("Personal BV")
        expect(page.locator("main")).not_to_contain_text("@example.org")


def test_read_why_a_sale_did_not_pay(open_window: OpenWindow, site: Site) -> None:
    with open_window(role="representative") as (page, actor):
        page.goto("/orders/")
        row = page.locator("main tr").filter(has_text=site.world.names["returned"])
        actor.press(row.get_by_role("link").first)

        points = page.get_by_role("region", name="Where the points went")
        expect(points.locator(".chain").first).to_contain_text("sold it")
        expect(points.locator(".chain .reason").first).to_be_visible()


def test_see_why_a_deep_sale_paid_nothing(open_window: OpenWindow, site: Site) -> None:
    with open_window(role="representative") as (page, actor):
        page.goto("/earnings/2017-10/")
        actor.press(page.get_by_role("link", name="Sales that did not pay you, and why"))
        sale = page.locator(".sales-list li").filter(has_text=world.DEEP).first
        expect(sale).to_contain_text("Too deep by 1")
        actor.press(sale.locator("a"))

        expect(sale.locator(".chain").first).to_contain_text("sold it")
        expect(sale.locator(".chain").first).to_contain_text("You")


def test_staff_look_as_a_member_and_change_nothing(open_window: OpenWindow, site: Site) -> None:
    with open_window() as (page, actor):
        log_in(page, actor, site.world.emails["superuser"])
        page.goto(f"/staff/people/{site.world.codes['Ana Silva']}/")
        actor.press(page.get_by_role("link", name="As the member sees it"))
        actor.write(page.get_by_label("Reason"), "She called about her points")
        actor.press(page.get_by_role("button", name="Look as this member"))

        banner = page.get_by_role("complementary", name="As a member sees it")
        expect(banner).to_contain_text("Ana Silva")
        page.goto("/customers/new/")
        actor.write(page.get_by_label("Name"), "Nobody at all")
        with page.expect_event("load"):
            actor.press(page.locator("main").get_by_role("button", name="Save", exact=True))
        page.goto("/customers/all/")
        expect(page.locator("main")).not_to_contain_text("Nobody at all")
        actor.press(banner.get_by_role("button", name="End it"))
        expect(banner).to_have_count(0)


def test_an_order_moves_the_live_figures_once_it_is_paid(
    open_window: OpenWindow, site: Site, worker: None
) -> None:
    with open_window() as (page, actor), open_window() as (desk, staff):
        log_in(page, actor, "bruno@example.org")
        figure = page.locator("main .hero").first
        before = _figure(figure.inner_text())
        reference = _place_an_order(page, actor)

        log_in(desk, staff, site.world.emails["superuser"])
        _record_the_payment(desk, staff, reference)

        page.goto("/")
        reload_until(page, lambda: _figure(figure.inner_text()) > before)
        assert _figure(figure.inner_text()) == before + 60, "three pieces at 20 points each"


def _place_an_order(page: Page, actor: Actor) -> str:
    actor.press(
        page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Orders")
    )
    actor.press(page.locator("main").get_by_role("link", name="New order").first)
    actor.choose(page.locator("#id_customer"), "Helena")
    actor.choose(page.locator("#id_product"), "Daily Greens")
    actor.write(page.locator("#id_quantity"), "3")
    actor.press(page.get_by_role("button", name="Add", exact=True))
    expect(page.locator("#order-lines")).to_contain_text("Daily Greens")
    expect(page.locator("#order-lines .order-sum")).to_contain_text("60")
    actor.press(page.get_by_role("button", name="Place the order"))
    expect(page.get_by_text("The order is placed.")).to_be_visible()
    return page.url.rstrip("/").rpartition("/")[2]


def _record_the_payment(desk: Page, staff: Actor, reference: str) -> None:
    expect(desk.get_by_role("heading", level=1)).to_be_visible()
    desk.goto("/admin/sales/order/")
    staff.write(desk.locator("#searchbar"), reference)
    desk.keyboard.press("Enter")
    row = desk.locator("#result_list tbody tr")
    expect(row).to_have_count(1)
    staff.press(row.get_by_role("link", name="Record the payment"))
    staff.write(desk.locator("#id_reference"), f"slip of {reference}")
    staff.press(desk.get_by_role("button", name="Save"))
    expect(desk.get_by_text(f"Order {reference} is paid and counts.")).to_be_visible()


def test_convert_points(open_window: OpenWindow, site: Site) -> None:
    with open_window() as (page, actor):
        log_in(page, actor, "ana@example.org")
        page.goto("/rsp/")
        before = _figure(page.locator("main .hero").first.inner_text())
        actor.write(page.locator("#id_points"), "100")
        expect(page.locator("#calculation input[name=points]").first).to_have_value("100")
        actor.press(page.get_by_role("button", name="Convert to cash"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Confirm the conversion")
        actor.press(page.get_by_role("button", name="Convert now"))
        expect(page.locator("main")).to_contain_text("€2.60")

        page.goto("/rsp/")
        assert _figure(page.locator("main .hero").first.inner_text()) == before - 100


def test_no_other_number_is_converted_than_the_one_typed(
    open_window: OpenWindow, site: Site
) -> None:
    with open_window() as (page, actor):
        log_in(page, actor, "ana@example.org")
        page.goto("/rsp/")
        convert = page.get_by_role("button", name="Convert to cash")
        expect(convert).to_be_enabled()
        was_enabled = page.evaluate(
            """() => {
                const field = document.querySelector("#id_points");
                field.value = "10";
                field.dispatchEvent(new Event("input", { bubbles: true }));
                return !document.querySelector("#calculation button").disabled;
            }"""
        )

        assert not was_enabled
        expect(page.locator("#calculation input[name=points]").first).to_have_value("10")
        expect(convert).to_be_enabled()


def test_read_a_statement_and_take_it_home(open_window: OpenWindow, site: Site) -> None:
    with open_window(role="representative") as (page, actor):
        page.goto("/earnings/")
        actor.press(page.locator("main").get_by_role("link", name="October 2017").first)
        line = page.locator("a.line").first
        amount = line.locator(".amount").inner_text()
        actor.press(line)
        parts = page.locator(f"#{line.get_attribute('aria-controls')}")
        expect(parts).to_contain_text("adds up to the line")
        expect(parts).to_contain_text(amount)
        for name, head in (("PDF", b"%PDF-"), ("CSV", b"")):
            with page.expect_download() as download:
                actor.press(page.get_by_role("link", name=name))
            content = download.value.path().read_bytes()
            assert content.startswith(head)
            assert len(content) > 200


def test_switch_language_and_theme(open_window: OpenWindow, site: Site) -> None:
    with open_window(theme="light", language="en") as (page, actor):
        log_in(page, actor, site.world.emails["newcomer"])
        root = page.locator("html")
        expect(root).to_have_attribute("lang", "en")
        expect(root).to_have_attribute("data-bs-theme", "light")
        _of_my_menu(page, actor, "Light or dark")
        expect(root).to_have_attribute("data-bs-theme", "dark")
        _of_my_menu(page, actor, "Polski")
        expect(root).to_have_attribute("lang", "pl")
        page.goto("/rank/")
        expect(root).to_have_attribute("lang", "pl")
        expect(root).to_have_attribute("data-bs-theme", "dark")
        expect(page.get_by_role("link", name="Struktura").first).to_be_visible()

        _of_my_menu(page, actor, "English")
        expect(root).to_have_attribute("lang", "en")
