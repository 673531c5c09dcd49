"""A month that is running: the one after the benchmark's, with orders up to the company's clock.

``python -m bench.live_month SEED`` opens it, sets the clock to the evening of its twentieth day,
copies its orders in and shows a preview of it, so that pages have an estimate to tell, and the
posted month behind it.
"""

import json
import sys
from datetime import datetime
from typing import Any

import django
import numpy as np
import psycopg

from bench.bulk import after_the_last, unguarded
from bench.company import ZONE, Buyers, Catalogue, fill_orders
from bench.setting_up import REQUESTER

PERIOD = "2017-02"
FIRST = datetime(2017, 2, 1, tzinfo=ZONE)
NOW = datetime(2017, 2, 20, 18, 0, tzinfo=ZONE)
#: Of this share of the members somebody has ordered so far; nobody has twice.
ORDERED_PERCENT = 60
ORDERED_HOURS = 19 * 24 + 17
TABLES = ["sales_order", "sales_orderline", "sales_payment"]


def open_live_month(seed: int) -> dict[str, Any]:
    """Open the month, fill it, preview it and return what was made."""
    from django.conf import settings

    from compensation import services
    from representatives.models import Company, User

    period = services.open_period(label=PERIOD, zone=ZONE)
    Company.objects.filter(pk=Company.ONLY_ID).update(clock_frozen_at=NOW)
    by = User.objects.get(email=REQUESTER)
    owner = settings.MIGRATION_DATABASE_URL
    rng = np.random.default_rng([seed, 2])
    with psycopg.connect(owner, autocommit=True) as connection:
        catalogue, customers = _catalogue(connection), _customers(connection)
        count = len(customers.seller) * ORDERED_PERCENT // 100
        chosen = np.sort(rng.permutation(len(customers.seller))[:count])
        buyers = Buyers(customers.seller[chosen], customers.customer[chosen], customers.own[chosen])
        last = connection.execute("SELECT max(id) FROM sales_order").fetchone()
        assert last is not None
        with unguarded(connection, TABLES):
            fill_orders(
                owner,
                buyers,
                catalogue,
                by.pk,
                rng,
                first_id=last[0] + 1,
                begins=FIRST,
                hours=ORDERED_HOURS,
                line_class="repeat",
            )
        for table in TABLES:
            after_the_last(connection, table)
            connection.execute(f"VACUUM ANALYZE {table}")
    run = services.preview_period(period=period, by=by, now=NOW)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return {"live_month_orders": count, "live_month_lines": run.earning_count}


def _catalogue(connection: psycopg.Connection[Any]) -> Catalogue:
    rows = connection.execute(
        "SELECT id, bv, rsp, repeat, retail_price_minor FROM sales_product ORDER BY id"
    ).fetchall()
    return Catalogue(*(np.array(column) for column in zip(*rows, strict=True)))


def _customers(connection: psycopg.Connection[Any]) -> Buyers:
    rows = connection.execute(
        "SELECT representative_id, id, is_self FROM sales_customer ORDER BY id"
    ).fetchall()
    return Buyers(*(np.array(column) for column in zip(*rows, strict=True)))


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(open_live_month(int(sys.argv[1]))) + "\n")
