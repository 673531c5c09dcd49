"""How far the live figures lag behind while orders come in.

``python -m bench.live PERIOD SECONDS`` lets the company's clock run inside the month, starts a
worker, beat and gunicorn, places and pays five orders a second for so long, and reads the
dashboard of the member on top by HTTP in between. The page says how many orders are not yet in;
the lag is the age of the oldest of them. Prints the most and the median as JSON.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
import numpy as np

from bench.company import PRODUCTS
from bench.pages import get_page, served, session_of_the_top
from bench.setting_up import REQUESTER
from bench.timing import median

ORDERS_A_SECOND = 5
LINES = 3
#: The longest wait for the first preview to be on the page.
FIRST_WAIT_SECONDS = 300
WAITING = re.compile(r"([\d,.\s]*\d)\s+orders? not yet in")
ALL_IN = "all orders in"


def measure(period: str, seconds: int, seed: int = 1) -> dict[str, float | int]:
    """Return the most and the median lag in seconds, and how many orders and readings there were.

    :raises RuntimeError: if the page shows no live figures, or an order stays out at the end.
    """
    _let_the_clock_run(period)
    shown = _shown_run(period)
    place = _orders(seed)
    cookie = session_of_the_top()
    address = f"/?month={period}"
    paid: list[float] = []
    lags: list[float] = []
    with _celery("worker", "--concurrency", "1"), _celery("beat"), served() as port:
        place()
        # What is on the page was computed by a later clock, which says nothing of these orders.
        _wait_until(lambda: _shown_run(period) != shown)
        _wait_for_all(port, address, cookie)
        started = time.monotonic()
        while (passed := time.monotonic() - started) < seconds:
            if len(paid) < passed * ORDERS_A_SECOND:
                place()
                paid.append(time.monotonic())
            else:
                time.sleep(0.02)
            if len(paid) % ORDERS_A_SECOND == 0 and len(lags) < passed:
                waiting = _waiting(get_page(port, address, cookie))
                if waiting > len(paid):
                    raise RuntimeError(f"{waiting} orders are not yet in, {len(paid)} were paid")
                lags.append(time.monotonic() - paid[-waiting] if waiting else 0.0)
        _wait_for_all(port, address, cookie)
    return {
        "live_lag_seconds": max(lags),
        "live_lag_median_seconds": median(lags),
        "live_orders": len(paid),
        "live_readings": len(lags),
        "live_seconds": seconds,
    }


def _let_the_clock_run(period: str) -> None:
    """Set the company's clock behind the month's orders, an hour before its end, and let it go.

    What counts from later than the clock would never be in.
    """
    from compensation.models import Period
    from representatives.models import Company

    begins = Period.objects.get(label=period).ends_at - timedelta(hours=1)
    Company.objects.filter(pk=Company.ONLY_ID).update(
        clock_frozen_at=None, clock_offset=begins - datetime.now(UTC)
    )


def _orders(seed: int) -> Callable[[], None]:
    """Return a function that places one customer's order and has it paid, as the portal does."""
    from compensation.services.payments import record_payment
    from representatives.clock import company_now
    from representatives.models import User
    from sales import services
    from sales.models import Customer, Product

    rng = np.random.default_rng(seed)
    staff = User.objects.get(email=REQUESTER)
    last = Customer.objects.order_by("-pk").values_list("pk", flat=True)[0]
    products = list(Product.objects.order_by("pk").values_list("pk", flat=True)[:PRODUCTS])

    def place() -> None:
        drawn = rng.integers(1, last + 1)
        customer = Customer.objects.select_related("representative").filter(pk__gte=drawn).first()
        assert customer is not None
        chosen = rng.permutation(len(products))[:LINES]
        now = company_now()
        order = services.place_order(
            seller=customer.representative,
            customer=None if customer.is_self else customer,
            lines=[services.LineRequest(products[at], 1) for at in chosen],
            now=now,
        )
        record_payment(
            order=order,
            payment_reference=f"live {order.reference}",
            amount_minor=order.gross_minor,
            recorded_by=staff,
            now=company_now(),
        )

    return place


def _waiting(page: str) -> int:
    """Return how many orders the page says are not yet in its figures.

    :raises RuntimeError: if it says nothing of the kind.
    """
    found = WAITING.search(page)
    if found:
        return int(re.sub(r"\D", "", found[1]))
    if ALL_IN in page:
        return 0
    raise RuntimeError("the dashboard does not say how many orders are not yet in")


def _shown_run(period: str) -> int | None:
    from compensation.models import Period

    return Period.objects.get(label=period).visible_run_id


def _wait_for_all(port: int, address: str, cookie: str) -> None:
    _wait_until(lambda: ALL_IN in get_page(port, address, cookie))


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + FIRST_WAIT_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not all orders were in after {FIRST_WAIT_SECONDS} s")
        time.sleep(0.5)


@contextmanager
def _celery(part: str, *options: str) -> Iterator[None]:
    """Run a worker or beat in a process group of its own until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        if part == "beat":
            options = (*options, "--pidfile", "", "--schedule", str(Path(folder) / "beat"))
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", part, *options],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(measure(sys.argv[1], int(sys.argv[2]))) + "\n")
