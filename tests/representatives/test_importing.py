"""Bulk import: everything or nothing, each fault with its line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from representatives import checks, importing, services
from representatives.importing import UnableToImport, import_representatives, writer
from representatives.models import Representative
from tests.representatives.people import NOW, TODAY, enrol, make_staff, row, write_csv

pytestmark = pytest.mark.django_db

COMPANY = [row("R"), row("A", "R"), row("B", "R"), row("A1", "A"), row("A2", "A")]


def load(path: Path) -> importing.ImportOutcome:
    return import_representatives(path=path, now=NOW, today=TODAY)


def faults_of(path: Path) -> list[str]:
    before = list(Representative.objects.values_list("pk", "lft", "rght"))
    with pytest.raises(UnableToImport) as caught:
        load(path)
    assert list(Representative.objects.values_list("pk", "lft", "rght")) == before
    return [str(fault) for fault in caught.value.faults]


def test_import_founds_a_tree_in_any_order_of_lines(tmp_path: Path) -> None:
    outcome = load(write_csv(tmp_path / "all.csv", reversed(COMPANY)))

    assert outcome == importing.ImportOutcome(added=5, already_there=0)
    assert checks.check_tree().faults == []
    stored = {one.code: one for one in Representative.objects.select_related("sponsor")}
    assert {code: one.sponsor.code if one.sponsor else "" for code, one in stored.items()} == {
        "R": "", "A": "R", "B": "R", "A1": "A", "A2": "A",
    }  # fmt: skip
    assert [stored[code].level for code in ("R", "A", "A1")] == [0, 1, 2]
    first = stored["A1"]
    assert (first.name, first.email, str(first.enrolled_on)) == (
        "A Person", "a1@example.com", "2026-01-31",
    )  # fmt: skip
    assert (first.status, first.user, first.sort_key) == ("enrolled", None, "a person")


def test_import_below_members_who_are_there(tmp_path: Path) -> None:
    root = enrol(code="R")
    left, right = enrol(root, code="L"), enrol(root, code="M")
    rows = [row("X", "L"), row("X1", "X"), row("Y", "M"), row("X2", "X"), row("Z", "R")]

    load(write_csv(tmp_path / "more.csv", rows))

    assert checks.check_tree().faults == []
    left.refresh_from_db()
    right.refresh_from_db()
    assert [one.code for one in left.get_descendants()] == ["X", "X1", "X2"]
    assert [one.code for one in right.get_descendants()] == ["Y"]


def test_import_below_very_many_members_relabels_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SPONSORS_PLACED_SINGLY", 1)

    test_import_below_members_who_are_there(tmp_path)


def test_file_again_is_already_there(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "all.csv", COMPANY)
    load(path)

    assert load(path) == importing.ImportOutcome(added=0, already_there=5)


def test_gzip_bom_column_order_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "all.csv.gz"
    text = (
        "\ufeffname,email,code,enrolled_on,sponsor_code\r\n"
        'Żaneta "Z",,R,2026-01-01,\r\n\r\n'
        '"Back\\slash,  Ann ",ANN@Example.com, A ,2026-01-02,R\r\n'
    )
    path.write_bytes(gzip.compress(text.encode()))

    load(path)

    stored = Representative.objects.values_list("code", "name", "email")
    assert list(stored) == [
        ("R", 'Żaneta "Z"', ""),
        ("A", "Back\\slash, Ann", "ann@example.com"),
    ]


FAULTS = [
    (row("", "R", email=""), "code: is empty"),
    (row("X" * 33, "R"), "code:"),
    (row("a b", "R", email=""), "code: 'a b' is not"),
    (row("X/1", "R"), "code:"),
    (row("A", "R"), "code: A is in line 3 already"),
    (row("X", "NOBODY"), "sponsor_code: nobody has the code NOBODY"),
    (row("X", "b\tc"), "sponsor_code: 'b\\tc' is not"),
    (row("X", ""), "sponsor_code: is empty, and the tree has its one root already (R, line 2)"),
    (row("X", "X"), "sponsor_code: X is in a circle of sponsors through X"),
    (row("X", "R", ""), "name: is empty"),
    (row("X", "R", "n" * 151), "name: has 151 characters, 150 at most"),
    (row("X", "R", "a\x1bb"), "name: 'a\\x1bb' has control characters"),
    (row("X", "R", email="nobody"), "email: 'nobody' is not an e-mail address"),
    (row("X", "R", email="x" * 250 + "@example.com"), "email: has 262 characters, 254 at most"),
    (row("X", "R", day="31.01.2026"), "enrolled_on: '31.01.2026' is not a date"),
    (row("X", "R", day="2026-02-30"), "enrolled_on: '2026-02-30' is not a date"),
    (row("X", "R", day="2026-03-11"), "enrolled_on: '2026-03-11' is not a date"),
    (row("X", "R", day=""), "enrolled_on: '' is not a date"),
    (["X", "R", "Name"], "3 fields, 5 are needed"),
]


@pytest.mark.parametrize(("bad", "message"), FAULTS)
def test_fault_is_named_with_its_line(tmp_path: Path, bad: list[str], message: str) -> None:
    path = write_csv(tmp_path / "bad.csv", [*COMPANY, bad])

    faults = faults_of(path)

    assert len(faults) == 1
    assert faults[0].startswith(("line 7, ", "line 7: "))
    assert message in faults[0]


def test_all_faults_come_at_once_and_recruits_of_refused_lines_are_not_orphans(
    tmp_path: Path,
) -> None:
    rows = [
        *COMPANY,
        row("C", "R", ""),
        row("C1", "C"),
        row("D", "E"),
        row("E", "D"),
        row("F", "E"),
    ]

    assert faults_of(write_csv(tmp_path / "bad.csv", rows)) == [
        "line 7, name: is empty",
        "line 9, sponsor_code: D is in a circle of sponsors through E",
        "line 10, sponsor_code: E is in a circle of sponsors through D",
    ]


def test_a_hundred_faults_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    rows = [*COMPANY, *(row(f"X{at}", "NOBODY") for at in range(250))]

    with pytest.raises(UnableToImport) as caught:
        load(write_csv(tmp_path / "bad.csv", rows))

    assert len(caught.value.faults) == 100
    assert caught.value.fault_count == 250


def test_faults_against_the_members_there_are(tmp_path: Path) -> None:
    root = enrol(code="R")
    gone = enrol(root, code="GONE")
    services.terminate_representative(
        representative=gone, reason="left", decided_by=make_staff(), now=NOW
    )
    rows = [row("R"), row("X", "GONE"), row("Y"), row("Z", "X")]

    assert faults_of(write_csv(tmp_path / "bad.csv", rows)) == [
        "line 2, code: R is a member already",
        "line 2, sponsor_code: is empty, and the tree has its one root already (R)",
        "line 3, sponsor_code: GONE is terminated",
        "line 4, sponsor_code: is empty, and the tree has its one root already (R)",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: the columns must be code, sponsor_code"),
        (b"code,name\nA,B\n", "line 1: the columns must be"),
        (b'code,sponsor_code,name,email,enrolled_on\nR,,"open\n', "line"),
        (b"code,sponsor_code,name,email,enrolled_on\nR,,\xff\xfe,,2026-01-01\n", "line 2, name:"),
    ],
)
def test_unreadable_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)

    faults = faults_of(path)

    assert faults[0].startswith(message)


def test_broken_gzip_is_refused(tmp_path: Path) -> None:
    for content in (b"no gzip", gzip.compress(b"code,sponsor_code\n" * 999)[:-20]):
        path = tmp_path / "bad.csv.gz"
        path.write_bytes(content)

        assert faults_of(path)


# -- Commands --------------------------------------------------------------------------------------


def call(*arguments: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=out)
    except CommandError as error:
        return out.getvalue() + str(error), error.returncode
    return out.getvalue(), 0


@pytest.fixture
def _clock(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE representatives_company SET clock_frozen_at = %s", [NOW])


@pytest.mark.usefixtures("_clock")
def test_command_reports_and_exits_by_the_outcome(tmp_path: Path) -> None:
    good = str(write_csv(tmp_path / "good.csv", COMPANY))
    bad = str(write_csv(tmp_path / "bad.csv", [row("X", "NOBODY")]))

    assert call("import_representatives", str(tmp_path / "none.csv"))[1] == 2
    assert call("import_representatives", good)[1] == 0
    assert "0 added, 5 already there" in call("import_representatives", good)[0]
    text, code = call("import_representatives", bad)
    assert code == 1
    assert "line 2, sponsor_code: nobody has the code NOBODY" in text
    assert "nothing was imported" in text
    out, code = call("import_representatives", bad, "--json")
    report = json.loads(out.splitlines()[0])
    assert report["fault_count"] == 1
    assert report["faults"][0]["line"] == 2
    assert json.loads(call("import_representatives", good, "--json")[0]) == {
        "added": 0,
        "already_there": 5,
    }


@pytest.mark.usefixtures("_clock")
def test_check_tree_finds_and_rebuild_tree_mends(tmp_path: Path) -> None:
    load(write_csv(tmp_path / "all.csv", COMPANY))
    assert call("check_tree") == ("5 members, every label is right\n", 0)
    breakages = [
        "SET lft = lft + 1, rght = rght - 1, level = 3 WHERE code = 'A1'",
        "SET lft = 3, rght = 4 WHERE code = 'A1'",
        "SET lft = (SELECT lft FROM representatives_representative WHERE code = 'A1'),"
        " rght = (SELECT rght FROM representatives_representative WHERE code = 'A1')"
        " WHERE code = 'A2'",
    ]
    for breakage in breakages:
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE representatives_representative {breakage}")

        text, code = call("check_tree")
        assert code == 1
        assert "member" in text
        report = json.loads(call("check_tree", "--json")[0].splitlines()[0])
        assert report["fault_count"] == len(report["faults"]) > 0
        assert call("rebuild_tree")[1] == 0
        assert call("check_tree")[1] == 0

    assert json.loads(call("rebuild_tree", "--json")[0]) == {"relabelled": 0}


def test_commands_on_an_empty_tree() -> None:
    assert call("check_tree") == ("0 members, every label is right\n", 0)
    assert call("rebuild_tree") == ("0 members relabelled\n", 0)


@pytest.mark.django_db(transaction=True)
def test_commands_tell_a_busy_tree(
    open_connection: Callable[[], Any], run_command: Callable[..., Any], tmp_path: Path
) -> None:
    holder = open_connection()
    holder.execute("SELECT pg_advisory_xact_lock(representatives_tree_lock_key())")
    path = write_csv(tmp_path / "all.csv", [row("R")])

    impatient = {"PGOPTIONS": "-c lock_timeout=300ms"}
    finished = run_command("import_representatives", path, env=impatient)

    assert finished.returncode == 3
    assert "changed by somebody else" in finished.stderr
    holder.rollback()
    assert run_command("import_representatives", path).returncode == 0
    assert Representative.objects.count() == 1
