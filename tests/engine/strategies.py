"""Hypothesis strategies: referral trees, sales and whole plans for comparing two engines.

Small worlds are drawn figure by figure, so that a failing one shrinks to a few people; large ones
are filled from one drawn seed, since a thousand drawn figures would only slow the search. The
plans come from ``plan_strategies``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.engine.oracle import Person, QualifyingVolume, Sale
from tests.engine.plan_strategies import plans

LARGEST_TREE = 3000
SMALL_TREE = 25
HUGE = 10**10
STATUSES = ("enrolled", "enrolled", "enrolled", "enrolled", "suspended", "terminated")
STATED = (
    "personal_bv",
    "window_bv",
    "group_bv",
    "personal_rsp",
    "window_rsp",
    "points",
    "active",
    "pay_rank",
)


@dataclass(frozen=True)
class World:
    """One period of one company: what both engines are given."""

    plan: dict[str, Any]
    people: list[Person]
    sales: list[Sale]
    qualifying: list[QualifyingVolume]
    stated: dict[int, dict[str, int]]


def figures(chance: random.Random) -> int:
    """A volume, in hundredths: nought, tiny, on either side of a threshold, odd, huge."""
    return chance.choice(
        (0, 1, 3, 4999, 5000, 5999, 6000, 6001, chance.randrange(20000), chance.randrange(HUGE))
    )


def sponsors(shape: str, size: int, chance: random.Random) -> list[int | None]:
    """The sponsor's number of each person, by shape of the tree."""
    found: list[int | None] = [None]
    for number in range(1, size):
        if shape == "chain":
            found.append(number - 1)
        elif shape == "star":
            found.append(0)
        elif shape == "broom":
            found.append(min(number - 1, size // 2))
        elif shape == "forest" and chance.random() < 0.2:
            found.append(None)
        else:
            found.append(chance.randrange(max(0, number - 20), number))
    return found


def filled_people(shape: str, size: int, ranks: int, chance: random.Random) -> list[Person]:
    """People of a tree, with ids in no order."""
    ids = chance.sample(range(1, 10 * size + 1), size)
    people = [
        Person(
            id=ids[number],
            sponsor=None if sponsor is None else ids[sponsor],
            status=chance.choice(STATUSES),
            opening_title=chance.randrange(ranks),
            enrolled=chance.randrange(100, 131),
        )
        for number, sponsor in enumerate(sponsors(shape, size, chance))
    ]
    chance.shuffle(people)
    return people


def filled_sales(people: list[Person], count: int, chance: random.Random) -> list[Sale]:
    """Order rows; some orders have several."""
    sales = []
    for order in range(count):
        seller = chance.choice(people).id
        own, first = chance.random() < 0.3, chance.random() < 0.4
        day = chance.randrange(100, 131)
        for _ in range(chance.choice((1, 1, 2))):
            rsp = figures(chance)
            sales.append(
                Sale(
                    seller=seller,
                    order=order,
                    bv=figures(chance),
                    rsp=rsp,
                    rsp_all=rsp + chance.choice((0, 500)),
                    net=figures(chance),
                    own=own,
                    first_order=first,
                    day=day,
                )
            )
    chance.shuffle(sales)
    return sales


def filled_qualifying(
    people: list[Person], count: int, chance: random.Random
) -> list[QualifyingVolume]:
    """Earlier months of the window, and returns of posted months."""
    found = []
    for _ in range(count):
        in_period = chance.random() < 0.5
        sign = -1 if in_period else 1
        bv, rsp = figures(chance), figures(chance)
        found.append(
            QualifyingVolume(
                member=chance.choice(people).id,
                bv=sign * bv,
                own_bv=sign * chance.choice((0, bv)),
                rsp=sign * rsp,
                rsp_all=sign * (rsp + chance.choice((0, 500))),
                in_period=in_period,
            )
        )
    return found


def filled_stated(
    people: list[Person], count: int, ranks: int, chance: random.Random
) -> dict[int, dict[str, int]]:
    """Figures given from outside."""
    stated: dict[int, dict[str, int]] = {}
    for _ in range(count):
        name = chance.choice(STATED)
        value = figures(chance)
        if name == "active":
            value = chance.randrange(2)
        elif name == "pay_rank":
            value = chance.randrange(ranks)
        stated.setdefault(chance.choice(people).id, {})[name] = value
    return stated


@st.composite
def worlds(draw: st.DrawFn, largest: int = LARGEST_TREE) -> World:
    """A plan, a tree and a month of sales: mostly small, now and then thousands of people."""
    plan = draw(plans())
    ranks = len(plan.get("ranks", {}).get("ladder", [None]))
    shape = draw(st.sampled_from(("random", "chain", "star", "broom", "forest")))
    band = draw(st.sampled_from(("small",) * 11 + ("middle",) * 8 + ("large",)))
    if band == "small":
        size, chance = draw(st.integers(1, SMALL_TREE)), draw(st.randoms(use_true_random=False))
        orders = draw(st.integers(0, 2 * size))
    else:
        bounds = (SMALL_TREE, 120) if band == "middle" else (120, largest)
        size = draw(st.integers(*bounds))
        chance = random.Random(draw(st.integers(0, 2**32)))
        orders = size
    people = filled_people(shape, size, ranks, chance)
    return World(
        plan=plan,
        people=people,
        sales=filled_sales(people, orders, chance),
        qualifying=filled_qualifying(people, draw(st.integers(0, size // 2)), chance),
        stated=filled_stated(people, draw(st.integers(0, size // 2)), ranks, chance),
    )
