"""Every page, for everybody who may see it: phone and desk, light and dark, two languages.

CI looks at a pairwise cover; ``make sweep`` (``SWEEP=whole``) at the whole product.
"""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Browser

from tests.browser import pages, visits
from tests.browser.conftest import Site
from tests.browser.pages import Tour

TOURS = pages.tours(whole=os.environ.get("SWEEP") == "whole")


@pytest.mark.browser
@pytest.mark.parametrize("tour", TOURS, ids=str)
def test_pages_are_sound_wherever_they_are_looked_at(
    tour: Tour, site: Site, browser: Browser
) -> None:
    faults = visits.look_at(browser, site, tour)

    assert not faults, "\n".join(faults)
