"""Many processes at one bank: points are converted once and expire once, whatever is killed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import pytest

from compensation import selectors_bank, services, verification
from compensation.models import Account, Entry, Period, RspConversion
from tests.compensation.bank_town import bank_of, build_bank_town, convert
from tests.compensation.town import Town, digest
from tests.processes import ROOT
from tests.race.processes import is_stopped, wait_until, wake

PROCESSES = 5
NOON, LATE = "2017-02-20T12:00", "2017-04-02T12:00"


@pytest.fixture
def town(transactional_db: None) -> Town:
    """A company whose plan has a bank; January is posted, the clock stands in February."""
    town = build_bank_town()
    town.close("2017-01")
    services.ensure_periods(first="2017-04", last="2017-04")
    town.set_clock(NOON)
    return town


def start(environment: Mapping[str, str], act: str, *arguments: str) -> subprocess.Popen[str]:
    """Start an act as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.race.acts_bank", act, *arguments],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def together(started: Sequence[subprocess.Popen[str]]) -> list[str]:
    """Let all go on when all are ready, and return what each says last."""
    for process in started:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == "ready\n", line + process.communicate()[1]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = []
    for process in started:
        out, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        said.append(out.strip())
    return said


def held(code: str) -> int:
    """What the entries leave in a person's bank."""
    entries = Entry.objects.filter(representative__code=code, account=Account.RSP_BANK)
    return sum(entries.values_list("amount", flat=True))


def without_balance_check(owner: psycopg.Connection[Any]) -> None:
    """Let balances go below nought: the guard that stands behind the lock."""
    (source,) = owner.execute(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE prosrc LIKE %s",
        ["%'balance_not_overdrawn'%"],
    ).fetchone() or ("",)
    toothless = re.sub(
        r"RAISE EXCEPTION '%', fault\s+USING ERRCODE = 'check_violation',"
        r" CONSTRAINT = 'balance_not_overdrawn'",
        "NULL",
        source,
    )
    assert toothless != source
    owner.execute(toothless)


def test_all_points_are_converted_once_by_two_browsers(
    town: Town, subprocess_env: dict[str, str]
) -> None:
    said = together(
        [start(subprocess_env, "convert", f"browser-{number}") for number in range(PROCESSES)]
    )

    (only,) = RspConversion.objects.all()
    assert sorted(said) == [f"conversion {only.pk}", *["not_active"] * (PROCESSES - 1)]
    assert held("A") == 0
    assert verification.ledger_faults() == []


def test_a_double_click_is_one_conversion(town: Town, subprocess_env: dict[str, str]) -> None:
    said = together([start(subprocess_env, "convert", "one-token") for _ in range(PROCESSES)])

    (only,) = RspConversion.objects.all()
    assert said == [f"conversion {only.pk}"] * PROCESSES
    assert held("A") == 0


def test_control_without_lock_and_check_points_are_converted_twice(
    town: Town, subprocess_env: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    without_balance_check(owner_connection)

    together([start(subprocess_env, "convert-unguarded", f"browser-{n}") for n in range(2)])

    assert RspConversion.objects.count() == 2
    assert held("A") < 0


def test_the_database_refuses_an_overdraft_without_the_lock(
    town: Town, subprocess_env: dict[str, str]
) -> None:
    said = together([start(subprocess_env, "convert-unguarded", f"browser-{n}") for n in range(2)])

    assert "bank_changed" in said
    assert RspConversion.objects.count() == 1
    assert held("A") == 0


def test_lots_expire_once_by_many(town: Town, subprocess_env: dict[str, str]) -> None:
    town.set_clock(LATE)

    said = together([start(subprocess_env, "expire") for _ in range(3)])

    assert sorted(said) == ["0 lots", "0 lots", "9 lots"]
    assert all(held(code) == 0 for code in town.members)
    assert verification.ledger_faults() == []


def test_control_without_the_guards_lots_expire_twice(
    town: Town, subprocess_env: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    town.set_clock(LATE)
    without_balance_check(owner_connection)

    together([start(subprocess_env, "expire-unguarded", str(n)) for n in range(2)])

    assert RspConversion.objects.filter(target="expiry").count() == 18
    assert held("A") < 0


# -- the month's freeze ---------------------------------------------------------------------------


def paused(environment: Mapping[str, str], act: str) -> subprocess.Popen[str]:
    """Start an act that freezes itself just before it commits."""
    fault = {"FAULT_POINT": "convert.before_commit", "FAULT_ACTION": "stop"}
    process = start({**environment, **fault}, act)
    wait_until(lambda: is_stopped(process.pid), "the conversion before its commit")
    return process


def freeze(owner: psycopg.Connection[Any]) -> None:
    """Freeze February, as the close does, without much patience."""
    owner.execute("SET lock_timeout = '300ms'")
    owner.execute(
        "UPDATE compensation_period SET status = 'frozen', frozen_at = now()"
        " WHERE label = '2017-02'"
    )


def test_a_freeze_waits_for_bv_that_is_being_bought(
    town: Town, subprocess_env: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    process = paused(subprocess_env, "buy-bv")
    try:
        with pytest.raises(psycopg.errors.LockNotAvailable):
            freeze(owner_connection)
    finally:
        code, errors = wake(process)

    assert code == 0, errors
    freeze(owner_connection)
    bought = selectors_bank.bought_bv(Period.objects.get(label="2017-02"))
    assert bought == {town.members["A"].pk: 9500}
    with pytest.raises(services.UnableToConvert) as refused:
        convert(town, "B", 2000, NOON)
    assert refused.value.reason == "no_period"


def test_control_without_holding_the_month_bv_comes_into_a_frozen_one(
    town: Town, subprocess_env: dict[str, str], owner_connection: psycopg.Connection[Any]
) -> None:
    owner_connection.execute("ALTER TABLE compensation_rspconversion DISABLE TRIGGER bank_check")
    for (source,) in owner_connection.execute(
        "SELECT pg_get_functiondef(tgfoid) FROM pg_trigger WHERE tgname = 'ledger_check'"
    ).fetchall():
        owner_connection.execute(source.replace("FOR SHARE", ""))
    process = paused(subprocess_env, "buy-bv-unguarded")
    try:
        freeze(owner_connection)
        february = Period.objects.get(label="2017-02")
        read_by_the_close = selectors_bank.bought_bv(february)
    finally:
        code, errors = wake(process)

    assert code == 0, errors
    assert february.status == "frozen"
    assert read_by_the_close == {}
    assert selectors_bank.bought_bv(february) == {town.members["A"].pk: 9500}


# -- killed between -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("point", "stands"), [("convert.before_commit", False), ("convert.after_commit", True)]
)
def test_a_conversion_that_is_killed_is_whole_or_not_there(
    town: Town, subprocess_env: dict[str, str], point: str, stands: bool
) -> None:
    before = digest()
    killed = start({**subprocess_env, "FAULT_POINT": point}, "convert", "killed-token")
    assert killed.communicate("go\n", timeout=120)[0] == "ready\n"
    assert killed.returncode == -9
    assert (digest() != before) is stands
    assert RspConversion.objects.exists() is stands

    said = together([start(subprocess_env, "convert", "killed-token")])

    (only,) = RspConversion.objects.all()
    assert said == [f"conversion {only.pk}"]
    assert held("A") == 0
    assert verification.ledger_faults() == []


@pytest.mark.parametrize(
    ("point", "cashed"), [("expire.before_commit", 0), ("expire.after_commit", 9)]
)
def test_an_expiry_that_is_killed_is_finished_by_the_next(
    town: Town, subprocess_env: dict[str, str], point: str, cashed: int
) -> None:
    town.set_clock(LATE)
    killed = start({**subprocess_env, "FAULT_POINT": point}, "expire")
    killed.communicate("go\n", timeout=120)
    assert killed.returncode == -9
    assert RspConversion.objects.count() == cashed

    together([start(subprocess_env, "expire")])

    assert RspConversion.objects.count() == 9
    assert all(held(code) == 0 for code in town.members)
    assert bank_of(town, "A", LATE).expired == 26000
