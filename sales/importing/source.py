"""The file: its header, its lines, and which lines belong together.

A line is a record: no field of this format holds a line break, so a stray quotation mark spoils
its own line only. Lines are kept packed per order, about 150 MB for a million.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from representatives.errors import UnableTo

COLUMNS = (
    "external_ref",
    "seller_code",
    "customer_ref",
    "own",
    "sku",
    "quantity",
    "unit_price",
    "paid_at",
    "returned_ref",
)
# What a rejects file adds: a corrected one can be read as it is.
IGNORED_COLUMNS = ("line", "reason")
LINE_BYTES = 4096
GZIP_MAGIC = b"\x1f\x8b"


class UnableToReadOrders(UnableTo):
    """The file as a whole can't be read: missing, not this format, or damaged."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A unit that was left out: all its lines, and what was wrong with which of them."""

    external_ref: str
    conflict: bool
    faults: list[tuple[int, str]]  # line, reason
    lines: list[tuple[int, list[str]]]  # line, its fields in the order of COLUMNS


@dataclass(slots=True)
class SourceFile:
    """The lines of a file by `external_ref`, in file order.

    `pieces` holds runs of adjacent lines: the number of the first and the texts, joined by line
    feeds. `unreadable` holds the reason for lines that could not be split into fields, `orphans`
    those which name no order.
    """

    columns: list[str]
    pieces: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    unreadable: dict[int, str] = field(default_factory=dict)
    orphans: list[Rejected] = field(default_factory=list)
    line_count: int = 0
    digest: str = ""

    def lines_of(self, external_ref: str) -> Iterator[tuple[int, str]]:
        """Return the lines of one unit with their numbers."""
        for first, texts in self.pieces[external_ref]:
            yield from enumerate(texts.split("\n"), start=first)

    def rejected(
        self, external_ref: str, faults: list[tuple[int, str]], *, conflict: bool = False
    ) -> Rejected:
        """Return a unit of this file as rejected."""
        lines = [(number, self.fields(text)) for number, text in self.lines_of(external_ref)]
        return Rejected(external_ref, conflict, faults, lines)

    def fields(self, text: str) -> list[str]:
        """Return the fields of a line in the order of COLUMNS, as well as they can be told."""
        try:
            found = split_line(text)
        except ValueError:
            found = text.replace('"', "").split(",")
        found += [""] * len(self.columns)
        return [found[self.columns.index(name)] for name in COLUMNS]


def split_line(text: str) -> list[str]:
    """Return the fields of a line, stripped.

    :raises ValueError: if its quotation marks do not match.
    """
    if '"' in text:
        try:
            fields = next(csv.reader([text], strict=True))
        except (csv.Error, StopIteration) as error:
            raise ValueError("its quotation marks do not match") from error
    else:
        fields = text.split(",")
    return [one.strip() for one in fields]


def read_source(path: Path, on_progress: Callable[[int, int], None]) -> SourceFile:
    """Read a CSV or CSV.gz file and group its lines by order.

    :raises UnableToReadOrders: if it can't be opened, is damaged, or has another header.
    """
    try:
        with path.open("rb") as raw:
            size = path.stat().st_size
            stream = _decompressed(raw)
            return _read(stream, lambda: on_progress(min(raw.tell(), size), size))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UnableToReadOrders(f"{path.name} is damaged: {error}", "damaged") from error
    except OSError as error:
        raise UnableToReadOrders(f"{path} can't be read: {error.strerror}", "file") from error


def _decompressed(raw: BinaryIO) -> BinaryIO:
    magic = raw.read(2)
    raw.seek(0)
    if magic == GZIP_MAGIC:
        return io.BufferedReader(gzip.GzipFile(fileobj=raw), 1 << 20)
    return raw


def _read(stream: BinaryIO, tick: Callable[[], None]) -> SourceFile:
    digest = hashlib.sha256()
    header = stream.readline(LINE_BYTES)
    digest.update(header)
    source = SourceFile(columns=_header(header))
    reference_at = source.columns.index("external_ref")
    width = len(source.columns)
    number = 1
    current: str | None = None
    first = 0
    run: list[str] = []
    while line := stream.readline(LINE_BYTES):
        number += 1
        digest.update(line)
        text, fault = _text(line, stream)
        if not text and not fault:
            continue
        source.line_count += 1
        if number & 0x3FFF == 0:
            tick()
        fields: list[str] = []
        if not fault:
            try:
                fields = split_line(text)
            except ValueError as error:
                fault = str(error)
        if not fault and len(fields) != width:
            fault = f"it has {len(fields)} fields instead of {width}"
        reference = _reference(fields or text.replace('"', "").split(","), reference_at)
        if fault:
            source.unreadable[number] = fault
        if not reference or len(reference) > 64:
            reason = fault or (
                "external_ref is longer than 64 characters"
                if reference
                else "external_ref is missing"
            )
            lines = [(number, source.fields(text))]
            source.orphans.append(Rejected(reference[:64], False, [(number, reason)], lines))
            continue
        if reference != current or number != first + len(run):
            _flush(source, current, first, run)
            current, first, run = reference, number, []
        run.append(text)
    _flush(source, current, first, run)
    source.digest = digest.hexdigest()
    tick()
    return source


def _flush(source: SourceFile, reference: str | None, first: int, run: list[str]) -> None:
    if reference is not None and run:
        source.pieces.setdefault(reference, []).append((first, "\n".join(run)))


def _reference(fields: list[str], position: int) -> str:
    return fields[position].strip() if position < len(fields) else ""


def _text(line: bytes, stream: BinaryIO) -> tuple[str, str]:
    """Return a line as text without its end, and what is wrong with it ("" for nothing)."""
    if len(line) == LINE_BYTES and not line.endswith(b"\n"):
        head = line
        while line and not line.endswith(b"\n"):
            line = stream.readline(LINE_BYTES)
        return _printable(head.decode(errors="replace")), "it is too long"
    try:
        text = line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return _printable(line.decode(errors="replace").rstrip("\r\n")), "it is not UTF-8"
    if not text.isprintable():
        return _printable(text), "it has a character that can't be printed"
    return text, ""


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _header(line: bytes) -> list[str]:
    try:
        columns = split_line(line.decode("utf-8-sig").rstrip("\r\n"))
    except ValueError as error:
        raise UnableToReadOrders("The header (line 1) can't be read.", "header") from error
    missing = [name for name in COLUMNS if name not in columns]
    unknown = [name for name in columns if name not in (*COLUMNS, *IGNORED_COLUMNS)]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    for kind, names in (("lacks", missing), ("has unknown", unknown), ("repeats", twice)):
        if names:
            shown = ", ".join(repr(name[:40]) for name in names[:9])
            raise UnableToReadOrders(f"The header (line 1) {kind}: {shown}.", "header")
    return columns
