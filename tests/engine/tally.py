"""How many worlds of which size were compared: a line at the end of a test run."""

from __future__ import annotations

from collections import Counter
from typing import Any

SIZES = ((0, "nobody"), (24, "1 to 24"), (119, "25 to 119"), (999, "120 to 999"))
LARGEST = "1,000 or more"
PROPERTY = "worlds compared"

compared: Counter[str] = Counter()
"""Worlds by size, since they were last taken."""


def note(people: int) -> None:
    """Note that the engine and the oracle agreed on a company of so many people."""
    compared[next((name for most, name in SIZES if people <= most), LARGEST)] += 1


def take() -> tuple[str, dict[str, int]]:
    """Give what was noted as a property of the test's report, and begin anew."""
    taken = PROPERTY, dict(compared)
    compared.clear()
    return taken


class Summary:
    """Adds up what the tests noted, also those that ran in other processes."""

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        worlds: Counter[str] = Counter()
        for reports in terminalreporter.stats.values():
            for report in reports:
                if getattr(report, "when", "") == "teardown":
                    worlds.update(dict(report.user_properties).get(PROPERTY, {}))
        if worlds:
            sizes = [*(name for _, name in SIZES), LARGEST]
            told = "; ".join(f"{worlds[name]:,} of {name}" for name in sizes)
            terminalreporter.section("engine and oracle agree, cent for cent")
            terminalreporter.write_line(f"{worlds.total():,} companies, by members: {told}")
