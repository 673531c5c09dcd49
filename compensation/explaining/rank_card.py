"""What any rank asks for, to advance to it and to be paid as it: current, required, to go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import Q

from compensation import calendar, selectors
from compensation.engine.figures import as_ranks_take_them
from compensation.engine.plan import Plan
from compensation.engine.requirements import Requirement, digits_of
from compensation.explaining.stored import People, StoredRun
from compensation.models import Carried, RankOverride, Run

IN_A_ROW = "periods_in_a_row"


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement: hundredths, or a count (``engine.requirements.digits_of``)."""

    measure: str
    current: int
    required: int
    bought: int = 0
    """The part of ``current`` that is BV bought with points; of counts 0."""

    @property
    def to_go(self) -> int:
        """What is missing, never below nought."""
        return max(self.required - self.current, 0)

    @property
    def is_met(self) -> bool:
        """Whether nothing is missing."""
        return self.current >= self.required

    @property
    def reached(self) -> Fraction:
        """How much of it is reached, exactly; 1 where it is met."""
        if self.is_met:
            return Fraction(1)
        return Fraction(max(self.current, 0), self.required)


@dataclass(frozen=True, slots=True)
class RankCard:
    """A member and a rank of the ladder, as one run found it; ranks are indexes."""

    rank: int
    advance: list[Row]
    """What advancing to the rank takes, weakest first; met ones last."""
    maintain: list[Row]
    """What being paid as the rank takes, weakest first."""
    title: int
    opening_title: int
    pay: int
    grace_until: date | None
    """Last day up to which the pay rank is held by grace alone; None: it is not."""
    overrides: list[RankOverride]
    """What staff have decided about the pay rank of the period."""

    @property
    def can_advance(self) -> bool:
        """Whether every requirement to advance is met."""
        return all(row.is_met for row in self.advance)


def get_rank_card(
    run: Run, plan: Plan, representative_id: int, *, rank: int | None = None
) -> RankCard | None:
    """Return the card of a rank (an index; by default the next one, at the top the highest).

    None if the member was not in the run.
    """
    people = StoredRun(run).members([representative_id])
    if not len(people):
        return None
    title = int(people.fact("title_rank")[0])
    top = len(plan.ranks.ladder) - 1
    wanted = min(title + 1, top) if rank is None else min(max(rank, 0), top)
    figures = figures_of(people)
    ladder = plan.ranks.ladder[wanted]
    advance = rows_of(ladder.requires, figures)
    if ladder.consecutive_periods > 1:
        row = in_a_row(run, plan, representative_id, wanted, all_met=_all_met(advance))
        advance.append(row)
    return RankCard(
        rank=wanted,
        advance=weakest_first(advance),
        maintain=weakest_first(rows_of(ladder.maintains, figures)),
        title=title,
        opening_title=int(people.fact("opening_title")[0]),
        pay=int(people.fact("pay_rank")[0]),
        grace_until=grace_until(run, plan, int(people.fact("grace_used")[0])),
        overrides=overrides_of(run, representative_id),
    )


def figures_of(people: People, place: int = 0) -> dict[str, int]:
    """Return the figures that ranks go by, by name; bought BV is not in them yet."""
    figures = {name: int(values[place]) for name, values in people.standing.figures.items()}
    # Ranks take the points at the plan's base depth, whatever the depth that is credited.
    figures["rsp_total"] = int(people.fact("rsp_base")[place])
    figures["active"] = int(people.active[place])
    return figures


def rows_of(requires: tuple[Requirement, ...], figures: dict[str, int]) -> list[Row]:
    """Return a row for each requirement of a rank, from figures by name (``figures_of``)."""
    taken = as_ranks_take_them(figures)
    return [
        Row(
            one.measure,
            taken.get(one.measure, 0),
            one.at_least,
            taken[one.measure] - figures[one.measure]
            if digits_of(one.measure) and one.measure in figures
            else 0,
        )
        for one in requires
    ]


def weakest_first(rows: list[Row]) -> list[Row]:
    """Order by what is reached, exactly; equals stay in the order of the plan."""
    return sorted(rows, key=lambda row: (row.is_met, row.reached))


def _all_met(rows: list[Row]) -> bool:
    return all(row.is_met for row in rows)


def in_a_row(run: Run, plan: Plan, member: int, rank: int, *, all_met: bool) -> Row:
    """Return for how many periods in a row the rank's requirements are met, with this one."""
    asked = plan.ranks.ladder[rank]
    before = met_before(run, member, asked.name)
    return Row(IN_A_ROW, before + 1 if all_met else 0, asked.consecutive_periods)


def met_before(run: Run, member: int, rank_name: str) -> int:
    """Return for how many periods in a row a rank's requirements were met before this one."""
    before = selectors.last_posted_run_before(run.period)
    if before is None:
        return 0
    key = f"met:{rank_name}"
    keys = list(before.carried_keys)
    if key not in keys:
        return 0
    found = Carried.objects.filter(
        run_id=before.pk, representative_id=member, key=keys.index(key)
    ).first()
    return int(found.value) if found is not None else 0


def grace_until(run: Run, plan: Plan, used: int) -> date | None:
    """Return the last day of grace, if a rank is held by it."""
    if not used:
        return None
    month = calendar.month(run.period.label)
    for _ in range(plan.ranks.grace_periods - used):
        month = month.next()
    return month.last_day


def overrides_of(run: Run, member: int) -> list[RankOverride]:
    """Return the decisions of staff about a member's pay rank that hold in the run's period."""
    period = run.period
    held = RankOverride.objects.filter(
        Q(last_day__isnull=True) | Q(last_day__gte=period.last_day),
        representative_id=member,
        first_day__lte=period.first_day,
    )
    return list(held.order_by("first_day", "pk"))
