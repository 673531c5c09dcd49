"""README's speed tables, from results/*.json: ``python -m bench.readme [--check]``."""

import json
import sys
from pathlib import Path
from typing import Any

from bench.report import (
    KEYS_OF_WORK,
    LATEST,
    PAGE_KEYS,
    PAGE_NAMES,
    PAGES,
    Key,
    number,
)

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN = "<!-- speed:start -->"
END = "<!-- speed:end -->"
PAGE_COLUMNS = (
    ("p50, ms", "median_ms"),
    ("p95, ms", "p95_ms"),
    ("p95 over bare", "over_bare_p95"),
    ("queries with 10 members", "queries_at_10"),
    ("queries at this size", "queries"),
    ("first visit, kB", "first_visit_kb"),
    ("later visit, kB", "later_visit_kb"),
    ("LCP, s", "lcp_seconds"),
)


def render(figures: dict[str, Any], pages: dict[str, Any]) -> str:
    """Return the section between the markers: the speed bar, then the pages."""
    lines = [
        BEGIN,
        "",
        f"{_where(figures)}; "
        f"{figures['machine_processor']}, {figures['machine_cores']} cores, "
        f"{figures['machine_memory_mib'] // 1024} GiB; PostgreSQL {figures['version_postgresql']} "
        f"with fsync, synchronous_commit and full_page_writes on; commit {_commit(figures)}.",
        "",
        *_bars(figures, KEYS_OF_WORK),
        "",
        *(_pages(pages) if pages else []),
        *_bars(pages, PAGE_KEYS),
        "",
        END,
    ]
    return "\n".join(lines)


def _where(figures: dict[str, Any]) -> str:
    return (
        f"{number(figures['size'])} members, {number(figures['order_lines'])} order lines, "
        f"{figures['inactive_percent']} % of the members inactive"
    )


def _commit(figures: dict[str, Any]) -> str:
    return str(figures.get("commit") or "")[:10] + (" (changed)" if figures.get("dirty") else "")


def _bars(figures: dict[str, Any], keys: tuple[Key, ...]) -> list[str]:
    """Return the rows of keys; a key newer than the run has no figure yet."""
    return [
        "| Figure | Measured | Bar at 1,000,000 | |",
        "|---|---:|---:|---|",
        *(
            f"| `{key.name}`: {key.meaning} | {number(figures.get(key.name))} | {key.bar_text} "
            f"| {key.verdict(figures[key.name]) if key.name in figures else 'not in this run'} |"
            for key in keys
        ),
    ]


def _pages(pages: dict[str, Any]) -> list[str]:
    return [
        f"The pages of the member on top, through gunicorn with two workers: {_where(pages)}; "
        f"commit {_commit(pages)}.",
        "",
        f"| Page | {' | '.join(head for head, _name in PAGE_COLUMNS)} |",
        f"|---|{'---:|' * len(PAGE_COLUMNS)}",
        *(
            f"| {text} | "
            + " | ".join(number(pages.get(f"page_{name}_{of}")) for _head, of in PAGE_COLUMNS)
            + " |"
            for name, text in {"bare": "bare page", **PAGE_NAMES}.items()
        ),
        "",
    ]


def updated(text: str, figures: dict[str, Any], pages: dict[str, Any]) -> str:
    """Return README's text with the section between the markers made anew.

    :raises ValueError: if a marker is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md needs the lines {BEGIN!r} and {END!r}")
    return before + render(figures, pages) + after


def main(arguments: list[str]) -> int:
    """Write README's table, or with --check only tell whether it is up to date."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m bench.readme [--check]\n")
        return 2
    figures = json.loads(LATEST.read_text(encoding="utf-8"))
    pages = json.loads(PAGES.read_text(encoding="utf-8")) if PAGES.exists() else {}
    text = README.read_text(encoding="utf-8")
    new = updated(text, figures, pages)
    if arguments:
        if new != text:
            sys.stderr.write("README.md: the speed table is not that of the results\n")
        return int(new != text)
    README.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
