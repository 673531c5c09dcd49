"""Why a balance is held: the statement's page and the page of payouts say the same."""

from __future__ import annotations

import pytest

from compensation import payout_words, selectors_payouts
from compensation.models import Payee
from compensation.selectors_pages import held
from tests.compensation.paying import NOW, paying_town
from tests.compensation.town import Town
from tests.databases import TestDatabases


@pytest.fixture
def paying(transactional_db: None, test_databases: TestDatabases) -> Town:
    return paying_town(test_databases)


def test_an_account_that_the_bank_refused_is_not_called_missing(paying: Town) -> None:
    Payee.objects.filter(representative=paying.members["A"]).update(refused_version=1)

    assert held.get_standing(paying.members["A"], NOW).reasons == [
        "The bank sent the last payout back: it knows no such account."
    ]


def test_both_pages_use_the_same_words(paying: Town) -> None:
    for code in ("A", "B", "C"):
        found = selectors_payouts.standing(paying.members[code], NOW)
        words = [payout_words.hold_words(one, found.currency).why for one in found.reasons]
        shown = held.get_standing(paying.members[code], NOW)
        assert shown.reasons == (words if found.balance_minor else [])
    assert held.get_standing(paying.members["A"], NOW).reasons == []
