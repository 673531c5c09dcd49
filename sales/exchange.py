"""Whole columns between the database and numpy, by binary COPY: millions of rows in seconds.

Every value has a width that is known beforehand and is never null, so that numpy reads and writes
rows without a loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

SIGNATURE = b"PGCOPY\n\xff\r\n\0"
HEADER = SIGNATURE + bytes(8)
TRAILER = b"\xff\xff"
PIECE = 2**23
"""Bytes that are read before they become columns: memory holds the columns, and not the answer."""


def _row(widths: Sequence[int], words: Sequence[str] = ()) -> np.dtype[Any]:
    """Return the layout of a row with integers of these bytes each, and these words after them."""
    parts: list[tuple[str, str]] = [("columns", ">i2")]
    for number, width in enumerate(widths):
        parts += [(f"bytes{number}", ">i4"), (f"value{number}", f">i{width}")]
    for number, word in enumerate(words):
        parts += [(f"length{number}", ">i4"), (f"word{number}", f"S{len(word.encode())}")]
    return np.dtype(parts)


def read_columns(statement: Any, widths: Sequence[int]) -> list[NDArray[np.int64]]:
    """Return the columns that a query gives, integers of these bytes each.

    :raises ValueError: if a value is null or of another width.
    """
    layout = _row(widths)
    parts: list[list[NDArray[np.int64]]] = [[np.zeros(0, dtype=np.int64)] for _width in widths]
    waiting = bytearray()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            waiting += block
            if len(waiting) >= PIECE + len(HEADER):
                _take(waiting, layout, widths, parts)
    if bytes(waiting[-len(TRAILER) :]) != TRAILER:
        raise ValueError("the answer does not come to its end")
    del waiting[-len(TRAILER) :]
    _take(waiting, layout, widths, parts)
    if waiting:
        raise ValueError("the answer is not made of whole rows")
    return [np.concatenate(part) for part in parts]


def _take(
    waiting: bytearray,
    layout: np.dtype[Any],
    widths: Sequence[int],
    parts: list[list[NDArray[np.int64]]],
) -> None:
    """Move the whole rows that have come to the columns; the trailer's two bytes stay."""
    if len(parts[0]) == 1 and waiting.startswith(SIGNATURE):
        del waiting[: len(HEADER)]
    whole = len(waiting) // layout.itemsize
    rows = np.frombuffer(bytes(waiting[: whole * layout.itemsize]), dtype=layout)
    for number, width in enumerate(widths):
        if (rows[f"bytes{number}"] != width).any():
            raise ValueError(f"column {number} holds a null")
        parts[number].append(rows[f"value{number}"].astype(np.int64))
    del waiting[: whole * layout.itemsize]


def write_columns(
    target: str,
    columns: Sequence[NDArray[Any]],
    widths: Sequence[int],
    words: Sequence[NDArray[Any]] = (),
) -> None:
    """Append columns of equal length to a table: integers of these widths, then words.

    `target` is a table, with its columns in brackets where they are not all. Words are of a few
    kinds each: rows with the same words have the same width and are written together.
    """
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {target} FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.write(HEADER)
        for rows in _alike(len(columns[0]), words):
            spelt = [str(each[rows[0]]) for each in words] if len(rows) else []
            layout = _row(widths, spelt)
            at_once = max(1, PIECE // layout.itemsize)
            for start in range(0, len(rows), at_once):
                some = rows[start : start + at_once]
                copy.write(_encode([column[some] for column in columns], widths, spelt, layout))
        copy.write(TRAILER)


def _alike(size: int, words: Sequence[NDArray[Any]]) -> Iterator[NDArray[np.int64]]:
    """Give the places of the rows that have the same words."""
    kinds = np.zeros(size, dtype=np.int64)
    for each in words:
        spelling, place = np.unique(each, return_inverse=True)
        kinds = kinds * len(spelling) + place
    for kind in np.unique(kinds):
        yield np.flatnonzero(kinds == kind)


def _encode(
    columns: Sequence[NDArray[Any]],
    widths: Sequence[int],
    words: Sequence[str],
    layout: np.dtype[Any],
) -> bytes:
    rows = np.empty(len(columns[0]), dtype=layout)
    rows["columns"] = len(widths) + len(words)
    for number, (column, width) in enumerate(zip(columns, widths, strict=True)):
        rows[f"bytes{number}"] = width
        rows[f"value{number}"] = column
    for number, word in enumerate(words):
        spelt = word.encode()
        rows[f"length{number}"] = len(spelt)
        rows[f"word{number}"] = spelt
    return rows.tobytes()
