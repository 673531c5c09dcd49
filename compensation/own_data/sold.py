"""Rows of the export on customers and sales."""

from __future__ import annotations

from collections.abc import Iterator

from compensation.own_data.parts import Row, Subject, points
from sales.models import Customer, OrderLine, Return


def customers(subject: Subject) -> Iterator[Row]:
    """Yield the person's customers and contacts; whoever is erased or merged is none any more."""
    found = Customer.objects.filter(
        representative=subject.member, erased_at__isnull=True, merged_into__isnull=True
    ).select_related("referred_by")
    for one in found.order_by("pk"):
        yield {
            "reference": one.reference,
            "name": one.name,
            "email": one.email,
            "phone": one.phone,
            "note": one.note,
            "stage": one.stage,
            "use": one.use,
            "channel": one.channel,
            "language": one.language,
            "birthday": f"--{one.birthday:%m-%d}" if one.birthday else "",
            "source": one.source,
            "told_at": subject.at(one.noticed_at),
            "asked_not_to_be_contacted_at": subject.at(one.no_contact_at),
            "own_purchases": one.is_self,
            "referred_by": one.referred_by.reference if one.referred_by else "",
            "since": subject.at(one.created_at),
        }


def order_lines(subject: Subject) -> Iterator[Row]:
    """Yield each line of the person's orders, with the order's facts."""
    found = OrderLine.objects.filter(order__seller=subject.member)
    found = found.select_related("order", "order__customer", "product")
    for line in found.order_by("order_id", "number"):
        order = line.order
        # A customer may have passed to somebody else since: only the own ones have names.
        is_own = order.customer.representative_id == order.seller_id
        yield {
            "order": order.reference,
            "status": order.status,
            "customer": order.customer.reference if is_own else "",
            "placed_at": subject.at(order.placed_at),
            "paid_at": subject.at(order.paid_at),
            "line": line.number,
            "product": line.product.name,
            "quantity": line.quantity,
            "unit_price": subject.money(line.unit_price_minor),
            "amount": subject.money(line.gross_minor),
            "tax": subject.money(line.tax_minor),
            "currency": order.currency,
            "bv": points(line.bv),
            "rsp": points(line.rsp),
            "repeat_product": line.repeat,
            "class": line.line_class or "",
        }


def returns(subject: Subject) -> Iterator[Row]:
    """Yield what came back of the person's orders."""
    found = Return.objects.filter(line__order__seller=subject.member)
    for one in found.select_related("line__order").order_by("pk"):
        yield {
            "order": one.line.order.reference,
            "line": one.line.number,
            "quantity": one.quantity,
            "status": one.status,
            "amount": subject.money(one.gross_minor),
            "bv": points(one.bv),
            "rsp": points(one.rsp),
            "requested_at": subject.at(one.requested_at),
            "returned_at": subject.at(one.returned_at),
            "reason": one.reason,
            "decision": one.decision,
        }
