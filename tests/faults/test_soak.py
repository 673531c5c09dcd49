"""The soak tells a loss: what it looks at is not always whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.compensation.town import Town
from tests.soak import kills
from tests.soak.company import Company
from tests.soak.table import Table


@pytest.mark.breaks_ledger
def test_a_loss_is_told(
    town: Town,
    reference: Callable[..., str],
    owner_connection: psycopg.Connection[Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    company = Company(servers=None, folder=tmp_path, town=town, reference=reference())  # type: ignore[arg-type]
    assert "digest" in kills._loss(company)

    town.close("2017-01")
    assert kills._loss(company) == ""

    owner_connection.execute("ALTER TABLE compensation_entry DISABLE TRIGGER append_only")
    assert "append_only" in kills._loss(company)
    owner_connection.execute("UPDATE compensation_entry SET amount = amount + 1 WHERE account = 2")
    assert "digest" in kills._loss(company)

    table = Table()
    table.lose("a cent")
    table.note("a fault of the test", lost=True, by_itself=True, seconds=1.5)
    table.print()
    assert table.losses == ["a cent"]
    told = capsys.readouterr().out
    assert "LOST: a cent" in told
    assert table.rows["a fault of the test"].survived == 0
