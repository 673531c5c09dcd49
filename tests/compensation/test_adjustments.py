"""Adjustments: asked for by one person, granted by another, posted once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from compensation import ledger, selectors_ledger, services, verification
from compensation.models import (
    Account,
    Adjustment,
    Earning,
    Entry,
    Journal,
    JournalKind,
    Period,
    Run,
    StatementLineKey,
)
from representatives.models import User
from representatives.models_outbox import Alert
from tests.compensation.town import APPROVER, CLOSER, Town, local

NOW = local("2017-02-10T09:00")


@pytest.fixture
def town(january_town: Town) -> Town:
    """The town with January posted."""
    return january_town


@pytest.fixture
def posted(town: Town) -> Run:
    return town.posted("2017-01")


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


def test_nobody_decides_on_an_adjustment_of_their_own(town: Town, posted: Run) -> None:
    adjustment = _request(town)
    member = adjustment.representative
    member.user = town.approver
    member.save(update_fields=["user"])

    with pytest.raises(services.UnableToAdjust, match="of their own"):
        services.approve_adjustment(adjustment=adjustment, by=town.approver, now=NOW)
    with pytest.raises(services.UnableToAdjust, match="of their own"):
        services.refuse_adjustment(adjustment=adjustment, by=town.approver, reason="no", now=NOW)

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


def test_no_line_of_a_run_that_is_not_posted(founded_town: Town) -> None:
    run = founded_town.close("2017-01", post=False)

    with pytest.raises(services.UnableToAdjust, match="no such line"):
        _request(founded_town, line=_line(run, founded_town))


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


def test_an_adjustment_is_posted_with_the_amounts_that_were_asked_for(
    town: Town, posted: Run
) -> None:
    adjustment = _request(town)
    posting = ledger.post(
        [
            ledger.Draft(
                f"adjustment:{adjustment.pk}",
                adjustment.representative_id,
                (
                    (Account.COMMISSION_EXPENSE, "EUR", -1235),
                    (Account.COMMISSION_PAYABLE, "EUR", 1235),
                    (Account.RSP_ISSUED, "RSP", 500),
                    (Account.RSP_BANK, "RSP", -500),
                ),
            )
        ],
        kind=JournalKind.ADJUSTMENT,
        period=Period.objects.get(label="2017-02"),
        effective_at=NOW,
    )

    with pytest.raises(IntegrityError, match="with the journal that posts it"):
        Adjustment.objects.filter(pk=adjustment.pk).update(
            status="approved", decided_by=town.approver, decided_at=NOW,
            journal_id=posting[f"adjustment:{adjustment.pk}"],
        )  # fmt: skip


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


# -- The command ----------------------------------------------------------------------------------


def _words(key: str = "ticket 7", money: str = "-12.34", **more: str) -> list[str]:
    stated = {
        "key": key,
        "representative": "A",
        "rsp": "5",
        "reason": "A parcel that was lost",
        "by": CLOSER,
        **more,
    }
    options = [word for name, text in stated.items() for word in (f"--{name}", text)]
    return [*options, f"--money={money}"]


def test_the_command_posts_once_by_its_key(
    town: Town, posted: Run, run_command: Callable[..., Any]
) -> None:
    town.set_clock("2017-02-10T09:00")

    asked = run_command("adjust", *_words())
    first = run_command("adjust", *_words(), "--approve-by", APPROVER)
    again = run_command("adjust", *_words(), "--approve-by", APPROVER, "--json")
    other = run_command("adjust", *_words(money="-12.33"), "--approve-by", APPROVER)

    journal = Journal.objects.get(kind="adjustment")
    assert (asked.returncode, asked.stdout) == (0, "adjustment 1 is requested\n")
    assert (first.returncode, first.stdout) == (0, f"posted journal={journal.pk}\n")
    told = json.loads(again.stdout)
    assert (again.returncode, told["journal"]) == (0, journal.pk)
    assert told["message"] == f"already posted journal={journal.pk}"
    assert (other.returncode, other.stderr) == (
        3,
        "The key ticket 7 was used with other content.\n",
    )
    assert Alert.objects.get().code == "key_conflict"
    assert list(
        Entry.objects.filter(journal=journal).order_by("id").values_list("account", "amount")
    ) == [(1, 1234), (2, -1234), (3, -500), (4, 500)]
    assert verification.ledger_faults() == []


def test_the_command_names_a_line(town: Town, posted: Run, run_command: Callable[..., Any]) -> None:
    town.set_clock("2017-02-10T09:00")
    line = _line(posted, town)
    text = f"2017-01:{line.component}-{line.paid_level}-{line.rate_num}-{line.rate_den}"

    done = run_command("adjust", *_words(line=text))
    missing = run_command("adjust", *_words("other", line="2017-01:9-9-1-1"))

    assert done.returncode == 0, done.stderr
    assert Adjustment.objects.get().line == line
    assert (missing.returncode, Adjustment.objects.count()) == (1, 1)


def test_the_command_refuses_what_it_can_not_read(
    town: Town, posted: Run, run_command: Callable[..., Any]
) -> None:
    town.set_clock("2017-02-10T09:00")
    for words, code in (
        (_words(money="1.234"), 2),
        (_words(money="much"), 2),
        (_words(representative="nobody"), 2),
        (_words(by="nobody@example.com"), 2),
        (_words(period="2031-01"), 2),
        (_words(money="0", rsp="0"), 1),
        ([*_words(), "--approve-by", CLOSER], 1),
    ):
        done = run_command("adjust", *words)
        assert done.returncode == code, (words, done.stdout, done.stderr)


# -- The pages of staff ---------------------------------------------------------------------------
ADD = "admin:compensation_adjustment_add"
CHANGE = "admin:compensation_adjustment_change"


def _client(user: User, *permissions: str) -> Client:
    names = permissions or ("view", "add", "approve")
    user.user_permissions.set(
        Permission.objects.filter(codename__in=[f"{name}_adjustment" for name in names])
    )
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_staff_ask_and_another_person_grants(town: Town, posted: Run) -> None:
    town.set_clock("2017-02-10T09:00")
    line = _line(posted, town)
    text = f"2017-01:{line.component}-{line.paid_level}-{line.rate_num}-{line.rate_den}"
    asked = {
        "representative": town.members["A"].pk,
        "money_minor": "-12.34",
        "rsp": "",
        "reason": "Lost",
        "line": text,
        "related_period": "",
    }
    closer, approver = _client(town.closer), _client(town.approver)

    assert closer.post(reverse(ADD), {**asked, "line": "x"}).status_code == 200
    assert closer.post(reverse(ADD), {**asked, "money_minor": ""}).status_code == 200
    assert not Adjustment.objects.exists()
    assert closer.post(reverse(ADD), asked).status_code == 302
    adjustment = Adjustment.objects.get()
    page = reverse(CHANGE, args=[adjustment.pk])
    shown = closer.get(page).content.decode()
    assert "Grant it and post it" not in shown
    assert "12.34" in shown
    assert closer.post(page, {"decision": "grant"}).status_code == 403
    assert "Grant it and post it" in approver.get(page).content.decode()
    assert approver.post(page, {"decision": "grant"}).status_code == 302

    adjustment.refresh_from_db()
    assert (adjustment.status, adjustment.requested_by, adjustment.decided_by) == (
        "approved",
        town.closer,
        town.approver,
    )
    assert (adjustment.line, adjustment.money_minor, adjustment.rsp) == (line, -1234, 0)
    assert Journal.objects.filter(source_key=f"adjustment:{adjustment.pk}").exists()
    assert approver.post(page, {"decision": "refuse", "why_refused": "x"}).status_code == 403
    assert (
        "adjustment"
        in approver.get(reverse("admin:compensation_adjustment_changelist")).content.decode()
    )


def test_staff_refuse_with_a_reason(town: Town, posted: Run) -> None:
    town.set_clock("2017-02-10T09:00")
    adjustment = _request(town)
    page = reverse(CHANGE, args=[adjustment.pk])
    approver = _client(town.approver)

    assert approver.post(page, {"decision": "refuse"}).status_code == 200
    assert approver.post(page, {"decision": "refuse", "why_refused": "No"}).status_code == 302

    adjustment.refresh_from_db()
    assert (adjustment.status, adjustment.decision_reason) == ("refused", "No")


def test_who_may_only_look_does_not_ask_or_decide(town: Town, posted: Run) -> None:
    adjustment = _request(town)
    page = reverse(CHANGE, args=[adjustment.pk])
    looker = _client(town.approver, "view")

    assert looker.get(page).status_code == 200
    assert looker.get(reverse(ADD)).status_code == 403
    assert looker.post(page, {"decision": "grant"}).status_code == 403
    assert (
        looker.post(
            reverse("admin:compensation_adjustment_delete", args=[adjustment.pk]), {"post": "yes"}
        ).status_code
        == 403
    )
