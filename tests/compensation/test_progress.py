"""How far a close is: for staff, and for whoever waits at the command line."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from compensation import progress_wording
from compensation.management.commands import close_period
from compensation.models import Period, Run, RunStep, StepName
from compensation.progress import RunProgress, Stage, StepState, progress_of
from compensation.services import closing, runs, steps
from compensation.services import start_run as start
from tests.compensation.town import CLOSER, Town, local

NOW = "2017-03-03T09:00"


def begin(town: Town, label: str) -> Run:
    return start(period=Period.objects.get(label=label), by=town.closer, now=local(NOW))


def look(run: Run) -> RunProgress:
    return progress_of(Run.objects.get(pk=run.pk))


def test_a_run_that_nobody_works_on_waits_and_tells_what_to_expect(town: Town) -> None:
    january = town.close("2017-01")

    found = look(begin(town, "2017-02"))

    assert [step.name for step in found.steps] == list(StepName)
    assert found.current is not None
    assert (found.current.name, found.current.state) == ("freeze", StepState.NEXT)
    assert not found.is_at_work
    assert progress_wording.sentence(found) == "Freeze: waits for a worker"
    by_name = {step.name: step for step in found.steps}
    done = {step.name: step for step in january.steps.all()}
    assert by_name[StepName.COMPUTE].rows == done[StepName.COMPUTE].rows > 0
    assert by_name[StepName.COMPUTE].milliseconds == done[StepName.COMPUTE].duration_ms
    assert by_name[StepName.POST].state is StepState.LATER
    assert found.left_ms == sum(
        done[name].duration_ms for name in (StepName.FREEZE, StepName.COMPUTE, StepName.VERIFY)
    )


def test_the_first_month_of_all_expects_nothing(town: Town) -> None:
    found = look(begin(town, "2017-01"))

    assert found.left_ms is None
    assert found.share == 0
    assert progress_wording.left(found) == ""


def test_what_is_held_is_at_work_with_time_so_far(town: Town) -> None:
    town.close("2017-01")
    run = begin(town, "2017-02")
    with runs.hold(run) as held:
        steps.freeze(held, now=local(NOW))
        runs.extend(held)
        time.sleep(0.05)
        found = look(run)

    assert found.is_at_work
    assert found.current is not None
    assert found.current.name == StepName.COMPUTE
    assert 50 <= found.elapsed_ms < 20_000
    assert found.steps[0].done is not None
    assert progress_wording.sentence(found).startswith("Compute: ")
    assert not look(run).is_at_work


def test_expected_rows_of_later_steps_follow_what_was_computed(town: Town) -> None:
    january = town.close("2017-01")
    february = town.close("2017-02", post=False)

    found = look(february)

    rows = {step.name: step.rows for step in found.steps}
    posted = january.steps.get(name=StepName.POST).rows
    sizes = [run.steps.get(name=StepName.COMPUTE).rows for run in (january, february)]
    assert rows[StepName.POST] == posted * sizes[1] // sizes[0]
    assert found.current is not None
    assert found.current.state is StepState.PERSON
    assert found.left_ms is None
    assert progress_wording.sentence(found) == "Waits for the approval of another person."


@pytest.fixture
def bulk(town: Town) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the application role, as the bulk one is."""
    place = {
        key: value
        for key, value in connection.get_connection_params().items()
        if key in ("dbname", "user", "password", "host", "port")
    }
    with psycopg.connect(**place, autocommit=True) as opened:
        yield opened


def test_rows_come_from_what_the_server_knows_of_the_bulk_connection(
    town: Town, bulk: psycopg.Connection[Any]
) -> None:
    january = town.close("2017-01")
    run = begin(town, "2017-02")
    with runs.hold(run) as held:
        steps.freeze(held, now=local(NOW))
        runs.extend(held)
        bulk.execute(
            "SELECT set_config('application_name', %s, false)",
            [runs.bulk_name(held.run_id, held.fence)],
        )
        bulk.execute("CREATE TEMP TABLE compensation_memberresult_0_0 (id bigint)")
        bulk.execute("CREATE TEMP TABLE compensation_earning_0_0 (id bigint)")
        found = {}
        for table in ("memberresult", "earning"):
            with bulk.cursor().copy(f"COPY compensation_{table}_0_0 FROM STDIN") as sent:
                for number in range(20_000):
                    sent.write_row((number,))
                found[table] = _until_copied(run)
        with bulk.cursor().copy("COPY (SELECT generate_series(1, 1000000)) TO STDOUT") as read:
            rows = iter(read)
            next(rows)
            found["read"] = look(run)
            assert sum(1 for _ in rows) > 0

    assert found["memberresult"].stage is Stage.WRITING
    assert found["memberresult"].rows == _copied(found["earning"]) - january.member_count
    assert "rows written" in progress_wording.sentence(found["memberresult"])
    assert found["earning"].left_ms is not None
    assert found["read"].stage is Stage.READING
    assert "read" in progress_wording.sentence(found["read"])


def _copied(found: RunProgress) -> int:
    assert found.rows is not None
    return found.rows


def _until_copied(run: Run) -> RunProgress:
    """Look until the server has taken all of the 20,000 rows that were sent."""
    for _ in range(200):
        found = look(run)
        if found.rows is not None and found.rows >= 5_000:
            time.sleep(0.3)
            return look(run)
        time.sleep(0.02)
    raise AssertionError("no rows are seen")


def test_a_run_that_failed_has_no_next_step(town: Town) -> None:
    run = begin(town, "2017-01")
    with runs.hold(run) as held:
        runs.fail_run(held, "a fault of the test")

    found = look(run)

    assert found.current is None
    assert {step.state for step in found.steps} == {StepState.NEVER}


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0.0\u00a0s"),
        (1_949, "1.9\u00a0s"),
        (10_499, "10\u00a0s"),
        (119_000, "119\u00a0s"),
        (3_661_000, "61\u00a0min 1\u00a0s"),
    ],
)
def test_times_are_told_as_people_read_them(milliseconds: int, text: str) -> None:
    assert progress_wording.duration(milliseconds) == text


def test_close_period_tells_a_long_step_while_it_is_at_work(
    town: Town, monkeypatch: Any, capsys: Any
) -> None:
    town.close("2017-01")
    town.set_clock(NOW)
    monkeypatch.setattr(close_period, "PROGRESS_SECONDS", 0.05)

    def slow(held: runs.Hold, **facts: Any) -> None:
        time.sleep(0.6)
        steps.verify(held, **facts)

    monkeypatch.setitem(closing.CLOSE_STEPS, StepName.VERIFY, slow)
    with pytest.raises(SystemExit) as ended:
        call_command("close_period", "2017-02", by=CLOSER)

    assert ended.value.code == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "…" in line]
    assert any(line.startswith("  … Verify and check: ") for line in told)
    assert RunStep.objects.filter(run__period__label="2017-02", name="verify").exists()


def test_status_tells_without_doing_anything(town: Town, run_command: Any) -> None:
    quiet = run_command("close_period", "2017-01", "--status")
    assert quiet.stdout.strip() == "2017-01 is open: no close is under way"
    run = begin(town, "2017-01")
    with runs.hold(run) as held:
        steps.freeze(held, now=local(NOW))
        runs.extend(held)

        told = run_command("close_period", "2017-01", "--status", "--json")
        busy = run_command("close_period", "2017-01", "--by", CLOSER)

    outcome = json.loads(told.stdout.splitlines()[-1])
    assert (told.returncode, outcome["progress"]["step"]) == (0, "compute")
    assert outcome["progress"]["state"] == "at work"
    assert busy.returncode == 3
    assert "another process works on run" in busy.stderr
    assert "(Compute: " in busy.stderr
    assert RunStep.objects.count() == 1


def test_a_step_that_takes_longer_than_before_says_so(town: Town) -> None:
    town.close("2017-01")
    run = begin(town, "2017-02")
    with runs.hold(run):
        time.sleep(0.4)
        found = look(run)

    assert found.is_late
    assert progress_wording.left(found) == "longer than last time"
    early = dataclasses.replace(found, elapsed_ms=0, left_ms=8_200)
    assert progress_wording.left(early) == "about 9\u00a0s left"
