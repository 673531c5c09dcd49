"""A hint never undoes or hides what was committed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from representatives.hints import hint_on_commit


class Unwilling:
    """A task whose message can't even be written."""

    name = "unwilling"

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def delay(self, **arguments: Any) -> None:
        self.asked.append(arguments)
        raise TypeError("not to be written")


@pytest.mark.django_db(transaction=True)
def test_whatever_keeps_a_hint_back_shows_nobody_an_error() -> None:
    task = Unwilling()

    with transaction.atomic():
        hint_on_commit(task, number=7)
        assert task.asked == []

    assert task.asked == [{"number": 7}]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_of_what_was_taken_back() -> None:
    task = Unwilling()

    with transaction.atomic():
        hint_on_commit(task, number=7)
        transaction.set_rollback(True)

    assert task.asked == []
