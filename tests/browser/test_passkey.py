"""Passkeys with Chromium's virtual authenticator, which does what a phone's does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import visits
from tests.browser.conftest import Site
from tests.web.company import PASSWORD

pytestmark = pytest.mark.browser
WHO = "newcomer"


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    """A window of nobody yet, on a host with a name, as passkeys need one, with a device."""
    named = replace(site, base=site.base.replace("127.0.0.1", "localhost"))
    with visits.window(browser, named) as (page, watch):
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                }
            },
        )
        yield page
        assert watch.take() == []


def _type_password(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).not_to_have_url(re.compile("/accounts/login/"))


def _log_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.locator("main").get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def _open_after_password(page: Page, address: str) -> None:
    """Open a page that asks who it is first."""
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(re.compile(re.escape(address) + "$"))


def test_passkey_is_added_logs_in_alone_and_as_second_step_and_is_removed(
    page: Page, site: Site
) -> None:
    email = site.world.emails[WHO]
    _type_password(page, email)
    _open_after_password(page, "/accounts/2fa/webauthn/add/")
    page.get_by_label("Name of the passkey").fill("My phone")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    expect(page.locator(".codes li")).to_have_count(10)

    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("status").filter(has_text="already")).to_be_visible()

    _log_out(page)
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page).not_to_have_url(re.compile("/accounts/"))
    page.goto("/profile/")
    expect(page.get_by_role("region", name="Logging in")).to_contain_text("On: 1 passkey")

    _log_out(page)
    _type_password(page, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).not_to_have_url(re.compile("/accounts/"))

    page.goto("/accounts/2fa/")
    remove = page.get_by_role("link", name=re.compile("Remove.*My phone")).get_attribute("href")
    assert remove is not None
    _open_after_password(page, remove)
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("main")).to_contain_text("No passkey yet")


def test_page_on_a_number_says_why_there_are_no_passkeys(site: Site, browser: Browser) -> None:
    with visits.window(browser, site) as (page, watch):
        page.goto("/accounts/login/")
        page.get_by_role("button", name="Log in with a passkey").click()

        told = page.get_by_role("status").filter(has_text="shows a name and not a number")
        expect(told).to_be_visible()
        expect(page.get_by_role("button", name="Log in with a passkey")).to_be_enabled()
        assert watch.take() == []
