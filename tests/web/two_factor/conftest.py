"""Log-ins and what the tests of two factors share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from representatives.models import Company, User
from tests.web.two_factor.helpers import PASSWORD, Do


@pytest.fixture(autouse=True)
def _company(db: None) -> None:
    Company.objects.update(name="Lindgrove")


@pytest.fixture
def ana() -> User:
    user: User = User.objects.create_user("ana@example.org", PASSWORD)
    return user


@pytest.fixture
def boss() -> User:
    user: User = User.objects.create_user("boss@example.org", PASSWORD, is_superuser=True)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.refresh_from_db()
    return user


@pytest.fixture
def committed(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Do:
    """Do something, and what it leaves for its commit."""

    def do(act: Callable[[], Any]) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return act()

    return do
