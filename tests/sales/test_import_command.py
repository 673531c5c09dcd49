"""`manage.py import_orders` as operators run it: exit codes, messages, rejects, killed half-way."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from compensation.models import Period
from representatives.models import Representative
from sales.importing import COLUMNS
from sales.models import ImportBatch, Order, OrderLine, Payment, Product
from tests.sales.conftest import local

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = ",".join(COLUMNS)
GOOD = [
    "A1,MARTA,H-7,0,GREENS,2,49.90,2017-01-10T10:00:00,",
    "A2,MARTA,,1,TEA,3,10.32,2017-02-01T09:30:00,",
]
BAD = "A3,MARTA,H-7,0,NONE,1,12.90,2017-02-03,"
Command = Callable[..., Any]


@pytest.fixture
def command(
    run_command: Command,
    periods: list[Period],
    other_seller: Representative,
    products: dict[str, Product],
) -> Command:
    return run_command


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str, name: str = "orders.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([HEADER, *lines, ""]))
        return path

    return write


def test_exit_codes_and_messages(command: Command, file: Callable[..., Path]) -> None:
    done = command("import_orders", file(*GOOD))
    again = command("import_orders", file(*GOOD), "--json")
    rejected = command("import_orders", file(*GOOD, BAD))
    conflict = command("import_orders", file(GOOD[1].replace("TEA,3", "TEA,4")))

    assert (done.returncode, done.stderr) == (0, "")
    assert "orders added 2" in done.stdout
    assert again.returncode == 0
    assert json.loads(again.stdout)["known"] == 2
    assert rejected.returncode == 1
    assert "line 4, order 'A3', rejected: sku 'NONE' is not in the catalogue" in rejected.stderr
    assert conflict.returncode == 3
    assert "line 2, order 'A2', conflict: it is there already" in conflict.stderr


def test_file_that_can_not_be_used(
    command: Command, file: Callable[..., Path], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    damaged = tmp_path / "damaged.csv.gz"
    damaged.write_bytes(gzip.compress(HEADER.encode())[:-4])
    cases = {
        (tmp_path / "missing.csv",): (2, "No such file"),
        (tmp_path,): (2, "directory"),
        (wrong,): (2, "The header (line 1) lacks"),
        (damaged,): (1, "damaged"),
        (file(*GOOD), "--rejects", tmp_path / "none" / "r.csv"): (2, "can't be written"),
        (file(*GOOD), "--rejects", file(*GOOD)): (2, "overwrite"),
        (file(*GOOD), "--chunk", "0"): (2, "--chunk"),
    }

    for arguments, (code, words) in cases.items():
        with pytest.raises(CommandError, match=re.escape(words)) as refusal:
            call_command("import_orders", *map(str, arguments))
        assert refusal.value.returncode == code
    ended = command("import_orders", wrong)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr
    assert not Order.objects.exists()


def test_rejects_file_can_be_corrected_and_imported(
    command: Command, file: Callable[..., Path], tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.csv"

    command("import_orders", file(*GOOD, BAD, BAD.replace("NONE", "TEA")), "--rejects", rejects)

    rows = list(csv.DictReader(rejects.open()))
    assert [(row["line"], row["reason"]) for row in rows] == [
        ("4", "sku 'NONE' is not in the catalogue"),
        ("5", "its order is rejected, see line 4"),
    ]
    rejects.write_text(rejects.read_text().replace("NONE", "JUG"))
    ended = command("import_orders", rejects)
    assert (ended.returncode, Order.objects.get(external_ref="A3").line_count) == (0, 2)


def test_late_order_and_its_way_in(
    command: Command, file: Callable[..., Path], periods: list[Period]
) -> None:
    Period.objects.filter(pk=periods[0].pk).update(status="frozen", frozen_at=local("2017-02-02"))

    late = command("import_orders", file(GOOD[0]))
    let_in = command("import_orders", file(GOOD[0]), "--into-open-period")

    assert (late.returncode, let_in.returncode) == (1, 0)
    assert "--into-open-period" in late.stderr
    assert Order.objects.get().counted_at == local("2017-03-20T13:00")


def many_orders(count: int, *, seller: str, suffix: str) -> list[str]:
    """Return lines of orders that are first, repeat, add-on and partly returned.

    All stand at instants of their own, so that names play no part in what comes first.
    """
    lines = []
    start = local("2017-01-01T06:00")
    for number in range(count):
        at = (start + timedelta(minutes=17 * number)).isoformat()
        buyer = f"{seller},K{number % 41},0"
        lines += [
            f"B{number}{suffix},{buyer},{sku},{number % 3 + 1},10.00,{at},"
            for sku in ("GREENS", "TEA", "JUG")[: number % 3 + 1]
        ]
        if number % 10 == 0:
            lines.append(f"R{number}{suffix},{buyer},GREENS,1,,{at},B{number}{suffix}")
    return lines


def stored(seller: str) -> list[tuple[Any, ...]]:
    """Return what was written for a seller, without keys and names."""
    lines = OrderLine.objects.filter(order__seller__code=seller).order_by(
        "order__paid_at", "number"
    )
    values = lines.values_list(
        "order__status",
        "order__paid_at",
        "order__counted_at",
        "order__gross_minor",
        "order__rsp",
        "order__customer__reference",
        "order__payment__amount_minor",
        "number",
        "product__sku",
        "bv",
        "line_class",
        "within_add_on_days",
        "returns__quantity",
        "returns__bv",
        "returns__counted_at",
    )
    return list(values)


@pytest.mark.slow
def test_killed_half_way_and_run_again_gives_the_same_end(
    command: Command, start_command: Command, file: Callable[..., Path]
) -> None:
    path = file(*many_orders(4000, seller="MARTA", suffix="m"))
    process = start_command("import_orders", path, "--chunk", "100")
    wait_until(lambda: Order.objects.count() >= 400, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
    wait_until_idle()

    half = Order.objects.count()
    assert 400 <= half < 4000
    assert half == Payment.objects.count() == Order.objects.filter(status="paid").count()
    assert ImportBatch.objects.get().finished_at is None
    ended = command("import_orders", path, "--json")
    whole = command(
        "import_orders", file(*many_orders(4000, seller="LUKASZ", suffix="l"), name="whole.csv")
    )

    report = json.loads(ended.stdout)
    assert (ended.returncode, whole.returncode) == (0, 0)
    assert report["orders"] == 4000 - half
    assert report["known"] + report["orders"] + report["returns"] == 4400
    assert len(stored("MARTA")) == 7999
    assert {row[10] for row in stored("MARTA")} == {"first", "repeat", "add_on"}
    assert stored("MARTA") == stored("LUKASZ")


def test_two_imports_of_one_file_at_once_write_it_once(
    command: Command, start_command: Command, file: Callable[..., Path]
) -> None:
    path = file(*many_orders(300, seller="MARTA", suffix="m"))

    both = [start_command("import_orders", path, "--chunk", "20", "--json") for _ in range(2)]
    ended = [process.communicate(timeout=120)[0] for process in both]

    assert [process.returncode for process in both] == [0, 0]
    assert sum(json.loads(text)["orders"] for text in ended) == 300
    assert sum(json.loads(text)["known"] for text in ended) == 330
    assert Order.objects.count() == 300


def wait_until(condition: Callable[[], bool], process: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, "the import ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def wait_until_idle() -> None:
    """Wait until the killed client's statement is over and its transaction rolled back."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND application_name = 'perennial' AND state <> 'idle'"
            )
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("the killed client's statement never ended")
