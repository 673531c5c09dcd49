"""Acts of forked processes; those that end in ``-unguarded`` are controls, without the guard."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

MEGABYTE = 1 << 20


def in_little_memory(*words: str) -> None:
    """Run a command with hardly more memory than the process has by now."""
    from django.core.management import execute_from_command_line

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + 1024 * MEGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    execute_from_command_line(["manage.py", *words])


ACTS: dict[str, Callable[..., None]] = {
    "in-little-memory": in_little_memory,
}
