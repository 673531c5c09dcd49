"""Ask mypy about changes first: what it refuses, `make check` would find.

Every change is written into a copy of the engine as one more function, so that one run of mypy
answers for all of them.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent

from tests.mutation.changes import ENGINE, ROOT, Change
from tests.mutation.verdicts import STATE

SETTINGS = """\
[mypy]
python_version = 3.11
ignore_missing_imports = true
strict = true
warn_unused_ignores = false
"""


def refused(changes: Iterable[Change]) -> set[str]:
    """Give the keys of those changes that mypy refuses."""
    by_module: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_module[change.module].append(change)
    if not by_module:
        return set()
    STATE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=STATE) as folder:
        return refused_in(Path(folder), by_module)


def refused_in(stage: Path, by_module: Mapping[str, list[Change]]) -> set[str]:
    """Write changes into a copy of the engine and ask mypy."""
    shutil.copytree(ROOT / ENGINE, stage / ENGINE, ignore=shutil.ignore_patterns("__pycache__"))
    for package in (ENGINE.parent, *ENGINE.parent.parents[:-1]):
        (stage / package / "__init__.py").write_text("")
    (stage / "mypy.ini").write_text(SETTINGS)
    spans: dict[tuple[str, int], str] = {}
    for module, of_module in by_module.items():
        path = stage / ENGINE / module
        text, keys = with_changes(path.read_text(encoding="utf-8"), of_module)
        path.write_text(text, encoding="utf-8")
        spans |= {(str(ENGINE / module), line): key for line, key in keys.items()}
    command = [sys.executable, "-m", "mypy", "--output", "json", str(ENGINE)]
    found = subprocess.run(command, cwd=stage, capture_output=True, text=True, check=False)
    if found.returncode not in (0, 1):
        raise RuntimeError(found.stdout + found.stderr)
    faults = [json.loads(line) for line in found.stdout.splitlines() if line[:1] == "{"]
    places = ((one["file"], one["line"]) for one in faults if one["severity"] == "error")
    return {spans[place] for place in places if place in spans}


def with_changes(source: str, changes: list[Change]) -> tuple[str, dict[int, str]]:
    """Add changed functions to a module; the key of the change by the number of a line."""
    ends = {
        one.name: one.end_lineno or 0
        for one in ast.parse(source).body
        if isinstance(one, ast.ClassDef)
    }
    lines = source.splitlines()
    added: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for number, change in enumerate(changes):
        owner, _, name = change.function.rpartition(".")
        new = re.sub(rf"\bdef {name}\(", f"def {name}_changed_{number}(", change.changed, count=1)
        place = ends[owner] if owner else len(lines)
        added[place].append((indent(new, "    ") if owner else new, change.key))
    result: list[str] = []
    keys: dict[int, str] = {}
    for number, line in enumerate(["", *lines]):
        if number:
            result.append(line)
        for text, key in added[number]:
            result.append("")
            for one in text.splitlines():
                result.append(one)
                keys[len(result)] = key
    return "\n".join(result) + "\n", keys
