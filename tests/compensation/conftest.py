"""The town, founded on a database of the test's own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compensation.town import Town, build_town


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Any) -> None:
    """Hash quickly: no test here is about passwords."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def town(transactional_db: None) -> Town:
    """A company with sales in January and February 2017."""
    return build_town()
