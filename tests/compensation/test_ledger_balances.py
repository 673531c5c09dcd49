"""Balances kept by the postings themselves: never overdrawn, whoever posts at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, connections, transaction

from compensation import balances, ledger, selectors_ledger, verification
from compensation.models import Account, Balance, Journal, JournalKind, Period, Run
from tests.compensation.town import Town, local

NOW = local("2017-02-10T09:00")
PAYABLE, TRANSIT, BANK = (
    Account.COMMISSION_PAYABLE,
    Account.PAYOUT_IN_TRANSIT,
    Account.RSP_BANK,
)
SQL = Path(settings.BASE_DIR) / "compensation" / "migrations" / "sql" / "ledger_chain.sql"


@pytest.fixture
def town(january_town: Town) -> Town:
    """The town with January posted."""
    return january_town


@pytest.fixture
def posted(town: Town) -> Run:
    """January closed; A is owed 10.00 beside what was earned."""
    run = town.posted("2017-01")
    owed = _balance(town, PAYABLE, "EUR")
    _post(
        town,
        JournalKind.ADJUSTMENT,
        "given",
        (Account.COMMISSION_EXPENSE, "EUR", owed - 1000),
        (PAYABLE, "EUR", 1000 - owed),
    )
    return run


def _post(
    town: Town, kind: JournalKind, key: str, *entries: tuple[Account, str, int], label: str = ""
) -> ledger.Posted:
    return ledger.post_once(
        ledger.Draft(key, town.members["A"].pk, entries),
        kind=kind,
        period=Period.objects.get(label=label or "2017-02"),
        effective_at=NOW,
    )


def _reserve(town: Town, key: str, amount: int, *, label: str = "") -> ledger.Posted:
    return _post(
        town,
        JournalKind.RESERVE,
        key,
        (PAYABLE, "EUR", -amount),
        (TRANSIT, "EUR", amount),
        label=label,
    )


def _settle(town: Town, key: str, amount: int) -> ledger.Posted:
    return _post(
        town, JournalKind.SETTLE, key, (TRANSIT, "EUR", -amount), (Account.CASH, "EUR", amount)
    )


def _release(town: Town, key: str, amount: int) -> ledger.Posted:
    return _post(
        town, JournalKind.RELEASE, key, (TRANSIT, "EUR", -amount), (PAYABLE, "EUR", amount)
    )


def _balance(town: Town, account: Account, unit: str) -> int:
    return selectors_ledger.balance(town.members["A"].pk, account, unit)


def test_balances_are_the_sums_of_the_entries(town: Town, posted: Run) -> None:
    assert balances.differences() == []
    assert _balance(town, PAYABLE, "EUR") == 1000
    assert selectors_ledger.balances_of(PAYABLE, "EUR")[town.members["A"].pk] == 1000
    assert set(Balance.objects.values_list("account", flat=True)) == {2, 4}


def test_a_payout_is_reserved_then_settled(town: Town, posted: Run) -> None:
    _reserve(town, "payout:1:reserve", 700)
    assert (_balance(town, PAYABLE, "EUR"), _balance(town, TRANSIT, "EUR")) == (300, 700)

    _settle(town, "payout:1:outcome", 700)

    assert (_balance(town, PAYABLE, "EUR"), _balance(town, TRANSIT, "EUR")) == (300, 0)
    with pytest.raises(ledger.KeyUsedOtherwise):
        _release(town, "payout:1:outcome", 700)
    assert verification.ledger_faults() == []


def test_a_released_payout_comes_back(town: Town, posted: Run) -> None:
    _reserve(town, "payout:1:reserve", 700)

    _release(town, "payout:1:outcome", 700)

    assert (_balance(town, PAYABLE, "EUR"), _balance(town, TRANSIT, "EUR")) == (1000, 0)
    assert 0 in balances_of_transit(town)
    assert selectors_ledger.balances_of(TRANSIT, "EUR") == {}


def balances_of_transit(town: Town) -> set[int]:
    return set(Balance.objects.filter(account=TRANSIT).values_list("amount", flat=True))


def test_nothing_spends_more_than_there_is(town: Town, posted: Run) -> None:
    points = _balance(town, BANK, "RSP")
    for act in (
        lambda: _reserve(town, "x", 1001),
        lambda: _settle(town, "x", 1),
        lambda: _release(town, "x", 1),
        lambda: _post(
            town,
            JournalKind.CONVERSION,
            "x",
            (BANK, "RSP", -points - 1),
            (Account.CLEARING, "RSP", points + 1),
        ),
        lambda: _post(
            town,
            JournalKind.EXPIRY,
            "x",
            (BANK, "RSP", -points - 1),
            (Account.CLEARING, "RSP", points + 1),
        ),
    ):
        with pytest.raises(IntegrityError) as caught:
            act()
        assert ledger.violated(caught.value) == "balance_not_overdrawn"

    assert not Journal.objects.filter(source_key="x").exists()
    assert _balance(town, PAYABLE, "EUR") == 1000
    assert verification.ledger_faults() == []


def test_what_is_owed_in_another_month_counts_too(town: Town, posted: Run) -> None:
    _reserve(town, "x", 600, label="2017-02")
    _reserve(town, "y", 400, label="2017-03")

    with pytest.raises(IntegrityError):
        _reserve(town, "z", 1, label="2017-03")


def test_a_set_is_refused_whole_where_one_spends_too_much(town: Town, posted: Run) -> None:
    drafts = [
        ledger.Draft(
            f"set:{number}",
            town.members["A"].pk,
            ((PAYABLE, "EUR", -amount), (TRANSIT, "EUR", amount)),
        )
        for number, amount in enumerate((600, 401))
    ]

    with pytest.raises(IntegrityError):
        ledger.post(
            drafts,
            kind=JournalKind.RESERVE,
            period=Period.objects.get(label="2017-02"),
            effective_at=NOW,
        )

    assert _balance(town, PAYABLE, "EUR") == 1000


def test_a_correction_may_make_a_balance_negative(town: Town, posted: Run) -> None:
    _post(
        town,
        JournalKind.ADJUSTMENT,
        "taken",
        (Account.COMMISSION_EXPENSE, "EUR", 5000),
        (PAYABLE, "EUR", -5000),
    )

    assert _balance(town, PAYABLE, "EUR") == -4000
    with pytest.raises(IntegrityError):
        _reserve(town, "x", 1)


def test_a_kind_of_journal_touches_its_accounts_only(town: Town, posted: Run) -> None:
    for kind, account in (
        (JournalKind.ADJUSTMENT, TRANSIT),
        (JournalKind.RESERVE, Account.CASH),
        (JournalKind.SETTLE, PAYABLE),
        (JournalKind.CONVERSION, Account.VOLUME_GRANTED),
        (JournalKind.REVERSAL, Account.CLEARING),
    ):
        with pytest.raises(IntegrityError) as caught:
            _post(town, kind, "x", (account, "EUR", -1), (Account.CASH, "EUR", 1))
        assert ledger.violated(caught.value) == "entry_account_fits_kind", kind


# -- Once by its key ------------------------------------------------------------------------------


def test_the_same_again_is_posted_already(town: Town, posted: Run) -> None:
    first = _reserve(town, "payout:1:reserve", 700)

    again = _reserve(town, "payout:1:reserve", 700, label="2017-03")

    assert (first.already, again.already) == (False, True)
    assert first.journal_id == again.journal_id
    assert Journal.objects.filter(source_key="payout:1:reserve").count() == 1


def test_the_same_key_with_other_content_is_refused(town: Town, posted: Run) -> None:
    _reserve(town, "payout:1:reserve", 700)

    with pytest.raises(ledger.KeyUsedOtherwise, match="payout:1:reserve"):
        _reserve(town, "payout:1:reserve", 701)
    with pytest.raises(ledger.KeyUsedOtherwise):
        _post(
            town,
            JournalKind.RESERVE,
            "payout:1:reserve",
            (PAYABLE, "EUR", -700),
            (TRANSIT, "EUR", 699),
            (TRANSIT, "EUR", 1),
        )

    assert _balance(town, TRANSIT, "EUR") == 700


def test_two_drafts_with_one_key_are_a_mistake(town: Town, posted: Run) -> None:
    draft = ledger.Draft("x", None, ())
    with pytest.raises(ValueError, match="one source key"):
        ledger.post(
            [draft, draft],
            kind=JournalKind.ADJUSTMENT,
            period=Period.objects.get(label="2017-02"),
            effective_at=NOW,
        )


def test_nothing_to_post_is_no_journal(town: Town, posted: Run) -> None:
    period = Period.objects.get(label="2017-02")
    assert ledger.post([], kind=JournalKind.RESERVE, period=period, effective_at=NOW) == {}


# -- Two at once ----------------------------------------------------------------------------------
class Rival:
    """A posting in a thread, on a connection of its own, which waits for another's commit."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.fault: BaseException | None = None
        self.pid = 0
        self.act = act
        self.thread = Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            with transaction.atomic():
                self.act()
        except Exception as fault:
            self.fault = fault
        finally:
            connections["default"].close()

    def waits(self, owner: psycopg.Connection[Any]) -> bool:
        """Whether it comes to stand behind a lock."""
        while self.thread.is_alive():
            if owner.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            ).fetchone() != (0,):
                return True
        return False

    def end(self) -> BaseException | None:
        self.thread.join(30)
        assert not self.thread.is_alive()
        return self.fault


def _both_reserve_all(
    town: Town, owner: psycopg.Connection[Any]
) -> tuple[bool, BaseException | None]:
    """Reserve all of the balance twice at once, in two months that are both open."""
    with transaction.atomic():
        _reserve(town, "first", 1000, label="2017-02")
        rival = Rival(lambda: _reserve(town, "second", 1000, label="2017-03"))
        waited = rival.waits(owner)
    return waited, rival.end()


def test_of_two_who_reserve_everything_at_once_one_succeeds(
    town: Town, posted: Run, owner_connection: psycopg.Connection[Any]
) -> None:
    waited, fault = _both_reserve_all(town, owner_connection)

    assert waited
    assert isinstance(fault, IntegrityError)
    assert ledger.violated(fault) == "balance_not_overdrawn"
    assert (_balance(town, PAYABLE, "EUR"), _balance(town, TRANSIT, "EUR")) == (0, 1000)
    assert verification.ledger_faults() == []


def _function(name: str) -> str:
    text = SQL.read_text(encoding="utf-8")
    begin = text.index(f"CREATE FUNCTION {name}(")
    return text[begin : text.index("END $$;", begin) + len("END $$;")].replace(
        "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1
    )


def test_control_without_the_lock_both_reserve_everything(
    town: Town, posted: Run, owner_connection: psycopg.Connection[Any]
) -> None:
    """The check alone, where each sees only what was committed before."""
    seal = _function("compensation_seal")
    unlocked = re.sub(r"    PERFORM pg_advisory.*?(?=    PERFORM public)", "", seal, flags=re.S)
    assert "compensation_keep_balances" in unlocked
    assert "pg_advisory" not in unlocked
    owner_connection.execute(unlocked)

    waited, fault = _both_reserve_all(town, owner_connection)

    assert (waited, fault) == (False, None)
    assert _balance(town, PAYABLE, "EUR") == -1000


def test_control_without_the_check_both_reserve_everything(
    town: Town, posted: Run, owner_connection: psycopg.Connection[Any]
) -> None:
    """The lock alone: one after the other takes everything."""
    keep = _function("compensation_keep_balances")
    owner_connection.execute(keep.replace("held.amount < 0", "false"))

    waited, fault = _both_reserve_all(town, owner_connection)

    assert (waited, fault) == (True, None)
    assert _balance(town, PAYABLE, "EUR") == -1000


def test_one_key_at_once_is_one_journal(
    town: Town, posted: Run, owner_connection: psycopg.Connection[Any]
) -> None:
    found: list[ledger.Posted] = []
    with transaction.atomic():
        first = _reserve(town, "same", 500)
        rival = Rival(lambda: found.append(_reserve(town, "same", 500)))
        assert rival.waits(owner_connection)

    assert rival.end() is None
    assert found == [ledger.Posted(first.journal_id, already=True)]
    assert _balance(town, TRANSIT, "EUR") == 500


def test_a_freeze_waits_for_a_posting_under_way(
    town: Town, posted: Run, owner_connection: psycopg.Connection[Any]
) -> None:
    """Else a journal would slip into a month whose statements are being made."""
    february = Period.objects.get(label="2017-02")

    def freeze() -> None:
        Period.objects.filter(pk=february.pk).update(status="frozen", frozen_at=NOW)

    with transaction.atomic():
        _reserve(town, "x", 5)
        rival = Rival(freeze)
        assert rival.waits(owner_connection)
        assert Period.objects.get(pk=february.pk).status == "open"
    assert rival.end() is None

    with pytest.raises(IntegrityError, match="2017-02, which is frozen"):
        _reserve(town, "y", 5)


def test_a_posting_waits_for_a_freeze_under_way_and_is_refused(
    town: Town, posted: Run, owner_connection: psycopg.Connection[Any]
) -> None:
    february = Period.objects.get(label="2017-02")
    with transaction.atomic():
        Period.objects.filter(pk=february.pk).update(status="frozen", frozen_at=NOW)
        rival = Rival(lambda: _reserve(town, "x", 5))
        assert rival.waits(owner_connection)
    fault = rival.end()

    assert isinstance(fault, IntegrityError)
    assert "2017-02" in str(fault)
    assert not Journal.objects.filter(source_key="x").exists()


# -- Rebuilding -----------------------------------------------------------------------------------


def test_a_planted_difference_is_found_and_mended(
    town: Town,
    posted: Run,
    owner_connection: psycopg.Connection[Any],
    run_command: Callable[..., Any],
) -> None:
    member, period = town.members["A"].pk, Period.objects.get(label="2017-02").pk
    before = list(Balance.objects.exclude(amount=0).order_by("pk").values_list())
    right = run_command("rebuild_balances", "--check")
    owner_connection.execute(
        "UPDATE compensation_balance SET amount = amount + 1 WHERE representative_id = %s"
        " AND period_id = %s AND account = 2",
        [member, period],
    )
    owner_connection.execute(
        "INSERT INTO compensation_balance (representative_id, period_id, account, unit, amount)"
        " VALUES (%s, %s, 9, 'EUR', 7)",
        [member, period],
    )
    owner_connection.execute(
        "DELETE FROM compensation_balance WHERE representative_id = %s AND account = 4",
        [town.members["B"].pk],
    )

    found = run_command("rebuild_balances", "--check")
    told = run_command("rebuild_balances", "--check", "--json")
    assert any("the balance says" in fault for fault in verification.ledger_faults())
    mended = run_command("rebuild_balances")
    after = run_command("rebuild_balances", "--check")

    assert (right.returncode, right.stdout) == (0, "0 differences\n")
    assert (found.returncode, found.stdout) == (1, "3 differences\n")
    assert "A, 2017-02, payout in transit: the balance says 7 EUR, the entries 0" in found.stderr
    assert len(json.loads(told.stdout)["differences"]) == 3
    assert (mended.returncode, mended.stdout) == (0, "3 balances set right\n")
    assert (after.returncode, after.stdout) == (0, "0 differences\n")
    assert list(Balance.objects.exclude(amount=0).order_by("pk").values_list()) == before
