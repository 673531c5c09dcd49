"""Lead this process's connections to another server or database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections

KEYS = ("HOST", "PORT", "USER", "PASSWORD", "NAME")
Databases = Mapping[str, Mapping[str, Any]]


def databases_in_use() -> dict[str, dict[str, Any]]:
    """Return where each of Django's connections leads."""
    return {alias: {key: facts[key] for key in KEYS} for alias, facts in settings.DATABASES.items()}


def point(databases: Databases) -> None:
    """Lead connections of this process elsewhere from now on."""
    for alias, facts in databases.items():
        connections[alias].close()
        for known in (
            connections[alias].settings_dict,
            connections.settings[alias],
            settings.DATABASES[alias],
        ):
            known.update(facts)


@contextmanager
def pointed(databases: Databases) -> Iterator[None]:
    """Lead them elsewhere for a while."""
    before = databases_in_use()
    point(databases)
    try:
        yield
    finally:
        point(before)
