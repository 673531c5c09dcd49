"""What a cap may say and cover, and where exactly it begins to cut. docs/plan/caps.md."""

from __future__ import annotations

from fractions import Fraction

import pytest

from compensation.engine import SumTooLargeError, compute
from tests.engine.refusals import faults_of
from tests.engine.worlds import People, percentages, plan_of, points

LEVELS = percentages("10", seller_rate="20")
POINTS = points(depth=1)
RETAIL = {"id": "retail", "kind": "retail_profit"}


def cap(**keys):
    return {"id": "most", "scope": "person", **keys}


def company(**keys):
    return {"id": "most", "scope": "company", **keys}


def read(**keys):
    return plan_of(LEVELS, POINTS, RETAIL, caps=[keys]).caps[0]


# ------------------------------------------------------------------------------------- reading


def test_a_cap_of_a_person_is_an_amount_of_all_that_pays_money():
    one = read(**cap(amount="12.50"))

    assert (one.id, one.scope, one.amount, one.percent, one.on) == ("most", "person", 1250, 0, "")
    assert one.of == ("levels", "retail")


def test_a_cap_of_the_company_is_an_amount_or_a_share_of_its_volume():
    assert read(**company(amount="0.01")).amount == 1
    of_bv, of_net = read(**company(percent="40")), read(**company(percent="40", on="net"))
    assert (of_bv.amount, of_bv.percent, of_bv.on) == (None, Fraction(2, 5), "bv")
    assert (of_net.amount, of_net.percent, of_net.on) == (None, Fraction(2, 5), "net")
    assert read(**company(percent="40", on="bv")) == of_bv


def test_a_cap_names_what_it_covers():
    assert read(**cap(amount="1", of=["retail"])).of == ("retail",)
    assert read(**cap(amount="1", of=["retail", "levels"])).of == ("retail", "levels")


@pytest.mark.parametrize(
    ("one", "faults"),
    [
        (cap(), ["caps[0].amount: is missing"]),
        (
            cap(percent="1", on="bv"),
            [
                "caps[0].amount: is missing",
                "caps[0].percent: has no meaning with the scope person",
                "caps[0].on: has no meaning with the scope person",
            ],
        ),
        (
            cap(amount="1", percent="1", on="bv"),
            [
                "caps[0].percent: has no meaning with amount",
                "caps[0].on: has no meaning with amount",
            ],
        ),
        (company(), ["caps[0].percent: is missing (percent or amount)"]),
        (
            cap(amount="0"),
            ['caps[0].amount: "0" is too small or too large for an amount of money'],
        ),
        (cap(amount="0.001"), ['caps[0].amount: "0.001" has more than 2 decimals']),
        (company(percent="101"), ['caps[0].percent: "101" is outside 0 to 100 per cent']),
        (company(percent="1", on="rsp"), ['caps[0].on: "rsp" is not one of bv, net']),
        (cap(scope="leg", amount="1"), ['caps[0].scope: "leg" is not one of person, company']),
        ({"id": "most", "amount": "1"}, ["caps[0].scope: is missing"]),
        ({"id": "most"}, ["caps[0].scope: is missing", "caps[0].amount: is missing"]),
        (cap(amount="1", of=["pool"]), ['caps[0].of[0]: "pool" is not a component']),
        (cap(amount="1", of=[7]), ['caps[0].of[0]: "7" is not a component']),
        (cap(amount="1", of=["rsp"]), ['caps[0].of[0]: "rsp" pays no money']),
        (
            cap(amount="1", of=["levels", "levels"]),
            ['caps[0].of[1]: "levels" stands in it twice'],
        ),
        (cap(amount="1", of=[]), ["caps[0].of: 0 elements; 1 to 50 are allowed"]),
        (cap(amount="1", id="levels"), ['caps[0]: the id "levels" is taken']),
    ],
)
def test_faults_of_a_cap(one, faults):
    assert faults_of(LEVELS, POINTS, caps=[one]) == faults


def test_there_are_at_most_twenty_caps_and_at_least_one_if_any():
    twenty = [cap(id=f"c{number}", amount="1") for number in range(20)]

    assert faults_of(LEVELS, caps=twenty) == []
    assert faults_of(LEVELS, caps=[*twenty, cap(amount="1")]) == [
        "caps: 21 elements; 1 to 20 are allowed"
    ]
    assert faults_of(LEVELS, caps=[]) == ["caps: 0 elements; 1 to 20 are allowed"]


def test_two_caps_have_two_ids():
    assert faults_of(LEVELS, caps=[cap(amount="1"), cap(amount="2")]) == [
        'caps[1]: the id "most" is taken'
    ]


@pytest.mark.parametrize(
    ("earlier", "later", "refused"),
    [
        (["levels"], ["levels", "retail"], False),
        (["levels"], ["levels"], False),
        (["levels"], ["retail"], False),
        (["levels", "retail"], ["levels"], True),
        (["levels", "retail"], ["retail", "third"], True),
    ],
)
def test_a_later_cap_covers_all_of_an_earlier_one_or_nothing_of_it(earlier, later, refused):
    caps = [cap(amount="1", of=earlier), cap(id="later", amount="1", of=later)]

    found = faults_of(LEVELS, RETAIL, {**RETAIL, "id": "third"}, caps=caps)

    assert found == [
        "caps[1]: covers a part of what most covers; what a later cap covers must include all "
        "that an earlier one does, or nothing of it"
    ] * int(refused)


# ------------------------------------------------------------------------------------- cutting

PEOPLE = People.of({"Top": None, "A": "Top", "B": "Top"})
SALES = PEOPLE.sales(
    ("A", {"bv": "30", "net": "40"}), ("B", {"bv": "15", "net": "20"}), ("Top", {"bv": "-5"})
)
"""Before any cap Top has 4.50 less 1.00 (3.50), A has 6.00 and B 3.00: 12.50 together."""


def paid(*caps, sales=SALES):
    plan = plan_of(LEVELS, caps=list(caps)) if caps else plan_of(LEVELS)
    results = compute(plan, PEOPLE.members, sales)
    found = dict.fromkeys(PEOPLE.names, 0)
    for (name, _), amount in PEOPLE.amounts(results).items():
        found[name] += amount
    return found


def test_nothing_is_cut_up_to_the_limit():
    uncut = {"Top": 350, "A": 600, "B": 300}

    assert paid() == uncut
    assert paid(cap(amount="6.00")) == uncut
    assert paid(company(amount="12.50")) == uncut


def test_one_unit_more_is_cut():
    assert paid(cap(amount="5.99")) == {"Top": 350, "A": 599, "B": 300}
    assert paid(company(amount="12.49")) == {"Top": 350, "A": 599, "B": 300}


def test_the_company_shares_its_limit_out_by_largest_remainder():
    # 12.50 becomes 10.00: 2.80, 4.80 and 2.40.
    assert paid(company(amount="10.00")) == {"Top": 280, "A": 480, "B": 240}
    # 25 % of 40.00 BV are 10.00, of 60.00 net 15.00; 3.33 % of 60.00 are 1.998, rounded down.
    assert paid(company(percent="25")) == {"Top": 280, "A": 480, "B": 240}
    assert paid(company(percent="25", on="net")) == {"Top": 350, "A": 600, "B": 300}
    assert sum(paid(company(percent="3.33", on="net")).values()) == 199


def test_a_month_of_returns_lets_nothing_through():
    sales = PEOPLE.sales(("A", {"bv": "30"}), ("B", {"bv": "-45"}))

    assert paid(company(percent="50"), sales=sales) == {"Top": -150, "A": 0, "B": -900}


def test_who_owes_is_not_cut():
    sales = PEOPLE.sales(("A", {"bv": "-30"}), ("B", {"bv": "15"}))

    assert paid(cap(amount="1"), sales=sales) == {"Top": -150, "A": -600, "B": 100}


def lines_of(results, cap_index):
    lines = results.earnings
    return [
        (
            PEOPLE.names[int(results.members.row[lines.receiver[at]])],
            int(lines.base[at]),
            Fraction(int(lines.rate_num[at]), int(lines.rate_den[at])),
            int(lines.amount[at]),
        )
        for at in range(len(lines))
        if int(lines.component[at]) == cap_index
    ]


def test_the_line_of_a_cut_says_what_was_cut_of_what():
    plan = plan_of(
        LEVELS,
        caps=[cap(amount="5.00"), company(id="all", amount="5.75")],
    )
    results = compute(plan, PEOPLE.members, SALES)

    assert set(results.earnings.paid_level[results.earnings.component > 0].tolist()) == {0}
    # A's 6.00 become 5.00; of the 11.50 that are left half is paid.
    assert lines_of(results, 1) == [("A", 600, Fraction(-1, 6), -100)]
    assert lines_of(results, 2) == [
        ("Top", 350, Fraction(-1, 2), -175),
        ("A", 500, Fraction(-1, 2), -250),
        ("B", 300, Fraction(-1, 2), -150),
    ]


def test_only_who_loses_something_has_a_line_of_a_cut():
    # 3 units of 12 + 6 + 1 + 1 (all within one unit of their share).
    people = People.of(dict.fromkeys("ABC"))
    sales = people.sales(("A", {"bv": "0.50"}), ("B", {"bv": "0.05"}), ("C", {"bv": "0.05"}))
    results = compute(plan_of(LEVELS, caps=[company(amount="0.11")]), people.members, sales)

    cuts = results.earnings.component == 1
    assert results.earnings.amount[cuts].tolist() == [-1]
    assert results.earnings.rate_num[cuts].tolist() == [-1]
    assert results.earnings.rate_den[cuts].tolist() == [12]


def test_the_largest_limit_is_no_fault():
    people = People.of({"A": None})
    plan = plan_of(percentages("0"), caps=[company(percent="100")])

    assert len(compute(plan, people.members, people.sales(("A", {"bv": 2**63 - 1}))).earnings) == 0


def test_a_limit_beyond_64_bits_is_refused():
    people = People.of({"A": None})
    plan = plan_of(
        percentages("0"),
        caps=[company(percent="100")],
        bv_value="1000000",
    )
    sales = people.sales(("A", {"bv": 2**50}))

    with pytest.raises(SumTooLargeError, match="cap most: the limit does not fit"):
        compute(plan, people.members, sales)
