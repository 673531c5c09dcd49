"""Two hundred rounds of the races for a balance and for a reversal."""

from __future__ import annotations

import time
from collections.abc import Callable

from compensation.models import Period
from tests.race import ledger_races
from tests.soak.company import Company
from tests.soak.table import Table

ROUNDS = 200
RESERVE = "two payouts of one balance at once (L09)"
REVERSE = "a journal reversed twice at once (L10)"
REPEAT = "one command posted twice at once (L07)"


def run(company: Company, table: Table, *, seed: int, seconds: float) -> None:
    """Run the three races; fewer rounds, said in the table, where the time is bounded."""
    company.anew()
    period = Period.objects.get(label="2017-02")
    members = [member.pk for member in company.town.members.values()]
    environment = company.environment()
    rounds = ROUNDS if not seconds else max(20, min(ROUNDS, int(seconds * 4)))

    def reserve() -> str:
        found = ledger_races.reserve_at_once(
            rounds=rounds, seed=seed, period=period, members=members, environment=environment
        )
        if found.successes != [1] * rounds or set(found.balances) != {0}:
            came = sorted(set(found.successes)), sorted(set(found.balances))
            return f"successes and balances {came}"
        return f"a balance of {found.lowest.amount}" if found.lowest.amount < 0 else ""

    def reverse() -> str:
        found, owed = ledger_races.reverse_twice_at_once(
            journals=rounds,
            seed=seed + 1,
            period=period,
            members=members,
            environment=environment,
            threads=10,
        )
        if found.successes != [1] * rounds:
            return f"successes {sorted(set(found.successes))}"
        moved = {member: amounts for member, amounts in owed.items() if len(set(amounts)) > 1}
        return f"balances moved: {moved}" if moved else ""

    def repeat() -> str:
        found = ledger_races.post_at_once(
            rounds=rounds,
            seed=seed + 2,
            period=period,
            member=members[0],
            environment=environment,
        )
        differing = [one for one in found.answers if len({a.get("journal") for a in one}) != 1]
        return f"{len(differing)} rounds with two journals" if differing else ""

    for name, race in ((RESERVE, reserve), (REVERSE, reverse), (REPEAT, repeat)):
        _race(company, table, name, race, rounds)


def _race(company: Company, table: Table, name: str, race: Callable[[], str], rounds: int) -> None:
    began = time.monotonic()
    table.rounds += rounds
    lost = race() or "; ".join(company.faults())
    if lost:
        table.lose(f"{name}: {lost}")
    seconds = time.monotonic() - began
    table.note(name, times=rounds, lost=bool(lost), by_itself=True, seconds=seconds)
    print(f"{name}: {rounds} rounds, {lost or 'whole'}, {seconds:.1f} s", flush=True)
