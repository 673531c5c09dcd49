"""What the benchmark ran on: commit, machine (no host name), versions and server settings."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

PACKAGES = ("Django", "django-mptt", "numpy", "pyarrow", "adbc-driver-postgresql", "psycopg")
SERVER_SETTINGS = (
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "work_mem",
    "maintenance_work_mem",
    "max_wal_size",
    "max_parallel_workers_per_gather",
)
ROOT = Path(__file__).resolve().parent.parent


def describe_commit() -> dict[str, Any]:
    """Return the commit and whether the working tree differs from it; null outside git."""
    try:
        commit = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--", ".", ":!bench/results", ":!README.md")
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}
    return {"commit": commit, "dirty": bool(changed)}


def describe_machine() -> dict[str, Any]:
    """Return processor model, usable cores and memory."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "machine_processor": model,
        "machine_cores": len(os.sched_getaffinity(0)),
        "machine_memory_mib": memory,
    }


def describe_software(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """Return versions and the settings of the server under test."""
    found: dict[str, Any] = {"version_python": platform.python_version()}
    for package in PACKAGES:
        found[f"version_{package.lower().replace('-', '_')}"] = version(package)
    found["version_postgresql"] = connection.execute("SHOW server_version").fetchone()[0]
    for name in SERVER_SETTINGS:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        found[f"setting_{name}"] = row[0]
    return found


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
