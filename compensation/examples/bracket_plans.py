"""Plan documents for the kinds of example in which a volume or a member names a percentage.

Nothing is decided here, as in ``compensation.examples.plans``.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from compensation.examples.cast import Person
from compensation.examples.fields import Fields, from_hundredths
from compensation.examples.setup import Setup, empty_setup, take_rounding, take_test


def volume_bracket(parameters: Fields) -> tuple[Setup, tuple[str, str]]:
    """Set up a percentage chosen by one volume and paid on another, and a percentage of own.

    Gives besides which field of the example goes in as BV and which as net sales, so that the two
    can differ: what chooses is BV; what is paid on is net sales where it is another field, and
    the percentage of own volume is always one of the field ``bv``.
    """
    setup = empty_setup()
    setup.sellers_matter = True
    take_test(parameters, "qualified_test", setup)
    take_rounding(parameters, setup)
    chosen_by, paid_on = (_volume(parameters, key) for key in ("chosen_by", "paid_on"))
    same = chosen_by[0] == paid_on[0]
    component = {
        "id": "bonus",
        "kind": "volume_bracket",
        "chosen_by": {"own": "personal_bv", "group": "group_bv"}[chosen_by[1]],
        "paid_on": {"base": "bv" if same else "net", "scope": paid_on[1]},
        "brackets": _brackets(parameters),
    }
    setup.document["components"].append(component)
    _take_retail(parameters, setup, "bv" if chosen_by[0] == "bv" else "net")
    return setup, (chosen_by[0], "bv" if same else paid_on[0])


def differential(parameters: Fields, people: Iterable[Person]) -> Setup:
    """Set up the difference to the highest percentage below; each member states his own."""
    setup = empty_setup()
    setup.sellers_matter = True
    take_test(parameters, "qualified_test", setup)
    take_rounding(parameters, setup)
    component = {"id": "steps", "kind": "differential", **_own_percents(people, "base")}
    component["from_level"] = parameters.whole("from_level", 0)
    setup.percent_field = "base"
    setup.document["components"].append(component)
    return setup


def stairstep(parameters: Fields, people: Iterable[Person]) -> Setup:
    """Set up own percentages by group points or as stated, and what else the answer tells of.

    Points go in as BV and what is paid on as net sales. Besides the steps themselves there are
    components for what the whole group brings at one's own percentage, for the group's volume
    (at 100 %), and for the percentage of own volume.
    """
    setup = empty_setup()
    take_rounding(parameters, setup)
    if parameters.flag("percent_is_given_per_member", False):
        table = _own_percents(people, "percent")
        setup.percent_field = "percent"
    else:
        table = {"chosen_by": "group_bv", "brackets": _brackets(parameters)}
    group = {"base": "net", "scope": "group"}
    setup.document["components"] = [
        {"id": "gross", "kind": "volume_bracket", "paid_on": group, **table},
        {"id": "steps", "kind": "differential", "on": "net", **table},
        {
            "id": "volume",
            "kind": "volume_bracket",
            "method": "marginal",
            "paid_on": group,
            "brackets": [{"from": "0", "percent": "100"}],
        },
    ]
    _take_retail(parameters, setup)
    return setup


def _own_percents(people: Iterable[Person], key: str) -> dict[str, Any]:
    """Give a table in which each stated percentage, as a figure, chooses itself."""
    stated = sorted({person.numbers.get(key, 0) for person in people} - {0})
    rows = [str(from_hundredths(one)) for one in stated] or ["100"]
    return {
        "chosen_by": "personal_rsp",
        "brackets": [{"from": row, "percent": row} for row in rows],
    }


def bracket_lookup(parameters: Fields) -> Setup:
    """Set up a percentage chosen by a volume."""
    setup = empty_setup()
    component = {
        "id": "bonus",
        "kind": "volume_bracket",
        "chosen_by": "personal_bv",
        "brackets": _brackets(parameters),
    }
    setup.document["components"].append(component)
    return setup


def _volume(parameters: Fields, key: str) -> tuple[str, str]:
    """Take the field and the scope of a volume."""
    volume = parameters.inner(key)
    found = (volume.choice("field", ("pv", "bv")), volume.choice("scope", ("own", "group"), "own"))
    volume.close()
    return found


def _brackets(parameters: Fields) -> list[dict[str, str]]:
    rows = []
    for row in parameters.rows("brackets"):
        rows.append({"from": row.number("from"), "percent": row.number("percent")})
        row.close()
    return sorted(rows, key=lambda row: Fraction(row["from"]))


def _take_retail(parameters: Fields, setup: Setup, on: str = "net") -> None:
    """Add a percentage of own volume, a line of its own."""
    if "retail_percent" in parameters:
        percent = parameters.number("retail_percent")
        setup.document["components"].append(
            {
                "id": "retail",
                "kind": "level_percent",
                "on": on,
                "rates": [],
                "seller_rate": percent,
            }
        )
