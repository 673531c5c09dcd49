"""Runs of the town against each other: causes, refusals, and what the command prints."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from compensation import services
from compensation.comparing import run_diff
from compensation.comparing.moves import Cause
from compensation.comparing.run_diff import RunDifference, UnableToCompare
from compensation.engine import Unit
from compensation.models import Earning, Period, Run
from representatives import services as people
from representatives.models import Company
from tests.compensation.town import PLAN, ZONE, Town, local


def preview(town: Town, label: str = "2017-02") -> Run:
    """Preview a month and return its run with period and plan."""
    period = Period.objects.get(label=label)
    run = services.preview_period(
        period=period, by=town.closer, now=Company.objects.get().clock_frozen_at
    )
    return run_diff.get_run(str(run.pk))


def causes(found: RunDifference) -> set[Cause]:
    return {cause for unit in Unit for cause in found.difference.moves.by_cause(unit)}


def stored(run: Run) -> dict[tuple[int, int], int]:
    """What a run pays each member, by unit, as stored."""
    amounts: dict[tuple[int, int], int] = {}
    for line in Earning.objects.filter(run=run):
        key = line.receiver_id, line.unit
        amounts[key] = amounts.get(key, 0) + line.amount
    return amounts


def told(*args: str) -> tuple[int, str]:
    """Run the command and return its exit code and what it printed."""
    out, err = StringIO(), StringIO()
    try:
        call_command("run_diff", *args, stdout=out, stderr=err)
    except SystemExit as left:
        return int(left.code or 0), err.getvalue() or out.getvalue()
    return 0, out.getvalue()


def report(*args: str) -> dict[str, Any]:
    code, text = told(*args, "--json")
    assert code == 0, text
    return json.loads(text)


def test_months_add_up_to_what_each_member_is_paid_more(town: Town) -> None:
    first, second = town.close("2017-01"), town.close("2017-02")

    found = run_diff.compare_runs(first, second)

    for unit in Unit:
        members, amounts = found.difference.moves.by_member(unit)
        moved = dict(zip(members.tolist(), amounts.tolist(), strict=True))
        was, now = stored(first), stored(second)
        everybody = {member for member, of in was | now if of == unit}
        for member in everybody:
            change = now.get((member, unit), 0) - was.get((member, unit), 0)
            assert moved.get(member, 0) == change
        assert set(moved) <= everybody
    assert Cause.SALE in causes(found)


def test_a_sale_alone(town: Town) -> None:
    before = preview(town)
    town.buy("A", "2017-02-02", JUG=1)
    after = preview(town)

    found = run_diff.compare_runs(before, after)

    assert causes(found) == {Cause.SALE}
    assert found.difference.moves.total(Unit.MONEY) > 0


def test_a_sale_that_makes_active(town: Town) -> None:
    before = preview(town)
    town.buy("C", "2017-02-02", GREENS=3)
    after = preview(town)

    found = run_diff.compare_runs(before, after)

    assert Cause.QUALIFICATION in causes(found)
    totals = found.totals(Unit.MONEY)
    assert totals[1] - totals[0] == found.difference.moves.total(Unit.MONEY)


def test_a_return_alone(town: Town) -> None:
    before = preview(town)
    order = next(one for one in town.orders.values() if one.reference.startswith("E-2017-02"))
    town.take_back(order, 1, "2017-02-20")
    after = preview(town)

    found = run_diff.compare_runs(before, after)

    assert causes(found) == {Cause.RETURN}
    assert found.difference.moves.total(Unit.MONEY) < 0


def test_a_sponsor_change_alone(town: Town) -> None:
    """Months with equal sales: whoever moved between them is the only difference."""
    for label in ("2017-01", "2017-02"):
        town.close(label)
    for code in ("TOP", "A", "B", "D", "E", "F", "X", "Y"):
        town.buy(code, "2017-03-05", GREENS=4)
    town.set_clock("2017-03-20T09:00")
    before = preview(town, "2017-03")
    member = town.members["F"]
    now = local("2017-03-20T09:00")
    people.change_sponsor(
        representative=member,
        new_sponsor=town.members["Y"],
        reason="asked for it",
        decided_by=town.closer,
        now=now,
        zone=ZONE,
    )
    services.ensure_periods(first="2017-04", last="2017-04")
    for code in ("TOP", "A", "B", "D", "E", "F", "X", "Y"):
        town.buy(code, "2017-04-05", GREENS=4)
    town.close("2017-03")
    town.set_clock("2017-05-02T09:00")
    after = preview(town, "2017-04")

    found = run_diff.compare_runs(before, after)

    assert Cause.TREE in causes(found)
    assert Cause.SALE not in causes(found)


def test_a_plan_alone(town: Town) -> None:
    before = preview(town)
    services.add_plan_version(
        document=PLAN.replace('"8", "5"', '"9", "5"').replace("name: town", "name: dearer"),
        effective_from=Period.objects.get(label="2017-02").first_day,
    )
    after = preview(town)

    found = run_diff.compare_runs(before, after)

    assert causes(found) == {Cause.PLAN}
    assert {earned.id for earned in found.difference.moves.by_component()} == {"levels"}


def test_a_preview_is_rebuilt_after_later_orders_and_returns(town: Town) -> None:
    first = preview(town)
    order = town.buy("B", "2017-02-02", JUG=2)
    second = preview(town)
    town.take_back(order, 1, "2017-02-02")
    third = preview(town)
    town.buy("Y", "2017-02-02", TEA=1)

    assert causes(run_diff.compare_runs(first, second)) == {Cause.SALE}
    assert causes(run_diff.compare_runs(second, third)) == {Cause.RETURN}
    assert run_diff.compare_runs(first, third).totals(Unit.MONEY) == (
        first.commission_minor,
        third.commission_minor,
    )


def test_a_preview_is_rebuilt_after_statuses_titles_and_late_returns_changed(town: Town) -> None:
    town.set_clock("2017-02-02T09:00")
    early = preview(town)
    town.set_clock("2017-02-21T09:00")
    late = town.close("2017-01")
    order = next(one for one in town.orders.values() if one.reference.startswith("E-2017-01"))
    middle = preview(town)
    town.set_clock("2017-02-22T09:00")
    town.take_back(order, 1, "2017-02-22")
    people.suspend_representative(
        representative=town.members["D"],
        reason="looked into",
        decided_by=town.closer,
        now=local("2017-02-22T08:00"),
    )
    last = preview(town)

    assert late.status == "posted"
    assert causes(run_diff.compare_runs(early, middle)) <= {Cause.RANK, Cause.CARRIED}
    found = run_diff.compare_runs(middle, last)
    assert Cause.TREE in causes(found)
    assert Cause.SALE not in causes(found)


def test_what_cannot_be_rebuilt_is_refused(town: Town) -> None:
    before = preview(town)
    people.suspend_representative(
        representative=town.members["D"],
        reason="looked into",
        decided_by=town.closer,
        now=local("2017-02-03T09:00"),
    )
    after = preview(town)

    with pytest.raises(UnableToCompare, match=f"run {before.pk} of 2017-02 can't be rebuilt"):
        run_diff.compare_runs(before, after)
    code, text = told(str(before.pk), str(after.pk))
    assert code == 1
    assert "facts have changed" in text


def test_results_of_another_engine_are_refused(town: Town) -> None:
    run = preview(town)
    run.result_digest = "0" * 64

    with pytest.raises(UnableToCompare, match="finds other figures"):
        run_diff.compare_runs(run, run)


def test_the_command_names_totals_causes_and_people(town: Town) -> None:
    town.close("2017-01")
    town.close("2017-02")

    code, text = told("2017-01", "2017-02")

    assert code == 0
    for words in ("2017-02 (run", "EUR: €", "sales: ", "by component", "largest moves", "Member A"):
        assert words in text


def test_the_command_tells_one_member(town: Town) -> None:
    town.close("2017-01")
    town.close("2017-02")

    code, text = told("2017-01", "2017-02", "--member", "A")

    assert code == 0
    assert "levels: €" in text
    assert "than €" in text
    assert told("2017-01", "2017-02", "--member", "NOBODY") == (
        2,
        "--member: there is no member NOBODY\n",
    )


def test_json_and_csv_hold_every_change(town: Town, tmp_path: Path) -> None:
    town.close("2017-01")
    town.close("2017-02")
    file = tmp_path / "moves.csv"

    found = report("2017-01", "2017-02", "--csv", str(file), "--all", "--member", "B")

    money = found["totals"]["money"]
    assert money["change"] == money["after"] - money["before"] == sum(money["causes"].values())
    assert money["change"] == sum(one["change"] for one in money["largest"])
    assert {part["component"] for part in found["member"]["components"]} == {"levels", "rsp"}
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    in_money = [row for row in rows if row["unit"] == "EUR"]
    cents = sum(int(row["change"].replace(".", "")) for row in in_money)
    assert cents == money["change"]
    assert {row["member"] for row in rows} <= set(town.members)


def test_unknown_runs_are_usage_faults(town: Town) -> None:
    assert told("999", "2017-01") == (2, "there is no run 999\n")
    assert told("2017-01", "2017-02") == (2, "2017-01 has not been computed yet\n")
    assert told("2019-01", "2017-02")[0] == 2
    assert report_of_fault("nonsense", "1")["exit"] == 2


def report_of_fault(*args: str) -> dict[str, Any]:
    return json.loads(told(*args, "--json")[1])


def test_a_csv_that_cannot_be_written_is_a_usage_fault(town: Town, tmp_path: Path) -> None:
    run = preview(town)

    code, text = told(str(run.pk), str(run.pk), "--csv", str(tmp_path / "no" / "file.csv"))

    assert code == 2
    assert "No such file" in text


def test_a_run_at_work_is_refused(town: Town) -> None:
    period = Period.objects.get(label="2017-01")
    run = services.start_run(period=period, by=town.closer, now=period.ends_at + timedelta(days=1))

    with pytest.raises(UnableToCompare, match="still being computed"):
        run_diff.compare_runs(run, run)
