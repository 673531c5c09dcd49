"""The town, founded on a database of the test's own."""

from __future__ import annotations

import pytest

from tests.compensation.town import Town


@pytest.fixture
def town(founded_town: Town) -> Town:
    """A company with sales in January and February 2017."""
    return founded_town
