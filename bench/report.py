"""The keys of the speed bar, their bars, and what is written of them."""

import json
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
LATEST, PAGES = RESULTS / "latest.json", RESULTS / "pages.json"
#: The bars hold at this size; smaller runs are told, not judged.
JUDGED_SIZE = 1_000_000


@dataclass(frozen=True, slots=True)
class Key:
    """One measured figure: what it means and the bar it must meet, if any."""

    name: str
    meaning: str
    bar: tuple[str, float] | None = None

    def verdict(self, value: Any) -> str:
        """Return ``ok``, ``missed`` or, without a bar, nothing."""
        if value is None:
            return "missing"
        if self.bar is None:
            return ""
        return "ok" if COMPARE[self.bar[0]](value, self.bar[1]) else "missed"

    @property
    def bar_text(self) -> str:
        """Return the bar as people write it."""
        if self.bar is None:
            return "reported"
        return f"{self.bar[0]} {self.bar[1]:,}"


COMPARE: dict[str, Callable[[float, float], bool]] = {
    "≤": operator.le,
    "<": operator.lt,
    "≥": operator.ge,
}

KEYS_OF_WORK = (
    Key(
        "enrol_speedup_vs_stock_mptt",
        "an enrolment (user row, commit) against `objects.create` in stock django-mptt",
        ("≥", 1_000),
    ),
    Key(
        "enrol_rows_relabelled_mean",
        "rows relabelled by an enrolment, worst of three patterns",
        ("<", 20),
    ),
    Key("enrol_p99_ms", "99th percentile of an enrolment, ms"),
    Key(
        "close_over_copy_floor",
        "freeze to verified, over copying the same columns out and the same rows in",
        ("≤", 4),
    ),
    Key("close_seconds", "freeze to verified, s"),
    Key("post_seconds", "posting to the ledger, s"),
    Key("engine_seconds", "the engine, arrays in to arrays out, s", ("≤", 2)),
    Key("close_peak_rss_mib", "memory of the closing process, MiB", ("≤", 2_048)),
    Key("close_growth_10x", "a close of the whole over one of a tenth", ("≤", 11)),
    Key("ledger_post_per_second", "journals posted a second", ("≥", 30_000)),
    Key(
        "orm_walk_per_member_ratio",
        "a loop over orders with one `.sponsor` query a step, over the computing step",
        ("≥", 200),
    ),
    Key(
        "engine_full_plan_seconds",
        "the engine with points, dynamic levels, differential, matching, ranks and caps, s",
        ("≤", 3),
    ),
    Key(
        "preview_over_copy_floor",
        "a preview under that plan, over copying the same columns out and the same rows in",
        ("≤", 4),
    ),
    Key(
        "explain_p95_ms",
        "explain, why-not and rank card of 1,000 members and the 100 largest downlines, ms",
        ("≤", 50),
    ),
    Key("live_lag_seconds", "age of the oldest order not yet in the live figures, s", ("≤", 60)),
    Key(
        "engine_10m_seconds",
        "the engine with that plan for ten times as many members, s",
        ("≤", 40),
    ),
    Key("engine_10m_peak_rss_mib", "memory of that process, MiB", ("≤", 12_288)),
    Key(
        "engine_chain_over_random", "the engine on a chain of a tenth over a random tree", ("≤", 2)
    ),
    Key("engine_star_over_random", "the engine on a star over a random tree", ("≤", 2)),
)

#: The measured pages, and what people call them.
PAGE_NAMES = {
    "dashboard": "dashboard",
    "downline_table": "downline as a table",
    "downline_tree": "downline as a tree",
    "statement": "statement",
    "explain": "what the statement's largest line is made of",
}
PAGE_KEYS = (
    *(
        Key(f"page_{name}_over_bare_p95", f"{text}, over a bare page", ("≤", 3))
        for name, text in PAGE_NAMES.items()
    ),
    Key(
        "pages_queries_grown", "queries more than in a company of ten, the most of a page", ("≤", 0)
    ),
    Key("pages_first_visit_kb", "weight of a first visit, compressed, kB", ("≤", 200)),
    Key("pages_later_visit_kb", "weight of a later visit, compressed, kB", ("≤", 30)),
    Key("pages_lcp_seconds", "largest contentful paint in Chromium, s", ("≤", 1)),
)
KEYS = (*KEYS_OF_WORK, *PAGE_KEYS)
#: What the pages' table says of where it was measured.
PAGE_FACTS = ("size", "seed", "commit", "dirty", "started_at", "order_lines", "inactive_percent")


def of_pages(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the pages and of what they were measured on."""
    begins = ("page_", "pages_", "live_month_", "machine_", "version_", "setting_")
    return {
        name: value
        for name, value in figures.items()
        if name in PAGE_FACTS or name.startswith(begins)
    }


def missing_keys(figures: dict[str, Any], keys: Sequence[Key] = KEYS) -> list[str]:
    """Return the required keys that were not measured."""
    return [key.name for key in keys if figures.get(key.name) is None]


def missed_bars(figures: dict[str, Any], keys: Sequence[Key] = KEYS) -> list[str]:
    """Return the keys whose bar is missed."""
    return [key.name for key in keys if key.verdict(figures.get(key.name)) == "missed"]


def write_flat(figures: dict[str, Any], keys: Sequence[Key], path: Path) -> None:
    """Write all figures at once, with null for a required key that is missing.

    :raises ValueError: if a figure is not flat.
    """
    flat = {key.name: figures.get(key.name) for key in keys} | figures
    for name, value in flat.items():
        if value is not None and not isinstance(value, bool | int | float | str):
            raise ValueError(f"{name}: {value!r} is not a plain value")
    rounded = {
        name: round(value, 4) if isinstance(value, float) else value for name, value in flat.items()
    }
    path.parent.mkdir(exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(rounded, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(path)


def number(value: Any) -> str:
    """Return a figure as people read it."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(figures: dict[str, Any], keys: Sequence[Key] = KEYS) -> str:
    """Return the figures as lines of text."""
    lines = [f"{'':34} {'measured':>12}   {'bar at 1,000,000':18}"]
    lines += [
        f"{key.name:34} {number(figures.get(key.name)):>12}   {key.bar_text:18} "
        f"{key.verdict(figures.get(key.name))}".rstrip()
        for key in keys
    ]
    return "\n".join(lines)
