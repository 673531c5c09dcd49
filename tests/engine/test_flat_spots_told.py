"""What is warned of as a flat spot, word for word, with its numbers (docs/plan/flat-spots.md)."""

from __future__ import annotations

from typing import Any

import pytest

from compensation.engine.flat_spots import flat_spots
from tests.engine.worlds import percentages, plan_of

LADDER = {
    "ladder": [
        {"name": "IR"},
        {"name": "Star", "requires": [{"measure": "personal_bv", "at_least": "1"}]},
        {"name": "Top", "requires": [{"measure": "personal_bv", "at_least": "2"}]},
    ]
}
BY_SALES = {"test": {"measure": "personal_bv", "at_least": "60"}, "window": "period"}
OTHERS_LOSE = (
    "where it cuts, a sale that brings one person more lowers everybody else's pay: of 110.00 down "
    "to a limit of 100.00 each is paid 90.91 %, of 120.00 only 83.33 %"
)
ONE_SHARE_MORE = (
    "the sale that brings somebody one share more lowers what each share is worth: of 100 shares "
    "each has 1 % of the pool, of 101 only 0.9901 %"
)


def told(*components: dict[str, Any], **keys: Any) -> dict[str, str]:
    found = flat_spots(plan_of(*components, **keys))
    assert len({fault.path for fault in found}) == len(found)
    return {fault.path.removeprefix("components[0]."): fault.message for fault in found}


def table(kind: str, chosen_by: str, *rows: tuple[str, str], **keys: Any) -> dict[str, Any]:
    brackets = [{"from": start, "percent": percent} for start, percent in rows]
    return {"id": "it", "kind": kind, "chosen_by": chosen_by, "brackets": brackets, **keys}


def by_volume(*rows: tuple[str, str], **keys: Any) -> dict[str, Any]:
    return table("volume_bracket", "personal_bv", *rows, **keys)


def steps(*rows: tuple[str, str], **keys: Any) -> dict[str, Any]:
    return table("differential", "group_bv", *rows, **keys)


def of_ranks(kind: str, key: str, values: tuple[Any, ...], **keys: Any) -> dict[str, Any]:
    by_rank = dict(zip(("IR", "Star", "Top"), values, strict=True))
    return {"id": "it", "kind": kind, key: by_rank, **keys}


def pool(*shares: int) -> dict[str, Any]:
    by_rank = dict(zip(("IR", "Star", "Top"), shares, strict=True))
    return {"id": "it", "kind": "pool", "percent": "1", "shares": {"by_rank": by_rank}}


def test_a_falling_bracket_is_told_with_the_last_hundredth_below_it() -> None:
    rows = (("100", "100"), ("200.05", "50"), ("300", "50"))

    assert told(by_volume(*rows), bv_value="0.5") == {
        "brackets[1].percent": "50 % after 100 %: with 200.04 it pays 100.02 EUR, with 200.05 "
        "50.01 EUR (where the same volume chooses and is paid)"
    }
    assert told(by_volume(*rows, paid_on={"base": "net"}), bv_value="0.5") == {
        "brackets[1].percent": "50 % after 100 %: with 200.04 it pays 200.04 EUR, with 200.05 "
        "100.03 EUR (where the same volume chooses and is paid)"
    }


def test_examples_are_rounded_as_the_plan_rounds() -> None:
    component = by_volume(("0.05", "100"), ("0.10", "50"))

    found = told(component, bv_value="0.5", rounding="down")

    assert "with 0.09 it pays 0.04 EUR, with 0.10 0.02 EUR" in found["brackets[1].percent"]


def test_a_rank_with_fewer_levels_than_the_one_below_is_told() -> None:
    depths = {"IR": 3, "Star": 1, "Top": 2}

    assert told(percentages("1", "1", "1", depth_by_rank=depths), ranks=LADDER) == {
        "depth_by_rank": "Star is paid on 1 levels, IR on 3: the sale that makes somebody Star "
        "costs him 2 of them"
    }


@pytest.mark.parametrize(
    ("percents", "on", "expected"),
    [
        (
            ("5", "3", "8"),
            "bv",
            {
                "percent_by_rank.Star": "3 % after 5 % of IR: on 1,000 BV the sale that makes "
                "somebody Star takes him from 50.00 EUR to 30.00 EUR",
                "percent_by_rank": "the sale that makes somebody Top takes his upline at 8 % from "
                "50.00 EUR to 0.00 EUR on 1,000 BV of his",
            },
        ),
        (
            ("8", "2", "5"),
            "net",
            {
                "percent_by_rank.Star": "2 % after 8 % of IR: on 1,000.00 EUR the sale that makes "
                "somebody Star takes him from 80.00 EUR to 20.00 EUR",
                "percent_by_rank": "the sale that makes somebody Top takes his upline at 8 % from "
                "60.00 EUR to 30.00 EUR on 1,000.00 EUR of his",
            },
        ),
        (
            ("1", "5", "6"),
            "bv",
            {
                "percent_by_rank": "the sale that makes somebody Star takes his upline at 6 % from "
                "50.00 EUR to 10.00 EUR on 1,000 BV of his",
            },
        ),
        (("4", "4", "4"), "bv", {}),
    ],
)
def test_percentages_of_ranks_are_told_where_they_fall_and_where_they_rise_most(
    percents: tuple[str, ...], on: str, expected: dict[str, str]
) -> None:
    component = of_ranks("differential", "percent_by_rank", percents, on=on)

    assert told(component, ranks=LADDER) == expected


def test_a_rank_with_fewer_shares_of_a_pool_is_told() -> None:
    assert told(pool(2, 1, 3), ranks=LADDER) == {
        "shares.by_rank.Star": "1 shares after 2 of IR: the sale that makes somebody Star costs "
        "him 1 of them",
        "shares": ONE_SHARE_MORE,
    }
    assert told(pool(2, 2, 2), ranks=LADDER) == {"shares": ONE_SHARE_MORE}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("0", "5")], {}),
        ([("100", "0")], {}),
        (
            [("0.01", "4")],
            {
                "brackets": "with 0 somebody has 0 % and his upline at 4 % earns 0.00 EUR on it; "
                "with 0.01 he has 4 % and the upline earns 0.00 EUR"
            },
        ),
        (
            [("100", "100")],
            {
                "brackets": "with 99.99 somebody has 0 % and his upline at 100 % earns 50.00 EUR "
                "on it; with 100 he has 100 % and the upline earns 0.00 EUR"
            },
        ),
        (
            [("100", "10"), ("900", "11")],
            {
                "brackets": "with 99.99 somebody has 0 % and his upline at 11 % earns 5.50 EUR on "
                "it; with 100 he has 10 % and the upline earns 0.50 EUR"
            },
        ),
    ],
)
def test_the_bracket_that_takes_most_from_an_upline_is_told(
    rows: list[tuple[str, str]], expected: dict[str, str]
) -> None:
    assert told(steps(*rows), bv_value="0.5") == expected


def test_breaking_away_is_told_with_the_highest_bracket() -> None:
    component = steps(("100", "10"), ("900", "11"), ("9000.50", "12"), breakaway=True)

    assert told(component) == {
        "brackets": "with 9,000.49 somebody has 11 % and his upline at 12 % earns 90.00 EUR on it; "
        "with 9,000.50 he has 12 % and the upline earns 0.00 EUR",
        "breakaway": "the sale with which somebody reaches 9,000.50 group BV takes these 9,000.50 "
        "from the group BV of everybody above him, and all pay on them",
    }


def moved(level: int, what: str, before: str, after: str) -> dict[str, str]:
    return {
        "compression": "the sale that makes somebody qualified moves all below him a level further "
        f"from those above: from level {level} to {level + 1}, and on {what} from {before} EUR to "
        f"{after} EUR"
    }


@pytest.mark.parametrize(
    ("rates", "keys", "expected"),
    [
        (("9", "8", "1"), {}, moved(2, "1,000 BV", "40.00", "5.00")),
        (("5", "5", "5"), {"on": "net"}, moved(3, "1,000.00 EUR", "50.00", "0.00")),
        (("6", "4", "2"), {"compression": "dynamic"}, moved(1, "1,000 BV", "30.00", "20.00")),
        (("9", "8", "7"), {"depth": 1}, moved(1, "1,000 BV", "45.00", "0.00")),
        (("9", "8", "1"), {"compression": "none"}, {}),
        (("0",), {"seller_rate": "5"}, {}),
        (
            ("9", "8", "1"),
            {"compression": "roll_up"},
            {
                "compression": "the sale that makes somebody at level 2 qualified takes what "
                "rolled up past him, 8 % of it, from the next one above"
            },
        ),
    ],
)
def test_the_level_at_which_compression_costs_most_is_told(
    rates: tuple[str, ...], keys: dict[str, Any], expected: dict[str, str]
) -> None:
    component = percentages(*rates, **{"compression": "skip_and_recount", **keys})

    assert told(component, activity=BY_SALES, bv_value="0.5") == expected


def test_a_match_is_told_on_earnings() -> None:
    match = {"id": "on_top", "kind": "match", "of": ["levels"], "rates": ["9", "8", "1"]}

    found = told(
        percentages("1"),
        {**match, "compression": "skip_and_recount"},
        activity=BY_SALES,
        bv_value="0.5",
    )

    assert found == {
        f"components[1].{key}": text for key, text in moved(2, "earnings", "80.00", "10.00").items()
    }


def test_what_rolls_up_or_is_flushed_or_ranked_is_told() -> None:
    flat = {"id": "it", "kind": "flat_bonus", "amount": "10", "trigger": "first_order"}
    ranked = {"ranking": "most", "by_position": [3, 1]}
    cycle = {"left": "100", "right": "200"}
    cycles = {"id": "it", "kind": "binary_cycles", "cycle": cycle, "pays": "1", "most_cycles": 3}

    assert told({**flat, "buyers": "customers", "compression": "roll_up"}) == {
        "compression": "the sale that makes a sponsor qualified takes what rolled up past him, "
        "10.00 EUR for each order, from the next one above"
    }
    assert told(
        {"id": "it", "kind": "pool", "percent": "1", "shares": ranked},
        rankings=[{"id": "most", "value": "units"}],
    ) == {"shares": "the sale with which somebody is passed in the ranking costs him his position"}
    assert told({**cycles, "flush_over_most": True}) == {
        "flush_over_most": "with 400 BV on the left and 800 on the right there would be 4 cycles: "
        "3 are paid and all the rest is lost"
    }


@pytest.mark.parametrize(
    ("component", "percent", "cuts"),
    [
        (percentages("10"), "10", False),
        (percentages("10.01"), "10", True),
        (percentages("10", on="net"), "50", True),
        (percentages(seller_rate="10"), "10", False),
        ({"id": "levels", "kind": "retail_profit", "percent": "1"}, "10", True),
    ],
)
def test_a_cap_of_the_company_is_told_where_it_can_cut(
    component: dict[str, Any], percent: str, cuts: bool
) -> None:
    cap = {"id": "most", "scope": "company", "percent": percent, "on": "bv"}

    found = told(component, caps=[cap], bv_value="0.5")

    assert found == ({"caps[0]": OTHERS_LOSE} if cuts else {})
