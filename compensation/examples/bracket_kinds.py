"""Kinds of example in which a volume chooses a percentage from a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from compensation import engine
from compensation.engine.components import VolumeBracket
from compensation.engine.components.brackets import bracket_numbers
from compensation.examples import bracket_plans, plans
from compensation.examples.cast import Cast, Line, Person, read_cast
from compensation.examples.comparing import Names, Record
from compensation.examples.course import run_periods
from compensation.examples.fields import from_hundredths
from compensation.examples.months import Month, refused
from compensation.examples.period_kinds import cases_of, content_of, parameters_of
from compensation.examples.reading import Example
from compensation.examples.sales_kinds import answer_of

MONTHS = 12


def run_volume_bracket(example: Example) -> Record:
    """Answer the percentage that a volume chooses, and what it pays."""
    parameters = parameters_of(example)
    setup, slots = bracket_plans.volume_bracket(parameters)
    parameters.close()
    course = run_periods(example, setup, None, set(), recast=with_volumes(*slots))
    month = course.months[0]
    return Record(
        members=Names({name: _bracket_record(month, name) for name in course.cast.people})
    )


def run_differential(example: Example) -> Record:
    """Answer what each member earns by the difference of percentages."""
    parameters = parameters_of(example)
    setup = bracket_plans.differential(parameters, people_of(example))
    parameters.close()
    return answer_of(run_periods(example, setup, None, set()), ("commission", "bv"))


def run_check_match(example: Example) -> Record:
    """Answer what is paid on top of what members below have earned."""
    parameters = parameters_of(example)
    setup = plans.check_match(parameters)
    parameters.close()
    course = run_periods(example, setup, None, set(), recast=_with_earnings)
    month = course.months[0]
    return Record(members=Names({name: _match_record(month, name) for name in course.cast.people}))


def _with_earnings(cast: Cast) -> Cast:
    """Put what each member has earned in as an order of his own."""
    lines = {}
    for name, person in cast.people.items():
        earned = person.numbers.get("earned", 0)
        lines[name] = Line(
            name, name, name, False, False, earned, 0, earned, earned, None, True, person.line
        )
    return replace(cast, lines=lines)


def _match_record(month: Month, name: str) -> Record:
    def by_source() -> Names:
        sources = Names({line.seller: Decimal(0) for line in month.lines})
        seller_of = {line.name: line.seller for line in month.lines}
        for part in month.parts({name}):
            if month.plan.components[part.component].id == "match":
                amount = Decimal(f"{part.amount}E-{month.plan.currency_digits}")
                sources[seller_of[part.line]] += amount
        return sources

    return Record(
        match=lambda: paid_by(month, name, "match"),
        by_source=by_source,
        kept=lambda: paid_by(month, name, "earned"),
    )


def run_stairstep(example: Example) -> Record:
    """Answer percentages by group volume, what a group brings, and who gets what of it."""
    parameters = parameters_of(example)
    setup = bracket_plans.stairstep(parameters, people_of(example))
    parameters.close()
    course = run_periods(example, setup, None, set(), recast=with_volumes("pv", "bv"))
    month = course.months[0]
    return Record(
        members=Names({name: _stairstep_record(month, name) for name in course.cast.people})
    )


def people_of(example: Example) -> list[Person]:
    """Return the members of an example before its plan is set up: they may state percentages."""
    content = content_of(example, "members", "sales", "refunds", "generator")
    return list(read_cast(content, with_moves=False).people.values())


def run_bracket_lookup(example: Example) -> Record:
    """Answer the percentage of each value: it is the volume of somebody who sold so much."""
    parameters = parameters_of(example)
    setup = bracket_plans.bracket_lookup(parameters)
    parameters.close()
    values = {}
    for case in cases_of(example):
        values[case.text("name")] = case.hundredths("value")
        case.close()
    people = {name: Person(name, None, {}, {}, {}, {}, None, example.line) for name in values}
    lines = {
        name: Line(name, name, name, False, False, value, 0, value, value, None, True, example.line)
        for name, value in values.items()
    }
    cast = Cast(people, lines)
    try:
        month = Month(setup.plan(example), cast, None, list(lines.values()), [], {})
    except engine.EngineError as fault:
        raise refused(example, cast, fault) from None
    return Record(values=Names({name: Record(percent=own_percent(month, name)) for name in values}))


def with_volumes(as_bv: str, as_net: str) -> Callable[[Cast], Cast]:
    """Give what puts one field of the order lines in as BV and one as net sales."""

    def recast(cast: Cast) -> Cast:
        lines = {
            name: replace(line, bv=getattr(line, as_bv), price=getattr(line, as_net))
            for name, line in cast.lines.items()
        }
        return replace(cast, lines=lines)

    return recast


def own_percent(month: Month, name: str) -> Fraction:
    """Return the percentage that a member's own figure chooses, 0 below the table."""
    component = month.plan.components[0]
    if not isinstance(component, VolumeBracket):
        raise TypeError(f"{component.id} has no brackets")
    figure = np.array([month.figure(name, component.chosen_by)], dtype=np.int64)
    number = int(bracket_numbers(component.brackets, figure)[0])
    return component.brackets[number - 1].percent * 100 if number else Fraction(0)


def paid_by(month: Month, name: str, component: str) -> Decimal:
    """Return what a component pays a member, all lines together."""
    ids = [one.id for one in month.plan.components]
    return sum(
        (
            Decimal(f"{amount}E-{month.plan.currency_digits}")
            for receiver, index, _, amount in month.statement_lines()
            if receiver == name and ids[index] == component
        ),
        Decimal(0),
    )


def _stairstep_record(month: Month, name: str) -> Record:
    legs = month.directs(name)
    steps = [one.id for one in month.plan.components].index("steps")

    def from_sales_of(sellers: set[str]) -> Decimal:
        seller_of = {line.name: line.seller for line in month.lines}
        parts = month.parts({name})
        return sum(
            (
                Decimal(f"{part.amount}E-{month.plan.currency_digits}")
                for part in parts
                if part.component == steps and seller_of[part.line] in sellers
            ),
            Decimal(0),
        )

    def override(leg: str) -> Decimal:
        return from_sales_of(month.branch(leg))

    def paid_to_legs() -> Decimal:
        return sum((paid_by(month, leg, "gross") for leg in legs), Decimal(0))

    def net() -> Decimal:
        return paid_by(month, name, "gross") - paid_to_legs()

    return Record(
        group_pv=lambda: from_hundredths(month.figure(name, "group_bv")),
        group_bv=lambda: paid_by(month, name, "volume"),
        percent=lambda: own_percent(month, name),
        gross=lambda: paid_by(month, name, "gross"),
        paid_to_legs=paid_to_legs,
        net=net,
        own_bonus=lambda: from_sales_of({name}),
        override_by_leg=lambda: Names({leg: override(leg) for leg in legs}),
        override=lambda: sum((override(leg) for leg in legs), Decimal(0)),
        retail=lambda: paid_by(month, name, "retail"),
        total=lambda: net() + paid_by(month, name, "retail"),
    )


def _bracket_record(month: Month, name: str) -> Record:
    def total() -> Decimal:
        return paid_by(month, name, "bonus") + paid_by(month, name, "retail")

    return Record(
        percent=lambda: own_percent(month, name),
        bonus=lambda: paid_by(month, name, "bonus"),
        retail=lambda: paid_by(month, name, "retail"),
        total=total,
        twelve_equal_months=lambda: sum((total() for _ in range(MONTHS)), Decimal(0)),
    )
