"""Plans and answers of what is paid by a whole company's or two legs' volume, for tests."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from compensation.engine import PlanError, Results, Stated
from tests.engine.worlds import People, plan_of

NOT_STATED = int(np.iinfo(np.int64).min)


def pool(**keys: Any) -> dict[str, Any]:
    return {"id": "pool", "kind": "pool", "percent": "1", **keys}


def cycles(**keys: Any) -> dict[str, Any]:
    return {
        "id": "legs",
        "kind": "binary_cycles",
        "cycle": {"left": "300", "right": "600"},
        "pays": "20.00",
        **keys,
    }


def ranking(**keys: Any) -> dict[str, Any]:
    return {"id": "sales", "value": "units_plus_coupons_used", **keys}


STATED_ACTIVITY: dict[str, Any] = {"activity": {"test": {"measure": "stated"}}}


def stated(people: People, **figures: dict[str, int]) -> Stated:
    return Stated.of(
        len(people.names),
        **{
            figure: [values.get(name, NOT_STATED) for name in people.names]
            for figure, values in figures.items()
        },
    )


def lines(people: People, results: Results) -> dict[str, tuple[int, Fraction, int]]:
    """Give base, rate and amount by receiver, all of paid level 0."""
    found = {}
    earnings = results.earnings
    for at in range(len(earnings)):
        name = people.names[int(results.members.row[earnings.receiver[at]])]
        rate = Fraction(int(earnings.rate_num[at]), int(earnings.rate_den[at]))
        assert int(earnings.paid_level[at]) == 0
        assert int(earnings.members[at]) == int(earnings.sales[at]) == 0
        found[name] = (int(earnings.base[at]), rate, int(earnings.amount[at]))
    return found


def left_behind(people: People, results: Results) -> dict[tuple[str, str], int]:
    carried = results.carried
    return {
        (people.names[int(results.members.row[position])], carried.keys[key]): value
        for position, key, value in zip(
            carried.position.tolist(), carried.key.tolist(), carried.value.tolist(), strict=True
        )
    }


NEEDED = [{"measure": "personal_bv", "at_least": "60"}]
QUALIFIED = "in place of who is active, an enrolled member with 60 personal BV."


def faults_of(*components: dict[str, Any], **keys: Any) -> list[str]:
    """Give the paths of the faults of a plan, none if it is valid."""
    try:
        plan_of(*components, **keys)
    except PlanError as refusal:
        return [fault.path for fault in refusal.faults]
    return []
