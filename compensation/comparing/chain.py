"""Why two computations differ: one kind of input is exchanged after the other.

Between the earlier computation and the later one stand computations in memory, each with one kind
of input more taken from the later side; what changes at a step is due to that kind. The
differences telescope, so that the causes add up to the whole change exactly, for every member and
component. Rules: docs/comparing.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from compensation.comparing.inputs import (
    Input,
    Returned,
    before_returns,
    chosen_qualifying,
    joined_qualifying,
    moved_carried,
    moved_qualifying,
    moved_sales,
    moved_stated,
    rows_of,
    same,
    with_absent,
)
from compensation.comparing.moves import Amounts, Cause, Collector, Moves
from compensation.engine import Members, Plan, Results, Stated, Status
from compensation.engine.arrays import NOT_STATED, Int

HELD_FIGURES = ("personal_bv", "window_bv", "group_bv", "personal_rsp", "window_rsp")
"""Figures that the exchange of sales and people leaves as they were, where tests look at them."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two computations: its plan, what it was given, and what it found."""

    plan: Plan
    given: Input
    returned: Returned
    results: Results


@dataclass(frozen=True, slots=True)
class Difference:
    """Two computations beside each other."""

    ids: Int
    """Everybody who is in one of them, ascending."""
    before: Amounts
    after: Amounts
    moves: Moves


def compare(before: Side, after: Side, between: Side | None = None) -> Difference:
    """Find what changed from one computation to the other, and why.

    ``between`` is the later side under the earlier side's plan, ``None`` where both have the same.

    :raises EngineError: if an input in between can't be computed.
    """
    ids = np.union1d(before.given.members.ids, after.given.members.ids)
    earlier = Amounts.of(before.results, before.plan, ids)
    later = Amounts.of(after.results, after.plan, ids)
    collector = Collector(ids)
    ranks = [one.id for one in before.plan.components if one.kind == "rank_bonus"]
    here, amounts = before.results, earlier
    for cause, results in _exchanges(before, between or after):
        if results is here:
            continue
        following = Amounts.of(results, before.plan, ids)
        collector.add(cause, amounts, following, ranks)
        here, amounts = results, following
    if between is not None:
        collector.add(Cause.PLAN, amounts, later)
    return Difference(ids, earlier, later, collector.moves())


def _exchanges(before: Side, after: Side) -> Iterator[tuple[Cause, Results]]:
    """Give the results after each exchange; the last ones are those of the later side.

    Results are the same object where nothing was exchanged.
    """
    if _same_input(before, after):
        yield Cause.CARRIED, before.results
        return
    stage = _Stage.of(before, after)
    plan, results = before.plan, before.results

    if not same(before.given.members, stage.people):
        results = stage.given.compute(plan)
    yield Cause.TREE, results

    sold = before_returns(stage.given.sales, before.returned)
    later = after.given
    late = later.qualifying.in_period
    window = chosen_qualifying(stage.given.qualifying, ~stage.given.qualifying.in_period)
    results = stage.exchange(plan, results, sales=sold, qualifying=window)
    yield Cause.RETURN, results

    results = stage.exchange(plan, results, sales=before_returns(later.sales, after.returned))
    yield Cause.SALE, results

    back = chosen_qualifying(later.qualifying, late)
    results = stage.exchange(
        plan, results, sales=later.sales, qualifying=joined_qualifying(window, back)
    )
    yield Cause.RETURN, results

    results = stage.exchange(
        plan,
        results,
        qualifying=later.qualifying,
        calendar=later.calendar,
        stated=stage.released(later),
    )
    yield Cause.QUALIFICATION, results

    if stage.carries_the_same(later):
        yield Cause.RANK, after.results
        return
    results = stage.exchange(plan, results, **stage.ranked_as(after))
    yield Cause.RANK, results
    yield Cause.CARRIED, after.results


def _same_input(before: Side, after: Side) -> bool:
    names = ("members", "sales", "qualifying", "stated", "carried", "calendar")
    return all(same(getattr(before.given, name), getattr(after.given, name)) for name in names)


@dataclass(slots=True)
class _Stage:
    """The input in its present mixture."""

    people: Members
    """Everybody, with the later side's tree and membership and the earlier side's titles."""
    given: Input
    stated: Stated
    """What the earlier side was told besides."""
    held_ranks: Int

    @classmethod
    def of(cls, before: Side, after: Side) -> _Stage:
        """Begin with the earlier side's facts on the later side's tree.

        Tests and ranks are held as they were: whoever was active stays it, whatever he sells now.
        """
        everybody = with_absent(after.given.members, before.given.members)
        count = len(everybody)
        row = rows_of(everybody.ids, before.given.members.ids)
        titles = np.zeros(count, dtype=np.int64)
        titles[row] = before.given.members.opening_title
        bought = np.zeros(count, dtype=np.int64)
        bought[row] = before.given.members.bought_bv
        people = replace(everybody, opening_title=titles, bought_bv=bought)
        stated = moved_stated(before.given.stated, row, count)
        nobody = np.full(count, NOT_STATED, dtype=np.int64)
        enrolled = people.status == Status.ENROLLED
        found = before.results.members
        ranks = np.where(enrolled, _by_row(before.results, found.pay_rank, people, 0), 0)
        held = {
            name: _by_row(before.results, getattr(found, name), people, 0)
            for name in HELD_FIGURES
            if name != "group_bv" or not breaks_away(before.plan)
        }
        active = _by_row(before.results, found.active.astype(np.int64), people, 0)
        given = Input(
            members=people,
            sales=moved_sales(before.given.sales, row),
            qualifying=moved_qualifying(before.given.qualifying, row),
            stated=replace(
                stated,
                **held,
                active=active,
                pay_rank=ranks,
                pay_rank_at_least=nobody,
                pay_rank_at_most=nobody,
            ),
            carried=moved_carried(before.given.carried, row),
            calendar=before.given.calendar,
        )
        return cls(people, given, stated, ranks)

    def carries_the_same(self, later: Input) -> bool:
        """Tell whether both sides begin with the same counts, rests and coupons."""
        theirs = moved_stated(later.stated, np.arange(len(later.members)), len(self.people))
        return (
            same(self.given.carried, later.carried)
            and np.array_equal(self.stated.coupons, theirs.coupons)
            and np.array_equal(self.stated.coupons_to_use, theirs.coupons_to_use)
        )

    def released(self, later: Input) -> Stated:
        """Take what the later side was told; ranks stay as they were, and coupons."""
        count = len(self.people)
        nobody = np.full(count, NOT_STATED, dtype=np.int64)
        return replace(
            moved_stated(later.stated, np.arange(len(later.members)), count),
            pay_rank=self.held_ranks,
            pay_rank_at_least=nobody,
            pay_rank_at_most=nobody,
            coupons=self.stated.coupons,
            coupons_to_use=self.stated.coupons_to_use,
        )

    def ranked_as(self, after: Side) -> dict[str, object]:
        """Give everybody the later side's titles and ranks; what is carried stays for the last.

        BV bought with points comes with them: it decides ranks alone.
        """
        later = after.given
        titles, bought = (np.zeros(len(self.people), dtype=np.int64) for _ in range(2))
        titles[: len(later.members)] = later.members.opening_title
        bought[: len(later.members)] = later.members.bought_bv
        ranks = _by_row(after.results, after.results.members.pay_rank, self.people, 0)
        return {
            "members": replace(self.people, opening_title=titles, bought_bv=bought),
            "stated": replace(self.released(later), pay_rank=ranks),
        }

    def exchange(self, plan: Plan, results: Results, **parts: object) -> Results:
        """Put other parts in and compute, unless they are what was there."""
        given = replace(self.given, **parts)  # type: ignore[arg-type]  # fields of the input
        unchanged = all(same(getattr(self.given, name), part) for name, part in parts.items())
        self.given = given
        return results if unchanged else given.compute(plan)


def _by_row(results: Results, values: np.ndarray, people: Members, missing: int) -> Int:
    """Spread values by position over rows; who was not there has ``missing``."""
    spread = np.full(len(people), missing, dtype=np.int64)
    spread[rows_of(people.ids, results.members.ids)] = values
    return spread


def breaks_away(plan: Plan) -> bool:
    """Tell whether a differential of the plan chooses by a group volume of its own."""
    return any(getattr(component, "breakaway", False) for component in plan.components)
