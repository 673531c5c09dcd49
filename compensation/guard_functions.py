"""The functions that guard facts and money, as they stand in the database and in the migrations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from django.db import connection
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader

APPS = ("representatives", "sales", "compensation")

_MADE = re.compile(r"CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+(\w+)\s*\(")
_BEGIN = re.compile(r"\bAS\s+\$\$")
_END = "$$"


def function_faults() -> Iterator[str]:
    """Return which guarding functions are gone or say something else than the migrations."""
    wanted = migrated_functions()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND proname = ANY(%s) ORDER BY proname",
            [list(wanted)],
        )
        found = [(name, text) for name, text in cursor.fetchall()]
    for name, text in found:
        if text != wanted[name]:
            yield f"the function {name} is not the one of the migrations"
    for name in sorted(wanted.keys() - {name for name, _ in found}):
        yield f"the function {name} is missing"


@cache
def migrated_functions() -> dict[str, str]:
    """Return function → what stands between its dollar quotes.

    Of a function that several migrations make, the last one counts, in the order in which they are
    applied.
    """
    graph = MigrationLoader(None).graph
    texts: dict[str, str] = {}
    done = set()
    for leaf in sorted(graph.leaf_nodes()):
        for node in graph.forwards_plan(leaf):
            if node not in done and node[0] in APPS:
                for operation in graph.nodes[node].operations:
                    if isinstance(operation, RunSQL):
                        texts |= _functions_of(operation)
            done.add(node)
    return texts


def _functions_of(operation: RunSQL) -> dict[str, str]:
    assert isinstance(operation.sql, str), "our migrations give a text each"
    texts = {}
    for made in _MADE.finditer(operation.sql):
        begin = _BEGIN.search(operation.sql, made.end())
        assert begin is not None, f"{made[1]} is not in dollar quotes"
        texts[made[1]] = operation.sql[begin.end() : operation.sql.index(_END, begin.end())]
    return texts
