"""The kind of example that asks for title and pay rank of a month."""

from __future__ import annotations

from compensation import engine
from compensation.examples import plans
from compensation.examples.cast import Person, read_cast
from compensation.examples.comparing import Names, Record
from compensation.examples.months import Month, refused
from compensation.examples.period_kinds import content_of, parameters_of
from compensation.examples.reading import Example, ExampleError


def run_rank_month(example: Example) -> Record:
    """Answer title and pay rank from points that are stated."""
    parameters = parameters_of(example)
    setup = plans.rank_month(parameters)
    parameters.close()
    cast = read_cast(content_of(example, "members"), with_moves=False)
    plan = setup.plan(example)
    stated = {
        person.name: {"points": _points(person, plan.ranks.names, example.id)}
        for person in cast.people.values()
    }
    try:
        month = Month(plan, cast, None, [], [], stated)
    except engine.EngineError as fault:
        raise refused(example, cast, fault) from None
    names = plan.ranks.names
    return Record(
        members=Names(
            {
                name: Record(
                    title_rank=names[month.figure(name, "title_rank")],
                    pay_rank=names[month.figure(name, "pay_rank")],
                )
                for name in cast.people
            }
        )
    )


def _points(person: Person, ranks: tuple[str, ...], where: str) -> int:
    """Return the points that a member states, after checking that his title is a rank.

    Without a title he begins with the lowest.
    """
    if "monthly_points" not in person.numbers:
        raise ExampleError(
            f"{where}: the plan goes by monthly_points, which member {person.name} does not state",
            person.line,
        )
    title = person.words.get("title_rank", ranks[0])
    if title not in ranks:
        raise ExampleError(
            f"{where}: member {person.name}: {title!r} is no rank of the plan", person.line
        )
    return person.numbers["monthly_points"]
