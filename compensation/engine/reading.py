"""Reads a plan document value by value and collects every fault with its path.

A ``Node`` is one value of the document together with the place where it stands. Its methods never
raise: a bad value is noted and a harmless stand-in returned, so that one pass names all faults.
Numbers are whole numbers or quoted decimals; binary fractions are refused, since they are not
exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")
LARGEST_VOLUME = 10**15
"""Largest figure a plan may name, in hundredths or minor units; keeps products within 64 bits."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a plan document."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class PlanError(ValueError):
    """The document is not a valid plan; ``faults`` holds every fault with its path."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in self.faults))


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


@dataclass(slots=True)
class Node:
    """A value of the document and its path; faults go to the list that all nodes share."""

    value: object
    path: str
    faults: list[Fault] = field(default_factory=list)

    def fault(self, message: str) -> None:
        """Note a fault at this place; a value noted as missing is not complained about again."""
        if self.value is None and any(fault.path == self.path for fault in self.faults):
            return
        self.faults.append(Fault(self.path, message))

    @property
    def given(self) -> bool:
        """True if the document has this value and it is not null."""
        return self.value is not None

    # -- containers -----------------------------------------------------------------------------

    def mapping(self, required: Sequence[str], optional: Sequence[str] = ()) -> Mapping:
        """Take the value as a table with these keys; unknown and missing keys are faults."""
        if not isinstance(self.value, dict):
            self.fault(f"{_shown(self.value)} is not a table of keys and values")
            return Mapping({}, self, broken=True)
        known = (*required, *optional)
        for key in self.value:
            if key not in known:
                Node(None, _join(self.path, str(key)), self.faults).fault(
                    f"unknown key; known are {', '.join(known)}"
                )
        for key in required:
            if self.value.get(key) is None:
                Node(None, _join(self.path, key), self.faults).fault("is missing")
        return Mapping(self.value, self)

    def items(self, *, least: int = 0, most: int = 1000) -> list[Node]:
        """Take the value as a list of ``least`` to ``most`` elements."""
        if not isinstance(self.value, list):
            self.fault(f"{_shown(self.value)} is not a list")
            return []
        if not least <= len(self.value) <= most:
            self.fault(f"{len(self.value)} elements; {least} to {most} are allowed")
        return [
            Node(element, f"{self.path}[{index}]", self.faults)
            for index, element in enumerate(self.value[:most])
        ]

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Take the value as a table with free keys (rank names)."""
        if not isinstance(self.value, dict):
            self.fault(f"{_shown(self.value)} is not a table of keys and values")
            return
        for key, element in self.value.items():
            yield str(key), Node(element, _join(self.path, str(key)), self.faults)

    # -- single values --------------------------------------------------------------------------

    def text(self, *, pattern: str = r".{1,200}", what: str = "a short text") -> str:
        """Take the value as text that matches ``pattern`` whole."""
        if not isinstance(self.value, str) or not re.fullmatch(pattern, self.value, re.DOTALL):
            self.fault(f"{_shown(self.value)} is not {what}")
            return ""
        return self.value

    def choice(self, allowed: Sequence[str]) -> str:
        """Take the value as one of ``allowed``."""
        if self.value not in allowed:
            self.fault(f"{_shown(self.value)} is not one of {', '.join(allowed)}")
            return allowed[0]
        return str(self.value)

    def flag(self) -> bool:
        """Take the value as true or false."""
        if not isinstance(self.value, bool):
            self.fault(f"{_shown(self.value)} is not true or false")
            return False
        return self.value

    def count(self, least: int, most: int) -> int:
        """Take the value as a whole number from ``least`` to ``most``."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.fault(f"{_shown(self.value)} is not a whole number")
            return least
        if not least <= self.value <= most:
            self.fault(f"{self.value} is outside {least} to {most}")
            return least
        return self.value

    def decimal(self, what: str) -> Fraction:
        """Take the value as an exact number: whole, or a decimal in quotes."""
        value = self.value
        if isinstance(value, float):
            self.fault(f"{value!r} is a binary fraction; write it in quotes so that it is exact")
            return Fraction(0)
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            self.fault(f"{_shown(value)} is not {what}")
            return Fraction(0)
        if not DECIMAL.fullmatch(str(value)):
            self.fault(f"{_shown(value)} is not {what}")
            return Fraction(0)
        return Fraction(Decimal(str(value)))

    def scaled(self, what: str, digits: int, *, least: int = 0) -> int:
        """Take the value as a number of 10 ** -digits, at least ``least`` of them."""
        noted = len(self.faults)
        exact = self.decimal(what) * 10**digits
        if exact.denominator != 1:
            self.fault(f"{_shown(self.value)} has more than {digits} decimals")
        elif len(self.faults) == noted and not least <= exact <= LARGEST_VOLUME:
            self.fault(f"{_shown(self.value)} is too small or too large for {what}")
        return int(exact)

    def volume(self, what: str = "a volume") -> int:
        """Take the value as a volume or points; gives hundredths."""
        return self.scaled(what, 2)

    def percentage(self) -> Fraction:
        """Take the value as a percentage from 0 to 100; gives the fraction (5 % is 1/20)."""
        exact = self.decimal("a percentage") / 100
        if not 0 <= exact <= 1:
            self.fault(f"{_shown(self.value)} is outside 0 to 100 per cent")
            return Fraction(0)
        return exact


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


@dataclass(slots=True)
class Mapping:
    """A table of the document whose keys have been checked."""

    values: dict[str, object]
    node: Node
    broken: bool = False

    def __getitem__(self, key: str) -> Node:
        """Give the value under ``key``, an empty node if there is none."""
        return Node(self.values.get(key), _join(self.node.path, key), self.node.faults)

    def has(self, key: str) -> bool:
        """Tell whether ``key`` is given and not null."""
        return self.values.get(key) is not None


def resolve(document: object, path: str) -> bool:
    """Tell whether a dotted path (``ranks.ladder.1.requires``) leads to a value."""
    here = document
    for step in re.sub(r"\[(\d+)\]", r".\1", path).split("."):
        if isinstance(here, dict) and step in here:
            here = here[step]
        elif isinstance(here, list) and step.isdigit() and int(step) < len(here):
            here = here[int(step)]
        else:
            return False
    return True
