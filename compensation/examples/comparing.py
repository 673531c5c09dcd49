"""Compare what an example expects with what came out, by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from compensation.calendar import CalendarError, CalendarPeriod, parse_label
from compensation.examples.fields import as_exact
from compensation.examples.reading import ExampleError, LinedDict

OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Difference:
    """One expected value that did not come out."""

    where: str
    expected: str
    got: str
    line: int | None

    def __str__(self) -> str:
        """Return the sentence that the command prints."""
        return f"{self.where}: expected {self.expected}, got {self.got}"


class Record(dict[str, Any]):
    """An answer whose keys are fixed fields; an expected key beyond them is a fault.

    A function among the values is called when its value is expected.
    """


class Names(dict[str, Any]):
    """An answer whose keys are names; ``others`` stands for every name not listed.

    ``canonical`` gives the name under which an expected one is kept, or null where there can't be
    such a name; ``default`` answers for names that can be but had nothing, such as a month
    without sales.
    """

    def __init__(
        self,
        content: Mapping[str, Any] | None = None,
        *,
        default: Any = None,
        canonical: Callable[[str], str | None] | None = None,
    ) -> None:
        """Hold the answers by name."""
        super().__init__(content or {})
        self.default = default
        self.canonical = canonical

    def find(self, name: str) -> str | None:
        """Return the name under which an answer is kept, or null where there is none."""
        if name in self:
            return name
        return self.canonical(name) if self.canonical else None


def compare(expected: LinedDict, got: Record) -> list[Difference]:
    """Return the differences, in the order of the file.

    :raises ExampleError: if a key or name is expected that the answer does not have.
    """
    differences: list[Difference] = []
    _compare_mapping(expected, got, "", differences)
    return differences


def _compare_mapping(
    expected: LinedDict, got: Record | Names, where: str, differences: list[Difference]
) -> None:
    listed = set()
    for key, value in expected.items():
        if key == OTHERS and isinstance(got, Names) and OTHERS not in got:
            continue
        line = expected.lines[key]
        place = f"{where}.{key}" if where else key
        if isinstance(got, Names):
            name = got.find(key)
            if name is None:
                raise ExampleError(f"expected {place}: there is nothing of that name", line)
            listed.add(name)
            answer = got.get(name, got.default)
        elif key in got:
            answer = got[key]
        else:
            known = ", ".join(sorted(got)) or "nothing"
            raise ExampleError(f"expected {place}: unknown key, known are {known}", line)
        _compare_value(value, answer, place, line, differences)
    if OTHERS in expected and isinstance(got, Names) and OTHERS not in got:
        value, line = expected[OTHERS], expected.lines[OTHERS]
        for name in got:
            if name not in listed:
                _compare_value(value, got[name], f"{where}.{name} (others)", line, differences)


def _compare_value(
    expected: Any, got: Any, where: str, line: int, differences: list[Difference]
) -> None:
    if callable(got):
        got = got()
    if isinstance(got, Record | Names):
        if not isinstance(expected, LinedDict):
            raise ExampleError(f"expected {where}: must be a mapping", line)
        _compare_mapping(expected, got, where, differences)
    elif isinstance(expected, dict | list):
        raise ExampleError(f"expected {where}: must be a single value", line)
    elif not is_same(expected, got):
        differences.append(Difference(where, shown(expected), shown(got), line))


def is_same(expected: object, got: object) -> bool:
    """Tell whether two values are equal: numbers by value, instants by instant, words as such."""
    if expected is None or got is None or isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if isinstance(got, datetime):
        return _instant(expected) == got
    if isinstance(got, CalendarPeriod):
        return _period(expected, like=got) == got
    if isinstance(got, str):
        return str(expected) == got
    exact = as_exact(got)
    return exact is not None and as_exact(expected) == exact


def shown(value: object) -> str:
    """Return a value as the command prints it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, CalendarPeriod):
        return value.label
    if isinstance(value, Fraction) and value.denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Decimal | Fraction):
        return f"{value:f}" if isinstance(value, Decimal) else str(value.numerator)
    return str(value)


def _period(value: object, like: CalendarPeriod) -> CalendarPeriod | None:
    try:
        return parse_label(like.kind, str(value), week_last_day=like.last_day.weekday())
    except CalendarError:
        return None


def _instant(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
