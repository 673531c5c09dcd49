"""Mutation testing of the compensation engine: ``python -m tests.mutation run [MODULE ...]``.

mutmut changes the engine one operator, number or argument at a time and runs the tests of
``tests/engine`` that reach the changed function; a change that no test notices *survives*. All of
it happens in a copy, ``.local/mutation``, where results are kept: a run that was interrupted goes
on where it stopped, and a function that did not change is not tried again. ``report`` prints the
table and every survivor that docs/mutation.md does not explain.

Exit codes: 0 everything tried and every survivor explained, 1 not, 2 usage.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGE = ROOT / ".local" / "mutation"
ENGINE = Path("compensation/engine")
EXPLANATIONS = ROOT / "docs" / "mutation.md"
COPIED = ("compensation", "tests/engine", "tests/__init__.py", "docs/plan")
CASES = "10"
"""Drawn worlds of each test against the oracle."""
SURVIVED, UNREACHED, REFUSED = 0, (5, 33), 37
"""What mutmut notes: the tests passed, no test reached it, mypy refused it."""

SETTINGS = """\
[tool.pytest.ini_options]
pythonpath = ["."]
markers = ["slow: takes more than a few seconds"]
addopts = "--strict-markers --import-mode=importlib -p no:django -p no:xdist -p no:cacheprovider"

[tool.mypy]
python_version = "3.11"
ignore_missing_imports = true
strict = true
warn_unused_ignores = false

[tool.mutmut]
source_paths = ["compensation"]
only_mutate = [{modules}]
also_copy = ["docs"]
track_dependencies = false
# Words of a message are not worth a test each.
do_not_mutate_patterns = ['^\\s*raise ', '^\\s*f?"[^"]*"$', '\\.fault\\(']
# Tests that read the engine's source, and the slow ones.
pytest_add_cli_args_test_selection = [
    "tests/engine", "-k",
    "not test_the_engine_ and not large_tree and not imports_the_standard and not 100000",
]
type_check_command = ["{python}", "-m", "mypy", "--output", "json", "compensation/engine"]
"""


@dataclass
class Module:
    """What became of a module's mutants."""

    name: str
    mutants: int = 0
    undone: int = 0
    refused: int = 0
    """By mypy."""
    survivors: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, line before, line after."""
    unexplained: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Share of the tried mutants that survived, with or without an explanation."""
        return len(self.survivors) / max(self.mutants - self.undone, 1)


def modules() -> list[str]:
    """Every module of the engine, relative to it."""
    folder = ROOT / ENGINE
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))


def stage(chosen: list[str]) -> None:
    """Copy what the tests need, so that nothing in the working tree is ever changed."""
    STAGE.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source, target = ROOT / name, STAGE / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
            continue
        for left in (target, STAGE / "mutants" / name):
            for path in left.rglob("*.py") if left.is_dir() else ():
                if not (source / path.relative_to(left)).exists():
                    path.unlink()
        shutil.copytree(
            source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    quoted = ", ".join(f'"{ENGINE.as_posix()}/{name}"' for name in chosen)
    text = SETTINGS.format(modules=quoted, python=sys.executable)
    (STAGE / "pyproject.toml").write_text(text, encoding="utf-8")


def run(chosen: list[str], *, again: bool, processes: int) -> int:
    """Try every mutant that has no verdict; with ``again`` the survivors once more."""
    stage(chosen)
    names = [survivor[0] for module in read(chosen) for survivor in module.survivors]
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(processes)]
    if again:
        if not names:
            return 0
        command += names
    environment = os.environ | {"ORACLE_CASES": CASES}
    return subprocess.run(command, cwd=STAGE, env=environment, check=False).returncode


def explanations() -> list[dict[str, str]]:
    """The list of docs/mutation.md: module, before and after (patterns), and why."""
    text = EXPLANATIONS.read_text(encoding="utf-8")
    return tomllib.loads(text.split("```toml\n", 1)[1].split("```", 1)[0])["survivor"]


def explains(entry: dict[str, str], module: str, before: str, after: str) -> bool:
    """Whether an entry of the list speaks of a mutant."""
    return (
        fnmatchcase(module, entry["module"])
        and fnmatchcase(before, entry["before"].replace("[", "[[]"))
        and fnmatchcase(after, entry["after"].replace("[", "[[]"))
    )


def change_of(mutant: str) -> tuple[str, str]:
    """The changed line before and after."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant  # reads the stage, when there

    lines = {"-": "", "+": ""}
    for line in get_diff_for_mutant(mutant).splitlines():
        if line[:1] in lines and line[:3] not in ("---", "+++"):
            lines[line[0]] += " " + line[1:].strip()
    return lines["-"].strip(), lines["+"].strip()


def read(chosen: list[str]) -> Iterator[Module]:
    """What is known of each module so far."""
    known = explanations()
    if not STAGE.is_dir():
        return
    with chdir(STAGE):
        for name in chosen:
            meta = Path("mutants") / ENGINE / f"{name}.meta"
            if not meta.exists():
                continue
            verdicts = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
            module = Module(name, mutants=len(verdicts))
            for mutant, code in verdicts.items():
                if code is None:
                    module.undone += 1
                elif code == REFUSED:
                    module.refused += 1
                elif code == SURVIVED or code in UNREACHED:
                    survivor = (mutant, *change_of(mutant))
                    module.survivors.append(survivor)
                    if not any(explains(entry, name, *survivor[1:]) for entry in known):
                        module.unexplained.append(survivor)
            if module.mutants:
                yield module


def report(chosen: list[str]) -> int:
    """Print the table and what is unexplained."""
    found = list(read(chosen))
    print("| Module | changes | tried | refused by mypy | survived | share | unexplained |")
    print("|---|---|---|---|---|---|---|")
    for module in found:
        print(
            f"| `{module.name}` | {module.mutants} | {module.mutants - module.undone} "
            f"| {module.refused} | {len(module.survivors)} | {module.share:.1%} "
            f"| {len(module.unexplained)} |"
        )
    for module in found:
        for name, before, after in module.unexplained:
            print(f"\n{module.name} {name.rpartition('.')[2]}\n- {before}\n+ {after}")
    if not found:
        print("\nNo run yet: python -m tests.mutation run")
    clean = all(not module.unexplained and not module.undone for module in found)
    return 0 if found and clean else 1


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("act", choices=("run", "again", "report"))
    parser.add_argument("module", nargs="*", help="modules of the engine, such as money.py")
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    unknown = set(given.module) - set(modules())
    if unknown:
        parser.error(f"no module of the engine: {', '.join(sorted(unknown))}")
    chosen = given.module or modules()
    if given.act != "report":
        code = run(chosen, again=given.act == "again", processes=given.processes)
        if code:
            return code
    return report(chosen)


if __name__ == "__main__":
    raise SystemExit(main())
