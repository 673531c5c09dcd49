"""A month from open to posted, and everything that must be refused on the way."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from compensation import selectors, services, verification
from compensation.models import (
    Account,
    Earning,
    Entry,
    Journal,
    MemberResult,
    Period,
    Run,
    RunStep,
    StepName,
)
from compensation.services import closing, runs, steps
from representatives.models import StatusChange
from representatives.models_outbox import Alert
from representatives.services import change_sponsor
from sales import services as sales_services
from tests.compensation.town import PLAN, ZONE, Town, digest, local


def _lines(run: Run) -> list[tuple[Any, ...]]:
    return list(
        Earning.objects.filter(run_id=run.pk)
        .order_by("receiver_id", "component", "paid_level")
        .values_list(
            "receiver_id",
            "component",
            "paid_level",
            "unit",
            "base",
            "rate_num",
            "rate_den",
            "amount",
            "members",
            "sales",
        )
    )


def test_a_close_posts_what_the_plan_pays(town: Town) -> None:
    run = town.close("2017-01")

    assert run.status == run.period.status == "posted"
    assert run.period.visible_run_id == run.pk
    assert (run.order_count, run.line_count, run.member_count) == (10, 19, 9)
    # F bought 90.00 + 69.31 BV; E, D, B and A are his active uplines (C is skipped).
    paid = {
        (line.receiver.code, line.paid_level): line.amount
        for line in Earning.objects.filter(run_id=run.pk, component=1).select_related("receiver")
    }
    assert paid["E", 1] == 1274  # 8 % of 159.31 BV
    assert paid["B", 1] == 771  # 8 % of 96.33 BV: C is passed over, D moves up beside him
    entry = Entry.objects.get(
        journal__source_key="close:2017-01:E", account=Account.COMMISSION_PAYABLE
    )
    member = MemberResult.objects.get(run_id=run.pk, representative=town.members["E"])
    assert entry.amount == member.commission_minor == paid["E", 1]
    assert verification.ledger_faults() == []


def test_every_step_says_where_and_how_long(town: Town) -> None:
    run = town.close("2017-01")

    recorded = RunStep.objects.filter(run=run).order_by("ordinal")
    assert [step.name for step in recorded] == list(StepName)
    assert all(step.host and step.pid and step.duration_ms >= 0 for step in recorded)


def test_closing_again_returns_the_posted_run(town: Town) -> None:
    run = town.close("2017-01")
    before = digest()

    with pytest.raises(services.UnableToApprove):
        services.approve_run(run=run, by=town.closer, now=local("2017-02-03T09:00"))
    again = services.start_run(period=run.period, by=town.closer, now=local("2017-02-03T09:00"))
    services.advance_to_end(run=again, now=local("2017-02-03T09:00"))

    assert again.pk == run.pk
    assert digest() == before


def test_a_preview_equals_the_close_to_the_cent(town: Town) -> None:
    period = Period.objects.get(label="2017-01")
    preview = services.preview_period(period=period, by=town.closer, now=local("2017-01-31T23:00"))
    shown = _lines(preview)
    assert selectors.visible_run(period) == preview

    run = town.close("2017-01")

    assert shown
    assert _lines(run) == shown
    assert run.result_digest == preview.result_digest
    assert selectors.visible_run(period) == run


def test_previews_change_nothing_and_old_ones_are_dropped(town: Town) -> None:
    period = Period.objects.get(label="2017-01")
    before = digest()

    numbers = [
        services.preview_period(period=period, by=town.closer, now=local("2017-01-30T10:00")).pk
        for _ in range(4)
    ]

    assert digest() == before
    statuses = [Run.objects.get(pk=number).status for number in numbers]
    assert statuses == ["dropped", "dropped", "computed", "computed"]
    assert not MemberResult.objects.filter(run_id__in=numbers[:2]).exists()
    assert MemberResult.objects.filter(run_id=numbers[-1]).count() == 9


def test_live_figures_are_computed_only_when_something_happened(town: Town) -> None:
    now = local("2017-03-10T10:00")
    _wait_for_counters("")
    first = services.refresh_live_figures(now=now, by=town.closer)
    assert first is not None
    Run.objects.filter(pk=first.pk).update(created_at=first.created_at - timedelta(minutes=1))

    assert services.refresh_live_figures(now=now, by=town.closer) is None

    town.buy("F", "2017-03-09", GREENS=1)
    _wait_for_counters(first.facts_mark)
    second = services.refresh_live_figures(now=now, by=town.closer)
    assert second is not None
    assert second.order_count == 1


def _wait_for_counters(mark: str) -> None:
    """The server adds a session's counts up when it has been idle for a moment."""
    with connection.cursor() as cursor:
        for _ in range(50):
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute("SELECT 1")
            if selectors.facts_mark() != mark:
                return
    raise AssertionError("the counters never moved")


def test_months_are_closed_oldest_first_and_not_before_their_end(town: Town) -> None:
    february = Period.objects.get(label="2017-02")

    with pytest.raises(services.UnableToStartRun, match="2017-01 comes first"):
        services.start_run(period=february, by=town.closer, now=local("2017-03-02T09:00"))
    with pytest.raises(services.UnableToStartRun, match="not over"):
        services.start_run(
            period=Period.objects.get(label="2017-01"),
            by=town.closer,
            now=local("2017-01-31T23:59"),
        )


def test_due_months_start_unattended_one_after_the_other(town: Town) -> None:
    now = local("2017-03-20T09:00")

    first = services.close_due_periods(now=now, by=town.closer)
    again = services.close_due_periods(now=now, by=town.closer)

    assert [run.period.label for run in first] == ["2017-01"]
    assert [run.pk for run in again] == [run.pk for run in first]
    assert services.close_due_periods(now=local("2017-01-30T09:00"), by=town.closer) == first


def test_two_people_are_needed(town: Town) -> None:
    run = town.close("2017-01", post=False)
    now = local("2017-02-03T09:00")

    with pytest.raises(services.UnableToApprove, match="another person"):
        services.approve_run(run=run, by=town.closer, now=now)
    with pytest.raises(IntegrityError, match="run_approved_by_another_person"):
        Run.objects.filter(pk=run.pk).update(approved_by=town.closer)
    with pytest.raises(IntegrityError, match="run_approved_before_posting"):
        Run.objects.filter(pk=run.pk).update(status="approved")
    assert services.advance(run=run, now=now).progress is services.Progress.WAITING
    assert not Journal.objects.exists()


def test_an_order_can_not_be_paid_into_a_frozen_month(town: Town) -> None:
    town.close("2017-01", post=False)

    with pytest.raises(sales_services.UnableToPayOrder):
        town.buy("A", "2017-01-25", TEA=1)
    order = sales_services.place_order(
        seller=town.members["A"],
        customer=None,
        lines=[sales_services.LineRequest(town.products["TEA"].pk, 1)],
        now=local("2017-01-25T10:00"),
    )
    with pytest.raises(IntegrityError, match="no open period holds it"), transaction.atomic():
        sales_services.pay_order(
            order=order,
            payment_reference="late",
            amount_minor=order.gross_minor,
            paid_at=local("2017-01-25T11:00"),
            counted_at=local("2017-01-25T11:00"),
            # The open periods as a stale page would know them.
            open_intervals=[(local("2017-01-01"), local("2017-02-01"))],
            recorded_by=town.closer,
            now=local("2017-02-03T09:00"),
        )


def test_a_changed_input_is_not_posted(town: Town) -> None:
    run = town.close("2017-01", post=False)
    now = local("2017-02-03T09:00")
    services.approve_run(run=run, by=town.approver, now=now)
    StatusChange.objects.create(
        representative=town.members["E"],
        old_status="enrolled",
        new_status="suspended",
        effective_at=local("2017-01-15T00:00"),
        reason="back-dated past every service",
        decided_by=town.closer,
    )

    with pytest.raises(services.UnableToAdvance, match="not the one that was approved"):
        services.advance_to_end(run=run, now=now)

    run.refresh_from_db()
    assert (run.status, run.period.status) == ("failed", "frozen")
    assert not Journal.objects.exists()
    alert = Alert.objects.get()
    assert alert.code == "close_input_changed"
    assert "not the one that was approved" in alert.text
    assert town.close("2017-01").attempt == 2


def test_the_third_failure_gives_the_run_up(town: Town, monkeypatch: Any) -> None:
    def broken(held: runs.Hold, **_: Any) -> None:
        raise ZeroDivisionError("a shard that always breaks")

    monkeypatch.setitem(closing.CLOSE_STEPS, StepName.VERIFY, broken)
    period = Period.objects.get(label="2017-01")
    now = local("2017-02-03T09:00")
    run = services.start_run(period=period, by=town.closer, now=now)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            services.advance_to_end(run=run, now=now)

    run.refresh_from_db()
    assert run.status == "failed"
    assert "always breaks" in run.error
    assert Alert.objects.get().code == "close_failed"
    assert services.advance_to_end(run=run, now=now).progress is services.Progress.GIVEN_UP
    assert Period.objects.get(label="2017-01").status == "frozen"
    assert services.close_due_periods(now=now, by=town.closer) == []
    monkeypatch.undo()
    assert town.close("2017-01").attempt == 2
    assert services.drop_results_of_dead_runs() == 1


def test_later_changes_of_people_leave_a_month_as_it_was(town: Town) -> None:
    reference = town.close("2017-01", post=False)
    services.drop_run(run=reference)

    change_sponsor(
        representative=town.members["E"],
        new_sponsor=town.members["X"],
        reason="asked for",
        decided_by=town.closer,
        now=local("2017-02-02T09:00"),
        zone=ZONE,
    )
    again = town.close("2017-01")

    assert again.pk != reference.pk
    assert again.input_digest == reference.input_digest
    assert again.result_digest == reference.result_digest


def test_titles_of_the_posted_month_open_the_next(town: Town) -> None:
    town.close("2017-01")

    february = town.close("2017-02")

    opened = MemberResult.objects.filter(run_id=february.pk, opening_title__gt=0)
    assert opened.exists()
    assert february.promotion_count == (
        MemberResult.objects.filter(run_id=february.pk, title_rank__gt=F("opening_title")).count()
    )


def test_partitions_go_only_with_runs_that_were_given_up(town: Town) -> None:
    posted = town.close("2017-01")
    waiting = town.close("2017-02", post=False)

    for run in (posted, waiting):
        with (
            pytest.raises(Exception, match="neither failed nor dropped"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT compensation_drop_partitions(%s)", [run.pk])
    with (
        pytest.raises(Exception, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE compensation_memberresult SET commission_minor = 0")
    services.drop_run(run=waiting)

    assert services.drop_results_of_dead_runs() == 1
    assert not MemberResult.objects.filter(run_id=waiting.pk).exists()
    assert MemberResult.objects.filter(run_id=posted.pk).exists()


def test_a_reader_in_the_way_delays_the_drop_and_is_not_disturbed(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    run = town.close("2017-01", post=False)
    services.drop_run(run=run)

    with owner_connection.transaction():
        owner_connection.execute("SELECT count(*) FROM compensation_memberresult")
        assert services.drop_results_of_dead_runs() == 0

    assert services.drop_results_of_dead_runs() == 1


def test_the_database_refuses_moves_out_of_order(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    town.close("2017-01", post=False)

    for statement, refusal in (
        (
            "UPDATE compensation_period SET status = 'posted' WHERE label = '2017-01'",
            "can not move",
        ),
        ("UPDATE compensation_period SET status = 'open' WHERE label = '2017-01'", "can not move"),
        ("UPDATE compensation_period SET ends_at = ends_at + '1 day'", "never change"),
        ("DELETE FROM compensation_period", "append-only"),
        ("UPDATE compensation_run SET status = 'running'", "can not move"),
        ("UPDATE compensation_run SET fence = 0", "can not fall"),
        ("DELETE FROM compensation_run", "append-only"),
        ("TRUNCATE compensation_planversion CASCADE", "append-only"),
    ):
        with pytest.raises(psycopg.Error, match=refusal):
            owner_connection.execute(statement)


def test_periods_can_not_overlap(town: Town) -> None:
    january = Period.objects.get(label="2017-01")

    with pytest.raises(IntegrityError, match="period_no_overlap"):
        Period.objects.create(
            label="2017-9",
            first_day=january.last_day,
            last_day=january.last_day,
            starts_at=january.ends_at - timedelta(microseconds=1),
            ends_at=january.ends_at + timedelta(days=1),
        )


def test_a_month_that_can_not_be_opened_is_named(town: Town) -> None:
    for label, message in (
        ("2017-13", "not the label"),
        ("2017-06", "can't be opened before 2017-05"),
        ("2016-11", "can't be opened before 2016-12"),
    ):
        with pytest.raises(services.UnableToOpenPeriod, match=message):
            services.open_period(label=label)


def test_no_month_is_opened_before_one_that_is_closed(town: Town) -> None:
    town.close("2017-01", post=False)

    with pytest.raises(services.UnableToOpenPeriod, match="no longer open"):
        services.open_period(label="2016-12")


def test_months_up_to_the_clock_are_opened(town: Town) -> None:
    opened = services.open_months_up_to(now=local("2017-06-01T00:00"))

    assert [period.label for period in opened] == ["2017-04", "2017-05", "2017-06"]
    assert opened[-1].starts_at == local("2017-06-01T00:00")
    assert services.open_months_up_to(now=local("2017-06-30T00:00")) == []


def test_plans_are_checked_before_they_are_kept(town: Town) -> None:
    with pytest.raises(services.UnableToAddPlanVersion, match="rates"):
        services.add_plan_version(
            document=PLAN.replace('"8", "5"', '"x", "5"'), effective_from=date(2017, 3, 1)
        )
    with pytest.raises(services.UnableToAddPlanVersion, match="USD"):
        services.add_plan_version(
            document=PLAN.replace("EUR", "USD"), effective_from=date(2017, 3, 1)
        )
    with pytest.raises(services.UnableToAddPlanVersion, match="first day"):
        services.add_plan_version(document=PLAN, effective_from=date(2017, 3, 2))
    town.close("2017-01", post=False)
    with pytest.raises(services.UnableToAddPlanVersion, match="2017-01"):
        services.add_plan_version(document=PLAN + "\n", effective_from=date(2017, 1, 1))


def test_a_wrong_stored_result_is_found(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    period = Period.objects.get(label="2017-01")
    now = local("2017-02-03T09:00")
    run = services.start_run(period=period, by=town.closer, now=now)
    for _ in range(2):
        services.advance(run=run, now=now)
    owner_connection.execute(
        "UPDATE compensation_earning SET amount = amount + 1 WHERE component = 1 AND paid_level = 1"
        " AND receiver_id = %s",
        [town.members["E"].pk],
    )

    with pytest.raises(services.UnableToAdvance, match="commission of earnings"):
        services.advance(run=run, now=now)

    assert Run.objects.get(pk=run.pk).status == "failed"


def test_a_run_that_was_dropped_under_a_step_keeps_nothing(town: Town) -> None:
    period = Period.objects.get(label="2017-01")
    now = local("2017-02-03T09:00")
    run = services.start_run(period=period, by=town.closer, now=now)
    services.advance(run=run, now=now)
    with runs.hold(run) as held:
        services.drop_run(run=run)
        with pytest.raises(Exception, match=r"not running|taken over"):
            steps.calculate(held, now=now)

    assert not MemberResult.objects.filter(run_id=run.pk).exists()
