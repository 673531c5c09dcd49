"""The engine against its second implementation: every figure, cent for cent.

``ORACLE_CASES`` sets the number of drawn worlds (default 2,000, ``make oracle`` draws more). The
search is derandomised, so that a failure in CI is a failure everywhere; ``ORACLE_SEED`` gives
another walk through the same space.
"""

from __future__ import annotations

import ast
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, reject, seed, settings
from hypothesis import strategies as st

from compensation.engine import Results
from compensation.engine.money import SumTooLargeError
from tests.engine import oracle, strategies, tally
from tests.engine.comparison import (
    answer,
    compute,
    differences,
    second_of,
)
from tests.engine.comparison_of_parts import (
    match_differences,
    part_differences,
    verdict_differences,
)
from tests.engine.comparison_of_reasons import reason_differences
from tests.engine.oracle import Answer
from tests.engine.strategies import World

CASES = int(os.environ.get("ORACLE_CASES", "2000"))
SEED = os.environ.get("ORACLE_SEED")


@pytest.fixture(autouse=True)
def _tally(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tell the test's report how many worlds of which size were compared."""
    yield
    request.node.user_properties.append(tally.take())


def drawn(share: float, **facts: Any) -> Any:
    """Draw a share of all cases for a test."""

    def decorate(test: Any) -> Any:
        test = settings(
            max_examples=max(1, int(CASES * share)),
            derandomize=SEED is None,
            database=None,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )(given(**facts)(test))
        return seed(int(SEED))(test) if SEED else test

    return decorate


def compare(world: World, before: Results | None = None) -> tuple[Results, Answer]:
    """Let both compute a world, and require that they agree."""
    try:
        results = compute(world, before)
    except SumTooLargeError:
        event("refused: beyond 64 bits")
        reject()
    expected = answer(world)

    assert differences(world, results, expected) == []
    tally.note(len(world.people))
    return results, expected


@drawn(0.85, world=strategies.worlds())
def test_engine_agrees_with_the_oracle(world):
    compare(world)


LARGE = {"smallest": strategies.LARGE_TREE, "largest": strategies.LARGEST_TREE}


@drawn(0.12, world=strategies.worlds(**LARGE))
def test_engine_agrees_with_the_oracle_on_large_companies(world):
    compare(world)


CARRYING = ("rank_bonus", "binary_cycles", "pool", "level_percent")


@drawn(
    0.03, world=strategies.worlds(kinds=CARRYING), chance=st.integers(0, 2**32).map(random.Random)
)
def test_engine_agrees_with_the_oracle_period_after_period(world, chance):
    results, expected = compare(world)
    for _ in range(4):
        world = strategies.period_after(world, expected, chance)
        results, expected = compare(world, results)


@drawn(0.25, world=strategies.worlds())
def test_parts_and_verdicts_agree_with_the_oracle(world):
    try:
        results = compute(world)
    except SumTooLargeError:
        reject()
    second = second_of(world)
    second.answer()

    assert part_differences(world, results, second) == []
    assert verdict_differences(world, results, second) == []
    assert match_differences(world, results, second) == []
    assert reason_differences(world, results, second) == []


ORACLE = Path(oracle.__file__).parent


@pytest.mark.parametrize("path", sorted(ORACLE.glob("*.py")), ids=lambda path: path.stem)
def test_oracle_imports_the_standard_library_alone(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module)

    assert names
    others = {name for name in names if not f"{name}.".startswith("tests.engine.oracle.")}
    assert {name.partition(".")[0] for name in others} <= sys.stdlib_module_names
