"""Hypothesis strategies: referral trees, sales and whole plans for comparing two engines.

Small worlds are drawn figure by figure, so that a failing one shrinks to a few people; large ones
are filled from one drawn seed, since a thousand drawn figures would only slow the search.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.engine.oracle import Person, QualifyingVolume, Sale

LARGEST_TREE = 3000
SMALL_TREE = 25
HUGE = 10**10
PERCENTAGES = ("0", "0.5", "1", "2.5", "3", "5", "7.25", "10", "33.3333", "100")
STATUSES = ("enrolled", "enrolled", "enrolled", "enrolled", "suspended", "terminated")
RANK_NAMES = ("IR", "Bronze", "Silver", "Gold", "Platinum")
MEASURES = (
    "personal_bv",
    "own_bv",
    "window_bv",
    "group_bv",
    "personal_rsp",
    "rsp_total",
    "stated_points",
    "active",
    "active_directs",
    "direct_count",
)
COUNTED = ("active", "active_directs", "direct_count")
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


# -- plans ----------------------------------------------------------------------------------------


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """Whole plan documents, valid by docs/plan/format.md."""
    names = RANK_NAMES[: draw(st.integers(1, len(RANK_NAMES)))]
    plan: dict[str, Any] = {
        "format": 1,
        "name": "drawn",
        "currency": "EUR",
        "activity": draw(activities()),
        "components": [],
    }
    for key, values in (
        ("currency_digits", st.sampled_from((0, 2, 3))),
        ("rounding", st.sampled_from(("half_away_from_zero", "half_even", "half_up", "down"))),
        ("bv_value", st.sampled_from(("1", "0.5", "1.3"))),
    ):
        if draw(st.booleans()):
            plan[key] = draw(values)
    if len(names) > 1 or draw(st.booleans()):
        plan["ranks"] = draw(ladders(names))
    else:
        names = ("Member",)
    kinds = st.sampled_from((rsp_points, level_percents, flat_bonuses))
    for number, kind in enumerate(draw(st.lists(kinds, min_size=1, max_size=4))):
        plan["components"].append({"id": f"c{number}", **draw(kind(names))})
    return plan


def activities() -> st.SearchStrategy[dict[str, Any]]:
    """Activity tests with thresholds that the drawn volumes straddle."""
    thresholds = st.sampled_from(("0", "0.01", "50", "60"))
    measured = st.fixed_dictionaries(
        {"measure": st.sampled_from(("personal_bv", "personal_rsp")), "at_least": thresholds}
    )
    always = st.just({"measure": "always"})
    stated = st.just({"measure": "stated"})
    windows = st.sampled_from(("quarter_to_date", "period", {"trailing": 2}))
    return st.fixed_dictionaries(
        {"test": st.one_of(measured, measured, measured, always, stated)},
        optional={"window": windows},
    )


@st.composite
def ladders(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """Ladders with requirements, upkeep and a floor."""
    ladder: list[dict[str, Any]] = [{"name": names[0]}]
    for name in names[1:]:
        rank: dict[str, Any] = {"name": name, "requires": draw(requirements())}
        if draw(st.booleans()):
            rank["maintains"] = draw(requirements())
        ladder.append(rank)
    ranks: dict[str, Any] = {"ladder": ladder}
    if draw(st.booleans()):
        ranks["steps_per_period"] = draw(st.integers(1, 3))
    if len(names) > 1 and draw(st.booleans()):
        from_index = draw(st.integers(0, len(names) - 1))
        ranks["pay_rank_floor"] = {
            "for_titles_from": names[from_index],
            "floor": names[draw(st.integers(0, from_index))],
        }
    return ranks


@st.composite
def requirements(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to two requirements of a rank."""
    found = []
    for measure in draw(st.lists(st.sampled_from(MEASURES), max_size=2)):
        if measure in COUNTED:
            figure: Any = draw(st.integers(0, 2))
        else:
            figure = draw(st.sampled_from(("0", "0.01", "60", "100", "1000")))
        found.append({"measure": measure, "at_least": figure})
    return found


@st.composite
def depths(draw: st.DrawFn, names: tuple[str, ...], most: int) -> dict[str, Any]:
    """A depth for all, or one for each rank."""
    if draw(st.booleans()):
        return {"depth": draw(st.integers(0, most))}
    return {"depth_by_rank": {name: draw(st.integers(0, most)) for name in names}}


@st.composite
def rsp_points(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """Points components."""
    optional = {
        "compression": st.sampled_from(("none", "skip_and_recount")),
        "own_points": st.booleans(),
        "points_from": st.sampled_from(("repeat_only", "all_products")),
        "base_depth": st.integers(0, 4),
    }
    return {
        "kind": "rsp_points",
        **draw(depths(names, 6)),
        **draw(st.fixed_dictionaries({}, optional=optional)),
    }


@st.composite
def level_percents(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    """Level percentages with every compression."""
    rates = draw(st.lists(st.sampled_from(PERCENTAGES), min_size=1, max_size=5))
    optional = {
        "on": st.sampled_from(("bv", "net")),
        "seller_rate": st.sampled_from(PERCENTAGES),
        "compression": st.sampled_from(("none", "skip_and_recount", "roll_up")),
        "unqualified_volume_pays": st.booleans(),
        "window_days_from_enrolment": st.sampled_from((0, 1, 30)),
    }
    component = {"kind": "level_percent", "rates": rates}
    if draw(st.booleans()):
        component |= draw(depths(names, len(rates)))
    return component | draw(st.fixed_dictionaries({}, optional=optional))


def flat_bonuses(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Fixed amounts for orders."""
    return st.fixed_dictionaries(
        {
            "kind": st.just("flat_bonus"),
            "amount": st.sampled_from(("1", "50", "3000")),
            "trigger": st.sampled_from(("first_order", "every_order")),
        },
        optional={
            "to": st.sampled_from(("sponsor", "seller")),
            "buyers": st.sampled_from(("all", "customers", "own")),
            "minimum_bv": st.sampled_from(("0", "0.01", "60")),
            "requires_active": st.booleans(),
            "compression": st.sampled_from(("none", "roll_up")),
        },
    )


# -- worlds ---------------------------------------------------------------------------------------


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
