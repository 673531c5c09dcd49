"""A second compensation engine: slow, obvious, and sharing nothing with the first.

It reads the raw plan document, keeps people in a dictionary, walks sponsors one at a time and
counts in ``Decimal``. Every rule is written from the prose (docs/plan), so that a mistake in the
fast engine is not made here again. Only the standard library is imported; a test holds that.

``facts`` holds what goes in and comes out, ``standing`` volumes, activity and ranks, ``statement``
lines and their parts, one module each a kind of component, ``period`` the order of it all.

Amounts go in and come out as whole numbers, hundredths of BV and points and minor units of money;
in between a volume is a ``Decimal`` in whole units. The arithmetic traps every inexact step, so
the one rounding of a line is the only place where a digit can be lost.
"""

from __future__ import annotations

from tests.engine.oracle.facts import Answer, Line, Person, QualifyingVolume, Sale
from tests.engine.oracle.period import Oracle

__all__ = ["Answer", "Line", "Oracle", "Person", "QualifyingVolume", "Sale"]
