"""Texts in files that spreadsheets open: none of them is taken for a formula there.

Whoever writes a name into the portal writes it into somebody's spreadsheet too. A cell that begins
like a formula gets an apostrophe in front (ASVS 1.2.10), with which it is shown as it stands.
"""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "\0")
"""The full-width forms too: spreadsheets of East Asian languages take them for the plain ones."""

_GUARDED_SQL = r"CASE WHEN {0} ~ '^[-=+@＝＋－＠\t\r\n]' THEN '''' || {0} ELSE {0} END"


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def guarded_sql(expression: str) -> str:
    """Return what `guarded` gives for a text of the database, in SQL."""
    return _GUARDED_SQL.format(expression)


def unguarded(text: str) -> str:
    """Return a text as it was before `guarded`, ours or another program's."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text
