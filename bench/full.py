"""The stages under the full plan: the engine alone, previews, explanations, live figures."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench.company import PERIOD
from bench.server import Database, Server

PREVIEWS = 3
EXPLAINED_MEMBERS, LARGEST_DOWNLINES = 1_000, 100
#: Ten minutes of orders at the judged size; a quick run watches for one.
LIVE_SECONDS, QUICK_LIVE_SECONDS, LIVE_SIZE = 600, 60, 1_000_000

Json = Callable[..., dict[str, Any]]
Stage = Callable[[str, Callable[[], Any]], Any]


def measure_engine(
    database: Database, size: int, seed: int, *, stage: Stage, run_json: Json
) -> dict[str, Any]:
    """Compute one month of the full plan on trees of several shapes, each in its own process."""

    def engine(shape: str, members: int) -> dict[str, Any]:
        return stage(
            f"engine, full plan, {shape} tree of {members:,}",
            lambda: run_json(database, "bench.engine", shape, str(members), str(seed)),
        )

    grown = engine("grown", size)
    chain, tenth = engine("chain", size // 10), engine("random", size // 10)
    star, random = engine("star", size), engine("random", size)
    ten_times = engine("grown", 10 * size)
    return {
        "engine_full_plan_seconds": grown["seconds"],
        "engine_full_plan_lines": grown["statement_lines"],
        "engine_10m_seconds": ten_times["seconds"],
        "engine_10m_members": ten_times["members"],
        "engine_10m_peak_rss_mib": ten_times["peak_rss_mib"],
        "engine_chain_over_random": chain["seconds"] / tenth["seconds"],
        "engine_chain_members": chain["members"],
        "engine_star_over_random": star["seconds"] / random["seconds"],
        "engine_star_members": star["members"],
    }


def measure_full_plan(
    server: Server,
    whole: Database,
    size: int,
    seed: int,
    *,
    stage: Stage,
    run_json: Json,
) -> dict[str, Any]:
    """Preview, explain and keep live a copy of the company whose plan is the full one."""
    with server.created("perennial_bench_full", template=whole.name) as full:
        stage("full plan", lambda: run_json(full, "bench.preview", "prepare"))
        previews, floors = stage(
            f"{PREVIEWS} previews and {PREVIEWS} floors of {size:,}",
            lambda: _previews(full, run_json),
        )
        explained = stage(
            "explain, why-not and rank card",
            lambda: run_json(
                full,
                "bench.explaining",
                PERIOD,
                str(EXPLAINED_MEMBERS),
                str(LARGEST_DOWNLINES),
                str(seed),
            ),
        )
        seconds = LIVE_SECONDS if size >= LIVE_SIZE else QUICK_LIVE_SECONDS
        live = stage(
            f"live figures for {seconds} s",
            lambda: run_json(full, "bench.live", PERIOD, str(seconds)),
        )
    floor = min(found["seconds"] for found in floors)
    return {
        "preview_over_copy_floor": median(one["seconds"] for one in previews) / floor,
        "preview_seconds": median(one["seconds"] for one in previews),
        "preview_copy_floor_seconds": floor,
        "preview_engine_seconds": median(one["engine_seconds"] for one in previews),
        "preview_peak_rss_mib": max(one["peak_rss_mib"] for one in previews),
        "preview_statement_lines": previews[-1]["statement_lines"],
        **explained,
        **live,
    }


def _previews(
    database: Database, run_json: Json
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Preview the month several times, each in a fresh process, with a floor after each."""
    previews, floors = [], []
    with tempfile.TemporaryDirectory() as folder:
        queries = Path(folder) / "queries.json"
        for _ in range(PREVIEWS):
            previews.append(run_json(database, "bench.preview", "run", PERIOD, str(queries)))
            floors.append(run_json(database, "bench.floor", str(queries), str(previews[-1]["run"])))
    return previews, floors
