"""The file against the members there are: who sponsors whom, and what can't be."""

# The only name put into SQL here is a constant.
# ruff: noqa: S608

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connections

from representatives import labels, tree
from representatives.importing.source import Faults, Rows

LOOKUP_CHUNK = 50_000

# code → (id, status, sponsor's code, name, email, day)
Known = dict[str, tuple[int, str, str, str, str, date]]


@dataclass(slots=True)
class Forest:
    """The file as positions: `parent` −1 where the sponsor is not in the file.

    `outside` maps such a position to the id of a member; the founder of the tree has none.
    """

    parent: tree.Ints
    outside: dict[int, int]


def read_members(codes: Iterable[str], *, using: str) -> Known:
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


def all_there(rows: Rows, known: Known) -> bool:
    """Return whether every line is a member already, with the same content."""
    columns = zip(rows.sponsor_code, rows.name, rows.email, rows.enrolled_on, strict=True)
    return all(
        code in known and known[code][2:] == content
        for code, content in zip(rows.code, columns, strict=True)
    )


def check_against_tree(rows: Rows, known: Known, faults: Faults, *, using: str) -> Forest:
    """Find each line's sponsor; report duplicates, orphans, circles and second roots."""
    if known:
        for line, code in zip(rows.line, rows.code, strict=True):
            if code in known:
                faults.add(line, "code", f"{code} is a member already")
    position = {code: at for at, code in enumerate(rows.code)}
    parent = np.array([position.get(code, -1) for code in rows.sponsor_code], dtype=np.int64)
    outside: dict[int, int] = {}
    tops = [at for at in np.flatnonzero(parent < 0).tolist() if rows.sponsor_code[at]]
    sponsors = read_members({rows.sponsor_code[at] for at in tops}, using=using)
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
    return Forest(parent=parent, outside=outside)


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
