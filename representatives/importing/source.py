"""The file: its columns, its lines, cleaned, and what is wrong with them."""

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from representatives.codes import MAX_LENGTH, is_code
from representatives.errors import UnableTo
from representatives.models import NAME_LENGTH

COLUMNS = ("code", "sponsor_code", "name", "email", "enrolled_on")
FAULTS_SHOWN = 100
EMAIL_LENGTH = 254
EARLIEST = date(1900, 1, 1)

# Addresses that need no closer look; a subset of what Django's validator accepts.
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+-]{1,60}(?:\.[a-z0-9_+-]{1,60})?@(?:[a-z0-9]{1,60}\.){1,3}[a-z]{2,20}"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one line of the file; `column` is empty if it is the line itself."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", {self.column}" if self.column else "")
        return f"{where}: {self.message}"


class UnableToImport(UnableTo):
    """The file is refused; `faults` are the first hundred, `fault_count` is all of them."""

    def __init__(self, faults: "Faults") -> None:
        some = "1 fault" if faults.count == 1 else f"{faults.count:,} faults"
        super().__init__(f"{some}; nothing was imported.")
        self.faults = sorted(faults.shown, key=lambda fault: fault.line)
        self.fault_count = faults.count


@dataclass(slots=True)
class Faults:
    """Faults as they are found: all are counted, a hundred kept."""

    shown: list[Fault] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, column: str, message: str) -> None:
        """Count a fault and keep it while there is room."""
        self.count += 1
        if len(self.shown) < FAULTS_SHOWN:
            self.shown.append(Fault(line, column, message))


@dataclass(slots=True)
class Rows:
    """The file's good lines, column by column, cleaned; all lists have one length.

    `refused` are codes of lines at fault, so that their recruits aren't called orphans.
    """

    line: list[int] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    sponsor_code: list[str] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    email: list[str] = field(default_factory=list)
    enrolled_on: list[date] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.code)


def read_rows(path: Path, *, today: date, faults: Faults) -> Rows:
    """Read and clean the file; lines at fault are reported and left out."""
    rows = Rows()
    with _open(path) as stream:
        reader = csv.reader(stream, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            if sorted(header) != sorted(COLUMNS):
                faults.add(1, "", f"the columns must be {', '.join(COLUMNS)}")
                return rows
            _read_lines(reader, header, rows, today=today, faults=faults)
        except (csv.Error, EOFError, gzip.BadGzipFile) as error:
            faults.add(reader.line_num + 1, "", f"can't be read on: {error}")
    return rows


def _open(path: Path) -> IO[str]:
    # Bytes that are not UTF-8 become surrogates, which the checks refuse with their line.
    options = {"encoding": "utf-8-sig", "errors": "surrogateescape", "newline": ""}
    if path.suffix == ".gz":
        return gzip.open(path, "rt", **options)  # type: ignore[call-overload]  # the options are those of text
    return path.open("r", **options)  # type: ignore[call-overload]  # as above


def _read_lines(
    reader: Iterator[list[str]], header: list[str], rows: Rows, *, today: date, faults: Faults
) -> None:
    """Clean line after line; one loop without calls for what is usual, since it runs a million
    times.
    """
    at = [header.index(name) for name in COLUMNS]
    in_order = at == [0, 1, 2, 3, 4]
    first_line: dict[str, int] = {}
    days: dict[str, date | None] = {}
    plain_email = _PLAIN_EMAIL.fullmatch
    for values in reader:
        line: int = reader.line_num  # type: ignore[attr-defined]  # csv's reader has it
        if len(values) != len(COLUMNS):
            if values:
                faults.add(line, "", f"{len(values)} fields, {len(COLUMNS)} are needed")
            continue
        if not in_order:
            values = [values[position] for position in at]
        code, sponsor_code, name, email, day = values
        code, sponsor_code = code.strip(), sponsor_code.strip()
        name, email = " ".join(name.split()), email.strip().lower()
        if day not in days:
            days[day] = _parse_day(day.strip(), today)
        before = faults.count
        if not is_code(code):
            faults.add(line, "code", _code_fault(code))
        elif code in first_line:
            faults.add(line, "code", f"{code} is in line {first_line[code]} already")
        else:
            first_line[code] = line
        if sponsor_code and not is_code(sponsor_code):
            faults.add(line, "sponsor_code", _code_fault(sponsor_code))
        if not name or len(name) > NAME_LENGTH or not name.isprintable():
            faults.add(line, "name", _name_fault(name))
        if email and not plain_email(email):
            _check_email(email, line, faults)
        enrolled_on = days[day]
        if enrolled_on is None:
            faults.add(line, "enrolled_on", _day_fault(day.strip(), today))
        if faults.count > before or enrolled_on is None:
            rows.refused.add(code)
            continue
        rows.line.append(line)
        rows.code.append(code)
        rows.sponsor_code.append(sponsor_code)
        rows.name.append(name)
        rows.email.append(email)
        rows.enrolled_on.append(enrolled_on)


def _parse_day(text: str, today: date) -> date | None:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day <= today else None


def _day_fault(text: str, today: date) -> str:
    return f"{_shown(text)} is not a date from {EARLIEST} to {today} written as 2017-03-31"


def _code_fault(text: str) -> str:
    if not text:
        return "is empty"
    return f"{_shown(text)} is not 1 to {MAX_LENGTH} letters (A to Z), digits and . _ ~ -"


def _name_fault(text: str) -> str:
    if not text:
        return "is empty"
    if len(text) > NAME_LENGTH:
        return f"has {len(text)} characters, {NAME_LENGTH} at most"
    return f"{_shown(text)} has control characters or is not UTF-8"


def _check_email(email: str, line: int, faults: Faults) -> None:
    if len(email) > EMAIL_LENGTH:
        faults.add(line, "email", f"has {len(email)} characters, {EMAIL_LENGTH} at most")
        return
    try:
        validate_email(email)
    except ValidationError:
        faults.add(line, "email", f"{_shown(email)} is not an e-mail address")


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 60 else text[:57] + "...")
