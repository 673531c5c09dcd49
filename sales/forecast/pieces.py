"""How many pieces of each product each customer usually takes, of all lines at once: numpy only.

The rule is that of `sales.usual_pieces`, which asks the database about one customer.
"""

from __future__ import annotations

import numpy as np

from sales.forecast.exchange import Bought
from sales.forecast.purchases import Int, Runs, medians
from sales.usual_pieces import LATEST_ORDERS


def usual_pieces(bought: Bought) -> Int:
    """Return a number for each customer and product of these lines, by customer, then product.

    The lower median of what was taken with each of the latest orders.
    """
    order = np.lexsort((bought.order, bought.paid, bought.product, bought.customer))
    customer, product = bought.customer[order], bought.product[order]
    carts = Runs.of(customer, product, bought.order[order])
    pieces = carts.total(bought.pieces[order])
    pairs = Runs.of(customer[carts.start], product[carts.start])
    pair = np.repeat(np.arange(pairs.size.size), pairs.size)
    from_the_end = (pairs.start + pairs.size)[pair] - np.arange(pair.size)
    late = from_the_end <= LATEST_ORDERS
    return medians(pair[late], pieces[late], pairs.size.size)[0].astype(np.int64)
