"""The plan in sentences, and the most it could pay."""

from fractions import Fraction

from compensation.engine.plan_warnings import warnings
from compensation.engine.prose import decimal_text, plan_prose
from compensation.engine.worst_case import check_plan, percent_text, worst_case
from compensation.plans import load_plan
from tests.engine.test_plan_document import FULL, SMALL


def test_worst_case_of_every_kind() -> None:
    plan = load_plan(FULL)
    case = worst_case(plan)

    assert [share.share for share in case.shares] == [
        Fraction(6 * 26, 4 * 1000),
        Fraction(6, 100),
        None,
    ]
    assert (case.of_bv, case.of_net) == (Fraction(39, 1000), Fraction(6, 100))
    assert check_plan(plan) == []


def test_an_unknown_ratio_or_cash_rate_leaves_the_worst_case_open() -> None:
    without_ratio = load_plan(FULL.replace('rsp_per_bv: "0.25"\n', ""))
    without_rate = load_plan(FULL.replace('rsp_cash_rate: {points: "10000", pays: "260.00"}\n', ""))

    assert worst_case(without_ratio).of_bv is None
    assert worst_case(without_ratio, Fraction(1, 2)).of_bv == Fraction(78, 1000)
    assert worst_case(without_rate).of_bv is None
    assert [str(fault) for fault in check_plan(without_ratio)] == [
        "worst_case_limit: the worst case as a share of BV is not known"
    ]


def test_prose_tells_every_kind_and_option() -> None:
    text = "\n".join(plan_prose(load_plan(FULL)))

    for part in (
        "in this period and the 2 before it",
        "Bronze needs 100 personal BV, 2 enrolled directs; to be paid as it, 50 personal BV.",
        "at most 2 steps in a period",
        "From Bronze upwards the pay rank never falls below IR.",
        "carries the points of all products. Not the seller, but every active upline",
        "(IR 4, Bronze 6)",
        "the level of somebody who is not qualified pays nobody",
        "earn 5 %, 2.5 % of the net sales without tax of their levels 1 to 2, on 1 level.",
        "a qualified seller earns 1 %",
        "what somebody who is not qualified misses goes to the next qualified upline",
        "Sales of a seller who is not qualified pay nobody.",
        "Only sales up to 60 days after the seller's enrolment count.",
        "pack: each own order of the seller pays the seller 50.00 PLN, from 10 BV on, if enrolled",
        "10,000 RSP are worth 260.00 PLN.",
        "halves go to the even neighbour",
    ):
        assert part in text

    small = "\n".join(plan_prose(load_plan(SMALL.replace("always", "stated"))))
    assert "Who is active is stated from outside." in small
    assert "There is a single rank." in small


def test_prose_tells_dynamic_compression_and_a_components_own_test() -> None:
    text = "\n".join(
        plan_prose(
            load_plan(
                SMALL.replace(
                    'rates: ["5"]',
                    'rates: ["5"], compression: dynamic, '
                    "qualification: [{measure: active, at_least: 1}, "
                    "{measure: direct_count, at_least: 2}], "
                    'level_minimum: {measure: personal_bv, at_least: ["60.5"]}',
                )
            )
        )
    )

    for part in (
        "everybody else is passed over and the level goes to the next upline who may.",
        "an enrolled member with being active, 2 enrolled directs.",
        "personal BV of at least, level by level, 60.50.",
    ):
        assert part in text


def with_component(component: str) -> str:
    return SMALL + f"  - {component}\n"


TABLE = '[{from: "200", percent: "1"}, {from: "301.50", percent: "2"}]'


def test_prose_and_worst_case_of_brackets() -> None:
    own = load_plan(
        with_component(
            "{id: bonus, kind: volume_bracket, chosen_by: group_bv, "
            f"qualification: [{{measure: active_directs, at_least: 1}}], brackets: {TABLE}}}"
        )
    )
    sliced = load_plan(
        with_component(
            "{id: bonus, kind: volume_bracket, method: marginal, "
            f"paid_on: {{base: net, scope: group}}, brackets: {TABLE}}}"
        )
    )

    text = "\n".join(plan_prose(own))
    assert (
        "the bracket that his group BV reaches is paid on the whole BV of his own sales: "
        "from 200 1 %, from 301.50 2 %." in text
    )
    assert "an enrolled member with 1 active directs." in text
    assert worst_case(own).of_bv == Fraction(7, 100)
    assert (
        "each bracket is paid on its own slice of the net sales without tax of his own sales and "
        "those of everybody below" in "\n".join(plan_prose(sliced))
    )
    assert (worst_case(sliced).of_bv, worst_case(sliced).of_net) == (Fraction(5, 100), None)


def test_prose_and_worst_case_of_differentials() -> None:
    by_rank = load_plan(
        with_component(
            "{id: steps, kind: differential, on: net, from_level: 1, "
            'percent_by_rank: {Member: "12.5"}}'
        )
    )
    by_volume = load_plan(
        with_component(f"{{id: s, kind: differential, chosen_by: group_bv, brackets: {TABLE}}}")
    )

    text = "\n".join(plan_prose(by_rank))
    assert "a qualified member earns his own percentage less the highest percentage" in text
    assert "that of the own pay rank: Member 12.5 %." in text
    assert "Only sales from level 1 down count." in text
    assert "The seller stands between as well, paid or not" in text
    assert (worst_case(by_rank).of_bv, worst_case(by_rank).of_net) == (
        Fraction(5, 100),
        Fraction(1, 8),
    )
    assert "which the own group BV reaches: from 200 1 %, from 301.50 2 %." in "\n".join(
        plan_prose(by_volume)
    )
    assert worst_case(by_volume).of_bv == Fraction(7, 100)


def test_prose_and_worst_case_of_matches() -> None:
    flat = '{id: pack, kind: flat_bonus, amount: "50.01", trigger: first_order, buyers: customers}'
    plan = load_plan(
        with_component(flat)
        + '  - {id: match, kind: match, of: [levels, pack], rates: ["20", "10"], depth: 1, '
        "compression: dynamic, qualification: [{measure: direct_count, at_least: 1}]}\n"
    )
    case = worst_case(plan)

    text = "\n".join(plan_prose(plan))
    assert (
        "match: qualified uplines earn 20 %, 10 % of what their levels 1 to 2 have earned by "
        "levels, pack, on 1 level; it is paid on top." in text
    )
    assert "an enrolled member with 1 enrolled directs." in text
    assert case.of_bv == Fraction(6, 100)
    assert [share.fixed_minor for share in case.shares if share.of == "order"] == [5001, 1001]


def test_figures_in_texts() -> None:
    assert decimal_text(1_200_050, 2) == "12,000.50"
    assert decimal_text(-100, 2) == "-1"
    assert percent_text(Fraction(1, 3)) == "33.3333 %"
    assert percent_text(Fraction(1)) == "100 %"


def test_ranks_that_require_nothing_are_warned_of() -> None:
    text = SMALL + "ranks: {ladder: [{name: IR}, {name: Gold}]}\n"

    assert [str(one) for one in warnings(load_plan(text))] == [
        "ranks.ladder[1]: Gold requires nothing: everybody advances to it"
    ]
