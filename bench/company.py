"""The benchmark's company: a month of orders of three lines for a tree of any size.

Run as ``python -m bench.company SIZE SEED`` in the environment of a database that has been
migrated; it prints what it made as JSON. Representatives come through the product's own import.
"""

import csv
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pyarrow as pa

from bench.bulk import INSTANT, after_the_last, append, unguarded
from bench.shape import SHAPED_FROM, Tree, grow, handful

PERIOD = "2017-01"
ZONE = ZoneInfo("Europe/Warsaw")
FIRST = datetime(2017, 1, 1, tzinfo=ZONE)
#: The company's clock while the month is closed.
NOW = datetime(2017, 2, 3, 12, 0, tzinfo=ZONE)
PRODUCTS = 100
LINES_PER_ORDER = 3
TAX_RATE_BP = 2300
TABLES = ["sales_customer", "sales_order", "sales_orderline", "sales_payment"]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The products: id, volume, points, whether they repeat, price."""

    product: np.ndarray
    bv: np.ndarray
    rsp: np.ndarray
    repeat: np.ndarray
    price: np.ndarray


@dataclass(frozen=True, slots=True)
class Buyers:
    """Who orders: seller's and customer's id, and whether they are the same person."""

    seller: np.ndarray
    customer: np.ndarray
    own: np.ndarray


def code_of(index: int) -> str:
    """Return the code of a member; codes sort as the members are numbered."""
    return f"B{index:09d}"


def write_members(path: Path, tree: Tree) -> None:
    """Write the file for `import_representatives`; sponsors come before those they sponsored."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["code", "sponsor_code", "name", "email", "enrolled_on"])
        for index, sponsor in enumerate(tree.sponsor.tolist()):
            above = code_of(sponsor) if sponsor >= 0 else ""
            out.writerow([code_of(index), above, f"Member {index:07d}", "", "2016-06-01"])


def orders_of_members(size: int, rng: np.random.Generator) -> np.ndarray:
    """Return the seller's index per order: a fifth has none, a fifth two, the others one."""
    turn = rng.permutation(size)
    none, two = size // 5, size // 5
    return np.sort(np.concatenate([turn[none:], turn[len(turn) - two :]]))


def fill_sales(
    url: str, seller: np.ndarray, ids: np.ndarray, staff: int, rng: np.random.Generator
) -> None:
    """Copy customers, orders, lines and payments in; one customer a member, three lines each."""
    size = len(ids)
    own = rng.random(size) < 0.3
    append(
        url,
        "sales_customer",
        {
            "id": _int64(np.arange(1, size + 1)),
            "representative_id": _int64(ids),
            "reference": _text("C%09d", np.arange(size)),
            "name": _text("Customer %07d", np.arange(size)),
            "sort_key": _text("customer %07d", np.arange(size)),
            "email": _same("", size),
            "phone": _same("", size),
            "note": _same("", size),
            "is_self": pa.array(own),
            "referred_by_id": pa.nulls(size, pa.int64()),
            "created_at": _same_instant(FIRST, size),
        },
    )
    bv = rng.integers(300, 2401, PRODUCTS)
    repeat = rng.random(PRODUCTS) < 0.7
    rsp = np.where(repeat, bv // 3, 0)
    price = bv * 95 // 60
    append(url, "sales_product", _products(bv, rsp, repeat, price))

    catalogue = Catalogue(np.arange(1, PRODUCTS + 1), bv, rsp, repeat, price)
    buyers = Buyers(ids[seller], seller + 1, own[seller])
    fill_orders(url, buyers, catalogue, staff, rng, first_id=1, begins=FIRST, hours=31 * 24 - 1)


def fill_orders(
    url: str,
    buyers: Buyers,
    catalogue: Catalogue,
    staff: int,
    rng: np.random.Generator,
    *,
    first_id: int,
    begins: datetime,
    hours: int,
    line_class: str = "first",
) -> None:
    """Copy in an order of three lines for each buyer, paid at a random second of some hours."""
    count = len(buyers.seller)
    product = rng.integers(0, PRODUCTS, count * LINES_PER_ORDER)
    quantity = rng.integers(1, 3, count * LINES_PER_ORDER)
    gross = catalogue.price[product] * quantity
    tax = (2 * gross * TAX_RATE_BP + 10_000 + TAX_RATE_BP) // (2 * (10_000 + TAX_RATE_BP))
    line_bv, line_rsp = catalogue.bv[product] * quantity, catalogue.rsp[product] * quantity
    moment = int(begins.timestamp()) + rng.integers(0, hours * 3_600, count)
    order_id = np.arange(first_id, first_id + count)

    def total(values: np.ndarray) -> np.ndarray:
        return values.reshape(count, LINES_PER_ORDER).sum(axis=1)

    paid = _instants(moment)
    append(
        url,
        "sales_order",
        {
            "id": _int64(order_id),
            "reference": _text("O%012d", order_id),
            "external_ref": _text("X%012d", order_id),
            "import_digest": _same("", count),
            "seller_id": _int64(buyers.seller),
            "customer_id": _int64(buyers.customer),
            "own": pa.array(buyers.own),
            "status": _same("paid", count),
            "placed_at": paid,
            "paid_at": paid,
            "counted_at": paid,
            "currency": _same("EUR", count),
            "gross_minor": _int64(total(gross)),
            "tax_minor": _int64(total(tax)),
            "bv": _int64(total(line_bv)),
            "rsp": _int64(total(line_rsp)),
            "rsp_all": _int64(total(line_rsp)),
            "line_count": pa.array(np.full(count, LINES_PER_ORDER, dtype=np.int32)),
        },
    )
    first_line = (first_id - 1) * LINES_PER_ORDER + 1
    append(
        url,
        "sales_orderline",
        {
            "id": _int64(np.arange(first_line, first_line + len(product))),
            "order_id": _int64(np.repeat(order_id, LINES_PER_ORDER)),
            "number": pa.array(np.tile(np.arange(1, 4, dtype=np.int16), count)),
            "product_id": _int64(catalogue.product[product]),
            "quantity": pa.array(quantity.astype(np.int32)),
            "unit_price_minor": _int64(catalogue.price[product]),
            "gross_minor": _int64(gross),
            "tax_minor": _int64(tax),
            "tax_rate_bp": pa.array(np.full(len(product), TAX_RATE_BP, dtype=np.int32)),
            "unit_bv": _int64(catalogue.bv[product]),
            "unit_rsp": _int64(catalogue.rsp[product]),
            "bv": _int64(line_bv),
            "rsp": _int64(line_rsp),
            "repeat": pa.array(catalogue.repeat[product]),
            "line_class": _same(line_class, len(product)),
        },
    )
    append(
        url,
        "sales_payment",
        {
            "id": _int64(order_id),
            "order_id": _int64(order_id),
            "reference": _text("P%012d", order_id),
            "amount_minor": _int64(total(gross)),
            "paid_at": paid,
            "recorded_by_id": _int64(np.full(count, staff)),
            "recorded_at": paid,
        },
    )


def _products(
    bv: np.ndarray, rsp: np.ndarray, repeat: np.ndarray, price: np.ndarray
) -> dict[str, pa.Array]:
    number = np.arange(1, PRODUCTS + 1)
    return {
        "id": _int64(number),
        "sku": _text("SKU-%04d", number),
        "name": _text("Product %04d", number),
        "category": _same("Bench", PRODUCTS),
        "repeat": pa.array(repeat),
        "bv": _int64(bv),
        "rsp": _int64(rsp),
        "retail_price_minor": _int64(price),
        "ir_price_minor": _int64(price * 9 // 10),
        "tax_rate_bp": pa.array(np.full(PRODUCTS, TAX_RATE_BP, dtype=np.int32)),
        "uses": _same("", PRODUCTS),
        "is_active": pa.array(np.ones(PRODUCTS, dtype=bool)),
    }


def _int64(values: np.ndarray) -> pa.Array:
    return pa.array(values.astype(np.int64))


def _text(shape: str, numbers: np.ndarray) -> pa.Array:
    return pa.array([shape % number for number in numbers.tolist()], pa.string())


def _same(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count)


def _instants(epoch_seconds: np.ndarray) -> pa.Array:
    return pa.array(epoch_seconds * 1_000_000).cast(INSTANT)


def _same_instant(instant: datetime, count: int) -> pa.Array:
    return _instants(np.full(count, int(instant.timestamp())))


def main(size: int, seed: int) -> dict[str, object]:
    """Fill the database of this environment and return what was made."""
    import django

    django.setup()
    from django.conf import settings

    from bench.setting_up import add_company, import_members

    owner = settings.MIGRATION_DATABASE_URL
    rng = np.random.default_rng(seed)
    tree = grow(size, rng) if size >= SHAPED_FROM else handful(size)
    staff = add_company(now=NOW, period=PERIOD, zone=ZONE)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "members.csv"
        write_members(path, tree)
        started = time.perf_counter()
        import_members(path, now=NOW, today=NOW.date())
        import_seconds = time.perf_counter() - started
    with psycopg.connect(owner, autocommit=True) as connection:
        rows = connection.execute(
            'SELECT id FROM representatives_representative ORDER BY code COLLATE "C"'
        ).fetchall()
        ids = np.array([row[0] for row in rows], dtype=np.int64)
        assert len(ids) == size
        seller = orders_of_members(size, rng)
        with unguarded(connection, TABLES):
            fill_sales(owner, seller, ids, staff, rng)
        for table in [*TABLES, "sales_product"]:
            after_the_last(connection, table)
            connection.execute(f"VACUUM ANALYZE {table}")
        connection.execute("VACUUM ANALYZE representatives_representative")
        connection.execute("CHECKPOINT") if _may_checkpoint(connection) else None
    children = np.bincount(tree.sponsor[1:], minlength=size)
    return {
        "members": size,
        "orders": len(seller),
        "order_lines": len(seller) * LINES_PER_ORDER,
        "leaf_share_percent": int(np.count_nonzero(children == 0)) * 100 // size,
        "median_depth": int(np.median(tree.depth)),
        "longest_front_line": int(children.max()),
        "import_representatives_seconds": round(import_seconds, 2),
    }


def _may_checkpoint(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    row = connection.execute(
        "SELECT pg_has_role(current_user, 'pg_checkpoint', 'USAGE')"
    ).fetchone()
    return bool(row and row[0])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))) + "\n")
