"""Take back pieces of paid orders. An accepted return is a fact; the ledger is one app above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext

from representatives.errors import UnableTo
from representatives.models import User
from sales import after_sale
from sales.amounts import Amounts, returned_amounts
from sales.models import Order, OrderLine, Return
from sales.periods import Interval, is_open, return_counts_at


class UnableToReturn(UnableTo):
    """A return was refused; `field` names the part at fault."""


@transaction.atomic
def request_return(
    *,
    line: OrderLine,
    quantity: int,
    requested_by: User | None,
    now: datetime,
    reason: str = "",
) -> Return:
    """Ask to take back pieces of a paid line. Nothing counts until staff accept.

    Locks the line, so that simultaneous requests can't exceed it.

    :raises UnableToReturn: if the order is not paid or fewer pieces are left.
    """
    line = _locked_line(line.pk)
    if not line.order.is_paid:
        raise UnableToReturn(gettext("Only a paid order can be returned."))
    left = line.quantity - _pieces(line, Return.Status.REQUESTED, Return.Status.ACCEPTED)
    if not 1 <= quantity <= left:
        raise UnableToReturn(
            gettext("%(left)s of %(quantity)s pieces can still be returned.")
            % {"left": left, "quantity": line.quantity},
            "quantity",
        )
    if len(reason) > 500:
        raise UnableToReturn(gettext("The reason has more than 500 letters."), "reason")
    request = Return(
        line=line,
        quantity=quantity,
        reason=reason.strip(),
        requested_by=requested_by,
        requested_at=now,
    )
    _set_amounts(request, line)
    request.save(force_insert=True)
    return request


@transaction.atomic
def request_returns(
    *,
    order: Order,
    pieces: Mapping[int, int],
    requested_by: User | None,
    now: datetime,
    reason: str = "",
) -> list[Return]:
    """Ask to take back pieces of several lines of an order, all or none.

    `pieces` maps line numbers to quantities.

    :raises UnableToReturn: as `request_return`, or if no line is named or one is not there.
    """
    lines = {line.number: line for line in OrderLine.objects.filter(order=order)}
    if not pieces:
        raise UnableToReturn(gettext("Say how many pieces of which line come back."), "quantity")
    if not pieces.keys() <= lines.keys():
        raise UnableToReturn(gettext("The order has no such line."), "line")
    return [
        request_return(
            line=lines[number], quantity=quantity, requested_by=requested_by, now=now, reason=reason
        )
        for number, quantity in sorted(pieces.items())
    ]


@transaction.atomic
def accept_return(
    *,
    return_: Return,
    decided_by: User,
    open_intervals: Sequence[Interval],
    now: datetime,
    quantity: int | None = None,
    decision: str = "",
) -> Return:
    """Accept a requested return, whole or for fewer pieces (`quantity`).

    While the period in which the order counts is open, the return counts in it and nets the line;
    after that it counts now. Its amounts are the returned part of the line's, so that all returns
    of a line add up to the line. Accepted twice is accepted. The caller reverses what a posted
    period paid, in the same transaction or after it.

    :raises UnableToReturn: if it was refused, the quantity is more than was asked for, or the
        period that holds the clock is not open.
    """
    line = _locked_line(return_.line_id)
    return_ = Return.objects.select_for_update(of=("self",)).get(pk=return_.pk)
    if return_.status == Return.Status.ACCEPTED and quantity in (None, return_.quantity):
        return return_
    if return_.status != Return.Status.REQUESTED:
        raise UnableToReturn(
            gettext("This return is %(status)s already.")
            % {"status": return_.get_status_display().lower()}
        )
    if quantity is not None and not 1 <= quantity <= return_.quantity:
        raise UnableToReturn(
            gettext("%(quantity)s pieces were asked for.") % {"quantity": return_.quantity},
            "quantity",
        )
    if line.order.counted_at is None:
        raise UnableToReturn(gettext("Only a paid order can be returned."))
    counted_at = return_counts_at(
        order_counted_at=line.order.counted_at, returned_at=now, open_intervals=open_intervals
    )
    if counted_at is None or not is_open(counted_at, open_intervals):
        raise UnableToReturn(gettext("No open period can take this return."))
    return_.quantity = quantity or return_.quantity
    _set_amounts(return_, line)
    return_.status = Return.Status.ACCEPTED
    return_.returned_at = now
    return_.counted_at = counted_at
    _decide(return_, decided_by=decided_by, decision=decision, now=now)
    after_sale.follow_returns(return_ids=[return_.pk], now=now)
    return return_


@transaction.atomic
def refuse_return(*, return_: Return, decided_by: User, decision: str, now: datetime) -> Return:
    """Refuse a requested return with a reason for the one who asked. Refused twice is refused.

    :raises UnableToReturn: if it was accepted, or no reason is given.
    """
    return_ = Return.objects.select_for_update(of=("self",)).get(pk=return_.pk)
    if return_.status == Return.Status.REFUSED:
        return return_
    if return_.status != Return.Status.REQUESTED:
        raise UnableToReturn(gettext("This return is accepted already."))
    if not decision.strip():
        raise UnableToReturn(gettext("Say why the return is refused."), "decision")
    return_.status = Return.Status.REFUSED
    _decide(return_, decided_by=decided_by, decision=decision, now=now)
    return return_


def _locked_line(line_id: int) -> OrderLine:
    OrderLine.objects.select_for_update(of=("self",), no_key=True).get(pk=line_id)
    return OrderLine.objects.select_related("order").get(pk=line_id)


def _pieces(line: OrderLine, *statuses: Return.Status) -> int:
    rows = line.returns.filter(status__in=statuses)
    return rows.aggregate(pieces=Sum("quantity"))["pieces"] or 0


def _set_amounts(return_: Return, line: OrderLine) -> None:
    worth = returned_amounts(
        Amounts(line.gross_minor, line.tax_minor, line.bv, line.rsp, line.margin_minor),
        pieces=line.quantity,
        before=_pieces(line, Return.Status.ACCEPTED),
        quantity=return_.quantity,
    )
    return_.gross_minor = worth.gross_minor
    return_.tax_minor = worth.tax_minor
    return_.bv = worth.bv
    return_.rsp = worth.rsp
    return_.margin_minor = worth.margin_minor


def _decide(return_: Return, *, decided_by: User, decision: str, now: datetime) -> None:
    return_.decided_by = decided_by
    return_.decided_at = now
    return_.decision = decision.strip()[:500]
    return_.save(
        update_fields=[
            "status",
            "quantity",
            "gross_minor",
            "tax_minor",
            "bv",
            "rsp",
            "margin_minor",
            "returned_at",
            "counted_at",
            "decided_by",
            "decided_at",
            "decision",
        ]
    )
