"""Rules of computing at their edges: one hundredth, one cent, two components, sums of 64 bits."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from compensation.engine import (
    Carried,
    CarriedOut,
    EngineError,
    Members,
    PeriodPlace,
    Sales,
    Stated,
    SumTooLargeError,
    compute,
)
from compensation.engine.arrays import as_numbers, column
from compensation.engine.branches import standing_by_position, standing_of
from compensation.engine.components import RetailProfit, VolumeBracket
from compensation.engine.digests import Digest, carried_digest, part_digest, result_digest
from compensation.engine.explain import branch_of
from compensation.engine.opening import Opener, StatementLine
from compensation.engine.parts import OrderLines
from compensation.engine.results import ADDED, Earnings, MemberResults
from compensation.engine.statement import Block, paid_sums
from compensation.engine.tree import build_tree
from compensation.engine.types import NOT_STATED, Unit
from tests.engine.worlds import People, percentages, plan_of, points

FULL = 2**63 - 1
GROUP = {"measure": "group_bv", "at_least": "0.01"}


def alone(**keys: Any) -> People:
    return People.of({"A": None}, **keys)


# ----------------------------------------------------------------------------------- digests


def by_hand(part: MemberResults | Earnings, purpose: str, **further: Any) -> str:
    digest = Digest(purpose)
    for one in fields(part):
        if one.metadata != ADDED and one.name != "row":
            digest.add(one.name, getattr(part, one.name))
    for name, values in further.items():
        digest.add(name, values)
    return digest.hex()


@pytest.mark.parametrize("customers", [0, 1, 2])
def test_digests_of_results_are_made_of_their_columns(customers: int) -> None:
    people = alone()
    sold = [("A", {"bv": "5", "customer": number}) for number in range(customers)]
    results = compute(plan_of(percentages(seller_rate="5")), people.members, people.sales(*sold))
    members, earnings = results.members, results.earnings
    added = {"retail_customers": members.retail_customers} if customers else {}

    assert part_digest(members) == by_hand(members, "perennial engine MemberResults 1", **added)
    assert part_digest(earnings) == by_hand(earnings, "perennial engine Earnings 1")
    assert results.result_digest == result_digest(part_digest(members), part_digest(earnings))


def test_the_digest_of_results_is_that_of_its_three_parts() -> None:
    assert result_digest("m", "e") == hashlib.sha256(b"m e").hexdigest()
    assert result_digest("m", "e", "c") == hashlib.sha256(b"m e c").hexdigest()
    assert result_digest("", "e", "c") == hashlib.sha256(b" e c").hexdigest()


RANKED = {
    "ladder": [
        {"name": "IR"},
        {
            "name": "Star",
            "consecutive_periods": 3,
            "requires": [{"measure": "personal_bv", "at_least": "1"}],
        },
    ]
}


def test_what_is_carried_and_the_calendar_are_part_of_the_digests() -> None:
    people = alone()
    plan = plan_of(percentages("5"), ranks=RANKED)
    sales = people.sales(("A", {"bv": "5"}))

    def digests(times: int, month: int | None) -> tuple[str, str]:
        found = compute(
            plan,
            people.members,
            sales,
            carried=Carried.of([0], [0], [times], keys=["met:Star"]),
            calendar=None if month is None else PeriodPlace(month),
        )
        parts = part_digest(found.members), part_digest(found.earnings)
        assert found.result_digest == result_digest(*parts, carried_digest(found.carried))
        assert carried_digest(found.carried)
        return found.input_digest, found.result_digest

    first = digests(0, None)
    assert len({first, digests(1, None), digests(0, 1), digests(0, 2)}) == 4
    assert digests(0, 1)[1] == first[1]
    assert carried_digest(CarriedOut()) == ""


def test_the_digest_of_places_does_not_depend_on_the_order_of_rows() -> None:
    plan = plan_of(percentages("5"))

    def digest(ids: list[int], above: list[int], placement: list[int], side: list[int]) -> str:
        members = Members.of(ids, above, placement=placement, side=side)
        return compute(plan, members, Sales.none()).input_digest

    assert digest([1, 2, 3], [-1, 0, 0], [-1, 0, 1], [-1, 0, 1]) == digest(
        [3, 2, 1], [2, 2, -1], [1, 2, -1], [1, 0, -1]
    )


# ------------------------------------------------------------------------------ small amounts


def test_one_hundredth_of_group_volume_is_volume_for_a_bonus() -> None:
    people = alone()
    requires = [{"measure": "group_bv", "at_least": "0.01"}]
    ranks = {"ladder": [{"name": "IR"}, {"name": "Star", "requires": requires}]}
    plan = plan_of({"id": "it", "kind": "rank_bonus", "amounts": {"Star": "5"}}, ranks=ranks)

    found = compute(plan, people.members, people.sales(("A", {"bv": "0.01"})))

    assert found.earnings.amount.tolist() == [500]


def test_one_cent_is_cut_by_a_cap() -> None:
    people = alone()
    plan = plan_of(
        percentages(seller_rate="100"),
        caps=[{"id": "most", "scope": "company", "percent": "50", "on": "bv"}],
    )

    found = compute(plan, people.members, people.sales(("A", {"bv": "0.01"})))

    assert found.earnings.amount.tolist() == [1, -1]
    assert found.members.commission_minor.tolist() == [0]


@pytest.mark.parametrize(("sold", "paid"), [("10", 0), ("10.01", 1), ("10.02", 2)])
def test_a_slice_begins_right_above_its_bracket(sold: str, paid: int) -> None:
    people = People.line("A", "B")
    table = [{"from": "10", "percent": "100"}, {"from": "10.01", "percent": "100"}]
    component = {"id": "it", "kind": "volume_bracket", "method": "marginal", "brackets": table}

    found = compute(plan_of(component), people.members, people.sales(("A", {"bv": sold})))

    assert found.earnings.amount.tolist() == [1] * paid
    assert found.earnings.paid_level.tolist() == list(range(1, paid + 1))


def test_each_slice_ends_where_the_next_begins() -> None:
    people = alone()
    table = [{"from": start, "percent": "10"} for start in ("0", "10", "30", "60")]
    component = {"id": "it", "kind": "volume_bracket", "method": "marginal", "brackets": table}

    found = compute(plan_of(component), people.members, people.sales(("A", {"bv": "100"})))

    assert found.earnings.base.tolist() == [1000, 2000, 3000, 4000]


def test_whoever_sold_nothing_has_no_line_of_a_bracket_that_begins_at_nought() -> None:
    people = People.line("A", "B")
    table = [{"from": "0", "percent": "5"}]
    rest = {"id": "it", "kind": "volume_bracket", "brackets": table}
    back = people.sales(("B", {"bv": "5"}), ("B", {"bv": "-5"}))

    for keys in ({"chosen_by": "own_bv"}, {"method": "marginal"}):
        plan = plan_of({**rest, **keys})
        assert len(compute(plan, people.members, Sales.none()).earnings) == 0
        assert len(compute(plan, people.members, back).earnings) == 0


@pytest.mark.parametrize(("base", "amount"), [("bv", 250), ("net", 1000)])
def test_a_bracket_of_net_sales_pays_money_of_money(base: str, amount: int) -> None:
    people = alone()
    table = [{"from": "0", "percent": "10"}]
    component = {"id": "it", "kind": "volume_bracket", "chosen_by": "own_bv", "brackets": table}
    plan = plan_of({**component, "paid_on": {"base": base}}, bv_value="0.5")

    found = compute(plan, people.members, people.sales(("A", {"bv": "50", "net": "100"})))

    assert found.earnings.amount.tolist() == [amount]
    assert isinstance(plan.components[0], VolumeBracket)


# -------------------------------------------------------------------- more than one component


def test_a_match_adds_up_what_all_matched_components_pay() -> None:
    people = People.line("A", "B")
    plan = plan_of(
        {**percentages(seller_rate="10"), "id": "first"},
        {**percentages(seller_rate="20"), "id": "second"},
        {"id": "on_top", "kind": "match", "of": ["first", "second"], "rates": ["50"]},
    )

    found = compute(plan, people.members, people.sales(("B", {"bv": "100"}))).earnings

    at = int(np.flatnonzero(found.component == 2)[0])
    assert (found.base[at], found.amount[at]) == (3000, 1500)
    assert (found.members[at], found.sales[at]) == (1, 2)


def test_points_of_all_levels_count_at_the_base_depth() -> None:
    people = People.line("A", "B", "C")
    plan = plan_of(points(0, base_depth=2, points_from="all_products"))
    sales = people.sales(("A", {"rsp": "1"}), ("B", {"rsp": "10"}), ("C", {"rsp": "100"}))

    found = compute(plan, people.members, sales).members

    assert found.rsp_base.tolist() == [11100, 11000, 10000]
    assert found.rsp_total.tolist() == [100, 1000, 10000]


def test_what_hangs_on_no_order_hides_no_order_behind_it() -> None:
    people = People.line("A", "B")
    plan = plan_of(
        {"id": "shared", "kind": "pool", "percent": "10", "shares": {"by_rank": {"Member": 1}}},
        percentages(seller_rate="10"),
        {"id": "on_top", "kind": "match", "of": ["shared", "levels"], "rates": ["50"]},
    )
    sales = people.sales(("B", {"bv": "100"}))
    results = compute(plan, people.members, sales)
    lines = results.earnings
    at = int(np.flatnonzero((lines.component == 2) & (lines.receiver == 0))[0])
    stored = [
        StatementLine(
            int(lines.receiver[one]),
            int(results.members.ids[lines.receiver[one]]),
            int(lines.component[one]),
            int(lines.paid_level[one]),
            int(lines.amount[one]),
        )
        for one in range(len(lines))
    ]
    whole = branch_of(results.members, 0, people.members.enrolled)
    opener = Opener(
        plan,
        lambda line: whole,
        lambda positions, branch: OrderLines.of([1], [100], ["O"], [1], bv=[10000]),
        lambda positions, components, branch: [
            one for one in stored if one.position in positions and one.component in components
        ],
    )

    assert opener.through(stored[at])[0][0].component == 0
    assert opener.parts(stored[at]) == {("O", 1): 500}
    assert opener.unopened(stored[at]) == int(lines.amount[at]) - 500
    assert opener.behind(replace(stored[at], component=1, position=1)).dtype == np.int64


def test_a_pool_is_rounded_as_the_plan_rounds() -> None:
    people = alone()
    pool = {"id": "it", "kind": "pool", "percent": "50", "shares": {"by_rank": {"Member": 1}}}
    sales = people.sales(("A", {"bv": "0.03"}))

    def paid(mode: str) -> list[int]:
        found: list[int] = compute(
            plan_of(pool, rounding=mode), people.members, sales
        ).earnings.amount.tolist()
        return found

    assert (paid("down"), paid("half_away_from_zero")) == ([1], [2])


def test_coupons_are_nobodys_for_whom_none_are_stated() -> None:
    people = People.of({"A": None, "B": None})
    ranking = {"id": "most", "value": "units_plus_coupons_used"}
    stated = Stated.of(2, coupons=[5, NOT_STATED], coupons_to_use=[1, NOT_STATED])
    sales = Sales.of([0, 1], units=[3, 3], paid_at=[1, 1])

    found = compute(
        plan_of(percentages("1"), rankings=[ranking]), people.members, sales, stated=stated
    ).rankings["most"]

    assert (found.used.tolist(), found.left.tolist()) == ([1, 0], [4, 0])


def test_without_cycles_nobody_looks_at_the_second_tree() -> None:
    around = Members.of([1, 2], [-1, 0], placement=[1, 0], side=[0, 0])
    cycles = {"id": "it", "kind": "binary_cycles", "cycle": {"left": "1", "right": "1"}}

    assert len(compute(plan_of(percentages("1")), around, Sales.none()).members) == 2
    with pytest.raises(EngineError, match="cycle"):
        compute(plan_of({**cycles, "pays": "1"}), around, Sales.none())


# ------------------------------------------------------------------------------- 64 bits


def test_points_of_two_components_together_stay_within_64_bits() -> None:
    people = People.of({"A": None, "B": None})
    one = points(0, points_from="all_products")
    sales = replace(people.sales(("A", {}), ("B", {})), rsp_all=np.array([2**61, 2**61]))

    fits = compute(plan_of(one), people.members, sales)
    assert fits.members.rsp_base.tolist() == [2**61, 2**61]
    with pytest.raises(SumTooLargeError, match=r"^rsp_total: the sum"):
        compute(plan_of(one, {**one, "id": "again"}), people.members, sales)


@pytest.mark.parametrize("what", ["units", "held", "wished"])
def test_units_and_coupons_stay_within_64_bits(what: str) -> None:
    people = People.of({"A": None, "B": None})
    ranking = {"id": "most", "value": "units_plus_coupons_used", "coupons_per_unit": "1"}
    units = [FULL, 1] if what == "units" else [0, 0]
    wished = [FULL, 1] if what == "wished" else [0, 0]
    held = [FULL, 1] if what == "held" else [0, 0]
    plan = plan_of(percentages("1"), rankings=[ranking])

    with pytest.raises(SumTooLargeError, match=r"units|ranking most"):
        compute(
            plan,
            people.members,
            Sales.of([0, 1], units=units),
            stated=Stated.of(2, coupons_to_use=wished),
            carried=Carried.of([0, 1], [0, 0], held, keys=["coupons:most"]),
        )


def test_the_most_units_of_all_are_ranked() -> None:
    people = alone()
    ranking = {"id": "most", "value": "units_plus_coupons_used", "coupons_per_unit": "1"}
    plan = plan_of(percentages("1"), rankings=[ranking])

    found = compute(plan, people.members, Sales.of([0], units=[FULL], paid_at=[-1]))

    assert found.rankings["most"].value.tolist() == [FULL]


def test_among_equals_whoever_sold_nothing_lately_comes_last() -> None:
    people = People.of({"A": None, "B": None, "C": None})
    ranking = {"id": "most", "value": "units_plus_coupons_used", "coupons_per_unit": "unlimited"}
    stated = Stated.of(3, coupons=[5, 0, 5], coupons_to_use=[1, 0, 1])
    plan = plan_of(percentages("1"), rankings=[ranking])

    found = compute(
        plan, people.members, Sales.of([1], units=[1], paid_at=[2**40]), stated=stated
    ).rankings["most"]

    assert found.position.tolist() == [2, 1, 3]


def test_what_a_matched_component_pays_stays_within_64_bits() -> None:
    nothing = np.zeros(2, dtype=np.int32)
    receiver = np.arange(2)

    def block(*amounts: int) -> Block:
        paid = np.array(amounts)
        return Block(0, 0, Unit.MONEY, receiver, paid, paid, nothing, nothing, 1, 1)

    found = paid_sums("it", [block(5, 0), block(-3, 7)], 2)

    assert (found.total.tolist(), found.orders.tolist()) == ([2, 7], [2, 1])
    assert found.orders.dtype == np.int64
    with pytest.raises(SumTooLargeError, match=r"^it: the sum"):
        paid_sums("it", [block(2**62, 0), block(2**62, 0)], 2)


# ------------------------------------------------------------------------------- arrays, trees


def test_columns_are_whole_numbers_of_64_bits() -> None:
    assert column([]).dtype == np.int64
    assert column(iter([3, 2**62])).tolist() == [3, 2**62]
    for given in (np.array([True, False]), np.array([1, 0], dtype=np.int16)):
        assert as_numbers(given).dtype == np.int64
        assert as_numbers(given).tolist() == [1, 0]


def test_a_large_circle_of_sponsors_is_found_beside_a_root() -> None:
    count = 30_000
    sponsor = np.arange(-1, count - 1)
    sponsor[1] = count - 1  # everybody but the first stands in one circle

    with pytest.raises(EngineError, match=r"^member 1 is among the own uplines"):
        build_tree(Members.of(np.arange(count), sponsor))


def test_retail_profit_rests_on_the_receiver_alone() -> None:
    people = People.line("A", "B")
    found = compute(plan_of(percentages("1")), people.members, Sales.none()).members
    retail = plan_of({"id": "it", "kind": "retail_profit"}).components[0]

    assert isinstance(retail, RetailProfit)
    assert retail.behind(0, branch_of(found, 0, people.members.enrolled)).tolist() == [0]


def test_whoever_is_read_from_results_is_as_the_results_say() -> None:
    people = People.line("A", "B", "C", status={"B": 1, "C": 2})
    found = compute(plan_of(percentages("1")), people.members, Sales.none()).members

    standing = standing_by_position(found, people.members.enrolled)

    assert standing.enrolled.tolist() == [True, False, False]
    assert standing_of(np.array([1]), np.array([True]), np.array([0])).enrolled.tolist() == [False]
