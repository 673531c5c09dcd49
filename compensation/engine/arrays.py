"""Array types of the engine, and the checks that all input goes through."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

Int = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Int16 = npt.NDArray[np.int16]
Bool = npt.NDArray[np.bool_]

LATER = "later"
"""Marks a field whose key came after plans were stored: its default is not part of the digest."""
NOT_STATED = int(np.iinfo(np.int64).min)
"""Marks a member for whom ``Stated`` says nothing."""


class EngineError(ValueError):
    """The input can't be computed; the message names ids, orders or the figure at fault."""


def whole_numbers(name: str, values: npt.ArrayLike, length: int | None) -> Int:
    """Take values as 64-bit numbers in one dimension; ``length`` is asked for where given.

    :raises EngineError: naming ``name``, if they are anything else.
    """
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise EngineError(f"{name}: whole numbers in one dimension are needed, not {array.dtype}")
    if array.dtype == np.uint64 and array.size and int(array.max()) > np.iinfo(np.int64).max:
        raise EngineError(f"{name}: a number does not fit into 64 bits")
    if length is not None and len(array) != length:
        raise EngineError(f"{name}: {len(array)} elements, {length} are needed")
    return np.ascontiguousarray(array, dtype=np.int64)


def as_numbers(values: npt.NDArray[np.integer[Any]] | Bool) -> Int:
    """Take whole numbers of any width, or truth values (1 and 0), as 64-bit numbers."""
    return values.astype(np.int64)


def column(values: Iterable[int]) -> Int:
    """Put whole numbers into an array; none at all are an empty one of the same type."""
    return np.array(list(values), dtype=np.int64)


def truths(name: str, values: npt.ArrayLike, length: int) -> Bool:
    """Take ``length`` values as truth values in one dimension.

    :raises EngineError: naming ``name``, if they are anything else.
    """
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.bool_)
    if array.dtype != np.bool_ or array.ndim != 1:
        raise EngineError(f"{name}: true/false values in one dimension are needed")
    if len(array) != length:
        raise EngineError(f"{name}: {len(array)} elements, {length} are needed")
    return np.ascontiguousarray(array)
