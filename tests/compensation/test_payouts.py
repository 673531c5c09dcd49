"""Payout batches: who is paid, in four eyes, once."""

from __future__ import annotations

import pytest

from compensation import selectors_ledger, verification
from compensation.models import Account, Payout
from tests.compensation.paying import (
    build_paying_town,
    draft,
    send,
    settle,
)
from tests.compensation.town import Town


@pytest.fixture
def paying(transactional_db: None) -> Town:
    return build_paying_town()


def _balances(account: Account) -> dict[int, int]:
    return selectors_ledger.balances_of(account, "EUR")


def test_a_draft_reserves_the_whole_balance_of_everybody_payable(paying: Town) -> None:
    before = _balances(Account.COMMISSION_PAYABLE)

    batch = draft(paying)

    payouts = {
        one.representative.code: one for one in batch.payouts.select_related("representative")
    }
    assert set(payouts) == {"TOP", "A", "D", "E", "X"} & {
        code for code, member in paying.members.items() if before.get(member.pk, 0) >= 1000
    }
    for code, payout in payouts.items():
        number = paying.members[code].pk
        assert payout.amount_minor == before[number]
        assert _balances(Account.PAYOUT_IN_TRANSIT)[number] == before[number]
        assert number not in _balances(Account.COMMISSION_PAYABLE)
    assert verification.ledger_faults() == []


def test_a_batch_goes_from_draft_to_settled(paying: Town) -> None:
    batch = send(paying)
    assert set(batch.payouts.values_list("status", flat=True)) == {"sent"}

    settle(paying, batch)

    batch.refresh_from_db()
    assert batch.status == "closed"
    assert set(Payout.objects.values_list("status", flat=True)) == {"settled"}
    assert _balances(Account.PAYOUT_IN_TRANSIT) == {}
    assert verification.ledger_faults() == []
