"""Races L07, L09 and L10 as functions of a number of rounds and a seed.

The quick tests run a few rounds, `make soak` many. They work on the database that this process is
connected to; `environment` leads other processes to the same one. A company with open periods is
needed, and members who are owed nothing.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection, transaction

from compensation import ledger
from compensation.models import Account, JournalKind, Period
from representatives.clock import company_now
from tests.processes import ROOT

AMOUNT = 100_00
OVERDRAWN = "balance_not_overdrawn"
REVERSED = "journal_reversed_once"
LONGEST_PAUSE = 0.003


class Workers:
    """Processes of one act that take tasks, answer each, and end with the ``with`` block."""

    def __init__(
        self, act: str, environment: Mapping[str, str], *, processes: int = 2, threads: int = 1
    ) -> None:
        self.started = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.race.acts_ledger", act, str(threads)],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(processes)
        ]

    def __enter__(self) -> Workers:
        for number in range(len(self.started)):
            assert self._line(number) == "ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.started:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            process.wait(60)
            process.stdout.close()

    def give(self, number: int, *tasks: Mapping[str, Any]) -> None:
        """Give a worker tasks."""
        stream = self.started[number].stdin
        assert stream is not None
        stream.write("".join(json.dumps(task) + "\n" for task in tasks))
        stream.flush()

    def answer(self, number: int) -> dict[str, Any]:
        """Wait for a worker's next answer."""
        found: dict[str, Any] = json.loads(self._line(number))
        return found

    def _line(self, number: int) -> str:
        stream = self.started[number].stdout
        assert stream is not None
        return stream.readline()


@dataclass
class Lowest:
    """The lowest balance of anybody that was ever seen, by the entries and as stored."""

    amount: int = 0
    polls: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    def look(self, database: psycopg.Connection[Any]) -> None:
        """Look once."""
        row = database.execute(
            "SELECT least("
            "(SELECT min(total) FROM (SELECT sum(amount) AS total FROM compensation_entry"
            "  WHERE account = 2 GROUP BY representative_id) of_entries),"
            "(SELECT min(total) FROM (SELECT sum(amount) AS total FROM compensation_balance"
            "  WHERE account = 2 GROUP BY representative_id) as_stored))"
        ).fetchone()
        self.polls += 1
        if row is not None and row[0] is not None:
            self.amount = min(self.amount, int(row[0]))

    def watch(self) -> None:
        """Look again and again until the end."""
        facts = connection.get_connection_params()
        with psycopg.connect(
            **{key: facts[key] for key in ("host", "port", "user", "password", "dbname")
               if facts.get(key)},
            autocommit=True,
        ) as database:  # fmt: skip
            while not self._ended.wait(0.002):
                self.look(database)

    @contextmanager
    def watching(self) -> Iterator[Lowest]:
        """Look all the time that the block takes."""
        thread = threading.Thread(target=self.watch)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join()


def credit(period: Period, member: int, amount: int, key: str) -> int:
    """Post an amount that a member is owed from now on; return the journal."""
    draft = ledger.Draft(
        source_key=key,
        representative_id=member,
        entries=(
            (Account.COMMISSION_EXPENSE, "EUR", -amount),
            (Account.COMMISSION_PAYABLE, "EUR", amount),
        ),
    )
    with transaction.atomic():
        posted = ledger.post(
            [draft], kind=JournalKind.ADJUSTMENT, period=period, effective_at=company_now()
        )
    return posted[key]


def owed(member: int) -> int:
    """Return what a member is owed, by the entries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(amount), 0) FROM compensation_entry"
            " WHERE account = %s AND representative_id = %s",
            [Account.COMMISSION_PAYABLE, member],
        )
        return int(cursor.fetchone()[0])


@dataclass
class Rounds:
    """What rounds of a race came to."""

    answers: list[list[dict[str, Any]]] = field(default_factory=list)
    balances: list[int] = field(default_factory=list)
    lowest: Lowest = field(default_factory=Lowest)

    @property
    def successes(self) -> list[int]:
        """How many succeeded in each round."""
        return [sum("refused" not in one for one in answers) for answers in self.answers]

    @property
    def refusals(self) -> set[str]:
        """What refused the others."""
        return {one["refused"] for round_ in self.answers for one in round_ if "refused" in one}


def reserve_at_once(
    *,
    rounds: int,
    seed: int,
    period: Period,
    members: Sequence[int],
    environment: Mapping[str, str],
    act: str = "reserve",
) -> Rounds:
    """L09: in each round a member is owed 100.00 and two processes reserve 100.00 at once."""
    chance = random.Random(seed)
    found = Rounds()
    with Workers(act, environment) as workers, found.lowest.watching():
        for number in range(rounds):
            member = chance.choice(members)
            credit(period, member, AMOUNT, f"race:{seed}:{number}:credit")
            for worker in range(2):
                workers.give(
                    worker,
                    {
                        "key": f"payout:race-{seed}-{number}-{worker}:reserve",
                        "period": period.label,
                        "representative": member,
                        "amount": AMOUNT,
                        "pause": chance.random() * LONGEST_PAUSE,
                    },
                )
            found.answers.append([workers.answer(worker) for worker in range(2)])
            found.balances.append(owed(member))
    return found


def reverse_twice_at_once(
    *,
    journals: int,
    seed: int,
    period: Period,
    members: Sequence[int],
    environment: Mapping[str, str],
    processes: int = 2,
    threads: int = 2,
) -> tuple[Rounds, dict[int, tuple[int, int]]]:
    """L10: every journal is reversed by two of the workers at once.

    Also returns member → what was owed before the journals and after their reversals.
    """
    chance = random.Random(seed)
    before = {member: owed(member) for member in members}
    posted = [
        credit(period, chance.choice(members), chance.randint(1, 10_000), f"race:{seed}:{n}:credit")
        for n in range(journals)
    ]
    found = Rounds(answers=[[] for _ in posted])
    place = {}
    with Workers("reverse", environment, processes=processes, threads=threads) as workers:
        turns: list[list[dict[str, Any]]] = [[] for _ in range(processes)]
        for number, journal in enumerate(posted):
            for turn, worker in enumerate(chance.sample(range(processes), 2)):
                key = f"race:{seed}:{number}:reversal:{turn}"
                place[key] = number
                turns[worker].append({"key": key, "period": period.label, "journal": journal})
        for worker, tasks in enumerate(turns):
            workers.give(worker, *tasks)
        for worker, tasks in enumerate(turns):
            for _ in tasks:
                answer = workers.answer(worker)
                found.answers[place[answer["task"]]].append(answer)
    return found, {member: (before[member], owed(member)) for member in members}


def post_at_once(
    *,
    rounds: int,
    seed: int,
    period: Period,
    member: int,
    environment: Mapping[str, str],
    act: str = "post-once",
    more: int = 0,
) -> Rounds:
    """L07: two processes post the same command at once, each round another one.

    L08: with `more`, the second one states that many cents more under the same key.
    """
    chance = random.Random(seed)
    found = Rounds()
    with Workers(act, environment) as workers:
        for number in range(rounds):
            task = {
                "key": f"race:{seed}:{number}:post",
                "period": period.label,
                "representative": member,
                "amount": AMOUNT,
            }
            for worker in range(2):
                pause = chance.random() * LONGEST_PAUSE
                amount = AMOUNT + worker * more
                workers.give(worker, {**task, "amount": amount, "pause": pause})
            found.answers.append([workers.answer(worker) for worker in range(2)])
            found.balances.append(owed(member))
    return found
