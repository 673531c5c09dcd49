"""Take the keys of an example one by one, so that none is ignored and each fault names its line."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from compensation.examples.reading import ExampleError, LinedDict, LinedList

DECIMAL_FORM = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?")
FRACTION_FORM = re.compile(r"[+-]?[0-9]{1,30}/0*[1-9][0-9]{0,29}")
_NEEDED: Any = object()


class Fields:
    """A mapping whose keys are taken by name; ``close`` refuses the keys that nobody took."""

    def __init__(self, mapping: object, where: str, line: int | None = None) -> None:
        """Hold a mapping; ``where`` names it in messages."""
        if not isinstance(mapping, LinedDict):
            raise ExampleError(f"{where} must be a mapping", line)
        self.mapping = mapping
        self.where = where
        self.taken: set[str] = set()

    def __contains__(self, key: str) -> bool:
        """Tell whether the key is there."""
        return key in self.mapping

    def fault(self, key: str, message: str) -> ExampleError:
        """Return a fault that names a key of this mapping and its line."""
        line = self.mapping.lines.get(key, self.mapping.line)
        return ExampleError(f"{self.where}: {key} {message}", line)

    def take(self, key: str, default: Any = _NEEDED) -> Any:
        """Return the value as written."""
        self.taken.add(key)
        if key in self.mapping:
            return self.mapping[key]
        if default is _NEEDED:
            raise self.fault(key, "is missing")
        return default

    def text(self, key: str, default: Any = _NEEDED) -> str:
        """Return a name or word; whole numbers count as names too."""
        value = self.take(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is default or isinstance(value, str):
            return value
        raise self.fault(key, f"must be a word, found {value!r}")

    def choice(self, key: str, choices: tuple[str, ...], default: Any = _NEEDED) -> str:
        """Return one of several words."""
        value = self.text(key, default)
        if value is not default and value not in choices:
            raise self.fault(key, f"must be one of {', '.join(choices)}, found {value!r}")
        return value

    def flag(self, key: str, default: Any = _NEEDED) -> bool:
        """Return true or false."""
        value = self.take(key, default)
        if value is not default and not isinstance(value, bool):
            raise self.fault(key, f"must be true or false, found {value!r}")
        return value

    def whole(self, key: str, default: Any = _NEEDED) -> int:
        """Return a whole number, quoted or not."""
        value = self.take(key, default)
        if value is default:
            return value
        exact = as_exact(value)
        if exact is None or exact.denominator != 1:
            raise self.fault(key, f"must be a whole number, found {value!r}")
        return int(exact)

    def number(self, key: str, default: Any = _NEEDED) -> str:
        """Return the text of a decimal number."""
        value = self.take(key, default)
        if value is default:
            return value
        if as_exact(value) is None:
            raise self.fault(key, f"must be a decimal number, found {value!r}")
        return str(value)

    def hundredths(self, key: str, default: Any = _NEEDED) -> int:
        """Return an amount, volume or number of points as hundredths.

        :raises ExampleError: if the number has more than two decimals.
        """
        value = self.take(key, default)
        if value is default:
            return value
        if as_exact(value) is None:
            raise self.fault(key, f"must be a decimal number, found {value!r}")
        exact = Fraction(value) * 100
        if exact.denominator != 1:
            raise self.fault(key, f"must have at most two decimals, found {value!r}")
        return exact.numerator

    def day(self, key: str, default: Any = _NEEDED) -> date:
        """Return a date written 2017-03-31."""
        value = self.take(key, default)
        if value is default:
            return value
        try:
            if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.A):
                raise ValueError
            return date.fromisoformat(value)
        except ValueError:
            raise self.fault(key, f"must be a date such as 2017-03-31, found {value!r}") from None

    def instant(self, key: str, default: Any = _NEEDED) -> datetime:
        """Return an instant written with its offset, such as 2025-10-01T00:05:00Z."""
        value = self.take(key, default)
        if value is default:
            return value
        try:
            at = datetime.fromisoformat(value)
        except (ValueError, TypeError):
            at = None
        if at is None or at.tzinfo is None:
            raise self.fault(
                key, f"must be an instant such as 2025-10-01T00:05:00Z, found {value!r}"
            )
        return at

    def moment(self, key: str, default: Any = _NEEDED) -> datetime:
        """Return an instant; a day, a local time and a number of seconds are taken as UTC."""
        value = self.take(key, default)
        if value is default:
            return value
        try:
            if isinstance(value, int) and not isinstance(value, bool):
                return datetime.fromtimestamp(value, UTC)
            at = datetime.fromisoformat(value)
        except (ValueError, TypeError, OverflowError, OSError):
            raise self.fault(key, f"must be a day or an instant, found {value!r}") from None
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at

    def rows(self, key: str) -> list[Fields]:
        """Return the mappings of a list; empty when the key is absent or null."""
        value = self.take(key, None)
        if value is None:
            return []
        if not isinstance(value, LinedList):
            raise self.fault(key, "must be a list")
        found = []
        for number, (row, line) in enumerate(zip(value, value.lines, strict=True), start=1):
            found.append(Fields(row, f"{self.where}: {key} entry {number}", line))
        return found

    def values(self, key: str, default: Any = _NEEDED) -> list[Any]:
        """Return a list of plain values."""
        value = self.take(key, default)
        if value is default:
            return value
        if not isinstance(value, LinedList):
            raise self.fault(key, "must be a list")
        return list(value)

    def inner(self, key: str) -> Fields:
        """Return the mapping under a key."""
        value = self.take(key)
        return Fields(value, f"{self.where}: {key}", self.mapping.lines.get(key))

    def close(self) -> None:
        """Refuse keys that nobody took.

        :raises ExampleError: naming the first such key and what is known here.
        """
        for key, line in self.mapping.lines.items():
            if key not in self.taken:
                known = ", ".join(sorted(self.taken))
                raise ExampleError(f"{self.where}: unknown key {key!r}, known are {known}", line)


def as_exact(value: object) -> Fraction | None:
    """Return the exact number that a value of the file or an answer stands for, if any."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Fraction | Decimal):
        return Fraction(value)
    if isinstance(value, str) and (DECIMAL_FORM.fullmatch(value) or FRACTION_FORM.fullmatch(value)):
        return Fraction(value)
    return None


def from_hundredths(value: int) -> Decimal:
    """Return the decimal number of an amount in hundredths."""
    return Decimal(f"{value}E-2")
