"""Reasons, one table after another. Rules: docs/plan/reasons.md."""

from __future__ import annotations

from typing import Any

import pytest

from compensation.engine import (
    EngineError,
    Reason,
    Status,
)
from compensation.engine.explain import (
    Upline,
    why,
)
from compensation.engine.tree import build_tree
from compensation.engine.volumes import gather_orders
from tests.engine.explained import (
    told,
)
from tests.engine.worlds import (
    People,
    ladder,
    percentages,
    plan_of,
    points,
)


def reasons(component: dict[str, Any], *, seller: dict[str, Any] | None = None, **facts: Any):  # type: ignore[no-untyped-def]
    """Reasons on the line u6 .. u1 above a seller; u2 idle, u5 suspended."""
    plan = plan_of(component, ranks=ladder("IR"))
    people = People.line("s", "x")  # only for the sales' builder
    orders = gather_orders(people.sales(("s", facts)), build_tree(people.members))
    path = [
        Upline(
            position=10 - level,
            status=Status.SUSPENDED if level == 5 else Status.ENROLLED,
            active=level not in (2, 5),
            pay_rank=0,
        )
        for level in range(1, 7)
    ]
    stands = {"status": Status.ENROLLED, "active": True, **(seller or {})}
    return why(plan.components[0], orders, Upline(position=10, pay_rank=0, **stands), 0, path)


def test_reasons_with_recount_name_who_received_the_level_instead() -> None:
    assert told(reasons(points(3), rsp="20")) == [
        (10, 0, "paid", (0,), None),
        (9, 1, "paid", (1,), None),
        (8, None, "inactive", (), 7),
        (7, 2, "paid", (2,), None),
        (6, 3, "paid", (3,), None),
        (5, None, "suspended", (), None),
        (4, 4, "too_deep", (), None),
    ]


def test_reasons_without_compression_keep_the_level_for_the_company() -> None:
    assert told(reasons(percentages("5", "4", "3"), bv="20")) == [
        (9, 1, "paid", (1,), None),
        (8, 2, "inactive", (), None),
        (7, 3, "paid", (3,), None),
        (6, 4, "too_deep", (), None),
        (5, 5, "suspended", (), None),
        (4, 6, "too_deep", (), None),
    ]


def test_reasons_with_roll_up_show_the_missed_levels_at_the_receiver() -> None:
    assert told(reasons(percentages("5", "4", "3", "2", "1", compression="roll_up"), bv="20")) == [
        (9, 1, "paid", (1,), None),
        (8, 2, "inactive", (), 7),
        (7, 3, "paid", (2, 3), None),
        (6, 4, "paid", (4,), None),
        (5, 5, "suspended", (), 4),
        (4, 6, "paid", (5,), None),
    ]


def test_reasons_under_dynamic_compression_wait_for_who_may_take_the_level() -> None:
    plan = plan_of(
        percentages(
            "5",
            "4",
            "3",
            compression="dynamic",
            depth_by_rank={"IR": 1, "Up": 3},
            level_minimum={"measure": "personal_bv", "at_least": [0, "10", "10"]},
        ),
        ranks=ladder("IR", "Up"),
    )
    people = People.line("s", "x")
    orders = gather_orders(people.sales(("s", {"bv": "20"})), build_tree(people.members))
    facts = [  # active, pay rank, personal BV
        (False, 1, 1000),
        (True, 0, 0),
        (True, 0, 1000),
        (True, 1, 999),
        (True, 1, 1000),
        (False, 1, 1000),
    ]
    path = [
        Upline(9 - place, Status.ENROLLED, active, rank, {"personal_bv": volume})
        for place, (active, rank, volume) in enumerate(facts)
    ]

    found = why(plan.components[0], orders, Upline(10, 0, True, 0), 0, path)

    assert told(found) == [
        (9, None, "inactive", (), 8),
        (8, 1, "paid", (1,), None),
        (7, 2, "too_deep", (), 5),
        (6, 2, "below_minimum", (), 5),
        (5, 2, "paid", (2,), None),
        (4, None, "inactive", (), None),
    ]


def test_reasons_of_a_components_own_test() -> None:
    needs = [{"measure": "active", "at_least": 1}, {"measure": "personal_bv", "at_least": "10"}]
    plan = plan_of(percentages("5", "4", "3", qualification=needs))
    people = People.line("s", "x")
    orders = gather_orders(people.sales(("s", {"bv": "20"})), build_tree(people.members))
    path = [
        Upline(9, Status.ENROLLED, True, 0, {"personal_bv": 999}),
        Upline(8, Status.ENROLLED, False, 0, {"personal_bv": 1000}),
        Upline(7, Status.ENROLLED, True, 0, {"personal_bv": 1000}),
    ]

    found = why(plan.components[0], orders, Upline(10, 0, True, 0), 0, path)

    assert [one.reason.code for one in found] == ["below_minimum", "inactive", "paid"]
    bare = [Upline(9, Status.ENROLLED, True, 0)]
    with pytest.raises(EngineError, match="the measure personal_bv is needed and not at hand"):
        why(plan.components[0], orders, Upline(10, 0, True, 0), 0, bare)


def test_a_sale_outside_the_window_pays_nobody_for_that_reason() -> None:
    component = percentages("5", "4", window_days_from_enrolment=60)

    assert {one.reason.code for one in reasons(component, bv="20", day=61)} == {"outside_window"}
    assert reasons(component, bv="20", day=60)[0].reason == Reason.PAID


def test_an_unqualified_sellers_volume_names_the_sellers_reason() -> None:
    component = percentages("5", "4", unqualified_volume_pays=False)

    idle = reasons(component, seller={"active": False}, bv="20")
    out = reasons(component, seller={"active": False, "status": Status.TERMINATED}, bv="20")

    assert {one.reason.code for one in idle} == {"inactive"}
    assert {one.reason.code for one in out} == {"terminated"}


def test_reasons_of_own_sales() -> None:
    own = reasons(percentages("5", seller_rate="10"), seller={"active": False}, bv="20")[0]
    flat = {
        "id": "f",
        "kind": "flat_bonus",
        "amount": "1",
        "trigger": "every_order",
        "to": "seller",
    }

    assert (own.level, own.reason) == (0, Reason.INACTIVE)
    assert told(reasons({**flat, "to": "seller"}, net="5", bv="1"))[:2] == [
        (10, 0, "paid", (0,), None),
        (9, 1, "too_deep", (), None),
    ]


def test_a_sale_without_a_share_has_no_reasons() -> None:
    flat = {"id": "f", "kind": "flat_bonus", "amount": "1", "trigger": "first_order"}

    assert reasons(points(3), bv="20") == []
    assert reasons(percentages("5"), rsp="20") == []
    assert reasons(flat, net="5", bv="1") == []
    assert reasons({**flat, "minimum_bv": "10"}, net="5", bv="1") == []
    assert reasons(flat, net="5", first_order=True) == []
    assert {
        one.reason.code
        for one in reasons({**flat, "minimum_bv": "10"}, net="5", bv="9.99", first_order=True)
    } == {"below_minimum"}


def test_reasons_need_a_single_order() -> None:
    people = People.line("s", "x")
    orders = gather_orders(people.sales(("s", {}), ("s", {})), build_tree(people.members))

    with pytest.raises(EngineError, match="one order is needed"):
        why(plan_of(points(3)).components[0], orders, Upline(0, 0, True, 0), 0, [])
