"""Where plan documents end: the last figure that is taken, the first that is refused, and words."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from compensation.engine import parse_plan
from compensation.engine.figures import figure_of
from compensation.engine.prose import plan_prose
from compensation.engine.wording import figure_text, percent_text, plain_text
from compensation.engine.worst_case import check_plan, worst_case
from tests.engine.refusals import faults_of
from tests.engine.worlds import percentages, plan_of, points

LADDER = {
    "ladder": [
        {"name": "IR"},
        {"name": "Star", "requires": [{"measure": "personal_bv", "at_least": "1"}]},
        {"name": "Top", "requires": [{"measure": "personal_bv", "at_least": "2"}]},
    ]
}
STARS = [{"count": "directs", "who": {"rank": "Star"}, "at_least": 1}]
TABLE = [{"from": "10", "percent": "5"}]


def of_kind(kind: str, **keys: Any) -> dict[str, Any]:
    return {"id": "it", "kind": kind, **keys}


def flat(**keys: Any) -> dict[str, Any]:
    return of_kind("flat_bonus", **{"amount": "10", "trigger": "every_order", **keys})


def quick(**keys: Any) -> dict[str, Any]:
    return of_kind("quick_start", **{"rates": ["5"], "days": 30, **keys})


def pool(**keys: Any) -> dict[str, Any]:
    return of_kind("pool", **{"percent": "1", "shares": {"by_rank": {"IR": 1}}, **keys})


def bracket(**keys: Any) -> dict[str, Any]:
    return of_kind("volume_bracket", **{"brackets": TABLE, "chosen_by": "group_bv", **keys})


def match(**keys: Any) -> list[dict[str, Any]]:
    return [percentages("1"), of_kind("match", **{"of": ["levels"], "rates": ["5"], **keys})]


def bonus(**amounts: str) -> dict[str, Any]:
    return of_kind("rank_bonus", amounts=amounts)


# ------------------------------------------------------------------------------- what is taken


@pytest.mark.parametrize(
    "components",
    [
        [percentages("1", window_days_from_enrolment=0)],
        [percentages("1", window_days_from_enrolment=36500)],
        [flat(buyers="all")],
        [flat(compression="none")],
        [quick(rates=["0.5"] * 100)],
        [points(3, base_depth=0)],
        [{**percentages("0.5"), "id": f"levels_{number}"} for number in range(50)],
        [pool(shares={"by_rank": {"IR": 1}})],
    ],
)
def test_the_last_figure_is_taken(components: list[dict[str, Any]]) -> None:
    assert faults_of(*components, ranks=LADDER) == []


@pytest.mark.parametrize(
    "components",
    [
        [percentages("1", qualification=STARS)],
        match(qualification=STARS),
        [bracket(qualification=STARS)],
        [quick(qualification=STARS)],
        [pool(qualification=STARS)],
        [of_kind("retail_profit", qualification=STARS)],
        [of_kind("generation_percent", rates=["1"], leader_rank="Star", qualification=STARS)],
        [of_kind("differential", brackets=TABLE, chosen_by="own_bv", qualification=STARS)],
    ],
)
def test_a_qualification_may_count_people_of_a_rank_and_is_told_by_its_name(
    components: list[dict[str, Any]],
) -> None:
    plan = plan_of(*components, ranks=LADDER)

    assert plan.figure_names == ("directs:rank:1",)
    told = "\n".join(plan_prose(plan))
    assert "1 directs with the pay rank Star or a higher one" in told
    assert "of the ladder" not in told


def test_what_keeps_a_rank_is_told_with_the_names_of_ranks() -> None:
    ladder = [*LADDER["ladder"][:2], {**LADDER["ladder"][2], "maintains": STARS}]

    told = "\n".join(plan_prose(plan_of(ranks={"ladder": ladder})))

    assert "to be paid as it, 1 directs with the pay rank Star" in told


# ----------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("components", "faults"),
    [
        (
            [percentages("1", window_days_from_enrolment=36501)],
            ["components[0].window_days_from_enrolment: 36501 is outside 0 to 36500"],
        ),
        (
            [percentages("1", level_minimum={"measure": "own_bv"})],
            ["components[0].level_minimum.at_least: is missing"],
        ),
        (
            [percentages("1", level_minimum={"at_least": ["1"]})],
            ["components[0].level_minimum.measure: is missing"],
        ),
        (
            [percentages("1", level_minimum=["1"])],
            ["components[0].level_minimum: ['1'] is not a table of keys and values"],
        ),
        (
            [percentages("1", level_minimum={"measure": "own_bv", "at_least": ["x"]})],
            ['components[0].level_minimum.at_least[0]: "x" is not a figure'],
        ),
        ([flat(amount="x")], ['components[0].amount: "x" is not an amount of money']),
        ([quick(rates=[])], ["components[0].rates: 0 elements; 1 to 100 are allowed"]),
        (
            [quick(rates=["0.5"] * 101)],
            ["components[0].rates: 101 elements; 1 to 100 are allowed"],
        ),
        (
            [{**percentages("0.5"), "id": f"levels_{number}"} for number in range(51)],
            ["components: 51 elements; 1 to 50 are allowed"],
        ),
        (
            ["x", of_kind("nothing"), {"id": "it", "on": "converted_bv"}, percentages("x")],
            [
                "components[0]: is not a table of keys and values",
                'components[1].kind: "nothing" is not a kind of component',
                "components[2].on: BV that was bought with points pays no commission",
                'components[3].rates[0]: "x" is not a percentage',
            ],
        ),
        (
            [bonus(Star="5", Top="6")],
            [
                "components[0].amounts.Star: would pay without a product sale",
                "components[0].amounts.Top: would pay without a product sale",
            ],
        ),
        ([pool(shares={"by_rank": None})], ["components[0].shares.by_rank: is missing"]),
        (
            [pool(shares={"ranking": "r", "by_position": None})],
            [
                "components[0].shares.by_position: is missing",
                'components[0].shares.ranking: "r" is not a ranking of the plan',
            ],
        ),
        (
            [pool(shares={"ranking": None, "by_position": [1]})],
            ["components[0].shares.ranking: is missing"],
        ),
        (
            [pool(shares={"ranking": "R!", "by_position": [1]})],
            ['components[0].shares.ranking: "R!" is not an id in a-z, 0-9 and _'],
        ),
        ([pool(shares={"measure": "own_bv"})], ["components[0].shares.per: is missing"]),
        (
            [pool(shares={"per": "5", "measure": None})],
            ["components[0].shares.measure: is missing"],
        ),
        (
            [pool(shares={"ranking": "r", "by_position": [1] * 1001})],
            [
                "components[0].shares.by_position: 1001 elements; 1 to 1000 are allowed",
                'components[0].shares.ranking: "r" is not a ranking of the plan',
            ],
        ),
        (
            [bracket(brackets=["x", {"percent": "5"}, {"from": "7"}, {"from": "x", "percent": 1}])],
            [
                'components[0].brackets[0]: "x" is not a table of keys and values',
                "components[0].brackets[1].from: is missing",
                "components[0].brackets[2].percent: is missing",
                'components[0].brackets[3].from: "x" is not a figure',
            ],
        ),
        ([bracket(brackets=None)], ["components[0].brackets: is missing"]),
        (
            [*match(), *match(of=["it", "nobody"], id="other")[1:]],
            ['components[2].of[1]: "nobody" is not a component before this one'],
        ),
    ],
)
def test_every_fault_is_named_once_with_its_place(components: list[Any], faults: list[str]) -> None:
    no_volume = [{"name": "IR"}] + [
        {"name": name, "requires": [{"measure": "active", "at_least": 1}]}
        for name in ("Star", "Top")
    ]

    found = faults_of(*components, ranks={"ladder": no_volume})

    assert len(found) == len(faults), found
    for fault, expected in zip(sorted(found), sorted(faults), strict=True):
        assert fault.startswith(expected)


@pytest.mark.parametrize(
    ("keys", "faults"),
    [
        ({"rsp_cash_rate": {"points": "10"}}, ["rsp_cash_rate.pays: is missing"]),
        ({"rsp_cash_rate": {"pays": "10"}}, ["rsp_cash_rate.points: is missing"]),
        ({"rsp_cash_rate": "x"}, ['rsp_cash_rate: "x" is not a table of keys and values']),
        (
            {"rsp_cash_rate": {"points": "x", "pays": "x"}},
            [
                'rsp_cash_rate.points: "x" is not a number of points',
                'rsp_cash_rate.pays: "x" is not an amount',
            ],
        ),
        (
            {"rsp_cash_rate": {"points": 0, "pays": 1}},
            ["rsp_cash_rate.points: 0 is too small or too large for a number of points"],
        ),
        ({"bv_value": "x"}, ['bv_value: "x" is not an amount of money per BV']),
        ({"bv_value": 0}, ["bv_value: must be above nought"]),
        ({"illustrative": [5]}, ["illustrative[0]: 5 is not the path of a value in this document"]),
        ({"rsp_conversion": {"bv": {"commissionable": 1}}}, None),
        ({"activity": {"window": "period"}}, ["activity.test: is missing"]),
        ({"activity": {"test": {"at_least": "1"}}}, ["activity.test.measure: is missing"]),
        ({"activity": "x"}, ['activity: "x" is not a table of keys and values']),
        ({"activity": {"test": "x"}}, ['activity.test: "x" is not a table of keys and values']),
        (
            {"activity": {"test": {"measure": "always", "at_least": "1"}}},
            ["activity.test.at_least: has no meaning with the measure always"],
        ),
    ],
)
def test_faults_of_the_plan_itself(keys: dict[str, Any], faults: list[str] | None) -> None:
    found = faults_of(percentages("1"), **keys)

    if faults is None:
        assert found == ["rsp_conversion.bv.commissionable: 1 is not true or false"]
    else:
        assert found == faults


def test_the_smallest_figures_are_taken_as_they_are() -> None:
    plan = plan_of(
        percentages("1"),
        rsp_cash_rate={"points": "0.01", "pays": "0.05"},
        activity={"test": {"measure": "always"}},
    )

    assert plan.rsp_cash_rate is not None
    assert (plan.rsp_cash_rate.points, plan.rsp_cash_rate.pays) == (1, 5)
    activity = plan.activity
    assert (activity.measure, activity.at_least) == ("always", 0)
    assert (activity.window, activity.trailing) == ("quarter_to_date", 0)


def test_what_points_are_converted_to_may_be_left_open() -> None:
    assert faults_of(percentages("1"), rsp_conversion={}) == []
    assert faults_of(percentages("1"), rsp_conversion={"bv": {"commissionable": False}}) == []


def test_requirements_of_rankings_and_components_are_the_plans() -> None:
    ranking = {"id": "most", "value": "units", "qualification": STARS}

    plan = plan_of(percentages("1"), rankings=[ranking], ranks=LADDER)

    assert [one.measure for one in plan.requirements()][-1] == "directs:rank:1"
    assert len(list(plan.requirements())) == 5
    assert plan.rankings[0].value == "units"


# -------------------------------------------------------------------------- tables of brackets


@pytest.mark.parametrize(
    ("keys", "text", "start"),
    [
        ({"method": "marginal", "paid_on": {"base": "net"}}, "10.005", 10005),
        ({"method": "marginal", "paid_on": {"base": "bv"}}, "10.05", 1005),
        ({"chosen_by": "own_bv", "paid_on": {"base": "net"}}, "10.05", 1005),
    ],
)
def test_slices_of_net_sales_are_in_money_and_all_else_in_hundredths(
    keys: dict[str, Any], text: str, start: int
) -> None:
    component = of_kind("volume_bracket", brackets=[{"from": text, "percent": "5"}], **keys)

    plan = plan_of(component, currency_digits=3)

    assert plan.components[0].brackets[0].start == start
    if start != 10005:
        finer = {**component, "brackets": [{"from": "10.005", "percent": "5"}]}
        assert faults_of(finer, currency_digits=3) == [
            'components[0].brackets[0].from: "10.005" has more than 2 decimals'
        ]


def test_brackets_of_money_are_told_with_the_decimals_of_the_currency() -> None:
    rows = [{"from": "10.005", "percent": "5"}]
    in_money = of_kind("volume_bracket", brackets=rows, method="marginal", paid_on={"base": "net"})
    in_volume = bracket(brackets=[{"from": "10.05", "percent": "5"}])

    told = "\n".join(plan_prose(plan_of(in_money, {**in_volume, "id": "b"}, currency_digits=3)))

    assert "from 10.005 5 %" in told
    assert "from 10.05 5 %" in told


# ---------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (("first_order", "customers"), "it: a customer's first order pays"),
        (("first_order", "own"), "it: the seller's own first order pays"),
        (
            ("first_order", "all"),
            "it: the first order of a customer or of the seller himself pays",
        ),
        (("every_order", "customers"), "it: each customer's order pays"),
        (("every_order", "own"), "it: each own order of the seller pays"),
        (("every_order", "all"), "it: each order pays"),
    ],
)
def test_what_a_flat_bonus_is_paid_for_is_told(keys: tuple[str, str], said: str) -> None:
    trigger, buyers = keys

    told = "\n".join(plan_prose(plan_of(flat(trigger=trigger, buyers=buyers))))

    assert f"{said} his sponsor 10.00 EUR" in told


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(0), "0 %"),
        (Fraction(1), "100 %"),
        (Fraction(1, 1000), "0.1 %"),
        (Fraction(12, 1), "1200 %"),
        (Fraction(1, 3), "33.3333 %"),
        (Fraction(-1, 40), "-2.5 %"),
    ],
)
def test_percentages_are_told_without_noughts_at_the_end(share: Fraction, text: str) -> None:
    assert percent_text(share) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(1200), "1200"),
        (Fraction(1, 2), "0.5"),
        (Fraction(1, 10**6), "0.000001"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-5, 4), "-1.25"),
    ],
)
def test_numbers_are_told_as_decimals_where_they_are_some(number: Fraction, text: str) -> None:
    assert plain_text(number) == text


def test_people_who_are_counted_are_told_in_full() -> None:
    assert figure_text("legs:active:1") == "legs that hold somebody who is active"
    assert figure_text("directs:active:1") == "directs who are active"
    assert figure_text("directs:group_bv:6000") == "directs with 60 group BV"
    assert figure_of("group_bv:bought") is None


# ----------------------------------------------------------------------------------- the bounds


def test_points_are_bounded_by_the_ratio_that_is_given() -> None:
    plan = plan_of(points(1), rsp_cash_rate={"points": "100", "pays": "10"}, worst_case_limit="5")

    assert worst_case(plan, Fraction(1, 2)).of_bv == Fraction(1, 10)
    assert [str(fault) for fault in check_plan(plan, Fraction(1, 2))] == [
        "worst_case_limit: the worst case is 10 % of BV, over the limit of 5 %"
    ]
    assert [str(fault) for fault in check_plan(plan)] == [
        "worst_case_limit: the worst case as a share of BV is not known"
    ]


def test_rates_over_the_whole_base_are_named_for_each_component() -> None:
    plan = plan_of(
        points(1),
        percentages("60", "60"),
        {**percentages("70", "70", on="net"), "id": "of_net"},
        of_kind("retail_profit", percent="100"),
        {"id": "doubled", "kind": "match", "of": ["it"], "rates": ["60", "60"]},
    )

    assert [str(fault) for fault in check_plan(plan)] == [
        "components[1].rates: together 120 % of the BV, more than all of it",
        "components[2].rates: together 140 % of the net sales, more than all of it",
        "components[4].rates: together 120 % of the margin, more than all of it",
    ]


def test_a_match_of_fixed_amounts_is_fixed_and_a_cap_leaves_them_alone() -> None:
    plan = plan_of(
        {**flat(), "id": "flat"},
        percentages("10"),
        {"id": "on_top", "kind": "match", "of": ["flat", "levels"], "rates": ["50"]},
        caps=[
            {"id": "first", "scope": "person", "amount": "1", "of": ["levels"]},
            {"id": "all", "scope": "company", "percent": "5", "on": "bv"},
        ],
    )

    found = worst_case(plan)

    assert [(one.component, one.of, one.share, one.fixed_minor) for one in found.shares] == [
        ("flat", "order", None, 1000),
        ("levels", "bv", Fraction(1, 10), 0),
        ("on_top", "order", None, 500),
        ("on_top", "bv", Fraction(1, 20), 0),
        ("all", "bv", Fraction(1, 20), 0),
    ]
    assert found.of_bv == Fraction(1, 20)


def test_a_document_must_be_of_this_form() -> None:
    assert parse_plan(
        {
            "format": 1,
            "name": "a",
            "currency": "EUR",
            "activity": {"test": {"measure": "always"}},
            "components": [percentages("1")],
        }
    ).ranks.names == ("Member",)
