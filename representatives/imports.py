"""Bulk import of representatives from CSV: everything or nothing.

The file is read and checked first, without the database. Then, under the tree lock, it is checked
against the members there are, labels are computed in memory and the rows go in by COPY.
"""

# The only name put into SQL here is a constant.
# ruff: noqa: S608

import csv
import gzip
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO

import numpy as np
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connections, transaction

from representatives import checks, labels, tree
from representatives.codes import MAX_LENGTH, is_code
from representatives.errors import UnableTo
from representatives.locks import acquire_tree_lock
from representatives.models import NAME_LENGTH
from representatives.text import sort_key

COLUMNS = ("code", "sponsor_code", "name", "email", "enrolled_on")
FAULTS_SHOWN = 100
EMAIL_LENGTH = 254
EARLIEST = date(1900, 1, 1)
LOOKUP_CHUNK = 50_000
COPY_CHUNK = 20_000
# With more sponsors than this who are members already, the whole tree is relabelled at once.
SPONSORS_PLACED_SINGLY = 1_000

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


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """Members added, and members who were there already with the same content."""

    added: int
    already_there: int


@dataclass(slots=True)
class _Forest:
    """The file as positions: `parent` −1 where the sponsor is not in the file.

    `outside` maps such a position to the id of a member; the founder of the tree has none.
    """

    parent: tree.Ints
    outside: dict[int, int]


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
        known = _read_members(rows.code, using=using)
        if not faults.count and known and _all_there(rows, known):
            return ImportOutcome(added=0, already_there=len(rows))
        forest = _check_against_tree(rows, known, faults, using=using)
        if faults.count:
            raise UnableToImport(faults)
        if len(rows):
            _insert(rows, forest, now=now, progress=progress, using=using)
    return ImportOutcome(added=len(rows), already_there=0)


# -- Reading ---------------------------------------------------------------------------------------


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


# -- Checking against the tree ---------------------------------------------------------------------

# code → (id, status, sponsor's code, name, email, day)
Known = dict[str, tuple[int, str, str, str, str, date]]


def _read_members(codes: Iterable[str], *, using: str) -> Known:
    """Return the members who bear one of the codes."""
    wanted = list(codes)
    known: Known = {}
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {labels.TABLE})")
        if not cursor.fetchone()[0]:
            return known
        for start in range(0, len(wanted), LOOKUP_CHUNK):
            cursor.execute(
                "SELECT r.code, r.id, r.status, coalesce(s.code, ''), r.name, r.email,"
                f" r.enrolled_on FROM {labels.TABLE} r"
                f" LEFT JOIN {labels.TABLE} s ON s.id = r.sponsor_id"
                " WHERE r.code = ANY(%s)",
                [wanted[start : start + LOOKUP_CHUNK]],
            )
            known.update((row[0], tuple(row[1:])) for row in cursor.fetchall())
    return known


def _all_there(rows: Rows, known: Known) -> bool:
    columns = zip(rows.sponsor_code, rows.name, rows.email, rows.enrolled_on, strict=True)
    return all(
        code in known and known[code][2:] == content
        for code, content in zip(rows.code, columns, strict=True)
    )


def _check_against_tree(rows: Rows, known: Known, faults: Faults, *, using: str) -> _Forest:
    """Find each line's sponsor; report duplicates, orphans, circles and second roots."""
    if known:
        for line, code in zip(rows.line, rows.code, strict=True):
            if code in known:
                faults.add(line, "code", f"{code} is a member already")
    position = {code: at for at, code in enumerate(rows.code)}
    parent = np.array([position.get(code, -1) for code in rows.sponsor_code], dtype=np.int64)
    outside: dict[int, int] = {}
    tops = [at for at in np.flatnonzero(parent < 0).tolist() if rows.sponsor_code[at]]
    sponsors = _read_members({rows.sponsor_code[at] for at in tops}, using=using)
    for at in tops:
        code = rows.sponsor_code[at]
        if code in rows.refused:
            continue
        if code not in sponsors:
            faults.add(rows.line[at], "sponsor_code", f"nobody has the code {code}")
        elif sponsors[code][1] == "terminated":
            faults.add(rows.line[at], "sponsor_code", f"{code} is terminated")
        else:
            outside[at] = sponsors[code][0]
    _check_roots(rows, faults, using=using)
    for at in tree.find_cyclic(parent).tolist():
        faults.add(
            rows.line[at],
            "sponsor_code",
            f"{rows.code[at]} is in a circle of sponsors through {rows.sponsor_code[at]}",
        )
    return _Forest(parent=parent, outside=outside)


def _check_roots(rows: Rows, faults: Faults, *, using: str) -> None:
    roots = [at for at, code in enumerate(rows.sponsor_code) if not code]
    if not roots:
        return
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT code FROM {labels.TABLE} WHERE sponsor_id IS NULL")
        stored = cursor.fetchone()
    if stored is None:
        first = roots.pop(0)
        stored = (f"{rows.code[first]}, line {rows.line[first]}",)
    for at in roots:
        faults.add(
            rows.line[at],
            "sponsor_code",
            f"is empty, and the tree has its one root already ({stored[0]})",
        )


# -- Writing ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Placed:
    """Ids, labels and levels of the newcomers, by position."""

    id: tree.Ints
    sponsor_id: tree.Ints
    lft: tree.Ints
    rght: tree.Ints
    level: tree.Ints


def _insert(
    rows: Rows, forest: _Forest, *, now: datetime, progress: Callable[[str], None], using: str
) -> None:
    sponsors = sorted(set(forest.outside.values()))
    if not sponsors:
        _insert_founded(rows, forest, now=now, using=using)
    elif len(sponsors) > SPONSORS_PLACED_SINGLY:
        _insert_relabelling(rows, forest, now=now, using=using)
    else:
        _insert_below(rows, forest, sponsors, now=now, using=using)
    progress(f"{len(rows):,} members written")


def _insert_founded(rows: Rows, forest: _Forest, *, now: datetime, using: str) -> None:
    """Insert the whole tree, root and all, spread over all labels."""
    tour = tree.walk(forest.parent)
    lft, rght = tree.labels_of_whole_tree(tour)
    ids = _new_ids(tour, using=using)
    sponsor_id = np.where(forest.parent < 0, 0, ids[forest.parent])
    placed = _Placed(ids, sponsor_id, lft, rght, tour.depth)
    _copy(rows, placed, np.argsort(tour.opens), now=now, using=using)


def _insert_below(
    rows: Rows, forest: _Forest, sponsors: list[int], *, now: datetime, using: str
) -> None:
    """Insert one group after the other, each in the free tail of its sponsor who is there."""
    count = len(rows)
    # The sponsors join the walk as tops, so that each group is one stretch of it.
    group = {sponsor_id: count + index for index, sponsor_id in enumerate(sponsors)}
    parent = np.append(forest.parent, np.full(len(sponsors), -1, dtype=np.int64))
    for at, sponsor_id in forest.outside.items():
        parent[at] = group[sponsor_id]
    tour = tree.walk(parent)
    order = np.argsort(tour.opens[:count])
    opens = tour.opens[:count][order]
    ids = _new_ids(tour, count=count, using=using)
    all_ids = np.append(ids, np.array(sponsors, dtype=np.int64))
    lft, rght, level = (np.zeros(count, dtype=np.int64) for _ in range(3))
    placed = _Placed(ids, all_ids[parent[:count]], lft, rght, level)
    for sponsor_id, top in group.items():
        first, last = tour.opens[top], tour.closes[top]
        mine = order[np.searchsorted(opens, first) : np.searchsorted(opens, last)]
        tail = labels.open_tail(
            sponsor_id, members=len(mine), step_limit=tree.LAST_LABEL, using=using
        )
        lft[mine] = tail.start + tail.step * (tour.opens[mine] - first)
        rght[mine] = tail.start + tail.step * (tour.closes[mine] - first)
        level[mine] = tail.level + tour.depth[mine] - 1
        _copy(rows, placed, mine, now=now, using=using)


def _insert_relabelling(rows: Rows, forest: _Forest, *, now: datetime, using: str) -> None:
    """Relabel everybody, old and new, as one tree, then insert the new."""
    stored = checks.read_tree(using=using)
    old, count = len(stored.id), len(rows)
    parent = np.append(stored.sponsor_positions(), np.full(count, -1, dtype=np.int64))
    inside = np.flatnonzero(forest.parent >= 0)
    parent[old + inside] = forest.parent[inside] + old
    tops = np.array(list(forest.outside), dtype=np.int64)
    sponsor_ids = np.array(list(forest.outside.values()), dtype=np.int64)
    parent[old + tops] = np.searchsorted(stored.id, sponsor_ids)
    tour = tree.walk(parent)
    lft, rght = tree.labels_of_whole_tree(tour)
    checks.write_tree(stored, lft[:old], rght[:old], tour.depth[:old], using=using)
    order = np.argsort(tour.opens[old:])
    ids = np.empty(count, dtype=np.int64)
    ids[order] = _take_ids(count, using=using)
    all_ids = np.append(stored.id, ids)
    placed = _Placed(ids, all_ids[parent[old:]], lft[old:], rght[old:], tour.depth[old:])
    _copy(rows, placed, order, now=now, using=using)


def _new_ids(tour: tree.Tour, *, using: str, count: int | None = None) -> tree.Ints:
    """Return new ids by position, rising along the walk, so that downlines lie together."""
    count = len(tour.opens) if count is None else count
    ids = np.empty(count, dtype=np.int64)
    ids[np.argsort(tour.opens[:count])] = _take_ids(count, using=using)
    return ids


def _take_ids(count: int, *, using: str) -> tree.Ints:
    """Return fresh ids in rising order."""
    drawn = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) AS id FROM generate_series(1, %s)"
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT min(id), max(id) FROM ({drawn}) AS drawn", [labels.TABLE, count])
        first, last = cursor.fetchone()
        if last - first + 1 == count:
            return np.arange(first, last + 1, dtype=np.int64)
        # Somebody drew ids without the tree lock: draw again, one by one.
        cursor.execute(drawn, [labels.TABLE, count])
        return np.array([row[0] for row in cursor.fetchall()], dtype=np.int64)


def _copy(rows: Rows, placed: _Placed, positions: tree.Ints, *, now: datetime, using: str) -> None:
    """Write the rows at these positions by COPY."""
    created = now.isoformat()
    sponsors = ["\\N" if one == 0 else str(one) for one in placed.sponsor_id[positions].tolist()]
    ids, lft, rght, level = (
        column[positions].tolist() for column in (placed.id, placed.lft, placed.rght, placed.level)
    )
    statement = (
        f"COPY {labels.TABLE} (id, sponsor_id, code, name, sort_key, email, phone, status,"
        " enrolled_on, created_at, lft, rght, tree_id, level) FROM STDIN"
    )
    chosen = positions.tolist()
    with connections[using].cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, len(chosen), COPY_CHUNK):
            copy.write(
                "".join(
                    f"{ids[index]}\t{sponsors[index]}\t{_escaped(rows.code[at])}"
                    f"\t{_escaped(rows.name[at])}\t{_escaped(sort_key(rows.name[at]))}"
                    f"\t{_escaped(rows.email[at])}\t\tenrolled\t{rows.enrolled_on[at]}"
                    f"\t{created}\t{lft[index]}\t{rght[index]}\t{tree.TREE_ID}\t{level[index]}\n"
                    for index, at in enumerate(chosen[start : start + COPY_CHUNK], start)
                )
            )


def _escaped(text: str) -> str:
    """Escape what COPY reads otherwise: the backslash, and the tab between the halves of a key."""
    return text.replace("\\", "\\\\").replace("\t", "\\t")
