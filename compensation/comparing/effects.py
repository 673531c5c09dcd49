"""What a change would do: cost, payout ratio, who gains and who loses; exact, from two runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from compensation.comparing.chain import Side
from compensation.comparing.inputs import rows_of
from compensation.comparing.moves import MOST_LARGEST, Amounts, Earned
from compensation.engine import Plan, Results, Unit
from compensation.engine.arrays import Bool, Int
from compensation.engine.money import multiply_and_round
from representatives.models import Representative

PEOPLE_PER_QUERY = 10_000


@dataclass(frozen=True, slots=True)
class Person:
    """A member as people know him."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What a company pays: money in minor units, points in hundredths, over one or more months."""

    commission: int = 0
    rsp: int = 0
    rsp_value: int = 0
    """The points at the plan's cash rate, each member's rounded by the plan; nought without one."""
    net: int = 0
    """Net sales without tax."""
    active: int = 0
    promotions: int = 0

    @property
    def total(self) -> int:
        """Commissions and the value of points."""
        return self.commission + self.rsp_value

    @property
    def payout_ratio(self) -> Fraction | None:
        """The share of net sales that is paid out; ``None`` without sales."""
        return Fraction(self.total, self.net) if self.net > 0 else None

    def plus(self, other: Cost) -> Cost:
        """Add another month; the latest one's active members count."""
        return Cost(
            commission=self.commission + other.commission,
            rsp=self.rsp + other.rsp,
            rsp_value=self.rsp_value + other.rsp_value,
            net=self.net + other.net,
            active=other.active,
            promotions=self.promotions + other.promotions,
        )


@dataclass(frozen=True, slots=True)
class Gain:
    """One person's amounts before and after."""

    person: Person
    rank: str
    """Pay rank before."""
    new_rank: str
    money: tuple[int, int]
    rsp: tuple[int, int]
    value: tuple[int, int]
    """Money with the points at the cash rate."""

    @property
    def change(self) -> int:
        """How much more (or less) it is worth."""
        return self.value[1] - self.value[0]

    @property
    def points_change(self) -> int:
        """How many points more (or fewer)."""
        return self.rsp[1] - self.rsp[0]


@dataclass(frozen=True, slots=True)
class OfRank:
    """How those of one pay rank would fare."""

    rank: str
    members: int
    winners: int
    losers: int
    gained: int
    lost: int
    """Nought or below."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Everything that a change would do."""

    currency: str
    before: Cost
    after: Cost
    components: tuple[tuple[Earned, int, int], ...]
    """What each component (or cap) pays, before and after."""
    by_rank: tuple[OfRank, ...]
    largest: tuple[Gain, ...]
    winners: int
    losers: int
    rank_changes: int
    """How many people would have another pay rank."""
    activated: int
    """How many would be active who are not."""
    deactivated: int

    @property
    def change(self) -> int:
        """How much more (or less) would be paid out in all."""
        return self.after.total - self.before.total


def people(ids: list[int]) -> dict[int, Person]:
    """Return codes and names by id."""
    found: dict[int, Person] = {}
    for start in range(0, len(ids), PEOPLE_PER_QUERY):
        rows = Representative.objects.filter(pk__in=ids[start : start + PEOPLE_PER_QUERY])
        for number, code, name in rows.values_list("pk", "code", "name"):
            found[number] = Person(code, name)
    return found


def valued(points: Int, plan: Plan) -> Int:
    """Give the worth of points at the plan's cash rate, rounded once; noughts without one."""
    if plan.rsp_cash_rate is None:
        return np.zeros_like(points)
    return multiply_and_round(points, plan.rsp_cash_rate.per_point, plan.rounding, "RSP in cash")


@dataclass(slots=True)
class _Sums:
    """Amounts of everybody, added up month by month."""

    money: Int
    rsp: Int
    value: Int

    @classmethod
    def noughts(cls, count: int) -> _Sums:
        """Begin with nothing."""
        return cls(*(np.zeros(count, dtype=np.int64) for _ in range(3)))

    def spread(self, row: Int, count: int) -> _Sums:
        """Make room for others."""
        made = _Sums.noughts(count)
        for name in ("money", "rsp", "value"):
            getattr(made, name)[row] = getattr(self, name)
        return made


@dataclass(slots=True)
class Tally:
    """Adds months up; each is computed twice, as it is and as it would be."""

    ids: Int = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    _sums: list[_Sums] = field(default_factory=lambda: [_Sums.noughts(0), _Sums.noughts(0)])
    _costs: list[Cost] = field(default_factory=lambda: [Cost(), Cost()])
    _components: dict[Earned, list[int]] = field(default_factory=dict)
    _last: tuple[Side, Side] | None = None

    def add(self, before: Side, after: Side) -> tuple[Cost, Cost]:
        """Add a month; give its own costs."""
        ids = np.union1d(np.union1d(self.ids, before.given.members.ids), after.given.members.ids)
        row = np.searchsorted(ids, self.ids)
        self._sums = [one.spread(row, len(ids)) for one in self._sums]
        self.ids = ids
        costs = (self._take(0, before), self._take(1, after))
        self._costs = [all_.plus(one) for all_, one in zip(self._costs, costs, strict=True)]
        self._last = before, after
        return costs

    def _take(self, side: int, computed: Side) -> Cost:
        amounts = Amounts.of(computed.results, computed.plan, self.ids)
        for earned, values in amounts.by_component.items():
            self._components.setdefault(earned, [0, 0])[side] += int(values.sum())
        money, rsp = amounts.total(Unit.MONEY), amounts.total(Unit.RSP)
        worth = valued(rsp, computed.plan)
        sums = self._sums[side]
        sums.money += money
        sums.rsp += rsp
        sums.value += money + worth
        totals = computed.results.totals
        return Cost(
            commission=totals.commission_minor,
            rsp=totals.rsp_credited,
            rsp_value=int(worth.sum()),
            net=totals.net_minor,
            active=totals.active,
            promotions=totals.promotions,
        )

    def effect(self, most: int | None = MOST_LARGEST) -> Effect:
        """Sum it up; ranks and activity are those of the last month that was added."""
        assert self._last is not None, "a month was added"
        before, after = self._last
        ranks, new_ranks = (_by_id(one.results, "pay_rank", self.ids) for one in (before, after))
        active, active_then = (_by_id(one.results, "active", self.ids) == 1 for one in self._last)
        was, now = self._sums
        change = now.value - was.value
        names, new_names = before.plan.ranks.names, after.plan.ranks.names
        same_rank = np.array([names.index(one) if one in names else -2 for one in new_names])
        there = (ranks >= 0) & (new_ranks >= 0)
        return Effect(
            currency=before.plan.currency,
            before=self._costs[0],
            after=self._costs[1],
            components=tuple(
                (earned, was_paid, is_paid)
                for earned, (was_paid, is_paid) in sorted(self._components.items())
            ),
            by_rank=_by_rank(names, ranks, change),
            largest=self._largest(change, ranks, new_ranks, most),
            winners=int((change > 0).sum()),
            losers=int((change < 0).sum()),
            rank_changes=int((there & (ranks != same_rank[new_ranks.clip(min=0)])).sum()),
            activated=int((active_then & ~active).sum()),
            deactivated=int((active & ~active_then).sum()),
        )

    def _largest(
        self, change: Int, ranks: Int, new_ranks: Int, most: int | None
    ) -> tuple[Gain, ...]:
        assert self._last is not None, "a month was added"
        names, new_names = (one.plan.ranks.names for one in self._last)
        was, now = self._sums
        points = now.rsp - was.rsp
        moved: Bool = (change != 0) | (points != 0)
        place = np.flatnonzero(moved)
        order = np.lexsort((self.ids[place], -np.abs(points[place]), -np.abs(change[place])))
        place = place[order][:most]
        known = people(self.ids[place].tolist())
        return tuple(
            Gain(
                person=known[int(self.ids[at])],
                rank=names[ranks[at]] if ranks[at] >= 0 else "",
                new_rank=new_names[new_ranks[at]] if new_ranks[at] >= 0 else "",
                money=(int(was.money[at]), int(now.money[at])),
                rsp=(int(was.rsp[at]), int(now.rsp[at])),
                value=(int(was.value[at]), int(now.value[at])),
            )
            for at in place.tolist()
        )


def _by_id(results: Results, name: str, ids: Int) -> Int:
    """Spread a figure over ids; -1 for who is not among the results."""
    spread = np.full(len(ids), -1, dtype=np.int64)
    spread[rows_of(ids, results.members.ids)] = getattr(results.members, name)
    return spread


def _by_rank(names: tuple[str, ...], ranks: Int, change: Int) -> tuple[OfRank, ...]:
    rows = []
    for index, name in enumerate(names):
        of_rank = change[ranks == index]
        rows.append(
            OfRank(
                rank=name,
                members=len(of_rank),
                winners=int((of_rank > 0).sum()),
                losers=int((of_rank < 0).sum()),
                gained=int(of_rank[of_rank > 0].sum()),
                lost=int(of_rank[of_rank < 0].sum()),
            )
        )
    return tuple(rows)
