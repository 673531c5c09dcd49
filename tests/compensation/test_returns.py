"""Returns: netted while the month is open, reversed part by part once it is posted."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db.models import Sum

from compensation import services, verification
from compensation.models import (
    Account,
    Earning,
    Entry,
    Journal,
    MemberResult,
    Period,
    Reversal,
    ReversedPart,
    Run,
)
from compensation.posted_parts import parts_of_order_line
from sales.models import Order, OrderLine
from tests.compensation.town import Town, digest, local


def _balances(period: str) -> dict[tuple[str, str], int]:
    """What a period's journals brought each representative, by unit."""
    rows = (
        Entry.objects.filter(
            account__in=[Account.COMMISSION_PAYABLE, Account.RSP_BANK],
            journal__period__label=period,
        )
        .values("representative__code", "unit")
        .annotate(total=Sum("amount"))
    )
    return {(row["representative__code"], row["unit"]): row["total"] for row in rows}


def _order(town: Town, prefix: str) -> Order:
    return next(order for key, order in town.orders.items() if key.startswith(prefix))


def test_the_parts_of_all_order_lines_add_up_to_every_statement_line(town: Town) -> None:
    run = town.close("2017-01")

    sums: Counter[tuple[int, int, int]] = Counter()
    for line in OrderLine.objects.filter(
        order__counted_at__lt=run.period.ends_at, order__counted_at__gte=run.period.starts_at
    ).select_related("order"):
        for part in parts_of_order_line(
            run=run, order_id=line.order_id, line_id=line.pk, seller_id=line.order.seller_id
        ):
            sums[part.receiver_id, part.component, part.paid_level] += part.amount

    assert sums == {
        (line.receiver_id, line.component, line.paid_level): line.amount
        for line in Earning.objects.filter(run_id=run.pk)
        if line.amount
    }


def test_a_return_of_an_open_month_nets_the_line(town: Town) -> None:
    order = town.buy("F", "2017-01-25", GREENS=4)
    town.take_back(order, 3, "2017-02-03")

    run = town.close("2017-01")

    member = MemberResult.objects.get(run_id=run.pk, representative=town.members["F"])
    assert member.personal_bv == 9000 + 6931 + 2500
    assert not Reversal.objects.exists()
    assert services.reverse_waiting_returns(now=local("2017-02-03T12:00")) == 0


def test_a_return_of_a_posted_month_takes_back_what_was_posted(town: Town) -> None:
    run = town.close("2017-01")
    posted = _balances("2017-01")
    order = _order(town, "F-2017-01-09")  # 2 greens, 1 jug: 90 BV, 40 RSP
    returned = town.take_back(order, 2, "2017-02-10")

    reversal = Reversal.objects.get(sales_return=returned)
    back = _balances("2017-02")
    # Greens: 50 of F's 159.31 BV on the first level of E, and so on upwards past C.
    assert back == {
        ("F", "RSP"): -4000,
        ("E", "RSP"): -4000,
        ("D", "RSP"): -4000,
        ("B", "RSP"): -4000,
        ("A", "RSP"): -4000,
        ("E", "EUR"): -400,
        ("D", "EUR"): -250,
        ("B", "EUR"): -200,
        ("A", "EUR"): -150,
    }
    assert reversal.period.label == "2017-02"
    assert (reversal.money_minor, reversal.rsp) == (-1000, -20000)
    assert Journal.objects.filter(kind="reversal").count() == reversal.journal_count == 5
    assert _balances("2017-01") == posted
    assert run.result_digest == Run.objects.get(pk=run.pk).result_digest
    assert verification.ledger_faults() == []


def test_a_return_is_reversed_once(town: Town) -> None:
    town.close("2017-01")
    returned = town.take_back(_order(town, "F-2017-01-09"), 2, "2017-02-10")
    before = digest()

    services.accept_return(return_=returned, decided_by=town.closer, now=local("2017-02-11T12:00"))

    assert services.reverse_waiting_returns(now=local("2017-02-11T12:00")) == 0
    assert digest() == before


def test_pieces_returned_one_by_one_add_up_to_the_whole(town: Town) -> None:
    order = town.buy("F", "2017-01-26", TEA=7)  # 44.31 BV: nothing divides evenly
    town.close("2017-01")
    run = Run.objects.get(period__label="2017-01", status="posted")
    line = order.lines.get()
    whole = {
        (part.receiver_id, part.component, part.paid_level): part.amount
        for part in parts_of_order_line(
            run=run, order_id=order.pk, line_id=line.pk, seller_id=order.seller_id
        )
    }

    for day, quantity in ((10, 1), (11, 3), (12, 2), (13, 1)):
        town.take_back(order, quantity, f"2017-02-{day}")

    taken: Counter[tuple[int, int, int]] = Counter()
    for part in ReversedPart.objects.all():
        taken[part.receiver_id, part.component, part.paid_level] += part.amount
    assert taken == whole
    assert Journal.objects.filter(source_key__startswith=f"return:{order.reference}/1/4:").exists()


def test_part_netted_part_reversed_is_the_whole(town: Town) -> None:
    order = town.buy("E", "2017-01-27", GREENS=5)
    town.take_back(order, 2, "2017-01-28")
    town.close("2017-01")

    town.take_back(order, 3, "2017-02-10")

    back = _balances("2017-02")
    assert back["E", "RSP"] == -6000
    assert back["D", "EUR"] == -600


def test_a_return_lowers_the_qualifying_volume_of_its_month_and_no_base(town: Town) -> None:
    town.close("2017-01")
    town.take_back(_order(town, "F-2017-01-09"), 2, "2017-02-10")

    february = town.close("2017-02")

    member = MemberResult.objects.get(run_id=february.pk, representative=town.members["F"])
    sold = 3 * 2500 + 9 * 633 + 4000
    assert member.personal_bv == sold - 5000
    assert member.window_bv == sold - 5000 + 9000 + 6931
    line = Earning.objects.get(
        run_id=february.pk, receiver=town.members["E"], component=1, paid_level=1
    )
    assert line.base == sold


def test_a_return_of_a_frozen_month_waits_for_the_posting(town: Town) -> None:
    run = town.close("2017-01", post=False)
    now = local("2017-02-10T12:00")
    returned = town.take_back(_order(town, "F-2017-01-09"), 2, "2017-02-10")
    assert services.reverse_waiting_returns(now=now) == 0
    assert not Reversal.objects.exists()

    services.approve_run(run=run, by=town.approver, now=now)
    services.advance_to_end(run=run, now=now)

    assert services.reverse_waiting_returns(now=now) == 1
    assert services.reverse_waiting_returns(now=now) == 0
    assert Reversal.objects.get().sales_return_id == returned.pk
    assert _balances("2017-02")["E", "EUR"] == -400


def test_a_reversal_whose_month_was_closed_meanwhile_goes_where_the_clock_stands(
    town: Town,
) -> None:
    town.close("2017-01")
    town.take_back(_order(town, "F-2017-01-09"), 1, "2017-02-10")
    february = Period.objects.get(label="2017-02")
    february_order = _order(town, "F-2017-02-21")
    run = town.close("2017-02", post=False)
    town.take_back(february_order, 1, "2017-03-02")
    services.approve_run(run=run, by=town.approver, now=local("2017-03-03T09:00"))
    services.advance_to_end(run=run, now=local("2017-03-03T09:00"))

    assert services.reverse_waiting_returns(now=local("2017-03-03T09:00")) == 1

    assert Reversal.objects.latest("pk").period.label == "2017-03"
    assert Journal.objects.filter(period=february, kind="reversal").count() == 5


def test_no_open_month_no_return(town: Town) -> None:
    town.close("2017-01")
    town.close("2017-02", post=False)

    with pytest.raises(Exception, match="No open period"):
        town.take_back(_order(town, "F-2017-01-09"), 1, "2017-02-27")
