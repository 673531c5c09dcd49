"""What the documentation says of the measurement is what was measured."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).parents[3]
FIGURES = json.loads((ROOT / "bench/results/suggestions.json").read_text(encoding="utf-8"))


def test_the_documented_hit_rates_are_those_measured() -> None:
    text = (ROOT / "docs/suggestions.md").read_text(encoding="utf-8")

    rows = {
        "| **suggested** | **{}** | **{}** |": ("hit_rate", "precision"),
        "| the most popular | {} | {} |": ("hit_rate_popular", "precision_popular"),
        "| at random | {} | {} |": ("hit_rate_random", "precision_random"),
    }
    for row, names in rows.items():
        assert row.format(*(f"{100 * FIGURES[name]:.1f} %" for name in names)) in text
    assert f"{FIGURES['customers']:,} customers" in text
    low, high = (f"{100 * bound:.1f}" for bound in FIGURES["gain_over_popular_95"])
    assert f"the most popular: {low} to {high} percentage points" in text


def test_what_is_suggested_is_better_than_both_baselines_by_more_than_chance() -> None:
    assert FIGURES["gain_over_popular_95"][0] > 0
    assert FIGURES["hit_rate_popular"] > FIGURES["hit_rate_random"]
    assert FIGURES["with_a_reason"] > 0.99
