"""A statement line opened: who stands behind it, which order lines, and what each of them has.

Built on the engine's ``Opener``; a line of a match opens through the lines that it matched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from compensation.engine.branches import Branch
from compensation.engine.caps import Cap
from compensation.engine.components import Component, FlatBonus, Match
from compensation.engine.explain import orders_behind
from compensation.engine.opening import Opener, StatementLine, source_of
from compensation.engine.parts import OrderLines, Parts, allot, line_parts
from compensation.engine.plan import Plan
from compensation.engine.types import EngineError, Int
from compensation.explaining import facts
from compensation.explaining.stored import People, StoredRun
from compensation.explaining.walking import rule_for
from compensation.models import Earning, Run

Key = tuple[str, int]
"""An order line: the order's reference and the line's number."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one order line has of a statement line; ``base`` in the unit of the line's base."""

    line: facts.SoldLine
    base: int
    amount: int


@dataclass(frozen=True, slots=True)
class Someone:
    """Someone behind a line with all that is his of it: a seller, or the earner of a match."""

    representative_id: int
    level: int
    """Levels below the receiver in the tree."""
    active: bool
    base: int
    amount: int
    parts: list[Part] = field(default_factory=list)
    through: list[tuple[StatementLine, int]] = field(default_factory=list)
    """Of a match or a cut: his lines behind it, each with its share of the amount."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A statement line and everybody behind it, the largest base first."""

    earning: Earning
    people: list[Someone]
    base: int
    amount: int
    """Sums of the parts."""
    unopened: int = 0
    """What hangs on no order: a bonus for a rank, a pool, cycles, and what matches or cuts them."""
    is_whole: bool = True
    """Whether all parts are here; else the first ones, and the sums are the line's own."""

    @property
    def adds_up(self) -> bool:
        """Whether the parts make up the line: not while a preview and the facts have parted."""
        return self.amount + self.unopened == self.earning.amount

    @property
    def part_count(self) -> int:
        """Number of order lines that have a part."""
        return sum(len(one.parts) for one in self.people)


@dataclass(frozen=True, slots=True)
class _Behind:
    """The people that a line needs, and the same as a branch."""

    people: People
    branch: Branch


class Lines:
    """Opens statement lines of one run; what has been read is kept."""

    def __init__(self, run: Run, plan: Plan) -> None:
        self.run = run
        self.plan = plan
        self.stored = StoredRun(run)
        self._behind: dict[tuple[int, int, int], _Behind] = {}
        self._of_branch: dict[int, People] = {}
        self._sold: dict[Key, facts.SoldLine] = {}
        self._parts_of: dict[StatementLine, dict[Key, int]] = {}
        self._opened_before: dict[tuple[int, int, int], Opened] = {}
        self._opener = Opener(plan, self._branch, self._order_lines, self._statement_lines)

    def opened(self, earning: Earning) -> Opened:
        """Open a line down to order lines, once."""
        key = (earning.receiver_id, earning.component, earning.paid_level)
        if key not in self._opened_before:
            self._opened_before[key] = self.open(earning)
        return self._opened_before[key]

    def open(self, earning: Earning) -> Opened:
        """Open a line down to order lines."""
        source = source_of(self.plan, earning.component)
        if isinstance(source, (Match, Cap)):
            return self._open_through(earning)
        if not source.opens_to_orders:
            return Opened(earning, [], 0, 0, unopened=earning.amount)
        line = statement_line(earning)
        people = self._read(line).people
        sold = self._lines_of(people, self._opener.behind(line))
        if sold is not None:
            orders = sold.bundle.orders
            branch = self._branch(line)
            sold = sold.only(orders_behind(source, line.paid_level, branch, orders))
        if sold is None:
            return Opened(earning, [], 0, 0)
        try:
            found = line_parts(source, earning.amount, sold.bundle, people.standing)
        except EngineError:  # newer facts than the run's: the bases alone can be told
            base = source.quantity(sold.bundle.orders, people.standing)
            found = Parts(base=base, amount=np.zeros(len(base), dtype=np.int64))
        parts = [
            (line.seller_id, Part(line, base, amount))
            for line, base, amount in zip(
                sold.lines, found.base.tolist(), found.amount.tolist(), strict=True
            )
            if base or amount
        ]
        return self._opened(earning, parts, {}, by_orders=isinstance(source, FlatBonus))

    def has_sellers(self, member: int, component: Component, level: int) -> bool:
        """Tell whether anybody sells on a level of a member, paid or not."""
        people = self.stored.branch(member, partial(rule_for, component, level))
        places = component.behind(level, people.branch())
        return bool((people.fact("order_count")[places] > 0).any())

    def part_of(self, earning: Earning, key: Key) -> int:
        """Give what one order line has of a line.

        :raises EngineError: if the line can't be opened: the facts are not those of the run.
        """
        return self._parts(statement_line(earning)).get(key, 0)

    def through(self, earning: Earning) -> list[tuple[StatementLine, int]]:
        """Give the lines behind a match or a cut, each with its share of the amount."""
        return self._opener.through(statement_line(earning))

    def split(self, line: StatementLine, share: int) -> list[tuple[Key, int]]:
        """Share out over a line's order lines what a match or a cut has of it."""
        behind = sorted(self._parts(line).items())
        if not behind:
            return []
        amounts = shared(share, [amount for _, amount in behind])
        return [(key, amount) for (key, _), amount in zip(behind, amounts, strict=True)]

    def _parts(self, line: StatementLine) -> dict[Key, int]:
        if line not in self._parts_of:
            self._parts_of[line] = self._opener.parts(line)
        return self._parts_of[line]

    def _open_through(self, earning: Earning) -> Opened:
        """Open a match or a cut: the lines behind it, and through them the order lines."""
        parts: list[tuple[int, Part]] = []
        lines_of: dict[int, list[tuple[StatementLine, int]]] = {}
        unopened = 0
        for one, share in self.through(earning):
            lines_of.setdefault(one.member, []).append((one, share))
            behind = self._parts(one)
            if not behind:
                unopened += share
            for key, amount in self.split(one, share):
                parts.append((one.member, Part(self._sold[key], behind[key], amount)))
        return self._opened(earning, parts, lines_of, unopened=unopened)

    def _opened(
        self,
        earning: Earning,
        parts: Sequence[tuple[int, Part]],
        lines_of: dict[int, list[tuple[StatementLine, int]]],
        *,
        unopened: int = 0,
        by_orders: bool = False,
    ) -> Opened:
        people = self._read(statement_line(earning)).people
        by_person: dict[int, list[Part]] = {key: [] for key in lines_of}
        for key, part in parts:
            by_person.setdefault(key, []).append(part)
        place_of = {one: at for at, one in enumerate(people.fact("representative_id").tolist())}
        depth, active = people.fact("depth").tolist(), people.active.tolist()
        found = []
        for key, own in by_person.items():
            through = lines_of.get(key, [])
            base = sum(part.base for part in own)
            if by_orders:  # the count of orders stands on each of their lines
                base = len({part.line.order_id for part in own if part.base})
            found.append(
                Someone(
                    representative_id=key,
                    level=depth[place_of[key]] - depth[0],
                    active=active[place_of[key]],
                    base=sum(line.amount for line, _ in through) if through else base,
                    amount=sum(part.amount for part in own),
                    parts=own,
                    through=through,
                )
            )
        found.sort(key=lambda one: (-abs(one.base), one.representative_id))
        return Opened(
            earning,
            found,
            base=sum(one.base for one in found),
            amount=sum(one.amount for one in found),
            unopened=unopened,
        )

    # -- What the opener asks for ------------------------------------------------------------

    def _branch(self, line: StatementLine) -> Branch:
        return self._read(line).branch

    def _order_lines(self, positions: Int, branch: Branch) -> OrderLines:
        sold = self._lines_of(self._of_branch[id(branch)], positions)
        return OrderLines.of([], [], [], []) if sold is None else sold.bundle

    def _statement_lines(
        self, positions: Int, components: Sequence[int], branch: Branch
    ) -> list[StatementLine]:
        people = self._of_branch[id(branch)]
        ids = people.fact("representative_id")[positions].tolist()
        lines = Earning.objects.filter(
            run_id=self.run.pk, receiver_id__in=ids, component__in=list(components)
        )
        return [statement_line(one) for one in lines]

    def _read(self, line: StatementLine) -> _Behind:
        """Read as much of the receiver's branch as the line needs."""
        key = (line.member, line.component, line.paid_level)
        if key not in self._behind:
            source = source_of(self.plan, line.component)
            people = self.stored.branch(line.member, partial(rule_for, source, line.paid_level))
            behind = _Behind(people, people.branch())
            self._behind[key] = behind
            self._of_branch[id(behind.branch)] = people
        return self._behind[key]

    def _lines_of(self, people: People, places: Int) -> facts.Sold | None:
        ids = people.fact("representative_id")
        selling = places[people.fact("order_count")[places] > 0]
        sellers = {int(ids[at]): int(at) for at in selling.tolist()}
        sold = facts.lines_of_sellers(self.run, sellers)
        if sold is not None:
            self._sold |= {line.key: line for line in sold.lines}
        return sold


def statement_line(earning: Earning) -> StatementLine:
    """Give a stored line as the engine opens it: its branch begins at the member, position 0."""
    return StatementLine(
        position=0,
        member=earning.receiver_id,
        component=earning.component,
        paid_level=earning.paid_level,
        amount=earning.amount,
    )


def shared(amount: int, weights: Sequence[int]) -> list[int]:
    """Share out by largest remainder; ties go in the given order."""
    places = np.arange(len(weights))
    names = np.zeros(len(weights), dtype=np.str_)
    shares: list[int] = allot(amount, np.array(weights, dtype=np.int64), names, places).tolist()
    return shares
