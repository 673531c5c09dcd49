"""What has been found of each change, kept in ``.local/mutation`` from run to run.

A verdict is kept as long as what it rests on is the same: the changed function, and for a killed
change the test file that killed it, for a survivor all files of the tests.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.mutation.changes import ENGINE, ROOT, Change, changes_of

STATE = ROOT / ".local" / "mutation"
TESTS = ("tests/engine", "tests/examples")
KILLED, SURVIVED, REFUSED, UNREACHED = "killed", "survived", "refused", "unreached"
QUIET = "quiet"
"""Not noticed by the quick tests; the others were not asked yet."""


def digest_of(*paths: Path) -> str:
    """Digest the content of files."""
    content = hashlib.sha256()
    for path in paths:
        content.update(hashlib.sha256(path.read_bytes()).digest())
    return content.hexdigest()[:20]


@cache
def digest_of_tests() -> str:
    """Digest every file that tests of the engine consist of."""
    folders = [ROOT / folder for folder in TESTS]
    return digest_of(
        *sorted(path for one in folders for kind in ("*.py", "*.yaml") for path in one.rglob(kind))
    )


@cache
def digests_of_engine() -> dict[str, str]:
    """Digest every module of the engine, by its path in it."""
    folder = ROOT / ENGINE
    return {path.relative_to(folder).as_posix(): digest_of(path) for path in folder.rglob("*.py")}


@cache
def digest_of_file(test: str) -> str:
    """Digest a test's file, and the examples beside it; empty if there is none.

    ``test`` is pytest's name of it.
    """
    path = ROOT / test.partition("::")[0]
    return digest_of(path, *sorted(path.parent.glob("*.yaml"))) if path.is_file() else ""


def read_state(name: str) -> dict[str, Any]:
    """Read a file of the state; empty if there is none."""
    path = STATE / f"{name}.json"
    content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return content


def write_state(name: str, content: dict[str, Any]) -> None:
    """Replace a file of the state, whole or not at all."""
    STATE.mkdir(parents=True, exist_ok=True)
    new = STATE / f"{name}.new"
    new.write_text(json.dumps(content, indent=0, sort_keys=True), encoding="utf-8")
    new.replace(STATE / f"{name}.json")


@dataclass
class Module:
    """The changes of a module and what is known of each."""

    name: str
    changes: list[Change] = field(default_factory=list)
    verdicts: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, name: str) -> Module:
        """Read a module and the verdicts that still hold."""
        changes = made_before(name) or changes_of(name)
        write_made(name, changes)
        keys = {change.key for change in changes}
        known = read_state(f"verdicts.{name.replace('/', '.')}")
        holds = {key: one for key, one in known.items() if key in keys and still_holds(one)}
        return cls(name, changes, holds)

    def save(self) -> None:
        """Keep the verdicts."""
        write_state(f"verdicts.{self.name.replace('/', '.')}", self.verdicts)

    @property
    def untried(self) -> list[Change]:
        """Changes without a verdict."""
        return self.having("")

    @property
    def quiet(self) -> list[Change]:
        """Changes that were tried with the quick tests alone."""
        return self.having(QUIET)

    @property
    def open(self) -> list[Change]:
        """Changes without a verdict that lasts."""
        return self.having("", QUIET)

    @property
    def unnoticed(self) -> list[Change]:
        """Changes that no test has noticed so far."""
        return self.having(QUIET, SURVIVED, UNREACHED)

    @property
    def survivors(self) -> list[Change]:
        """Changes that no test and no type noticed."""
        return self.having(SURVIVED, UNREACHED)

    def having(self, *verdicts: str) -> list[Change]:
        """Give the changes with one of these verdicts."""
        return [change for change in self.changes if self.verdict(change) in verdicts]

    @property
    def counts(self) -> Counter[str]:
        """How many changes have which verdict."""
        return Counter(self.verdict(change) for change in self.changes)

    @property
    def share(self) -> float:
        """Share of the tried changes that survived, with or without an explanation."""
        return len(self.survivors) / max(len(self.changes) - len(self.open), 1)

    def verdict(self, change: Change) -> str:
        """Give the verdict of a change; empty if there is none."""
        return self.verdicts.get(change.key, {}).get("verdict", "")


def made_before(module: str) -> list[Change]:
    """Give the changes of a module as it is, if they were made before."""
    state = read_state(f"changes.{module.replace('/', '.')}")
    if state.get("module") != digest_of(ROOT / ENGINE / module):
        return []
    originals = state["originals"]
    return [Change(module, name, originals[name], changed) for name, changed in state["changes"]]


def write_made(module: str, changes: list[Change]) -> None:
    """Keep the changes of a module; it takes a while to make them."""
    content = {
        "module": digest_of(ROOT / ENGINE / module),
        "originals": {change.function: change.original for change in changes},
        "changes": [(change.function, change.changed) for change in changes],
    }
    write_state(f"changes.{module.replace('/', '.')}", content)


def still_holds(verdict: dict[str, str]) -> bool:
    """Tell whether what a verdict rests on is unchanged."""
    if verdict["verdict"] == REFUSED:
        return True
    if verdict["verdict"] == KILLED:
        return verdict["rests_on"] == digest_of_file(verdict["by"])
    return verdict["rests_on"] == digest_of_tests()


def killed(by: str) -> dict[str, str]:
    """Note the test that noticed a change."""
    return {"verdict": KILLED, "by": by, "rests_on": digest_of_file(by)}


def not_killed(verdict: str) -> dict[str, str]:
    """Note that no test noticed a change."""
    return {"verdict": verdict, "rests_on": digest_of_tests()}
