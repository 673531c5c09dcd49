"""Pools, rankings and cycles in the plan document: faults, prose, bounds and edges."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from compensation.engine import (
    Carried,
    PlanError,
    Sales,
    compute,
)
from compensation.engine.money import INT64_MAX, SumTooLargeError
from compensation.engine.prose import plan_prose
from compensation.engine.worst_case import worst_case
from tests.engine.company import (
    NEEDED,
    QUALIFIED,
    cycles,
    faults_of,
    pool,
    ranking,
    stated,
)
from tests.engine.worlds import People, ladder, percentages, plan_of


@pytest.mark.parametrize(
    ("component", "path", "words"),
    [
        (pool(), "components[0].shares", "is missing"),
        (pool(percent="101", shares={"by_rank": {"Member": 1}}), ".percent", "outside 0 to 100"),
        (pool(percent="0", shares={"by_rank": {"Member": 1}}), ".percent", "above nought"),
        (pool(on="units", shares={"by_rank": {"Member": 1}}), ".on", "not one of bv, net"),
        (pool(shares={}), ".shares", "needs by_rank, measure and per"),
        (pool(shares=[1]), ".shares", "needs by_rank"),
        (pool(shares="by_rank"), ".shares", "needs by_rank"),
        (pool(shares={"by_rank": {"Gold": 1}}), ".shares.by_rank.Gold", "not a rank"),
        (pool(shares={"by_rank": {"Member": 0}}), ".shares.by_rank", "nobody a share"),
        (pool(shares={"by_rank": {"Member": -1}}), ".shares.by_rank.Member", "outside 0"),
        (pool(shares={"measure": "shoes", "per": "1"}), ".shares.measure", "not one of"),
        (pool(shares={"measure": "group_bv"}), ".shares.per", "is missing"),
        (pool(shares={"measure": "group_bv", "per": "0"}), ".shares.per", "too small"),
        (
            pool(shares={"ranking": "none", "by_position": [1]}),
            ".shares.ranking",
            '"none" is not a ranking of the plan',
        ),
        (
            pool(shares={"ranking": "free", "by_position": [1]}),
            ".shares.ranking",
            "without a product sale",
        ),
        (
            pool(shares={"ranking": "sales", "by_position": [5, 1, 2]}),
            ".shares.by_position[2]",
            "more shares than the one before",
        ),
        (pool(shares={"ranking": "sales", "by_position": []}), ".shares.by_position", "0 elem"),
        (cycles(cycle={"left": "1"}), ".cycle.right", "is missing"),
        (cycles(cycle={"left": "0", "right": "1"}), ".cycle.left", "too small"),
        (cycles(pays="-1"), ".pays", "too small"),
        (cycles(most_cycles=0), ".most_cycles", "outside 1 to"),
        (cycles(carry_at_most="x"), ".carry_at_most", "is not a volume"),
        (cycles(flush_over_most=True), ".flush_over_most", "without most_cycles"),
        (cycles(cap=3), ".cap", "unknown key"),
    ],
)
def test_faults_of_components_have_their_path(
    component: dict[str, Any], path: str, words: str
) -> None:
    with pytest.raises(PlanError) as refusal:
        plan_of(
            component,
            rankings=[ranking(), ranking(id="free", coupons_per_unit="unlimited")],
        )

    assert any(
        fault.path.endswith(path) and words in fault.message for fault in refusal.value.faults
    ), str(refusal.value)


MADE_BY = (
    "legs: the BV of everybody below on the left and on the right of the placement tree makes "
    "cycles of 300 and 600; each pays a qualified member 20.00 EUR. Own sales count in neither leg."
)


@pytest.mark.parametrize(
    ("component", "sentences"),
    [
        (
            pool(shares={"by_rank": {"Silver": 1, "Gold": 2}}),
            [
                "pool: 1 % of the company's BV of the period are shared out among qualified "
                "members; the pay rank of the period gives the number of shares (Silver 1, Gold "
                "2). Nothing is shared out where nobody has a share."
            ],
        ),
        (
            pool(on="net", shares={"measure": "group_bv", "per": "1000"}, qualification=NEEDED),
            [
                "pool: 1 % of the company's net sales without tax of the period are shared out "
                "among qualified members; each full 1,000 group BV is a share. Nothing is shared "
                "out where nobody has a share.",
                f"Qualified for pool is, {QUALIFIED}",
            ],
        ),
        (
            pool(shares={"measure": "active_directs", "per": 5}),
            [
                "pool: 1 % of the company's BV of the period are shared out among qualified "
                "members; each full 5 active directs is a share. Nothing is shared out where "
                "nobody has a share."
            ],
        ),
        (
            pool(shares={"ranking": "sales", "by_position": [5, 3]}),
            [
                "pool: 1 % of the company's BV of the period are shared out among qualified "
                "members; the first of the ranking sales have 5, 3 shares. Nothing is shared out "
                "where nobody has a share."
            ],
        ),
        (
            cycles(),
            [
                MADE_BY,
                "What cycles don't take is carried to the next period.",
                "Who is not qualified loses what both legs hold.",
            ],
        ),
        (
            cycles(
                most_cycles=10,
                carry_at_most="9000",
                flush_when_unqualified=False,
                qualification=NEEDED,
            ),
            [
                MADE_BY,
                "What cycles don't take is carried to the next period, at most 9,000 BV on each "
                "side.",
                "At most 10 cycles are paid in a period; who has more finds what is left carried "
                "like any other.",
                "Who is not qualified has no cycles and keeps what both legs hold.",
                f"Qualified for legs is, {QUALIFIED}",
            ],
        ),
        (
            cycles(most_cycles=10, flush_over_most=True),
            [
                MADE_BY,
                "What cycles don't take is carried to the next period.",
                "At most 10 cycles are paid in a period; who has more finds what is left lost.",
                "Who is not qualified loses what both legs hold.",
            ],
        ),
    ],
)
def test_plan_tells_pools_and_cycles(component: dict[str, Any], sentences: list[str]) -> None:
    plan = plan_of(component, ranks=ladder("IR", "Silver", "Gold"), rankings=[ranking()])

    told = plan_prose(plan)

    first = told.index(sentences[0])
    assert told[first:-1] == sentences


def test_qualification_by_a_rank_is_told_by_its_name() -> None:
    needed = [{"count": "directs", "who": {"rank": "Gold"}, "at_least": 2}]
    plan = plan_of(
        pool(shares={"by_rank": {"IR": 1}}, qualification=needed),
        cycles(qualification=needed),
        ranks=ladder("IR", "Gold"),
        rankings=[ranking(qualification=needed)],
    )

    told = plan_prose(plan)

    assert sum("Qualified for" in one and "Gold" in one for one in told) == 3


def test_worst_case_of_pools_and_cycles() -> None:
    plan = plan_of(
        pool(shares={"by_rank": {"Member": 1}}),
        pool(id="net", percent="2.5", on="net", shares={"by_rank": {"Member": 1}}),
        cycles(most_cycles=10),
        bv_value="0.5",
    )

    case = worst_case(plan)

    assert [(one.component, one.of, one.share, one.fixed_minor) for one in case.shares] == [
        ("pool", "bv", Fraction(1, 200), 0),
        ("net", "net", Fraction(1, 40), 0),
        ("legs", "head", None, 20000),
    ]
    assert worst_case(plan_of(cycles())).of_bv is None


def test_figures_beyond_64_bits_are_refused() -> None:
    people = People.line("A")
    most = {"A": INT64_MAX}
    plan = plan_of(percentages("1"), rankings=[ranking(coupons_per_unit="1000")])

    with pytest.raises(SumTooLargeError, match="ranking sales: units × coupons"):
        compute(plan, people.members, Sales.of([0], units=[INT64_MAX // 500]))
    with pytest.raises(SumTooLargeError, match="ranking sales"):
        compute(
            plan,
            people.members,
            Sales.of([0], units=[1]),
            stated=stated(people, coupons=most, coupons_to_use=most),
        )
    free = plan_of(percentages("1"), rankings=[ranking(coupons_per_unit="unlimited")])
    half = {"A": 2**62}
    with pytest.raises(SumTooLargeError, match="ranking sales: the sum"):
        compute(
            free,
            people.members,
            Sales.of([0], units=[2**62]),
            stated=stated(people, coupons=half, coupons_to_use=half),
        )
    brought = Carried.of([0], [0], [INT64_MAX], keys=("coupons:sales",))
    with pytest.raises(SumTooLargeError, match="ranking sales: coupons"):
        compute(
            plan,
            people.members,
            Sales.none(),
            stated=stated(people, coupons={"A": 1}),
            carried=brought,
        )
    legs = Carried.of([0], [0], [INT64_MAX], keys=("binary:legs:left",))
    with pytest.raises(SumTooLargeError, match="component legs"):
        compute(plan_of(cycles()), people.members, Sales.of([0], bv=[1]), carried=legs)


def test_the_largest_figures_that_a_plan_may_name() -> None:
    def by_rank(shares: int) -> list[str]:
        return faults_of(pool(shares={"by_rank": {"Member": shares}}))

    def by_position(*shares: int) -> list[str]:
        return faults_of(
            pool(shares={"ranking": "sales", "by_position": list(shares)}), rankings=[ranking()]
        )

    def rankings(count: int) -> list[str]:
        return faults_of(
            percentages("1"), rankings=[ranking(id=f"r{number}") for number in range(count)]
        )

    assert by_rank(1_000_000) == []
    assert by_rank(1_000_001) != []
    assert by_position(*[1] * 1000) == by_position(1_000_000, 1) == []
    assert by_position(*[1] * 1001) != []
    assert by_position(1_000_001) != []
    assert by_position(0) != []
    assert rankings(20) == []
    assert rankings(21) == ["rankings"]
    assert faults_of(percentages("1"), rankings=[ranking(coupons_per_unit="1000")]) == []
    assert faults_of(percentages("1"), rankings=[ranking(coupons_per_unit="1000.1")]) != []
    assert faults_of(cycles(most_cycles=10**9)) == []
    assert faults_of(cycles(most_cycles=10**9 + 1)) != []
    assert faults_of(cycles(cycle={"left": "0.01", "right": "0.01"}, pays="0")) == []
    assert faults_of(pool(shares={"measure": "group_bv", "per": "0.01"})) == []
    assert faults_of(pool(shares={"measure": "active_directs", "per": 1})) == []
    assert faults_of(pool(shares={"measure": "active_directs", "per": "1.5"})) != []


def test_a_share_may_be_had_for_each_hundredth() -> None:
    shares = {"measure": "personal_bv", "per": "0.01"}
    people = People.of({"A": None, "B": None})
    plan = plan_of(pool(percent="100", shares=shares))

    found = compute(
        plan, people.members, people.sales(("A", {"bv": "0.01"}), ("B", {"bv": "0.03"}))
    )

    assert found.earnings.amount.tolist() == [1, 3]
