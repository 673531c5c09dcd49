"""C07: PostgreSQL stopped as by a power cut in mid-close; nobody touches the workers."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from compensation import verification
from compensation.models import Run
from tests.compensation.town import Town, digest
from tests.faults.closing import (
    SLOWLY,
    Beat,
    approve,
    forget_connections,
    is_computed,
    is_published,
)
from tests.faults.pointing import databases_in_use
from tests.faults.servers import PrivateServers
from tests.race.processes import wait_until

WATCH_SECONDS = 1.0
OFTEN = {"CLOSE_WATCH_SECONDS": str(WATCH_SECONDS)}
STEPS_SECONDS = 45
SEED = 20170101


def _stop_and_start(private: PrivateServers, chance: random.Random) -> None:
    """Let it run for a moment, then stop it at once, then start it again."""
    time.sleep(chance.uniform(0.3, 1.2))
    private.stop_postgres("immediate")
    time.sleep(chance.uniform(0.1, 0.5))
    private.start_postgres()
    forget_connections()


def test_a_close_outlives_stops_of_the_server_without_help(
    private: PrivateServers,
    town: Town,
    start_celery_worker: Callable[..., Any],
    subprocess_env: dict[str, str],
    tmp_path: Path,
    reference: Callable[..., str],
) -> None:
    chance = random.Random(SEED)
    start_celery_worker(concurrency=2, env={**SLOWLY, **OFTEN})
    beat = Beat({**subprocess_env, **OFTEN}, tmp_path, "beat")
    try:
        wait_until(lambda: Run.objects.filter(kind="close").exists(), "begun")
        _stop_and_start(private, chance)
        _stop_and_start(private, chance)
        wait_until(is_computed, "computed", 2 * WATCH_SECONDS + STEPS_SECONDS)
        approve(town)
        _stop_and_start(private, chance)
        wait_until(is_published, "posted", 2 * WATCH_SECONDS + STEPS_SECONDS)
    finally:
        beat.stop()

    assert Run.objects.filter(kind="close").get().status == "posted"
    assert digest() == reference()
    assert verification.ledger_faults() == []


@pytest.mark.parametrize(("commit", "outlives"), [("on", True), ("off", False)])
def test_what_was_told_as_posted_is_still_there(
    private: PrivateServers, town: Town, commit: str, outlives: bool
) -> None:
    """With its control: where a commit does not wait for the disk, what was told is lost."""
    name = databases_in_use()["default"]["NAME"]
    with private.connect() as superuser:
        assert superuser.execute("SHOW fsync").fetchone() == ("on",)
        superuser.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        superuser.execute("SELECT pg_reload_conf()")
        superuser.execute(
            sql.SQL("ALTER DATABASE {} SET synchronous_commit = {}").format(
                sql.Identifier(name), sql.Literal(commit)
            )
        )
    forget_connections()
    time.sleep(0.5)
    town.close("2017-01")
    assert is_published()

    private.stop_postgres("immediate")
    private.start_postgres()
    forget_connections()

    assert is_published() == outlives
    with private.connect() as superuser:
        superuser.execute("ALTER SYSTEM RESET wal_writer_delay")
        superuser.execute("SELECT pg_reload_conf()")
