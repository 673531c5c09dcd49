"""From purchases to forecasts: dates, status, chance, and how a customer's buying goes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from sales.forecast.features import HORIZON, Known, ProductFacts, describe
from sales.forecast.learning import Learnt, learn
from sales.forecast.methods import Method
from sales.forecast.purchases import Float, Int, Purchases
from sales.forecast.stored import Part
from sales.forecast.timing import BASES, Timing, basis_of, streaks

ALIVE_DAYS = 90
STATUSES = ("on_time", "due", "overdue", "quiet")
PRODUCT, VISIT = "product", "visit"
Words = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Rows of forecasts; days as counted in the purchases."""

    customer: Int
    product: Int
    purchases: Int
    pieces: Int
    last_day: Int
    days: Int
    """Days after the last purchase: due from, expected, due until, quiet from."""
    basis: Words
    status: Words
    chance_permille: Int


@dataclass(frozen=True, slots=True)
class Pulses:
    """Rows of customers."""

    customer: Int
    visits: Int
    first_day: Int
    last_day: Int
    interval: Int
    quiet_day: Int
    alive_permille: Int
    streak: Int


def learn_parts(
    purchases: Purchases, cut: int, pack_days: Float | None
) -> tuple[dict[str, Part], dict[str, Learnt]]:
    """Learn both questions: the product again within 30 days, and anything within 90."""
    visits = purchases.as_visits()
    learnt = {
        PRODUCT: learn(purchases, cut, pack_days=pack_days, days=HORIZON),
        VISIT: learn(visits, cut, days=ALIVE_DAYS),
    }
    methods = {name: each.method for name, each in learnt.items()}
    return look_again(methods, purchases, cut, pack_days), learnt


def look_again(
    methods: dict[str, Method], purchases: Purchases, cut: int, pack_days: Float | None
) -> dict[str, Part]:
    """Put what was learnt together with what is known of products by now."""
    visits = purchases.as_visits()
    known = Known.of(purchases, cut, pack_days)
    of_visits = Known.of(visits, cut)
    return {
        PRODUCT: Part(methods[PRODUCT], known, Timing.of(purchases, cut, known)),
        VISIT: Part(methods[VISIT], of_visits, Timing.of(visits, cut, of_visits)),
    }


def with_new_products(part: Part, count: int, pack_days: Float) -> Part:
    """Add products that came later than what is known: nothing but their pack is known of them."""
    facts = part.known.products
    more = count - facts.buyers.size
    if more <= 0:
        return part
    usual = float(np.median(facts.interval)) if facts.interval.size else 30.0

    def grown(values: Float, by: float | Float) -> Float:
        return np.append(values, np.broadcast_to(np.float32(by), more)).astype(np.float32)

    new_packs = pack_days[-more:]
    products = ProductFacts(
        buyers=grown(facts.buyers, 0),
        again_share=grown(facts.again_share, 0.25),
        mean_purchases=grown(facts.mean_purchases, 1),
        interval=grown(facts.interval, np.where(np.isnan(new_packs), usual, new_packs)),
        recent=tuple(grown(each, 0) for each in facts.recent),
        rebought=grown(
            facts.rebought, float(facts.rebought.mean()) if facts.rebought.size else 0.2
        ),
    )
    stretch = np.median(part.known.rhythm.interval / facts.interval) if facts.interval.size else 1.0
    rhythm = part.known.rhythm.with_products(stretch * products.interval[-more:])
    return replace(part, known=replace(part.known, products=products, rhythm=rhythm))


def make_forecasts(
    purchases: Purchases, cut: int, part: Part, wanted: npt.NDArray[np.bool_], pieces: Int
) -> Forecasts:
    """Return a forecast for each customer and wanted product, as of the day before the cut.

    The usual pieces are given for each customer and product that was bought before it.
    """
    rows = describe(purchases, cut, part.known)
    kept = wanted[rows.product]
    gaps = (rows.purchases - 1)[kept]
    days = part.timing.spans(gaps, rows.interval[kept]).astype(np.int64)
    passed = cut - 1 - rows.last_day[kept]
    status = np.select(
        [passed < days[:, 0], passed <= days[:, 2], passed < days[:, 3]], [0, 1, 2], default=3
    )
    return Forecasts(
        customer=rows.customer[kept],
        product=rows.product[kept],
        purchases=rows.purchases[kept],
        pieces=pieces[kept],
        last_day=rows.last_day[kept],
        days=days,
        basis=np.array(BASES)[basis_of(gaps)],
        status=np.array(STATUSES)[status],
        chance_permille=_permille(part.method.odds(rows.features[kept])),
    )


def make_pulses(purchases: Purchases, cut: int, part: Part) -> Pulses:
    """Return how each customer's buying goes, as of the day before the cut."""
    visits = purchases.as_visits().before(cut)
    rows = describe(visits, cut, part.known, ALIVE_DAYS)
    days = part.timing.of_rows(rows).astype(np.int64)
    return Pulses(
        customer=rows.customer,
        visits=rows.purchases,
        first_day=(cut - rows.column("age")).astype(np.int64),
        last_day=rows.last_day,
        interval=days[:, 1],
        quiet_day=rows.last_day + days[:, 3],
        alive_permille=_permille(part.method.odds(rows.features)),
        streak=streaks(visits, part.known, part.timing),
    )


def _permille(odds: npt.NDArray[np.float64]) -> Int:
    return np.rint(1000 * expit(odds)).astype(np.int64)
