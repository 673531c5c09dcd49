"""Disputes: opened on a line, answered once, corrected by two people, and never rewritten."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.core import mail
from django.db import DatabaseError, IntegrityError, connection, transaction

from compensation import services, verification
from compensation.explaining import evidence
from compensation.models import (
    Account,
    Adjustment,
    Dispute,
    DisputeEvent,
    DisputeStatus,
    Earning,
    EarningUnit,
    Entry,
    Run,
    StatementLineKey,
)
from representatives import outbox
from representatives.models import Notice, User
from representatives.models_outbox import OutboxEvent
from tests.compensation.town import Town, local

NOW = local("2017-02-06T10:00")


def line_of(run: Run, town: Town, code: str, *, unit: EarningUnit = EarningUnit.MONEY) -> Earning:
    return Earning.objects.filter(run_id=run.pk, receiver=town.members[code], unit=unit).order_by(
        "component", "paid_level"
    )[0]


def key_of(line: Earning) -> StatementLineKey:
    return StatementLineKey(
        run_id=line.run_id,
        receiver_id=line.receiver_id,
        component=line.component,
        paid_level=line.paid_level,
        rate_num=line.rate_num,
        rate_den=line.rate_den,
    )


def user_of(town: Town, code: str) -> User:
    member = town.members[code]
    if member.user is None:
        member.user = User.objects.create_user(f"{code.lower()}@example.com", "never typed")
        type(member).objects.filter(pk=member.pk).update(user=member.user)
    return member.user


def open_one(
    town: Town, run: Run, code: str = "A", *, now: datetime = NOW, **stated: Any
) -> Dispute:
    line = line_of(run, town, code, unit=stated.pop("unit", EarningUnit.MONEY))
    return services.open_dispute(
        **{
            "representative": town.members[code],
            "line": key_of(line),
            "expected_minor": line.amount + 500,
            "text": "An order of B is missing.",
            "by": user_of(town, code),
            "now": now,
        }
        | stated
    )


def answer(town: Town, dispute: Dispute, **stated: Any) -> Dispute:
    return services.answer_dispute(
        **{
            "dispute": dispute,
            "by": town.closer,
            "accept": True,
            "money_minor": 500,
            "rsp": 0,
            "answer": "The order was entered late; here is its commission.",
            "now": NOW,
        }
        | stated
    )


@pytest.fixture
def town(january_town: Town) -> Town:
    """The town with January posted."""
    return january_town


@pytest.fixture
def posted(town: Town) -> Run:
    run = town.posted("2017-01")
    town.set_clock("2017-02-06T10:00")
    return run


def test_an_opened_dispute_freezes_the_explanation(town: Town, posted: Run) -> None:
    dispute = open_one(town, posted)

    line = line_of(posted, town, "A")
    found = dispute.evidence
    assert dispute.amount == found["line"]["amount"] == line.amount
    assert found["parts"]["amount"] == line.amount
    assert sum(one["amount"] for one in found["people"]) == line.amount
    assert evidence.digest_of(found) == dispute.evidence_digest
    assert "Member" not in str(found)
    stored = Dispute.objects.get()
    assert evidence.digest_of(stored.evidence) == stored.evidence_digest


def test_the_answer_is_due_after_ten_working_days(town: Town) -> None:
    monday, friday = local("2026-11-23T09:00"), local("2026-11-20T23:30")

    assert services.due_after(monday) == local("2026-12-07T23:59:59")
    assert services.due_after(friday) == local("2026-12-04T23:59:59")


def test_a_line_has_one_open_dispute(town: Town, posted: Run) -> None:
    first = open_one(town, posted)
    with pytest.raises(services.UnableToDispute, match="open already"):
        open_one(town, posted)
    answer(town, first, accept=False, money_minor=0, answer="The order is of February.")

    again = open_one(town, posted)

    assert again.pk != first.pk


def test_only_ones_own_posted_line_can_be_disputed(town: Town, posted: Run) -> None:
    with pytest.raises(services.UnableToDispute, match="own statements"):
        open_one(town, posted, by=user_of(town, "B"))
    with pytest.raises(services.UnableToDispute, match="posted statement"):
        open_one(town, posted, line=key_of(line_of(posted, town, "B")))
    preview = town.close("2017-02", post=False)
    with pytest.raises(services.UnableToDispute, match="posted statement"):
        open_one(town, preview)
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        ({"text": " \n "}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"expected_minor": 10**12 + 1}, "expected"),
    ],
)
def test_what_says_nothing_is_refused(
    town: Town, posted: Run, stated: dict[str, Any], field: str
) -> None:
    with pytest.raises(services.UnableToDispute) as refused:
        open_one(town, posted, **stated)

    assert refused.value.field == field


def test_the_amount_of_the_line_is_no_dispute(town: Town, posted: Run) -> None:
    line = line_of(posted, town, "A")

    with pytest.raises(services.UnableToDispute, match="already") as refused:
        open_one(town, posted, expected_minor=line.amount)

    assert refused.value.field == "expected"


def test_an_accepted_dispute_is_corrected_by_a_second_person(town: Town, posted: Run) -> None:
    dispute = answer(town, open_one(town, posted))
    adjustment = dispute.adjustment
    assert adjustment is not None
    assert (dispute.status, adjustment.status) == ("accepted", "requested")
    with pytest.raises(services.UnableToAdjust):
        services.approve_adjustment(adjustment=adjustment, by=town.closer, now=NOW)

    services.approve_adjustment(adjustment=adjustment, by=town.approver, now=NOW)

    entry = Entry.objects.get(
        journal__source_key=f"adjustment:{adjustment.pk}", account=Account.COMMISSION_PAYABLE
    )
    assert (entry.amount, entry.representative) == (500, town.members["A"])
    assert entry.journal.period.label == "2017-02"
    assert adjustment.line == dispute.line
    assert verification.ledger_faults() == []


def test_a_refusal_needs_a_reason_and_no_amount(town: Town, posted: Run) -> None:
    dispute = open_one(town, posted)
    for stated in (
        {"accept": False, "money_minor": 0, "answer": "  "},
        {"accept": False, "money_minor": 500},
        {"accept": True, "money_minor": 0},
        {"by": user_of(town, "B")},
    ):
        with pytest.raises(services.UnableToAnswer):
            answer(town, dispute, **stated)

    answered = answer(town, dispute, accept=False, money_minor=0, answer="It is of February.")

    assert (answered.status, answered.adjustment) == (DisputeStatus.REFUSED, None)
    assert not Adjustment.objects.exists()


def test_nobody_answers_his_own(town: Town, posted: Run) -> None:
    own = user_of(town, "A")
    dispute = open_one(town, posted)
    User.objects.filter(pk=own.pk).update(is_staff=True)

    with pytest.raises(services.UnableToAnswer, match="his own"):
        answer(town, dispute, by=User.objects.get(pk=own.pk))


def test_the_same_answer_twice_is_one(town: Town, posted: Run) -> None:
    dispute = open_one(town, posted)
    first = answer(town, dispute)

    again = answer(town, dispute)

    assert again.adjustment_id == first.adjustment_id
    assert Adjustment.objects.count() == 1
    for stated in ({"money_minor": 501}, {"by": town.approver}, {"answer": "Else."}):
        with pytest.raises(services.UnableToAnswer, match="answered already"):
            answer(town, dispute, **stated)


def test_a_refused_correction_opens_the_dispute_again(town: Town, posted: Run) -> None:
    dispute = answer(town, open_one(town, posted))
    assert dispute.adjustment is not None
    services.refuse_adjustment(
        adjustment=dispute.adjustment, by=town.approver, reason="It is 4.00 only.", now=NOW
    )

    again = answer(town, dispute, money_minor=400)

    assert again.adjustment is not None
    assert (again.status, again.adjustment.money_minor) == ("accepted", 400)
    events = DisputeEvent.objects.filter(dispute=dispute).order_by("ordinal")
    assert [one.status for one in events] == ["open", "accepted", "open", "accepted"]
    assert [one.by for one in events][1:3] == [town.closer, town.approver]


def test_a_line_is_not_disputed_beside_a_correction_that_may_be_refused(
    town: Town, posted: Run
) -> None:
    dispute = answer(town, open_one(town, posted))
    adjustment = dispute.adjustment
    assert adjustment is not None
    with pytest.raises(services.UnableToDispute, match="open already"):
        open_one(town, posted)
    services.refuse_adjustment(adjustment=adjustment, by=town.approver, reason="No.", now=NOW)
    with pytest.raises(services.UnableToDispute, match="open already"):
        open_one(town, posted)
    again = answer(town, dispute, accept=False, money_minor=0, answer="It is of February.")
    assert again.status == DisputeStatus.REFUSED

    assert open_one(town, posted).pk != dispute.pk


def test_people_are_told_by_the_outbox(town: Town, posted: Run) -> None:
    boss = User.objects.create_superuser("boss@example.com", "never typed")
    dispute = open_one(town, posted, language="pl")
    answer(town, dispute, accept=False, money_minor=0, answer="To jest z lutego.")

    [to_staff] = OutboxEvent.objects.filter(key__startswith=f"dispute:{dispute.pk}:")
    assert to_staff.key == f"dispute:{dispute.pk}:staff:{boss.pk}"
    told = Notice.objects.filter(kind="dispute").order_by("id")
    assert [one.event for one in told] == [
        f"dispute:{dispute.pk}:opened",
        f"dispute:{dispute.pk}:answered:2",
    ]
    assert {one.user_id for one in told} == {user_of(town, "A").pk}

    outbox.drain(now=datetime.now(UTC))

    opened, answered = [one for one in mail.outbox if one.to == [user_of(town, "A").email]][-2:]
    assert "20 lutego 2017" in opened.body, "in the language it was asked in"
    assert "To jest z lutego." in answered.body


def test_evidence_is_compared_with_what_is_so_now(town: Town, posted: Run) -> None:
    dispute = open_one(town, posted)
    order = next(one for key, one in town.orders.items() if key.startswith("B-2017-01"))
    town.take_back(order, 1, "2017-02-07")
    now = evidence.gather(posted, line_of(posted, town, "A"))

    differing = {
        one.path: one.now for one in evidence.compare(dispute.evidence, now) if one.differs
    }

    assert list(differing) == [("since", "taken_back")]


# -- What the database refuses ---------------------------------------------------------------


def _refused(statement: str, *values: object) -> str:
    with (
        pytest.raises(DatabaseError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, values)
    cause: Any = refused.value.__cause__
    return str(cause.diag.constraint_name or cause.diag.sqlstate)


def test_the_database_keeps_what_was_said(
    town: Town, posted: Run, owner_connection: psycopg.Connection[Any]
) -> None:
    dispute = answer(town, open_one(town, posted), accept=False, money_minor=0)
    update = "UPDATE compensation_dispute SET {} WHERE id = %s"

    assert _refused(update.format("text = 'other'"), dispute.pk) == "42501"
    assert _refused("DELETE FROM compensation_dispute WHERE id = %s", dispute.pk) == "42501"
    assert _refused(update.format("answer = 'other'"), dispute.pk) == "dispute_answer_stands"
    assert (
        _refused(
            update.format(
                "status = 'open', answer = '', answered_by_id = NULL, answered_at = NULL"
            ),
            dispute.pk,
        )
        == "dispute_moves"
    )
    for statement in (
        "INSERT INTO compensation_disputeevent (dispute_id, ordinal, status, text, at)"
        " VALUES (%s, 9, 'open', '', now())",
        "UPDATE compensation_disputeevent SET text = 'x' WHERE dispute_id = %s",
        "DELETE FROM compensation_disputeevent WHERE dispute_id = %s",
    ):
        assert _refused(statement, dispute.pk) == "42501"
    for statement, name in (
        ("UPDATE compensation_dispute SET text = 'other'", "dispute_opening_stands"),
        ("UPDATE compensation_dispute SET evidence = '{}'", "dispute_opening_stands"),
    ):
        with pytest.raises(psycopg.errors.CheckViolation) as fault:
            owner_connection.execute(statement)
        assert fault.value.diag.constraint_name == name
    for table in ("compensation_dispute", "compensation_disputeevent"):
        for statement in ("DELETE FROM {}", "TRUNCATE {} CASCADE"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner_connection.execute(statement.format(table))


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"status": "accepted"}, "dispute_moves"),
        ({"amount": 1}, "dispute_of_posted_line"),
        ({"due_at": NOW}, "dispute_due_after_opening"),
        ({"text": ""}, "dispute_says_why"),
        ({"text": "x" * 2001}, "dispute_says_why"),
        ({"evidence_digest": "none"}, "dispute_evidence_digest_form"),
        ({"status": "gone"}, "dispute_moves"),
        ({"answer": "yes"}, "dispute_answer_whole"),
        ({}, "dispute_one_open_per_line"),
    ],
)
def test_the_database_refuses_a_bad_row(
    town: Town, posted: Run, changed: dict[str, Any], constraint: str
) -> None:
    good = open_one(town, posted)
    values = {
        field.attname: getattr(good, field.attname)
        for field in Dispute._meta.concrete_fields
        if field.attname != "id"
    }

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Dispute(**values | changed).save()

    cause: Any = refused.value.__cause__
    assert cause.diag.constraint_name == constraint


def test_an_answer_by_who_asked_is_refused(town: Town, posted: Run) -> None:
    dispute = open_one(town, posted)

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Dispute.objects.filter(pk=dispute.pk).update(
            status="refused", answer="no", answered_by=dispute.opened_by, answered_at=NOW
        )

    cause: Any = refused.value.__cause__
    assert cause.diag.constraint_name == "dispute_answered_by_another_person"
