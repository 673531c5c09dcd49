"""Hypothesis strategies: referral and placement trees, sales, and what was carried over.

Tiny worlds are drawn figure by figure, so that a failing one shrinks to a few people; all others
are filled from one drawn seed, since a thousand drawn figures would only slow the search. The
plans come from ``plan_strategies``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from tests.engine.oracle import Answer, Person, QualifyingVolume, Sale
from tests.engine.plan_strategies import plans

TINY = 5
MIDDLE_TREE = 119
LARGE_TREE = 1000
LARGEST_TREE = 3000
SALES_OF_LARGE = 250
"""Orders in a large tree; each is walked up to the root, which may be thousands of people."""
HUGE = 10**10
SHAPES = ("random", "chain", "star", "broom", "forest")
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
    "pay_rank_at_least",
    "pay_rank_at_most",
    "coupons",
    "coupons_to_use",
)


@dataclass(frozen=True)
class World:
    """One period of one company: what both engines are given."""

    plan: dict[str, Any]
    people: list[Person]
    sales: list[Sale]
    qualifying: list[QualifyingVolume]
    stated: dict[int, dict[str, int]]
    carried: dict[tuple[int, str], int] = field(default_factory=dict)
    month_of_quarter: int = 2


def figures(chance: random.Random) -> int:
    """A volume, in hundredths: nought, tiny, on either side of a threshold, odd, huge."""
    if chance.random() < 0.04:
        return chance.randrange(HUGE)
    return chance.choice((0, 1, 3, 4999, 5000, 5999, 6000, 6001, *(chance.randrange(20000),) * 4))


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
    return found[:size]


def places(size: int, chance: random.Random) -> list[tuple[int | None, str | None]]:
    """Whom each person is placed below, and on which side; some are not placed."""
    order = chance.sample(range(size), size)
    deep = chance.random() < 0.2
    found: list[tuple[int | None, str | None]] = [(None, None)] * size
    free: list[tuple[int, str]] = []
    for number in order:
        if free and chance.random() < 0.9:
            found[number] = free.pop(-1 if deep else chance.randrange(len(free)))
        free += [(number, "left"), (number, "right")]
    return found


def filled_people(shape: str, size: int, ranks: int, chance: random.Random) -> list[Person]:
    """People of a tree, with ids in no order."""
    ids = chance.sample(range(1, 10 * size + 1), size)
    placed = places(size, chance)
    bought = filled_bought(size, random.Random(str(ids)))
    people = [
        Person(
            id=ids[number],
            sponsor=None if sponsor is None else ids[sponsor],
            status=chance.choice(STATUSES),
            opening_title=chance.randrange(ranks),
            enrolled=chance.randrange(100, 131),
            placement=None if placed[number][0] is None else ids[placed[number][0]],
            side=placed[number][1],
            bought_bv=bought[number],
        )
        for number, sponsor in enumerate(sponsors(shape, size, chance))
    ]
    chance.shuffle(people)
    return people


def filled_bought(size: int, chance: random.Random) -> list[int]:
    """BV that each person has bought with points; in most companies nobody any."""
    if chance.random() < 0.6:
        return [0] * size
    return [figures(chance) if chance.random() < 0.2 else 0 for _ in range(size)]


def filled_sales(people: list[Person], count: int, chance: random.Random) -> list[Sale]:
    """Order rows; some orders have several, and now and then a row is a return."""
    sales = []
    for order in range(count if people else 0):
        whole_order = {
            "seller": chance.choice(people).id,
            "order": order,
            "own": chance.random() < 0.3,
            "first_order": chance.random() < 0.4,
            "day": chance.randrange(100, 131),
            "paid_at": chance.randrange(1, 20),
        }
        customer = None if whole_order["own"] else chance.choice((None, chance.randrange(30)))
        for _ in range(chance.choice((1, 1, 2))):
            rsp = figures(chance)
            sign = -1 if chance.random() < 0.05 else 1
            sales.append(
                Sale(
                    **whole_order,
                    customer=customer,
                    bv=sign * figures(chance),
                    rsp=sign * rsp,
                    rsp_all=sign * (rsp + chance.choice((0, 500))),
                    rsp_repeat=sign * chance.choice((0, rsp)),
                    net=sign * figures(chance),
                    margin=0 if customer is None else sign * figures(chance),
                    units=sign * chance.choice((0, 1, 1, 2, 5)),
                )
            )
    chance.shuffle(sales)
    return sales


def filled_qualifying(
    people: list[Person], count: int, chance: random.Random
) -> list[QualifyingVolume]:
    """Earlier months of the windows, and returns of posted months."""
    found = []
    for _ in range(count if people else 0):
        periods_ago = chance.choice((0, 0, 0, 1, 1, 2, 3))
        sign = 1 if periods_ago else -1
        bv, rsp = figures(chance), figures(chance)
        more, repeat = chance.choice((0, 500)), chance.choice((0, rsp))
        own = chance.choice((0, 1))
        found.append(
            QualifyingVolume(
                member=chance.choice(people).id,
                bv=sign * bv,
                own_bv=sign * own * bv,
                rsp=sign * rsp,
                rsp_all=sign * (rsp + more),
                rsp_repeat=sign * repeat,
                own_rsp=sign * own * rsp,
                own_rsp_all=sign * own * (rsp + more),
                own_rsp_repeat=sign * own * repeat,
                periods_ago=periods_ago,
            )
        )
    return found


def filled_stated(
    people: list[Person], count: int, ranks: int, chance: random.Random
) -> dict[int, dict[str, int]]:
    """Figures given from outside."""
    stated: dict[int, dict[str, int]] = {}
    for _ in range(count if people else 0):
        name = chance.choice(STATED)
        value = figures(chance)
        if name == "active":
            value = chance.randrange(2)
        elif name.startswith("pay_rank"):
            value = chance.randrange(ranks)
        elif name.startswith("coupons"):
            value = chance.choice((0, 1, 3, 10))
        stated.setdefault(chance.choice(people).id, {})[name] = value
    return stated


def filled_carried(
    plan: dict[str, Any], people: list[Person], count: int, chance: random.Random
) -> dict[tuple[int, str], int]:
    """What a period before might have left behind under this plan."""
    ladder = [rank["name"] for rank in plan.get("ranks", {}).get("ladder", [])[1:]]
    carried: dict[tuple[int, str], int] = {}
    makers = [
        lambda: ("of-an-older-plan", 7),
        *(lambda name=name: (f"met:{name}", chance.randrange(1, 4)) for name in ladder),
    ]
    for component in plan["components"]:
        identifier = component["id"]
        if component["kind"] == "binary_cycles":
            for side in ("left", "right"):
                key = f"binary:{identifier}:{side}"
                makers.append(lambda key=key: (key, figures(chance)))
        for name in component.get("amounts", ()):
            key = f"bonus:{identifier}:{name}"
            makers.append(lambda key=key: (key, chance.choice((-1, 1, 2, 3))))
    for ranking in plan.get("rankings", []):
        key = f"coupons:{ranking['id']}"
        makers.append(lambda key=key: (key, chance.randrange(20)))
    for _ in range(count if people else 0):
        person = chance.choice(people)
        key, value = chance.choice(makers)()
        carried[person.id, key] = value
        if ladder and chance.random() < 0.5:
            for name in ladder:
                carried.pop((person.id, f"held:{name}"), None)
            carried[person.id, f"held:{chance.choice(ladder)}"] = chance.randrange(1, 4)
    return {key: value for key, value in carried.items() if value}


@st.composite
def worlds(draw: st.DrawFn, smallest: int = 0, largest: int = MIDDLE_TREE, **keys: Any) -> World:
    """A plan, its trees and a month of sales; mostly filled from one drawn seed."""
    plan = draw(plans(**keys))
    shape = draw(st.sampled_from(SHAPES))
    root = draw(st.integers(0, 2**32))
    if root == 0 and smallest == 0:
        size, chance = draw(st.integers(1, TINY)), draw(st.randoms(use_true_random=False))
    else:
        # Sizes are not drawn: drawn numbers are small ones most of the time.
        chance = random.Random(f"{root} {shape} {plan}")
        size = chance.randint(smallest, chance.choice((largest, largest, smallest + 24)))
    orders = min(size * chance.choice((0, *(1, 2, 3) * 4)), SALES_OF_LARGE)
    people = filled_people(shape, size, ranks_of(plan), chance)
    return filled_world(plan, people, orders, chance.randint(0, size // 2), chance)


def ranks_of(plan: dict[str, Any]) -> int:
    """How many ranks a plan has."""
    return len(plan.get("ranks", {}).get("ladder", [None]))


def filled_world(
    plan: dict[str, Any], people: list[Person], orders: int, others: int, chance: random.Random
) -> World:
    """A month of a company; ``others`` is the number of facts of each kind beside the sales."""
    return World(
        plan=plan,
        people=people,
        sales=filled_sales(people, orders, chance),
        qualifying=filled_qualifying(people, others, chance),
        stated=filled_stated(people, others, ranks_of(plan), chance),
        carried=filled_carried(plan, people, others, chance),
        month_of_quarter=chance.randrange(3),
    )


def period_after(world: World, before: Answer, chance: random.Random) -> World:
    """The next month of a company: titles and what was left behind come from the one before."""
    people = [
        replace(
            person,
            opening_title=before.members[person.id].title_rank,
            status=chance.choice(STATUSES) if chance.random() < 0.1 else person.status,
        )
        for person in world.people
    ]
    following = filled_world(
        world.plan, people, min(2 * len(people), SALES_OF_LARGE), len(people) // 4, chance
    )
    return replace(
        following, carried=before.carried, month_of_quarter=(world.month_of_quarter + 1) % 3
    )
