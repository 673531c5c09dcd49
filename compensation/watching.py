"""Tell how far a run is while this process works on it, from a thread and connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, connection

from compensation import progress_wording
from compensation.models import Run
from compensation.progress import progress_of


@contextmanager
def telling(run: Run, tell: Callable[[str], None], *, every: float) -> Iterator[None]:
    """Say every so many seconds which step is at work, its rows, and about when it ends.

    One short query each time; a close that ends sooner hears nothing. A server that is away is the
    close's own affair: then nothing more is told.
    """
    ended = threading.Event()

    def look() -> None:
        try:
            while not ended.wait(every):
                found = progress_of(Run.objects.get(pk=run.pk))
                if found.is_at_work and not ended.is_set():
                    tell(f"  … {progress_wording.sentence(found)}")
        except (DatabaseError, InterfaceError, Run.DoesNotExist):
            return
        finally:
            connection.close()

    thread = threading.Thread(target=look, name="close-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
