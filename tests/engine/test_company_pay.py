"""Pools, rankings and cycles of two legs: the pages' tables, and what must always hold."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation.engine import (
    Carried,
    EngineError,
    Members,
    PlanError,
    Results,
    Sales,
    Stated,
    Status,
    compute,
)
from compensation.engine.money import INT64_MAX, SumTooLargeError
from compensation.engine.prose import plan_prose
from compensation.engine.shares import share_out
from compensation.engine.worst_case import worst_case
from tests.engine.worlds import People, ladder, percentages, plan_of

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


# -- shares ---------------------------------------------------------------------------------------


def test_units_that_are_left_go_to_the_largest_remainders_then_the_lowest_ids() -> None:
    weights = np.array([3, 1, 3, 3])

    assert share_out(12, weights, np.array([1, 2, 3, 4])).tolist() == [4, 1, 4, 3]
    assert share_out(12, weights, np.array([4, 2, 3, 1])).tolist() == [3, 1, 4, 4]


@given(
    st.integers(0, 2**40),
    st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2**55)), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
)
def test_shares_are_exact_and_add_up(amount: int, weights: list[int], chance: Any) -> None:
    weights[0] += 1
    ids = list(range(len(weights)))
    chance.shuffle(ids)

    shares = share_out(amount, np.array(weights), np.array(ids)).tolist()

    total = sum(weights)
    whole = [amount * weight // total for weight in weights]
    order = sorted(range(len(ids)), key=lambda at: (-(amount * weights[at] % total), ids[at]))
    for at in order[: amount - sum(whole)]:
        whole[at] += 1
    assert shares == whole
    assert sum(shares) == amount


def test_what_cannot_be_shared_out_is_refused() -> None:
    ids = np.arange(2)

    assert share_out(0, np.zeros(2, dtype=np.int64), ids).tolist() == [0, 0]
    assert share_out(2**61, np.array([2**60, 2**60]), ids).tolist() == [2**60, 2**60]
    with pytest.raises(EngineError, match="nobody"):
        share_out(1, np.zeros(2, dtype=np.int64), ids)
    with pytest.raises(EngineError, match="not negative"):
        share_out(-1, np.ones(2, dtype=np.int64), ids)
    with pytest.raises(EngineError, match="not negative"):
        share_out(1, np.array([-1, 2]), ids)
    with pytest.raises(SumTooLargeError, match=r"2\*\*61"):
        share_out(1, np.array([2**61, 2**60]), ids)
    with pytest.raises(SumTooLargeError, match="weights: the sum"):
        share_out(1, np.array([INT64_MAX, 1]), ids)


# -- pools ----------------------------------------------------------------------------------------

FOUR = ("Ann", "Ben", "Cid", "Dan")


def test_pool_as_on_its_page() -> None:
    people = People.of(
        {"Ann": None, "Ben": "Ann", "Cid": "Ann", "Dan": "Ben"},
    )
    plan = plan_of(
        pool(shares={"by_rank": {"Gold": 1, "Platinum": 3}}),
        ranks=ladder("IR", "Silver", "Gold", "Platinum"),
    )
    said = stated(people, pay_rank={"Ann": 3, "Ben": 2, "Cid": 3, "Dan": 1})

    results = compute(plan, people.members, people.sales(("Dan", {"bv": "12345"})), stated=said)

    assert lines(people, results) == {
        "Ann": (12345, Fraction(3, 7), 5291),
        "Ben": (12345, Fraction(1, 7), 1763),
        "Cid": (12345, Fraction(3, 7), 5291),
    }
    assert results.totals.commission_minor == 12345


@pytest.mark.parametrize(
    ("keys", "facts", "paid"),
    [
        ({}, {"bv": "1000", "net": "77"}, 1000),
        ({"on": "net"}, {"bv": "1000", "net": "7700"}, 7700),
        ({"percent": "0.005"}, {"bv": "300"}, 2),  # 1.5 cents, half away from nought
        ({"percent": "0.004"}, {"bv": "100"}, 0),
        ({"percent": "0.01"}, {"bv": "100"}, 1),
        ({}, {"bv": "-1000"}, 0),
        ({}, {}, 0),
    ],
)
def test_size_of_a_pool(keys: dict[str, Any], facts: dict[str, Any], paid: int) -> None:
    people = People.line("A", "B")
    plan = plan_of(pool(shares={"by_rank": {"Member": 1}}, **keys))

    results = compute(plan, people.members, people.sales(("B", facts)))

    assert results.totals.commission_minor == paid
    assert set(results.earnings.base.tolist()) == ({paid} if paid else set())


def test_pool_by_measure_counts_full_portions_of_qualified_people() -> None:
    people = People.line("A", "B", "C")
    plan = plan_of(
        pool(
            shares={"measure": "personal_bv", "per": "100"},
            qualification=[{"measure": "personal_bv", "at_least": "150"}],
        ),
        bv_value="0.5",
    )
    sales = people.sales(("A", {"bv": "399.99"}), ("B", {"bv": "150"}), ("C", {"bv": "149.99"}))

    results = compute(plan, people.members, sales)

    # 699.98 BV at half a euro make 3.4999, rounded to 3.50, in four shares of 0.875.
    assert lines(people, results) == {
        "A": (350, Fraction(3, 4), 263),
        "B": (350, Fraction(1, 4), 87),
    }


def test_nobody_with_shares_keeps_the_pool_with_the_company() -> None:
    people = People.line("A", "B")
    plan = plan_of(
        pool(shares={"by_rank": {"Gold": 5}}), ranks=ladder("IR", "Gold"), **STATED_ACTIVITY
    )
    said = stated(people, pay_rank={"A": 1, "B": 0}, active={"A": 0, "B": 1})

    results = compute(plan, people.members, people.sales(("B", {"bv": "100"})), stated=said)

    assert len(results.earnings) == 0


def test_pool_by_ranking() -> None:
    people = People.of(dict.fromkeys(FOUR))
    plan = plan_of(pool(shares={"ranking": "sales", "by_position": [5, 3]}), rankings=[ranking()])
    sales = Sales.of([0, 1, 2, 3], bv=[25000] * 4, units=[1, 4, 2, 3], order=[1, 2, 3, 4])

    results = compute(plan, people.members, sales)

    assert lines(people, results) == {
        "Ben": (1000, Fraction(5, 8), 625),
        "Dan": (1000, Fraction(3, 8), 375),
    }


def test_match_of_a_pool() -> None:
    people = People.line("A", "B")
    plan = plan_of(
        pool(shares={"measure": "personal_bv", "per": "100"}),
        {"id": "match", "kind": "match", "of": ["pool"], "rates": ["10"]},
    )

    results = compute(plan, people.members, people.sales(("B", {"bv": "1000"})))

    assert people.amounts(results) == {("B", 0): 1000, ("A", 1): 100}


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40), st.integers(1, 10**6))
def test_pool_is_paid_out_whole(volumes: list[int], per: int) -> None:
    members = Members.of(np.arange(len(volumes)), np.full(len(volumes), -1))
    plan = plan_of(pool(percent="3.7", shares={"measure": "personal_bv", "per": per}))
    sales = Sales.of(np.arange(len(volumes)), bv=volumes)

    results = compute(plan, members, sales)

    whole = (sum(volumes) * 37 * 2 + 1000) // 2000
    someone = any(volume >= per * 100 for volume in volumes)
    assert results.totals.commission_minor == (whole if someone else 0)


def test_pool_beyond_64_bits_is_refused() -> None:
    people = People.line("A")
    plan = plan_of(pool(percent="100", shares={"by_rank": {"Member": 1}}), bv_value="1000000")

    with pytest.raises(SumTooLargeError, match="component pool"):
        compute(plan, people.members, Sales.of([0], bv=[10**15]))


# -- rankings -------------------------------------------------------------------------------------


def test_ranking_as_on_its_page() -> None:
    people = People.of(dict.fromkeys(("Ann", "Ben", "Cid", "Dan", "Eve")))
    plan = plan_of(percentages("1"), rankings=[ranking()], **STATED_ACTIVITY)
    held = stated(
        people,
        active={"Ann": 1, "Ben": 1, "Cid": 1, "Dan": 1, "Eve": 0},
        coupons=dict.fromkeys(people.names, 15),
        coupons_to_use={"Ann": 10, "Ben": 0, "Cid": 3, "Dan": 3, "Eve": 15},
    )
    brought = Carried.of(range(5), [0] * 5, [5] * 5, keys=("coupons:sales",))
    sales = Sales.of(
        [0, 1, 2, 3, 4, 3],
        order=[1, 2, 3, 4, 5, 6],
        units=[10, 10, 10, 9, 10, 1],
        paid_at=[3, 9, 5, 2, 1, 1],
    )

    results = compute(plan, people.members, sales, stated=held, carried=brought)

    found = results.rankings["sales"]
    assert found.value.tolist() == [20, 10, 13, 13, 20]
    assert found.position.tolist() == [1, 4, 3, 2, 0]
    assert found.used.tolist() == [10, 0, 3, 3, 10]
    assert found.left.tolist() == [10, 20, 17, 17, 10]
    assert left_behind(people, results) == {
        (name, "coupons:sales"): left
        for name, left in zip(people.names, [10, 20, 17, 17, 10], strict=True)
    }


@pytest.mark.parametrize(
    ("keys", "units", "held", "wished", "value", "left"),
    [
        ({}, 5, 9, 9, 10, 4),
        ({}, 5, 3, 9, 8, 0),
        ({}, 0, 3, 9, 0, 3),
        ({}, -2, 3, 9, -2, 3),
        ({}, 5, 3, -9, 5, 3),
        ({"coupons_per_unit": "0.5"}, 5, 9, 9, 7, 7),
        ({"coupons_per_unit": "1.5"}, 3, 9, 9, 7, 5),
        ({"coupons_per_unit": 0}, 5, 9, 9, 5, 9),
        ({"coupons_per_unit": "unlimited"}, 0, 9, 7, 7, 2),
        ({"value": "units"}, 5, 9, 9, 5, 9),
    ],
)
def test_coupons(
    keys: dict[str, Any], units: int, held: int, wished: int, value: int, left: int
) -> None:
    people = People.line("A")
    plan = plan_of(percentages("1"), rankings=[ranking(**keys)])
    said = stated(people, coupons={"A": held}, coupons_to_use={"A": wished})

    results = compute(plan, people.members, Sales.of([0], units=[units]), stated=said)

    found = results.rankings["sales"]
    assert (int(found.value[0]), int(found.left[0])) == (value, left)
    assert int(found.position[0]) == (1 if value > 0 else 0)
    assert left_behind(people, results) == ({("A", "coupons:sales"): left} if left else {})


def test_positions_do_not_depend_on_the_order_of_rows() -> None:
    chance = np.random.default_rng(5)
    ids = chance.permutation(300)[:100]
    seller = chance.integers(0, 100, 200)
    units, paid_at = chance.integers(0, 4, 200), chance.integers(0, 9, 200)
    plan = plan_of(percentages("1"), rankings=[ranking(value="units")])
    found = []
    for rows in (np.arange(100), chance.permutation(100)):
        members = Members.of(ids[rows], np.full(100, -1))
        place = np.argsort(rows)
        results = compute(plan, members, Sales.of(place[seller], units=units, paid_at=paid_at))
        found.append((results.rankings["sales"].position.tolist(), results.result_digest))

    assert found[0] == found[1]
    assert sorted(one for one in found[0][0] if one) == list(range(1, max(found[0][0]) + 1))


# -- cycles ---------------------------------------------------------------------------------------


def legs_of(plan: Any, left: int, right: int, **more: Any) -> tuple[People, Results]:
    """Compute for Top with two people on the left, one below the other, and one on the right."""
    people = People.of({"Top": None, "Left": "Top", "Deep": "Top", "Right": "Deep", "Out": None})
    row = people.row
    members = Members.of(
        people.members.ids,
        people.members.sponsor,
        placement=[-1, row("Top"), row("Left"), row("Top"), -1],
        side=[-1, 0, 1, 1, -1],
    )
    sales = Sales.of(
        [row("Left"), row("Deep"), row("Right"), row("Top"), row("Out")],
        bv=[left, 100, right, 5000_00, 7000_00],
    )
    brought = Carried.of([row("Top")], [0], [10000], keys=("binary:legs:left",))
    return people, compute(plan, members, sales, carried=brought, **more)


@pytest.mark.parametrize(
    ("keys", "left", "right", "cycles_paid", "carried"),
    [
        ({}, 799_00, 1300_00, 2, (300_00, 100_00)),
        ({"carry_at_most": "250"}, 799_00, 1300_00, 2, (250_00, 100_00)),
        ({}, 2000_00, 0, 0, (2101_00, 0)),
        ({"carry_at_most": "1000"}, 2000_00, 0, 0, (1000_00, 0)),
        ({"most_cycles": 3}, 1399_00, 3000_00, 3, (600_00, 1200_00)),
        ({"most_cycles": 5}, 1399_00, 3000_00, 5, (0, 0)),
        ({"most_cycles": 3, "flush_over_most": True}, 1399_00, 3000_00, 3, (0, 0)),
        ({"most_cycles": 2, "flush_over_most": True}, 799_00, 1300_00, 2, (300_00, 100_00)),
        ({}, -500_00, 1300_00, 0, (-399_00, 1300_00)),
    ],
)
def test_cycles_and_what_is_carried(
    keys: dict[str, Any], left: int, right: int, cycles_paid: int, carried: tuple[int, int]
) -> None:
    people, results = legs_of(plan_of(cycles(**keys)), left, right)

    paid = {"Top": (cycles_paid, Fraction(2000), cycles_paid * 2000)} if cycles_paid else {}
    assert lines(people, results) == paid
    found = left_behind(people, results)
    assert found.pop(("Left", "binary:legs:right")) == 100
    sides = ("left", "right")
    assert found == {
        ("Top", f"binary:legs:{side}"): rest
        for side, rest in zip(sides, carried, strict=True)
        if rest
    }


@pytest.mark.parametrize(
    ("keys", "carried"),
    [
        ({}, {}),
        ({"flush_when_unqualified": False}, {"left": 900_00, "right": 1300_00}),
        (
            {"flush_when_unqualified": False, "carry_at_most": "1000"},
            {"left": 900_00, "right": 1000_00},
        ),
    ],
)
def test_who_is_not_qualified_has_no_cycles(keys: dict[str, Any], carried: dict[str, int]) -> None:
    plan = plan_of(cycles(qualification=[{"measure": "personal_bv", "at_least": "6000"}], **keys))

    people, results = legs_of(plan, 799_00, 1300_00)

    assert len(results.earnings) == 0
    found = left_behind(people, results)
    assert {key: found[key] for key in found if key[0] == "Top"} == {
        ("Top", f"binary:legs:{side}"): rest for side, rest in carried.items()
    }


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=1, max_size=8),
    st.integers(1, 900),
    st.integers(1, 900),
)
def test_volume_is_neither_lost_nor_made_from_period_to_period(
    months: list[tuple[int, int]], left: int, right: int
) -> None:
    cycle = {"left": f"{left / 100:.2f}", "right": f"{right / 100:.2f}"}
    plan = plan_of(cycles(cycle=cycle))
    members = Members.of([1, 2, 3], [-1, 0, 0], placement=[-1, 0, 0], side=[-1, 0, 1])
    brought, paid = None, 0
    for volumes in months:
        results = compute(plan, members, Sales.of([1, 2], bv=list(volumes)), carried=brought)
        paid += int(results.earnings.base.sum())
        out = results.carried
        brought = Carried.of(results.members.row[out.position], out.key, out.value, keys=out.keys)
    rest = dict.fromkeys((0, 1), 0)
    for key, value in zip(out.key.tolist(), out.value.tolist(), strict=True):
        rest[out.keys[key].endswith("right")] = value

    assert rest[0] + paid * left == sum(volumes[0] for volumes in months)
    assert rest[1] + paid * right == sum(volumes[1] for volumes in months)
    assert min(rest[0] // left, rest[1] // right) == 0


def test_two_people_in_one_place_are_refused() -> None:
    members = Members.of([1, 2, 3], [-1, 0, 0], placement=[-1, 0, 0], side=[-1, 1, 1])

    with pytest.raises(EngineError, match="member 1: two people are placed in the right leg"):
        compute(plan_of(cycles()), members, Sales.none())


# -- the plan document ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("component", "path", "words"),
    [
        (pool(), "components[0].shares", "is missing"),
        (pool(percent="101", shares={"by_rank": {"Member": 1}}), ".percent", "outside 0 to 100"),
        (pool(percent="0", shares={"by_rank": {"Member": 1}}), ".percent", "above nought"),
        (pool(on="units", shares={"by_rank": {"Member": 1}}), ".on", "not one of bv, net"),
        (pool(shares={}), ".shares", "needs by_rank, measure and per"),
        (pool(shares=[1]), ".shares", "needs by_rank"),
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


@pytest.mark.parametrize(
    ("rankings", "path", "words"),
    [
        ({}, "rankings", "is not a list"),
        ([{"value": "units"}], "rankings[0].id", "is missing"),
        ([{"id": "a"}], "rankings[0].value", "is missing"),
        ([{"id": "a", "value": "bv"}], "rankings[0].value", "not one of units"),
        ([{"id": "a", "value": "units", "tie": "x"}], "rankings[0].tie", "not one of"),
        (
            [{"id": "a", "value": "units", "coupons_per_unit": "1"}],
            "rankings[0].coupons_per_unit",
            "no meaning",
        ),
        ([ranking(coupons_per_unit="-1")], "rankings[0].coupons_per_unit", "outside 0"),
        ([ranking(coupons_per_unit="many")], "rankings[0].coupons_per_unit", "or unlimited"),
        ([ranking(), ranking()], "rankings[1]", "is taken"),
    ],
)
def test_faults_of_rankings_have_their_path(rankings: Any, path: str, words: str) -> None:
    with pytest.raises(PlanError) as refusal:
        plan_of(percentages("1"), rankings=rankings)

    assert any(fault.path == path and words in fault.message for fault in refusal.value.faults), (
        str(refusal.value)
    )


NEEDED = [{"measure": "personal_bv", "at_least": "60"}]
QUALIFIED = "in place of who is active, an enrolled member with 60 personal BV."
MADE_BY = (
    "legs: the BV of everybody below on the left and on the right of the placement tree makes "
    "cycles of 300 and 600; each pays a qualified member 20.00 EUR. Own sales count in neither leg."
)
SOLD = "qualified members in the order of the units they sold"
EQUALS = "Among equals whose last sale was earlier goes first."


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


@pytest.mark.parametrize(
    ("keys", "sentences"),
    [
        ({"value": "units"}, [f"Ranking sales: {SOLD}. {EQUALS}"]),
        (
            {"coupons_per_unit": "0.5", "qualification": NEEDED},
            [
                f"Ranking sales: {SOLD} and the coupons they used, at most 0.5 for each unit; "
                f"coupons not used stay theirs. {EQUALS}",
                f"Qualified for sales is, {QUALIFIED}",
            ],
        ),
        (
            {"coupons_per_unit": "unlimited"},
            [f"Ranking sales: {SOLD} and the coupons they used, at most those they hold. {EQUALS}"],
        ),
    ],
)
def test_plan_tells_rankings(keys: dict[str, Any], sentences: list[str]) -> None:
    told = plan_prose(plan_of(percentages("1"), rankings=[ranking(**keys)]))

    first = told.index(sentences[0])
    assert told[first : first + len(sentences)] == sentences


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


def test_digest_says_all_of_a_ranking() -> None:
    def digest(**keys: Any) -> str:
        return plan_of(percentages("1"), rankings=[ranking(**keys)]).digest()

    found = {digest(), digest(coupons_per_unit="2"), digest(value="units"), digest(id="other")}

    assert len(found) == 4
    assert plan_of(percentages("1")).digest() not in found


# -- edges ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("total", [2**31 - 1, 2**31, 2**31 + 1, 2**32, 2**60 + 1, 2**61 - 1])
def test_shares_at_the_widths_of_the_long_division(total: int) -> None:
    weights = [total // 3, total // 2, total - total // 3 - total // 2]
    for amount in (1, 2, total - 1, total + 1, 2**62 + 1):
        shares = share_out(amount, np.array(weights), np.arange(3)).tolist()

        assert sum(shares) == amount
        for share, weight in zip(shares, weights, strict=True):
            assert abs(share * total - amount * weight) < total


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


def faults_of(*components: dict[str, Any], **keys: Any) -> list[str]:
    """Give the paths of the faults of a plan, none if it is valid."""
    try:
        plan_of(*components, **keys)
    except PlanError as refusal:
        return [fault.path for fault in refusal.faults]
    return []


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


def test_pool_by_a_count_and_position_behind_the_table() -> None:
    people = People.of({"Top": None, "A": "Top", "B": "Top", "C": "A"})
    by_count = plan_of(pool(shares={"measure": "active_directs", "per": 2}))
    by_position = plan_of(
        pool(shares={"ranking": "sales", "by_position": [1]}), rankings=[ranking(value="units")]
    )
    sales = Sales.of([1, 2, 3], bv=[10000] * 3, units=[3, 2, 1])

    assert lines(people, compute(by_count, people.members, sales)) == {
        "Top": (300, Fraction(1), 300)
    }
    assert lines(people, compute(by_position, people.members, sales)) == {
        "A": (300, Fraction(1), 300)
    }


def test_suspended_people_have_no_share_no_place_and_no_cycles() -> None:
    people = People.line("A", "B", status={"A": Status.SUSPENDED})
    members = Members.of(
        people.members.ids,
        people.members.sponsor,
        status=people.members.status,
        placement=[-1, 0],
        side=[-1, 0],
    )
    plan = plan_of(
        pool(shares={"by_rank": {"Member": 1}}),
        cycles(flush_when_unqualified=False),
        rankings=[ranking()],
    )

    results = compute(plan, members, Sales.of([0, 1], bv=[50000, 50000], units=[5, 5]))

    assert lines(people, results) == {"B": (1000, Fraction(1), 1000)}
    assert results.rankings["sales"].position.tolist() == [0, 1]
    assert left_behind(people, results) == {("A", "binary:legs:left"): 50000}
