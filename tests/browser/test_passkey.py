"""Passkeys with Chromium's virtual authenticator, which does what a phone's does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import visits
from tests.browser.checks import faults_of
from tests.browser.conftest import Site
from tests.web.company import PASSWORD

pytestmark = pytest.mark.browser
WHO = "newcomer"


@dataclass(frozen=True, slots=True)
class Look:
    """A screen and a language, on which pages are looked at as well."""

    width: int
    theme: str
    language: str


@contextmanager
def _window(site: Site, browser: Browser, look: Look) -> Iterator[tuple[Page, Callable[[], None]]]:
    """Open a window on a host with a name, as passkeys need one, with a device that has them.

    Beside it comes a way to check the page that is shown.
    """
    named = replace(site, base=site.base.replace("127.0.0.1", "localhost"))
    with visits.window(
        browser, named, width=look.width, theme=look.theme, language=look.language
    ) as (page, watch):
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

        def check() -> None:
            found = list(faults_of(page, watch, language=look.language, theme=look.theme))
            assert found == [], page.url

        yield page, check
        assert watch.take() == []


def _type_password(page: Page, email: str, language: str = "") -> None:
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(email)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main form button.btn-primary").first.click()
    expect(page).not_to_have_url(re.compile("/accounts/login/"))
    if language:
        visits.speak(page.context, page.evaluate("window.location.origin"), language)


def _log_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.locator("main").get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def _open_after_password(page: Page, address: str, check: Callable[[], None]) -> None:
    """Open a page that asks who it is first."""
    page.goto(address)
    expect(page).to_have_url(re.compile("/reauthenticate/"))
    check()
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main form button.btn-primary").click()
    expect(page).to_have_url(re.compile(re.escape(address) + "$"))


def test_passkey_is_added_logs_in_alone_and_as_second_step_and_is_removed(
    site: Site, browser: Browser
) -> None:
    email = site.world.emails[WHO]
    with _window(site, browser, Look(1280, "light", "en")) as (page, check):
        _type_password(page, email, "en")
        _open_after_password(page, "/accounts/2fa/webauthn/add/", check)
        check()
        page.get_by_label("Name of the passkey").fill("My phone")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
        expect(page.locator(".codes li")).to_have_count(10)
        check()

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
        check()
        page.get_by_role("button", name="Use a passkey").click()
        expect(page).not_to_have_url(re.compile("/accounts/"))

        page.goto("/accounts/2fa/")
        check()
        remove = page.get_by_role("link", name=re.compile("Remove.*My phone"))
        address = remove.get_attribute("href")
        assert address is not None
        _open_after_password(page, address, check)
        check()
        page.get_by_role("button", name="Remove").click()
        expect(page.locator("main")).to_contain_text("No passkey yet")


def test_pages_behind_the_password_are_sound_on_a_phone(site: Site, browser: Browser) -> None:
    with _window(site, browser, Look(360, "dark", "pl")) as (page, check):
        _type_password(page, site.world.emails["staff"], "pl")
        _open_after_password(page, "/profile/data/", check)
        check()
        for address in ("totp/activate/", "webauthn/add/", "recovery-codes/generate/"):
            page.goto(f"/accounts/2fa/{address}")
            check()


def test_page_on_a_number_says_why_there_are_no_passkeys(site: Site, browser: Browser) -> None:
    with visits.window(browser, site) as (page, watch):
        page.goto("/accounts/login/")
        page.get_by_role("button", name="Log in with a passkey").click()

        told = page.get_by_role("status").filter(has_text="shows a name and not a number")
        expect(told).to_be_visible()
        expect(page.get_by_role("button", name="Log in with a passkey")).to_be_enabled()
        assert watch.take() == []
