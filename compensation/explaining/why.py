"""Where an order's points and money went, and why not: answers ready to be shown to somebody.

Whoever looks sees names and figures of himself and the people below him alone; of others only that
they were paid or not and the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Sum

from compensation.engine.branches import Missed
from compensation.engine.opening import lines_behind
from compensation.engine.plan import Plan
from compensation.engine.types import Reason
from compensation.explaining.sales import Answer, Paid, Place, Sale
from compensation.models import Period, ReversedPart, Run
from representatives.models import Representative
from sales.models import Order, OrderLine, Return


@dataclass(frozen=True, slots=True)
class Row:
    """One person and one component; names and figures are left out for strangers."""

    person: Representative | None
    """None for somebody whom the viewer may not see."""
    distance: int | None
    reason: Reason
    level: int | None = None
    paid: tuple[Paid, ...] = ()
    missed: tuple[Missed, ...] = ()
    received_by: Representative | None = None
    by_stranger: bool = False
    """Whether somebody whom the viewer may not see received it instead."""
    blocked_by: Representative | None = None
    depth: int | None = None
    earner: Representative | None = None
    cut: int = 0
    """Minor units that a limit took off what is told here."""
    taken_back: int = 0
    """What returns have taken back of it since, in the unit of the line."""

    @property
    def amount(self) -> int:
        """What he was paid, in the unit of the lines."""
        return sum(one.amount for one in self.paid)

    @property
    def is_paid(self) -> bool:
        """Whether the component pays him for the order, cut or not."""
        return self.reason in (Reason.PAID, Reason.CAPPED)


@dataclass(frozen=True, slots=True)
class ComponentRows:
    """What one component says about the order."""

    index: int
    id: str
    rows: list[Row]
    """The seller first where he can be paid, then the uplines upwards; empty: no share in it."""


@dataclass(frozen=True, slots=True)
class OrderReport:
    """Why an order pays whom, or why it pays nobody in the month."""

    order: Order
    seller: Representative
    reason: Reason
    """``PAID`` where it counts; else why the whole order does not."""
    note: str
    """What there is to say about that, e.g. the month in which it counts."""
    components: list[ComponentRows] = field(default_factory=list)


def find_order_line(text: str) -> OrderLine | None:
    """Return a line by its number (id), or by ``REFERENCE/number``."""
    lines = OrderLine.objects.select_related("order", "order__seller")
    if text.isdecimal() and len(text) <= 18:
        return lines.filter(pk=int(text)).first()
    reference, _, number = text.rpartition("/")
    if not number.isdecimal() or len(number) > 5:
        return None
    return lines.filter(order__reference=reference, number=int(number)).first()


def why_order(
    *,
    run: Run,
    plan: Plan,
    order: Order,
    viewer: Representative | None = None,
    line: OrderLine | None = None,
    exact: bool = False,
) -> OrderReport:
    """Tell for the seller and every upline of an order what each component pays, or why not.

    With ``line`` figures are of that line alone. Without ``viewer`` everybody is named. Unless
    ``exact`` amounts can be one unit off where the last unit hangs on all parts of a line.
    """
    reason, note = _of_order(run.period, order, line)
    seller = order.seller
    if reason is not Reason.PAID:
        return OrderReport(order, seller, reason, note)
    number = line.number if line is not None else None
    sale = Sale(run, plan, order_id=order.pk, seller_id=order.seller_id, line=number, exact=exact)
    if not sale.is_in_run:
        return OrderReport(order, seller, Reason.NOT_IN_PERIOD, "not yet in the figures")
    shown = _People(_up_to(viewer, sale.ids), viewer)
    back = _taken_back(run, order, line)
    components = [
        ComponentRows(
            index=index,
            id=plan.components[index].id,
            rows=[_row(sale, index, one, shown, back) for one in answers],
        )
        for index, answers in sale.answers()
    ]
    return OrderReport(order, seller, Reason.PAID, "", components)


def _of_order(period: Period, order: Order, line: OrderLine | None) -> tuple[Reason, str]:
    """Tell whether an order counts in a month at all."""
    if order.counted_at is None:
        return Reason.NOT_IN_PERIOD, order.status
    if not period.starts_at <= order.counted_at < period.ends_at:
        other = Period.objects.filter(
            starts_at__lte=order.counted_at, ends_at__gt=order.counted_at
        ).first()
        return Reason.NOT_IN_PERIOD, other.label if other is not None else ""
    lines = OrderLine.objects.filter(order=order)
    if line is not None:
        lines = lines.filter(pk=line.pk)
    sold = sum(lines.values_list("quantity", flat=True))
    returned = Return.objects.filter(
        line__in=lines,
        status=Return.Status.ACCEPTED,
        counted_at__gte=period.starts_at,
        counted_at__lt=period.ends_at,
    ).aggregate(pieces=Sum("quantity"))["pieces"]
    if sold and (returned or 0) >= sold:
        return Reason.REFUNDED, ""
    return Reason.PAID, ""


def _up_to(viewer: Representative | None, ids: Sequence[int]) -> Sequence[int]:
    """Cut a path upwards off behind the viewer: who was above then is not named, below now or not.

    Of an order of people who were not below the viewer in the run nobody is named.
    """
    if viewer is None:
        return ids
    return ids[: ids.index(viewer.pk) + 1] if viewer.pk in ids else ()


class _People:
    """Whom the viewer may see among some people."""

    def __init__(self, ids: Sequence[int], viewer: Representative | None) -> None:
        people = Representative.objects.all()
        if viewer is not None:
            people = Representative.objects.visible_to(viewer)
        self._seen = {
            one.pk: one for one in people.filter(pk__in=list(ids)).only("id", "code", "name")
        }

    def get(self, number: int | None) -> Representative | None:
        """Return somebody, None if he may not be seen."""
        return None if number is None else self._seen.get(number)


def _row(sale: Sale, index: int, one: Answer, shown: _People, back: dict[Place, int]) -> Row:
    person = shown.get(one.representative_id)
    reason = one.reason
    places = [(one.representative_id, index, paid.level) for paid in one.paid]
    taken = sum(back.get(place, 0) for place in places)
    if taken and taken == sum(paid.amount for paid in one.paid):
        reason = Reason.REFUNDED
    if person is None:
        return Row(person=None, distance=None, reason=reason)
    return Row(
        person=person,
        distance=one.distance,
        reason=reason,
        level=one.verdict.level,
        paid=one.paid,
        missed=one.missed,
        received_by=shown.get(one.received_by),
        by_stranger=one.received_by is not None and shown.get(one.received_by) is None,
        blocked_by=shown.get(one.blocked_by),
        depth=one.verdict.depth,
        earner=shown.get(one.earner),
        cut=_cut(sale, index, one) if reason is Reason.CAPPED else 0,
        taken_back=taken,
    )


def _cut(sale: Sale, index: int, one: Answer) -> int:
    """What limits took off a person's parts by a component, in minor units."""
    total = 0
    for place, cap in enumerate(sale.plan.caps, start=len(sale.plan.components)):
        line = sale.earnings.get((one.representative_id, place, 0))
        if line is None or index not in lines_behind(sale.plan, cap):
            continue
        total -= sale.share_through(line, index)
    return total


def _taken_back(run: Run, order: Order, line: OrderLine | None) -> dict[Place, int]:
    """What has been reversed of the order's parts since, by statement line."""
    parts = ReversedPart.objects.filter(run=run, order_line__order=order)
    if line is not None:
        parts = parts.filter(order_line=line)
    found: dict[Place, int] = {}
    for part in parts:
        place = (part.receiver_id, part.component, part.paid_level)
        found[place] = found.get(place, 0) + part.amount
    return found


def order_as_json(report: OrderReport) -> dict[str, Any]:
    """Return the answers as plain values."""
    return {
        "order": report.order.reference,
        "seller": report.seller.code,
        "reason": report.reason.code,
        "note": report.note,
        "components": [
            {"component": one.id, "uplines": [_row_as_json(row) for row in one.rows]}
            for one in report.components
        ],
    }


def _row_as_json(row: Row) -> dict[str, Any]:
    if row.person is None:
        return {"member": None, "reason": row.reason.code}
    return {
        "member": row.person.code,
        "distance": row.distance,
        "reason": row.reason.code,
        "level": row.level,
        "paid": [
            {
                "paid_level": one.level,
                "base": one.base,
                "rate": f"{one.rate.numerator}/{one.rate.denominator}",
                "amount": one.amount,
                "unit": "money" if one.unit == 0 else "RSP",
                "is_exact": one.is_exact,
            }
            for one in row.paid
        ],
        "missed": missed_as_json(row.missed),
        "received_by": row.received_by.code if row.received_by else None,
        "received_by_somebody_else": row.by_stranger,
        "blocked_by": row.blocked_by.code if row.blocked_by else None,
        "deepest_level": row.depth,
        "earner": row.earner.code if row.earner else None,
        "cut_minor": row.cut,
        "taken_back": row.taken_back,
    }


def missed_as_json(missed: Sequence[Missed]) -> list[dict[str, Any]]:
    """Return what was needed and had as plain values."""
    return [
        {
            "measure": one.measure,
            "needed": _plain(one.needed),
            "had": None if one.had is None else _plain(one.had),
        }
        for one in missed
    ]


def _plain(value: Any) -> int | str:
    return value if isinstance(value, int) else str(value)
