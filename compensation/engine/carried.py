"""What one period leaves behind for the next: counts in a row, legs' rests, coupons held.

Keys name what is carried: ``met:<rank>``, ``held:<rank>``, ``bonus:<component>:<rank>``,
``binary:<component>:left`` and ``:right``, ``coupons:<ranking>``. Noughts are left out. Keys that
a plan no longer uses are dropped. Rules: docs/plan/ranks.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from compensation.engine.arrays import EngineError, Int, whole_numbers


@dataclass(frozen=True, slots=True)
class Carried:
    """What the period before left behind; rows in any order, at most one per member and key."""

    member: Int
    """Row in ``Members``."""
    key: Int
    """Index in ``keys``."""
    value: Int
    keys: tuple[str, ...]

    @classmethod
    def of(
        cls,
        member: npt.ArrayLike,
        key: npt.ArrayLike,
        value: npt.ArrayLike,
        *,
        keys: Sequence[str],
    ) -> Self:
        """Check and bundle.

        :raises EngineError: if lengths or types differ, a key is unknown, or a member has two
            values under one key.
        """
        rows = whole_numbers("carried.member", member, None)
        made = cls(
            member=rows,
            key=whole_numbers("carried.key", key, len(rows)),
            value=whole_numbers("carried.value", value, len(rows)),
            keys=tuple(keys),
        )
        if len(set(made.keys)) != len(made.keys):
            raise EngineError("carried.keys: a key stands in it twice")
        if len(rows) and not bool(((made.key >= 0) & (made.key < len(made.keys))).all()):
            raise EngineError("carried.key: not an index of a key")
        order = np.lexsort((made.key, made.member))
        same = np.diff(made.member[order]) == 0
        if bool((same & (np.diff(made.key[order]) == 0)).any()):
            raise EngineError("carried: a member has two values under one key")
        return made

    @classmethod
    def none(cls) -> Self:
        """Nothing: the first period."""
        nothing = np.zeros(0, dtype=np.int64)
        return cls.of(nothing, nothing, nothing, keys=())

    def by_key(self, position: Int) -> dict[str, Int]:
        """Give each key's values by position in the tree; ``position`` is that of each row.

        :raises EngineError: if a member does not exist.
        """
        if len(self.member) and not 0 <= int(self.member.min()) <= int(self.member.max()) < len(
            position
        ):
            raise EngineError("carried: a member row does not exist")
        found = {}
        for index, name in enumerate(self.keys):
            chosen = self.key == index
            values = np.zeros(len(position), dtype=np.int64)
            values[position[self.member[chosen]]] = self.value[chosen]
            found[name] = values
        return found

    def __len__(self) -> int:
        return len(self.member)


def _nothing() -> Int:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What a period leaves behind, ordered by (position, key); noughts left out."""

    position: Int = field(default_factory=_nothing)
    key: Int = field(default_factory=_nothing)
    """Index in ``keys``."""
    value: Int = field(default_factory=_nothing)
    keys: tuple[str, ...] = ()
    """In alphabetical order; all that the plan may leave behind."""

    @classmethod
    def of(cls, values: Mapping[str, Int]) -> Self:
        """Bundle values by position under their keys."""
        keys = tuple(sorted(values))
        places = [np.flatnonzero(values[name]) for name in keys]
        if not keys:
            return cls()
        position = np.concatenate(places)
        key = np.repeat(np.arange(len(keys)), [len(one) for one in places])
        value = np.concatenate([values[name][at] for name, at in zip(keys, places, strict=True)])
        order = np.lexsort((key, position))
        return cls(position[order], key[order], value[order], keys)

    def __len__(self) -> int:
        return len(self.position)
