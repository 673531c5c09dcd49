"""Where the input of a run comes from: its plan, its windows, and what the run before left."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from compensation import calendar, loaders, selectors, writers
from compensation.engine import Plan
from compensation.engine.digests import input_digest
from compensation.engine.tree import build_tree
from compensation.engine.volumes import gather_orders
from compensation.models import Run
from compensation.needs import Needs
from compensation.period_facts import load_facts
from compensation.plans import load_plan
from compensation.services.errors import UnableToAdvance
from representatives.models import Company


@dataclass(frozen=True, slots=True)
class InputSource:
    """All that is needed to read a period's input, on a connection of its own."""

    plan: Plan
    window: loaders.Window
    titles: loaders.Titles | None
    using: str

    @classmethod
    def of(cls, run: Run) -> Self:
        """Look up where the input of a run comes from.

        :raises UnableToAdvance: if the plan has lost a rank that the earlier one had.
        """
        plan = load_plan(run.plan_version.document)
        return cls(
            plan=plan,
            window=window_of(run, plan),
            titles=titles_before(run, plan),
            using=loaders.address(),
        )

    def load(self, bulk: loaders.Connection) -> loaders.Facts:
        """Read the input in one snapshot."""
        loaders.begin(bulk)
        return load_facts(bulk, self.plan, self.window, self.titles)

    def digest(self) -> str:
        """Read the input and digest it, as the engine does."""
        with closing(loaders.connect(self.using)) as bulk:
            facts = self.load(bulk)
        tree = build_tree(facts.members)
        return input_digest(
            facts.members,
            tree,
            gather_orders(facts.sales, tree),
            facts.qualifying,
            facts.stated,
            facts.carried,
            facts.calendar,
        )


def window_of(run: Run, plan: Plan) -> loaders.Window:
    """The instants between which a run reads facts for a plan, its own or another.

    Where figures reach further back than the period, earlier periods are told apart; where the
    activity window alone does, they come as one.
    """
    period = run.period
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    month = calendar.month(period.label)
    of_quarter = (month.first_day.month - 1) % calendar.MONTHS_PER_QUARTER
    reach = plan.activity.reach(of_quarter)
    begins = _begins(month, zone, reach)
    opens_at = begins[-1] if begins else period.starts_at
    needs = Needs.of(plan)
    if needs.windows:
        begins = _begins(month, zone, max(reach, needs.reach(of_quarter)))
        opens_at = begins[-1] if begins else period.starts_at
    return loaders.Window(
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        first_day=period.first_day,
        last_day=period.last_day,
        opens_at=min(opens_at, period.starts_at),
        zone_name=str(zone),
        period_id=period.pk,
        month_of_quarter=of_quarter,
        begins=begins if needs.windows else (),
    )


def _begins(month: calendar.CalendarPeriod, zone: ZoneInfo, count: int) -> tuple[datetime, ...]:
    """Starts of so many months before this one, the nearest first."""
    return tuple(
        calendar.trailing(month, ago + 1).bounds(zone).starts_at for ago in range(1, count + 1)
    )


def titles_before(run: Run, plan: Plan) -> loaders.Titles | None:
    """What the last posted run left: titles, its ranks found again by name, and what is carried.

    What is carried for a rank, component or ranking that the plan no longer has stays behind.

    :raises UnableToAdvance: if the plan in force has lost a rank that the earlier one had.
    """
    before = selectors.last_posted_run_before(run.period)
    if before is None:
        return None
    carried = carried_by(before)
    if before.plan_version_id == run.plan_version_id:
        return loaders.Titles(before.pk, tuple(range(len(plan.ranks.ladder))), carried)
    names = plan.ranks.names
    ranks = []
    for name in load_plan(before.plan_version.document).ranks.names:
        if name not in names:
            raise UnableToAdvance(f"the plan {run.plan_version} has no rank {name} any more")
        ranks.append(names.index(name))
    return loaders.Titles(before.pk, tuple(ranks), carried)


def carried_by(before: Run) -> tuple[tuple[int, str], ...]:
    """Numbers and names of the keys under which a run carries something on to the next period."""
    return tuple(
        (number, name)
        for number, name in enumerate(before.carried_keys)
        if not name.startswith(writers.RANKING_KEYS)
    )
