"""Contacts in files: what can be read of a CSV or a vCard file, row by row.

Reading writes nothing and refuses no more than it must: a row that says no name, or says
something odd, is told with its line, and the others are taken.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, TypedDict

import vobject
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext

from representatives.errors import UnableTo
from representatives.spreadsheets import unguarded
from representatives.text import folded, seen_on_one_line
from sales.models.people import BIRTHDAY_YEAR

LARGEST_BYTES = 2 * 1024 * 1024
MOST_ROWS = 5000
LONGEST_NOTE = 5000
BROKEN = "\ufffd"
"""What decoding puts where bytes are no letter."""

_COLUMNS = {
    "name": ("name", "full name", "fn", "display name", "imie i nazwisko", "nazwa", "klient"),
    "first": ("first name", "given name", "imie"),
    "last": ("last name", "family name", "surname", "nazwisko"),
    "email": (
        *("email", "e-mail", "email address", "e-mail address", "mail", "adres e-mail"),
        *("e-mail 1 - value", "adres email"),
    ),
    "phone": (
        *("phone", "mobile", "mobile phone", "phone number", "phone 1 - value", "tel", "telephone"),
        *("telefon", "numer telefonu", "telefon komorkowy", "komorka", "primary phone"),
    ),
    "note": ("note", "notes", "notatka", "notatki", "uwagi"),
    "birthday": ("birthday", "date of birth", "urodziny", "data urodzenia"),
    "language": ("language", "jezyk"),
}
_MEANS = {header: column for column, headers in _COLUMNS.items() for header in headers}


class UnableToRead(UnableTo):
    """A file holds no contacts that can be read."""


class Row(TypedDict):
    """A contact as a file tells it; `fault` says why it can't be taken, "" if it can."""

    line: int
    name: str
    email: str
    phone: str
    note: str
    birthday: str
    language: str
    fault: str


def read_contacts(name: str, content: bytes) -> list[Row]:
    """Return the contacts of a file, by its content a vCard or a CSV file.

    :raises UnableToRead: if it is too large, holds no known column, or nobody.
    """
    if len(content) > LARGEST_BYTES:
        raise UnableToRead(gettext("The file is larger than 2 MB."), "file")
    text = _text(content)
    cards = "BEGIN:VCARD" in text[:4096].upper() or name.lower().endswith((".vcf", ".vcard"))
    rows: list[Row] = []
    for row in _cards(text) if cards else _table(text):
        if len(rows) == MOST_ROWS:
            raise UnableToRead(gettext("The file has more than 5,000 contacts."), "file")
        rows.append(row)
    if not rows:
        raise UnableToRead(gettext("There is nobody in this file."), "file")
    return rows


def _text(content: bytes) -> str:
    """Return the text of a file; U+FFFD stands where bytes are no letter of its encoding."""
    wide = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
    if not wide and b"\0" in content[:2]:
        wide = "utf-16-be" if content[:1] == b"\0" else "utf-16-le"
    text = content.decode(wide or "utf-8-sig", errors="replace")
    # A broken letter or two leave the others what they are; a file in which most are broken is of
    # the time before Unicode.
    broken = text.count(BROKEN)
    if broken and not wide and sum(not one.isascii() for one in text) <= 2 * broken:
        text = content.decode("cp1250", errors="replace")
    return text.replace("\x00", "")


def _table(text: str) -> Iterator[Row]:
    """Read a table whose first line names its columns."""
    head = text.splitlines()[:1]
    if not head:
        return
    separator = max(",;\t", key=head[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    ends_open = sum(1 for _ in io.StringIO(text, newline="")) if text.count('"') % 2 else 0
    line = 1
    try:
        columns = [_MEANS.get(folded(one).strip("*: "), "") for one in next(reader)]
        if not {"name", "first", "last", "email", "phone"} & set(columns):
            raise UnableToRead(
                gettext(
                    "The first line must name the columns: name, email, phone, birthday, note."
                ),
                "file",
            )
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                is_open = line < reader.line_num == ends_open
                yield _row(line, _told(columns, cells), _odd(columns, cells, is_open=is_open))
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnableToRead(
            gettext("Line %(line)s can’t be read: a quotation mark may be missing.")
            % {"line": line},
            "file",
        ) from error


def _odd(columns: Sequence[str], cells: Sequence[str], *, is_open: bool) -> str:
    """Return why the cells of a line don't stand where they belong, "" if they do."""
    if is_open:
        return gettext("A quotation mark that opens here is missing its end.")
    if any(cell.strip() for cell in cells[len(columns) :]):
        return gettext("This line has more cells than the first one.")
    return ""


def _told(columns: Iterable[str], cells: Iterable[str]) -> dict[str, str]:
    told: dict[str, str] = {}
    for column, cell in zip(columns, cells, strict=False):
        text = unguarded(cell.strip())
        if column and text and column not in told:
            told[column] = text
    if "name" not in told:
        told["name"] = " ".join(told[part] for part in ("first", "last") if part in told)
    return told


_BEGIN = re.compile(r"^BEGIN:VCARD\s*$", re.I)
_END = re.compile(r"^END:VCARD\s*$", re.I)
_PROPERTY = re.compile(
    r"^(?:[\w-]{1,40}\.)?(FN|N|ORG|EMAIL|TEL|BDAY|NOTE|LANG|VERSION)(?:;|$)", re.I
)
_LONGEST_HEAD = 200
_MOST_LINES = 500


def _cards(text: str) -> Iterator[Row]:
    """Read cards one by one, so that one that is broken spoils no other.

    A card without its end is told, and nothing of it goes to the next. Pictures and whatever else
    we do not keep never reach the parser, so that no file keeps it busy for long.
    """
    begun = 0
    lines: list[str] = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if _BEGIN.match(line) and not begun:
            begun, lines = number, []
        elif begun and _BEGIN.match(line):
            yield _row(begun, {}, gettext("This card can’t be read."))  # it lacks its end
            begun, lines = number, []
        elif begun and _END.match(line):
            yield _card(begun, lines)
            begun = 0
        elif begun:
            lines.append(line)
    if begun:
        yield _row(begun, {}, gettext("This card can’t be read."))


def _card(begun: int, lines: list[str]) -> Row:
    text = "\n".join(["BEGIN:VCARD", *_read_of_card(lines)[:_MOST_LINES], "END:VCARD", ""])
    try:
        return _row(begun, _of_card(vobject.readOne(text, ignoreUnreadable=True)))
    except Exception:  # the parser stumbles over odd parameters in ways of its own
        return _row(begun, {}, gettext("This card can’t be read."))


def _read_of_card(lines: Iterable[str]) -> list[str]:
    """Return the lines of a card that are read, with those that go on from them."""
    kept: list[str] = []
    is_kept = is_soft = goes_on = False
    for line in lines:
        if not (goes_on or line[:1] in (" ", "\t")):
            head, colon, _value = line.partition(":")
            is_kept = bool(colon) and len(head) <= _LONGEST_HEAD and bool(_PROPERTY.match(head))
            is_soft = "QUOTED-PRINTABLE" in head.upper()
        goes_on = is_soft and line.endswith("=") if line else False
        if is_kept:
            kept.append(line)
    return kept


def _of_card(card: Any) -> dict[str, str]:
    def first(kind: str) -> str:
        values = card.contents.get(kind, [])
        return " ".join(_plain(values[0].value).split()) if values else ""

    note = card.contents.get("note", [])
    return {
        "name": first("fn") or first("n") or first("org"),
        "email": first("email"),
        "phone": re.sub(r"^tel:", "", first("tel")),
        "birthday": first("bday"),
        "note": _plain(note[0].value).strip() if note else "",
        "language": first("lang"),
    }


def _plain(value: Any) -> str:
    """Return what a card says as text that the database can hold."""
    if isinstance(value, bytes):
        value = value.decode(errors="ignore")  # was written as base64
    if isinstance(value, list):
        value = " ".join(str(one) for one in value)
    return str(value).replace("\x00", "").encode(errors="ignore").decode()


def _row(line: int, told: dict[str, str], fault: str = "") -> Row:
    birthday, odd_day = _birthday(told.get("birthday", ""))
    name = seen_on_one_line(told.get("name", ""))
    email, phone = told.get("email", ""), told.get("phone", "")
    language = told.get("language", "").lower()[:2]
    if not fault:
        fault = _unread(told) or _fault(name, email, phone, told.get("note", "")) or odd_day
    return Row(
        line=line,
        name=name[:200],
        email=email[:254],
        phone=phone[:40],
        note=told.get("note", "")[:LONGEST_NOTE],
        birthday=birthday,
        language=language if language in ("en", "pl") else "",
        fault=fault,
    )


def _unread(told: dict[str, str]) -> str:
    """Return which part has letters that could not be read, "" if none has."""
    labels = {
        "name": gettext("Name"),
        "email": gettext("E-mail"),
        "phone": gettext("Phone"),
        "note": gettext("Note"),
        "birthday": gettext("Birthday"),
    }
    for part, label in labels.items():
        if BROKEN in told.get(part, ""):
            return gettext("%(part)s: letters can’t be read. Save the file as UTF-8.") % {
                "part": label
            }
    return ""


def _fault(name: str, email: str, phone: str, note: str) -> str:
    if not name:
        return gettext("A name is missing.")
    if len(name) > 200:
        return gettext("The name has more than 200 letters.")
    if len(phone) > 40:
        return gettext("The number has more than 40 characters.")
    if len(note) > LONGEST_NOTE:
        return gettext("The note has more than 5,000 letters.")
    if len(email) > 254:
        return gettext("The e-mail address has more than 254 characters.")
    if email:
        try:
            validate_email(email)
        except ValidationError:
            return gettext("%(email)s is not an e-mail address.") % {"email": email[:60]}
    return ""


_YEAR_FIRST = re.compile(r"^(?:\d{4}-?|--)(\d{2})-?(\d{2})(?:T.*)?$")
_DAY_FIRST = re.compile(r"^(\d{1,2})\.\s?(\d{1,2})\.?(?:\s?\d{4})?$")


def _birthday(text: str) -> tuple[str, str]:
    """Return day and month as MM-DD, or a fault; the year is not kept."""
    if not text:
        return "", ""
    if match := _YEAR_FIRST.match(text):
        month, day = match.groups()
    elif match := _DAY_FIRST.match(text):
        day, month = match.groups()
    else:
        return "", gettext("The birthday can’t be read: write it as 1980-05-17.")
    try:
        found = date(BIRTHDAY_YEAR, int(month), int(day))
    except ValueError:
        return "", gettext("The birthday is no day of the calendar.")
    return f"{found:%m-%d}", ""
