"""Kinds of example with people and sales: points, level percentages, a bonus with its return."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from compensation import calendar, engine
from compensation.calendar import CalendarError, CalendarPeriod, PeriodKind
from compensation.engine.parts import reverse_part
from compensation.engine.types import Reason
from compensation.examples import plans
from compensation.examples.cast import Cast, Line, Refund, read_cast
from compensation.examples.comparing import Names, Record
from compensation.examples.fields import Fields
from compensation.examples.months import Month, Part, refused
from compensation.examples.period_kinds import PERIODS, content_of, parameters_of
from compensation.examples.reading import Example, ExampleError
from compensation.examples.setup import Setup

NEXT_MONTH = "next_month"


@dataclass(slots=True)
class Course:
    """The periods of an example in order, as computed, and what was reversed in each."""

    example: Example
    cast: Cast
    months: list[Month]
    reversed: list[list[Part]] = field(default_factory=list)
    """Beside each month: the parts that it takes back, amounts already negative."""
    digits: int = 2

    def of(self, month: Month) -> list[Part]:
        """Return what a month takes back."""
        return self.reversed[self.months.index(month)]


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


# -- running the periods in order -----------------------------------------------------------------


def run_periods(
    example: Example,
    setup: Setup,
    kind: PeriodKind | None,
    closed: set[str],
    *,
    with_moves: bool = False,
    recast: Callable[[Cast], Cast] | None = None,
) -> Course:
    """Compute the periods of an example in order."""
    content = content_of(example, "members", "sales", "refunds", "sponsor_changes", "generator")
    cast = read_cast(content, with_moves=with_moves)
    if recast is not None:
        cast = recast(cast)
    plan = setup.plan(example)
    _need_enrolment(example, plan, cast)
    if kind is not None and all(line.day is None for line in cast.lines.values()):
        kind = None
    course = Course(example, cast, [], digits=plan.currency_digits)
    at_once = "posted" in example.expected or "reversed" in example.expected
    for period in _periods(example, cast, kind):
        sold = [
            line
            for line in cast.lines.values()
            if line.is_paid and _period_of(line, kind, example) == period
        ]
        back = [
            refund
            for refund in cast.refunds
            if kind is None or calendar.period_of_day(kind, refund.day) == period
        ]
        posted, netted = _split_refunds(cast, kind, closed, at_once=at_once)
        lines = [line for line in sold if line.name not in netted]
        here = [cast.lines[refund.sale] for refund in back if refund.sale in posted]
        # What is sold and comes back in one and the same posted run lowers no other volume.
        returned = [line for line in here if line not in lines]
        matter = _who_matters(cast, setup, lines)
        stated = {
            name: setup.stated_of(person, period, example.id, matters=name in matter)
            for name, person in cast.people.items()
        }
        try:
            month = Month(plan, cast, period, lines, returned, stated)
            course.months.append(month)
            course.reversed.append(_take_back(course, here))
        except engine.EngineError as fault:
            raise refused(example, cast, fault) from None
    return course


def _who_matters(cast: Cast, setup: Setup, lines: list[Line]) -> set[str | None]:
    """Return who can be paid, or decide a payment, by these order lines."""
    if not lines:
        return set()
    above = {person.sponsor for person in cast.people.values()}
    above |= {move.sponsor for move in cast.moves}
    sellers = {line.seller for line in lines} if setup.sellers_matter else set()
    return above | sellers


def _need_enrolment(example: Example, plan: engine.Plan, cast: Cast) -> None:
    """Refuse a plan that counts days from an enrolment that the example does not name."""
    if all(getattr(component, "window_days", None) is None for component in plan.components):
        return
    for line in cast.lines.values():
        if cast.people[line.seller].enrolled is None or line.day is None:
            raise ExampleError(
                f"{example.id}: the plan counts days from the enrolment of {line.seller} to sale"
                f" {line.name}; both dates are needed",
                line.line,
            )


def _periods(example: Example, cast: Cast, kind: PeriodKind | None) -> list[CalendarPeriod | None]:
    """Return the periods in which something happens or is expected, in order."""
    if kind is None:
        return [None]
    days = [line.day for line in cast.lines.values() if line.day is not None]
    days += [refund.day for refund in cast.refunds]
    found = {calendar.period_of_day(kind, day) for day in days}
    expected = example.expected.get("periods")
    for label, line in getattr(expected, "lines", {}).items():
        try:
            found.add(calendar.parse_label(kind, label))
        except CalendarError as fault:
            raise ExampleError(f"{example.id}: expected periods: {fault}", line) from None
    return [*sorted(found, key=lambda period: period.first_day)]


def _period_of(line: Line, kind: PeriodKind | None, example: Example) -> CalendarPeriod | None:
    if kind is None:
        return None
    if line.day is None:
        raise ExampleError(f"{example.id}: sale {line.name} has no date", line.line)
    return calendar.period_of_day(kind, line.day)


def _split_refunds(
    cast: Cast, kind: PeriodKind | None, closed: set[str], *, at_once: bool
) -> tuple[set[str], set[str]]:
    """Tell sales whose posting is reversed from those that a refund nets before the posting."""

    def is_posted_before(refund: Refund) -> bool:
        sold = cast.lines[refund.sale].day
        if at_once:
            return True
        if kind is None or sold is None:
            return False
        period = calendar.period_of_day(kind, sold)
        month = calendar.period_of_day(PeriodKind.MONTH, period.last_day)
        return month.label in closed and refund.day > period.last_day

    posted = {refund.sale for refund in cast.refunds if is_posted_before(refund)}
    return posted, {refund.sale for refund in cast.refunds} - posted


def _take_back(course: Course, returned: Iterable[Line]) -> list[Part]:
    """Reverse the parts of order lines in the month that posted them, each whole and once."""
    names = {line.name for line in returned}
    found = []
    for month in course.months:
        if not any(line.name in names for line in month.lines):
            continue
        for part in month.parts():
            if part.line in names:
                taken = reverse_part(
                    part.amount, quantity=1, returned_before=0, returned_now=1, reversed_before=0
                )
                found.append(Part(part.receiver, part.component, part.level, part.line, -taken))
    return found


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
