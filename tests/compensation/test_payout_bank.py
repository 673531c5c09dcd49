"""The HTTP channel against a real small bank: whatever it does, each payout is paid once (C17)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from compensation import (
    bank_channel,
    selectors_ledger,
    selectors_reconciling,
    services,
    verification,
)
from compensation.models import Account, Payout, PayoutBatch, PayoutPart
from compensation.services.bank_files import make_file
from representatives import outbox
from representatives.models_outbox import Alert, OutboxEvent
from tests.compensation.bank_stub import Bank, open_bank, report
from tests.compensation.paying import NOW, answers, paying_town, send
from tests.compensation.town import Town
from tests.databases import TestDatabases


@pytest.fixture
def paying(transactional_db: None, test_databases: TestDatabases) -> Town:
    return paying_town(test_databases)


@pytest.fixture
def bank(settings: Any) -> Iterator[Bank]:
    with open_bank() as found:
        settings.BANK_CHANNEL, settings.BANK_URL = "http", found.url
        settings.BANK_TIMEOUT_SECONDS = 2
        yield found


def _drain(later: timedelta = timedelta(0)) -> outbox.Drained:
    return outbox.drain(now=datetime.now(UTC) + later)


def _states() -> set[str]:
    return set(Payout.objects.values_list("status", flat=True))


def _assert_paid_once(bank: Bank) -> None:
    names = set(Payout.objects.values_list("end_to_end_id", flat=True))
    assert dict(bank.paid) == dict.fromkeys(names, 1)
    assert selectors_ledger.balances_of(Account.PAYOUT_IN_TRANSIT, "EUR") == {}
    assert selectors_reconciling.reconcile(now=NOW).agrees
    assert verification.ledger_faults() == []


def _fetch(town: Town) -> list[Any]:
    return services.fetch_answers(by=town.closer, now=NOW)


def test_a_file_is_accepted_and_its_status_settles_it(paying: Town, bank: Bank) -> None:
    batch = send(paying)
    assert bank.posts == []  # nothing leaves before the transaction is committed
    _drain()
    assert PayoutPart.objects.get().status == "accepted"
    assert _states() == {"sent"}

    _fetch(paying)

    assert PayoutBatch.objects.get(pk=batch.pk).status == "closed"
    _assert_paid_once(bank)


@pytest.mark.parametrize("behaviour", ["drop", "fail_after"])
def test_what_the_bank_took_without_saying_so_is_unknown_and_paid_once(
    paying: Town, bank: Bank, behaviour: str
) -> None:
    bank.behaviour = [behaviour]
    send(paying)
    _drain()

    assert _states() == {"unknown"}
    assert PayoutPart.objects.get().status == "unknown"
    assert Alert.objects.filter(code="payout_unknown").count() == 1
    _drain(later=timedelta(days=2))
    assert len(bank.posts) == 1  # never sent anew

    _fetch(paying)
    _fetch(paying)

    assert _states() == {"settled"}
    _assert_paid_once(bank)


def test_what_failed_before_the_bank_took_it_stays_unknown_until_somebody_knows(
    paying: Town, bank: Bank
) -> None:
    bank.behaviour = ["fail_before"]
    batch = send(paying)
    _drain()
    assert _states() == {"unknown"}
    assert _fetch(paying) == []  # the bank knows no such file
    assert _states() == {"unknown"}

    file = "end_to_end_id,status\n" + "".join(
        f"{one.end_to_end_id},RJCT\n" for one in batch.payouts.all()
    )
    services.import_answers(file=file.encode(), by=paying.closer, now=NOW)

    assert _states() == {"failed"}
    assert sum(bank.paid.values()) == 0
    assert selectors_ledger.balances_of(Account.PAYOUT_IN_TRANSIT, "EUR") == {}


def test_a_bank_that_is_busy_or_away_is_asked_again_with_the_same_key(
    paying: Town, bank: Bank, settings: Any
) -> None:
    bank.behaviour = ["busy"]
    send(paying)
    assert _drain().failed == 1
    assert _states() == {"sent"}
    settings.BANK_URL = "http://127.0.0.1:1/nobody"
    assert _drain(later=timedelta(hours=1)).failed == 1
    assert "not there" in OutboxEvent.objects.get(topic="bank.send").last_error
    settings.BANK_URL = bank.url
    assert _drain(later=timedelta(days=1)).sent >= 1

    assert len(set(bank.posts)) == 1
    _fetch(paying)
    _assert_paid_once(bank)


def test_a_file_that_the_bank_refuses_is_released_whole(paying: Town, bank: Bank) -> None:
    before = selectors_ledger.balances_of(Account.COMMISSION_PAYABLE, "EUR")
    bank.behaviour = ["refuse"]
    batch = send(paying)

    _drain()

    assert _states() == {"failed"}
    assert PayoutBatch.objects.get(pk=batch.pk).status == "closed"
    assert selectors_ledger.balances_of(Account.COMMISSION_PAYABLE, "EUR") == before
    assert bank.paid == {}


def test_a_repetition_that_the_bank_refuses_is_unknown_for_it_may_have_the_first(
    paying: Town, bank: Bank
) -> None:
    send(paying)
    # A drainer dies after the bank took the file …
    OutboxEvent.objects.filter(topic="bank.send").update(attempts=1)
    part = PayoutPart.objects.get()
    bank_channel.post_file(key=part.message_id, data=make_file(part))

    bank.behaviour = ["refuse"]  # … and the bank says to the next one that it has it already
    _drain()

    assert len(bank.posts) == 2
    assert _states() == {"unknown"}
    assert selectors_ledger.balances_of(Account.PAYOUT_IN_TRANSIT, "EUR") != {}
    _fetch(paying)
    _assert_paid_once(bank)


def test_the_answer_may_come_before_the_response_and_twice(paying: Town, bank: Bank) -> None:
    batch = send(paying)
    part = PayoutPart.objects.get()

    def call_back() -> None:
        for _ in range(2):
            data = bank.status(part.message_id)
            assert data is not None
            _in_another_process(data)

    bank.before_answer = call_back
    bank.behaviour = ["drop"]
    _drain()

    assert _states() == {"settled"}
    assert PayoutBatch.objects.get(pk=batch.pk).status == "closed"
    _assert_paid_once(bank)


def _in_another_process(data: bytes) -> None:
    """Import on a connection of the thread's own, as another worker would."""
    from django.db import connection

    from representatives.models import User
    from tests.compensation.town import CLOSER

    try:
        services.import_answers(file=data, by=User.objects.get(email=CLOSER), now=NOW)
    finally:
        connection.close()


def test_answers_are_not_believed_before_a_file_was_handed_over(paying: Town, bank: Bank) -> None:
    batch = send(paying)
    file = answers((batch.payouts.order_by("pk")[0], "ACSC"))

    before = services.import_answers(file=file, by=paying.closer, now=NOW)
    bank.behaviour = ["busy"]
    _drain()
    busy = services.import_answers(file=file, by=paying.closer, now=NOW)

    assert [one.refused[0].text for one in (before, busy)] == [
        "Its file was not handed to the bank yet."
    ] * 2
    assert PayoutPart.objects.get().status == "ready"
    _drain(later=timedelta(hours=1))
    after = services.import_answers(file=file, by=paying.closer, now=NOW)
    assert after.refused == []
    _fetch(paying)
    _assert_paid_once(bank)


def test_a_file_of_which_the_bank_says_nothing_keeps_no_other_from_being_asked_about(
    paying: Town, bank: Bank, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAYOUT_FILE_ROWS = 1
    send(paying)
    _drain()
    parts = list(PayoutPart.objects.order_by("pk"))
    assert len(parts) >= 3
    odd: dict[str, bytes | None] = {parts[0].message_id: report(parts[0].message_id, [])}
    known = bank.status
    monkeypatch.setattr(bank, "status", lambda key: odd[key] if key in odd else known(key))

    assert len(_fetch(paying)) == len(parts) - 1

    assert Payout.objects.exclude(part=1).values_list("status").distinct().get() == ("settled",)
    assert Payout.objects.get(part=1).status == "sent"
    odd[parts[0].message_id] = b"nonsense"
    with pytest.raises(services.UnableToImportAnswers):
        _fetch(paying)
    odd.clear()
    _fetch(paying)
    _assert_paid_once(bank)


def test_a_fault_of_one_file_is_told_after_the_others_are_imported(
    paying: Town, bank: Bank, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAYOUT_FILE_ROWS = 1
    send(paying)
    _drain()
    first = PayoutPart.objects.order_by("pk")[0].message_id
    known = bank.status
    monkeypatch.setattr(bank, "status", lambda key: b"no" if key == first else known(key))

    with pytest.raises(services.UnableToImportAnswers):
        _fetch(paying)

    assert set(Payout.objects.exclude(part=1).values_list("status", flat=True)) == {"settled"}


def test_control_a_sender_that_tries_again_under_another_key_pays_twice(
    paying: Town, bank: Bank
) -> None:
    bank.behaviour = ["drop"]
    send(paying)
    _drain()

    bank_channel.post_file(key="another", data=make_file(PayoutPart.objects.get()))

    assert set(bank.paid.values()) == {2}
