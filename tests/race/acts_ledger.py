"""Postings that race; a program: ``python -m tests.race.acts_ledger ACT [THREADS]``.

Reads a task in JSON from each line of its input and answers each with a line; with more threads it
works on as many at once, each over a connection of its own. Acts that end in ``-unguarded`` are
the controls.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django

Task = dict[str, Any]
Facts = dict[str, Any]


def _facts(task: Task, kind: str) -> Facts:
    from compensation.models import JournalKind, Period
    from representatives.clock import company_now

    return {
        "kind": JournalKind(kind),
        "period": Period.objects.get(label=task["period"]),
        "effective_at": company_now(),
    }


def _refusal(fault: Exception) -> Facts:
    diagnosis = getattr(fault.__cause__, "diag", None)
    return {
        "refused": getattr(diagnosis, "constraint_name", None) or type(fault).__name__,
        "state": getattr(fault.__cause__, "sqlstate", None),
    }


def reserve(task: Task) -> Facts:
    """Reserve an amount of what a representative is owed."""
    from compensation import ledger
    from compensation.models import Account

    owner, amount = task["representative"], task["amount"]
    draft = ledger.Draft(
        source_key=task["key"],
        representative_id=owner,
        entries=(
            (Account.COMMISSION_PAYABLE, "EUR", -amount),
            (Account.PAYOUT_IN_TRANSIT, "EUR", amount),
        ),
    )
    return {"journals": ledger.post([draft], **_facts(task, "reserve"))}


def reserve_unguarded(task: Task) -> Facts:
    """Look whether there is enough, then post: where nobody else looks, two find it there."""
    from django.db.models import Sum

    from compensation.models import Account, Entry

    held = Entry.objects.filter(
        account=Account.COMMISSION_PAYABLE, representative_id=task["representative"]
    ).aggregate(sum=Sum("amount"))["sum"]
    if (held or 0) < task["amount"]:
        return {"refused": "looked"}
    time.sleep(0.5)
    return reserve(task)


def reverse(task: Task) -> Facts:
    """Post the opposite of a journal, under a key of this worker's own."""
    from compensation import ledger
    from compensation.models import Account, Journal

    journal = Journal.objects.get(pk=task["journal"])
    draft = ledger.Draft(
        source_key=task["key"],
        representative_id=journal.representative_id,
        entries=tuple(
            (Account(account), unit, -amount)
            for account, unit, amount in journal.entries.order_by("id").values_list(
                "account", "unit", "amount"
            )
        ),
        reverses_id=journal.pk,
    )
    return {"journals": ledger.post([draft], **_facts(task, "adjustment"))}


def post_once(task: Task) -> Facts:
    """Post a command that may have been given before."""
    from compensation import ledger

    found = ledger.post_once(_credit(task), **_facts(task, "adjustment"))
    return {"journal": found.journal_id, "already": found.already}


def post_unguarded(task: Task) -> Facts:
    """Look whether the key was used, then post."""
    from compensation import ledger
    from compensation.models import Journal

    found = Journal.objects.filter(source_key=task["key"]).first()
    if found is not None:
        return {"journal": found.pk, "already": True}
    time.sleep(0.5)
    posted = ledger.post([_credit(task)], **_facts(task, "adjustment"))
    return {"journal": posted[task["key"]], "already": False}


def _credit(task: Task) -> Any:
    from compensation import ledger
    from compensation.models import Account

    return ledger.Draft(
        source_key=task["key"],
        representative_id=task["representative"],
        entries=(
            (Account.COMMISSION_EXPENSE, "EUR", -task["amount"]),
            (Account.COMMISSION_PAYABLE, "EUR", task["amount"]),
        ),
    )


ACTS: dict[str, Callable[[Task], Facts]] = {
    "reserve": reserve,
    "reserve-unguarded": reserve_unguarded,
    "reverse": reverse,
    "post-once": post_once,
    "post-unguarded": post_unguarded,
}


def main() -> None:
    """Answer task by task."""
    django.setup()
    from django.db import connection, transaction

    act = ACTS[sys.argv[1]]
    printing = threading.Lock()

    def answer(task: Task) -> None:
        time.sleep(task.get("pause", 0))
        try:
            with transaction.atomic():
                found = act(task)
        except Exception as fault:
            found = _refusal(fault)
        with printing:
            print(json.dumps({**found, "task": task["key"]}), flush=True)

    connection.ensure_connection()
    print("ready", flush=True)
    with ThreadPoolExecutor(int(sys.argv[2]) if len(sys.argv) > 2 else 1) as pool:
        for line in iter(sys.stdin.readline, ""):
            pool.submit(answer, json.loads(line))


if __name__ == "__main__":
    main()
