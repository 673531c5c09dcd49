"""README's speed table, made from results/latest.json: ``python -m bench.readme [--check]``."""

import json
import sys
from pathlib import Path
from typing import Any

from bench.report import KEYS, LATEST, number

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN = "<!-- speed:start -->"
END = "<!-- speed:end -->"


def render(figures: dict[str, Any]) -> str:
    """Return the section between the markers; a key newer than the run has no figure yet."""
    commit = str(figures.get("commit") or "")[:10] + (" (changed)" if figures.get("dirty") else "")
    lines = [
        BEGIN,
        "",
        f"{number(figures['size'])} members, {number(figures['order_lines'])} order lines, "
        f"{figures['inactive_percent']} % of the members inactive; "
        f"{figures['machine_processor']}, {figures['machine_cores']} cores, "
        f"{figures['machine_memory_mib'] // 1024} GiB; PostgreSQL {figures['version_postgresql']} "
        f"with fsync, synchronous_commit and full_page_writes on; commit {commit}.",
        "",
        "| Figure | Measured | Bar at 1,000,000 | |",
        "|---|---:|---:|---|",
    ]
    lines += [
        f"| `{key.name}`: {key.meaning} | {number(figures.get(key.name))} | {key.bar_text} "
        f"| {key.verdict(figures[key.name]) if key.name in figures else 'not in this run'} |"
        for key in KEYS
    ]
    return "\n".join([*lines, "", END])


def updated(text: str, figures: dict[str, Any]) -> str:
    """Return README's text with the section between the markers made anew.

    :raises ValueError: if a marker is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md needs the lines {BEGIN!r} and {END!r}")
    return before + render(figures) + after


def main(arguments: list[str]) -> int:
    """Write README's table, or with --check only tell whether it is up to date."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m bench.readme [--check]\n")
        return 2
    figures = json.loads(LATEST.read_text(encoding="utf-8"))
    text = README.read_text(encoding="utf-8")
    new = updated(text, figures)
    if arguments:
        if new != text:
            sys.stderr.write("README.md: the speed table is not that of latest.json\n")
        return int(new != text)
    README.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
