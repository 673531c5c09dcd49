"""What was needed and had, who has left, which cap cut. Rules: docs/plan/reasons.md."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from compensation.engine import (
    Reason,
    Status,
    compute,
)
from compensation.engine.components import Match
from compensation.engine.explain import (
    Missed,
    Upline,
    Verdict,
    why,
    why_matched,
    why_not_counted,
)
from compensation.engine.tree import build_tree
from compensation.engine.volumes import gather_orders
from tests.engine.explained import (
    COMPONENTS,
    lines_by_receiver,
    missing,
    told,
)
from tests.engine.worlds import (
    People,
    ladder,
    percentages,
    plan_of,
)

LINE_UP = (  # status, active, pay rank, personal BV, window BV; from the sponsor upwards
    (Status.ENROLLED, False, 0, 500, 5999),
    (Status.ENROLLED, True, 0, 1000, 6000),
    (Status.SUSPENDED, False, 2, 1000, 6000),
    (Status.ENROLLED, True, 1, 999, 6000),
    (Status.ENROLLED, True, 2, 1000, 6000),
)


def verdicts_on(component: dict[str, Any], **sale: Any) -> list[Verdict]:
    plan = plan_of(
        component,
        ranks=ladder("IR", "Bronze", "Silver"),
        activity={"test": {"measure": "personal_bv", "at_least": "60"}, "window": "period"},
    )
    people = People.line("s", "x")
    orders = gather_orders(people.sales(("s", sale)), build_tree(people.members))
    path = [
        Upline(9 - place, status, active, rank, {"personal_bv": own, "window_bv": over})
        for place, (status, active, rank, own, over) in enumerate(LINE_UP)
    ]
    seller = Upline(10, Status.ENROLLED, True, 0, {"personal_bv": 2000, "window_bv": 9000})
    return why(plan.components[0], orders, seller, 0, path, plan=plan)


def test_what_was_needed_on_levels() -> None:
    by_rank = {"IR": 1, "Bronze": 2, "Silver": 3}
    component = percentages(
        "5", "4", "3", depth_by_rank=by_rank, level_minimum=None, compression="none"
    )
    least = {"measure": "personal_bv", "at_least": [0, "20", "0"]}

    assert missing(verdicts_on(component, bv="20")) == [
        ("window_bv", 6000, 5999),  # the activity test of the plan
        ("pay_rank", 1, 0),
        ("", None, None),  # suspended: no figure decides
        ("depth", 4, 3),
        ("depth", 5, 3),
    ]
    component["level_minimum"] = least
    component["depth_by_rank"] = {"IR": 2, "Bronze": 2, "Silver": 3}
    assert missing(verdicts_on(component, bv="20"))[1] == ("personal_bv", 2000, 1000)


def test_what_was_needed_for_a_components_own_test() -> None:
    needs = [{"measure": "personal_bv", "at_least": "10"}, {"measure": "active", "at_least": 1}]
    found = verdicts_on(percentages("5", "4", qualification=needs), bv="20")

    assert [one.reason.code for one in found] == [
        "inactive",
        "paid",
        "suspended",
        "below_minimum",
        "too_deep",
    ]
    assert [(one.measure, one.needed, one.had) for one in found[0].missed] == [
        ("window_bv", 6000, 5999),
        ("personal_bv", 1000, 500),
    ]
    assert missing(found)[3] == ("personal_bv", 1000, 999)


def test_what_was_needed_to_be_a_leader() -> None:
    component = {
        "id": "generations",
        "kind": "generation_percent",
        "leader_rank": "Bronze",
        "rates": ["5"],
    }
    found = verdicts_on({**component, "own_rate": "1"}, bv="20")

    assert told(found) == [
        (10, None, "below_minimum", (), 6),
        (9, None, "inactive", (), 6),
        (8, None, "below_minimum", (), 6),
        (7, None, "suspended", (), 6),
        (6, 0, "paid", (0,), None),
        (5, 1, "paid", (1,), None),
    ]
    assert missing(found)[2] == ("pay_rank", 1, 0)
    bare = verdicts_on({**component, "rates": ["5"], "depth": 0}, bv="20")
    assert [(one.reason.code, one.measure, one.needed, one.had) for one in bare[3:]] == [
        ("below_minimum", "generation", 1, 0),
        ("too_deep", "depth", 1, 0),
    ]


def test_why_no_sale_at_all_pays_somebody() -> None:
    leaders = {"id": "g", "kind": "generation_percent", "leader_rank": "Silver", "rates": ["5"]}
    plan = plan_of(
        percentages("5"),
        leaders,
        {"id": "retail", "kind": "retail_profit"},
        ranks=ladder("IR", "Bronze", "Silver"),
        activity={"test": {"measure": "personal_bv", "at_least": "60"}, "window": "period"},
    )
    idle = Upline(0, Status.ENROLLED, False, 2, {"window_bv": 5999})
    low = Upline(0, Status.ENROLLED, True, 1)
    gone = Upline(0, Status.TERMINATED, False, 2)

    def asked(place: int, person: Upline) -> tuple[str, list[Missed]]:
        cause = why_not_counted(plan.components[place], person, plan=plan)
        return cause.reason.code, list(cause.missed)

    assert asked(0, idle) == ("inactive", [Missed("window_bv", 6000, 5999)])
    assert asked(1, idle) == ("inactive", [Missed("window_bv", 6000, 5999)])
    assert asked(1, low) == ("below_minimum", [Missed("pay_rank", 2, 1)])
    assert asked(2, gone) == ("terminated", [])
    needs = [{"measure": "personal_bv", "at_least": "10"}]
    choosy = plan_of({**leaders, "qualification": needs}, ranks=ladder("IR", "Bronze", "Silver"))
    poor = Upline(0, Status.ENROLLED, True, 2, {"personal_bv": 999})
    assert why_not_counted(choosy.components[0], poor).missed == (Missed("personal_bv", 1000, 999),)
    assert why_not_counted(plan.components[0], idle).missed == ()


def depths(verdicts: list[Verdict]) -> list[int | None]:
    return [one.depth for one in verdicts]


def test_verdicts_tell_how_deep_somebody_is_paid() -> None:
    by_rank = {"IR": 1, "Bronze": 2, "Silver": 3}
    levels = percentages("5", "4", "3", depth_by_rank=by_rank, seller_rate="1")
    needs = [{"measure": "personal_bv", "at_least": "30"}]
    leaders = {
        "id": "generations",
        "kind": "generation_percent",
        "leader_rank": "Bronze",
        "rates": ["5", "4", "3"],
        "own_rate": "1",
        "depth_by_rank": by_rank,
    }
    of_path = [1, 1, 3, 2, 3]

    assert depths(verdicts_on(levels, bv="20")) == [1, *of_path]
    assert depths(verdicts_on({**levels, "qualification": needs}, bv="20")) == [1, *of_path]
    assert depths(verdicts_on({**levels, "compression": "dynamic"}, bv="20")) == [1, *of_path]
    assert depths(verdicts_on(leaders, bv="20")) == [1, *of_path]


def test_what_a_seller_needed() -> None:
    needs = [{"measure": "personal_bv", "at_least": "30"}]
    levels = verdicts_on(percentages("5", seller_rate="1", qualification=needs), bv="20")
    retail = {"id": "retail", "kind": "retail_profit"}
    kept = verdicts_on({**retail, "qualification": needs}, margin="20")

    assert [told(found)[0] for found in (levels, kept)] == [(10, 0, "below_minimum", (), None)] * 2
    assert missing([levels[0], kept[0]]) == [("personal_bv", 3000, 2000)] * 2
    assert len(kept) == 1  # nobody above a seller has a share in his margin
    assert told(verdicts_on(retail, margin="0.01")) == [(10, 0, "paid", (0,), None)]
    assert verdicts_on(retail, margin="20", own=True) == []
    leaders = {"id": "g", "kind": "generation_percent", "leader_rank": "IR", "rates": ["5"]}
    assert verdicts_on(leaders, bv="0.01") != verdicts_on(leaders, net="5") == []


def test_the_last_level_waits_for_who_may_take_it() -> None:
    levels = percentages(
        "5", "4", compression="dynamic", depth_by_rank={"IR": 1, "Bronze": 1, "Silver": 2}
    )

    assert told(verdicts_on(levels, bv="20")) == [
        (9, None, "inactive", (), 8),
        (8, 1, "paid", (1,), None),
        (7, None, "suspended", (), 5),
        (6, 2, "too_deep", (), 5),
        (5, 2, "paid", (2,), None),
    ]


def test_what_was_needed_of_an_order() -> None:
    flat = {"id": "f", "kind": "flat_bonus", "amount": "1", "trigger": "every_order"}
    quick = {"id": "q", "kind": "quick_start", "days": 30, "rates": ["5"]}

    assert missing(verdicts_on({**flat, "minimum_bv": "10"}, net="5", bv="9.99"))[0] == (
        "order_bv",
        1000,
        999,
    )
    assert missing(verdicts_on(quick, bv="1", day=31))[0] == ("days", 30, 31)
    assert verdicts_on(quick, bv="1", day=30, own=True) == []
    assert verdicts_on(quick, net="1", day=31) == verdicts_on(quick, net="1") == []
    of_net = {**quick, "on": "net"}
    assert missing(verdicts_on(of_net, net="0.01", day=31))[0] == ("days", 30, 31)
    assert verdicts_on(of_net, bv="1", day=31) == []
    window = percentages("5", window_days_from_enrolment=60)
    assert missing(verdicts_on(window, bv="1", day=61))[0] == ("days", 60, 61)


def test_what_was_needed_of_a_percentage_and_of_a_bracket() -> None:
    steps = {
        "id": "d",
        "kind": "differential",
        "percent_by_rank": {"IR": 5, "Bronze": 5, "Silver": 7},
    }
    bracket = {
        "id": "b",
        "kind": "volume_bracket",
        "chosen_by": "personal_bv",
        "paid_on": {"scope": "group"},
        "brackets": [{"from": "0", "percent": "0"}, {"from": "10", "percent": "5"}],
    }

    assert missing(verdicts_on(steps, bv="20"))[2] == (
        "percent",
        Fraction(5, 100),
        Fraction(5, 100),
    )
    assert [
        (one.reason.code, one.measure, one.needed, one.had) for one in verdicts_on(bracket, bv="20")
    ][4] == (
        "below_minimum",
        "personal_bv",
        1000,
        999,
    )


def test_a_breakaway_names_who_has_left() -> None:
    plan = plan_of(
        {
            "id": "d",
            "kind": "differential",
            "chosen_by": "group_bv",
            "breakaway": True,
            "brackets": [{"from": "10", "percent": "5"}, {"from": "100", "percent": "9"}],
        }
    )
    people = People.line("Top", "Idle", "Left", "Seller", status={"Idle": Status.SUSPENDED})
    sales = people.sales(("Seller", {"bv": "60"}), ("Left", {"bv": "50"}), ("Top", {"bv": "20"}))
    results = compute(plan, people.members, sales)
    uplines = [Upline.of(results.members, at) for at in (3, 2, 1, 0)]
    sale = gather_orders(people.sales(("Seller", {"bv": "60"})), build_tree(people.members))

    found = why(plan.components[0], sale, uplines[0], 0, uplines[1:], plan=plan)

    assert [(one.reason.code, one.paid_levels, one.blocked_by) for one in found] == [
        ("paid", (2,), None),
        ("paid", (1,), None),
        ("suspended", (), None),
        ("breakaway", (), 2),
    ]


def test_a_cap_that_cut_is_named_with_what_is_left() -> None:
    people = People.line("Top", "Seller")
    plan = plan_of(
        percentages("10"),
        caps=[
            {"id": "most", "scope": "person", "amount": "30"},
            {"id": "all", "scope": "company", "amount": "20"},
        ],
    )
    sales = people.sales(("Seller", {"bv": "600", "order": 7}))
    results = compute(plan, people.members, sales)
    lines = lines_by_receiver(plan, results)
    top, seller = (Upline.of(results.members, at, lines.get(at, {})) for at in (0, 1))
    sale = gather_orders(sales, build_tree(people.members))

    (found,) = why(plan.components[0], sale, seller, 0, [top], plan=plan)

    assert (found.reason, found.paid_levels, found.cut_by) == (Reason.CAPPED, (1,), ("most", "all"))
    assert found.missed == (Missed("cap", 3000, 6000), Missed("cap", 2000, 3000))
    (plain,) = why(plan.components[0], sale, seller, 0, [top])
    assert plain.reason == Reason.PAID


def test_a_cap_on_other_components_is_not_named() -> None:
    people = People.line("Top", "Seller")
    plan = plan_of(
        percentages("10"),
        {"id": "retail", "kind": "retail_profit"},
        caps=[{"id": "most", "scope": "person", "amount": "1", "of": ["retail"]}],
    )
    sales = people.sales(("Seller", {"bv": "600", "margin": "9", "order": 7}))
    results = compute(plan, people.members, sales)
    lines = lines_by_receiver(plan, results)
    top, seller = (Upline.of(results.members, at, lines.get(at)) for at in (0, 1))
    sale = gather_orders(sales, build_tree(people.members))

    enough = plan_of(percentages("10"), caps=[{"id": "most", "scope": "person", "amount": "60"}])
    (uncut,) = why(enough.components[0], sale, seller, 0, [top], plan=enough)
    assert uncut.reason == Reason.PAID
    of_levels = why(plan.components[0], sale, seller, 0, [top], plan=plan)
    of_retail = why(plan.components[1], sale, seller, 0, [top], plan=plan)

    assert told(of_levels) == [(0, 1, "paid", (1,), None)]
    assert told(of_retail) == [(1, 0, "capped", (0,), None)]


def test_what_an_earners_uplines_needed_to_match_him() -> None:
    plan = plan_of(
        percentages("10"),
        {
            "id": "match",
            "kind": "match",
            "of": ["levels"],
            "rates": ["20"],
            "compression": "roll_up",
        },
        activity={"test": {"measure": "personal_rsp", "at_least": "50"}, "window": "period"},
    )
    match = plan.components[1]
    assert isinstance(match, Match)
    path = [
        Upline(2, Status.ENROLLED, False, 0, {"window_rsp": 4999}),
        Upline(1, Status.ENROLLED, False, 0),
        Upline(0, Status.ENROLLED, True, 0),
    ]

    found = why_matched(match, path, plan=plan)

    assert told(found) == [
        (2, 1, "inactive", (), 0),
        (1, 2, "inactive", (), None),
        (0, 3, "paid", (1,), None),
    ]
    assert missing(found) == [
        ("window_rsp", 5000, 4999),
        ("window_rsp", 5000, None),  # the figure is not at hand
        ("", None, None),
    ]
    assert why_matched(match, [], plan=plan) == []


def test_activity_that_is_stated_asks_for_no_figure() -> None:
    plan = plan_of(percentages("10"), activity={"test": {"measure": "stated"}, "window": "period"})
    people = People.line("s", "x")
    sale = gather_orders(people.sales(("s", {"bv": "20"})), build_tree(people.members))

    (found,) = why(
        plan.components[0],
        sale,
        Upline(1, Status.ENROLLED, True, 0),
        0,
        [Upline(0, Status.ENROLLED, False, 0)],
        plan=plan,
    )

    assert (found.reason, found.missed) == (Reason.INACTIVE, ())


def test_marginal_brackets_are_named_as_far_as_the_volume_reaches() -> None:
    plan = plan_of(COMPONENTS["marginal"])
    people = People.line("Top", "Seller")
    sales = people.sales(("Seller", {"bv": "9"}), ("Top", {"bv": "2"}))
    results = compute(plan, people.members, sales)
    lines = lines_by_receiver(plan, results)
    sale = gather_orders(people.sales(("Seller", {"bv": "9"})), build_tree(people.members))

    def verdicts(with_lines: bool) -> list[Verdict]:
        top, seller = (
            Upline.of(results.members, at, lines.get(at, {}) if with_lines else None)
            for at in (0, 1)
        )
        return why(plan.components[0], sale, seller, 0, [top])

    assert [(one.reason.code, one.paid_levels, one.needed, one.had) for one in verdicts(True)] == [
        ("below_minimum", (), 1000, 900),
        ("paid", (1,), None, None),
    ]
    assert [one.paid_levels for one in verdicts(False)] == [(1, 2), (1, 2)]


def test_a_bracket_pays_nothing_on_what_returns_have_undone() -> None:
    plan = plan_of(
        {
            "id": "b",
            "kind": "volume_bracket",
            "chosen_by": "group_bv",
            "brackets": [{"from": "0", "percent": "5"}],
        }
    )
    people = People.line("Top", "Seller")
    sold = ("Seller", {"bv": "9"})
    sale = gather_orders(people.sales(sold), build_tree(people.members))

    def asked(*sales: tuple[str, dict[str, str]]) -> list[tuple[Any, ...]]:
        results = compute(plan, people.members, people.sales(*sales))
        lines = lines_by_receiver(plan, results)
        top, seller = (Upline.of(results.members, at, lines.get(at, {})) for at in (0, 1))
        told = why(plan.components[0], sale, seller, 0, [top])
        return [(one.reason.code, one.paid_levels, one.measure, one.needed) for one in told]

    assert asked(sold) == [("paid", (1,), "", None)]
    assert asked(sold, ("Seller", {"bv": "-9"})) == [("below_minimum", (), "personal_bv", 1)]


def test_marginal_brackets_of_a_group_are_reached_by_the_group() -> None:
    people = People.line("Top", "Seller")
    sales = people.sales(("Seller", {"bv": "0.01"}), ("Top", {"bv": "2"}))
    sale = gather_orders(people.sales(("Seller", {"bv": "0.01"})), build_tree(people.members))

    def asked(scope: str) -> list[Verdict]:
        plan = plan_of({**COMPONENTS["marginal"], "paid_on": {"scope": scope}})
        results = compute(plan, people.members, sales)
        seller, top = (Upline.of(results.members, at, {}) for at in (1, 0))
        return why(plan.components[0], sale, seller, 0, [top])

    assert [(one.level, one.measure, one.had) for one in asked("group")] == [
        (0, "group_bv", 1),
        (1, "group_bv", 201),
    ]
    assert [(one.level, one.measure, one.had) for one in asked("own")] == [(0, "personal_bv", 1)]


def test_the_next_paying_bracket_is_what_is_needed() -> None:
    bracket = {
        "id": "b",
        "kind": "volume_bracket",
        "chosen_by": "personal_bv",
        "brackets": [
            {"from": "0", "percent": "1"},
            {"from": "10", "percent": "0"},
            {"from": "30", "percent": "2"},
            {"from": "50", "percent": "3"},
        ],
    }

    (found,) = verdicts_on(bracket, bv="20")

    assert found.missed == (Missed("personal_bv", 3000, 2000),)


def test_a_slice_of_net_sales_that_is_not_reached_says_what_it_takes() -> None:
    keys = {"paid_on": {"base": "net", "scope": "own"}}
    people = People.line("Seller")
    sales = people.sales(("Seller", {"net": "9"}))

    def verdict(brackets: list[dict[str, str]]) -> Verdict:
        plan = plan_of({**COMPONENTS["marginal"], **keys, "brackets": brackets})
        seller = Upline.of(compute(plan, people.members, sales).members, 0, {})
        sale = gather_orders(sales, build_tree(people.members))
        return why(plan.components[0], sale, seller, 0, [])[0]

    unpaid = verdict([{"from": "0", "percent": "0"}, {"from": "10", "percent": "5"}])
    assert (unpaid.reason, unpaid.measure) == (Reason.BELOW_MINIMUM, "net")
    assert (unpaid.needed, unpaid.had) == (1000, None)
    nought = verdict([{"from": "0", "percent": "0"}])
    assert (nought.reason, nought.missed) == (Reason.BELOW_MINIMUM, ())
