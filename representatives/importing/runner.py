"""Runs an import: reads the file, checks it, writes all of it or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from representatives.importing.against_tree import all_there, check_against_tree, read_members
from representatives.importing.source import Faults, UnableToImport, read_rows
from representatives.importing.writer import insert
from representatives.locks import acquire_tree_lock


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """Members added, and members who were there already with the same content."""

    added: int
    already_there: int


def import_representatives(
    *,
    path: Path,
    now: datetime,
    today: date,
    progress: Callable[[str], None] = lambda _: None,
    using: str = "default",
) -> ImportOutcome:
    """Add all members of a CSV file (or CSV.gz), or none.

    `today` is the company's date: nobody enrolled later. Members come without a log-in. A file
    whose every line is there already, with the same content, changes nothing.

    :raises UnableToImport: with up to a hundred faults, each naming its line.
    :raises TreeBusy: if another writer holds the tree lock too long.
    :raises OSError: if the file can't be read.
    """
    faults = Faults()
    rows = read_rows(path, today=today, faults=faults)
    progress(f"{len(rows):,} lines read")
    with transaction.atomic(using=using):
        acquire_tree_lock(using=using)
        known = read_members(rows.code, using=using)
        if not faults.count and known and all_there(rows, known):
            return ImportOutcome(added=0, already_there=len(rows))
        forest = check_against_tree(rows, known, faults, using=using)
        if faults.count:
            raise UnableToImport(faults)
        if len(rows):
            insert(rows, forest, now=now, using=using)
            progress(f"{len(rows):,} members written")
    return ImportOutcome(added=len(rows), already_there=0)
