"""Write the export: one JSON file, a CSV of each part, and the statements."""

from __future__ import annotations

import codecs
import csv
import io
import json
import zipfile
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import IO, Any

from compensation.own_data.contents import parts_for
from compensation.own_data.parts import Row, Subject
from compensation.statements.content import Statement
from compensation.statements.sheet import as_csv
from representatives.spreadsheets import guarded

VERSION = 1


def write_archive(subject: Subject, out: IO[bytes], *, language: str, now: datetime) -> None:
    """Write all that is kept about a person as a ZIP file.

    Numbers are decimal text, so that no program rounds them; a text of a table that begins like
    a formula gets an apostrophe in front.
    """
    told: dict[str, list[Row]] = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts_for(subject):
            rows = list(part.rows(subject))
            told[part.name] = rows
            if rows:
                archive.writestr(f"tables/{part.name}.csv", _table(rows))
        for statement in subject.statements:
            archive.writestr(f"statements/{statement.number}.csv", as_csv(statement, language))
        document = {
            "version": VERSION,
            "company": subject.company.name,
            "written_at": subject.at(now),
            **told,
            "statements": [_statement(statement) for statement in subject.statements],
        }
        text = json.dumps(document, ensure_ascii=False, indent=1, default=_plain)
        archive.writestr("own-data.json", text)


def _statement(statement: Statement) -> Row:
    """Return a statement as rows and texts: the company's picture is nothing kept of the person."""
    told = asdict(replace(statement, logo=None))
    del told["logo"]
    return told


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in the export")


def _table(rows: list[Row]) -> bytes:
    columns = list(rows[0])
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        assert list(row) == columns, columns
        writer.writerow(
            [guarded(value) if isinstance(value, str) else value for value in row.values()]
        )
    return codecs.BOM_UTF8 + text.getvalue().encode()
