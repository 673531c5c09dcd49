"""Many processes at one dispute: it is opened once and answered once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest

from compensation import verification
from compensation.models import Adjustment, Dispute, DisputeEvent
from representatives.models import Notice
from tests.compensation.town import Town
from tests.faults.acts_disputes import with_a_dispute, with_a_statement
from tests.processes import ROOT

PROCESSES = 4


def together(environment: Mapping[str, str], act: str, count: int = PROCESSES) -> list[str]:
    """Let processes act when all are ready, and return what each says, or its error's last line."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.race.acts_disputes", act, str(number)],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    said = []
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        out, errors = process.communicate(timeout=120)
        said.append(out.strip() if process.returncode == 0 else f"error: {errors}")
    return said


def test_a_dispute_is_opened_once_by_many(town: Town, subprocess_env: dict[str, str]) -> None:
    with_a_statement(town)

    said = together(subprocess_env, "open")

    assert sorted(said) == ["open already"] * (PROCESSES - 1) + ["opened"]
    assert Dispute.objects.count() == DisputeEvent.objects.count() == 1
    assert Notice.objects.filter(event__endswith=":opened").count() == 1


def test_control_without_the_guards_a_dispute_is_opened_twice(
    town: Town, subprocess_env: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    with_a_statement(town)
    owner_connection.execute("DROP INDEX dispute_one_open_per_line")

    said = together(subprocess_env, "open-unguarded", count=2)

    assert said == ["opened", "opened"]
    assert Dispute.objects.filter(status="open").count() == 2


def test_the_index_alone_keeps_a_second_dispute_out(
    town: Town, subprocess_env: dict[str, str]
) -> None:
    with_a_statement(town)

    said = together(subprocess_env, "open-unguarded", count=2)

    assert sorted(said) == ["open already", "opened"]
    assert Dispute.objects.count() == 1


def test_a_dispute_is_answered_once_by_many(town: Town, subprocess_env: dict[str, str]) -> None:
    with_a_dispute(town)

    said = together(subprocess_env, "answer")

    answered = [one for one in said if one.startswith("answer ")]
    assert len(answered) == 1, said
    assert all("has answered already" in one for one in said if one not in answered)
    dispute = Dispute.objects.get()
    assert dispute.answer == answered[0]
    assert Adjustment.objects.count() == (dispute.status == "accepted")
    assert [one.status for one in dispute.events.order_by("ordinal")] == ["open", dispute.status]
    assert Notice.objects.filter(event__contains=":answered:").count() == 1
    assert verification.ledger_faults() == []


@pytest.mark.parametrize("is_guarded", [True, False])
def test_control_without_lock_and_trigger_two_corrections_are_asked_for(
    town: Town,
    subprocess_env: dict[str, str],
    owner_connection: psycopg.Connection[Any],
    is_guarded: bool,
) -> None:
    """The trigger alone undoes the second; without it there are two corrections of one dispute."""
    with_a_dispute(town)
    if not is_guarded:
        owner_connection.execute("DROP TRIGGER dispute_moves ON compensation_dispute")

    said = together(subprocess_env, "answer-unguarded", count=2)

    refused = [one for one in said if "dispute_answer_stands" in one or "stands" in one]
    assert len(refused) == is_guarded, said
    assert Adjustment.objects.count() == 2 - is_guarded
