"""The downline as a CSV file, written by the database while it is sent.

One query gives the file whatever its length, and nothing of it is kept in memory. Volumes have a
point and two places. Texts that people wrote and a spreadsheet could take for a formula get an
apostrophe in front, as on the statements.
"""

# Conditions and columns are put together from constants; every value is a parameter.
# ruff: noqa: S608

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from compensation.selectors_pages import downline
from compensation.selectors_pages.downline_query import Question, Scope, conditions, seen
from compensation.selectors_pages.downline_table import is_large
from representatives.spreadsheets import guarded, guarded_sql

VOLUME = "CASE WHEN {seen} THEN round({0} / 100.0, 2) END"

SHEET_FROM = (
    "compensation_memberresult m LEFT JOIN representatives_representative r"
    " ON r.id = m.representative_id"
)


def heads() -> list[str]:
    """Return the heads of the columns."""
    return [
        _("Name"),
        _("Code"),
        _("Level"),
        _("Rank"),
        _("Status"),
        _("Active"),
        _("Personal BV"),
        _("Own RSP"),
        _("Group BV"),
        _("Active directs"),
        _("People below"),
        _("Joined"),
    ]


def write_sheet(scope: Scope, question: Question) -> Iterator[bytes]:
    """Give the file in pieces: the people who answer the question, in the order of the tree.

    The words of the file are those of the language in force now, not when it is sent.
    """
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(heads())
    sql, values = _sheet_sql(scope, question)
    return _pieces(codecs.BOM_UTF8 + out.getvalue().encode(), sql, values)


def _pieces(head: bytes, sql: str, values: list[Any]) -> Iterator[bytes]:
    yield head
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)", values) as copy,
    ):
        for piece in copy:
            yield bytes(piece)


def _sheet_sql(scope: Scope, question: Question) -> tuple[str, list[Any]]:
    asked = conditions(scope, question, anywhere=not is_large(scope))
    condition, bound = seen(scope)
    in_sight = f"({condition})" if condition else "TRUE"
    ranks = [guarded(name) for name in scope.plan.ranks.names]
    columns: list[tuple[str, list[Any]]] = [
        (
            f"CASE WHEN {in_sight} THEN {guarded_sql('r.name')} ELSE %s END",
            [*bound, downline.masked_name()],
        ),
        (f"CASE WHEN {in_sight} THEN {guarded_sql('r.code')} END", bound),
        ("m.depth - %s", [scope.top.depth]),
        (f"CASE WHEN {in_sight} THEN (%s::text[])[m.pay_rank + 1] END", [*bound, ranks]),
        (
            f"CASE WHEN {in_sight} THEN (%s::text[])[m.status + 1] END",
            [*bound, [downline.status_name(status) for status in range(3)]],
        ),
        (
            f"CASE WHEN {in_sight} THEN CASE WHEN m.active THEN %s ELSE %s END END",
            [*bound, _("yes"), _("no")],
        ),
        *(
            (VOLUME.format(f"m.{name}", seen=in_sight), bound)
            for name in ("personal_bv", "personal_rsp", "group_bv")
        ),
        (f"CASE WHEN {in_sight} THEN m.active_directs END", bound),
        (f"CASE WHEN {in_sight} THEN m.subtree_end - m.position - 1 END", bound),
        (f"CASE WHEN {in_sight} THEN r.enrolled_on END", bound),
    ]
    selected = ", ".join(column for column, _values in columns)
    values = [value for _column, given in columns for value in given]
    return (
        f"SELECT {selected} FROM {SHEET_FROM} WHERE {asked.sql()} ORDER BY m.position",
        [*values, *asked.values],
    )
