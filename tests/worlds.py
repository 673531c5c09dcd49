"""Companies that many tests begin with: each is built once a process, tests get a clone.

A test gets the world whose fixture it asks for, be it through another fixture; one at most.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.compensation.town import Town, build_town


def january_town() -> Town:
    """The town with January posted."""
    town = build_town()
    town.close("2017-01")
    return town


WORLDS: dict[str, Callable[[], Town]] = {
    "founded_town": build_town,
    "january_town": january_town,
}
"""What builds a world, by the name of its fixture."""
