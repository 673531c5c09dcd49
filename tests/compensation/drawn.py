"""Drawn months for comparing two of them: facts from one seed, as arrays of the engine."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np

from compensation.comparing.chain import Side
from compensation.comparing.inputs import Input, Returned
from compensation.engine import Members, Plan, Qualifying, Sales, Status, parse_plan
from compensation.engine.qualifying import PeriodPlace
from compensation.engine.volumes import FACTS, QUANTITIES
from tests.engine.comparison import QUALIFYING_VOLUMES, carried_of, stated_of
from tests.engine.oracle import Person
from tests.engine.strategies import (
    SHAPES,
    STATUSES,
    World,
    filled_people,
    filled_world,
    ranks_of,
)

MONTH_LENGTH = 30


def drawn_people(chance: random.Random, size: int, ranks: int, *, first_id: int = 1) -> Members:
    """Give a referral tree with ids that are not in the order of the rows."""
    ids = chance.sample(range(first_id, first_id + 3 * size), size)
    sponsor = [-1] + [chance.randrange(max(0, row - 6), row) for row in range(1, size)]
    return Members.of(
        ids,
        sponsor,
        status=[chance.choice((0, 0, 0, 0, 1, 2)) for _ in range(size)],
        opening_title=[chance.randrange(ranks) for _ in range(size)],
        enrolled=[chance.randrange(90, 130) for _ in range(size)],
    )


def drawn_sales(chance: random.Random, size: int, count: int) -> Sales:
    """Give orders of members' rows, one row each."""
    own = [chance.random() < 0.5 for _ in range(count)]
    rsp = [chance.randrange(0, 9000) for _ in range(count)]
    return Sales.of(
        [chance.randrange(size) for _ in range(count)],
        order=chance.sample(range(1, 5 * count + 1), count),
        bv=[chance.choice((0, 1, 5999, 6000, 12345, 99999)) for _ in range(count)],
        rsp=rsp,
        rsp_all=[points + 500 for points in rsp],
        net=[chance.randrange(0, 50000) for _ in range(count)],
        own=own,
        first_order=[chance.random() < 0.4 for _ in range(count)],
        day=[100 + chance.randrange(MONTH_LENGTH) for _ in range(count)],
        customer=[-1 if mine else chance.randrange(1, 2 * size) for mine in own],
        units=[chance.randrange(1, 9) for _ in range(count)],
    )


def drawn_returns(chance: random.Random, sales: Sales) -> tuple[Sales, Returned]:
    """Take something back: the sales that are left, and what was taken."""
    rows = chance.sample(range(len(sales)), len(sales) // 3)
    amounts = {name: getattr(sales, name)[rows] // 2 for name in ("bv", "rsp", "rsp_all", "net")}
    left = {}
    for name, values in amounts.items():
        left[name] = getattr(sales, name).copy()
        np.subtract.at(left[name], rows, values)
    return replace(sales, **left), Returned(sales.order[rows], amounts)


def drawn_months(document: dict[str, Any], seed: int, size: int) -> tuple[Side, Side]:
    """Give two months of a company under a plan: some came, some left, some moved."""
    chance = random.Random(seed)
    shape = chance.choice(SHAPES)
    people = filled_people(shape, size, ranks_of(document), chance)
    plan = parse_plan(document)
    months = []
    for _ in range(2):
        some = [
            replace(
                person,
                status=chance.choice(STATUSES),
                opening_title=chance.randrange(ranks_of(document)),
                sponsor=None if chance.random() < 0.1 else person.sponsor,
            )
            for person in _with_uplines(people, chance)
        ]
        orders, others = chance.randrange(2 * size + 1), chance.randrange(size)
        world = filled_world(document, some, orders, others, chance)
        given = input_of(world)
        sales, returned = drawn_returns(chance, given.sales)
        months.append(side_of(plan, replace(given, sales=sales), returned))
    return months[0], months[1]


def _with_uplines(people: list[Person], chance: random.Random) -> list[Person]:
    """Choose some people, and everybody on whom they hang in either tree."""
    by_id = {person.id: person for person in people}
    chosen: dict[int, Person] = {}
    waiting = [person.id for person in people if chance.random() < 0.7]
    while waiting:
        person = by_id[waiting.pop()]
        if person.id not in chosen:
            chosen[person.id] = person
            above = (person.sponsor, person.placement)
            waiting += [one for one in above if one is not None]
    return list(chosen.values())


def input_of(world: World) -> Input:
    """Put a drawn world into arrays."""
    row_of = {person.id: row for row, person in enumerate(world.people)}

    def above(name: str) -> list[int]:
        found = (getattr(person, name) for person in world.people)
        return [-1 if one is None else row_of[one] for one in found]

    facts = {
        name: [getattr(sale, name) for sale in world.sales]
        for name in ("order", *QUANTITIES, *FACTS)
    }
    facts["customer"] = [-1 if one is None else one for one in facts["customer"]]
    return Input(
        members=Members.of(
            [person.id for person in world.people],
            above("sponsor"),
            status=[Status[person.status.upper()] for person in world.people],
            opening_title=[person.opening_title for person in world.people],
            enrolled=[person.enrolled for person in world.people],
            placement=above("placement"),
            side=[{None: -1, "left": 0, "right": 1}[person.side] for person in world.people],
        ),
        sales=Sales.of([row_of[sale.seller] for sale in world.sales], **facts),
        qualifying=Qualifying.of(
            [row_of[volume.member] for volume in world.qualifying],
            **{
                name: [getattr(volume, name) for volume in world.qualifying]
                for name in ("periods_ago", *QUALIFYING_VOLUMES)
            },
        ),
        stated=stated_of(world),
        carried=carried_of(world, row_of),
        calendar=PeriodPlace(world.month_of_quarter),
    )


def side_of(plan: Plan, given: Input, returned: Returned | None = None) -> Side:
    """Compute an input."""
    return Side(plan, given, returned or Returned.none(), given.compute(plan))
