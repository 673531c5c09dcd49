"""The periods of an example, run in order: what is sold, what comes back, and in which of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from compensation import calendar, engine
from compensation.calendar import CalendarError, CalendarPeriod, PeriodKind
from compensation.engine.parts import reverse_part
from compensation.examples.cast import Cast, Line, Refund, read_cast
from compensation.examples.months import Month, Part, refused
from compensation.examples.period_kinds import content_of
from compensation.examples.reading import Example, ExampleError, LinedDict
from compensation.examples.setup import Setup


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
    labels = expected.lines if isinstance(expected, LinedDict) else {}
    for label, line in labels.items():
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
