"""Returns: requested by representatives, accepted whole or in part, counted where they net."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from representatives.models import User
from sales import services
from sales.amounts import Amounts, returned_amounts
from sales.models import Customer, Order, OrderLine, Return
from sales.periods import return_counts_at
from tests.sales.conftest import NOW, local

Buy = Callable[..., Order]
Intervals = list[tuple[datetime, datetime]]


@pytest.fixture
def line(buy: Buy, customer: Customer) -> OrderLine:
    return buy(customer, "2017-03-01T10:00", GREENS=3).lines.get()


def request(line: OrderLine, quantity: int, staff: User) -> Return:
    return services.request_return(
        line=line, quantity=quantity, requested_by=staff, now=NOW, reason="too many"
    )


def accept(return_: Return, staff: User, intervals: Intervals, **changes: object) -> Return:
    facts = {
        "return_": return_,
        "decided_by": staff,
        "open_intervals": intervals,
        "now": NOW,
        "decision": "came back unopened",
    }
    return services.accept_return(**(facts | changes))


def test_request_waits_and_changes_nothing(line: OrderLine, staff: User) -> None:
    asked = request(line, 2, staff)

    assert (asked.status, asked.counted_at) == ("requested", None)
    assert (asked.gross_minor, asked.bv, asked.rsp) == (9980, 5000, 4000)


def test_accepted_returns_add_up_to_the_line(
    line: OrderLine, staff: User, intervals: Intervals
) -> None:
    parts = [accept(request(line, 1, staff), staff, intervals) for _ in range(3)]

    assert [part.tax_minor for part in parts] == [933, 933, 933]
    for name in ("gross_minor", "tax_minor", "bv", "rsp"):
        assert sum(getattr(part, name) for part in parts) == getattr(line, name)


@given(
    pieces=st.integers(1, 50),
    amount=st.integers(0, 10**9),
    cuts=st.lists(st.integers(1, 50), max_size=20),
)
def test_parts_never_lose_a_cent(pieces: int, amount: int, cuts: list[int]) -> None:
    whole = Amounts(amount, amount // 3, amount // 7, amount)
    before, parts = 0, []
    for cut in [*cuts, pieces]:
        quantity = min(cut, pieces - before)
        if quantity:
            parts.append(returned_amounts(whole, pieces=pieces, before=before, quantity=quantity))
            before += quantity

    assert before == pieces
    assert min(part.tax_minor for part in parts) >= 0
    assert Amounts(*(sum(getattr(p, n) for p in parts) for n in Amounts.__slots__)) == whole


def test_fewer_pieces_can_be_accepted(line: OrderLine, staff: User, intervals: Intervals) -> None:
    part = accept(request(line, 3, staff), staff, intervals, quantity=1)

    assert (part.quantity, part.gross_minor) == (1, 4990)
    assert request(line, 2, staff).status == "requested"


def test_accepted_twice_is_accepted(line: OrderLine, staff: User, intervals: Intervals) -> None:
    asked = request(line, 1, staff)

    first = accept(asked, staff, intervals)
    assert accept(asked, staff, intervals, now=NOW + timedelta(hours=1)).returned_at == NOW
    with pytest.raises(services.UnableToReturn):
        services.refuse_return(return_=first, decided_by=staff, decision="no", now=NOW)


def test_refused_return_frees_its_pieces(line: OrderLine, staff: User) -> None:
    asked = request(line, 3, staff)
    with pytest.raises(services.UnableToReturn) as refusal:
        request(line, 1, staff)
    assert refusal.value.field == "quantity"
    with pytest.raises(services.UnableToReturn) as refusal:
        services.refuse_return(return_=asked, decided_by=staff, decision=" ", now=NOW)
    assert refusal.value.field == "decision"

    services.refuse_return(return_=asked, decided_by=staff, decision="opened", now=NOW)

    assert request(line, 3, staff).status == "requested"


@pytest.mark.parametrize("quantity", [0, -1, 4])
def test_wrong_quantity_is_refused(line: OrderLine, staff: User, quantity: int) -> None:
    with pytest.raises(services.UnableToReturn) as refusal:
        request(line, quantity, staff)

    assert refusal.value.field == "quantity"


def test_unpaid_order_can_not_be_returned(place: Buy, customer: Customer, staff: User) -> None:
    with pytest.raises(services.UnableToReturn):
        request(place(customer, TEA=1).lines.get(), 1, staff)


def test_no_open_period_takes_no_return(line: OrderLine, staff: User) -> None:
    with pytest.raises(services.UnableToReturn):
        accept(request(line, 1, staff), staff, [])


JANUARY = (datetime(2017, 1, 1, tzinfo=UTC), datetime(2017, 2, 1, tzinfo=UTC))
FEBRUARY = (JANUARY[1], datetime(2017, 3, 1, tzinfo=UTC))
ORDERED = datetime(2017, 1, 10, tzinfo=UTC)
BACK = datetime(2017, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("returned_at", "open_intervals", "counted_at"),
    [
        (datetime(2017, 1, 20, tzinfo=UTC), [JANUARY], datetime(2017, 1, 20, tzinfo=UTC)),
        (BACK, [JANUARY, FEBRUARY], JANUARY[1] - timedelta(microseconds=1)),
        (BACK, [FEBRUARY], BACK),
        (BACK, [JANUARY], JANUARY[1] - timedelta(microseconds=1)),
        (datetime(2017, 1, 20, tzinfo=UTC), [FEBRUARY], None),
        (BACK, [], None),
    ],
    ids=[
        "same open month",
        "later, but the month is open: nets the line",
        "its month is closed: now",
        "only its own month is open",
        "its month closed meanwhile",
        "nothing is open",
    ],
)
def test_return_counts_where_it_nets_or_now(
    returned_at: datetime, open_intervals: Intervals, counted_at: datetime | None
) -> None:
    counted = return_counts_at(
        order_counted_at=ORDERED, returned_at=returned_at, open_intervals=open_intervals
    )

    assert counted == counted_at


def test_return_of_an_open_month_nets_in_that_month(
    buy: Buy, customer: Customer, staff: User, intervals: Intervals
) -> None:
    line = buy(customer, "2017-02-27T10:00", TEA=1).lines.get()

    part = accept(request(line, 1, staff), staff, intervals)

    assert part.returned_at == NOW
    assert local("2017-02-28T23:59") < part.counted_at < local("2017-03-01")
