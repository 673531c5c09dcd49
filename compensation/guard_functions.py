"""The functions that guard the ledger, as they stand in the database and in the migrations."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.db import connection

SQL = Path(__file__).parent / "migrations" / "sql"

# File beside the migrations → the functions whose text in force it holds.
SOURCES: dict[str, tuple[str, ...]] = {
    "ledger": ("compensation_check_journals", "compensation_refuse_change"),
    "ledger_chain": (
        "compensation_check_entries",
        "compensation_check_dates",
        "compensation_seal",
        "compensation_rows_digest",
        "compensation_keep_balances",
        "compensation_rebuild_balances",
        "compensation_guard_adjustment",
    ),
}


def function_faults() -> Iterator[str]:
    """Return which guarding functions are gone or say something else than the migrations."""
    wanted = _texts()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND proname = ANY(%s)",
            [list(wanted)],
        )
        found = [(name, text) for name, text in cursor.fetchall()]
    for name, text in found:
        if text != wanted[name]:
            yield f"the function {name} is not the one of the migrations"
    for name in sorted(wanted.keys() - {name for name, _ in found}):
        yield f"the function {name} is missing"


@cache
def _texts() -> dict[str, str]:
    """Return function → what stands between its dollar quotes."""
    texts = {}
    for file, names in SOURCES.items():
        whole = (SQL / f"{file}.sql").read_text(encoding="utf-8")
        for name in names:
            begin = whole.index("AS $$", whole.index(f"FUNCTION {name}(")) + len("AS $$")
            texts[name] = whole[begin : whole.index("$$;", begin)]
    return texts
