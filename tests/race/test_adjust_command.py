"""L07 and L08 by the command line: a command given again is one, with other content none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from compensation import selectors_ledger
from compensation.models import Account, Adjustment, Journal
from representatives.models import Alert, OutboxEvent
from tests.compensation.town import APPROVER, CLOSER, Town, build_town, digest

ADJUST = ("adjust", "--key", "parcel-17", "--representative", "A", "--reason", "A parcel was lost")
BY = ("--by", CLOSER, "--approve-by", APPROVER, "--json")
PROCESSES = 4


@pytest.fixture
def town(transactional_db: None) -> Town:
    """A company whose members are owed nothing."""
    return build_town(sales=False)


def owed(town: Town) -> int:
    return selectors_ledger.balance(town.members["A"].pk, Account.COMMISSION_PAYABLE, "EUR")


def test_l07_the_same_command_again_names_the_journal_of_the_first(
    town: Town, run_command: Callable[..., Any]
) -> None:
    first = run_command(*ADJUST, "--money", "12.34", *BY)
    assert first.returncode == 0, first.stderr
    before = digest()
    again = run_command(*ADJUST, "--money", "12.34", *BY)

    assert again.returncode == 0, again.stderr
    journal = Journal.objects.get()
    assert json.loads(first.stdout)["message"] == f"posted journal={journal.pk}"
    assert json.loads(again.stdout)["message"] == f"already posted journal={journal.pk}"
    assert (digest(), owed(town)) == (before, 12_34)


def test_l07_the_same_command_by_many_processes_posts_once(
    town: Town, start_command: Callable[..., Any]
) -> None:
    started = [start_command(*ADJUST, "--money", "12.34", *BY) for _ in range(PROCESSES)]
    ended = [(process.communicate(timeout=120), process.returncode) for process in started]

    assert [code for _, code in ended] == [0] * PROCESSES, ended
    assert {json.loads(out)["journal"] for (out, _), _ in ended} == {Journal.objects.get().pk}
    assert (Adjustment.objects.count(), owed(town)) == (1, 12_34)


def test_l08_the_key_with_a_cent_more_is_a_conflict_and_an_alert(
    town: Town, run_command: Callable[..., Any]
) -> None:
    assert run_command(*ADJUST, "--money", "12.34", *BY).returncode == 0
    before = (digest(), Adjustment.objects.count(), OutboxEvent.objects.count())

    for _ in range(2):
        other = run_command(*ADJUST, "--money", "12.35", *BY)
        assert other.returncode == 3, other.stdout
        assert "used with other content" in json.loads(other.stdout)["message"]

    assert (digest(), Adjustment.objects.count(), OutboxEvent.objects.count()) == before
    alert = Alert.objects.get()
    assert (alert.code, alert.key) == ("key_conflict", "key_conflict:parcel-17")
    assert (Journal.objects.count(), owed(town)) == (1, 12_34)
