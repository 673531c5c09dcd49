"""An order paid while the month is being frozen is in the run or refused, never lost."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction

from compensation import services
from compensation.models import Period, Run
from sales.models import Order
from tests.compensation.town import Town


def _close_in_thread(town: Town, errors: list[Exception]) -> threading.Thread:
    def close() -> None:
        try:
            town.close("2017-01", post=False)
        except Exception as fault:
            errors.append(fault)
        finally:
            connections.close_all()

    thread = threading.Thread(target=close)
    thread.start()
    return thread


def _counted() -> int:
    period = Period.objects.get(label="2017-01")
    return Order.objects.filter(
        counted_at__gte=period.starts_at, counted_at__lt=period.ends_at
    ).count()


def _wait_for_lock(seconds: float = 30) -> bool:
    """Wait until somebody waits for a lock of this transaction; False if nobody ever does."""
    with connection.cursor() as cursor:
        for _ in range(int(seconds / 0.05)):
            cursor.execute(
                "SELECT pg_sleep(0.05), count(*) FROM pg_locks WHERE NOT granted"
                " AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[1]:
                return True
    return False


def test_the_freeze_waits_for_a_payment_under_way(town: Town) -> None:
    errors: list[Exception] = []
    with transaction.atomic():
        town.buy("A", "2017-01-30", GREENS=1)
        thread = _close_in_thread(town, errors)
        assert _wait_for_lock()
    thread.join(60)

    assert errors == []
    assert Run.objects.get().order_count == _counted() == 11


def test_control_without_the_trigger_the_payment_is_lost(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    owner_connection.execute("ALTER TABLE sales_order DISABLE TRIGGER USER")
    errors: list[Exception] = []
    with transaction.atomic():
        town.buy("A", "2017-01-30", GREENS=1)
        thread = _close_in_thread(town, errors)
        thread.join(60)

    assert errors == []
    assert Run.objects.get().order_count == 10
    assert _counted() == 11


def test_a_payment_that_comes_second_is_refused(town: Town) -> None:
    period = Period.objects.get(label="2017-01")
    now = period.ends_at + timedelta(days=2)
    run = services.start_run(period=period, by=town.closer, now=now)
    services.advance(run=run, now=now)

    with pytest.raises(Exception, match="not open"):
        town.buy("A", "2017-01-30", GREENS=1)

    services.advance_to_end(run=run, now=now)
    assert Run.objects.get().order_count == _counted() == 10
