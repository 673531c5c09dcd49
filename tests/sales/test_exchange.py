"""Columns go to the database and come back, whatever pieces they come in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import connection

from sales import exchange


@pytest.mark.parametrize("piece", [1, 64, 2**23])
def test_columns_come_back_as_they_went(db: None, monkeypatch: Any, piece: int) -> None:
    monkeypatch.setattr(exchange, "PIECE", piece)
    large = np.array([1, -(2**62), 2**62] * 2_000, dtype=np.int64)
    small = np.arange(6_000, dtype=np.int64) - 3_000
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE went (a bigint, b integer) ON COMMIT DROP")

    exchange.write_columns("pg_temp.went", [large, small], (8, 4))
    a, b = exchange.read_columns(
        "COPY (SELECT a, b FROM pg_temp.went ORDER BY b) TO STDOUT (FORMAT BINARY)", (8, 4)
    )

    assert (a == large).all()
    assert (b == small).all()


@pytest.mark.parametrize("piece", [1, 2**23])
def test_words_go_along(db: None, monkeypatch: Any, piece: int) -> None:
    monkeypatch.setattr(exchange, "PIECE", piece)
    number = np.arange(300, dtype=np.int64)
    word = np.array(["own", "mixed", "zażółć"])[number % 3]
    other = np.array(["due", ""])[number % 2]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE went (a integer, b text, c text) ON COMMIT DROP")

        exchange.write_columns("pg_temp.went (a, b, c)", [number], (4,), [word, other])

        cursor.execute("SELECT a, b, c FROM pg_temp.went ORDER BY a")
        came = cursor.fetchall()
    assert came == list(zip(number.tolist(), word.tolist(), other.tolist(), strict=True))


def test_no_rows_go_as_none(db: None) -> None:
    none = np.zeros(0, dtype=np.int64)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE went (a bigint, b text) ON COMMIT DROP")
        exchange.write_columns("pg_temp.went", [none], (8,), [none.astype(str)])
        cursor.execute("SELECT count(*) FROM pg_temp.went")
        assert cursor.fetchone() == (0,)


def test_nothing_is_nothing_and_a_null_is_refused(db: None) -> None:
    (none,) = exchange.read_columns(
        "COPY (SELECT 1::int8 WHERE false) TO STDOUT (FORMAT BINARY)", (8,)
    )
    assert len(none) == 0
    for query in ("SELECT NULL::int8", "SELECT 1::int4"):
        with pytest.raises(ValueError):
            exchange.read_columns(f"COPY ({query}) TO STDOUT (FORMAT BINARY)", (8,))
