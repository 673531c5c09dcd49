"""The commands of the close, as processes of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from compensation.fault_points import POINTS
from compensation.models import Period, Run
from tests.compensation.town import APPROVED, APPROVER, CLOSER, Town, digest

Command = Callable[..., Any]


def test_close_period_stops_for_another_person_and_goes_on(
    town: Town, run_command: Command
) -> None:
    first = run_command("close_period", "2017-01", "--by", CLOSER)
    assert (first.returncode, first.stderr) == (0, "")
    assert "computed" in first.stdout
    assert "waits for the approval of another person" in first.stdout

    second = run_command("close_period", "2017-01", "--by", CLOSER, *APPROVED, "--json")
    outcome = json.loads(second.stdout.splitlines()[-1])
    assert second.returncode == outcome["exit"] == 0
    assert outcome["status"] == outcome["run"]["status"] == "posted"
    assert [step["name"] for step in outcome["run"]["steps"]] == [
        "freeze",
        "compute",
        "verify",
        "approve",
        "post",
        "publish",
    ]
    before = digest()

    third = run_command("close_period", "2017-01", "--by", CLOSER, "--approve-by", APPROVER)
    assert third.returncode == 0
    assert third.stdout.strip() == f"2017-01 already posted run={outcome['run']['id']}"
    assert digest() == before


def test_close_period_needs_no_broker(town: Town, run_command: Command) -> None:
    found = run_command(
        "close_period",
        "2017-01",
        "--by",
        CLOSER,
        *APPROVED,
        env={"REDIS_URL": "redis://127.0.0.1:1/0"},
    )

    assert (found.returncode, found.stderr) == (0, "")
    assert Period.objects.get(label="2017-01").status == "posted"


def test_close_period_previews(town: Town, run_command: Command) -> None:
    found = run_command("close_period", "2017-02", "--preview", "--by", CLOSER)

    assert found.returncode == 0
    assert Run.objects.get().kind == "preview"
    assert Period.objects.get(label="2017-02").status == "open"


def test_close_period_refuses_by_name(town: Town, run_command: Command) -> None:
    for arguments, message in (
        (["2017-02", "--by", CLOSER], "2017-02 is not over"),
        (["2018-03", "--by", CLOSER], "there is no period '2018-03'"),
        (["2017-01", "--by", "nobody@example.com"], "--by: nobody@example.com is not"),
        (["2017-01"], "--by"),
        (["2017-01", "--by", CLOSER, "--approve-by", CLOSER], "another person approves it"),
    ):
        found = run_command("close_period", *arguments)

        assert found.returncode == 2
        assert message in found.stderr
        assert "Traceback" not in found.stderr
    town.set_clock("2017-03-05T09:00")
    found = run_command("close_period", "2017-02", "--by", CLOSER)
    assert found.returncode == 2
    assert "2017-01 comes first" in found.stderr


def test_a_failed_run_is_told_and_computed_anew_by_resume(
    town: Town, run_command: Command, owner_connection: psycopg.Connection[Any]
) -> None:
    town.close("2017-01", post=False)
    owner_connection.execute(
        "UPDATE compensation_run SET status = 'failed', error = 'a fault of the test'"
    )
    owner_connection.execute(
        "UPDATE compensation_period SET status = 'frozen' WHERE id IN"
        " (SELECT period_id FROM compensation_run)"
    )

    told = run_command("close_period", "2017-01", "--by", CLOSER)
    assert told.returncode == 1
    assert "a fault of the test" in told.stderr
    assert "--resume" in told.stderr
    again = run_command("close_period", "2017-01", "--resume", "--by", CLOSER, *APPROVED)
    assert (again.returncode, again.stderr) == (0, "")


@pytest.mark.breaks_ledger
def test_verify_ledger_names_what_is_wrong(
    town: Town, run_command: Command, owner_connection: psycopg.Connection[Any]
) -> None:
    town.close("2017-01")
    sound = run_command("verify_ledger", "--digest")
    assert (sound.returncode, sound.stdout.strip(), sound.stderr) == (0, digest(), "")

    owner_connection.execute("ALTER TABLE compensation_entry DISABLE TRIGGER append_only")
    owner_connection.execute("DROP TRIGGER ledger_check ON compensation_journal")
    owner_connection.execute(
        "UPDATE compensation_entry SET amount = amount + 1 WHERE account = 2 AND journal_id ="
        " (SELECT id FROM compensation_journal WHERE source_key = 'close:2017-01:E')"
    )

    found = run_command("verify_ledger", "--json")
    assert found.returncode == 1
    faults = json.loads(found.stdout)["faults"]
    assert "guard append_only on compensation_entry is disabled" in faults
    assert "guard ledger_check on compensation_journal is missing" in faults
    assert "journal close:2017-01:E: the entries in EUR sum to 1, not to nought" in faults


def test_fault_points_are_listed(town: Town, run_command: Command) -> None:
    found = run_command("fault_points")

    assert [line.split("\t")[0] for line in found.stdout.splitlines()] == list(POINTS)
