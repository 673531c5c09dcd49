"""What changed from one run to another, per member and component, and why.

Both runs are computed once more from the facts that they knew, which proves that they are what is
compared; a run that can't be rebuilt is refused. Rules: docs/comparing.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext

from compensation import loaders, selectors
from compensation.comparing import facts
from compensation.comparing.chain import Difference, Side, compare
from compensation.comparing.effects import PEOPLE_PER_QUERY, Person, people
from compensation.comparing.facts import Rebuilt, UnableToCompare
from compensation.comparing.moves import MOST_LARGEST, Cause, Earned
from compensation.engine import EngineError, SumTooLargeError, Unit
from compensation.loaders import UnableToLoad
from compensation.models import Run, RunStatus
from compensation.services.errors import UnableToAdvance

FAULTS = (EngineError, SumTooLargeError, UnableToLoad, UnableToAdvance)


class UnknownRun(UnableToCompare):
    """No run is meant by what was given."""


@dataclass(frozen=True, slots=True)
class RunDifference:
    """Two runs and all that changed between them."""

    before: Run
    after: Run
    currency: str
    difference: Difference

    def totals(self, unit: Unit) -> tuple[int, int]:
        """Give what both runs pay in a unit."""
        both = (self.difference.before, self.difference.after)
        first, last = (int(amounts.total(unit).sum()) for amounts in both)
        return first, last

    def of_member(self, member: int) -> dict[Earned, tuple[int, int, dict[Cause, int]]]:
        """Give one member's amounts before and after, and the causes, by component."""
        place = int(np.searchsorted(self.difference.ids, member))
        found: dict[Earned, tuple[int, int, dict[Cause, int]]] = {}
        if place >= len(self.difference.ids) or int(self.difference.ids[place]) != member:
            return found
        before, after = self.difference.before.by_component, self.difference.after.by_component
        for earned in sorted(before.keys() | after.keys()):
            amounts = tuple(
                int(side[earned][place]) if earned in side else 0 for side in (before, after)
            )
            if any(amounts):
                found[earned] = (amounts[0], amounts[1], {})
        for earned, cause, amount in self.difference.moves.of_member(member):
            found.setdefault(earned, (0, 0, {}))[2][cause] = amount
        return found


def get_run(text: str) -> Run:
    """Return the run of an id, or the one that pages show for a month such as 2017-03.

    :raises UnknownRun: if there is none.
    """
    runs = Run.objects.select_related("period", "plan_version")
    if text.isascii() and text.isdigit() and len(text) < 19:
        run = runs.filter(pk=int(text)).first()
        if run is None:
            raise UnknownRun(f"there is no run {text}")
        return run
    period = selectors.get_period(text)
    if period is None:
        raise UnknownRun(f"there is no run and no month {text!r}")
    posted = selectors.posted_run(period)
    shown = posted.pk if posted is not None else period.visible_run_id
    if shown is None:
        raise UnknownRun(f"{text} has not been computed yet")
    return runs.get(pk=shown)


def compare_runs(before: Run, after: Run) -> RunDifference:
    """Compare two runs: month against month, preview against preview, plan against plan.

    :raises UnableToCompare: if one was not computed or can't be rebuilt, or they pay in different
        currencies.
    """
    for run in (before, after):
        if run.status == RunStatus.RUNNING:
            raise UnableToCompare(
                gettext("run %(pk)s of %(label)s is still being computed")
                % {"pk": run.pk, "label": run.period.label}
            )
    try:
        with facts.snapshot() as bulk:
            difference, currency = _compared(bulk, before, after)
    except FAULTS as fault:
        raise UnableToCompare(str(fault)) from fault
    return RunDifference(before, after, currency, difference)


def _compared(bulk: loaders.Connection, before: Run, after: Run) -> tuple[Difference, str]:
    earlier, later = facts.rebuild(bulk, before), facts.rebuild(bulk, after)
    plan, new_plan = earlier.loaded.plan, later.loaded.plan
    if plan.currency != new_plan.currency:
        raise UnableToCompare(
            gettext("one pays in %(currency)s, the other in %(other)s")
            % {"currency": plan.currency, "other": new_plan.currency}
        )
    between = None
    if plan.digest() != new_plan.digest():
        loaded = facts.under_plan(bulk, later, plan)
        between = Side(plan, loaded.given, loaded.returned, loaded.given.compute(plan))
    return compare(_side(earlier), _side(later), between), plan.currency


def _side(rebuilt: Rebuilt) -> Side:
    loaded = rebuilt.loaded
    return Side(loaded.plan, loaded.given, loaded.returned, rebuilt.results)


def rows(found: RunDifference) -> Iterator[tuple[str, Earned, int, int, Cause, int]]:
    """Give every move: code, component, amount before and after, cause and change; by member."""
    difference = found.difference
    moves = difference.moves
    place = np.searchsorted(difference.ids, moves.member)
    begins = range(0, len(moves), PEOPLE_PER_QUERY)
    for start in begins:
        part = slice(start, start + PEOPLE_PER_QUERY)
        known = people(np.unique(moves.member[part]).tolist())
        for at, member, component, cause, amount in zip(
            place[part].tolist(),
            moves.member[part].tolist(),
            moves.component[part].tolist(),
            moves.cause[part].tolist(),
            moves.amount[part].tolist(),
            strict=True,
        ):
            earned = moves.components[component]
            sides = (difference.before.by_component, difference.after.by_component)
            was, now = (int(side[earned][at]) if earned in side else 0 for side in sides)
            yield known[member].code, earned, was, now, tuple(Cause)[cause], amount


def largest(
    found: RunDifference, unit: Unit, most: int | None = MOST_LARGEST
) -> list[tuple[int, Person, int, int, dict[Cause, int]]]:
    """Give the members whose amounts changed most in a unit: before, after, and the causes."""
    difference = found.difference
    moved = difference.moves.largest(unit, most)
    known = people([member for member, _ in moved])
    before, after = difference.before.total(unit), difference.after.total(unit)
    rows = []
    for member, _ in moved:
        place = int(np.searchsorted(difference.ids, member))
        causes: dict[Cause, int] = {}
        for earned, cause, amount in difference.moves.of_member(member):
            if earned.unit == unit:
                causes[cause] = causes.get(cause, 0) + amount
        rows.append((member, known[member], int(before[place]), int(after[place]), causes))
    return rows
