"""Fixtures of the tests on people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection


@pytest.fixture
def open_connection(transactional_db: None) -> Iterator[Callable[[], psycopg.Connection[Any]]]:
    """Return a function that opens one more session of the application role."""
    opened: list[psycopg.Connection[Any]] = []

    def open_one() -> psycopg.Connection[Any]:
        parameters = connection.get_connection_params()
        names = ("host", "port", "user", "password", "dbname")
        session = psycopg.connect(**{one: parameters[one] for one in names if one in parameters})
        opened.append(session)
        return session

    yield open_one
    for session in opened:
        session.close()
