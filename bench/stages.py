"""The stages of the benchmark, each in processes of its own."""

import json
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from bench.company import PERIOD
from bench.enrolment import WRITERS
from bench.full import measure_engine, measure_full_plan
from bench.machine import describe_software
from bench.server import BenchError, Database, Server, run

CLOSES = 3
PAGE_REQUESTS = 500
STOCK_CALLS = 30
WALK_SIZE = 10_000
#: Members of the company in which the pages' queries are counted a second time.
FEW = 10
COMPARED_MEMBERS = 1_000
#: A quick run makes fewer enrolments.
FULL_SIZE, FULL_CALLS, QUICK_CALLS = 100_000, 10_000, 1_000

Stage = Callable[[str, Callable[[], Any]], Any]


class Bench:
    """One run: it fills ``figures`` and ``faults`` as it goes."""

    def __init__(
        self,
        server: Server,
        size: int,
        seed: int,
        figures: dict[str, Any],
        faults: list[str],
        stage: Stage,
    ) -> None:
        self.server = server
        self.size = size
        self.seed = seed
        self.figures = figures
        self.faults = faults
        self.stage = stage
        self.calls = FULL_CALLS if size >= FULL_SIZE else QUICK_CALLS

    def run(self) -> None:
        """Run all stages, the whole size last dropped."""
        with self.server.created("perennial_bench_empty") as empty:
            self.stage("migrations", lambda: self._migrate(empty))
            with empty.connect() as connection:
                self.figures |= describe_software(connection)
            self.figures |= measure_engine(
                empty, self.size, self.seed, stage=self.stage, run_json=_json
            )
            with self.server.created("perennial_bench_small", template=empty.name) as small:
                self._small(small)
            if self.size != WALK_SIZE:
                with self.server.created("perennial_bench_walk", template=empty.name) as walk:
                    self.stage(f"company of {WALK_SIZE:,}", lambda: self._fill(walk, WALK_SIZE))
                    closes = self.stage(
                        f"{CLOSES} closes of {WALK_SIZE:,}", lambda: self._closes(walk)
                    )
                    self._walk(walk, closes["closes"])
            few = self._few(empty)
            with self.server.created("perennial_bench", template=empty.name) as whole:
                self._whole(whole, few)

    def run_pages(self, *, keep: bool = False) -> None:
        """Run only the pages' stages, on databases with no more than these need.

        A kept database of the same size is used again, brought to today's migrations.
        """
        with self.server.created("perennial_bench_empty") as empty:
            self.stage("migrations", lambda: self._migrate(empty))
            with empty.connect() as connection:
                self.figures |= describe_software(connection)
            queries = self._few(empty)
            name = f"perennial_bench_pages_{self.size}_{self.seed}"
            if not keep:
                self.server.drop(name)
            whole, told = self.server.kept(
                name,
                template=empty.name,
                fill=lambda new: self._company_with_months(new, self.size),
            )
            self.figures |= told
            try:
                self.stage("migrations", lambda: self._migrate(whole))
                self._pages(whole, queries)
            finally:
                if not keep:
                    self.server.drop(name)

    def _migrate(self, database: Database) -> None:
        run(database, "manage.py", "migrate", "--database=owner", "-v0")
        run(database, "manage.py", "collectstatic", "--noinput", "--clear", "-v0")

    def _company_with_months(self, database: Database, size: int) -> dict[str, Any]:
        """A company with one posted month and one that is running; return what it is."""
        company = self.stage(f"company of {size:,}", lambda: self._fill(database, size))
        close = self.stage("close", lambda: self._close(database))
        self.stage("post", lambda: _json(database, "bench.closing", "post", PERIOD))
        return _described(company) | _inactive(close) | self._live_month(database)

    def _live_month(self, database: Database) -> dict[str, Any]:
        return self.stage(
            "a running month", lambda: _json(database, "bench.live_month", str(self.seed))
        )

    def _few(self, empty: Database) -> dict[str, int]:
        """Return the queries of each page in a company of a few."""
        with self.server.created("perennial_bench_few", template=empty.name) as few:
            self._company_with_months(few, FEW)
            return self._queries(few)

    def _queries(self, database: Database) -> dict[str, int]:
        return self.stage("queries", lambda: _json(database, "bench.page_queries", PERIOD))

    def _pages(self, database: Database, few: dict[str, int]) -> None:
        """Queries, times, weight and paint of the pages of the member on top."""
        queries = self._queries(database)
        self.figures |= page_queries(few, queries)
        self.figures |= self.stage(
            "pages", lambda: _json(database, "bench.pages", str(PAGE_REQUESTS), PERIOD)
        )
        try:
            self.figures |= self.stage(
                "pages in Chromium", lambda: _json(database, "bench.page_browser", PERIOD)
            )
        except BenchError as error:  # a machine without a browser measures the rest
            self.faults.append(str(error))

    def _fill(self, database: Database, size: int) -> dict[str, Any]:
        return _json(database, "bench.company", str(size), str(self.seed))

    def _small(self, small: Database) -> None:
        """A tenth of the size: only its closes, for the growth."""
        tenth = self.size // 10
        self.stage(f"company of {tenth:,}", lambda: self._fill(small, tenth))
        closes = self.stage(f"{CLOSES} closes of {tenth:,}", lambda: self._closes(small))
        self.figures["close_seconds_tenth"] = min(c["seconds"] for c in closes["closes"])

    def _walk(self, database: Database, closes: list[dict[str, Any]]) -> None:
        """The ORM's loop against the computing step (load, compute, store) of the same company."""
        close = closes[-1]
        found = self.stage(
            f"ORM walk of {WALK_SIZE:,}", lambda: _json(database, "bench.orm_walk", PERIOD)
        )
        self.faults += [
            f"ORM walk: {name} {found[name]}, the run has {close[name]}"
            for name in ("commission_minor", "rsp_credited", "group_bv_of_all")
            if found[name] != close[name]
        ]
        self.figures["orm_walk_seconds"] = found["seconds"]
        self.figures["orm_walk_members"] = WALK_SIZE
        self.figures["orm_walk_per_member_ratio"] = found["seconds"] / median(
            close["compute_seconds"] for close in closes
        )

    def _whole(self, whole: Database, few: dict[str, int]) -> None:
        """Everything else, at the whole size."""
        company = self.stage(f"company of {self.size:,}", lambda: self._fill(whole, self.size))
        self.figures |= _described(company)
        self.figures |= measure_full_plan(
            self.server, whole, self.size, self.seed, stage=self.stage, run_json=_json
        )
        closes = self.stage(
            f"{CLOSES} closes and {CLOSES} floors of {self.size:,}",
            lambda: self._closes(whole, floors=True),
        )
        self._note_closes(closes)
        if self.size == WALK_SIZE:
            self._walk(whole, closes["closes"])
        post = self.stage("post", lambda: _json(whole, "bench.closing", "post", PERIOD))
        self.figures |= {
            "post_seconds": post["seconds"],
            "journals": post["journals"],
            "ledger_post_per_second": post["journals"] / post["seconds"],
        }
        self._check(whole, post["run"])
        self.figures |= self._live_month(whole)
        self._pages(whole, few)
        self._enrol(whole)
        self.stage("verify_ledger", lambda: run(whole, "manage.py", "verify_ledger"))
        self.stage("check_tree", lambda: run(whole, "manage.py", "check_tree"))
        self.figures["verify_ledger"] = self.figures["check_tree"] = "ok"

    def _note_closes(self, found: dict[str, Any]) -> None:
        closes, floors = found["closes"], found["floors"]
        seconds = [close["seconds"] for close in closes]
        floor = min(f["seconds"] for f in floors)
        last = closes[-1]
        if len({close["result_digest"] for close in closes}) != 1:
            self.faults.append("the closes of one month gave different results")
        self.figures |= {
            "close_seconds": median(seconds),
            "close_seconds_slowest": max(seconds),
            "close_over_copy_floor": median(seconds) / floor,
            "copy_floor_seconds": floor,
            "copy_floor_out_seconds": min(f["out_seconds"] for f in floors),
            "copy_floor_in_seconds": min(f["in_seconds"] for f in floors),
            "engine_seconds": median(close["engine_seconds"] for close in closes),
            "compute_step_seconds": median(close["compute_seconds"] for close in closes),
            "close_peak_rss_mib": max(close["peak_rss_mib"] for close in closes),
            "close_growth_10x": max(seconds) / self.figures["close_seconds_tenth"],
            **_inactive(last),
            "statement_lines": last["statement_lines"],
        }
        if self.figures["inactive_percent"] < 40:
            self.faults.append("fewer than 40 % of the members are inactive")

    def _closes(self, database: Database, *, floors: bool = False) -> dict[str, Any]:
        """Close the month several times, each in a fresh process; floors in between."""
        closes, floor_times = [], []
        with tempfile.TemporaryDirectory() as folder:
            queries = Path(folder) / "queries.json"
            for turn in range(CLOSES):
                if turn:
                    _json(database, "bench.closing", "drop", PERIOD)
                closes.append(self._close(database, queries))
                if floors:
                    floor_times.append(
                        _json(database, "bench.floor", str(queries), str(closes[-1]["run"]))
                    )
        return {"closes": closes, "floors": floor_times}

    def _close(self, database: Database, queries: Path | None = None) -> dict[str, Any]:
        arguments = [str(queries)] if queries else []
        return _json(database, "bench.closing", "close", PERIOD, *arguments)

    def _check(self, database: Database, run_id: int) -> None:
        found = self.stage(
            f"{COMPARED_MEMBERS:,} members against a recursive query",
            lambda: _json(
                database,
                "bench.sql_check",
                PERIOD,
                str(run_id),
                str(COMPARED_MEMBERS),
                str(self.seed),
            ),
        )
        self.figures["members_compared"] = found["compared"]

    def _enrol(self, database: Database) -> None:
        """Three patterns alone, eight writers at once, then stock django-mptt."""
        seed = str(self.seed)
        alone = self.stage(
            f"3 × {self.calls:,} enrolments",
            lambda: _json(database, "bench.enrolment", "patterns", str(self.calls), seed),
        )
        self.figures |= alone | {"enrol_calls_per_pattern": self.calls}
        writers = self.stage(
            f"{WRITERS} writers at once", lambda: self._writers(database, self.calls // 10)
        )
        self.figures["enrol_writers"] = WRITERS
        self.figures["enrol_writers_errors"] = writers["errors"]
        self.figures["enrol_writers_p99_ms"] = writers["p99_ms"]
        if writers["errors"]:
            self.faults.append(f"{writers['errors']} errors among {WRITERS} writers at once")
        stock = self.stage(
            f"{STOCK_CALLS} creations in stock django-mptt",
            lambda: _json(database, "bench.enrolment", "stock", str(STOCK_CALLS), seed),
        )
        self.figures |= stock
        self.figures["enrol_speedup_vs_stock_mptt"] = (
            stock["stock_median_seconds"] / alone["enrol_median_seconds"]
        )

    def _writers(self, database: Database, calls: int) -> dict[str, Any]:
        with ThreadPoolExecutor(WRITERS) as pool:
            found = list(
                pool.map(
                    lambda seed: _json(
                        database, "bench.enrolment", "writer", str(calls), str(seed)
                    ),
                    range(self.seed + 1, self.seed + 1 + WRITERS),
                )
            )
        return {
            "errors": sum(f["errors"] for f in found),
            "p99_ms": max(f["p99_ms"] for f in found),
        }


def page_queries(few: dict[str, int], many: dict[str, int]) -> dict[str, int]:
    """Return the queries of each page in the large company and in that of a few.

    A large company may save some: what is read of a run once is kept in the cache.
    """
    found = {f"page_{name}_queries": count for name, count in many.items()}
    found |= {f"page_{name}_queries_at_{FEW}": count for name, count in few.items()}
    found["pages_queries_grown"] = max(many[name] - few[name] for name in many)
    return found


def _described(company: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in company.items() if name != "members"}


def _inactive(close: dict[str, Any]) -> dict[str, int]:
    return {"inactive_percent": 100 - 100 * close["active"] // close["members"]}


def _json(database: Database, module: str, *arguments: str) -> dict[str, Any]:
    """Run a stage's module and return the JSON of its last line.

    :raises BenchError: if it fails or prints none.
    """
    text = run(database, "-m", module, *arguments)
    try:
        return dict(json.loads(text.splitlines()[-1]))
    except (IndexError, ValueError) as error:
        raise BenchError(f"{module} printed no figures: {text[-500:]!r}") from error
