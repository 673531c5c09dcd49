"""SIGKILL at every fault point, then the same again: as if nothing had happened."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable

import pytest

from compensation import verification
from compensation.fault_points import POINTS
from tests.compensation.town import Town, build_town
from tests.faults.closing import Done, until_not_busy
from tests.faults.forks import Child
from tests.faults.points import CASES, Case


def test_every_fault_point_has_a_test() -> None:
    named = Counter(point for case in CASES for point in case.points)

    assert set(POINTS) - set(named) == set(), "name the act that gets there in points.py"
    assert set(named) - set(POINTS) == set(), "no such point in compensation/fault_points.py"
    assert [point for point, times in named.items() if times > 1] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_act_killed_at_each_of_its_points_ends_as_if_undisturbed(
    case: Case,
    town: Town,
    fork: Callable[..., Child],
    fresh_database: Callable[[], None],
) -> None:
    def act(point: str = "") -> Done:
        return until_not_busy(lambda: fork(*case.words, env={"FAULT_POINT": point}).wait())

    case.prepare(town)
    for point in case.points:
        killed = act(point)

        assert killed.returncode == -signal.SIGKILL, (point, killed.stdout, killed.stderr)
        assert verification.ledger_faults() == [], point
    ended = act()
    assert ended.returncode == 0, ended.stderr
    again = act()
    assert again.returncode == 0, again.stderr
    disturbed = case.outcome()
    assert verification.ledger_faults() == []

    fresh_database()
    case.prepare(build_town())
    undisturbed = act()
    assert undisturbed.returncode == 0, undisturbed.stderr
    assert disturbed == case.outcome()
