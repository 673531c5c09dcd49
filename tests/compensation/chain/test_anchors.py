"""Anchors outside the database: a tail cut off and a chain computed anew are named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from compensation import anchors, services, tasks, verification
from compensation.chain import chain_faults
from compensation.models import Batch, Run
from representatives import outbox
from representatives.models import Company
from representatives.models_outbox import Alert, OutboxEvent
from tests.compensation.chain.postings import (
    NOW,
    Owner,
    change_an_amount,
    guarded_again,
    number_of,
    post,
)
from tests.compensation.town import Town, local

# -- Anchors --------------------------------------------------------------------------------------


def test_a_tail_cut_off_is_named_by_the_anchor(
    posted: Run, unguarded: Owner, tmp_path: Path
) -> None:
    file = tmp_path / "anchors"
    anchors.write_anchor(file)
    last = number_of("d")
    unguarded.execute("DELETE FROM compensation_entry WHERE journal_id = %s", [last])
    unguarded.execute("DELETE FROM compensation_journal WHERE id = %s", [last])
    unguarded.execute("DELETE FROM compensation_batch WHERE number = 4")
    unguarded.execute("SELECT compensation_rebuild_balances()")
    assert guarded_again(unguarded) == []

    (fault,) = verification.ledger_faults(anchors=anchors.read_anchors(file))

    assert fault.startswith("the chain ends with batch 3")
    assert fault.endswith("batches 4 to 4 are cut off")
    with pytest.raises(anchors.AnchorDiffers, match="which the ledger lacks"):
        anchors.write_anchor(file)


def test_a_chain_that_was_computed_anew_is_named_by_the_anchor(
    town: Town, posted: Run, unguarded: Owner, tmp_path: Path
) -> None:
    file = tmp_path / "anchors"
    anchors.write_anchor(file)
    change_an_amount(unguarded)
    batches = unguarded.execute(
        "SELECT xact::text, first_journal, last_journal FROM compensation_batch ORDER BY number"
    ).fetchall()
    unguarded.execute("DELETE FROM compensation_batch")
    unguarded.execute("DELETE FROM compensation_balance")
    for xact, first, last in batches:
        unguarded.execute("SELECT compensation_seal(%s::xid8, %s, %s)", [xact, first, last])
    assert guarded_again(unguarded) == []

    (fault,) = verification.ledger_faults(anchors=anchors.read_anchors(file))

    assert fault.startswith("batch 4 of the chain is not the one that was anchored on")
    assert "of batches 1 to 4 one was changed" in fault
    with pytest.raises(anchors.AnchorDiffers, match="with another head"):
        anchors.write_anchor(file)


@pytest.mark.breaks_ledger
def test_anchors_narrow_down_what_was_computed_anew(
    town: Town, posted: Run, unguarded: Owner, tmp_path: Path
) -> None:
    file = tmp_path / "anchors"
    anchors.write_anchor(file)
    early = file.read_text().replace("4 ", "2 ", 1).split()
    second = Batch.objects.get(number=2)
    sealed = sum(one.journal_count for one in Batch.objects.filter(number__lte=2))
    early[1:4] = [bytes(second.head).hex(), str(sealed), str(second.last_journal)]
    file.write_text(" ".join(early) + "\n" + file.read_text())
    unguarded.execute("UPDATE compensation_batch SET head = sha256('x') WHERE number IN (3, 4)")

    faults = list(chain_faults(anchors.read_anchors(file)))

    assert any("of batches 3 to 4 one was changed" in fault for fault in faults)


def test_an_anchor_is_written_once(town: Town, posted: Run, tmp_path: Path) -> None:
    file = tmp_path / "deep" / "anchors"

    first, again = anchors.write_anchor(file), anchors.write_anchor(file)
    post(town, "e")
    anchors.write_anchor(file)

    assert first == again
    assert [one.number for one in anchors.read_anchors(file)] == [4, 5]
    assert verification.ledger_faults(anchors=anchors.read_anchors(file)) == []


@pytest.mark.django_db
def test_nothing_posted_is_no_anchor(tmp_path: Path) -> None:
    assert anchors.write_anchor(tmp_path / "anchors") is None
    assert (tmp_path / "anchors").read_text() == ""


def test_a_line_that_is_no_anchor_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    file.write_text("1 abc 2 3 now\n")

    with pytest.raises(anchors.UnableToReadAnchors, match="line 1"):
        anchors.read_anchors(file)
    with pytest.raises(anchors.UnableToReadAnchors, match="can't be read"):
        anchors.read_anchors(tmp_path / "none")


def test_a_close_has_its_head_noted_outside(
    founded_town: Town, settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "anchors"
    settings.LEDGER_ANCHORS = str(file)

    founded_town.close("2017-01")
    assert not file.exists()
    outbox.drain(now=timezone.now(), limit=100)

    assert [one.number for one in anchors.read_anchors(file)] == [1]
    post(founded_town, "a")
    assert tasks.anchor_ledger_task() == 2
    assert tasks.anchor_ledger_task() == 2
    assert [one.number for one in anchors.read_anchors(file)] == [1, 2]


def test_an_anchor_that_the_ledger_contradicts_is_an_alert(
    posted: Run, settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "anchors"
    settings.LEDGER_ANCHORS = str(file)
    anchors.write_anchor(file)
    file.write_text(file.read_text().replace("4 ", "5 ", 1))
    before = file.read_text()

    for _ in range(2):
        assert services.anchor_ledger(now=NOW) is None
    assert file.read_text() == before
    file.write_text("nonsense\n")
    assert services.anchor_ledger(now=NOW) is None

    assert list(Alert.objects.order_by("key").values_list("code", "key")) == [
        ("ledger_anchor", "ledger_anchor:5"),
        ("ledger_anchor", "ledger_anchor:unreadable"),
    ]


def test_a_file_that_cannot_be_written_is_an_alert_a_day(
    posted: Run, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("no folder")
    settings.LEDGER_ANCHORS = str(tmp_path / "taken" / "anchors")
    company = Company.objects.get(pk=Company.ONLY_ID)

    for text in ("2017-02-10T09:00", "2017-02-10T23:30", "2017-02-11T00:30"):
        company.clock_frozen_at = local(text)
        company.save(update_fields=["clock_frozen_at"])
        assert tasks.anchor_ledger_task() is None

    assert list(Alert.objects.order_by("key").values_list("code", "key")) == [
        ("ledger_anchor", "ledger_anchor:unwritten:2017-02-10"),
        ("ledger_anchor", "ledger_anchor:unwritten:2017-02-11"),
    ]
    assert "taken/anchors" in Alert.objects.latest("pk").text
    settings.LEDGER_ANCHORS = str(tmp_path / "anchors")
    assert tasks.anchor_ledger_task() == 4


def test_without_a_file_nothing_is_noted(posted: Run, settings: Any) -> None:
    settings.LEDGER_ANCHORS = ""

    assert services.anchor_ledger(now=NOW) is None
    assert not OutboxEvent.objects.filter(topic="ledger.anchor").exists()


def test_the_commands_tell_and_exit(
    town: Town, posted: Run, run_command: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "anchors"

    written = run_command("anchor_ledger", "--to", file)
    sound = run_command("verify_ledger", "--anchors", file)
    file.write_text(file.read_text().replace("4 ", "5 ", 1))
    cut = run_command("verify_ledger", "--anchors", file)
    differs = run_command("anchor_ledger", "--to", file)
    missing = run_command("verify_ledger", "--anchors", tmp_path / "none")

    assert (written.returncode, sound.returncode, sound.stdout) == (0, 0, "the ledger is sound\n")
    assert (cut.returncode, differs.returncode, missing.returncode) == (1, 1, 2)
    assert "batches 5 to 5 are cut off" in cut.stderr
