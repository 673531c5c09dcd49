"""Worked examples of compensation plans, run by the product's own functions.

``read_examples`` reads a file in the format of ``tests/examples/published.yaml``; ``run`` sets the
engine, the period functions or the rounding rule up to one example and compares. Nothing here
computes a figure of its own: names and units are mapped, sums of answered parts are added up.
"""

from __future__ import annotations

from compensation.examples.reading import Example, ExampleError, read_examples
from compensation.examples.running import Outcome, Status, run

__all__ = ["Example", "ExampleError", "Outcome", "Status", "read_examples", "run"]
