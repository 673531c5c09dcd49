"""The town, founded on a database of the test's own."""

from __future__ import annotations

import pytest

from tests.compensation.town import Town, build_town


@pytest.fixture
def town(transactional_db: None) -> Town:
    """A company with sales in January and February 2017."""
    return build_town()
