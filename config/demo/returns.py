"""Which lines of the demo company's orders are sent back, by the rule of docs/demo.md."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from config.demo.purchases import Purchases
from config.demo.year import CLOCK

#: One order in so many has a line sent back within a month, and one in so many later than that.
SOON_RETURN_ONE_IN = 400
LATE_RETURN_ONE_IN = 1_200
#: Only lines of at least so many cents are worth sending back.
RETURN_GROSS_AT_LEAST = 200


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """A line sent back: ``quantity`` of ``product`` of the order ``order`` at ``returned_at``."""

    order: int
    product: int
    quantity: int
    returned_at: int


def choose_returns(purchases: Purchases, clock: datetime = CLOCK) -> list[ReturnedLine]:
    """Choose the lines sent back, by a hash of the basket number alone; sorted by return moment.

    A soon return comes 2 to 13 days after the order, a late one 33 to 62 days after it, when
    the month of the order has been posted. Half of the lines of several units go back in part.
    """
    end = int(clock.timestamp())
    chosen = []
    for order, basket in enumerate(purchases.basket.tolist()):
        draw = int.from_bytes(hashlib.blake2b(b"return %d" % basket, digest_size=8).digest())
        if draw % SOON_RETURN_ONE_IN == 0:
            days = 2 + (draw >> 20) % 12
        elif draw % LATE_RETURN_ONE_IN == 1:
            days = 33 + (draw >> 20) % 30
        else:
            continue
        returned_at = int(purchases.paid_at[order]) + days * 86_400
        line = _line_worth_returning(purchases, order)
        if line is None or returned_at > end:
            continue
        quantity = int(purchases.quantity[line])
        if quantity > 1 and (draw >> 40) % 2:
            quantity //= 2
        chosen.append(ReturnedLine(order, int(purchases.product[line]), quantity, returned_at))
    return sorted(chosen, key=lambda r: (r.returned_at, int(purchases.basket[r.order])))


def _line_worth_returning(purchases: Purchases, order: int) -> int | None:
    """Return the dearest line whose product stands in the order only once, or None."""
    lines = range(int(purchases.line_from[order]), int(purchases.line_from[order + 1]))
    products = purchases.product[lines.start : lines.stop].tolist()
    worth = [
        (int(purchases.unit_price[line]) * int(purchases.quantity[line]), -line)
        for line, product in zip(lines, products, strict=True)
        if products.count(product) == 1
    ]
    if not worth or max(worth)[0] < RETURN_GROSS_AT_LEAST:
        return None
    return -max(worth)[1]
