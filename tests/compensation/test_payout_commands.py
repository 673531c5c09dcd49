"""The commands of payouts: answers imported, records reconciled, exit codes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from compensation.models import Payout
from tests.compensation.paying import answers, paying_town, send
from tests.compensation.town import CLOSER, Town
from tests.databases import TestDatabases


@pytest.fixture
def paying(transactional_db: None, test_databases: TestDatabases) -> Town:
    return paying_town(test_databases)


def _run(*words: Any) -> tuple[int, str, str]:
    out, errors = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command(*words, stdout=out, stderr=errors)
    return int(str(left.value.code)), out.getvalue(), errors.getvalue()


def test_answers_are_imported_and_records_agree(paying: Town, tmp_path: Path) -> None:
    batch = send(paying)
    file = tmp_path / "bank.csv"
    file.write_bytes(answers(*((one, "ACSC") for one in batch.payouts.all())))

    first = _run("import_answers", file, "--by", CLOSER, "--json")
    again = _run("import_answers", file, "--by", CLOSER)
    agreed = _run("reconcile_payouts", "--json")

    assert first[0] == again[0] == agreed[0] == 0
    assert json.loads(first[1])["settled"] == batch.payouts.count()
    assert "repeated" in again[1]
    assert json.loads(agreed[1]) == {
        "currency": "EUR",
        "ledger_minor": 0,
        "payouts_minor": 0,
        "differences": [],
    }
    assert set(Payout.objects.values_list("status", flat=True)) == {"settled"}


def test_what_is_refused_is_named_and_ends_in_one(paying: Town, tmp_path: Path) -> None:
    send(paying)
    file = tmp_path / "bank.csv"
    file.write_text("end_to_end_id,status\nNOBODY-1,ACSC\n")

    refused = _run("import_answers", file, "--by", CLOSER)
    file.write_text("nonsense")
    broken = _run("import_answers", file, "--by", CLOSER)

    assert refused[0] == broken[0] == 1
    assert "line 2, NOBODY-1: No payout of ours" in refused[1]
    assert "needs the columns" in broken[2]


def test_wrong_use_ends_in_two(paying: Town, tmp_path: Path) -> None:
    assert _run("import_answers", tmp_path / "none.csv", "--by", CLOSER)[0] == 2
    assert _run("import_answers", tmp_path / "none.csv", "--by", "nobody@example.com")[0] == 2
    assert _run("reconcile_payouts", "--ask-bank")[0] == 2
