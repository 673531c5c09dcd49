"""The nightly forecast of a company of any size: ``python bench/forecast.py --size 1000000``.

Customers begin on any day of two years, take one to three of the repeat products, come back at an
interval of their own around the pack's length, and stop some day without a word; now and then they
buy something else. The nightly service then learns and makes everybody's forecasts in a fresh
process, and for one customer as after an order. Figures join those in bench/results/forecast.json.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from bench.bulk import after_the_last, append, unguarded
from bench.company import (
    TABLES,
    TAX_RATE_BP,
    _instants,
    _int64,
    _same,
    _same_instant,
    _text,
    write_members,
)
from bench.shape import handful

RESULTS = Path(__file__).resolve().parent / "results" / "forecast.json"
ZONE = ZoneInfo("Europe/Warsaw")
FIRST = datetime(2016, 1, 1, tzinfo=ZONE)
DAYS = 730
NOW = FIRST + timedelta(days=DAYS, hours=2)
PRODUCTS, REPEAT_PRODUCTS = 200, 120
SELLERS = 50
STOPS = 0.2
MOST_PURCHASES = 16
BAR_SECONDS = 300
JUDGED_SIZE = 1_000_000
SEED = 1


def main(size: int) -> int:
    """Make the company, measure, and write the figures; return the exit code."""
    from bench.server import Server, run

    server = Server()
    with server.created("perennial_bench_forecast") as database:
        run(database, "manage.py", "migrate", "--database=owner", "-v0")
        module = ("-m", "bench.forecast_nightly")
        made = json.loads(run(database, *module, "fill", str(size)).splitlines()[-1])
        sys.stdout.write(f"{json.dumps(made)}\n")
        sys.stdout.flush()
        found = json.loads(run(database, *module, "measure").splitlines()[-1])
    nightly = made | found
    figures = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    figures["nightly"] = nightly
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    late = size >= JUDGED_SIZE and nightly["nightly_seconds"] > BAR_SECONDS
    sys.stdout.write(
        f"nightly forecast: {nightly['nightly_seconds']} s for {size:,} customers,"
        f" {nightly['purchases']:,} purchases and {nightly['forecasts']:,} forecasts;"
        f" learning apart {nightly['learning_seconds']} s:"
        f" {'MISSED' if late else 'ok'}\n"
    )
    return 1 if late else 0


def fill(size: int) -> dict[str, int]:
    """Fill the database of this environment with customers and what they bought."""
    import django

    django.setup()
    import tempfile

    import psycopg
    from django.conf import settings

    from bench.setting_up import add_company, import_members
    from representatives.models import Company, Representative

    staff = add_company(now=NOW, period="2016-01", zone=ZONE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "members.csv"
        write_members(path, handful(SELLERS))
        import_members(path, now=NOW, today=NOW.date())
    sellers = np.array(list(Representative.objects.order_by("id").values_list("id", flat=True)))
    Company.objects.update(clock_frozen_at=NOW)
    draw = np.random.default_rng(SEED)
    customer, product, day = simulate(size, draw)
    owner = settings.MIGRATION_DATABASE_URL
    with psycopg.connect(owner, autocommit=True) as connection:
        with unguarded(connection, TABLES):
            _fill_people(owner, size, sellers)
            price = _fill_products(owner, draw)
            orders = _fill_orders(owner, (customer, product, day), sellers, price, staff)
        for table in [*TABLES, "sales_product"]:
            after_the_last(connection, table)
            connection.execute(f"VACUUM ANALYZE {table}")
    return {"customers": size, "orders": orders, "purchases": len(day)}


def simulate(size: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return customers, products and days of purchases, each day once, in order."""
    begins = draw.integers(0, DAYS, size)
    owner = np.repeat(np.arange(size), draw.integers(1, 4, size))
    pack = draw.choice([28, 30, 45, 60, 90], REPEAT_PRODUCTS)
    product = draw.integers(0, REPEAT_PRODUCTS, owner.size)
    own = pack[product] * draw.lognormal(0.1, 0.3, owner.size)
    start = begins[owner] + np.where(
        draw.random(owner.size) < 0.5, 0, draw.exponential(60, owner.size)
    )
    parts = []
    going = np.ones(owner.size, dtype=bool)
    at = start.astype(np.float64)
    for _ in range(MOST_PURCHASES):
        kept = going & (at < DAYS)
        parts.append((owner[kept], product[kept], at[kept].astype(np.int64)))
        going &= draw.random(owner.size) >= STOPS
        at += np.maximum(draw.normal(1, 0.25, owner.size), 0.1) * own
    once = draw.random(size) < 0.3
    other = np.flatnonzero(once)
    parts.append(
        (
            other,
            draw.integers(REPEAT_PRODUCTS, PRODUCTS, other.size),
            draw.integers(begins[other], DAYS),
        )
    )
    customer, product, day = (np.concatenate([part[at] for part in parts]) for at in range(3))
    key = np.unique((customer * DAYS + day) * PRODUCTS + product)
    return key // PRODUCTS // DAYS, key % PRODUCTS, key // PRODUCTS % DAYS


def _fill_people(owner: str, size: int, sellers: np.ndarray) -> None:
    number = np.arange(size)
    append(
        owner,
        "sales_customer",
        {
            "id": _int64(number + 1),
            "representative_id": _int64(sellers[number % len(sellers)]),
            "reference": _text("C%09d", number),
            "name": _text("Customer %07d", number),
            "sort_key": _text("customer %07d", number),
            "email": _same("", size),
            "phone": _same("", size),
            "note": _same("", size),
            "is_self": pa.array(np.zeros(size, dtype=bool)),
            "referred_by_id": pa.nulls(size, pa.int64()),
            "created_at": _same_instant(FIRST, size),
        },
    )


def _fill_products(owner: str, draw: np.random.Generator) -> np.ndarray:
    number = np.arange(1, PRODUCTS + 1)
    price = draw.integers(1000, 9000, PRODUCTS)
    repeat = number <= REPEAT_PRODUCTS
    append(
        owner,
        "sales_product",
        {
            "id": _int64(number),
            "sku": _text("SKU-%04d", number),
            "name": _text("Product %04d", number),
            "category": _same("Bench", PRODUCTS),
            "repeat": pa.array(repeat),
            "bv": _int64(price // 2),
            "rsp": _int64(np.where(repeat, price // 5, 0)),
            "retail_price_minor": _int64(price),
            "ir_price_minor": _int64(price * 9 // 10),
            "tax_rate_bp": pa.array(np.full(PRODUCTS, TAX_RATE_BP, dtype=np.int32)),
            "uses": _same("", PRODUCTS),
            "is_active": pa.array(np.ones(PRODUCTS, dtype=bool)),
        },
    )
    return price


def _fill_orders(
    owner: str,
    bought: tuple[np.ndarray, np.ndarray, np.ndarray],
    sellers: np.ndarray,
    price: np.ndarray,
    staff: int,
) -> int:
    """Copy in an order for each customer and day, with a line for each product."""
    customer, product, day = bought
    starts = np.flatnonzero(np.append(True, (np.diff(customer) != 0) | (np.diff(day) != 0)))
    lines = np.diff(np.append(starts, len(day)))
    count = len(starts)
    gross = price[product]
    tax = (2 * gross * TAX_RATE_BP + 10_000 + TAX_RATE_BP) // (2 * (10_000 + TAX_RATE_BP))
    bv = gross // 2
    repeat = product < REPEAT_PRODUCTS
    rsp = np.where(repeat, gross // 5, 0)
    paid = _instants(int(FIRST.timestamp()) + day[starts] * 86_400 + 36_000)
    number = np.arange(1, count + 1)

    def total(values: np.ndarray) -> pa.Array:
        return _int64(np.add.reduceat(values, starts))

    append(
        owner,
        "sales_order",
        {
            "id": _int64(number),
            "reference": _text("O%012d", number),
            "external_ref": _text("X%012d", number),
            "import_digest": _same("", count),
            "seller_id": _int64(sellers[customer[starts] % len(sellers)]),
            "customer_id": _int64(customer[starts] + 1),
            "own": pa.array(np.zeros(count, dtype=bool)),
            "status": _same("paid", count),
            "placed_at": paid,
            "paid_at": paid,
            "counted_at": paid,
            "currency": _same("EUR", count),
            "gross_minor": total(gross),
            "tax_minor": total(tax),
            "bv": total(bv),
            "rsp": total(rsp),
            "rsp_all": total(rsp),
            "line_count": pa.array(lines.astype(np.int32)),
        },
    )
    place = np.arange(len(day)) - np.repeat(starts, lines) + 1
    append(
        owner,
        "sales_orderline",
        {
            "id": _int64(np.arange(1, len(day) + 1)),
            "order_id": _int64(np.repeat(number, lines)),
            "number": pa.array(place.astype(np.int16)),
            "product_id": _int64(product + 1),
            "quantity": pa.array(np.ones(len(day), dtype=np.int32)),
            "unit_price_minor": _int64(gross),
            "gross_minor": _int64(gross),
            "tax_minor": _int64(tax),
            "tax_rate_bp": pa.array(np.full(len(day), TAX_RATE_BP, dtype=np.int32)),
            "unit_bv": _int64(bv),
            "unit_rsp": _int64(rsp),
            "bv": _int64(bv),
            "rsp": _int64(rsp),
            "repeat": pa.array(repeat),
            "line_class": _same("first", len(day)),
        },
    )
    return count


def measure() -> dict[str, float | int | str]:
    """Run the nightly service in this process and return what it took."""
    import django

    django.setup()
    from sales.forecast import services
    from sales.models import Customer, ForecastModel

    started = time.perf_counter()
    model = services.learn_forecasts(now=NOW)
    learning = time.perf_counter() - started
    started, spent = time.perf_counter(), time.process_time()
    rows = services.refresh_forecasts(customer_ids=None, now=NOW)
    nightly, spent = time.perf_counter() - started, time.process_time() - spent
    one = list(Customer.objects.order_by("id").values_list("id", flat=True)[500:501])
    started = time.perf_counter()
    services.refresh_forecasts(customer_ids=one, now=NOW)
    after_order = time.perf_counter() - started
    return {
        "learning_seconds": round(learning, 1),
        "nightly_seconds": round(nightly, 1),
        "nightly_cpu_seconds": round(spent, 1),
        "after_order_ms": round(after_order * 1000, 1),
        "forecasts": rows,
        "method": model.method,
        "models": ForecastModel.objects.count(),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


if __name__ == "__main__":
    result = fill(int(sys.argv[2])) if sys.argv[1] == "fill" else measure()
    sys.stdout.write(json.dumps(result) + "\n")
