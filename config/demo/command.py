"""What ``make demo`` does, in order: migrate, build month by month, tell, serve."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from config.demo import closing, company, desk, money, months, summary
from config.demo.files import DemoData, read_demo_data
from config.demo.processes import FIRST_PORT, Processes, StartError
from config.demo.year import CLOCK

BUSY = 3


class BusyError(RuntimeError):
    """Another command is making the demo company at this moment."""


def run(*, serve: bool) -> int:
    """Make what is missing of the demo company, print the summary, and serve if asked to."""
    folder = Path(settings.BASE_DIR) / ".local" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with Processes(folder) as processes:
            with alone(folder / "build.lock"):
                call_command("migrate", database="owner", verbosity=0, interactive=False)
                data = read_demo_data()
                build(data, processes)
                for line in summary_lines(data):
                    tell(line)
            if serve:
                serve_until_interrupted(processes)
    except (StartError, closing.ClosingError, months.ImportRefusedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except BusyError as error:
        sys.stderr.write(f"{error}\n")
        return BUSY
    return 0


def build(data: DemoData, processes: Processes) -> None:
    """Import and close what has not been posted yet; nothing at all on a second run."""
    missing = [label for label in months.closed_labels() if not closing.is_posted(label)]
    if not missing and closing.live_run(months.open_label()) is not None:
        return
    company.set_up_company()
    note("catalogue")
    company.add_catalogue(data)
    closing.add_plan_and_periods()
    processes.start_worker()
    for label in missing:
        months.import_month(label, data, note)
        closing.reverse_returns_through_worker(label, processes)
        note(f"{label}: close")
        closing.close_through_worker(label, processes, now=months.closing_instant(label))
    label = months.open_label()
    company.add_logins(data, months.closing_instant(months.closed_labels()[-1]))
    note(f"{label}: payouts, conversions, corrections")
    money.settle_money(label, data)
    months.import_month(label, data, note)
    closing.reverse_returns_through_worker(label, processes)
    company.freeze_clock(CLOCK)
    desk.settle_desk(data, CLOCK, lambda text: note(f"{label}: {text}"))
    note(f"{label}: live figures")
    closing.preview_through_worker(label, processes)


def summary_lines(data: DemoData) -> Iterator[str]:
    """Yield the summary, computed from the database."""
    yield f"{company.NAME}: {len(data.members)} representatives"
    yield "receipts"
    yield from summary.purchase_lines(data.purchases.counts)
    yield f"  digest {data.purchases.digest}"
    yield ""
    yield summary.HEADER
    for label in months.closed_labels():
        yield str(summary.month_line(closing.posted_run(label), live=False))
    live = closing.live_run(months.open_label())
    if live is not None:
        yield str(summary.month_line(live, live=True))
    yield ""
    yield from summary.money_lines()
    yield f"ledger digest  {closing.ledger_digest()}"
    yield f"address        http://127.0.0.1:{os.environ.get('PORT') or FIRST_PORT}/"
    yield f"log-ins        password of all: {company.PASSWORD}"
    for login in company.list_logins(data):
        yield f"  {login.email:40} {login.role}" + (f", {login.name}" if login.name else "")


def serve_until_interrupted(processes: Processes) -> None:
    """Serve portal, worker and beat until Ctrl-C.

    :raises StartError: if one of them does not start, or ends by itself.
    """
    processes.start_worker()
    processes.start_beat()
    address = processes.start_portal()
    tell(f"\nserving {address} until Ctrl-C")
    try:
        processes.watch()
    except KeyboardInterrupt:
        tell("\nstopping")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock of the one command that builds.

    :raises BusyError: if another one holds it.
    """
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError("another `make demo` is making the company; wait for it") from None
        yield


def tell(line: str) -> None:
    """Print a line of the summary at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def note(line: str) -> None:
    """Tell what is under way, beside the summary."""
    sys.stderr.write(f"… {line}\n")
