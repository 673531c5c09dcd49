"""``python -m tests.soak``: the long forms of the faults, from one seed. ``make soak`` runs it.

SOAK_SEED (drawn and printed first unless given) decides what happens when; SOAK_MINUTES bounds the
time, else a hundred kills and every other section are done in full. Prints a table of the faults
survived, last line a summary; exit 1 on any loss.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tests.faults.servers import PrivateServers

KILLS = 100
# Shares of the time that is left, where it is bounded.
BEATS_SHARE, RACES_SHARE = 0.15, 0.15


def main() -> int:
    """Set the servers up, run the sections, and print what came of them."""
    seed = int(os.environ.get("SOAK_SEED") or secrets.randbelow(10**9))
    minutes = float(os.environ.get("SOAK_MINUTES") or 0)
    print(f"seed {seed}" + (f", {minutes:g} minutes" if minutes else ""), flush=True)
    signal.signal(signal.SIGTERM, _leave)
    began = time.monotonic()
    servers = PrivateServers()
    try:
        servers.start()
        with tempfile.TemporaryDirectory(prefix="perennial-soak-") as folder:
            return _soak(servers, Path(folder), seed, minutes, began)
    finally:
        servers.close()


def _soak(servers: PrivateServers, folder: Path, seed: int, minutes: float, began: float) -> int:
    os.environ.update(servers.environment("perennial"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["REDIS_KEY_PREFIX"] = "perennial-soak"
    os.environ["LEDGER_ANCHORS"] = str(folder / "anchors")
    os.environ["TEST_EMAIL_BACKEND"] = "django.core.mail.backends.dummy.EmailBackend"
    import django

    django.setup()
    from tests.soak import beats, kills, messages, races
    from tests.soak.company import found_company
    from tests.soak.table import Table

    table = Table()
    company = found_company(servers, folder)
    left = minutes * 60 - (time.monotonic() - began) if minutes else 0.0
    try:
        races.run(company, table, seed=seed, seconds=left * RACES_SHARE)
        beats.run(company, table, seconds=left * BEATS_SHARE)
        messages.run(company, table)
        until = began + minutes * 60 - 5 if minutes else None
        kills.run(company, table, seed=seed, kills=KILLS, until=until)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    table.print()
    elapsed = (time.monotonic() - began) / 60
    print(
        f"soak: {table.faults} faults in {table.rounds} rounds, {len(table.losses)} losses,"
        f" seed {seed}, {elapsed:.1f} minutes"
    )
    return 1 if table.losses else 0


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
