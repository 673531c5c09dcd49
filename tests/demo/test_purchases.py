"""The written rule on the real receipts and on small planted ones; no database."""

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest

from config.demo.purchases import Purchases, build_purchases, cents_from_dollars, read_purchases
from config.demo.returns import choose_returns
from config.demo.year import CLOCK, ZONE, local_days, month_starts


@pytest.fixture(scope="module")
def purchases() -> Purchases:
    return read_purchases()


def receipts(*rows: tuple[int, int, int, int, float, datetime]) -> pa.Table:
    """Household, basket, product, quantity, dollars, instant."""
    names = ("household_id", "basket_id", "product_id", "quantity", "sales_value")
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    columns["transaction_timestamp"] = pa.array(
        [row[5].astimezone(UTC).replace(tzinfo=None) for row in rows], pa.timestamp("ns")
    )
    return pa.table(columns)


PRODUCTS = pa.table(
    {
        "product_id": [1, 2, 3, 4, 5],
        "department": ["GROCERY", "FUEL", "DRUG GM", None, "MISCELLANEOUS"],
        "product_type": ["BANANAS", "OIL", None, None, "GASOLINE-REG UNLEADED"],
    }
)
NOON = datetime(2017, 3, 1, 12, 0, tzinfo=ZONE)


def test_every_line_read_is_kept_left_out_or_joined(purchases):
    counts = purchases.counts

    left_out = sum(n for reason, n in counts.items() if reason.startswith("left out: "))
    kept = counts["lines read"] - left_out + counts["split: value not divisible by quantity"]

    assert counts["lines read"] == 1_469_307
    assert (
        kept - counts["joined: same product and unit price in the basket"]
        == (counts["order lines kept"])
    )
    assert counts["order lines kept"] == len(purchases.product)
    assert counts["orders kept"] == len(purchases.basket) == len(purchases.line_from) - 1


def test_counts_of_the_rule_on_the_real_receipts(purchases):
    assert purchases.counts == {
        "lines read": 1_469_307,
        "left out: product unknown": 4_836,
        "left out: fuel": 14_697,
        "left out: quantity or value not above zero": 6_471,
        "left out: after the clock": 46_545,
        "mapped: product type missing": 1_369,
        "split: value not divisible by quantity": 30_238,
        "left out: unit price below one cent": 0,
        "joined: same product and unit price in the basket": 150_513,
        "orders kept": 136_870,
        "order lines kept": 1_276_483,
        "households": 2_465,
        "product types": 2_223,
        "repeat product types": 466,
    }


def test_each_reason_to_leave_out_is_counted_once():
    built = build_purchases(
        receipts(
            (7, 70, 1, 1, 0.59, NOON),
            (7, 70, 99, 1, 0.59, NOON),
            (7, 70, 4, 1, 0.59, NOON),
            (7, 70, 2, 0, 0.00, NOON),
            (7, 70, 5, 9000, 20.00, NOON),
            (7, 70, 1, 0, 0.59, NOON),
            (7, 70, 1, 1, 0.00, NOON),
            (7, 71, 1, 1, 0.59, CLOCK.replace(minute=1)),
            (7, 72, 3, 1, 4.00, CLOCK),
        ),
        PRODUCTS,
        CLOCK,
    )

    assert built.counts["left out: product unknown"] == 2
    assert built.counts["left out: fuel"] == 2
    assert built.counts["left out: quantity or value not above zero"] == 2
    assert built.counts["left out: after the clock"] == 1
    assert built.counts["mapped: product type missing"] == 1
    assert built.basket.tolist() == [70, 72]
    assert [item.name for item in built.catalogue] == ["Assorted home and health", "Bananas"]


def test_value_not_divisible_by_quantity_keeps_quantity_and_value():
    built = build_purchases(receipts((7, 70, 1, 3, 2.00, NOON)), PRODUCTS, CLOCK)

    lines = list(zip(built.quantity.tolist(), built.unit_price.tolist(), strict=True))
    assert lines == [(1, 66), (2, 67)]


def test_equal_products_of_a_basket_join_at_equal_unit_price_only():
    built = build_purchases(
        receipts((7, 70, 1, 1, 0.50, NOON), (7, 70, 1, 2, 1.00, NOON), (7, 70, 1, 1, 0.60, NOON)),
        PRODUCTS,
        CLOCK,
    )

    lines = list(zip(built.quantity.tolist(), built.unit_price.tolist(), strict=True))
    assert lines == [(3, 50), (1, 60)]


def test_value_that_is_no_number_of_cents_is_refused():
    with pytest.raises(ValueError, match=r"line 1: sales_value .*1\.005"):
        cents_from_dollars(np.array([1.0, 1.005]))


def test_bv_and_rsp_follow_the_written_ratios(purchases):
    for item in purchases.catalogue:
        assert item.rsp == (item.bv * 20 // 60 if item.repeat else 0)
        assert item.ir_price <= item.retail_price
        assert (item.pack_days is not None) == item.repeat
        assert item.pack_days is None or 7 <= item.pack_days <= 90
    bananas = next(item for item in purchases.catalogue if item.name == "Bananas")
    assert bananas.repeat
    assert len({item.sku for item in purchases.catalogue}) == len(purchases.catalogue)


def test_repeat_needs_twenty_buyers_of_whom_two_fifths_came_back():
    def built(buyers: int, returning: int) -> bool:
        days = [NOON, NOON.replace(day=20)]
        rows = [(h, h, 1, 1, 1.0, days[0]) for h in range(1, buyers + 1)]
        rows += [(h, 1000 + h, 1, 1, 1.0, days[1]) for h in range(1, returning + 1)]
        (item,) = build_purchases(receipts(*rows), PRODUCTS, CLOCK).catalogue
        assert item.pack_days == (19 if item.repeat else None)
        return item.repeat

    assert built(20, 8)
    assert not built(20, 7)
    assert not built(19, 19)


def test_one_changed_price_changes_the_digest(purchases):
    rows = [(7, 70, 1, 1, 0.59, NOON), (8, 80, 1, 1, 0.59, NOON)]
    same = build_purchases(receipts(*rows), PRODUCTS, CLOCK).digest

    rows[1] = (8, 80, 1, 1, 0.60, NOON)

    assert build_purchases(receipts(*rows), PRODUCTS, CLOCK).digest != same
    assert read_purchases().digest == purchases.digest


def test_row_order_of_the_file_does_not_matter():
    rows = [
        (7, 70, 1, 2, 0.59, NOON), (8, 80, 3, 1, 0.59, NOON), (7, 70, 3, 1, 5.00, NOON)
    ]  # fmt: skip

    forwards = build_purchases(receipts(*rows), PRODUCTS, CLOCK)

    assert build_purchases(receipts(*reversed(rows)), PRODUCTS, CLOCK).digest == forwards.digest


def test_local_days_follow_the_zone_through_the_clock_changes():
    instants = [
        datetime(2017, 1, 1, 0, 0, tzinfo=ZONE),
        datetime(2017, 3, 11, 23, 59, 59, tzinfo=ZONE),
        datetime(2017, 3, 12, 23, 59, 59, tzinfo=ZONE),
        datetime(2017, 11, 5, 23, 59, 59, tzinfo=ZONE),
        datetime(2017, 12, 31, 23, 59, 59, tzinfo=ZONE),
    ]

    days = local_days(np.array([int(i.timestamp()) for i in instants]))

    epoch = date(1970, 1, 1)
    assert days.tolist() == [(i.date() - epoch).days for i in instants]


def test_returns_are_few_and_some_reach_back_into_a_posted_month(purchases):
    chosen = choose_returns(purchases)

    month = np.array(month_starts())
    orders = np.searchsorted(month, purchases.paid_at[[r.order for r in chosen]], side="right")
    moments = np.searchsorted(month, [r.returned_at for r in chosen], side="right")
    assert 300 <= len(chosen) <= 500
    assert np.count_nonzero(moments > orders) >= 100
    assert {2, 12} <= set(moments[moments > orders].tolist())
    assert all(r.returned_at <= CLOCK.timestamp() for r in chosen)
    for line in chosen:
        lines = slice(purchases.line_from[line.order], purchases.line_from[line.order + 1])
        (at,) = np.flatnonzero(purchases.product[lines] == line.product)
        assert 1 <= line.quantity <= purchases.quantity[lines][at]
