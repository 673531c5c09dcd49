"""Purchases to forecast: those of the demo, or of any file with customer, product and date."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import IO

import numpy as np

from sales.forecast.purchases import Purchases

COLUMNS = ("customer", "product", "date")
ORIGIN = date(1970, 1, 1)


class BadFileError(Exception):
    """The purchases can't be read; the message says where and why."""


def day_number(day: date) -> int:
    """Return the days since 1970-01-01."""
    return (day - ORIGIN).days


def day_of(number: int) -> date:
    """Return the day of a number of days since 1970-01-01."""
    return date.fromordinal(ORIGIN.toordinal() + int(number))


def read_demo() -> Purchases:
    """Return the demo company's purchases, by the rule of docs/demo.md, to its clock.

    :raises BadFileError: if the wheel with the receipts is not installed.
    """
    from config.demo.purchases import read_purchases
    from config.demo.year import local_days

    try:
        found = read_purchases()
    except FileNotFoundError as error:
        raise BadFileError(str(error)) from error
    lines = np.diff(found.line_from)
    days = np.asarray(local_days(found.paid_at)).astype("datetime64[D]").astype(np.int64)
    return _dense(np.repeat(found.household, lines), found.product, np.repeat(days, lines))


def read_file(path: Path) -> Purchases:
    """Return the purchases of a CSV file, zipped by gzip or not, with a line for each.

    :raises BadFileError: if it can't be read; the message names the line.
    """
    customers: list[str] = []
    products: list[str] = []
    days: list[int] = []
    known: dict[str, int] = {}
    try:
        with _open(path) as stream:
            rows = csv.reader(stream)
            places = _places(next(rows, None), path)
            for row in rows:
                if not row:
                    continue
                try:
                    customer, product, text = (row[place].strip() for place in places)
                except IndexError:
                    raise BadFileError(f"{path}, line {rows.line_num}: too few columns") from None
                if not customer or not product:
                    raise BadFileError(
                        f"{path}, line {rows.line_num}: customer or product is empty"
                    )
                if text not in known:
                    known[text] = day_number(read_day(text, f"{path}, line {rows.line_num}"))
                customers.append(customer)
                products.append(product)
                days.append(known[text])
    except UnicodeDecodeError as error:
        raise BadFileError(f"{path}: not UTF-8 text ({error.reason})") from error
    except (OSError, EOFError, csv.Error) as error:
        raise BadFileError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if not days:
        raise BadFileError(f"{path}: no purchases in it")
    return _dense(np.array(customers), np.array(products), np.array(days, dtype=np.int64))


def read_day(text: str, where: str) -> date:
    """Return the day of an ISO date, with or without a time.

    :raises BadFileError: if it is none.
    """
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise BadFileError(f"{where}: {text!r} is not a date like 2017-10-01") from None


def _places(header: list[str] | None, path: Path) -> list[int]:
    names = [name.strip().lower() for name in header or []]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise BadFileError(
            f"{path}: the first line must name the columns {', '.join(COLUMNS)};"
            f" missing: {', '.join(missing)}"
        )
    return [names.index(name) for name in COLUMNS]


@contextmanager
def _open(path: Path) -> Iterator[IO[str]]:
    with path.open("rb") as raw:
        opened = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        with io.TextIOWrapper(opened, encoding="utf-8-sig", newline="") as text:
            yield text


def _dense(customer: np.ndarray, product: np.ndarray, day: np.ndarray) -> Purchases:
    customers, customer = np.unique(customer, return_inverse=True)
    products, product = np.unique(product, return_inverse=True)
    return Purchases.of(
        customer.astype(np.int64),
        product.astype(np.int64),
        day.astype(np.int64),
        customer_count=len(customers),
        product_count=len(products),
    )
