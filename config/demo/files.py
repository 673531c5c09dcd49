"""The files that the demo company hands to the product's own imports."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from config.demo.purchases import Purchases, read_purchases
from config.demo.returns import ReturnedLine, choose_returns
from config.demo.tree import Household, Member, assign_households, grow_tree, seller_on
from config.demo.year import YEAR, local_days, month_starts

REPRESENTATIVE_COLUMNS = ("code", "sponsor_code", "name", "email", "enrolled_on")
ORDER_COLUMNS = (
    "external_ref", "seller_code", "customer_ref", "own", "sku", "quantity", "unit_price",
    "paid_at", "returned_ref",
)  # fmt: skip
EPOCH_DAY = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class DemoData:
    """All that the demo company is made of, before it meets a database."""

    purchases: Purchases
    returns: list[ReturnedLine]
    members: list[Member]
    households: dict[int, Household]


def read_demo_data(purchases: Purchases | None = None) -> DemoData:
    """Read the purchases and generate the people; the same on every machine."""
    purchases = purchases or read_purchases()
    members = grow_tree()
    numbers = np.unique(purchases.household).tolist()
    return DemoData(
        purchases, choose_returns(purchases), members, assign_households(numbers, members)
    )


def labels() -> list[str]:
    """Return the labels of the year's months."""
    return [f"{YEAR}-{month:02d}" for month in range(1, 13)]


def write_representatives(path: Path, members: Iterable[Member], everyone: list[Member]) -> int:
    """Write a file for `import_representatives`; return the number of members in it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(REPRESENTATIVE_COLUMNS)
        count = 0
        for member in members:
            sponsor = everyone[member.sponsor].code if member.sponsor >= 0 else ""
            out.writerow([member.code, sponsor, member.name, member.email, member.enrolled_on])
            count += 1
    return count


def members_joining(label: str, today: date, members: list[Member]) -> list[Member]:
    """Return who is imported with a month: whoever joined in it, and before it for January.

    Nobody joins after ``today``.
    """
    year, month = map(int, label.split("-"))
    here = [m for m in members if m.enrolled_on <= today]
    if month == 1:
        return [m for m in here if m.enrolled_on < date(year, 2, 1)]
    return [m for m in here if (m.enrolled_on.year, m.enrolled_on.month) == (year, month)]


def write_orders(path: Path, label: str, data: DemoData) -> int:
    """Write a month's orders and returns for `import_orders`; return the number of lines."""
    month = int(label[-2:])
    starts = month_starts()
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(ORDER_COLUMNS)
        for row in _rows(data, starts[month - 1], starts[month]):
            out.writerow(row)
            count += 1
    return count


def _rows(data: DemoData, start: int, end: int) -> Iterator[tuple[object, ...]]:
    """Yield the lines of all orders paid in [start, end), then those of its returns."""
    purchases = data.purchases
    days = local_days(purchases.paid_at)
    skus = [item.sku for item in purchases.catalogue]
    first, last = np.searchsorted(purchases.paid_at, [start, end]).tolist()
    for order in range(first, last):
        head = _head(data, order, int(days[order]))
        moment = _instant(int(purchases.paid_at[order]))
        lines = slice(int(purchases.line_from[order]), int(purchases.line_from[order + 1]))
        for product, quantity, cents in zip(
            purchases.product[lines].tolist(),
            purchases.quantity[lines].tolist(),
            purchases.unit_price[lines].tolist(),
            strict=True,
        ):
            price = f"{cents // 100}.{cents % 100:02d}"
            yield *head, skus[product], quantity, price, moment, ""
    for line in data.returns:
        if start <= line.returned_at < end:
            _, seller, customer, own = _head(data, line.order, int(days[line.order]))
            ref = external_ref(int(purchases.basket[line.order]))
            yield (
                f"R-{ref}", seller, customer, own, skus[line.product], line.quantity, "",
                _instant(line.returned_at), ref,
            )  # fmt: skip


def customers_of_month(label: str, data: DemoData) -> dict[int, list[int]]:
    """Return the households that buy in a month as customers, per seller's index, in order.

    Own purchases make no customer: the representative is one already.
    """
    month = int(label[-2:])
    starts = month_starts()
    purchases = data.purchases
    first, last = np.searchsorted(purchases.paid_at, starts[month - 1 : month + 1]).tolist()
    days = local_days(purchases.paid_at[first:last]).tolist()
    found: dict[int, set[int]] = {}
    for number, day in zip(purchases.household[first:last].tolist(), days, strict=True):
        household = data.households[number]
        seller = _seller(data, household, day)
        if not (household.own and seller.index == household.member):
            found.setdefault(seller.index, set()).add(number)
    return {index: sorted(numbers) for index, numbers in sorted(found.items())}


def external_ref(basket: int) -> str:
    """Return the external reference of a basket's order."""
    return f"B{basket}"


def customer_ref(household: int) -> str:
    """Return the reference under which a household stands with its representative."""
    return f"H{household:04d}"


def _head(data: DemoData, order: int, day: int) -> tuple[str, str, str, int]:
    """Return external reference, seller, customer and own flag of an order."""
    purchases = data.purchases
    household = data.households[int(purchases.household[order])]
    seller = _seller(data, household, day)
    own = household.own and seller.index == household.member
    return (
        external_ref(int(purchases.basket[order])),
        seller.code,
        "" if own else customer_ref(household.number),
        int(own),
    )


def _seller(data: DemoData, household: Household, day: int) -> Member:
    member = data.members[household.member]
    return seller_on(EPOCH_DAY + timedelta(days=day), member, data.members)


def _instant(epoch_seconds: int) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat()
