"""Kinds of example with people and sales: points, level percentages, a bonus with its return."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from compensation import calendar, engine
from compensation.calendar import CalendarError, PeriodKind
from compensation.engine.types import Reason
from compensation.examples import plans
from compensation.examples.comparing import Names, Record
from compensation.examples.course import Course, run_periods
from compensation.examples.fields import Fields
from compensation.examples.months import Month, Part
from compensation.examples.period_kinds import PERIODS, parameters_of
from compensation.examples.reading import Example

NEXT_MONTH = "next_month"


def run_rsp_upline(example: Example) -> Record:
    """Answer points by member."""
    parameters = parameters_of(example)
    setup = plans.rsp_upline(parameters)
    kind = PERIODS[parameters.choice("period", tuple(PERIODS), "calendar_month")]
    with_moves = "sponsor_change_takes_effect" in parameters
    if with_moves:
        parameters.choice("sponsor_change_takes_effect", (NEXT_MONTH,))
    closed = _closed(parameters)
    parameters.close()
    course = run_periods(example, setup, kind, closed, with_moves=with_moves)
    answer = answer_of(course, ("rsp", "own", "downline", "bv"))
    answer["total_rsp"] = lambda: sum(
        (amount_in_units(course, movement) for movement in _movements(course, course.months)),
        Decimal(0),
    )
    return answer


def run_unilevel_percent(example: Example) -> Record:
    """Answer commissions by member."""
    parameters = parameters_of(example)
    setup = plans.unilevel_percent(parameters)
    closed = _closed(parameters)
    name = parameters.choice("period", tuple(PERIODS), None)
    parameters.close()
    by_month = bool(closed) or "periods" in example.expected
    kind = PERIODS[name] if name else PeriodKind.MONTH if by_month else None
    course = run_periods(example, setup, kind, closed)
    return answer_of(course, ("commission", "bv"))


def run_level_by_title(example: Example) -> Record:
    """Answer the level on which each member is paid."""
    parameters = parameters_of(example)
    setup = plans.level_by_title(parameters)
    parameters.close()
    return answer_of(run_periods(example, setup, None, set()), ("paid_level",))


def run_flat_bonus_with_return(example: Example) -> Record:
    """Answer a bonus, group volume and the month's rank."""
    parameters = parameters_of(example)
    setup = plans.flat_bonus_with_return(parameters)
    closed = _closed(parameters)
    parameters.close()
    course = run_periods(example, setup, PeriodKind.MONTH, closed)
    return answer_of(course, ("commission", "group_volume", "rank", "bv"))


def _closed(parameters: Fields) -> set[str]:
    """Return the labels of the months that are posted before any refund."""
    labels = set()
    for label in parameters.values("closed_months", []):
        try:
            labels.add(calendar.month(str(label)).label)
        except CalendarError as fault:
            raise parameters.fault("closed_months", str(fault)) from None
    return labels


# -- answering ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Movement:
    """An amount that a member gets, or gives back, on a level of a component."""

    receiver: str
    component: int
    level: int
    amount: int


def _posted(months: Iterable[Month]) -> list[Movement]:
    return [Movement(*line) for month in months for line in month.statement_lines()]


def _taken_back(course: Course, months: Iterable[Month]) -> list[Movement]:
    return [
        Movement(part.receiver, part.component, part.level, part.amount)
        for month in months
        for part in course.of(month)
    ]


def _movements(course: Course, months: list[Month]) -> list[Movement]:
    return _posted(months) + _taken_back(course, months)


def amount_in_units(course: Course, movement: Movement | Part) -> Decimal:
    """Return an amount as a decimal number of points or of money."""
    component = course.months[0].plan.components[movement.component]
    digits = 2 if component.unit is engine.Unit.RSP else course.digits
    return Decimal(f"{movement.amount}E-{digits}")


def answer_of(course: Course, kept: tuple[str, ...]) -> Record:
    """Return everything that an example of people and sales may expect."""
    periods = Names(canonical=_canonical_month)
    for month in course.months:
        if month.period is not None:
            periods[month.period.label] = _members(course, [month], kept)
    posted, back = _posted(course.months), _taken_back(course, course.months)
    roots = [name for name, above in course.cast.sponsors_on(None).items() if above is None]
    answer = Record(
        members=_members(course, course.months, kept),
        posted=lambda: _by_member(course, posted),
        reversed=lambda: _by_member(course, back),
        posted_lines=lambda: sum(movement.amount != 0 for movement in posted),
        reversal_lines=lambda: sum(movement.amount != 0 for movement in back),
        net_total=lambda: sum(
            (amount_in_units(course, movement) for movement in posted + back), Decimal(0)
        ),
    )
    if periods:
        answer["periods"] = periods
    if len(roots) == 1:
        answer["member_count_below_root"] = lambda: course.months[0].downline_size(roots[0])
    return answer


def _canonical_month(label: str) -> str | None:
    for kind in PeriodKind:
        try:
            return calendar.parse_label(kind, label).label
        except CalendarError:
            continue
    return None


def _by_member(course: Course, movements: list[Movement]) -> Names:
    totals = Names({name: Decimal(0) for name in course.cast.people})
    for movement in movements:
        totals[movement.receiver] += amount_in_units(course, movement)
    return totals


def _members(course: Course, months: list[Month], kept: tuple[str, ...]) -> Names:
    """Return each member's answers over some periods."""
    by_level: dict[str, dict[int, Decimal]] = {name: {} for name in course.cast.people}
    for movement in _movements(course, months):
        levels = by_level[movement.receiver]
        known = levels.get(movement.level, Decimal(0))
        levels[movement.level] = known + amount_in_units(course, movement)
    return Names(
        {name: _member(course, months, kept, name, by_level[name]) for name in course.cast.people}
    )


def _member(
    course: Course,
    months: list[Month],
    kept: tuple[str, ...],
    name: str,
    levels: dict[int, Decimal],
) -> Record:
    def volume(field_name: str) -> Callable[[], Decimal]:
        def added() -> Decimal:
            hundredths = (month.figure(name, field_name) for month in months)
            return sum((Decimal(f"{figure}E-2") for figure in hundredths), Decimal(0))

        return added

    def total() -> Decimal:
        return sum(levels.values(), Decimal(0))

    ways: dict[str, Any] = {
        "rsp": total,
        "commission": total,
        "own": lambda: levels.get(0, Decimal(0)),
        "downline": lambda: sum(
            (amount for level, amount in levels.items() if level > 0), Decimal(0)
        ),
        "bv": volume("personal_bv"),
        "group_volume": volume("group_bv"),
        "rank": lambda: _rank(months[-1], name),
        "paid_level": lambda: _paid_level(months, name),
    }
    return Record(
        {key: ways[key] for key in kept},
        by_level=lambda: Names(
            {str(level): amount for level, amount in levels.items()},
            default=Decimal(0),
            canonical=lambda label: label if label.isdecimal() else None,
        ),
        by_source=lambda: _by_source(course, months, name),
        level=lambda: _verdict(months, name, "level"),
        why=lambda: _verdict(months, name, "why"),
    )


def _rank(month: Month, name: str) -> str:
    return month.plan.ranks.names[month.figure(name, "pay_rank")]


def _paid_level(months: list[Month], name: str) -> Any:
    """Return the level on which a member is paid for the sales below him; null for none."""
    verdicts = [verdict for month in months for verdict in month.verdicts(name)]
    levels = sorted({level for verdict in verdicts for level in verdict.paid_levels})
    return " and ".join(map(str, levels)) if levels else None


def _by_source(course: Course, months: list[Month], name: str) -> Names:
    """Return what a member has of each seller, from the parts of his statement lines."""
    sources = Names({source: Decimal(0) for source in course.cast.people})
    for month in months:
        for part in [*month.parts({name}), *course.of(month)]:
            if part.receiver == name:
                sources[course.cast.lines[part.line].seller] += amount_in_units(course, part)
    return sources


def _verdict(months: list[Month], name: str, asked: str) -> Any:
    """Return the level at which a member counts for the sales below him, or why he is not paid.

    Where they differ from sale to sale those that pay him decide; what still differs is all named.
    """
    verdicts = [verdict for month in months for verdict in month.verdicts(name)]
    below = [verdict for verdict in verdicts if verdict.level != 0] or verdicts
    deciding = [verdict for verdict in below if verdict.reason is Reason.PAID] or below
    found: list[Any] = []
    for verdict in deciding:
        value = verdict.level if asked == "level" else verdict.reason.code
        if value not in found:
            found.append(value)
    if len(found) > 1:
        return " or ".join(str(value) for value in found)
    return found[0] if found else None
