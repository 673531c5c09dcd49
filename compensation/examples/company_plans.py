"""Plan documents for the kinds of example that look at a whole company, or at two legs.

Nothing is decided here, as in ``compensation.examples.plans``.
"""

from __future__ import annotations

from typing import Any

from compensation.examples.fields import Fields
from compensation.examples.setup import Setup, empty_setup, take_rounding

NOBODY_EARNS: dict[str, Any] = {
    "id": "none",
    "kind": "rsp_points",
    "depth": 0,
    "own_points": False,
}
"""A plan needs one way to earn; this one credits nobody."""
VALUES = ("units", "units_plus_coupons_used")
TIES = ("earlier_last_sale_first",)
RANKING = "ranking"


def binary_cycles(parameters: Fields) -> Setup:
    """Set up an amount for each cycle of two legs."""
    setup = empty_setup()
    take_rounding(parameters, setup)
    component = {
        "id": "cycles",
        "kind": "binary_cycles",
        "cycle": {side: parameters.number(f"cycle_{side}") for side in ("left", "right")},
        "pays": parameters.number("pays"),
    }
    setup.document["components"].append(component)
    return setup


def pool_cap(parameters: Fields) -> Setup:
    """Set up pay of so much as everybody states, and a limit of it for the whole company.

    What is stated comes in as net sales that are paid out whole, the company's volume as BV.
    """
    setup = empty_setup()
    take_rounding(parameters, setup)
    setup.document["components"].append(
        {
            "id": "uncapped",
            "kind": "level_percent",
            "on": "net",
            "rates": [],
            "seller_rate": "100",
        }
    )
    percent = parameters.number("cap_percent")
    setup.document["caps"] = [{"id": "cap", "scope": "company", "percent": percent, "on": "bv"}]
    return setup


def pool_ranking(parameters: Fields) -> Setup:
    """Set up a ranking of people who say whether they are qualified.

    Where nothing is said of coupons for each unit, all those count that are told to be used.
    """
    setup = empty_setup()
    setup.document["activity"]["test"] = {"measure": "stated"}
    value = parameters.choice("value", VALUES, VALUES[1])
    ranking = {
        "id": RANKING,
        "value": value,
        "tie": parameters.choice("tie", TIES, TIES[0]),
    }
    if "coupons_per_unit" in parameters:
        ranking["coupons_per_unit"] = parameters.number("coupons_per_unit")
    elif value == VALUES[1]:
        ranking["coupons_per_unit"] = "unlimited"
    setup.document["rankings"] = [ranking]
    setup.document["components"].append(NOBODY_EARNS)
    return setup


def coupons(parameters: Fields) -> Setup:
    """Set up a ranking by units and coupons used."""
    setup = empty_setup()
    setup.document["rankings"] = [
        {
            "id": RANKING,
            "value": VALUES[1],
            "coupons_per_unit": parameters.number("coupons_per_unit"),
        }
    ]
    setup.document["components"].append(NOBODY_EARNS)
    return setup
