"""What holds for every plan and every company, and what the engine may import."""

from __future__ import annotations

import ast
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import compensation.engine
from compensation.engine import (
    ENGINE_VERSION,
    Members,
    Qualifying,
    Results,
    Sales,
    Stated,
    compute,
)
from compensation.engine.results import Earnings, MemberResults
from compensation.engine.volumes import FACTS, QUANTITIES
from compensation.plans import load_preset, preset_names
from tests.engine.explained import COMPONENTS, RULES
from tests.engine.worlds import (
    percentages,
    plan_of,
    points,
    random_members,
    random_qualifying,
    random_sales,
    shuffled,
)


def everything(name: str) -> object:
    return plan_of(
        *({**component, "id": f"c{index}"} for index, component in enumerate(COMPONENTS.values())),
        name=name,
        ranks=RULES,
        activity={"test": {"measure": "personal_bv", "at_least": "60"}, "window": "period"},
    )


def same(left: Results, right: Results) -> bool:
    return (
        left.result_digest == right.result_digest
        and left.input_digest == right.input_digest
        and left.totals == right.totals
        and all(
            np.array_equal(getattr(left.members, field.name), getattr(right.members, field.name))
            for field in fields(MemberResults)
            if field.name not in ("row", "figures", "figure_names")
        )
        and left.members.figure_names == right.members.figure_names
        and all(
            np.array_equal(one, other)
            for one, other in zip(left.members.figures, right.members.figures, strict=True)
        )
        and all(
            np.array_equal(getattr(left.earnings, field.name), getattr(right.earnings, field.name))
            for field in fields(Earnings)
        )
    )


@pytest.mark.parametrize("seed", range(8))
def test_order_of_rows_never_matters(seed: int) -> None:
    chance = np.random.default_rng(seed)
    size = int(chance.integers(1, 120))
    plan = everything("test")
    members = random_members(chance, size)
    sales = random_sales(chance, size, 150)
    qualifying = random_qualifying(chance, size, 60)
    stated = Stated.of(size, active=np.where(chance.random(size) < 0.2, 0, np.iinfo(np.int64).min))
    mixed = chance.permutation(size)
    place = np.argsort(mixed)

    first = compute(plan, members, sales, qualifying=qualifying, stated=stated)
    again = compute(
        plan,
        Members.of(
            members.ids[mixed],
            np.where(members.sponsor[mixed] < 0, -1, place[members.sponsor[mixed]]),
            status=members.status[mixed],
            opening_title=members.opening_title[mixed],
            enrolled=members.enrolled[mixed],
        ),
        shuffled(
            chance,
            Sales(
                **{
                    **{f.name: getattr(sales, f.name) for f in fields(Sales)},
                    "seller": place[sales.seller],
                }
            ),
        ),
        qualifying=Qualifying(
            **{
                **{f.name: getattr(qualifying, f.name)[::-1] for f in fields(Qualifying)},
                "member": place[qualifying.member][::-1],
            }
        ),
        stated=Stated(**{f.name: getattr(stated, f.name)[mixed] for f in fields(Stated)}),
    )

    assert same(first, again)


def test_order_lines_and_orders_give_the_same_result() -> None:
    chance = np.random.default_rng(3)
    members = random_members(chance, 50)
    lines = random_sales(chance, 50, 80)
    numbers, first, back = np.unique(lines.order, return_index=True, return_inverse=True)
    sums = {}
    for name in QUANTITIES:
        sums[name] = np.zeros(len(numbers), dtype=np.int64)
        np.add.at(sums[name], back, getattr(lines, name))
    orders = Sales.of(
        lines.seller[first],
        order=numbers,
        **{name: getattr(lines, name)[first] for name in FACTS},
        **sums,
    )
    plan = everything("test")

    assert same(compute(plan, members, lines), compute(plan, members, orders))


@pytest.mark.parametrize("name", preset_names())
def test_an_empty_month_pays_nothing(name: str) -> None:
    chance = np.random.default_rng(1)

    results = compute(load_preset(name), random_members(chance, 90), Sales.none())

    assert len(results.earnings) == 0
    assert results.totals.commission_minor == results.totals.rsp_credited == 0
    assert not results.members.commission_minor.any()


def test_nobody_at_all_is_an_empty_result() -> None:
    results = compute(everything("test"), Members.of([], []), Sales.none())

    assert len(results.members) == len(results.earnings) == 0
    assert results.totals.members == 0


@pytest.mark.parametrize("compression", ["none", "skip_and_recount", "roll_up"])
def test_a_chain_10000_deep_pays_level_by_level(compression: str) -> None:
    size = 10_000
    plan = plan_of(percentages("10", "5", "1", compression=compression), points(100))
    members = Members.of(np.arange(size), np.arange(size) - 1)

    results = compute(plan, members, Sales.of([size - 1], bv=[100_00], rsp=[7_00]))

    money = results.earnings.unit == 0
    assert results.earnings.receiver[money].tolist() == [size - 4, size - 3, size - 2]
    assert results.earnings.amount[money].tolist() == [100, 500, 1000]
    assert (~money).sum() == 101
    assert results.members.group_bv.tolist() == [100_00] * size


def test_money_adds_up_between_lines_members_and_totals() -> None:
    chance = np.random.default_rng(11)
    results = compute(
        everything("test"), random_members(chance, 200), random_sales(chance, 200, 300)
    )
    earnings, members = results.earnings, results.members

    for unit, sums, total in (
        (0, members.commission_minor, results.totals.commission_minor),
        (1, members.rsp_total, results.totals.rsp_credited),
    ):
        chosen = earnings.unit == unit
        by_member = np.zeros(len(members), dtype=np.int64)
        np.add.at(by_member, earnings.receiver[chosen], earnings.amount[chosen])
        assert np.array_equal(by_member, sums)
        assert int(sums.sum()) == total
    own = (earnings.unit == 1) & (earnings.paid_level == 0)
    assert int(members.rsp_own.sum()) == int(earnings.amount[own].sum())
    component = earnings.component.astype(np.int64)
    level = earnings.paid_level.astype(np.int64)
    keys = (earnings.receiver << 32) + (component << 16) + level
    assert (keys[1:] > keys[:-1]).all()
    assert members.sold_bv.sum() == results.totals.bv


def test_returns_of_posted_months_lower_qualification_and_no_base() -> None:
    members = Members.of([1, 2], [-1, 0])
    plan = plan_of(
        percentages("10"),
        points(1),
        ranks={
            "ladder": [
                {"name": "none"},
                {"name": "R1", "requires": [{"measure": "group_bv", "at_least": "100"}]},
            ]
        },
    )
    returned = Qualifying.of([1], bv=[-100_00], rsp=[-5_00], in_period=[True])

    results = compute(plan, members, Sales.none(), qualifying=returned)

    assert len(results.earnings) == 0
    assert results.members.group_bv.tolist() == [-100_00, -100_00]
    assert results.members.personal_rsp.tolist() == [0, -5_00]
    assert results.members.pay_rank.tolist() == [0, 0]
    assert results.totals.bv == 0


def test_digests_follow_what_went_in() -> None:
    members = Members.of([1, 2], [-1, 0])
    plan = plan_of(percentages("10"))
    first = compute(plan, members, Sales.of([1], bv=[100]))

    assert compute(plan, members, Sales.of([1], bv=[100])).input_digest == first.input_digest
    for other in (
        compute(plan, members, Sales.of([1], bv=[101])),
        compute(plan, members, Sales.of([1], bv=[100], day=[1])),
        compute(plan, members, Sales.of([0], bv=[100])),
        compute(plan, Members.of([1, 3], [-1, 0]), Sales.of([1], bv=[100])),
        compute(plan, Members.of([1, 2], [-1, 0], status=[0, 1]), Sales.of([1], bv=[100])),
        compute(plan, members, Sales.of([1], bv=[100]), qualifying=Qualifying.of([1], bv=[1])),
        compute(plan, members, Sales.of([1], bv=[100]), stated=Stated.of(2, active=[0, 1])),
    ):
        assert other.input_digest != first.input_digest
    assert first.plan_digest == plan.digest()
    assert first.engine_version == ENGINE_VERSION


def test_units_and_types_are_as_promised() -> None:
    chance = np.random.default_rng(2)
    results = compute(everything("test"), random_members(chance, 30), random_sales(chance, 30, 40))

    for part in (results.members, results.earnings):
        columns = [field for field in fields(part) if field.name not in ("figures", "figure_names")]
        assert len({len(getattr(part, field.name)) for field in columns}) == 1
        for field in columns:
            kind = getattr(part, field.name).dtype
            assert (
                kind.name
                == {
                    "Int": "int64",
                    "Int32": "int32",
                    "Int16": "int16",
                    "Bool": "bool",
                }[str(field.type)]
            ), field.name


def test_the_engine_imports_numpy_and_the_standard_library_only() -> None:
    folder = Path(compensation.engine.__file__).parent

    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                allowed = name.startswith("compensation.engine") or top == "numpy"
                assert allowed or top in sys.stdlib_module_names, f"{file.name}: {name}"


CLOCKS = {"now", "utcnow", "today", "fromtimestamp"}
"""What reads the clock or the zone of the machine; instants themselves are plain values."""


def test_the_engine_uses_no_float_and_no_clock() -> None:
    folder = Path(compensation.engine.__file__).parent

    for file in folder.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant):
                assert not isinstance(node.value, float), f"{file.name}:{node.lineno}"
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                assert file.name in {
                    "bounds.py",
                    "close_checks.py",
                    "money.py",
                    "plan.py",
                    "reading.py",
                    "worst_case.py",
                }
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"float64", "mean", "true_divide", *CLOCKS}
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [alias.name for alias in node.names]
                assert not {"time", "random", "os"} & {*names, getattr(node, "module", "")}
