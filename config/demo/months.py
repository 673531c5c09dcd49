"""The demo company's year, month by month: import, close through the worker, go on."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from compensation import selectors
from config.demo import company
from config.demo.files import (
    DemoData,
    customer_ref,
    customers_of_month,
    labels,
    members_joining,
    write_orders,
    write_representatives,
)
from config.demo.year import CLOCK, ZONE, month_starts
from representatives.importing import import_representatives
from sales.importing import Rejected, import_orders

#: A month is imported in its last instant and closed so long after its end.
LAST_INSTANT = timedelta(microseconds=1)
CLOSING_DELAY = timedelta(days=2, hours=9)


class ImportRefusedError(RuntimeError):
    """The product's import refused a part of the generated files."""


def closed_labels() -> list[str]:
    """Return the months that the demo closes; the last one of the year stays open."""
    return labels()[:-1]


def open_label() -> str:
    """Return the month that stays open and live."""
    return labels()[-1]


def importing_instant(label: str) -> datetime:
    """Return where the company's clock stands while a month is imported: it is not over yet."""
    return min(_end(label) - LAST_INSTANT, CLOCK.astimezone(UTC))


def closing_instant(label: str) -> datetime:
    """Return where the company's clock stands while a month is closed."""
    return _end(label) + CLOSING_DELAY


def import_month(label: str, data: DemoData, say: Callable[[str], None]) -> None:
    """Move the clock to the end of a month and import its people, orders and returns.

    :raises ImportRefusedError: if a single line is refused; the files come from our own rule.
    """
    now = importing_instant(label)
    company.freeze_clock(now)
    say(f"{label}: import")
    with tempfile.TemporaryDirectory() as folder:
        people = Path(folder) / f"representatives-{label}.csv"
        today = now.astimezone(ZONE).date()
        joining = members_joining(label, today, data.members)
        if write_representatives(people, joining, data.members):
            import_representatives(path=people, now=now, today=today)
        references = {number: customer_ref(number) for number in data.households}
        company.add_customers(customers_of_month(label, data), data, references, now)
        orders = Path(folder) / f"orders-{label}.csv"
        write_orders(orders, label, data)
        refused: list[Rejected] = []
        import_orders(
            path=orders,
            open_intervals=selectors.open_intervals,
            now=now,
            zone=ZONE,
            on_rejected=refused.append,
        )
    if refused:
        raise ImportRefusedError(f"{label}: {len(refused)} orders refused, first {refused[0]}")


def _end(label: str) -> datetime:
    return datetime.fromtimestamp(month_starts()[int(label[-2:])], UTC)
