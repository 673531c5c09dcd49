"""What all components have in common, and how their shared keys are read."""

from __future__ import annotations

from typing import ClassVar, Protocol

from compensation.engine.reading import Mapping, Node
from compensation.engine.types import Unit

MOST_LEVELS = 100
"""Largest depth a plan may name."""
COMPRESSIONS = ("none", "skip_and_recount", "roll_up")
IDENTIFIER = r"[a-z][a-z0-9_]{0,39}"


class Component(Protocol):
    """One way to earn. ``id`` is unique in the plan, ``unit`` says what is earned."""

    kind: ClassVar[str]
    unit: ClassVar[Unit]

    @property
    def id(self) -> str: ...


def read_identifier(table: Mapping) -> str:
    """Read the component's id."""
    if not table.has("id"):
        return ""
    return table["id"].text(pattern=IDENTIFIER, what="an id in a-z, 0-9 and _")


def read_depths(
    table: Mapping, ranks: tuple[str, ...], most: int
) -> tuple[int, ...] | None:
    """Read ``depth`` or ``depth_by_rank``: the deepest paid level for each rank of the ladder.

    Gives ``None`` if neither is there; a rank left out, an unknown rank or both keys at once are
    faults.
    """
    if table.has("depth") and table.has("depth_by_rank"):
        table["depth_by_rank"].fault("only one of depth and depth_by_rank can be given")
    if table.has("depth"):
        return (table["depth"].count(0, most),) * len(ranks)
    if not table.has("depth_by_rank"):
        return None
    node = table["depth_by_rank"]
    given: dict[str, int] = {}
    for name, entry in node.entries():
        if name in ranks:
            given[name] = entry.count(0, most)
        else:
            entry.fault(f'"{name}" is not a rank of the ladder')
    missing = [name for name in ranks if name not in given]
    if missing and isinstance(node.value, dict):
        node.fault(f"no depth for {', '.join(missing)}")
    return tuple(given.get(name, 0) for name in ranks)


def component_table(
    node: Node, required: tuple[str, ...], optional: tuple[str, ...]
) -> Mapping:
    """Check a component's keys; ``id`` and ``kind`` belong to all."""
    return node.mapping(("id", "kind", *required), optional)
