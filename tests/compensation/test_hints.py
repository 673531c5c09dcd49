"""A hint that can't be sent loses nothing and shows nobody an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

SEND = "from compensation import tasks; from compensation.models import Run; tasks.hint(Run(pk=1))"
NO_BROKER = {"REDIS_URL": "redis://127.0.0.1:1/0"}


@pytest.mark.django_db(transaction=True)
def test_a_hint_without_a_broker_is_only_logged(run_command: Callable[..., Any]) -> None:
    sent = run_command("shell", "-c", SEND, env=NO_BROKER)

    assert sent.returncode == 0, sent.stderr
    assert "no broker to tell" in sent.stderr + sent.stdout
