"""The demo: ``python -m config.demo [--no-serve]``, or ``make demo [SERVE=0]``.

Makes the demo company, closes January to November 2017 through a worker, and prints a line a
month, the ledger digest, the address and the log-ins. Then it serves portal, worker and beat
until Ctrl-C, or ends at once with ``--no-serve``. Whatever is there already is left as it is: a
second run prints the same from the database and closes nothing, a run after a kill goes on.

Exit code 0: done, or already done; 1: a fault; 2: wrong usage; 3: another demo is being made.
"""

import argparse
import os
import signal
import sys
from types import FrameType


def main(arguments: list[str]) -> int:
    """Run the demo command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m config.demo")
    parser.add_argument("--no-serve", action="store_true", help="end after the summary")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from django.core.exceptions import ImproperlyConfigured

    try:
        import django

        django.setup()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        return 1
    from config.demo.command import run

    try:
        return run(serve=not chosen.no_serve)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; `make demo` goes on from here\n")
        return 130


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Treat SIGTERM like Ctrl-C, so that nothing is left running."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
