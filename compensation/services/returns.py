"""Returns and the ledger: what was posted for a returned line is taken back, exactly and once."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from compensation import ledger, selectors
from compensation.engine.parts import reverse_part
from compensation.fault_points import reach
from compensation.models import (
    EarningUnit,
    JournalKind,
    Period,
    PeriodStatus,
    Reversal,
    ReversedPart,
    Run,
)
from compensation.plans import load_plan
from compensation.posted_parts import PostedPart, parts_of_order_line
from compensation.services.errors import UnableToReverse
from compensation.services.periods import hold_if_open
from representatives.models import Representative, User
from sales import services as sales_services
from sales.models import Order, OrderLine, Return


def accept_return(
    *,
    return_: Return,
    decided_by: User,
    now: datetime,
    quantity: int | None = None,
    decision: str = "",
) -> Return:
    """Accept a return; of a posted month, reverse at once what was posted for it.

    Of an open month it nets the line; of a month that is frozen but not posted it waits, and
    `reverse_waiting_returns` reverses it right after the posting.

    :raises sales.services.UnableToReturn: as the service of sales.
    :raises UnableToReverse: if no open period holds the clock.
    :raises compensation.ledger.LedgerBusy: if others post for too long; nothing is accepted.
    """
    with transaction.atomic():
        accepted = sales_services.accept_return(
            return_=return_,
            decided_by=decided_by,
            open_intervals=selectors.open_intervals(),
            now=now,
            quantity=quantity,
            decision=decision,
        )
        if _period_of_order(accepted).status == PeriodStatus.POSTED:
            _reverse(accepted, now=now)
            reach("reverse.before_commit")
    reach("reverse.after_commit")
    return accepted


def reverse_waiting_returns(*, now: datetime) -> int:
    """Reverse all accepted returns whose month has been posted since; return how many.

    Each in its own transaction; safe to repeat and to run twice at once.

    :raises UnableToReverse: if no open period holds the clock.
    :raises compensation.ledger.LedgerBusy: if others post for too long; what was done stands.
    """
    done = 0
    for number in selectors.waiting_returns():
        with transaction.atomic():
            accepted = Return.objects.get(pk=number)
            done += _reverse(accepted, now=now)
            reach("reverse.before_commit")
        reach("reverse.after_commit")
    return done


def _reverse(return_: Return, *, now: datetime) -> bool:
    """Post what takes a return back, once; False if it is done or there is nothing to reverse."""
    OrderLine.objects.select_for_update(of=("self",), no_key=True).get(pk=return_.line_id)
    if _is_reversed(return_):
        return False
    line = OrderLine.objects.select_related("order").get(pk=return_.line_id)
    order_period = _period_of_order(return_)
    run = selectors.posted_run(order_period)
    if run is None or return_.counted_at is None or return_.counted_at < order_period.ends_at:
        return False
    period = _period_for(return_, now=now)
    taken = _taken_back(run, return_, line)
    journals = _post(run, period, return_, line, taken)
    sums = {unit: sum(x.amount for x in taken if x.unit == unit) for unit in EarningUnit}
    reversal = Reversal.objects.create(
        sales_return=return_,
        run=run,
        period=period,
        part_count=len(taken),
        journal_count=journals,
        money_minor=-sums[EarningUnit.MONEY],
        rsp=-sums[EarningUnit.RSP],
        reversed_at=now,
    )
    ReversedPart.objects.bulk_create(
        ReversedPart(
            reversal=reversal,
            run=run,
            receiver_id=part.receiver_id,
            order_line=line,
            component=part.component,
            paid_level=part.paid_level,
            unit=part.unit,
            rate_num=part.rate_num,
            rate_den=part.rate_den,
            amount=part.amount,
        )
        for part in taken
    )
    return True


def _is_reversed(return_: Return) -> bool:
    return Reversal.objects.filter(sales_return_id=return_.pk).exists()


def _taken_back(run: Run, return_: Return, line: OrderLine) -> list[PostedPart]:
    """The parts this return takes back: pro rata, the last one takes the rest."""
    accepted = line.returns.filter(status=Return.Status.ACCEPTED)
    netted = accepted.filter(
        counted_at__gte=run.period.starts_at, counted_at__lt=run.period.ends_at
    ).aggregate(pieces=Sum("quantity"))["pieces"]
    before = accepted.filter(reversal__isnull=False).aggregate(pieces=Sum("quantity"))["pieces"]
    earlier: dict[tuple[int, ...], int] = defaultdict(int)
    for one in ReversedPart.objects.filter(run=run, order_line=line):
        earlier[one.receiver_id, one.component, one.paid_level, one.rate_num, one.rate_den] += (
            one.amount
        )
    taken = []
    for part in parts_of_order_line(
        run=run, order_id=line.order_id, line_id=line.pk, seller_id=line.order.seller_id
    ):
        key = (part.receiver_id, part.component, part.paid_level, part.rate_num, part.rate_den)
        amount = reverse_part(
            part.amount,
            quantity=line.quantity - (netted or 0),
            returned_before=before or 0,
            returned_now=return_.quantity,
            reversed_before=earlier[key],
        )
        if amount:
            taken.append(
                PostedPart(
                    receiver_id=part.receiver_id,
                    component=part.component,
                    paid_level=part.paid_level,
                    unit=part.unit,
                    rate_num=part.rate_num,
                    rate_den=part.rate_den,
                    amount=amount,
                )
            )
    return taken


def _post(
    run: Run, period: Period, return_: Return, line: OrderLine, taken: list[PostedPart]
) -> int:
    """One journal for each receiver."""
    sums: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for part in taken:
        sums[part.receiver_id][part.unit] -= part.amount
    codes = dict(Representative.objects.filter(pk__in=list(sums)).values_list("pk", "code"))
    turn = Reversal.objects.filter(sales_return__line=line).count() + 1
    credits = [
        ledger.Credit(
            source_key=f"return:{line.order.reference}/{line.number}/{turn}:{codes[receiver]}",
            representative_id=receiver,
            money=units[EarningUnit.MONEY],
            rsp=units[EarningUnit.RSP],
        )
        for receiver, units in sums.items()
    ]
    assert return_.counted_at is not None
    return ledger.post_credits(
        credits,
        kind=JournalKind.REVERSAL,
        period=period,
        run=run,
        return_id=return_.pk,
        effective_at=return_.counted_at,
        currency=load_plan(run.plan_version.document).currency,
    )


def _period_of_order(return_: Return) -> Period:
    counted_at = Order.objects.values_list("counted_at", flat=True).get(lines__pk=return_.line_id)
    assert counted_at is not None
    period = selectors.current_period(counted_at)
    if period is None:
        raise UnableToReverse(f"no period holds the order of return {return_.pk}")
    return period


def _period_for(return_: Return, *, now: datetime) -> Period:
    """The period in which the return counts; where that is closed by now, the clock's. Held."""
    for moment in (return_.counted_at, now):
        period = None if moment is None else selectors.current_period(moment)
        if period is not None and hold_if_open(period):
            return period
    raise UnableToReverse(f"no open period can take the reversal of return {return_.pk}")
