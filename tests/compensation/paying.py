"""A town whose January is posted, with payees who can be paid, and some who can't."""

from __future__ import annotations

import copy
from datetime import timedelta

from compensation import services
from compensation.models import PayeeEventKind, Payout, PayoutBatch
from representatives.models import User
from tests.compensation.town import Town, build_town, local
from tests.databases import CLONE_PREFIX, TestDatabases

NOW = local("2017-02-20T10:00")
EARLIER = NOW - timedelta(days=14)
# Real check digits, nobody's accounts: the examples of the banks' own handbooks.
IBANS = {
    "TOP": "DE89370400440532013000",
    "A": "PL61109010140000071219812874",
    "B": "GB29NWBK60161331926819",
    "D": "FR1420041010050500013M02606",
    "E": "NL91ABNA0417164300",
    "X": "BE68539007547034",
}
WITHOUT_PAPERS = "B"
"""Has a bank account and nothing else."""


def give_login(town: Town, code: str) -> User:
    """Give a member a log-in, whose address is the code's."""
    user = User.objects.create_user(f"{code.lower()}@example.com", "a password nobody types")
    member = town.members[code]
    member.user = user
    member.save(update_fields=["user"])
    return user


def enter_account(town: Town, code: str, iban: str | None = None, **more: str) -> None:
    """Enter a member's bank account long enough ago, as the member."""
    member = town.members[code]
    user = member.user or give_login(town, code)
    services.change_bank_account(
        representative=member,
        holder_name=more.get("holder_name", member.name),
        iban=iban or IBANS[code],
        bic=more.get("bic", ""),
        by=user,
        now=EARLIER,
    )


def approve_papers(town: Town, code: str) -> None:
    """Approve identity and tax form of a member."""
    for kind in (PayeeEventKind.KYC, PayeeEventKind.TAX_FORM):
        services.decide_check(
            representative=town.members[code],
            kind=kind,
            approve=True,
            reason="passport seen",
            by=town.approver,
            now=EARLIER,
        )


_built: dict[str, Town] = {}


def paying_town(databases: TestDatabases) -> Town:
    """Found the town with payees in the test's database: really once, then by copying it."""
    kept = f"{CLONE_PREFIX}{databases.run}_paying"
    if databases.run in _built:
        _use_copy(databases, kept)
    else:
        _built[databases.run] = add_payees(build_town())
        _copy(databases, databases.in_use, kept)
    return copy.deepcopy(_built[databases.run])


def _use_copy(databases: TestDatabases, name: str) -> None:
    """Work on a copy from now on; the database in use is dropped meanwhile."""
    databases.count += 1
    mine = f"{CLONE_PREFIX}{databases.run}_{databases.count}"
    gone = databases.in_use
    databases.in_use = mine
    _copy(databases, name, mine)
    databases.beside.submit(databases.drop, gone)


def _copy(databases: TestDatabases, name: str, to: str) -> None:
    """Copy a database, to which nobody may be connected meanwhile."""
    databases.point_connections_to(databases.shared)
    databases._execute_sql("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", to, name)
    databases.point_connections_to(databases.in_use)


def add_payees(town: Town) -> Town:
    """Post January and enter payees; everybody of IBANS but one can be paid on NOW."""
    town.close("2017-01")
    for code in IBANS:
        enter_account(town, code)
        if code != WITHOUT_PAPERS:
            approve_papers(town, code)
    town.set_clock("2017-02-20T10:00")
    return town


def draft(town: Town) -> PayoutBatch:
    """Draft a batch as the closer."""
    return services.draft_batch(by=town.closer, now=NOW, execution_date=NOW.date())


def send(town: Town, batch: PayoutBatch | None = None) -> PayoutBatch:
    """Approve and send a batch, a new one unless given; by file the bank has it too."""
    made = batch or draft(town)
    services.approve_batch(batch=made, by=town.approver, now=NOW)
    sent = services.send_batch(batch=made, by=town.closer, now=NOW)
    if sent.channel == "file":
        return services.confirm_sending(batch=sent, by=town.closer, now=NOW)
    return sent


def answers(*lines: tuple[Payout, str] | tuple[Payout, str, str]) -> bytes:
    """Return a CSV of the bank: payout, state and perhaps a reason each."""
    rows = [f"{line[0].end_to_end_id},{line[1]},{(*line, '')[2]}" for line in lines]
    return "\n".join(["end_to_end_id,status,reason", *rows]).encode()


def settle(town: Town, batch: PayoutBatch) -> None:
    """Let the bank settle every payout of a batch."""
    file = answers(*((payout, "ACSC") for payout in batch.payouts.order_by("pk")))
    services.import_answers(file=file, by=town.closer, now=NOW)
