"""Enrolments: their time, the rows they relabel, eight writers at once, and stock django-mptt.

``python -m bench.enrolment patterns CALLS SEED`` makes CALLS enrolments in each of three patterns
with the product's whole service: user row, representative, commit (no password hash, which is
slow on purpose). ``writer CALLS SEED`` is one of several at once. ``stock CALLS SEED`` makes nodes
with ``objects.create`` in a stock MPTTModel that holds the same tree.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from statistics import fmean, median

import django
import numpy as np
import psycopg
import pyarrow as pa

from bench.bulk import after_the_last, append
from bench.shape import preorder
from bench.timing import percentile

NOW = datetime(2017, 2, 3, 12, 0, tzinfo=UTC)
WRITERS = 8

COUNTER = """
CREATE TABLE IF NOT EXISTS bench_relabelled (id bigint);
CREATE OR REPLACE FUNCTION bench_count_relabelled() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public AS $$
BEGIN INSERT INTO bench_relabelled VALUES (NEW.id); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER bench_count_relabelled AFTER UPDATE ON representatives_representative
FOR EACH ROW WHEN (OLD.lft <> NEW.lft OR OLD.rght <> NEW.rght)
EXECUTE FUNCTION bench_count_relabelled();
"""
NO_COUNTER = """
DROP TRIGGER bench_count_relabelled ON representatives_representative;
DROP FUNCTION bench_count_relabelled();
DROP TABLE bench_relabelled;
"""


def owner_connection() -> psycopg.Connection[tuple[int, ...]]:
    """Return a connection of the owner role."""
    from django.conf import settings

    return psycopg.connect(settings.MIGRATION_DATABASE_URL, autocommit=True)


def run_patterns(calls: int, seed: int) -> dict[str, float | int]:
    """Enrol with random sponsors, under one busy sponsor, and in an ever deeper chain."""
    from representatives.models import Representative

    chance = random.Random(seed)
    ids = list(Representative.objects.order_by("id").values_list("pk", flat=True))
    busy = Representative.objects.get(pk=chance.choice(ids))
    last = [Representative.objects.get(pk=chance.choice(ids))]

    def random_sponsor() -> object:
        return Representative.objects.get(pk=chance.choice(ids))

    patterns: dict[str, Callable[[], object]] = {
        "random": random_sponsor,
        "busy": lambda: busy,
        "chain": lambda: last[0],
    }
    found: dict[str, float | int] = {}
    every: list[float] = []
    with owner_connection() as owner:
        owner.execute(COUNTER)
        for name, choose in patterns.items():
            owner.execute("TRUNCATE bench_relabelled")
            times = []
            for turn in range(calls):
                sponsor = choose()
                seconds, last[0] = _enrol(sponsor, f"{name}{turn}")
                times.append(seconds)
            (rows,) = owner.execute("SELECT count(*) FROM bench_relabelled").fetchone()
            found[f"enrol_rows_relabelled_{name}"] = rows / calls
            found[f"enrol_median_ms_{name}"] = median(times) * 1000
            every += times
            if name == "random":
                found["enrol_median_seconds"] = median(times)
        owner.execute(NO_COUNTER)
    found["enrol_rows_relabelled_mean"] = max(
        found[f"enrol_rows_relabelled_{name}"] for name in patterns
    )
    found["enrol_p99_ms"] = percentile(every, 99) * 1000
    found["enrol_mean_ms"] = fmean(every) * 1000
    return found


def run_writer(calls: int, seed: int) -> dict[str, float | int]:
    """Enrol with random sponsors beside other writers; errors are counted, not raised."""
    from django.db import Error

    from representatives.errors import UnableTo
    from representatives.models import Representative

    chance = random.Random(seed)
    ids = list(Representative.objects.order_by("id")[:50_000].values_list("pk", flat=True))
    times, errors = [], 0
    for turn in range(calls):
        sponsor = Representative.objects.get(pk=chance.choice(ids))
        try:
            times.append(_enrol(sponsor, f"w{seed}x{turn}")[0])
        except (Error, UnableTo) as fault:
            sys.stderr.write(f"{type(fault).__name__}: {fault}\n")
            errors += 1
    return {"errors": errors, "calls": len(times), "p99_ms": percentile(times, 99) * 1000}


def run_stock(calls: int, seed: int) -> dict[str, float | int]:
    """Fill a stock MPTTModel with the same tree and time ``objects.create`` in it."""
    from django.conf import settings
    from django.db import connections

    from bench.stock.models import StockMember
    from representatives.models import Representative

    with connections["owner"].schema_editor() as editor:
        editor.create_model(StockMember)
    with owner_connection() as owner:
        owner.execute(
            f"GRANT SELECT, INSERT, UPDATE ON bench_stock_member TO {settings.DATABASE_APP_ROLE}"
        )
        columns = _dense_copy(Representative)
        append(settings.MIGRATION_DATABASE_URL, "bench_stock_member", columns)
        after_the_last(owner, "bench_stock_member")
        owner.execute("VACUUM ANALYZE bench_stock_member")
    chance = random.Random(seed)
    ids = columns["id"].to_pylist()
    times = []
    for turn in range(calls):
        parent = StockMember.objects.get(pk=chance.choice(ids))
        started = time.perf_counter()
        StockMember.objects.create(name="New member", code=f"S{seed}x{turn}", parent=parent)
        times.append(time.perf_counter() - started)
    with connections["owner"].schema_editor() as editor:
        editor.delete_model(StockMember)
    return {"stock_median_seconds": median(times), "stock_calls": len(times)}


def _dense_copy(representative: type) -> dict[str, pa.Array]:
    """Return the columns of a stock tree with dense labels, equal to the company's tree."""
    rows = np.array(
        representative.objects.order_by("level", "sponsor_id", "id").values_list(
            "pk", "sponsor_id", "level"
        ),
        dtype=object,
    )
    ids, level = rows[:, 0].astype(np.int64), rows[:, 2].astype(np.int64)
    place_of = {pk: at for at, pk in enumerate(ids.tolist())}
    parent_ids = rows[:, 1].tolist()
    sponsor = np.array([-1 if pk is None else place_of[pk] for pk in parent_ids], dtype=np.int64)
    # Level by level, but parents must come in the order of their places: sort them so.
    order = np.lexsort((ids, sponsor, level))
    ids, level, sponsor = _renumbered(ids, level, sponsor, order)
    place, end = preorder(sponsor, level)
    # In a dense tree lft is 1 plus the labels opened and closed before: 2 * place - level + 1.
    lft = 2 * place - level + 1
    rght = lft + 2 * (end - place) - 1
    parent = np.where(sponsor >= 0, ids[sponsor], 0)
    return {
        "id": pa.array(ids),
        "name": pa.array([f"Member {pk}" for pk in ids.tolist()]),
        "code": pa.array([f"S{pk:09d}" for pk in ids.tolist()]),
        "lft": pa.array(lft.astype(np.int32)),
        "rght": pa.array(rght.astype(np.int32)),
        "tree_id": pa.array(np.ones(len(ids), dtype=np.int32)),
        "level": pa.array(level.astype(np.int32)),
        "parent_id": pa.array(parent, mask=sponsor < 0),
    }


def _renumbered(
    ids: np.ndarray, level: np.ndarray, sponsor: np.ndarray, order: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the columns in another order, with sponsors as places in that order.

    Children of one level stand together by the place of their sponsor, so the order is made
    level by level from the top.
    """
    children: dict[int, list[int]] = {}
    for member in order.tolist():
        children.setdefault(int(sponsor[member]), []).append(member)
    turn = [int(order[0])]
    at = 0
    while at < len(turn):
        turn += children.get(turn[at], [])
        at += 1
    sequence = np.array(turn, dtype=np.int64)
    new_place = np.empty(len(ids), dtype=np.int64)
    new_place[sequence] = np.arange(len(ids))
    above = sponsor[sequence]
    return ids[sequence], level[sequence], np.where(above >= 0, new_place[above], -1)


def _enrol(sponsor: object, name: str) -> tuple[float, object]:
    from representatives import services

    started = time.perf_counter()
    member = services.enrol_representative(
        sponsor=sponsor,
        name=f"Newcomer {name}",
        email=f"{name}@newcomer.example",
        enrolled_on=date(2017, 2, 3),
        now=NOW,
    )
    return time.perf_counter() - started, member


COMMANDS = {"patterns": run_patterns, "writer": run_writer, "stock": run_stock}

if __name__ == "__main__":
    django.setup()
    answer = COMMANDS[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(json.dumps(answer) + "\n")
