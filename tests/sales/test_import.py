"""The import of orders: what gets in, what stays out and says why, and that it can be repeated."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from compensation import selectors
from compensation.models import Period
from representatives.models import Representative, User
from sales import importing, services
from sales.models import Customer, ImportBatch, Order, Payment, Product, Return
from tests.sales.conftest import NOW, ZONE, local

HEADER = ",".join(importing.COLUMNS)
GOOD = [
    "A1,MARTA,H-7,0,GREENS,2,49.90,2017-01-10T10:00:00,",
    "A1,MARTA,H-7,0,JUG,1,89,2017-01-10T10:00:00,",
    "A2,MARTA,,1,TEA,3,10.32,2017-02-01T09:30:00+01:00,",
    "A3,LUKASZ,H-7,0,TEA,1,12.9,2017-01-10 12:00,",
    "A4,MARTA,H-7,0,GREENS,1,49.90,2017-02-11T10:00:00,",
    "A5,MARTA,H-8,0,TEA,1,12.90,,",
]
Import = Callable[..., importing.Report]


class Run:
    """Imports texts of this test and remembers what was rejected."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rejected: list[importing.Rejected] = []

    def __call__(self, *lines: str, header: str = HEADER, **options: Any) -> importing.Report:
        return self.bytes("\n".join([header, *lines, ""]).encode(), **options)

    def bytes(self, content: bytes, name: str = "orders.csv", **options: Any) -> importing.Report:
        path = self.folder / name
        path.write_bytes(content)
        self.rejected = []
        facts = {
            "path": path,
            "open_intervals": selectors.open_intervals,
            "now": NOW,
            "zone": ZONE,
            "on_rejected": self.rejected.append,
        }
        return importing.import_orders(**(facts | options))

    @property
    def reasons(self) -> list[tuple[str, int, str]]:
        return [
            (unit.external_ref, line, reason)
            for unit in self.rejected
            for line, reason in unit.faults
        ]


@pytest.fixture
def run(
    tmp_path: Path,
    periods: list[Period],
    other_seller: Representative,
    products: dict[str, Product],
) -> Run:
    return Run(tmp_path)


def content() -> dict[str, Any]:
    """Return everything an import can write, without surrogate keys."""
    lines = Order.objects.order_by("reference", "lines__number").values_list(
        "reference",
        "external_ref",
        "seller__code",
        "customer__reference",
        "own",
        "status",
        "paid_at",
        "counted_at",
        "gross_minor",
        "tax_minor",
        "bv",
        "rsp",
        "rsp_all",
        "rsp_repeat",
        "margin_minor",
        "units",
        "line_count",
        "lines__number",
        "lines__product__sku",
        "lines__quantity",
        "lines__gross_minor",
        "lines__tax_minor",
        "lines__line_class",
        "lines__within_add_on_days",
        "payment__amount_minor",
    )
    returns = Return.objects.order_by("reference").values_list(
        "reference",
        "line__order__reference",
        "quantity",
        "gross_minor",
        "bv",
        "margin_minor",
        "counted_at",
    )
    return {"lines": list(lines), "returns": list(returns)}


def test_good_orders_get_in(run: Run) -> None:
    report = run(*GOOD)

    assert (report.orders, report.customers, report.rejected, report.exit_code) == (5, 4, 0, 0)
    order = Order.objects.get(external_ref="A1")
    assert (order.seller.code, order.customer.reference, order.own) == ("MARTA", "H-7", False)
    assert order.paid_at == order.counted_at == local("2017-01-10T10:00")
    assert (order.gross_minor, order.tax_minor, order.bv, order.rsp) == (18880, 3530, 9000, 4000)
    assert (order.rsp_all, order.line_count) == (5000, 2)
    assert [line.line_class for line in order.lines.all()] == ["first", "first"]
    payment = order.payment
    assert (payment.amount_minor, payment.reference) == (18880, "A1")
    assert payment.batch.file_name == "orders.csv"
    own = Order.objects.get(external_ref="A2")
    assert own.own
    assert own.customer.is_self
    assert own.paid_at == local("2017-02-01T09:30")
    assert Order.objects.get(external_ref="A4").lines.get().line_class == "repeat"
    unpaid = Order.objects.get(external_ref="A5")
    assert (unpaid.status, unpaid.lines.get().line_class) == ("placed", None)
    assert not Payment.objects.filter(order=unpaid).exists()


def test_imported_lines_equal_those_of_the_services(
    run: Run,
    customer: Customer,
    seller: Representative,
    products: dict[str, Product],
    staff: User,
    intervals: list[tuple[datetime, datetime]],
) -> None:
    """One set of rules: the same purchases by page and by file give the same lines."""
    months = [("01-10", {"GREENS": 2, "JUG": 1}), ("02-05", {"TEA": 1, "GREENS": 1}),
              ("03-15", {"TEA": 7, "JUG": 1})]  # fmt: skip
    rows = []
    for number, (day, pieces) in enumerate(months):
        order = services.place_order(
            seller=seller,
            customer=customer,
            lines=[services.LineRequest(products[sku].pk, count) for sku, count in pieces.items()],
            now=NOW,
        )
        at = local(f"2017-{day}T10:00")
        services.pay_order(
            order=order,
            payment_reference="x",
            amount_minor=order.gross_minor,
            paid_at=at,
            counted_at=at,
            open_intervals=intervals,
            recorded_by=staff,
            now=NOW,
        )
        rows += [
            f"X{number},MARTA,TWIN,0,{sku},{count},"
            f"{products[sku].retail_price_minor / 100:.2f},2017-{day}T10:00,"
            for sku, count in pieces.items()
        ]

    run(*rows)

    def lines(reference: str) -> list[tuple[Any, ...]]:
        found = Order.objects.filter(customer__reference=reference).order_by("paid_at")
        return list(
            found.order_by("paid_at", "lines__number").values_list(
                *("gross_minor", "tax_minor", "bv", "rsp", "rsp_all", "line_count", "counted_at"),
                *("invoiced_to_customer", "margin_minor", "units", "rsp_repeat"),
                *(f"lines__{name}" for name in (
                    "number", "product", "quantity", "unit_price_minor", "gross_minor",
                    "tax_minor", "tax_rate_bp", "unit_bv", "unit_rsp", "bv", "rsp", "repeat",
                    "margin_minor", "line_class", "within_add_on_days",
                )),
            )
        )  # fmt: skip

    assert len(lines("C-1")) == 6
    assert lines("TWIN") == lines("C-1")


def test_second_run_finds_all_there(run: Run) -> None:
    run(*GOOD)
    before = content()

    report = run(*GOOD)

    assert (report.orders, report.known, report.exit_code) == (0, 5, 0)
    assert content() == before


def test_same_content_in_other_words_is_already_there(run: Run) -> None:
    run(*GOOD)

    report = run(
        '"A1", MARTA ,H-7,0,JUG,1,89.00,2017-01-10T09:00:00Z,',
        "A1,MARTA,H-7,0,GREENS,2,49.9,2017-01-10T10:00:00+01:00,",
    )

    assert (report.known, report.exit_code) == (1, 0)


def test_other_content_is_a_conflict(run: Run) -> None:
    run(*GOOD)
    before = content()

    report = run("A3,LUKASZ,H-7,0,TEA,2,12.9,2017-01-10 12:00,", *GOOD[:2])

    assert (report.conflicts, report.known, report.exit_code) == (1, 1, 3)
    assert run.reasons == [("A3", 2, "it is there already with other content")]
    assert run.rejected[0].conflict
    assert content() == before


BAD = {
    "A1,NOBODY,H-7,0,GREENS,1,1.00,2017-01-10,": "seller_code 'NOBODY' is not known",
    "A1,,H-7,0,GREENS,1,1.00,2017-01-10,": "seller_code is missing",
    "A1,MARTA,,0,GREENS,1,1.00,2017-01-10,": "customer_ref is missing",
    "A1,MARTA,H-7,1,GREENS,1,1.00,2017-01-10,": "customer_ref is not empty on an own purchase",
    "A1,MARTA,SELF,0,GREENS,1,1.00,2017-01-10,": "customer_ref SELF is the seller: set own to 1",
    "A1,MARTA,H-7,yes,GREENS,1,1.00,2017-01-10,": "own 'yes' is neither 1 nor 0",
    "A1,MARTA,H-7,0,NONE,1,1.00,2017-01-10,": "sku 'NONE' is not in the catalogue",
    "A1,MARTA,H-7,0,,1,1.00,2017-01-10,": "sku is missing",
    "A1,MARTA,H-7,0,TEA,0,1.00,2017-01-10,": "quantity '0' is not a whole number from 1 to 100000",
    "A1,MARTA,H-7,0,TEA,1.5,1.00,2017-01-10,": (
        "quantity '1.5' is not a whole number from 1 to 100000"
    ),
    "A1,MARTA,H-7,0,TEA,1,,2017-01-10,": "unit_price is missing",
    "A1,MARTA,H-7,0,TEA,1,-1.00,2017-01-10,": "unit_price '-1.00' is not an amount such as 12.90",
    'A1,MARTA,H-7,0,TEA,1,"1,00",2017-01-10,': "unit_price '1,00' is not an amount such as 12.90",
    "A1,MARTA,H-7,0,TEA,1,1.005,2017-01-10,": "unit_price '1.005' has more than 2 decimal places",
    "A1,MARTA,H-7,0,TEA,1,9999999999999,2017-01-10,": ("unit_price '9999999999999' is too large"),
    "A1,MARTA,H-7,0,TEA,100000,999999999999,2017-01-10,": "quantity × unit_price is too large",
    "A1,MARTA,H-7,0,TEA,1,1.00,10.01.2017,": (
        "paid_at '10.01.2017' is not an ISO 8601 date and time"
    ),
    "A1,MARTA,H-7,0,TEA,1,1.00,0001-01-01T00:00:00,": "paid_at '0001-01-01T00:00:00' is not a date",
    "A1,MARTA,H-7,0,TEA,1,1.00,2017-03-26T02:30,": (
        "paid_at '2017-03-26T02:30' does not exist in Europe/Warsaw"
    ),
    "A1,MARTA,H-7,0,TEA,1,1.00,2017-03-20T12:00:01Z,": (
        "paid_at 2017-03-20T12:00:01+00:00 is in the future"
    ),
    "A1,MARTA,H-7,0,TEA,1,1.00,2016-12-31T23:59:59,": (
        "paid_at 2016-12-31T22:59:59+00:00 lies in no open period "
        "(--into-open-period counts it in the present one)"
    ),
    "A1,MARTA,H-7,0,TEA,1,1.00,2017-01-10,A9": "returned_ref 'A9' names no paid order",
    "A1,MARTA,H-7,0,TEA,1,1.00,,A9": "paid_at is missing: it says when pieces came back",
    "A1,MARTA,H-7,0,TEA,1,1.00,2017-01-10": "it has 8 fields instead of 9",
    'A1,MARTA,H-7,0,"TEA,1,1.00,2017-01-10,': "its quotation marks do not match",
    "A1,MARTA,H\x007,0,TEA,1,1.00,2017-01-10,": "it has a character that can't be printed",
    f"A1,MARTA,{'x' * 65},0,TEA,1,1.00,2017-01-10,": "customer_ref is longer than 64 characters",
    f"A1,MARTA,{'x' * 5000},0,TEA,1,1.00,2017-01-10,": "it is too long",
}


@pytest.mark.parametrize("line", BAD)
def test_bad_line_rejects_its_order_and_no_other(run: Run, line: str) -> None:
    report = run(GOOD[2], line, GOOD[3])

    assert run.reasons == [("A1", 3, BAD[line])]
    assert (report.orders, report.rejected, report.exit_code) == (2, 1, 1)
    assert set(Order.objects.values_list("external_ref", flat=True)) == {"A2", "A3"}


def test_one_bad_line_rejects_all_lines_of_its_order_wherever_they_stand(run: Run) -> None:
    run(GOOD[0], GOOD[2], GOOD[1].replace("JUG", "NONE"))

    assert run.reasons == [("A1", 4, "sku 'NONE' is not in the catalogue")]
    assert [line for line, _ in run.rejected[0].lines] == [2, 4]
    assert not Order.objects.filter(external_ref="A1").exists()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (("MARTA", "LUKASZ"), "seller_code"),
        (("H-7", "H-8"), "customer_ref"),
        (("T10:00:00", "T10:00:01"), "paid_at"),
    ],
)
def test_lines_of_one_order_must_agree(run: Run, change: tuple[str, str], name: str) -> None:
    run(GOOD[0], GOOD[1].replace(*change))

    assert run.reasons == [("A1", 3, f"{name} differs from line 2 of this order")]


def test_line_without_reference_is_rejected_alone(run: Run) -> None:
    report = run(",MARTA,H-7,0,TEA,1,1.00,2017-01-10,", "", GOOD[2], "x" * 65 + GOOD[3])

    assert run.reasons == [
        ("", 2, "external_ref is missing"),
        ("x" * 64, 5, "external_ref is longer than 64 characters"),
    ]
    assert report.orders == 1


def test_bytes_that_are_not_utf8_spoil_their_line_only(run: Run) -> None:
    bad = GOOD[0].encode().replace(b"H-7", b"Zo\xeb")

    report = run.bytes(b"\n".join([HEADER.encode(), bad, GOOD[2].encode()]))

    assert run.reasons == [("A1", 2, "it is not UTF-8")]
    assert report.orders == 1


def test_windows_file_with_mark_and_line_ends_is_read(run: Run) -> None:
    report = run.bytes("\r\n".join([HEADER, *GOOD, ""]).encode("utf-8-sig"))

    assert (report.orders, report.rejected) == (5, 0)


def test_columns_may_stand_in_any_order(run: Run) -> None:
    header = ",".join(reversed(importing.COLUMNS))
    lines = [",".join(reversed(line.split(","))) for line in GOOD]

    assert run(*lines, header=header).orders == 5


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("a,b", "lacks: 'external_ref'"),
        (HEADER.replace("own,", ""), "lacks: 'own'"),
        (HEADER + ",colour", "has unknown: 'colour'"),
        (HEADER + ",own", "repeats: 'own'"),
        ("", "lacks"),
        ("\udcff", "can't be read"),
    ],
)
def test_wrong_header_is_refused(run: Run, header: str, message: str) -> None:
    with pytest.raises(importing.UnableToReadOrders, match=message):
        run.bytes(f"{header}\n{GOOD[0]}".encode("utf-8", "surrogateescape"))

    assert not ImportBatch.objects.exists()


def test_gzip_is_read_and_a_damaged_one_refused(run: Run) -> None:
    packed = gzip.compress("\n".join([HEADER, *GOOD]).encode())

    assert run.bytes(packed, "orders.csv.gz").orders == 5
    with pytest.raises(importing.UnableToReadOrders, match="damaged"):
        run.bytes(packed[:-9], "orders.csv.gz")


def test_late_order_counts_now_only_when_told_so(run: Run, periods: list[Period]) -> None:
    Period.objects.filter(pk=periods[0].pk).update(status="frozen", frozen_at=NOW)

    assert run(*GOOD[:2], GOOD[2]).rejected == 1
    assert "lies in no open period" in run.reasons[0][2]
    report = run(*GOOD[:2], into_open_period=True)

    order = Order.objects.get(external_ref="A1")
    assert (report.orders, order.paid_at, order.counted_at) == (1, local("2017-01-10T10:00"), NOW)


def test_late_order_stays_out_when_the_present_is_not_open_either(
    run: Run, periods: list[Period]
) -> None:
    Period.objects.filter(pk__in=[periods[0].pk, periods[2].pk]).update(
        status="frozen", frozen_at=NOW
    )

    run(*GOOD[:2], into_open_period=True)

    assert run.reasons[0][2].endswith("and the period that holds the clock is not open either")


def test_returns_take_pieces_back(run: Run) -> None:
    report = run(
        *GOOD,
        "R1,MARTA,H-7,0,GREENS,1,,2017-01-20T10:00,A1",
        "R2,MARTA,H-7,0,GREENS,1,49.90,2017-02-10T10:00,A1",
    )

    assert (report.orders, report.returns, report.rejected) == (5, 2, 0)
    first, second = Return.objects.order_by("reference")
    assert (first.reference, first.status, first.quantity) == ("R1:1", "accepted", 1)
    assert first.counted_at == first.returned_at == local("2017-01-20T10:00")
    assert second.counted_at < local("2017-02-01") < second.returned_at
    assert first.gross_minor + second.gross_minor == 9980
    assert first.tax_minor + second.tax_minor == 1866
    # All greens were back before the February order, so that one is not a repeat sale.
    assert Order.objects.get(external_ref="A4").lines.get().line_class == "add_on"


def test_returns_can_be_repeated_and_conflict(run: Run) -> None:
    run(*GOOD)
    back = "R1,MARTA,H-7,0,GREENS,1,,2017-01-20T10:00,A1"

    assert run(back).returns == 1
    assert run(back).known == 1
    assert run(back.replace("GREENS,1", "GREENS,2")).conflicts == 1
    assert run(back.replace("R1,", "A1,")).conflicts == 1
    assert run(GOOD[3].replace("A3", "R1")).conflicts == 1
    assert Return.objects.count() == 1


ANOTHERS = "returned_ref 'A1' names an order of another seller or customer"
WRONG_RETURNS = {
    "R1,MARTA,H-7,0,GREENS,3,,2017-01-20,A1": "only 2 pieces of 'GREENS' are left in order 'A1'",
    "R1,MARTA,H-7,0,TEA,1,,2017-01-20,A1": "sku 'TEA' was not bought in order 'A1'",
    "R1,MARTA,H-7,0,JUG,1,88,2017-01-20,A1": (
        "sku 'JUG' was not bought at this unit_price in order 'A1'"
    ),
    "R1,LUKASZ,H-7,0,JUG,1,,2017-01-20,A1": ANOTHERS,
    "R1,MARTA,H-8,0,JUG,1,,2017-01-20,A1": ANOTHERS,
    "R1,MARTA,H-7,0,JUG,1,,2017-01-09,A1": "returned_ref 'A1' names an order that was paid later",
    "R1,MARTA,H-8,0,TEA,1,,2017-01-09,A5": "returned_ref 'A5' names no paid order",
}


@pytest.mark.parametrize("line", WRONG_RETURNS)
@pytest.mark.parametrize("together", [True, False], ids=["in one file", "later"])
def test_wrong_return_is_rejected(run: Run, line: str, together: bool) -> None:
    reason = WRONG_RETURNS[line]
    if together and "2017-01-09,A1" in line:
        reason = "returned_ref 'A1' names no paid order"  # it stands before the order it names
    if not together:
        run(*GOOD)

    run(*(GOOD if together else []), line)

    assert [found[2] for found in run.reasons] == [reason]
    assert not Return.objects.exists()


def test_return_of_several_lines_is_whole_or_not_at_all(run: Run) -> None:
    run(
        *GOOD,
        "R1,MARTA,H-7,0,GREENS,2,,2017-01-20,A1",
        "R1,MARTA,H-7,0,JUG,2,,2017-01-20,A1",
        "R2,MARTA,H-7,0,GREENS,2,,2017-01-21,A1",
    )

    assert [reason[:2] for reason in run.reasons] == [("R1", 9)]
    assert Return.objects.get().reference == "R2:1"


def test_exchange_sells_and_takes_back_in_one_order(run: Run) -> None:
    report = run(
        *GOOD[:2],
        "X1,MARTA,H-7,0,TEA,2,12.90,2017-01-20,",
        "X1,MARTA,H-7,0,JUG,1,,2017-01-20,A1",
    )

    assert (report.orders, report.returns) == (2, 1)
    assert Order.objects.get(external_ref="X1").line_count == 1
    assert Return.objects.get().line.order.external_ref == "A1"


def test_return_of_an_order_placed_here_names_its_reference(
    run: Run, buy: Callable[..., Order], customer: Customer
) -> None:
    order = buy(customer, "2017-01-10T10:00", TEA=2)

    report = run(f"R1,MARTA,C-1,0,TEA,1,,2017-01-20T10:00,{order.reference}")

    assert (report.returns, report.rejected) == (1, 0)
    assert order.lines.get().returns.get().quantity == 1


def some_units(suffix: str) -> list[list[str]]:
    """Return 40 orders of three customers, some with a return; all names end in `suffix`."""
    units = []
    for number in range(40):
        at = f"2017-0{number % 3 + 1}-1{number % 7}T10:{number:02}"
        customer = f"K{number % 3}{suffix}"
        skus = ["GREENS", "TEA", "JUG"][number % 2 : number % 3 + 1] or ["TEA"]
        name = f"O{number}{suffix}"
        units.append([f"{name},MARTA,{customer},0,{sku},2,10.00,{at}," for sku in skus])
        if number % 4 == 0:
            back = f"R{number}{suffix},MARTA,{customer},0,{skus[0]},2,,{at},{name}"
            units.append([back])
    return units


def test_neither_order_of_units_nor_size_of_chunks_matters(run: Run) -> None:
    """Classes do not depend on where a chunk, or an earlier killed run, ended."""

    def end(suffix: str) -> list[Any]:
        lines = Order.objects.filter(external_ref__endswith=suffix).order_by(
            "paid_at", "lines__number"
        )
        values = lines.values_list(
            "paid_at",
            "customer__name",
            "bv",
            "lines__product__sku",
            "lines__line_class",
            "lines__within_add_on_days",
            "lines__returns__quantity",
        )
        return [(at, name[:-1], *others) for at, name, *others in values]

    forward, backward, mixed = (some_units(suffix) for suffix in "abc")
    run(*chain(*forward))
    run(*chain(*backward[::-1]), chunk_units=1)
    run(*chain(*mixed[1::2], *mixed[::2]), chunk_units=7)

    assert {row[4] for row in end("a")} == {"first", "repeat", "add_on"}
    assert sum(row[6] is not None for row in end("a")) == 10
    assert end("a") == end("b") == end("c")


@pytest.mark.django_db(transaction=True)
def test_period_frozen_meanwhile_rejects_its_orders_only(run: Run, periods: list[Period]) -> None:
    stale = selectors.open_intervals()
    Period.objects.filter(pk=periods[0].pk).update(status="frozen", frozen_at=NOW)

    report = run(*GOOD, open_intervals=lambda: stale)

    assert (report.orders, report.rejected) == (3, 2)
    assert {reason[0] for reason in run.reasons} == {"A1", "A3"}
    assert all("no open period holds it" in reason[2] for reason in run.reasons)


def test_batch_tells_what_happened(run: Run) -> None:
    report = run(*GOOD, "A9,NOBODY,H-7,0,GREENS,1,1.00,2017-01-10,")

    batch = ImportBatch.objects.get(pk=report.batch_id)
    assert (batch.order_count, batch.rejected_count, batch.line_count) == (5, 1, 7)
    assert batch.finished_at == datetime(2017, 3, 20, 12, tzinfo=UTC)
