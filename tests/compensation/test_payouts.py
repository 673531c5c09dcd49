"""Payouts by their services: who is paid, what holds, and what the bank's answers do."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compensation import (
    selectors_ledger,
    selectors_payouts,
    selectors_reconciling,
    services,
    verification,
)
from compensation.models import (
    Account,
    AnswerContradiction,
    AnswerFile,
    BankAnswer,
    Journal,
    Payee,
    PayeeEvent,
    Payout,
    PayoutBatch,
)
from compensation.selectors_payouts import HoldCode
from compensation.services.bank_answers import Verdict
from representatives.models import Notice, Representative, User
from representatives.models_outbox import Alert, OutboxEvent
from tests.compensation.bank_stub import report
from tests.compensation.paying import (
    IBANS,
    NOW,
    answers,
    approve_papers,
    draft,
    enter_account,
    give_login,
    paying_town,
    send,
    settle,
)
from tests.compensation.town import Town, digest
from tests.databases import TestDatabases


@pytest.fixture
def paying(transactional_db: None, test_databases: TestDatabases) -> Town:
    return paying_town(test_databases)


def _balances(account: Account) -> dict[int, int]:
    return selectors_ledger.balances_of(account, "EUR")


def _payable(town: Town, code: str) -> int:
    return selectors_ledger.balance(town.members[code].pk, Account.COMMISSION_PAYABLE, "EUR")


def _import(town: Town, file: bytes) -> Any:
    return services.import_answers(file=file, name="a", by=town.closer, now=NOW)


def _holds(town: Town, code: str, now: Any = NOW) -> list[str]:
    member = Representative.objects.get(pk=town.members[code].pk)
    return [hold.code.value for hold in selectors_payouts.standing(member, now).reasons]


def _adjust(town: Town, code: str, minor: int) -> None:
    asked = services.request_adjustment(
        representative=town.members[code],
        money_minor=minor,
        rsp=0,
        reason="as agreed",
        line=None,
        related_period=None,
        by=town.closer,
        now=NOW,
    )
    services.approve_adjustment(adjustment=asked, by=town.approver, now=NOW)


# -- drafting --------------------------------------------------------------------------------------


def test_a_draft_reserves_the_whole_balance_of_everybody_payable(paying: Town) -> None:
    before = _balances(Account.COMMISSION_PAYABLE)

    batch = draft(paying)

    written = batch.payouts.select_related("representative")
    payouts = {one.representative.code: one for one in written}
    assert set(payouts) == {
        code
        for code in ("TOP", "A", "D", "E", "X")
        if before.get(paying.members[code].pk, 0) >= 1000
    }
    for code, payout in payouts.items():
        number = paying.members[code].pk
        assert payout.amount_minor == before[number]
        assert _balances(Account.PAYOUT_IN_TRANSIT)[number] == before[number]
        assert number not in _balances(Account.COMMISSION_PAYABLE)
        assert payout.iban == IBANS[code]
    assert verification.ledger_faults() == []
    with pytest.raises(services.UnableToPayOut, match="Nobody can be paid"):
        draft(paying)
    assert PayoutBatch.objects.count() == 1


def test_drafting_asks_as_often_for_many_as_for_few(paying: Town) -> None:
    with CaptureQueriesContext(connection) as few:
        services.cancel_batch(batch=draft(paying), reason="again", by=paying.closer, now=NOW)
    for code in ("C", "F", "Y"):
        _adjust(paying, code, 5000)
        enter_account(paying, code, IBANS["A"])
        approve_papers(paying, code)

    with CaptureQueriesContext(connection) as many:
        batch = draft(paying)
        services.cancel_batch(batch=batch, reason="again", by=paying.closer, now=NOW)

    assert batch.payouts.count() >= 6
    assert len(many) == len(few) <= 25


@pytest.mark.parametrize("code", ["kyc", "tax_form", "bank_account", "cooling", "below_minimum",
                                  "held", "negative_balance", "suspended"])  # fmt: skip
def test_each_reason_holds_by_its_name_and_nobody_else(paying: Town, code: str) -> None:
    member = paying.members["A"]
    payee = Payee.objects.filter(representative=member)
    if code == "kyc":
        payee.update(kyc_status="refused")
    elif code == "tax_form":
        payee.update(tax_form_status="submitted")
    elif code == "bank_account":
        payee.update(refused_version=1)
    elif code == "cooling":
        services.change_bank_account(
            representative=member,
            holder_name="Member A",
            iban=IBANS["E"],
            by=paying.members["A"].user,  # type: ignore[arg-type]
            now=NOW - timedelta(days=1),
        )
    elif code == "below_minimum":
        _adjust(paying, "A", 999 - _payable(paying, "A"))
    elif code == "held":
        services.hold_payee(representative=member, reason="a question", by=paying.closer, now=NOW)
    elif code == "negative_balance":
        _adjust(paying, "A", -1 - _payable(paying, "A"))
    else:
        Representative.objects.filter(pk=member.pk).update(status="suspended")

    assert _holds(paying, "A") == [code]
    assert _holds(paying, "E") == []
    batch = draft(paying)
    assert not batch.payouts.filter(representative=member).exists()
    assert batch.payouts.filter(representative=paying.members["E"]).exists()


def test_a_negative_balance_is_carried_and_a_payout_never_makes_one(paying: Town) -> None:
    batch = draft(paying)
    payout = batch.payouts.get(representative=paying.members["A"])
    _adjust(paying, "A", -500)
    standing = selectors_payouts.standing(paying.members["A"], NOW)
    assert (standing.balance_minor, standing.payable_minor) == (-500, 0)
    assert [one.code for one in standing.reasons] == [HoldCode.NEGATIVE_BALANCE]

    with pytest.raises(services.UnableToPayOut, match=payout.end_to_end_id):
        services.approve_batch(batch=batch, by=paying.approver, now=NOW)
    assert services.remove_stale_payouts(batch=batch, by=paying.approver, now=NOW) == 1

    assert _payable(paying, "A") == payout.amount_minor - 500
    assert all(amount >= 0 for amount in _balances(Account.COMMISSION_PAYABLE).values())


def test_what_changed_since_the_approval_is_not_sent(paying: Town) -> None:
    batch = draft(paying)
    services.approve_batch(batch=batch, by=paying.approver, now=NOW)
    user = paying.members["A"].user
    assert user is not None
    services.change_bank_account(
        representative=paying.members["A"],
        holder_name="Member A",
        iban=IBANS["E"],
        by=user,
        now=NOW,
    )

    with pytest.raises(services.UnableToPayOut, match="may not be paid any more"):
        services.send_batch(batch=batch, by=paying.closer, now=NOW)

    assert set(batch.payouts.values_list("status", flat=True)) == {"reserved"}


def test_a_batch_is_split_into_files_that_are_always_the_same(paying: Town, settings: Any) -> None:
    settings.PAYOUT_FILE_ROWS = 3
    batch = send(paying)
    parts = list(batch.parts.order_by("number"))

    count = batch.payouts.count()
    assert [one.payout_count for one in parts] == [min(3, count - 3 * n) for n in range(len(parts))]
    assert sum(one.total_minor for one in parts) == sum(
        batch.payouts.values_list("amount_minor", flat=True)
    )
    files = [services.part_file(part=one) for one in parts]
    settings.PAYOUT_DEBTOR_IBAN = IBANS["X"]
    assert [services.part_file(part=one) for one in parts] == files
    for part, file in zip(parts, files, strict=True):
        assert f"<MsgId>{part.message_id}</MsgId>".encode() in file
        assert f"<NbOfTxs>{part.payout_count}</NbOfTxs>".encode() in file


def test_only_the_euro_and_days_to_come_are_paid(paying: Town) -> None:
    with pytest.raises(services.UnableToPayOut, match="is past"):
        services.draft_batch(
            by=paying.closer, now=NOW, execution_date=NOW.date() - timedelta(days=1)
        )
    with pytest.raises(services.UnableToPayOut, match="No open month"):
        services.draft_batch(
            by=paying.closer,
            now=NOW + timedelta(days=900),
            execution_date=NOW.date() + timedelta(days=900),
        )


# -- answers ---------------------------------------------------------------------------------------


def test_the_same_answers_again_change_nothing(paying: Town) -> None:
    batch = send(paying)
    payouts = list(batch.payouts.order_by("pk"))
    lines = [(payouts[0], "RJCT", "AC04 closed"), *((one, "ACSC") for one in payouts[1:])]
    file = answers(*lines)

    first = _import(paying, file)
    before = (digest(), BankAnswer.objects.count(), AnswerFile.objects.count())
    second = _import(paying, file)

    assert first.count(Verdict.FAILED) == 1
    assert first.count(Verdict.SETTLED) == len(payouts) - 1
    assert second.count(Verdict.REPEATED) == len(payouts)
    assert (digest(), BankAnswer.objects.count(), AnswerFile.objects.count()) == before
    assert PayoutBatch.objects.get().status == "closed"
    assert _balances(Account.PAYOUT_IN_TRANSIT) == {}
    assert selectors_reconciling.reconcile(now=NOW).agrees


def test_what_came_back_is_payable_again_once_the_account_is_entered_anew(paying: Town) -> None:
    batch = send(paying)
    payout = batch.payouts.get(representative=paying.members["A"])
    _import(paying, answers((payout, "RJCT", "AC04 closed")))

    assert _payable(paying, "A") == payout.amount_minor
    assert _holds(paying, "A") == ["bank_account"]
    enter_account(paying, "A")
    assert _holds(paying, "A") == []
    again = draft(paying)
    assert [one.representative.code for one in again.payouts.all()] == ["A"]


def test_a_report_of_the_bank_settles_and_fails(paying: Town) -> None:
    batch = send(paying)
    payouts = list(batch.payouts.order_by("pk"))
    part = batch.parts.get()
    lines = [
        (one.end_to_end_id, "ACSC", "", f"{one.amount_minor // 100}.{one.amount_minor % 100:02}")
        for one in payouts[2:]
    ]
    lines += [
        (payouts[0].end_to_end_id, "RJCT", "MS03", ""),
        (payouts[1].end_to_end_id, "ACSC", "", "0.01"),
        ("NOBODY-1", "ACSC", "", ""),
    ]

    found = _import(paying, report(part.message_id, lines))

    assert found.count(Verdict.SETTLED) == len(payouts) - 2
    assert found.count(Verdict.FAILED) == 1
    assert [row.name for row in found.refused] == [payouts[1].end_to_end_id, "NOBODY-1"]
    payouts[1].refresh_from_db()
    assert payouts[1].status == "sent"
    assert not Payee.objects.exclude(refused_version=0).exists()


@pytest.mark.parametrize(("code", "status"), [("RJCT", "failed"), ("ACSC", "settled")])
def test_an_answer_on_a_whole_file_ends_all_of_it(paying: Town, code: str, status: str) -> None:
    batch = send(paying)
    whole = report(batch.parts.get().message_id, []).replace(
        b"</OrgnlPmtInfId>", f"</OrgnlPmtInfId><PmtInfSts>{code}</PmtInfSts>".encode()
    )

    _import(paying, whole)

    assert set(batch.payouts.values_list("status", flat=True)) == {status}
    assert PayoutBatch.objects.get().status == "closed"


@pytest.mark.parametrize("reason", ["AM05", "DU01"])
@pytest.mark.parametrize("tag", ["PmtInfSts", "GrpSts"])
def test_a_second_upload_that_the_bank_refuses_releases_nothing(
    paying: Town, reason: str, tag: str
) -> None:
    batch = send(paying)
    before = digest()
    why = f"<{tag}>RJCT</{tag}><StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>".encode()
    whole = report(batch.parts.get().message_id, [])
    if tag == "PmtInfSts":
        whole = whole.replace(b"</OrgnlPmtInfId>", b"</OrgnlPmtInfId>" + why)
    else:
        whole = re.sub(rb"<OrgnlPmtInfAndSts>.*</OrgnlPmtInfAndSts>", b"", whole, flags=re.DOTALL)
        whole = whole.replace(b"</OrgnlMsgNmId>", b"</OrgnlMsgNmId>" + why)

    found = _import(paying, whole)

    assert found.count(Verdict.REFUSED) == batch.payouts.count()
    assert digest() == before
    assert set(batch.payouts.values_list("status", flat=True)) == {"sent"}
    payout = batch.payouts.order_by("pk")[0]
    both = _import(paying, answers((payout, "ACSC"), (payout, "RJCT", f"{reason} twice")))
    assert (both.count(Verdict.SETTLED), both.count(Verdict.REFUSED)) == (1, 1)


def test_answers_that_contradict_are_refused_and_raise_an_alert_once(paying: Town) -> None:
    batch = send(paying)
    first, second = batch.payouts.order_by("pk")[:2]
    both = _import(paying, answers((first, "ACSC"), (first, "RJCT")))
    assert both.count(Verdict.REFUSED) == 2
    _import(paying, answers((first, "ACSC"), (second, "RJCT", "MS03")))
    before = digest()

    for _ in range(2):
        found = _import(paying, answers((first, "RJCT", "AC04"), (second, "ACSC")))
        assert found.count(Verdict.REFUSED) == 2

    assert digest() == before
    alerts = Alert.objects.filter(code="payout_contradiction").order_by("pk")
    assert len(alerts) == 2  # one for each file, whatever the number of its lines
    for payout in (first, second):
        assert payout.end_to_end_id in alerts[1].text
    assert Payout.objects.get(pk=second.pk).status == "failed"
    said = AnswerContradiction.objects.order_by("pk").values_list("payout_id", "code", "status")
    assert list(said) == [
        (first.pk, "ACSC", "sent"),
        (first.pk, "RJCT", "sent"),
        (first.pk, "RJCT", "settled"),
        (second.pk, "ACSC", "failed"),
    ]
    named = {one.name: one.text for one in selectors_reconciling.reconcile(now=NOW).differences}
    assert named == {
        first.end_to_end_id: "is settled, but the bank also answered RJCT",
        second.end_to_end_id: "is failed, but the bank also answered ACSC",
    }


def test_a_file_of_many_contradictions_raises_one_short_alert(paying: Town) -> None:
    batch = send(paying)
    settle(paying, batch)

    _import(paying, answers(*((one, "RJCT", "MS03") for one in batch.payouts.order_by("pk"))))
    _import(paying, answers(*((one, "RJCT", "MS03") for one in batch.payouts.order_by("-pk"))))

    alert = Alert.objects.get(code="payout_contradiction")
    assert alert.text.startswith(f"{batch.payouts.count()} answers of the bank contradict")
    assert AnswerContradiction.objects.count() == batch.payouts.count()


def test_nothing_is_believed_before_the_bank_has_the_files_and_none_is_handed_out_after(
    paying: Town,
) -> None:
    batch = draft(paying)
    services.approve_batch(batch=batch, by=paying.approver, now=NOW)
    services.send_batch(batch=batch, by=paying.closer, now=NOW)
    part, payout = batch.parts.get(), batch.payouts.order_by("pk")[0]
    rejected = answers((payout, "RJCT", "MS03"))
    whole = report(part.message_id, []).replace(
        b"</OrgnlPmtInfId>", b"</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>"
    )

    for file in (rejected, answers((payout, "PDNG")), whole):
        found = _import(paying, file)
        assert found.count(Verdict.REFUSED) == len(found.rows)
        assert "has the files" in found.refused[0].text
    assert set(batch.payouts.values_list("status", flat=True)) == {"sent"}
    assert not AnswerContradiction.objects.exists()

    services.part_file(part=part)
    services.confirm_sending(batch=batch, by=paying.closer, now=NOW)
    services.part_file(part=part)
    assert _import(paying, rejected).count(Verdict.FAILED) == 1
    with pytest.raises(services.UnableToPayOut, match="not handed out again"):
        services.part_file(part=part)


def test_a_day_that_is_past_is_neither_approved_nor_sent_and_can_be_moved(paying: Town) -> None:
    batch = draft(paying)
    tomorrow = NOW + timedelta(days=1)

    with pytest.raises(services.UnableToPayOut, match="is past"):
        services.approve_batch(batch=batch, by=paying.approver, now=tomorrow)
    services.approve_batch(batch=batch, by=paying.approver, now=NOW)
    with pytest.raises(services.UnableToPayOut, match="is past"):
        services.send_batch(batch=batch, by=paying.closer, now=tomorrow)
    facts = {"batch": batch, "by": paying.closer, "now": tomorrow}
    with pytest.raises(services.UnableToPayOut, match="is past"):
        services.change_execution_date(execution_date=NOW.date(), **facts)  # type: ignore[arg-type]
    moved = services.change_execution_date(execution_date=tomorrow.date(), **facts)  # type: ignore[arg-type]

    assert (moved.status, moved.approved_by, moved.edited_by) == ("draft", None, paying.closer)
    services.approve_batch(batch=batch, by=paying.approver, now=tomorrow)
    services.send_batch(batch=batch, by=paying.closer, now=tomorrow)
    file = services.part_file(part=batch.parts.get())
    assert f"<Dt>{tomorrow.date()}</Dt>".encode() in file
    with pytest.raises(services.UnableToPayOut, match="is sent"):
        services.change_execution_date(execution_date=tomorrow.date(), **facts)  # type: ignore[arg-type]


def test_every_editor_of_a_batch_is_kept_from_approving_it(paying: Town) -> None:
    batch = draft(paying)
    first, second = batch.payouts.order_by("pk")[:2]
    other = User.objects.create_user("other@example.com", "x", is_staff=True)
    third = User.objects.create_user("third@example.com", "x", is_staff=True)
    services.remove_payout(payout=first, reason="ask", by=paying.approver, now=NOW)
    services.remove_payout(payout=second, reason="ask", by=other, now=NOW)

    for editor in (paying.closer, paying.approver, other):
        with pytest.raises(services.OwnBatch):
            services.approve_batch(batch=batch, by=editor, now=NOW)

    services.approve_batch(batch=batch, by=third, now=NOW)


@pytest.mark.parametrize("word", ["CANCELLATION REQUESTED", "RJCTX", "ACSC?"])
def test_a_longer_word_is_not_taken_for_the_state_that_it_begins_with(
    paying: Town, word: str
) -> None:
    payout = send(paying).payouts.order_by("pk")[0]

    found = _import(paying, answers((payout, word)))

    assert found.count(Verdict.REFUSED) == 1
    assert Payout.objects.get(pk=payout.pk).status == "sent"


@pytest.mark.parametrize("iban", ["", "DE00370400440532013000", "nonsense"])
def test_nothing_is_sent_from_an_account_that_is_none(
    paying: Town, settings: Any, iban: str
) -> None:
    settings.PAYOUT_DEBTOR_IBAN = iban
    with pytest.raises(services.UnableToPayOut, match="not set"):
        send(paying)

    assert not PayoutBatch.objects.filter(status="sent").exists()


def test_spaces_in_the_companys_account_do_no_harm(paying: Town, settings: Any) -> None:
    settings.PAYOUT_DEBTOR_IBAN = "DE89 3704 0044 0532 0130 00"

    batch = send(paying)

    assert b"<IBAN>DE89370400440532013000</IBAN>" in services.part_file(part=batch.parts.get())


def test_an_answer_to_what_was_never_sent_is_refused(paying: Town) -> None:
    batch = draft(paying)
    payout = batch.payouts.order_by("pk")[0]

    found = _import(paying, answers((payout, "ACSC")))

    assert "never sent" in found.refused[0].text
    assert Journal.objects.filter(kind="settle").count() == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"end_to_end_id,status\n",
        b"nonsense",
        b"\xff\xfe\x00",
        b"end_to_end_id,status,reason\nPN20170206-1-1,RJCT,a\x00b\n",
        b"<Document/>",
        b"<broken",
        b'<!DOCTYPE x [<!ENTITY e "e">]><Document>&e;</Document>',
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><x/></Document>',
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"></Document>',
    ],
)
def test_what_is_no_file_of_answers_is_refused_whole(paying: Town, data: bytes) -> None:
    send(paying)

    with pytest.raises(services.UnableToImportAnswers):
        _import(paying, data)

    assert AnswerFile.objects.count() == 0


# -- payees ----------------------------------------------------------------------------------------


def test_only_the_representative_changes_the_account_and_everybody_is_told(paying: Town) -> None:
    member = paying.members["A"]
    Representative.objects.filter(pk=member.pk).update(email="other@example.com")
    member.refresh_from_db()
    facts = {"holder_name": "Member A", "iban": IBANS["E"], "now": NOW}
    for stranger in (paying.closer, give_login(paying, "Y")):
        with pytest.raises(services.UnableToChangePayee, match="Only the representative"):
            services.change_bank_account(representative=member, by=stranger, **facts)  # type: ignore[arg-type]

    assert member.user is not None
    services.change_bank_account(representative=member, by=member.user, **facts)  # type: ignore[arg-type]

    payee = Payee.objects.get(representative=member)
    other = OutboxEvent.objects.get(key=f"payee:{payee.pk}:bank-changed:2")
    assert other.payload["to"] == "other@example.com"
    assert Notice.objects.get(event=f"payee:{payee.pk}:account:2").user.email == "a@example.com"
    assert not any(payee.iban in str(one.payload) for one in OutboxEvent.objects.all())
    assert not any(payee.iban in str(one.facts) for one in Notice.objects.all())
    assert not any(payee.iban in str(one) for one in PayeeEvent.objects.values())


def test_account_numbers_stay_out_of_texts_and_logs(
    paying: Town, caplog: pytest.LogCaptureFixture
) -> None:
    member = paying.members["A"]
    assert member.user is not None
    with caplog.at_level("DEBUG"):
        with pytest.raises(services.UnableToChangePayee) as refused:
            services.change_bank_account(
                representative=member,
                holder_name="Member A",
                iban=IBANS["A"][:-1] + "9",
                by=member.user,
                now=NOW,
            )
        settle(paying, send(paying))

    whole = set(Payee.objects.values_list("iban", flat=True)) - {""}
    assert IBANS["A"][:-1] not in refused.value.message
    logged = " ".join(record.getMessage() for record in caplog.records if "django.db" not in
                      record.name)  # fmt: skip
    assert not any(iban in logged for iban in whole)
