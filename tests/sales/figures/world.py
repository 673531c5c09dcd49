"""Nine months of sales by a small tree of sellers, drawn with a seed and brought in by import."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from compensation import selectors
from compensation.models import Period
from representatives.models import Company, Representative
from representatives.services import enrol_representative
from sales import importing, services
from sales.figures.months import instant_of, plus_months
from sales.models import Customer

ZONE = ZoneInfo("Europe/Warsaw")
TODAY = date(2017, 6, 20)
NOW = datetime(2017, 6, 20, 12, tzinfo=UTC)
SPONSORS = (None, 0, 0, 1, 1, 2, 2, 3, 3, 5, 5, 9)
"""Who is above each of the twelve sellers."""

LONG_AGO = "2014-03-20T10:00:00"
"""So long before the other purchases of one customer that only a look of its own finds it."""

PRODUCTS = {
    "GREENS": (3000, True, 30),
    "DROPS": (1500, True, 45),
    "TEA": (900, True, None),
    "JUG": (8900, False, None),
}


def build(folder: Path) -> list[Representative]:
    """Return the sellers, from the top of the tree; nobody buys before September 2016 but one."""
    Company.objects.filter(pk=1).update(
        time_zone=ZONE.key, currency="EUR", add_on_days=30, clock_frozen_at=NOW
    )
    _periods()
    for sku, (price, repeat, pack_days) in PRODUCTS.items():
        services.add_product(
            facts=services.ProductFacts(
                sku=sku,
                name=sku.title(),
                retail_price_minor=price,
                ir_price_minor=price,
                tax_rate_bp=2300,
                repeat=repeat,
                bv=price // 2,
                rsp=price // 4 if repeat else 0,
                pack_days=pack_days,
            )
        )
    sellers = _sellers()
    draw = random.Random(17)
    _customers(sellers, draw)
    path = folder / "orders.csv"
    path.write_text("\n".join([",".join(importing.COLUMNS), *_rows(draw), ""]), encoding="utf-8")
    refused: list[importing.Rejected] = []
    importing.import_orders(
        path=path,
        open_intervals=selectors.open_intervals,
        now=NOW,
        zone=ZONE,
        on_rejected=refused.append,
    )
    assert refused == [], refused[:3]
    return sellers


def _periods() -> None:
    starts = [date(2014, 3, 1), *(plus_months(date(2016, 9, 1), count) for count in range(12))]
    for first, after in pairwise(starts):
        Period.objects.create(
            label=f"{first:%Y-%m}",
            first_day=first,
            last_day=after - timedelta(days=1),
            starts_at=instant_of(first, ZONE),
            ends_at=instant_of(after, ZONE),
        )


def _sellers() -> list[Representative]:
    sellers: list[Representative] = []
    for number, above in enumerate(SPONSORS):
        sellers.append(
            enrol_representative(
                sponsor=None if above is None else sellers[above],
                name=f"Seller {number}",
                email=f"seller{number}@example.org",
                enrolled_on=date(2014, 1, 4),
                now=NOW - timedelta(days=1200),
                code=f"S{number}",
                with_login=number == 0,
                password="a long password" if number == 0 else None,
            )
        )
    return sellers


def enrol_one() -> Representative:
    """Return the first person of a tree."""
    return enrol_representative(
        sponsor=None, name="One", email="one@example.org", enrolled_on=date(2014, 1, 4), now=NOW
    )


def _customers(sellers: list[Representative], draw: random.Random) -> None:
    """Give everybody but the last seller customers, some of whom another one referred."""
    for number, seller in enumerate(sellers[:-1]):
        known: list[Customer] = []
        for place in range(1 + 2 * (number % 4)):
            known.append(
                services.add_customer(
                    representative=seller,
                    name=f"Customer {number}-{place}",
                    reference=f"C{number}-{place}",
                    referred_by=draw.choice(known) if known and draw.random() < 0.4 else None,
                    now=NOW - timedelta(days=1200),
                )
            )


def _rows(draw: random.Random) -> Iterator[str]:
    """Yield an order a line: some near midnight, some on one day, some in long intervals."""
    yield f"OLD,S3,C3-1,0,GREENS,1,30.00,{LONG_AGO},"
    start = datetime(2016, 9, 3, 9, 30)  # noqa: DTZ001  (the file is in the company's zone)
    end = datetime(2017, 6, 20, 9)  # noqa: DTZ001
    number = 0
    for customer in Customer.objects.select_related("representative").order_by("pk"):
        at = start + timedelta(days=draw.randrange(60), minutes=draw.randrange(900))
        step = draw.choice((6, 14, 31, 31, 45, 140))
        while at < end:
            seller = customer.representative.code
            number += 1
            for sku in draw.sample(list(PRODUCTS), draw.choice((1, 1, 2))):
                price, _, _ = PRODUCTS[sku]
                yield (
                    f"B{number},{seller},{customer.reference},0,{sku},"
                    f"{draw.choice((1, 1, 1, 2))},{price / 100:.2f},{at.isoformat()},"
                )
                last = sku
            back = at + timedelta(days=3)
            if draw.random() < 0.05 and back < end:
                head = f"R{number},{seller},{customer.reference},0,{last}"
                yield f"{head},1,,{back.isoformat()},B{number}"
            if draw.random() < 0.1:
                at += timedelta(minutes=20)  # a second order of the day, or of the next
            else:
                at += timedelta(days=max(1, step + draw.randrange(-4, 9)))
        if customer.pk % 3 == 0:
            number += 1
            yield f"B{number},{customer.representative.code},,1,TEA,1,9.00,2017-03-03T10:00:00,"
