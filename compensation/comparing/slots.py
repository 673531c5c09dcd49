"""Places for computations that people wait for: a few at a time in the whole company.

Each takes a processor for seconds, and a process of the web server with it. Whoever finds no place
is told so at once and may ask again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from django.core.cache import cache
from django.utils.translation import gettext as _

from compensation.comparing.facts import UnableToCompare

HELD_SECONDS = 120
"""So long at most a place is held by somebody who does not give it back, having been killed."""


class Kind(Enum):
    """Who computes, and how many of them at a time."""

    TRIAL = ("trial", 1)
    """Staff, with all facts of a month or of several."""
    PLANNER = ("planner", 2)
    """Representatives, each with the own branch."""

    def places(self) -> list[str]:
        """Return a key of the cache for each place."""
        name, count = self.value
        return [f"computing:{name}:{number}" for number in range(count)]


class NoPlace(UnableToCompare):
    """As many as may are computing; it can be asked again in a moment."""


@contextmanager
def place_of(kind: Kind) -> Iterator[None]:
    """Hold one of the places of a kind while something is computed.

    :raises NoPlace: if all are taken.
    """
    mine = secrets.token_hex(8)
    key = next((one for one in kind.places() if cache.add(one, mine, HELD_SECONDS)), None)
    if key is None:
        raise NoPlace(
            _(
                "Others are having something worked out just now, which takes some seconds. "
                "Nothing of what you entered is lost: please try again in a moment."
            )
        )
    try:
        yield
    finally:
        if cache.get(key) == mine:  # else it ran out, and somebody else has the place
            cache.delete(key)
