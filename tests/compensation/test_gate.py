"""What a close finds, who says that it is all right, and that nothing is approved before."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from compensation import gate_wording, selectors, services, verification
from compensation.models import Acknowledgement, CheckCode, Finding, Period, Run
from compensation.services import gate_checks
from sales import services as sales_services
from tests.compensation.town import PLAN, Town, local

NOW = "2017-02-03T09:00"


def compute(town: Town, label: str = "2017-01") -> Run:
    """Bring a close to *computed* and acknowledge nothing."""
    period = Period.objects.get(label=label)
    now = local("2017-03-03T09:00")
    run = services.start_run(period=period, by=town.closer, now=now)
    services.advance_to_end(run=run, now=now)
    return Run.objects.select_related("period", "plan_version").get(pk=run.pk)


def summary(run: Run, code: CheckCode) -> Finding:
    return run.findings.get(code=code, ordinal=0)


def named(run: Run, code: CheckCode) -> dict[str, dict[str, Any]]:
    """Return the figures of those whom a finding names, by code."""
    rows = run.findings.filter(code=code, ordinal__gt=0).select_related("subject")
    return {row.subject.code: row.figures for row in rows if row.subject is not None}


def test_a_first_month_tells_promotions_and_moves_of_nobody(town: Town) -> None:
    run = compute(town)

    assert set(run.checks) == set(CheckCode.values)
    assert selectors.finding_codes(run) == [
        code for code in CheckCode.values if run.checks[code] > 0
    ]
    for code in (CheckCode.TOTAL_MOVED, CheckCode.TOP_MOVERS, CheckCode.ZERO_AFTER_PAY):
        assert run.checks[code] == 0
    assert run.checks[CheckCode.DEMOTIONS] == 0
    assert run.checks[CheckCode.PROMOTIONS] == run.promotion_count > 0
    assert len(named(run, CheckCode.PROMOTIONS)) == run.promotion_count
    assert {row["from"] for row in named(run, CheckCode.PROMOTIONS).values()} == {"IR"}
    text = summary(run, CheckCode.PROMOTIONS).text
    assert text == f"{run.promotion_count} people are promoted."


def test_an_approval_without_acknowledgement_is_refused(town: Town) -> None:
    run = compute(town)
    codes = selectors.open_finding_codes(run)

    with pytest.raises(services.UnableToApprove, match="promotions") as refusal:
        services.approve_run(run=run, by=town.approver, now=local(NOW))

    assert codes
    assert refusal.value.field == "acknowledge"
    run.refresh_from_db()
    assert (run.status, run.approved_by) == ("computed", None)
    services.acknowledge(run=run, codes=codes, reason="looked at", by=town.approver, now=local(NOW))
    assert services.approve_run(run=run, by=town.approver, now=local(NOW)).status == "approved"
    said = Acknowledgement.objects.filter(run=run)
    assert {(one.code, one.by, one.reason) for one in said} == {
        (code, town.approver, "looked at") for code in codes
    }


def test_an_acknowledgement_is_once_and_stands(town: Town) -> None:
    run = compute(town)
    for reason, by in (("first", town.approver), ("second", town.closer)):
        said = services.acknowledge(
            run=run, codes=["promotions"], reason=reason, by=by, now=local(NOW)
        )

    assert [(one.reason, one.by) for one in said] == [("first", town.approver)]


@pytest.mark.parametrize(
    ("codes", "reason", "message"),
    [
        (["cap_hit"], "fine", "has no finding cap_hit"),
        (["bogus"], "fine", "'bogus' is not one of"),
        ([], "fine", "name at least one"),
        (["promotions"], " x ", "a reason"),
        (["promotions"], "x" * 501, "a reason"),
    ],
)
def test_a_bad_acknowledgement_is_refused_by_name(
    town: Town, codes: list[str], reason: str, message: str
) -> None:
    run = compute(town)

    with pytest.raises(services.UnableToAcknowledge, match=message):
        services.acknowledge(run=run, codes=codes, reason=reason, by=town.approver, now=local(NOW))

    assert not Acknowledgement.objects.exists()


def test_only_staff_acknowledge_and_only_what_waits(town: Town) -> None:
    run = compute(town)
    town.closer.is_staff = False
    town.closer.save()
    with pytest.raises(services.UnableToAcknowledge, match="not a member of staff"):
        services.acknowledge(
            run=run, codes=["promotions"], reason="fine", by=town.closer, now=local(NOW)
        )
    services.drop_run(run=run)

    with pytest.raises(services.UnableToAcknowledge, match="does not wait"):
        services.acknowledge(
            run=run, codes=["promotions"], reason="fine", by=town.approver, now=local(NOW)
        )


def test_movers_and_people_with_nothing_are_named_against_last_month(town: Town) -> None:
    town.close("2017-01")
    # D, E and F buy nothing in March; whoever is above them is paid for nobody.
    town.set_clock("2017-03-03T09:00")
    town.close("2017-02")
    town.buy("A", "2017-03-03", GREENS=40)
    town.set_clock("2017-04-03T09:00")
    march = Period.objects.get(label="2017-03")
    now = march.ends_at
    run = services.start_run(period=march, by=town.closer, now=now)
    services.advance_to_end(run=run, now=now)
    run = Run.objects.select_related("period", "plan_version").get(pk=run.pk)

    nothing = named(run, CheckCode.ZERO_AFTER_PAY)
    assert {"B", "E"} <= set(nothing)
    assert all(row["worth"] == 0 < row["worth_before"] for row in nothing.values())
    assert run.checks[CheckCode.ZERO_AFTER_PAY] == len(nothing)
    moved = named(run, CheckCode.TOP_MOVERS)
    assert not set(moved) & set(nothing)
    assert run.checks[CheckCode.TOTAL_MOVED] == 1
    demoted = named(run, CheckCode.DEMOTIONS)
    assert run.checks[CheckCode.DEMOTIONS] == len(demoted) > 0
    before = {"IR": 0, "Bronze": 1, "Silver": 2}
    assert all(before[row["to"]] < before[row["from"]] for row in demoted.values())
    assert "2017-02" in summary(run, CheckCode.TOTAL_MOVED).text


def test_bands_of_the_plan_decide(town: Town) -> None:
    tight = PLAN + (
        'close_checks: {payout_ratio: {from: "90", to: "95"}, total_moved: "0",'
        ' top_movers: {percent: "0", at_least: "0.01"}}\n'
    )
    services.add_plan_version(document=tight, effective_from=date(2017, 2, 1))
    january = town.close("2017-01")

    february = compute(town, "2017-02")

    assert january.checks[CheckCode.PAYOUT_RATIO] == 0
    assert february.checks[CheckCode.PAYOUT_RATIO] == 1
    assert february.checks[CheckCode.TOTAL_MOVED] == 1
    assert february.checks[CheckCode.TOP_MOVERS] >= 5
    assert "outside the band of 90% to 95%" in summary(february, CheckCode.PAYOUT_RATIO).text
    figures = list(named(february, CheckCode.TOP_MOVERS).values())
    moves = [abs(row["worth"] - row["worth_before"]) for row in figures]
    assert moves == sorted(moves, reverse=True)


def test_caps_that_cut_and_unpaid_orders_are_told(town: Town) -> None:
    capped = PLAN + 'caps:\n  - {id: most, scope: person, amount: "5.00"}\n'
    services.add_plan_version(document=capped, effective_from=date(2017, 2, 1))
    town.close("2017-01")
    unpaid = sales_services.place_order(
        seller=town.members["E"],
        customer=None,
        lines=[sales_services.LineRequest(town.products["TEA"].pk, 3)],
        now=local("2017-02-25T10:00"),
    )

    run = compute(town, "2017-02")

    cut = named(run, CheckCode.CAP_HIT)
    assert run.checks[CheckCode.CAP_HIT] == len(cut) > 0
    assert all(row["cap"] == "most" and row["change"] < 0 for row in cut.values())
    assert summary(run, CheckCode.CAP_HIT).figures["change"] == sum(
        row["change"] for row in cut.values()
    )
    assert named(run, CheckCode.UNPAID_ORDERS)["E"]["reference"] == unpaid.reference
    assert run.checks[CheckCode.UNPAID_ORDERS] == 1


def test_a_preview_is_checked_alike_and_nothing_is_written(town: Town) -> None:
    period = Period.objects.get(label="2017-01")
    preview = services.preview_period(period=period, by=town.closer, now=local("2017-01-31T20:00"))

    checked = gate_checks.check_run(
        Run.objects.select_related("period", "plan_version").get(pk=preview.pk)
    )

    assert not Finding.objects.exists()
    run = compute(town)
    assert checked.counts == run.checks


def test_findings_are_as_many_as_are_named_and_all_are_counted(
    town: Town, monkeypatch: Any
) -> None:
    monkeypatch.setattr(gate_checks, "MOST_NAMED", 2)

    run = compute(town)

    assert run.checks[CheckCode.PROMOTIONS] > 2
    assert len(named(run, CheckCode.PROMOTIONS)) == 2


def test_points_are_worth_the_same_in_whole_numbers_and_in_wide_ones() -> None:
    from fractions import Fraction

    narrow = gate_checks._worth("n", Fraction(13, 500))
    wide = gate_checks._worth("n", Fraction(13, 10**20))

    assert "numeric" not in narrow
    assert "numeric" in wide
    assert gate_checks._worth("n", Fraction(0)) == "coalesce(n.commission_minor, 0)"


def test_the_words_are_polish_too(town: Town) -> None:
    run = compute(town)
    finding = summary(run, CheckCode.PROMOTIONS)

    with translation.override("pl"):
        told = gate_wording.sentence(finding.code, 0, finding.figures)
        titles = [gate_wording.title(code) for code in CheckCode.values]

    assert told != finding.text
    assert len(set(titles)) == len(CheckCode.values)


# -- the database has the last word ----------------------------------------------------------------


def _approve_in_sql(connection: psycopg.Connection[Any], town: Town, run: Run) -> None:
    connection.execute(
        "UPDATE compensation_run SET status = 'approved', approved_by_id = %s WHERE id = %s",
        [town.approver.pk, run.pk],
    )


def test_the_database_refuses_an_approval_past_the_service(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    run = compute(town)

    with pytest.raises(psycopg.errors.CheckViolation, match="nobody acknowledged: promotions"):
        _approve_in_sql(owner_connection, town, run)

    assert Run.objects.get(pk=run.pk).status == "computed"


def test_control_without_the_trigger_a_close_is_approved_unseen(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    run = compute(town)
    owner_connection.execute("ALTER TABLE compensation_run DISABLE TRIGGER run_approval")

    _approve_in_sql(owner_connection, town, run)

    assert Run.objects.get(pk=run.pk).status == "approved"
    assert selectors.open_finding_codes(run) != []
    assert "guard run_approval on compensation_run is disabled" in verification.ledger_faults()


def test_a_run_that_was_not_checked_is_not_approved(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    run = compute(town)
    town.acknowledge(run)
    owner_connection.execute("ALTER TABLE compensation_run DISABLE TRIGGER run_approval")
    owner_connection.execute(
        "UPDATE compensation_run SET checks = checks - 'cap_hit' - 'demotions'"
    )
    owner_connection.execute("ALTER TABLE compensation_run ENABLE ALWAYS TRIGGER run_approval")

    with pytest.raises(IntegrityError, match="not checked for cap_hit, demotions"):
        services.approve_run(run=run, by=town.approver, now=local(NOW))


def test_findings_and_words_stand_for_the_owner_too(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    run = compute(town)
    town.acknowledge(run)

    for statement, refusal in (
        ("UPDATE compensation_finding SET text = ''", "append-only"),
        ("DELETE FROM compensation_finding", "append-only"),
        ("TRUNCATE compensation_finding", "append-only"),
        ("UPDATE compensation_acknowledgement SET reason = 'other'", "append-only"),
        ("DELETE FROM compensation_acknowledgement", "append-only"),
        ("UPDATE compensation_run SET checks = '{}'", "are done and stand"),
        (
            "INSERT INTO compensation_finding (run_id, code, ordinal, figures, text)"
            " SELECT id, 'cap_hit', 0, '{}', 'late' FROM compensation_run",
            "takes no findings",
        ),
    ):
        with pytest.raises(psycopg.Error, match=refusal):
            owner_connection.execute(statement)


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"code": "cap_hit"}, "has no finding cap_hit"),
        ({"reason": " x "}, "acknowledgement_has_a_reason"),
    ],
)
def test_the_database_refuses_a_bad_acknowledgement(
    town: Town, facts: dict[str, str], constraint: str
) -> None:
    run = compute(town)
    row = {"code": "promotions", "reason": "fine"} | facts

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Acknowledgement.objects.create(run=run, by=town.approver, at=local(NOW), **row)


def test_nothing_is_acknowledged_after_the_approval(town: Town) -> None:
    run = town.close("2017-01")

    with pytest.raises(IntegrityError, match="does not wait for approval"), transaction.atomic():
        Acknowledgement.objects.create(
            run=run, code="promotions", by=town.approver, reason="late", at=local(NOW)
        )


def test_close_period_tells_findings_and_takes_words_in_local_settings(
    town: Town, run_command: Any
) -> None:
    close = ("close_period", "2017-01", "--by", town.closer.email)
    told = run_command(*close)
    assert told.returncode == 0
    assert "promotions, to be acknowledged:" in told.stdout

    refused = run_command(*close, "--approve-by", town.approver.email)
    assert refused.returncode == 2
    assert "nobody has acknowledged: promotions" in refused.stderr
    for given, message in (
        (("--acknowledge", "promotions"), "needs --approve-by and --reason"),
        (("--acknowledge", "everything"), "invalid choice"),
    ):
        wrong = run_command(*close, *given)
        assert wrong.returncode == 2
        assert message in wrong.stderr

    done = run_command(
        *(*close, "--approve-by", town.approver.email, "--acknowledge"),
        *(*CheckCode.values, "--reason", "as every January"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "acknowledged by approver@example.com" in done.stdout
    assert Acknowledgement.objects.filter(code="promotions").get().reason == "as every January"


def test_unpaid_orders_are_looked_up_without_reading_all_orders(town: Town) -> None:
    period = Period.objects.get(label="2017-01")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {gate_checks._UNPAID}", [period.starts_at, period.ends_at, 50])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "order_placed" in plan
