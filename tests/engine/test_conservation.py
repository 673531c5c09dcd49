"""What holds for every company, plan and month that can be drawn.

The order of rows never matters; without sales nobody is paid; money is neither made nor lost in
pools, cuts, parts and reversals; what does not fit into 64 bits is refused.
"""

from __future__ import annotations

import dataclasses
import random
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from compensation.engine import Results, parse_plan
from compensation.engine.money import INT64_MAX, SumTooLargeError, round_ratio
from compensation.engine.parts import reverse_part
from tests.engine import strategies
from tests.engine.comparison import (
    QUALIFYING_VOLUMES,
    answer,
    compute,
    differences,
    second_of,
)
from tests.engine.component_strategies import KINDS
from tests.engine.strategies import World

CASES = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
SEEDS = st.integers(0, 2**32)
SOLD = ("bv", "rsp", "rsp_all", "rsp_repeat", "net", "margin", "units")
PLACES = ("pay_rank", "pay_rank_at_least", "pay_rank_at_most")


def computed(world: World) -> Results:
    """Compute a world, or leave it out if its sums are too large."""
    try:
        return compute(world)
    except SumTooLargeError:
        assume(False)
        raise


@CASES
@given(world=strategies.worlds(), order=SEEDS)
def test_order_of_rows_never_matters(world, order):
    chance = random.Random(order)
    mixed = dataclasses.replace(
        world,
        people=chance.sample(world.people, len(world.people)),
        sales=chance.sample(world.sales, len(world.sales)),
        qualifying=chance.sample(world.qualifying, len(world.qualifying)),
        carried=dict(chance.sample(list(world.carried.items()), len(world.carried))),
    )
    first, again = computed(world), computed(mixed)

    assert again.input_digest == first.input_digest
    assert again.result_digest == first.result_digest
    assert again.totals == first.totals


@CASES
@given(world=strategies.worlds())
def test_month_without_sales_pays_nothing(world):
    """Legs that were filled by earlier sales aside: nothing is carried, nothing stated."""
    results = computed(dataclasses.replace(world, sales=[], stated={}, carried={}))

    assert len(results.earnings) == 0
    assert results.totals.commission_minor == results.totals.rsp_credited == 0


@CASES
@given(world=strategies.worlds(kinds=("pool",)))
def test_pools_are_shared_out_to_the_last_cent(world):
    plan = parse_plan(world.plan)
    results = computed(world)
    company = {
        "bv": sum(sale.bv for sale in world.sales) * plan.bv_value,
        "net": sum(sale.net for sale in world.sales),
    }

    for index, component in enumerate(plan.components):
        lines = results.earnings.component == index
        exact = company[component.on] * component.percent
        pool = round_ratio(*Fraction(exact).as_integer_ratio(), plan.rounding)
        assert results.earnings.amount[lines].sum() in {0, pool}
        assert (results.earnings.amount[lines] >= 0).all()


@CASES
@given(world=strategies.worlds())
def test_cuts_leave_what_the_caps_allow(world):
    plan = parse_plan(world.plan)
    results = computed(world)
    earnings = results.earnings
    names = [plan.statement_id(index) for index in earnings.component.tolist()]
    kept: dict[tuple[int, str], int] = {}
    for receiver, name, amount in zip(
        earnings.receiver.tolist(), names, earnings.amount.tolist(), strict=True
    ):
        kept[receiver, name] = kept.get((receiver, name), 0) + amount

    for place, cap in enumerate(plan.caps):
        inside = {*cap.of, *(one.id for one in plan.caps[: place + 1] if {*one.of} <= {*cap.of})}
        left: dict[int, int] = {}
        for (receiver, name), amount in kept.items():
            if name in inside:
                left[receiver] = left.get(receiver, 0) + amount
        if cap.scope == "person":
            assert all(amount <= cap.amount for amount in left.values())
        elif cap.amount is not None:
            assert sum(amount for amount in left.values() if amount > 0) <= cap.amount
    assert results.totals.commission_minor == sum(
        amount for (_, name), amount in kept.items() if name not in points_of(world)
    )


def points_of(world: World) -> set[str]:
    """Ids of the components that pay points."""
    return {one["id"] for one in world.plan["components"] if one["kind"] == "rsp_points"}


OPEN = tuple(kind for kind in KINDS if kind not in ("rank_bonus", "pool", "binary_cycles"))


@CASES
@given(world=strategies.worlds(kinds=OPEN), steps=SEEDS)
def test_parts_add_up_and_are_taken_back_to_nothing(world, steps):
    """By the oracle's parts, with which the engine's are compared elsewhere."""
    computed(world)
    chance = random.Random(steps)
    second = second_of(world)

    for line in second.answer().lines[:40]:
        parts = second.parts(line)
        assert sum(parts.values()) == line.amount
        for part in parts.values():
            quantity = chance.randrange(1, 6)
            returned = taken_back = 0
            while returned < quantity:
                now = chance.randrange(1, quantity - returned + 1)
                taken_back += reverse_part(
                    part,
                    quantity=quantity,
                    returned_before=returned,
                    returned_now=now,
                    reversed_before=taken_back,
                )
                returned += now
            assert taken_back == part


@CASES
@given(world=strategies.worlds(), bits=st.sampled_from((50, 54, 56, 58, 59, 60, 61, 62, 63)))
def test_huge_figures_are_refused_or_exact(world, bits):
    world = enlarged(world, 2**bits)
    assert differences(world, computed(world), answer(world)) == []


def enlarged(world: World, largest: int) -> World:
    """Multiply every volume of a world, so that the largest is about this."""
    columns = {"sales": SOLD, "qualifying": QUALIFYING_VOLUMES}
    figures = [
        abs(getattr(row, name))
        for rows, names in columns.items()
        for row in getattr(world, rows)
        for name in names
    ]
    factor = max(largest // max(figures, default=1), 1) if any(figures) else 1

    def times(value: int) -> int:
        return max(-INT64_MAX, min(INT64_MAX, value * factor))

    enlarged_rows = {
        rows: [
            dataclasses.replace(row, **{name: times(getattr(row, name)) for name in names})
            for row in getattr(world, rows)
        ]
        for rows, names in columns.items()
    }
    stated = {
        member_id: {
            name: value if name in ("active", *PLACES) else times(value)
            for name, value in said.items()
        }
        for member_id, said in world.stated.items()
    }
    carried = {
        key: times(value) if key[1].partition(":")[0] in ("binary", "coupons") else value
        for key, value in world.carried.items()
    }
    return dataclasses.replace(world, stated=stated, carried=carried, **enlarged_rows)


def test_points_of_several_components_are_refused_beyond_64_bits():
    """Each fits by itself, and none of them is credited: the rank measure adds them up."""
    alone = {"kind": "rsp_points", "depth": 0, "base_depth": 1, "own_points": False}
    plan = {
        "format": 1,
        "name": "huge",
        "currency": "EUR",
        "activity": {"test": {"measure": "always"}},
        "components": [{"id": f"c{number}", **alone} for number in range(5)],
    }
    people = [strategies.Person(id=1, sponsor=None), strategies.Person(id=2, sponsor=1)]
    world = World(plan, people, [strategies.Sale(seller=2, order=1, rsp=2**61)], [], {})

    with pytest.raises(SumTooLargeError):
        compute(world)
    compute(dataclasses.replace(world, plan=plan | {"components": plan["components"][:3]}))


@pytest.mark.parametrize("figure", ["bv", "rsp", "net", "margin", "units"])
@pytest.mark.parametrize("sign", [1, -1])
def test_sums_beyond_64_bits_are_refused(figure, sign):
    world = strategies.filled_world(
        {
            "format": 1,
            "name": "huge",
            "currency": "EUR",
            "activity": {"test": {"measure": "always"}},
            "components": [{"id": "only", "kind": "level_percent", "rates": ["5"]}],
        },
        strategies.filled_people("random", 10, 1, random.Random(1)),
        0,
        0,
        random.Random(1),
    )
    seller = world.people[0].id
    half = sign * (2**62)
    rows = [strategies.Sale(seller=seller, order=order, **{figure: half}) for order in (1, 2)]

    compute(dataclasses.replace(world, sales=[dataclasses.replace(rows[0], **{figure: 1})]))
    with pytest.raises(SumTooLargeError):
        compute(dataclasses.replace(world, sales=rows))
