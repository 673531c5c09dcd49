"""Differences between two computations, by member, component and cause; exact, in one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from compensation.engine import Plan, Results, Unit
from compensation.engine.arrays import Int, Int16

MOST_LARGEST = 20


class Cause(StrEnum):
    """Why an amount changed; the order is that in which the input is exchanged."""

    TREE = "tree"
    SALE = "sale"
    RETURN = "return"
    QUALIFICATION = "qualification"
    RANK = "rank"
    CARRIED = "carried"
    PLAN = "plan_rule"


CAUSES = tuple(Cause)


@dataclass(frozen=True, slots=True, order=True)
class Earned:
    """A component (or cap) as far as two plans share it: the same id, paid in the same unit."""

    unit: Unit
    id: str


@dataclass(frozen=True, slots=True)
class Moves:
    """Changes of amounts, ordered by (member, component, cause); none is nought."""

    member: Int
    """Id of the member."""
    component: Int16
    """Index in ``components``."""
    cause: Int16
    """Index in ``CAUSES``."""
    amount: Int
    """Minor units of money or hundredths of RSP."""
    components: tuple[Earned, ...]

    def __len__(self) -> int:
        return len(self.member)

    def of_unit(self, unit: Unit) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Tell which rows are in a unit."""
        of_unit = np.array([one.unit == unit for one in self.components], dtype=np.bool_)
        return of_unit[self.component]

    def total(self, unit: Unit) -> int:
        """Add up all changes in a unit."""
        return int(self.amount[self.of_unit(unit)].sum())

    def by_cause(self, unit: Unit) -> dict[Cause, int]:
        """Add up each cause's changes in a unit; causes without any are left out."""
        chosen = self.of_unit(unit)
        sums = _sums(self.cause[chosen], self.amount[chosen], len(CAUSES))
        return {CAUSES[index]: amount for index, amount in sums.items()}

    def by_component(self) -> dict[Earned, dict[Cause, int]]:
        """Add up each component's changes by cause."""
        key = self.component.astype(np.int64) * len(CAUSES) + self.cause
        sums = _sums(key, self.amount, len(self.components) * len(CAUSES))
        found: dict[Earned, dict[Cause, int]] = {}
        for index, amount in sums.items():
            component, cause = divmod(index, len(CAUSES))
            found.setdefault(self.components[component], {})[CAUSES[cause]] = amount
        return found

    def of_member(self, member: int) -> Iterator[tuple[Earned, Cause, int]]:
        """Give one member's changes."""
        first, last = np.searchsorted(self.member, (member, member + 1))
        for row in range(int(first), int(last)):
            yield (
                self.components[int(self.component[row])],
                CAUSES[int(self.cause[row])],
                int(self.amount[row]),
            )

    def by_member(self, unit: Unit) -> tuple[Int, Int]:
        """Give members whose amounts changed in a unit, ascending, and by how much in all."""
        chosen = self.of_unit(unit)
        return added_up(self.member[chosen], self.amount[chosen])

    def largest(self, unit: Unit, most: int | None = MOST_LARGEST) -> list[tuple[int, int]]:
        """Give the members whose amounts changed most, and by how much; ties by id."""
        members, amounts = self.by_member(unit)
        moved = amounts != 0
        members, amounts = members[moved], amounts[moved]
        order = np.lexsort((members, -np.abs(amounts)))[:most]
        return list(zip(members[order].tolist(), amounts[order].tolist(), strict=True))


def added_up(key: Int, amount: Int) -> tuple[Int, Int]:
    """Give the distinct keys in ascending order and the sum of each one's amounts."""
    if not len(key):
        return key, amount
    order = np.argsort(key, kind="stable")
    key, amount = key[order], amount[order]
    begins = np.flatnonzero(np.concatenate((np.ones(1, dtype=np.bool_), key[1:] != key[:-1])))
    return key[begins], np.add.reduceat(amount, begins)


def _sums(key: np.ndarray, amount: Int, count: int) -> dict[int, int]:
    totals = np.zeros(count, dtype=np.int64)
    np.add.at(totals, key, amount)
    seen = np.bincount(key, minlength=count)
    return {index: int(totals[index]) for index in range(count) if seen[index]}


@dataclass(slots=True)
class Amounts:
    """What each component pays each of ``ids`` (ascending) in one computation."""

    ids: Int
    by_component: dict[Earned, Int]

    @classmethod
    def of(cls, results: Results, plan: Plan, ids: Int) -> Amounts:
        """Take them from results whose members are all among ``ids``."""
        place = np.searchsorted(ids, results.members.ids)
        lines = results.earnings
        found: dict[Earned, Int] = {}
        for index in np.unique(lines.component).tolist():
            chosen = lines.component == index
            unit = Unit(int(lines.unit[np.argmax(chosen)]))
            sums = np.zeros(len(ids), dtype=np.int64)
            np.add.at(sums, place[lines.receiver[chosen]], lines.amount[chosen])
            found[Earned(unit, plan.statement_id(index))] = sums
        return cls(ids, found)

    def total(self, unit: Unit) -> Int:
        """Add up what each member is paid in a unit."""
        sums = np.zeros(len(self.ids), dtype=np.int64)
        for earned, amounts in self.by_component.items():
            if earned.unit == unit:
                sums += amounts
        return sums


@dataclass(slots=True)
class Collector:
    """Gathers the differences between computations that follow each other."""

    ids: Int
    _parts: list[tuple[Earned, Cause, Int, Int]] = field(default_factory=list)

    def add(self, cause: Cause, before: Amounts, after: Amounts, ranks: Sequence[str] = ()) -> None:
        """Note what changed from one computation to the next.

        ``ranks`` names the components whose every change is one of rank.
        """
        for earned in sorted(before.by_component.keys() | after.by_component.keys()):
            mine, theirs = before.by_component.get(earned), after.by_component.get(earned)
            if mine is None:
                assert theirs is not None, "it came from one of them"
                change = theirs
            else:
                change = -mine if theirs is None else theirs - mine
            place = np.flatnonzero(change)
            if not len(place):
                continue
            named = cause
            if earned.id in ranks and cause in (Cause.SALE, Cause.RETURN, Cause.QUALIFICATION):
                named = Cause.RANK
            self._parts.append((earned, named, place, change[place]))

    def moves(self) -> Moves:
        """Put all of it into one table; what cancels out is left out."""
        components = tuple(sorted({earned for earned, *_ in self._parts}))
        index = {earned: number for number, earned in enumerate(components)}
        width = max(len(components), 1) * len(CAUSES)
        keys = [
            place * width + index[earned] * len(CAUSES) + CAUSES.index(cause)
            for earned, cause, place, _ in self._parts
        ]
        nothing = np.zeros(0, dtype=np.int64)
        key, amount = added_up(
            np.concatenate([nothing, *keys]),
            np.concatenate([nothing, *(amounts for *_, amounts in self._parts)]),
        )
        key, amount = key[amount != 0], amount[amount != 0]
        return Moves(
            member=self.ids[key // width],
            component=(key % width // len(CAUSES)).astype(np.int16),
            cause=(key % len(CAUSES)).astype(np.int16),
            amount=amount,
            components=components,
        )
