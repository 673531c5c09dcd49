"""C09: two beats at once, a beat that slept over month ends, and clocks that change there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from compensation import selectors, services
from compensation.models import Period, Run
from representatives.models import Company, User
from representatives.services import enrol_representative
from sales import services as sales_services
from tests.compensation.town import Town, digest
from tests.faults.closing import Beat, approve, is_computed, is_published
from tests.race.processes import wait_until

OFTEN = {"CLOSE_WATCH_SECONDS": "0.3"}
MISSED = ("2017-01", "2017-02", "2017-03")


def _close_three(town: Town) -> None:
    for label in MISSED:
        town.close(label)


def test_two_beats_close_the_months_they_missed_once_and_oldest_first(
    town: Town,
    start_celery_worker: Callable[..., Any],
    subprocess_env: dict[str, str],
    tmp_path: Path,
    reference: Callable[..., str],
) -> None:
    town.set_clock("2017-04-03T09:00")
    start_celery_worker(concurrency=2, env=OFTEN)
    beats = [Beat({**subprocess_env, **OFTEN}, tmp_path, f"beat{number}") for number in (1, 2)]
    try:
        for label in MISSED:
            wait_until(is_computed, f"{label} computed")
            assert Run.objects.get(kind="close", status="computed").period.label == label
            approve(town)
            wait_until(lambda label=label: is_published(label), f"{label} posted")
        for number, beat in enumerate(beats):
            assert "Sending due task watch-closes" in beat.log(), number
    finally:
        for beat in beats:
            beat.stop()

    runs = Run.objects.filter(kind="close").order_by("pk")
    assert [run.period.label for run in runs] == list(MISSED)
    assert {run.attempt for run in runs} == {1}
    assert Period.objects.get(label="2017-04").status == "open"
    assert digest() == reference("three months", _close_three)


# Local midnights in UTC, written by hand from the zones' published rules.
TURNS = [
    # The clock went forward, or back, on the last day: 743 and 745 hours.
    ("Europe/Warsaw", "2019-03", "2019-02-28T23:00", "2019-03-31T22:00"),
    ("Europe/Warsaw", "2021-10", "2021-09-30T22:00", "2021-10-31T23:00"),
    # In the middle of the month.
    ("America/New_York", "2017-03", "2017-03-01T05:00", "2017-04-01T04:00"),
    ("America/New_York", "2017-11", "2017-11-01T04:00", "2017-12-01T05:00"),
    # The first of April 2016 in Amman began at one o'clock: there was no midnight.
    ("Asia/Amman", "2016-03", "2016-02-29T22:00", "2016-03-31T22:00"),
    ("Asia/Amman", "2016-04", "2016-03-31T22:00", "2016-04-30T21:00"),
    ("Asia/Kolkata", "2020-02", "2020-01-31T18:30", "2020-02-29T18:30"),
]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "label", "starts_at", "ends_at"), TURNS)
def test_an_order_at_the_turn_of_the_month_belongs_to_the_month_of_its_payment(
    db: None, zone: str, label: str, starts_at: str, ends_at: str
) -> None:
    Company.objects.update(time_zone=zone, currency="EUR", clock_frozen_at=_utc(ends_at))
    staff = User.objects.create_user("staff@example.com", "never typed", is_staff=True)
    seller = enrol_representative(
        sponsor=None,
        name="Ann",
        email="",
        with_login=False,
        enrolled_on=date(2015, 1, 1),
        now=_utc("2015-01-01T12:00"),
        code="ANN",
    )
    product = sales_services.add_product(
        facts=sales_services.ProductFacts(
            sku="TEA",
            name="Tea",
            retail_price_minor=1290,
            ir_price_minor=1290,
            tax_rate_bp=2300,
            repeat=True,
            bv=600,
            rsp=500,
        )
    )
    period = services.open_period(label=label)
    services.open_months_up_to(now=_utc(ends_at) + timedelta(days=1))
    assert (period.starts_at, period.ends_at) == (_utc(starts_at), _utc(ends_at))

    moment = timedelta(microseconds=1)
    found: Counter[str] = Counter()
    for paid_at in (_utc(starts_at), _utc(ends_at) - moment, _utc(ends_at)):
        order = sales_services.place_order(
            seller=seller,
            customer=None,
            lines=[sales_services.LineRequest(product.pk, 1)],
            now=paid_at - timedelta(days=20),
        )
        paid = services.record_payment(
            order=order,
            payment_reference=f"paid {paid_at}",
            amount_minor=order.gross_minor,
            recorded_by=staff,
            now=paid_at,
        )
        assert paid.counted_at == paid_at
        counted = selectors.current_period(paid_at)
        assert counted is not None
        found[counted.label] += 1
    assert found[label] == 2
    assert sum(found.values()) == 3
