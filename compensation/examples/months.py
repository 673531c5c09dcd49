"""One period of an example: given to the engine, and its answer opened down to order lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

from compensation import engine
from compensation.calendar import CalendarPeriod
from compensation.engine.cuts import most
from compensation.engine.explain import Branch, Upline, Verdict, branch_of, why
from compensation.engine.opening import Opener, StatementLine
from compensation.engine.parts import OrderLines
from compensation.engine.tree import build_tree
from compensation.engine.volumes import Orders, gather_orders
from compensation.examples.cast import Cast, Line
from compensation.examples.reading import Example, ExampleError

EPOCH = date(1970, 1, 1)
_MEMBER_NUMBER = re.compile(r"\bmember (\d+)")


@dataclass(frozen=True, slots=True)
class Part:
    """What one order line has of one statement line; the amount in the engine's smallest units."""

    receiver: str
    component: int
    level: int
    line: str
    amount: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the placement tree: under whom, and 0 on the left, 1 on the right."""

    parent: str
    side: int


class Month:
    """A period that the engine has computed.

    :raises EngineError: if the engine refuses the input.
    """

    def __init__(
        self,
        plan: engine.Plan,
        cast: Cast,
        period: CalendarPeriod | None,
        lines: list[Line],
        returned: list[Line],
        stated: Mapping[str, Mapping[str, int]],
        places: Mapping[str, Place] | None = None,
    ) -> None:
        """Compute a period: its order lines, and the lines of posted months that come back.

        ``places`` are those of the placement tree.
        """
        self.plan = plan
        self._places = places or {}
        self.period = period
        self.lines = lines
        self.names = list(cast.people)
        self._row = {name: row for row, name in enumerate(self.names)}
        self._members = self._engine_members(cast)
        self._sales = self._engine_sales(cast)
        self.results = engine.compute(
            plan,
            self._members,
            self._sales,
            qualifying=self._engine_qualifying(returned),
            stated=self._engine_stated(stated),
        )
        members = self.results.members
        self.position = {
            self.names[row]: position for position, row in enumerate(members.row.tolist())
        }
        self._name_at = [self.names[row] for row in members.row.tolist()]

    def figure(self, name: str, field: str) -> int:
        """Return a figure of a member as the engine gives it."""
        return int(getattr(self.results.members, field)[self.position[name]])

    def downline_size(self, name: str) -> int:
        """Return how many people stand below a member."""
        position = self.position[name]
        return len(range(position + 1, self.figure(name, "subtree_end")))

    def directs(self, name: str) -> list[str]:
        """Return the directly sponsored members."""
        above = self.results.members.sponsor_position.tolist()
        position = self.position[name]
        return [self._name_at[at] for at, sponsor in enumerate(above) if sponsor == position]

    def branch(self, name: str) -> set[str]:
        """Return a member and everybody below."""
        position = self.position[name]
        return set(self._name_at[position : self.figure(name, "subtree_end")])

    def statement_lines(self) -> Iterator[tuple[str, int, int, int]]:
        """Give receiver, component, paid level and amount of each statement line."""
        earnings = self.results.earnings
        columns = (earnings.receiver, earnings.component, earnings.paid_level, earnings.amount)
        for receiver, component, level, amount in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            yield self._name_at[receiver], component, level, amount

    def company_limit(self) -> int:
        """Return what the plan's one cap lets through, in the currency's smallest unit."""
        return most(self.plan, self.plan.caps[0], self._orders)

    def left_behind(self, name: str, key: str) -> int:
        """Return what a period leaves behind for a member under a key."""
        left = self.results.carried
        if key not in left.keys:
            raise KeyError(key)
        chosen = (left.position == self.position[name]) & (left.key == left.keys.index(key))
        return int(left.value[chosen].sum())

    def parts(self, receivers: set[str] | None = None) -> list[Part]:
        """Open statement lines, of some receivers or of all, down to order lines."""
        found = []
        for receiver, index, level, amount in self.statement_lines():
            if receivers is not None and receiver not in receivers:
                continue
            line = self._stored(receiver, index, level, amount)
            for (_, number), share in self._opener.parts(line).items():
                found.append(Part(receiver, index, level, self.lines[number].name, share))
        return found

    def verdicts(self, name: str) -> list[Verdict]:
        """Return for each order below a member, and his own, why it pays him or not."""
        position = self.position[name]
        end = self.figure(name, "subtree_end")
        found = []
        for number in range(len(self._orders)):
            if not position <= int(self._orders.seller[number]) < end:
                continue
            for component in self.plan.components:
                found += [
                    verdict
                    for verdict in self._why(component, number)
                    if verdict.position == position
                ]
        return found

    def _why(self, component: Any, number: int) -> list[Verdict]:
        one = slice(number, number + 1)
        order = Orders(
            **{field.name: getattr(self._orders, field.name)[one] for field in fields(Orders)}
        )
        sponsor = self.results.members.sponsor_position
        seller = int(order.seller[0])
        path = []
        above = int(sponsor[seller])
        while above >= 0:
            path.append(self._upline(above))
            above = int(sponsor[above])
        return why(
            component, order, self._upline(seller), int(self._enrolled_by_position[seller]), path
        )

    def _upline(self, position: int) -> Upline:
        return Upline.of(self.results.members, position)

    # -- what the engine is given ----------------------------------------------------------------

    def _engine_members(self, cast: Cast) -> engine.Members:
        sponsors = cast.sponsors_on(self.period.last_day if self.period else None)
        people = [cast.people[name] for name in self.names]
        ranks = self.plan.ranks.names
        return engine.Members.of(
            list(range(1, len(people) + 1)),
            [self._row[above] if (above := sponsors[name]) else -1 for name in self.names],
            opening_title=[
                ranks.index(title) if (title := person.words.get("title_rank")) in ranks else 0
                for person in people
            ],
            enrolled=[day_number(person.enrolled) for person in people],
            placement=[
                self._row[place.parent] if (place := self._places.get(name)) else -1
                for name in self.names
            ],
            side=[place.side if (place := self._places.get(name)) else -1 for name in self.names],
        )

    def _engine_sales(self, cast: Cast) -> engine.Sales:
        first = cast.first_orders()
        numbers = {line.order: number for number, line in enumerate(self.lines)}
        return engine.Sales.of(
            [self._row[line.seller] for line in self.lines],
            order=[numbers[line.order] for line in self.lines],
            first_order=[line.order in first for line in self.lines],
            **self._facts(self.lines),
        )

    def _facts(self, lines: list[Line]) -> dict[str, Any]:
        return {
            "bv": [line.bv for line in lines],
            "rsp": [line.rsp if line.repeat else 0 for line in lines],
            "rsp_all": [line.rsp for line in lines],
            "net": [minor_units(self.plan, line) for line in lines],
            "own": [line.own for line in lines],
            "day": [day_number(line.day) for line in lines],
            "units": [line.units for line in lines],
            "paid_at": [line.paid_at for line in lines],
        }

    def _engine_qualifying(self, returned: list[Line]) -> engine.Qualifying:
        return engine.Qualifying.of(
            [self._row[line.seller] for line in returned],
            bv=[-line.bv for line in returned],
            own_bv=[-line.bv if line.own else 0 for line in returned],
            rsp=[-line.rsp if line.repeat else 0 for line in returned],
            rsp_all=[-line.rsp for line in returned],
            in_period=[True for _ in returned],
        )

    def _engine_stated(self, stated: Mapping[str, Mapping[str, int]]) -> engine.Stated:
        figures = sorted({figure for said in stated.values() for figure in said})
        return engine.Stated.of(
            len(self.names),
            **{
                figure: [stated.get(name, {}).get(figure, engine.NOT_STATED) for name in self.names]
                for figure in figures
            },
        )

    # -- what the engine's explanations are given ------------------------------------------------

    @cached_property
    def _orders(self) -> Orders:
        return gather_orders(self._sales, build_tree(self._members))

    @cached_property
    def _enrolled_by_position(self) -> Any:
        return self._members.enrolled[self.results.members.row]

    @cached_property
    def _opener(self) -> Opener:
        def branch(line: StatementLine) -> Branch:
            return branch_of(self.results.members, line.position, self._enrolled_by_position)

        def order_lines(positions: Any, below: Branch) -> OrderLines:
            sellers = {self._name_at[at] for at in positions.tolist()}
            lines = self._order_lines([line for line in self.lines if line.seller in sellers])
            seller = lines.orders.seller - below.start
            return replace(lines, orders=replace(lines.orders, seller=seller))

        def statement_lines(
            positions: Any, components: Sequence[int], below: Branch
        ) -> list[StatementLine]:
            names = {self._name_at[at] for at in positions.tolist()}
            return [
                self._stored(*line)
                for line in self.statement_lines()
                if line[0] in names and line[1] in components
            ]

        return Opener(self.plan, branch, order_lines, statement_lines)

    def _stored(self, receiver: str, component: int, level: int, amount: int) -> StatementLine:
        member = self._row[receiver] + 1
        return StatementLine(self.position[receiver], member, component, level, amount)

    def _order_lines(self, lines: list[Line]) -> OrderLines:
        row_of = {line.name: row for row, line in enumerate(self.lines)}
        rows = [row_of[line.name] for line in lines]
        return OrderLines.of(
            [self.position[line.seller] for line in lines],
            self._sales.order[rows],
            [line.order for line in lines],
            rows,
            first_order=self._sales.first_order[rows],
            **self._facts(lines),
        )


def refused(example: Example, cast: Cast, fault: engine.EngineError) -> ExampleError:
    """Return the fault of an example that the engine refuses, with names instead of numbers."""
    names = list(cast.people)

    def name_of(match: re.Match[str]) -> str:
        number = int(match[1])
        return f"member {names[number - 1]}" if 0 < number <= len(names) else match[0]

    message = _MEMBER_NUMBER.sub(name_of, str(fault))
    return ExampleError(f"{example.id}: the engine refuses: {message}", example.line)


def minor_units(plan: engine.Plan, line: Line) -> int:
    """Return the price of an order line in the smallest unit of the plan's currency.

    :raises ExampleError: if it is no whole number of them and the plan pays on prices.
    """
    if plan.currency_digits >= 2:
        return line.price * 10 ** (plan.currency_digits - 2)
    whole, rest = divmod(line.price, 10 ** (2 - plan.currency_digits))
    if rest and any(getattr(one, "on", "") == "net" for one in plan.components):
        raise ExampleError(
            f"{line.name}: the amount has more decimals than the plan's rounding", line.line
        )
    return whole


def day_number(day: date | None) -> int:
    """Return the days since 1970-01-01, the engine's form of a date; 0 for none."""
    return 0 if day is None else (day - EPOCH).days
