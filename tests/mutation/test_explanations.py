"""The list of docs/mutation.md speaks of lines that are there."""

from __future__ import annotations

import pytest

from tests.mutation.changes import ENGINE, ROOT, modules
from tests.mutation.explanations import explains, explanations


@pytest.mark.parametrize(
    "entry", explanations(), ids=lambda entry: f"{entry['module']}: {entry['before'][:40]}"
)
def test_explained_line_is_still_in_its_module(entry):
    lines = [
        (module, line.strip())
        for module in modules()
        for line in (ROOT / ENGINE / module).read_text(encoding="utf-8").splitlines()
    ]
    anything = {**entry, "after": "*"}

    assert entry["reason"]
    assert any(explains(anything, module, line, "") for module, line in lines)


def test_explanation_needs_module_before_and_after():
    entry = {"module": "money.py", "before": "x = a[*] < 1", "after": "x = *<= 1"}

    assert explains(entry, "money.py", "x = a[0] < 1", "x = a[0] <= 1")
    assert not explains(entry, "ranks.py", "x = a[0] < 1", "x = a[0] <= 1")
    assert not explains(entry, "money.py", "x = b[0] < 1", "x = a[0] <= 1")
    assert not explains(entry, "money.py", "x = a[0] < 1", "x = a[0] < 2")
