"""One order and everybody it could pay: who was paid what, who was not, and why.

For each component the engine's verdicts about the seller and each upline, with the statement
lines of the run beside them; what somebody has of the order is that line's part, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from compensation.engine.branches import Missed, Upline, Verdict
from compensation.engine.components import Component, Match
from compensation.engine.explain import why, why_matched
from compensation.engine.opening import lines_behind
from compensation.engine.plan import Plan
from compensation.engine.types import Reason, Unit
from compensation.explaining import facts
from compensation.explaining.glance import is_sliced, share_of
from compensation.explaining.opened import Lines
from compensation.explaining.stored import People
from compensation.models import Earning, Run

Place = tuple[int, int, int]
"""A statement line: receiver, component (or cap), paid level."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What somebody has of the order on one paid level; rate exact, units as the line's."""

    earning: Earning
    level: int
    base: int
    rate: Fraction
    amount: int
    unit: int
    is_exact: bool = True
    """Else its share to the nearest unit: the line's last units are given out otherwise."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Why one person was or was not paid for the order by a component."""

    representative_id: int
    distance: int
    """Uplines between him and the seller, himself included; 0: the seller."""
    verdict: Verdict
    paid: tuple[Paid, ...]
    received_by: int | None
    """Id of who got the level instead, where somebody did."""
    blocked_by: int | None
    """Id of who broke away below him."""
    earner: int | None = None
    """Of a match: id of whose earnings the answer is about."""

    @property
    def reason(self) -> Reason:
        """The reason code."""
        return self.verdict.reason

    @property
    def missed(self) -> tuple[Missed, ...]:
        """What he lacked."""
        return self.verdict.missed


class Sale:
    """An order as one run saw it, with the seller and all uplines as it stored them."""

    def __init__(
        self,
        run: Run,
        plan: Plan,
        *,
        order_id: int,
        seller_id: int,
        line: int | None = None,
        exact: bool = True,
    ) -> None:
        """Read an order; with ``line`` (its number in the order) amounts are told of it alone.

        Unless ``exact`` lines that rest on many others are not opened for the last unit.
        """
        self._exact = exact
        self._matched: dict[Place, int] = {}
        self.run = run
        self.plan = plan
        self._number = line
        self.lines = Lines(run, plan)
        self.sold = facts.lines_of_order(run, order_id)
        self.people: People = self.lines.stored.path(seller_id)

    @property
    def is_in_run(self) -> bool:
        """Whether the order counts in the run's period and the run knew its seller."""
        return self.sold is not None and len(self.people) > 0

    @cached_property
    def ids(self) -> list[int]:
        """Ids of the seller and all uplines, the seller first."""
        found: list[int] = self.people.fact("representative_id")[::-1].tolist()
        return found

    @cached_property
    def earnings(self) -> dict[Place, Earning]:
        """Statement lines of the seller and all uplines."""
        return {
            (line.receiver_id, line.component, line.paid_level): line
            for line in Earning.objects.filter(run_id=self.run.pk, receiver_id__in=self.ids)
        }

    @cached_property
    def path(self) -> list[Upline]:
        """The seller and all uplines, with their statement lines."""
        lines: dict[int, dict[tuple[str, int], tuple[int, int]]] = {one: {} for one in self.ids}
        for (receiver, component, level), line in self.earnings.items():
            key = (self.plan.statement_id(component), level)
            lines[receiver][key] = (line.base, line.amount)
        return [
            replace(one, lines=lines[key])
            for key, one in zip(self.ids, self.people.uplines(), strict=True)
        ]

    @cached_property
    def _id_at(self) -> dict[int, int]:
        return {one.position: key for key, one in zip(self.ids, self.path, strict=True)}

    def verdicts(self, component: Component) -> list[Verdict]:
        """Give the verdicts of a component that pays for sales; none for a match."""
        assert self.sold is not None
        enrolled = int(self.people.standing.enrolled_day[-1])
        whole = self.sold.bundle.orders.whole()
        return why(component, whole, self.path[0], enrolled, self.path[1:], plan=self.plan)

    def verdicts_matched(self, component: Match, earner: int) -> list[Verdict]:
        """Give the verdicts of a match about everybody above an earner."""
        above = self.path[self.ids.index(earner) + 1 :]
        return why_matched(component, above, plan=self.plan)

    def paid_places(self, index: int, earners: Sequence[int] = ()) -> list[Place]:
        """Give the lines of a component that the order has a part in, by the verdicts."""
        component = self.plan.components[index]
        if isinstance(component, Match):
            found = [one for earner in earners for one in self.verdicts_matched(component, earner)]
        else:
            found = self.verdicts(component)
        places = dict.fromkeys(
            (self._id_at[one.position], index, level) for one in found for level in one.paid_levels
        )
        return [place for place in places if place in self.earnings]

    def answers(self) -> Iterator[tuple[int, list[Answer]]]:
        """Give for each component what it says about everybody on the path.

        The list is empty where the order has no share in the component.
        """
        earners: dict[int, set[int]] = {}
        for index, component in enumerate(self.plan.components):
            if isinstance(component, Match):
                whose = set().union(
                    *(earners.get(one, set()) for one in lines_behind(self.plan, component))
                )
                below = [one for one in self.ids if one in whose]
                found = [
                    self._answer(index, verdict, earner)
                    for earner in below
                    for verdict in self.verdicts_matched(component, earner)
                ]
            else:
                found = [self._answer(index, verdict) for verdict in self.verdicts(component)]
            earners[index] = {one.representative_id for one in found if one.verdict.paid_levels}
            yield index, found

    def _answer(self, index: int, verdict: Verdict, earner: int | None = None) -> Answer:
        who = self._id_at[verdict.position]
        paid = []
        for level in verdict.paid_levels:
            line = self.earnings.get((who, index, level))
            if line is not None:
                paid.append(self._paid(line, earner))
        return Answer(
            representative_id=who,
            distance=self.ids.index(who),
            verdict=verdict,
            paid=tuple(paid),
            received_by=_at(self._id_at, verdict.received_by),
            blocked_by=_at(self._id_at, verdict.blocked_by),
            earner=earner,
        )

    @cached_property
    def _keys(self) -> set[tuple[str, int]]:
        """The order lines that amounts are told of."""
        assert self.sold is not None
        return {one.key for one in self.sold.lines if self._number in (None, one.number)}

    def _paid(self, line: Earning, earner: int | None) -> Paid:
        if self._exact:
            base, amount = self._opened(line, earner)
        else:
            base, amount = self._weighed(line, earner)
        place = (line.receiver_id, line.component, line.paid_level)
        self._matched[place] = self._matched.get(place, 0) + amount
        return Paid(
            earning=line,
            level=line.paid_level,
            base=base,
            rate=Fraction(line.rate_num, line.rate_den),
            amount=amount,
            unit=line.unit,
            is_exact=self._exact or line.unit == Unit.RSP or base == line.base,
        )

    def _opened(self, line: Earning, earner: int | None) -> tuple[int, int]:
        """Give base and amount of the order's parts, by opening the whole line."""
        parts = [
            part
            for someone in self.lines.opened(line).people
            if earner is None or someone.representative_id == earner
            for part in someone.parts
            if part.line.key in self._keys
        ]
        base = sum(part.base for part in parts)
        if self.plan.components[line.component].kind == "flat_bonus":
            base = 1 if base else 0
        return base, sum(part.amount for part in parts)

    def _weighed(self, line: Earning, earner: int | None) -> tuple[int, int]:
        """Give base and amount of the order's parts by their share of the line's base."""
        component = self.plan.components[line.component]
        if isinstance(component, Match):
            behind = lines_behind(self.plan, component)
            base = sum(
                amount
                for (receiver, index, _), amount in self._matched.items()
                if receiver == earner and index in behind
            )
            return base, share_of(line, base, nearest=True)
        assert self.sold is not None
        seller = self.people.only(np.array([len(self.people) - 1])).standing
        quantity = component.quantity(self.sold.bundle.orders, seller).tolist()
        if component.kind == "flat_bonus":
            found = component.parts(
                int(component.rate(line.paid_level, self.plan.bv_value)) * max(quantity, default=0),
                self.sold.bundle,
                seller,
            )
            told = zip(self.sold.lines, found.amount.tolist(), strict=True)
            amount = sum(amount for one, amount in told if one.key in self._keys)
            return max(quantity, default=0), amount
        base = sum(
            of_base
            for one, of_base in zip(self.sold.lines, quantity, strict=True)
            if one.key in self._keys
        )
        total = line.base
        if is_sliced(component):
            total = sum(
                one.base
                for (receiver, index, _), one in self.earnings.items()
                if (receiver, index) == (line.receiver_id, line.component)
            )
        return base, share_of(line, base, total, nearest=True)

    def share_through(self, cut: Earning, index: int) -> int:
        """Give what a cut takes off the order's parts in the lines of one component."""
        if not self._exact:
            return sum(
                share_of(cut, amount)
                for (receiver, component, _), amount in self._matched.items()
                if receiver == cut.receiver_id and component == index
            )
        total = 0
        for line, share in self.lines.through(cut):
            if line.component == index and share:
                parts = self.lines.split(line, share)
                total += sum(amount for key, amount in parts if key in self._keys)
        return total

    # -- What is reversed ---------------------------------------------------------------------

    def share(self, earning: Earning, key: tuple[str, int]) -> int:
        """Give what one of the order's lines has of a statement line.

        :raises EngineError: if the facts are not those of the run.
        """
        assert self.sold is not None
        if earning.unit == Unit.RSP and earning.amount == earning.base:
            # Nothing was rounded (points are paid at face value): each part is its own base.
            source = self.plan.components[earning.component]
            seller = self.people.only(np.array([len(self.people) - 1]))
            base = source.quantity(self.sold.bundle.orders, seller.standing)
            place = next(at for at, one in enumerate(self.sold.lines) if one.key == key)
            return int(base[place])
        return self.lines.part_of(earning, key)


def _at(ids: dict[int, int], position: int | None) -> int | None:
    return None if position is None else ids.get(position)
