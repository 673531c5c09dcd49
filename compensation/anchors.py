"""Anchors of the chain: the last head, noted in a file outside the database.

Whoever owns the database can rewrite the chain from some batch on, or cut its tail off, so that it
agrees with itself. It can't change what was noted elsewhere: keep the file, or a copy of it, where
the database's owner has no right to write.
"""

from __future__ import annotations

import fcntl
import os
import re
from datetime import UTC
from pathlib import Path

from django.db import connection

from compensation.chain import Anchor
from representatives.errors import UnableTo

_LINE = re.compile(r"(\d{1,18}) ([0-9a-f]{64}) (\d{1,18}) (\d{1,18}) (\S{1,40})")

_LAST = """
    SELECT b.number, encode(b.head, 'hex'), b.last_journal, b.sealed_at,
           (SELECT sum(journal_count) FROM compensation_batch)::bigint
    FROM compensation_batch b ORDER BY b.number DESC LIMIT 1
"""
_HEAD = "SELECT encode(head, 'hex') FROM compensation_batch WHERE number = %s"


class UnableToReadAnchors(UnableTo):
    """A file of anchors can't be read, or a line of it is no anchor."""

    case = "unreadable"


class AnchorDiffers(UnableTo):
    """The ledger is not the one that the last anchor of a file names; nothing was written.

    `case` is the number of the batch that differs.
    """

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message, "anchors")
        self.case = str(number)


def read_anchors(path: Path) -> list[Anchor]:
    """Return the anchors of a file: ``number head journals last_journal sealed_at`` a line.

    :raises UnableToReadAnchors: naming the line at fault.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise UnableToReadAnchors(f"{path} can't be read: {fault}", "anchors") from fault
    return _parse(text, path)


def write_anchor(path: Path) -> Anchor | None:
    """Append the chain's last head to a file, if it is not there yet; return it.

    None while nothing is posted. Two writers at once write one line each at most. What is
    returned is on the disk.

    :raises UnableToReadAnchors: if the file has a line that is no anchor.
    :raises AnchorDiffers: if the file's last anchor names a batch that the ledger lacks or has
        with another head.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        noted = _parse(file.read(), path)
        if noted:
            _require_same(noted[-1], path)
        last = _last()
        if last is None or (noted and noted[-1].number == last.number):
            return last
        file.write(_line(last) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return last


def _last() -> Anchor | None:
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        row = cursor.fetchone()
    if row is None:
        return None
    number, head, last_journal, sealed_at, journals = row
    return Anchor(
        number=number,
        head=head,
        journals=journals,
        last_journal=last_journal,
        sealed_at=sealed_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    )


def _require_same(anchor: Anchor, path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_HEAD, [anchor.number])
        row = cursor.fetchone()
    if row is None or row[0] != anchor.head:
        has = "lacks" if row is None else "has with another head"
        raise AnchorDiffers(
            f"{path} names batch {anchor.number} of the chain, which the ledger {has}",
            anchor.number,
        )


def _line(anchor: Anchor) -> str:
    return (
        f"{anchor.number} {anchor.head} {anchor.journals} {anchor.last_journal} {anchor.sealed_at}"
    )


def _parse(text: str, path: Path) -> list[Anchor]:
    anchors = []
    for place, line in enumerate(text.splitlines(), start=1):
        found = _LINE.fullmatch(line)
        if found is None:
            raise UnableToReadAnchors(f"{path}, line {place}: this is no anchor", "anchors")
        number, head, journals, last_journal, sealed_at = found.groups()
        anchors.append(Anchor(int(number), head, int(journals), int(last_journal), sealed_at))
    return anchors
