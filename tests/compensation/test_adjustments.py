"""Adjustments: asked for by one person, granted by another, posted once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from compensation import ledger, selectors_ledger, services, verification
from compensation.models import (
    Account,
    Adjustment,
    Earning,
    Entry,
    Journal,
    Period,
    Run,
    StatementLineKey,
)
from representatives.models_outbox import Alert
from tests.compensation.town import Town, local

NOW = local("2017-02-10T09:00")


@pytest.fixture
def posted(town: Town) -> Run:
    return town.close("2017-01")


def _request(town: Town, **changed: Any) -> Adjustment:
    facts: dict[str, Any] = {
        "representative": town.members["A"],
        "money_minor": 1234,
        "rsp": -500,
        "reason": "A parcel that was lost",
        "line": None,
        "related_period": None,
        "by": town.closer,
        "now": NOW,
    }
    return services.request_adjustment(**{**facts, **changed})


def _approve(town: Town, adjustment: Adjustment, now: datetime = NOW) -> Adjustment:
    return services.approve_adjustment(adjustment=adjustment, by=town.approver, now=now)


def _line(run: Run, town: Town, code: str = "A") -> StatementLineKey:
    line = Earning.objects.filter(run_id=run.pk, receiver_id=town.members[code].pk).order_by(
        "component", "paid_level"
    )[0]
    return StatementLineKey(
        run_id=run.pk,
        receiver_id=line.receiver_id,
        component=line.component,
        paid_level=line.paid_level,
        rate_num=line.rate_num,
        rate_den=line.rate_den,
    )


def test_an_adjustment_is_posted_when_another_person_approves_it(town: Town, posted: Run) -> None:
    member = town.members["A"].pk
    money, points = (
        selectors_ledger.balance(member, Account.COMMISSION_PAYABLE, "EUR"),
        selectors_ledger.balance(member, Account.RSP_BANK, "RSP"),
    )
    adjustment = _request(town)
    assert not Journal.objects.filter(kind="adjustment").exists()

    approved = _approve(town, adjustment)

    assert approved.status == "approved"
    assert approved.journal is not None
    assert approved.journal.source_key == f"adjustment:{adjustment.pk}"
    assert approved.journal.period == Period.objects.get(label="2017-02")
    assert list(
        Entry.objects.filter(journal=approved.journal)
        .order_by("id")
        .values_list("account", "unit", "amount")
    ) == [(1, "EUR", -1234), (2, "EUR", 1234), (3, "RSP", 500), (4, "RSP", -500)]
    assert selectors_ledger.balance(member, Account.COMMISSION_PAYABLE, "EUR") == money + 1234
    assert selectors_ledger.balance(member, Account.RSP_BANK, "RSP") == points - 500
    assert verification.ledger_faults() == []


def test_approved_twice_is_posted_once(town: Town, posted: Run) -> None:
    adjustment = _request(town)

    first, second = _approve(town, adjustment), _approve(town, adjustment)

    assert first.journal_id == second.journal_id
    assert Journal.objects.filter(kind="adjustment").count() == 1


def test_who_asked_does_not_approve_or_refuse(town: Town, posted: Run) -> None:
    adjustment = _request(town)

    with pytest.raises(services.UnableToAdjust, match="another person"):
        services.approve_adjustment(adjustment=adjustment, by=town.closer, now=NOW)
    with pytest.raises(services.UnableToAdjust, match="another person"):
        services.refuse_adjustment(adjustment=adjustment, by=town.closer, reason="no", now=NOW)

    assert not Journal.objects.filter(kind="adjustment").exists()


def test_a_refused_adjustment_is_never_posted(town: Town, posted: Run) -> None:
    adjustment = _request(town)
    with pytest.raises(services.UnableToAdjust, match="reason"):
        services.refuse_adjustment(adjustment=adjustment, by=town.approver, reason=" ", now=NOW)

    refused = services.refuse_adjustment(
        adjustment=adjustment, by=town.approver, reason="It was found", now=NOW
    )
    again = services.refuse_adjustment(
        adjustment=adjustment, by=town.approver, reason="It was found", now=NOW
    )

    assert (refused.status, again.decision_reason) == ("refused", "It was found")
    with pytest.raises(services.UnableToAdjust, match="refused already"):
        _approve(town, adjustment)


def test_what_can_not_be_asked_for(town: Town, posted: Run) -> None:
    town.approver.is_staff = False
    for changed, refusal in (
        ({"money_minor": 0, "rsp": 0}, "Give an amount"),
        ({"money_minor": 10**12 + 1}, "beyond reason"),
        ({"rsp": -(10**12) - 1}, "beyond reason"),
        ({"reason": "  "}, "Give a reason"),
        ({"reason": "x" * 501}, "more than 500"),
        ({"key": ""}, "A key has"),
        ({"key": "x" * 101}, "A key has"),
        ({"by": town.approver}, "not a member of staff"),
        ({"line": _line(posted, town, "D")}, "no such line"),
    ):
        with pytest.raises(services.UnableToAdjust, match=refusal):
            _request(town, **changed)


def test_a_line_of_a_posted_statement_is_named(town: Town, posted: Run) -> None:
    line = _line(posted, town)

    adjustment = _request(town, line=line)

    assert adjustment.line == line
    assert adjustment.related_period == Period.objects.get(label="2017-01")
    other = StatementLineKey(
        line.run_id, line.receiver_id, line.component, line.paid_level, line.rate_num, 7
    )
    with pytest.raises(services.UnableToAdjust, match="no such line"):
        _request(town, line=other)


def test_no_line_of_a_run_that_is_not_posted(town: Town) -> None:
    run = town.close("2017-01", post=False)

    with pytest.raises(services.UnableToAdjust, match="no such line"):
        _request(town, line=_line(run, town))


def test_without_an_open_period_nothing_is_posted(town: Town, posted: Run) -> None:
    adjustment = _request(town)

    for now in ("2017-01-20T09:00", "2019-01-01T09:00"):
        with pytest.raises(services.UnableToAdjust, match="No open period"):
            _approve(town, adjustment, local(now))

    assert Adjustment.objects.get().status == "requested"


def test_a_key_asks_once(town: Town, posted: Run) -> None:
    first = _request(town, key="ticket 7")

    assert _request(town, key="ticket 7", by=town.approver).pk == first.pk
    for changed in ({"money_minor": 1235}, {"rsp": 1}, {"reason": "Other"}):
        with pytest.raises(ledger.KeyUsedOtherwise, match="other content"):
            _request(town, key="ticket 7", **changed)
    assert Adjustment.objects.count() == 1


def test_a_key_conflict_raises_one_alert(town: Town, posted: Run) -> None:
    _request(town, key="ticket 7")
    for _ in range(2):
        with pytest.raises(ledger.KeyUsedOtherwise) as caught:
            _request(town, key="ticket 7", rsp=3)
        services.report_key_conflict(fault=caught.value, now=NOW)

    assert list(Alert.objects.values_list("code", "key")) == [
        ("key_conflict", "key_conflict:ticket 7")
    ]


def test_the_database_keeps_what_was_asked_for(
    town: Town, posted: Run, owner_connection: psycopg.Connection[Any]
) -> None:
    adjustment = _request(town)
    other = _request(town, money_minor=9)
    approved = _approve(town, other)

    for change, refusal in (
        ("money_minor = 5", "keeps what was asked for"),
        ("status = 'refused'", "adjustment_decided_whole"),
        (
            f"status = 'approved', decided_by_id = {town.approver.pk}, decided_at = now(),"
            f" journal_id = {approved.journal_id}",
            "with the journal that posts it",
        ),
        (
            f"status = 'refused', decided_by_id = {town.closer.pk}, decided_at = now(),"
            " decision_reason = 'no'",
            "adjustment_decided_by_another_person",
        ),
    ):
        with pytest.raises(psycopg.Error, match=refusal):
            owner_connection.execute(
                f"UPDATE compensation_adjustment SET {change} WHERE id = {adjustment.pk}"
            )
    with pytest.raises(psycopg.Error, match="decided once"):
        owner_connection.execute(
            f"UPDATE compensation_adjustment SET decision_reason = 'x' WHERE id = {other.pk}"
        )
    with pytest.raises(psycopg.Error, match="append-only"):
        owner_connection.execute("DELETE FROM compensation_adjustment")


def test_the_application_role_changes_nothing_but_the_decision(town: Town, posted: Run) -> None:
    _request(town)

    for statement in (
        "UPDATE compensation_adjustment SET money_minor = 5",
        "DELETE FROM compensation_adjustment",
        "UPDATE compensation_balance SET amount = 5",
        "INSERT INTO compensation_balance (amount) VALUES (5)",
        "UPDATE compensation_batch SET number = 5",
        "INSERT INTO compensation_batch (number) VALUES (9)",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(statement)


def test_an_adjustment_begins_as_a_request(town: Town, posted: Run) -> None:
    with pytest.raises(IntegrityError, match="begins as a request"), transaction.atomic():
        Adjustment.objects.create(
            representative=town.members["A"],
            money_minor=5,
            reason="x",
            status="refused",
            requested_by=town.closer,
            requested_at=NOW,
            decided_by=town.approver,
            decided_at=NOW,
            decision_reason="y",
        )
