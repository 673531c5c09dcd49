"""Examples changed at random: each ends as an outcome, and each fault names its line."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compensation.examples import Status, read_examples, run
from compensation.examples.reading import Example, LinedDict, LinedList

HERE = Path(__file__).parent
FILES = ("published", "further", "company", "levels", "volumes")
CHANGES = 300


def empty_table() -> LinedDict:
    table = LinedDict()
    table.line, table.lines = 1, {}
    return table


def empty_list() -> LinedList:
    values = LinedList()
    values.line, values.lines = 1, []
    return values


VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 10**17, "", "x", "0", "-5", "1.5", "0.001", "1e5", "1/3", "NaN"),
    *("9" * 24, "2026-02-30", "9999-12-31", "0001-01-01", "none", "A", empty_table, empty_list),
)


def copied(value: Any) -> Any:
    if isinstance(value, LinedDict):
        table = LinedDict({key: copied(inner) for key, inner in value.items()})
        table.line, table.lines = value.line, dict(value.lines)
        return table
    if isinstance(value, LinedList):
        found = LinedList(copied(inner) for inner in value)
        found.line, found.lines = value.line, list(value.lines)
        return found
    return value


def places(value: Any) -> list[tuple[Any, Any]]:
    """Give every container within a value with each of its keys."""
    keys = value.keys() if isinstance(value, LinedDict) else range(len(value))
    found = []
    for key in keys:
        found.append((value, key))
        if isinstance(value[key], (LinedDict, LinedList)):
            found += places(value[key])
    return found


def change(container: Any, key: Any, chance: random.Random) -> None:
    if isinstance(container, LinedDict) and chance.random() < 0.3:
        del container[key], container.lines[key]
        return
    value = chance.choice(VALUES)
    container[key] = value() if isinstance(value, Callable) else value  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FILES)
def test_whatever_is_wrong_is_told(name: str) -> None:
    chance = random.Random(name)
    examples = [
        example
        for example in read_examples(HERE / f"{name}.yaml")
        if "generator" not in example.content
    ]
    outcomes = []

    for _ in range(CHANGES):
        whole = chance.choice(examples)
        content = copied(whole.content)
        parts = ("members", "sales", "refunds", "inputs", "expected", "plan")
        found = [
            place
            for part in parts
            if part in content
            for place in places(content[part])
            if place[0] is not content["plan"]
        ]
        change(*chance.choice(found), chance)
        parameters = content["plan"]["parameters"]
        outcomes.append(run(Example(whole.id, whole.kind, parameters, content, whole.line)))

    faults = [one for one in outcomes if one.status is Status.FAULT]
    assert len(faults) > CHANGES / 10
    assert [one.message for one in faults if "line " not in one.message] == []
    assert {one.status for one in outcomes} >= {Status.OK, Status.DIFFERENT}
