"""The table of cases in docs/faults.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
PAGE = TESTS.parent / "docs" / "faults.md"
NAMED = re.compile(r"`(?:tests/)?([a-z_/]+\.py|…)(?:::(test_\w+))?`")
CASES = {f"C{number:02}" for number in (*range(1, 6), *range(7, 11), *range(12, 18), 19)}


def test_the_table_of_cases_is_whole_and_names_tests_that_exist() -> None:
    text = PAGE.read_text()
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| C")]
    assert {row[1].strip() for row in rows} - {"Case"} == CASES

    for line in text.splitlines():
        last = ""
        for file, test in NAMED.findall(line):
            last = last if file == "…" else file
            source = (TESTS / last).read_text()
            assert not test or f"def {test}(" in source, (file, test)
