"""The least a close could cost: its columns copied out, its rows copied in, nothing else.

``python -m bench.floor QUERIES RUN`` reads the statements that a close of this database ran to
load its facts (one a line, as JSON), copies their results out in binary, and copies the rows that
the close wrote into empty logged tables without an index.
"""

import json
import sys
import time
from pathlib import Path

import django
import psycopg
from psycopg import sql

WRITTEN = ("compensation_memberresult", "compensation_earning", "compensation_carried")


def measure(queries: list[str], run: int) -> dict[str, float | int]:
    """Return the seconds of both copies and the bytes moved."""
    from django.conf import settings

    with psycopg.connect(settings.MIGRATION_DATABASE_URL, autocommit=True) as connection:
        started = time.perf_counter()
        loaded = sum(_copied_out(connection, query) for query in queries)
        out_seconds = time.perf_counter() - started

        written, in_seconds = 0, 0.0
        for table in WRITTEN:
            rows = f"SELECT * FROM {table} WHERE run_id = {int(run)}"
            blocks = _blocks(connection, rows)
            name = sql.Identifier(f"bench_floor_{table}")
            connection.execute(
                sql.SQL("CREATE TABLE {} (LIKE {})").format(name, sql.Identifier(table))
            )
            started = time.perf_counter()
            with (
                connection.cursor() as cursor,
                cursor.copy(sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(name)) as copy,
            ):
                for block in blocks:
                    copy.write(block)
            in_seconds += time.perf_counter() - started
            written += sum(map(len, blocks))
            connection.execute(sql.SQL("DROP TABLE {}").format(name))
    return {
        "seconds": out_seconds + in_seconds,
        "out_seconds": out_seconds,
        "in_seconds": in_seconds,
        "loaded_bytes": loaded,
        "written_bytes": written,
    }


def _copied_out(connection: psycopg.Connection[tuple[object, ...]], query: str) -> int:
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(sql.SQL(query))) as copy,  # type: ignore[arg-type]
    ):
        return sum(len(block) for block in copy)


def _blocks(connection: psycopg.Connection[tuple[object, ...]], query: str) -> list[bytes]:
    """Return what a query gives in COPY's binary form, in blocks of about a megabyte."""
    blocks, block = [], bytearray()
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as copy,  # type: ignore[arg-type]
    ):
        for piece in copy:
            block += piece
            if len(block) >= 2**20:
                blocks.append(bytes(block))
                block.clear()
    return [*blocks, bytes(block)]


if __name__ == "__main__":
    django.setup()
    statements = json.loads(Path(sys.argv[1]).read_text())
    sys.stdout.write(json.dumps(measure(statements, int(sys.argv[2]))) + "\n")
