"""Eight processes enrol at once on a real server; and what happens without the lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from representatives import checks
from representatives.models import Representative, User
from tests.representatives.people import enrol

EACH = 25
PROCESSES = 8


def run_race(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.representatives.enrol_in_parallel", *arguments],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.django_db(transaction=True)
def test_eight_processes_enrol_at_once(subprocess_env: dict[str, str]) -> None:
    enrol(enrol(enrol()))

    finished = run_race(subprocess_env, "--each", str(EACH))

    assert (finished.returncode, finished.stderr) == (0, "")
    assert Representative.objects.count() == 3 + PROCESSES * EACH
    assert User.objects.filter(is_system=False).count() == PROCESSES * EACH
    assert checks.check_tree().faults == []


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_same_race_breaks_the_tree(subprocess_env: dict[str, str]) -> None:
    enrol(enrol(enrol()))

    run_race(subprocess_env, "--each", str(EACH), "--no-lock")

    assert checks.check_tree().fault_count > 0
    assert checks.rebuild_labels() > 0
    assert checks.check_tree().faults == []
