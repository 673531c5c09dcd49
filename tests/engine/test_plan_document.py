"""The plan document: what is read, and every fault with its path. docs/plan/format.md."""

import re
from fractions import Fraction
from typing import Any

import pytest
import yaml

from compensation.engine import PlanError, parse_plan
from compensation.engine.components import FlatBonus, LevelPercent, RspPoints
from compensation.engine.ladder import PayRankFloor
from compensation.engine.requirements import Requirement
from compensation.plans import load_plan, load_preset, preset_names, preset_text

SMALL = """
format: 1
name: small
currency: EUR
activity: {test: {measure: always}}
components:
  - {id: levels, kind: level_percent, rates: ["5"]}
"""

FULL = """
format: 1
name: full
title: A plan with every key
currency: PLN
currency_digits: 2
illustrative: [ranks.ladder.1.requires, "components[0].depth_by_rank"]
rounding: half_even
rsp_cash_rate: {points: "10000", pays: "260.00"}
bv_value: "0.5"
rsp_per_bv: "0.25"
worst_case_limit: "60"
activity: {test: {measure: personal_bv, at_least: "59.99"}, window: {trailing: 3}}
ranks:
  ladder:
    - {name: IR}
    - name: Bronze
      requires: [{measure: personal_bv, at_least: 100}, {measure: direct_count, at_least: 2}]
      maintains: [{measure: personal_bv, at_least: "50"}]
  steps_per_period: 2
  pay_rank_floor: {for_titles_from: Bronze, floor: IR}
components:
  - id: rsp
    kind: rsp_points
    depth_by_rank: {IR: 4, Bronze: 6}
    base_depth: 3
    compression: none
    own_points: false
    points_from: all_products
  - id: levels
    kind: level_percent
    on: net
    rates: ["5", "2.5"]
    seller_rate: "1"
    depth: 1
    compression: roll_up
    unqualified_volume_pays: false
    window_days_from_enrolment: 60
  - id: pack
    kind: flat_bonus
    amount: "50.00"
    trigger: every_order
    to: seller
    buyers: own
    minimum_bv: "10"
    requires_active: false
    compression: roll_up
"""


def test_every_key_is_read() -> None:
    plan = load_plan(FULL)

    assert (plan.name, plan.title, plan.currency) == ("full", "A plan with every key", "PLN")
    assert plan.illustrative == ("ranks.ladder.1.requires", "components[0].depth_by_rank")
    assert plan.rounding == "half_even"
    assert plan.rsp_cash_rate is not None
    assert plan.rsp_cash_rate.per_point == Fraction(26, 1000)
    assert plan.bv_value == Fraction(1, 2)
    assert (plan.rsp_per_bv, plan.worst_case_limit) == (Fraction(1, 4), Fraction(3, 5))
    assert (plan.activity.measure, plan.activity.at_least) == ("personal_bv", 5999)
    assert (plan.activity.window, plan.activity.trailing) == ("trailing", 3)
    bronze = plan.ranks.ladder[1]
    assert bronze.requires == (Requirement("personal_bv", 10000), Requirement("direct_count", 2))
    assert bronze.maintains == (Requirement("personal_bv", 5000),)
    assert (plan.ranks.steps_per_period, plan.ranks.floor) == (2, PayRankFloor(1, 0))
    assert plan.components == (
        RspPoints("rsp", (4, 6), 3, "none", own_points=False, points_from="all_products"),
        LevelPercent(
            "levels",
            "net",
            (Fraction(1, 20), Fraction(1, 40)),
            Fraction(1, 100),
            (1, 1),
            "roll_up",
            unqualified_volume_pays=False,
            window_days=60,
        ),
        FlatBonus("pack", 5000, "seller", "every_order", "own", 1000, False, "roll_up"),
    )
    assert plan.points_from == "all_products"


def test_defaults() -> None:
    plan = load_plan(SMALL)

    assert plan.title == "small"
    assert (plan.currency_digits, plan.rounding) == (2, "half_away_from_zero")
    assert (plan.activity.window, plan.ranks.names) == ("quarter_to_date", ("Member",))
    assert plan.points_from == "repeat_only"
    component = plan.components[0]
    assert isinstance(component, LevelPercent)
    assert (component.on, component.compression, component.depths) == ("bv", "none", (1,))
    assert component.unqualified_volume_pays
    assert component.window_days is None


def changed(path: str, value: Any) -> list[str]:
    """Give the faults after one value of the full plan is changed (None takes it away)."""
    document = yaml.safe_load(FULL.replace("    on: net", "    'on': net"))
    here: Any = document
    *steps, last = path.split(".")
    for step in steps:
        here = here[int(step)] if step.isdigit() else here[step]
    key: Any = int(last) if last.isdigit() else last
    if value is None:
        del here[key]
    else:
        here[key] = value
    with pytest.raises(PlanError) as caught:
        parse_plan(document)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("format", None, "format: is missing"),
        ("format", 2, "format: 2 is not known; this engine reads 1"),
        ("name", "Two words", 'name: "Two words" is not a name in a-z, 0-9 and -'),
        ("title", "", 'title: "" is not a short text'),
        ("currency", "euro", 'currency: "euro" is not a currency code like EUR'),
        ("currency_digits", 5, "currency_digits: 5 is outside 0 to 4"),
        ("currency_digits", "2", 'currency_digits: "2" is not a whole number'),
        ("illustrative", "x", 'illustrative: "x" is not a list'),
        (
            "illustrative",
            ["ranks.ladder.9"],
            'illustrative[0]: "ranks.ladder.9" leads to nothing in this document',
        ),
        ("rounding", "up", 'rounding: "up" is not one of half_away_from_zero, half_even, half_up'),
        ("rsp_cash_rate", {"points": "0", "pays": "1"}, 'rsp_cash_rate.points: "0" is too small'),
        ("rsp_cash_rate", {"points": "1"}, "rsp_cash_rate.pays: is missing"),
        ("rsp_cash_rate", 3, "rsp_cash_rate: 3 is not a table of keys and values"),
        ("rsp_cash_rate.pays", "0.0260001", '"0.0260001" has more than 6 decimals'),
        ("bv_value", "0", "bv_value: must be above nought"),
        ("bv_value", "x", 'bv_value: "x" is not an amount of money per BV'),
        ("rsp_per_bv", True, "rsp_per_bv: True is not a ratio"),
        ("worst_case_limit", "101", 'worst_case_limit: "101" is outside 0 to 100 per cent'),
        ("activity", None, "activity: is missing"),
        ("activity", "no", 'activity: "no" is not a table of keys and values'),
        ("activity.test", None, "activity.test: is missing"),
        ("activity.test.measure", None, "activity.test.measure: is missing"),
        ("activity.test.measure", "luck", 'activity.test.measure: "luck" is not one of'),
        ("activity.test.at_least", None, "activity.test.at_least: is missing"),
        ("activity.test.at_least", "-1", 'activity.test.at_least: "-1" is too small'),
        ("activity.test.at_least", "9" * 16, "is not a volume"),
        ("activity.test.measure", "always", "has no meaning with the measure always"),
        ("activity.window", "week", 'activity.window: "week" is not one of quarter_to_date'),
        ("activity.window", {"trailing": 0}, "activity.window.trailing: 0 is outside 1 to 36"),
        ("activity.window", {}, "activity.window.trailing: is missing"),
        ("ranks", 1, "ranks: 1 is not a table"),
        ("ranks.ladder", None, "ranks.ladder: is missing"),
        ("ranks.ladder", [], "ranks.ladder: 0 elements; 1 to 50 are allowed"),
        ("ranks.ladder.1.name", "IR", 'ranks.ladder: the rank "IR" stands in it twice'),
        ("ranks.ladder.1.name", None, "ranks.ladder[1].name: is missing"),
        (
            "ranks.ladder.0.requires",
            [{"measure": "personal_bv", "at_least": 1}],
            "ranks.ladder[0].requires: the lowest rank can't require anything",
        ),
        ("ranks.ladder.1.requires.0.measure", "x", 'ranks.ladder[1].requires[0].measure: "x" is'),
        ("ranks.ladder.1.requires.0.at_least", None, "requires[0].at_least: is missing"),
        ("ranks.ladder.1.requires.0", 3, "ranks.ladder[1].requires[0]: 3 is not a table"),
        ("ranks.ladder.1.requires.1.at_least", "1.5", 'at_least: "1.5" has more than 0 decimals'),
        ("ranks.steps_per_period", 0, "ranks.steps_per_period: 0 is outside 1 to 50"),
        ("ranks.pay_rank_floor.floor", "Gold", 'floor: "Gold" is not a rank of the ladder'),
        ("ranks.pay_rank_floor.floor", None, "ranks.pay_rank_floor.floor: is missing"),
        (
            "ranks.pay_rank_floor",
            {"for_titles_from": "IR", "floor": "Bronze"},
            "ranks.pay_rank_floor.floor: the floor lies above the titles that it is for",
        ),
        ("components", None, "components: is missing"),
        ("components", [], "components: 0 elements; 1 to 50 are allowed"),
        ("components.0", "x", "components[0]: is not a table of keys and values"),
        ("components.0.kind", None, "components[0].kind: is missing"),
        ("components.0.kind", "magic", 'components[0].kind: "magic" is not a kind of component'),
        (
            "components.0.kind",
            "sign_up_bonus",
            'components[0].kind: "sign_up_bonus" would pay without a product sale',
        ),
        ("components.0.id", None, "components[0].id: is missing"),
        ("components.0.id", "A b", 'components[0].id: "A b" is not an id in a-z, 0-9 and _'),
        ("components.0.id", "levels", 'components: the id "levels" stands in it twice'),
        ("components.0.dept", 3, "components[0].dept: unknown key; known are id, kind, depth"),
        ("components.0.depth", 3, "depth_by_rank: only one of depth and depth_by_rank"),
        ("components.0.depth_by_rank", None, "components[0].depth: is missing (depth or"),
        ("components.0.depth_by_rank", {"IR": 1}, "depth_by_rank: no depth for Bronze"),
        (
            "components.0.depth_by_rank.Goldd",
            1,
            'components[0].depth_by_rank.Goldd: "Goldd" is not a rank of the ladder',
        ),
        ("components.0.depth_by_rank.IR", -1, "depth_by_rank.IR: -1 is outside 0 to 100"),
        ("components.0.depth_by_rank", 4, "depth_by_rank: 4 is not a table"),
        ("components.0.compression", "roll_up", 'components[0].compression: "roll_up" is not one'),
        ("components.0.own_points", 1, "components[0].own_points: 1 is not true or false"),
        ("components.1.rates", None, "components[1].rates: is missing"),
        ("components.1.rates.0", "x", 'components[1].rates[0]: "x" is not a percentage'),
        ("components.1.rates.0", 2.5, "rates[0]: 2.5 is a binary fraction; write it in quotes"),
        ("components.1.rates.1", "100.01", 'rates[1]: "100.01" is outside 0 to 100 per cent'),
        ("components.1.rates.1", "1e2", 'rates[1]: "1e2" is not a percentage'),
        ("components.1.rates.1", "٣", "is not a percentage"),
        ("components.1.depth", 3, "components[1].depth: 3 levels for IR, but there are 2 rates"),
        (
            "components.1.qualification",
            [{"measure": "rsp_total", "at_least": 1}],
            'components[1].qualification[0].measure: "rsp_total" is not one of personal_bv',
        ),
        ("components.1.qualification", 1, "components[1].qualification: 1 is not a list"),
        ("components.1.level_minimum", 1, "components[1].level_minimum: 1 is not a table"),
        (
            "components.1.level_minimum",
            {"measure": "own_bv"},
            "components[1].level_minimum.at_least: is missing",
        ),
        (
            "components.1.level_minimum",
            {"measure": "own_bv", "at_least": ["1"]},
            "components[1].level_minimum.at_least: 1 figures, but there are 2 rates",
        ),
        (
            "components.1.level_minimum",
            {"measure": "active", "at_least": [1, "0.5"]},
            'level_minimum.at_least[1]: "0.5" has more than 0 decimals',
        ),
        ("components.2.amount", None, "components[2].amount: is missing"),
        ("components.2.amount", "-5", 'components[2].amount: "-5" is too small or too large'),
        ("components.2.trigger", None, "components[2].trigger: is missing"),
        (
            "components.2.trigger",
            "enrolment",
            'components[2].trigger: "enrolment" would pay without a product sale; a bonus can hang',
        ),
    ],
)
def test_faults_are_named_with_their_path(path: str, value: Any, fault: str) -> None:
    assert any(fault in one for one in changed(path, value)), changed(path, value)


BRACKETS: dict[str, Any] = {
    "id": "bonus",
    "kind": "volume_bracket",
    "chosen_by": "personal_bv",
    "brackets": [{"from": "1", "percent": "1"}, {"from": "2", "percent": "2"}],
}


def faults_of(component: dict[str, Any], *before: dict[str, Any]) -> list[str]:
    """Give the faults of a plan whose last component is this one."""
    document = yaml.safe_load(SMALL)
    document["components"] = [*document["components"], *before, component]
    try:
        parse_plan(document)
    except PlanError as error:
        return [str(fault) for fault in error.faults]
    return []


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"brackets": None}, "components[1].brackets: is missing"),
        ({"brackets": []}, "components[1].brackets: 0 elements; 1 to 50 are allowed"),
        ({"brackets": [{"from": "1"}]}, "components[1].brackets[0].percent: is missing"),
        (
            {"brackets": [{"from": "1", "percent": "1"}, {"from": "1", "percent": "2"}]},
            "components[1].brackets[1].from: must be above the bracket before",
        ),
        (
            {"brackets": [{"from": "1.005", "percent": "1"}]},
            'components[1].brackets[0].from: "1.005" has more than 2 decimals',
        ),
        ({"chosen_by": None}, "components[1].chosen_by: is missing"),
        ({"chosen_by": "active"}, 'components[1].chosen_by: "active" is not one of personal_bv'),
        ({"method": "marginal"}, "components[1].chosen_by: has no meaning with marginal"),
        ({"method": "half"}, 'components[1].method: "half" is not one of whole, marginal'),
        ({"paid_on": {"scope": "legs"}}, 'components[1].paid_on.scope: "legs" is not one of own'),
        ({"paid_on": {"base": "rsp"}}, 'components[1].paid_on.base: "rsp" is not one of bv, net'),
    ],
)
def test_faults_of_volume_brackets(keys: dict[str, Any], fault: str) -> None:
    assert faults_of(BRACKETS) == []
    found = faults_of({**BRACKETS, **keys})
    assert any(one.startswith(fault) for one in found), found


STEPS: dict[str, Any] = {
    "id": "steps",
    "kind": "differential",
    "percent_by_rank": {"Member": "5"},
}


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"percent_by_rank": None}, "components[1].brackets: is missing (brackets or percent_by"),
        ({"percent_by_rank": {}}, "components[1].percent_by_rank: no percentage for Member"),
        ({"percent_by_rank": 5}, "components[1].percent_by_rank: 5 is not a table"),
        (
            {"percent_by_rank": {"Member": "5", "King": "6"}},
            'components[1].percent_by_rank.King: "King" is not a rank of the ladder',
        ),
        ({"percent_by_rank": {"Member": "101"}}, "components[1].percent_by_rank.Member: "),
        ({"chosen_by": "group_bv"}, "components[1].chosen_by: has no meaning with percent_by_rank"),
        (
            {"percent_by_rank": None, "brackets": BRACKETS["brackets"]},
            "components[1].chosen_by: is missing",
        ),
        (
            {"percent_by_rank": None, "brackets": [{"from": "1", "percent": 2.5}]},
            "components[1].brackets[0].percent: 2.5 is a binary fraction",
        ),
        ({"from_level": 11}, "components[1].from_level: 11 is outside 0 to 10"),
        ({"on": "rsp"}, 'components[1].on: "rsp" is not one of bv, net'),
    ],
)
def test_faults_of_differentials(keys: dict[str, Any], fault: str) -> None:
    assert faults_of(STEPS) == []
    found = faults_of({**STEPS, **keys})
    assert any(one.startswith(fault) for one in found), found


MATCH: dict[str, Any] = {"id": "match", "kind": "match", "of": ["levels"], "rates": ["20", "5"]}


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"of": None}, "components[2].of: is missing"),
        ({"of": []}, "components[2].of: 0 elements; 1 to 50 are allowed"),
        ({"of": ["match"]}, "components[2].of[0]: a component can't match itself"),
        ({"of": ["other"]}, 'components[2].of[0]: "other" is not a component before this one'),
        ({"of": ["levels", "levels"]}, 'components[2].of[1]: "levels" stands in it twice'),
        ({"of": ["rsp"]}, 'components[2].of[0]: "rsp" pays no money'),
        ({"of": ["A b"]}, 'components[2].of[0]: "A b" is not an id in a-z, 0-9 and _'),
        ({"rates": None}, "components[2].rates: is missing"),
        ({"rates": []}, "components[2].rates: 0 elements; 1 to 100 are allowed"),
        ({"depth": 3}, "components[2].depth: 3 is outside 0 to 2"),
        ({"compression": "x"}, 'components[2].compression: "x" is not one of none'),
    ],
)
def test_faults_of_matches(keys: dict[str, Any], fault: str) -> None:
    points = {"id": "rsp", "kind": "rsp_points", "depth": 1}
    assert faults_of(MATCH, points) == []
    found = faults_of({**MATCH, **keys}, points)
    assert any(one.startswith(fault) for one in found), found


def test_components_can_not_feed_each_other() -> None:
    first = {**MATCH, "id": "first", "of": ["second"]}
    second = {**MATCH, "id": "second", "of": ["first"]}

    assert faults_of(second, first) == [
        'components[1].of[0]: "second" is not a component before this one'
    ]
    assert faults_of(second, {**first, "of": ["levels"]}) == []


def test_all_faults_are_found_at_once() -> None:
    text = SMALL.replace("EUR", "eur").replace('["5"]', '["5", "x"]').replace("always", "never")

    with pytest.raises(PlanError) as caught:
        load_plan(text)

    assert [fault.path for fault in caught.value.faults] == [
        "currency",
        "activity.test.measure",
        "components[0].rates[1]",
    ]


def test_a_missing_value_is_named_once() -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan({})

    assert [str(fault) for fault in caught.value.faults] == [
        f"{key}: is missing" for key in ("format", "name", "currency", "activity", "components")
    ]


# Each line has ten times the values of the line before.
ALIASES = "a0: &a0 [x]\n" + "\n".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "None is not a table of keys and values"),
        ("- 1", "[1] is not a table"),
        ("[", "line 1: not valid YAML"),
        ("a: 1\nb: 2\na: 3", 'line 3: the key "a" is given twice'),
        ("[a]: 1", "line 1: a key must be a single word or text"),
        ("a: !!python/object:os.system x", "not valid YAML"),
        ("a: \x00", "not valid YAML"),
        ("a: &a {}\nb:\n  <<: *a", "line 3: keys can't be merged in"),
        ("a: 0x" + "f" * 5000, "has a number of more than 64 bits"),
        (ALIASES, "has more than 100,000 values"),
    ],
)
def test_texts_that_are_no_plan(text: str, fault: str) -> None:
    with pytest.raises(PlanError, match=re.escape(fault)):
        load_plan(text)


def test_no_rate_at_all_is_a_fault_and_a_seller_rate_alone_is_none() -> None:
    with pytest.raises(PlanError, match=r"components\[0\]\.rates: no rate at all"):
        load_plan(SMALL.replace('["5"]', "[]"))

    plan = load_plan(SMALL.replace('["5"]', '[], seller_rate: "5"'))
    assert plan.components[0].depth is not None


def test_digests_of_stored_presets_hold() -> None:
    assert load_preset("four-levels").digest()[:12] == "b80d8944a254"
    assert load_preset("by-rank-2017").digest()[:12] == "c5b477886ea7"


def test_digest_follows_keys_that_came_later() -> None:
    needs = "[{measure: active, at_least: 1}]"
    text = SMALL.replace('rates: ["5"]', f'rates: ["5"], qualification: {needs}')

    assert load_plan(text).digest() != load_plan(SMALL).digest()
    assert load_plan(text.replace(needs, "[]")).digest() == load_plan(SMALL).digest()


def test_digest_follows_what_decides_results() -> None:
    digest = load_plan(SMALL).digest()

    assert load_plan(SMALL.replace('"5"', '"5.0"')).digest() == digest
    assert load_plan(SMALL + "title: Other\n").digest() == digest
    assert load_plan(SMALL.replace('"5"', '"6"')).digest() != digest
    assert load_plan(SMALL.replace("id: levels", "id: other")).digest() != digest
    assert len(digest) == 64


def test_presets_are_valid_and_named_as_their_files() -> None:
    assert preset_names() == ["by-rank-2017", "four-levels"]
    for name in preset_names():
        assert load_preset(name).name == name
    with pytest.raises(KeyError):
        preset_text("nope")


def test_four_levels_is_what_is_published() -> None:
    plan = load_preset("four-levels")
    rsp, levels = plan.components

    assert isinstance(rsp, RspPoints)
    assert isinstance(levels, LevelPercent)
    assert set(rsp.depths) == {4}
    assert (rsp.compression, rsp.own_points) == ("skip_and_recount", True)
    assert rsp.points_from == "repeat_only"
    assert len(levels.rates) == 4
    assert (plan.activity.measure, plan.activity.at_least) == ("personal_bv", 6000)
    assert plan.activity.window == "quarter_to_date"
    assert plan.ranks.names == (
        "IR",
        "Bronze",
        "Silver",
        "Gold",
        "Sapphire",
        "Platinum",
        "Diamond",
        "Blue Diamond Star",
    )
    assert plan.ranks.floor == PayRankFloor(for_titles_from=3, floor=2)
    for index, rank in enumerate(plan.ranks.ladder):
        needs_points = any(one.measure == "rsp_total" for one in rank.requires)
        assert needs_points == (index >= 3)
        if index:
            assert f"ranks.ladder.{index}.requires" in plan.illustrative


def test_by_rank_2017_is_what_is_published() -> None:
    plan = load_preset("by-rank-2017")
    rsp = plan.components[0]

    assert isinstance(rsp, RspPoints)
    assert rsp.depths == (5, 5, 5, 6, 7, 8, 9, 10)
    assert rsp.points_from == "all_products"
    assert (plan.activity.measure, plan.activity.at_least) == ("personal_rsp", 5000)
    assert plan.activity.window == "period"
