"""What the embedded servers are set to, on this machine; where they lie is left to others."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def postgres_settings(kind: str) -> dict[str, str]:
    """Return the server's settings.

    Durability is on, as in production, but on the server of the test suite, whose databases live
    for a test each; tests that take a server's power away ask for those of "faults".
    """
    durable = "off" if kind == "test" else "on"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    with suppress(OSError, ValueError):
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()) // 2**20)
    buffers = min(256 if kind in ("test", "faults") else 1024, max(64, memory // 8))
    shared = os.statvfs("/dev/shm") if Path("/dev/shm").is_dir() else None  # noqa: S108
    roomy = shared is not None and shared.f_bavail * shared.f_frsize >= 512 * 2**20
    return {
        "listen_addresses": "",
        "port": "5432",
        "max_connections": "200",
        "shared_buffers": f"{buffers}MB",
        "work_mem": "32MB" if memory >= 4096 else "8MB",
        "maintenance_work_mem": f"{max(64, min(512, memory // 16))}MB",
        "dynamic_shared_memory_type": "posix" if roomy else "mmap",
        "fsync": durable,
        "synchronous_commit": "on",
        "full_page_writes": durable,
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "client_connection_check_interval": "1s",
        "idle_in_transaction_session_timeout": "10min",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_messages": "warning",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "password_encryption": "scram-sha-256",
    }


def valkey_settings(kind: str) -> list[str]:
    """Return the lines of the server's configuration; only tests go without the log on disk."""
    return [
        "databases 16",
        'save ""',
        "appendonly no" if kind == "test" else "appendonly yes",
        "appendfsync everysec",
        # Drops only keys with a time-out: cache entries, never a queue.
        "maxmemory 512mb",
        "maxmemory-policy volatile-lru",
        "loglevel warning",
    ]
