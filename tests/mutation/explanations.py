"""The list of docs/mutation.md: survivors that make no difference, and why."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase

from tests.mutation.changes import ROOT

PAGE = ROOT / "docs" / "mutation.md"


def explanations() -> list[dict[str, str]]:
    """Read the list: module, before and after (patterns), and the reason."""
    text = PAGE.read_text(encoding="utf-8")
    listed: list[dict[str, str]] = tomllib.loads(text.split("```toml\n", 1)[1].split("```", 1)[0])[
        "survivor"
    ]
    return listed


def explains(entry: dict[str, str], module: str, before: str, after: str) -> bool:
    """Tell whether an entry of the list speaks of a change."""
    return (
        fnmatchcase(module, entry["module"])
        and fnmatchcase(before, entry["before"].replace("[", "[[]"))
        and fnmatchcase(after, entry["after"].replace("[", "[[]"))
    )
