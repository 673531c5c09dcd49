"""L07, L09 and L10: postings at once, by real processes; the controls overdraw and post twice.

The long forms run the same functions with more rounds (`make soak`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import psycopg
import pytest

from compensation import selectors_ledger
from compensation.models import Account, Journal, Period
from tests.compensation.town import Town, build_town
from tests.race import ledger_races
from tests.race.ledger_races import AMOUNT, OVERDRAWN, REVERSED

SEED = 20261122
ROUNDS = 10
JOURNALS = 20


@pytest.fixture
def town(transactional_db: None) -> Town:
    """A company whose members are owed nothing."""
    return build_town(sales=False)


def race(town: Town, environment: dict[str, str]) -> dict[str, Any]:
    return {
        "seed": SEED,
        "period": Period.objects.get(label="2017-02"),
        "members": [member.pk for member in town.members.values()],
        "environment": environment,
    }


def without_the_check(owner: psycopg.Connection[Any]) -> None:
    """Let balances be kept, but nobody look at them."""
    row = owner.execute(
        "SELECT pg_get_functiondef('compensation_keep_balances'::regproc)"
    ).fetchone()
    assert row is not None
    unguarded = row[0].replace("held.amount < 0", "held.amount IS NULL")
    assert unguarded != row[0]
    owner.execute(unguarded)


def test_l09_two_payouts_of_all_there_is_one_succeeds(
    town: Town, subprocess_env: dict[str, str]
) -> None:
    found = ledger_races.reserve_at_once(rounds=ROUNDS, **race(town, subprocess_env))

    assert found.successes == [1] * ROUNDS
    assert found.refusals == {OVERDRAWN}
    assert found.balances == [0] * ROUNDS
    assert (found.lowest.amount, found.lowest.polls > ROUNDS) == (0, True)
    transit = selectors_ledger.balances_of(Account.PAYOUT_IN_TRANSIT, "EUR")
    assert sum(transit.values()) == ROUNDS * AMOUNT


def test_control_l09_where_only_the_sender_looks_both_succeed(
    town: Town, subprocess_env: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    without_the_check(owner_connection)

    found = ledger_races.reserve_at_once(
        rounds=2, act="reserve-unguarded", **race(town, subprocess_env)
    )

    assert 2 in found.successes
    assert min(found.balances) == -AMOUNT
    assert found.lowest.amount <= -AMOUNT


def test_l10_a_journal_is_reversed_once_by_many(town: Town, subprocess_env: dict[str, str]) -> None:
    found, owed = ledger_races.reverse_twice_at_once(
        journals=JOURNALS, **race(town, subprocess_env)
    )

    assert found.successes == [1] * JOURNALS
    assert found.refusals == {REVERSED}
    assert {before - after for before, after in owed.values()} == {0}
    assert Journal.objects.count() == 2 * JOURNALS


def test_control_l10_without_the_constraint_a_journal_is_reversed_twice(
    town: Town, subprocess_env: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    owner_connection.execute("DROP INDEX journal_reversed_once")

    found, owed = ledger_races.reverse_twice_at_once(journals=5, **race(town, subprocess_env))

    assert found.successes == [2] * 5
    assert min(after - before for before, after in owed.values()) < 0


def test_l07_a_command_given_twice_at_once_is_posted_once(
    town: Town, subprocess_env: dict[str, str]
) -> None:
    facts = race(town, subprocess_env)
    member = facts.pop("members")[0]

    found = ledger_races.post_at_once(rounds=ROUNDS, member=member, **facts)

    assert [sorted(one["already"] for one in answers) for answers in found.answers] == [
        [False, True]
    ] * ROUNDS
    assert all(len({one["journal"] for one in answers}) == 1 for answers in found.answers)
    assert found.balances == [AMOUNT * (number + 1) for number in range(ROUNDS)]
    assert Journal.objects.count() == ROUNDS


def test_l08_a_key_stands_for_one_content(town: Town, subprocess_env: dict[str, str]) -> None:
    facts = race(town, subprocess_env)
    member = facts.pop("members")[0]

    found = ledger_races.post_at_once(rounds=ROUNDS, member=member, more=1, **facts)

    assert found.successes == [1] * ROUNDS
    assert found.refusals == {"KeyUsedOtherwise"}
    assert Journal.objects.count() == ROUNDS
    amounts = [b - a for a, b in pairwise([0, *found.balances])]
    assert set(amounts) <= {AMOUNT, AMOUNT + 1}


def test_control_l07_without_the_unique_key_it_is_posted_twice(
    town: Town, subprocess_env: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    owner_connection.execute(
        "ALTER TABLE compensation_journal DROP CONSTRAINT journal_source_key_once"
    )
    facts = race(town, subprocess_env)
    member = facts.pop("members")[0]

    found = ledger_races.post_at_once(rounds=2, member=member, act="post-unguarded", **facts)

    assert found.balances[-1] > 2 * AMOUNT
    assert Journal.objects.count() > 2
