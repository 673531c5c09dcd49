"""The parts of a statement line: who sold, in which orders, and what each part pays.

Parts are derived when asked, from the run's stored results and the frozen order lines, by the
engine's own functions, which a reversal uses as well; so they add up to the line.
"""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from compensation.engine.components import Component
from compensation.engine.components.base import Standing
from compensation.engine.explain import FIGURES, Branch, contributors, standing_of
from compensation.engine.parts import OrderLines, Parts, line_parts
from compensation.engine.plan import Plan
from compensation.engine.types import EngineError, Int
from compensation.models import Earning, MemberResult, Run
from compensation.selectors_pages import plans
from representatives.models import Representative

PAGE_SIZE = 50
EPOCH = date(1970, 1, 1)
ROWS_AT_ONCE = 20_000

# Order lines of some sellers, net of what came back while the month was open. In an open month
# some may be newer than the run: then the parts say that they do not add up yet.
ORDER_LINES_SQL = """
SELECT o.seller_id, o.id, o.reference, l.number, o.paid_at,
       (o.paid_at AT TIME ZONE %(zone)s)::date, o.own,
       l.line_class IN ('first', 'referral'),
       l.bv - coalesce(r.bv, 0),
       CASE WHEN l.repeat THEN l.rsp - coalesce(r.rsp, 0) ELSE 0 END,
       l.rsp - coalesce(r.rsp, 0),
       l.gross_minor - l.tax_minor - coalesce(r.net, 0)
  FROM sales_order o
  JOIN sales_orderline l ON l.order_id = o.id
  LEFT JOIN LATERAL (
       SELECT sum(bv)::bigint AS bv, sum(rsp)::bigint AS rsp,
              sum(gross_minor - tax_minor)::bigint AS net
         FROM sales_return
        WHERE line_id = l.id AND counted_at >= %(begins)s AND counted_at < %(ends)s
       ) r ON true
 WHERE o.seller_id = ANY(%(sellers)s)
   AND o.counted_at >= %(begins)s AND o.counted_at < %(ends)s
 ORDER BY o.id, l.number
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of parts and the sums of all of them."""

    rows: list[dict[str, Any]]
    page: int
    has_next: bool
    count: int
    base: int
    amount: int
    adds_up: bool
    name: str = ""

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before this one."""
        return self.page > 1

    @property
    def previous_number(self) -> int:
        """Number of the page before."""
        return self.page - 1

    @property
    def next_number(self) -> int:
        """Number of the page after."""
        return self.page + 1


@dataclass(frozen=True, slots=True)
class _Seller:
    """Someone behind the line, as the run stored him."""

    representative_id: int
    level: int
    status: int
    active: bool
    pay_rank: int
    figures: tuple[int, ...]
    """As ``FIGURES`` names them."""


@dataclass(frozen=True, slots=True)
class _Sold:
    """One order line with its share of the statement line."""

    seller_id: int
    order_id: int
    reference: str
    paid_at: datetime
    bv: int
    rsp: int
    base: int
    amount: int


def list_sellers(
    run: Run, earning: Earning, plan: Plan, *, viewer: Representative, page: int
) -> Page:
    """Return the sellers behind a line, the largest part first, with the sums of all."""
    sellers, sold = _behind(run, earning, plan)
    by_seller: dict[int, list[int]] = {}
    for one in sold:
        sums = by_seller.setdefault(one.seller_id, [0, 0])
        sums[0] += one.base
        sums[1] += one.amount
    order = sorted(by_seller, key=lambda key: (-abs(by_seller[key][0]), key))
    start = (max(page, 1) - 1) * PAGE_SIZE
    shown = order[start : start + PAGE_SIZE]
    visible = {
        person.pk: person
        for person in Representative.objects.visible_to(viewer)
        .filter(pk__in=shown)
        .only("id", "code", "name")
    }
    rows = []
    for key in shown:
        person = visible.get(key)
        rows.append(
            {
                "name": person.name if person else _("Someone who is no longer below you"),
                "code": person.code if person else "",
                "note": _note(sellers[key], earning.paid_level),
                "base": by_seller[key][0],
                "amount": by_seller[key][1],
            }
        )
    base, amount = sum(one.base for one in sold), sum(one.amount for one in sold)
    return Page(
        rows=rows,
        page=max(page, 1),
        has_next=start + PAGE_SIZE < len(order),
        count=len(order),
        base=base,
        amount=amount,
        adds_up=(base, amount) == (earning.base, earning.amount),
    )


def list_seller_orders(
    run: Run, earning: Earning, plan: Plan, *, viewer: Representative, code: str, page: int
) -> Page | None:
    """Return the orders of one seller behind a line; None if the viewer may not see the seller."""
    person = (
        Representative.objects.visible_to(viewer)
        .filter(code=code)
        .only("id", "code", "name")
        .first()
    )
    if person is None:
        return None
    _sellers, sold = _behind(run, earning, plan)
    mine = [one for one in sold if one.seller_id == person.pk]
    if not mine:
        return None
    orders: dict[int, dict[str, Any]] = {}
    for one in mine:
        row = orders.setdefault(
            one.order_id,
            {
                "reference": one.reference,
                "day": one.paid_at,
                "bv": 0,
                "rsp": 0,
                "base": 0,
                "amount": 0,
            },
        )
        for name in ("bv", "rsp", "base", "amount"):
            row[name] += getattr(one, name)
    rows = sorted(orders.values(), key=lambda row: (row["day"], row["reference"]))
    start = (max(page, 1) - 1) * PAGE_SIZE
    return Page(
        rows=rows[start : start + PAGE_SIZE],
        page=max(page, 1),
        has_next=start + PAGE_SIZE < len(rows),
        count=len(rows),
        base=sum(row["base"] for row in rows),
        amount=sum(row["amount"] for row in rows),
        adds_up=True,
        name=person.name,
    )


def _note(seller: _Seller, paid_level: int) -> str:
    """Say what a reader would wonder about: another place in the tree, or not active."""
    notes = []
    if paid_level and seller.level != paid_level:
        notes.append(_("level %(level)s in the tree") % {"level": seller.level})
    if paid_level and not seller.active:
        notes.append(_("not active, the sales still count"))
    return "; ".join(notes)


def _behind(run: Run, earning: Earning, plan: Plan) -> tuple[dict[int, _Seller], list[_Sold]]:
    """Return the sellers behind a line by id, and their order lines that have a share in it."""
    component = plans.component_of(plan, earning.component)
    top = MemberResult.objects.filter(run_id=run.pk, representative_id=earning.receiver_id).first()
    if component is None or top is None:
        return {}, []
    sellers = _sellers(component, earning.paid_level, top)
    rows = _order_lines(run, list(sellers))
    return sellers, _allotted(component, earning, sellers, rows)


def _sellers(component: Component, paid_level: int, top: MemberResult) -> dict[int, _Seller]:
    """Return who sold at a paid level, by representative id."""
    columns = _branch_columns(top, end=top.position + 1 if paid_level == 0 else top.subtree_end)
    sponsor, subtree_end, depth, status, active, ids, order_count, pay_rank, *figures = columns
    standing = standing_of(
        status,
        active.astype(np.bool_),
        np.zeros(len(ids), dtype=np.int64),
        pay_rank,
        dict(zip(FIGURES, figures, strict=True)),
    )
    branch = Branch(top.position, sponsor, subtree_end, depth, standing)
    places = contributors(component, paid_level, branch) - top.position
    return {
        int(ids[place]): _Seller(
            representative_id=int(ids[place]),
            level=int(depth[place]) - top.depth,
            status=int(status[place]),
            active=bool(active[place]),
            pay_rank=int(pay_rank[place]),
            figures=tuple(int(figure[place]) for figure in figures),
        )
        for place in places.tolist()
        if order_count[place]
    }


def _branch_columns(top: MemberResult, *, end: int) -> list[Int]:
    """Return the stored columns of a member and the branch below, a stretch of rows at a time."""
    rows = (
        MemberResult.objects.filter(run_id=top.run_id, position__gte=top.position, position__lt=end)
        .order_by("position")
        .values_list(
            "sponsor_position",
            "subtree_end",
            "depth",
            "status",
            "active",
            "representative_id",
            "order_count",
            "pay_rank",
            *FIGURES,
        )
        .iterator(chunk_size=ROWS_AT_ONCE)
    )
    stretches = []
    while stretch := list(islice(rows, ROWS_AT_ONCE)):
        stretches.append(np.array(stretch, dtype=np.int64))
    return list(np.concatenate(stretches).T)


def _order_lines(run: Run, seller_ids: list[int]) -> list[tuple[Any, ...]]:
    if not seller_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            ORDER_LINES_SQL,
            {
                "sellers": seller_ids,
                "begins": run.period.starts_at,
                "ends": run.period.ends_at,
                "zone": timezone.get_current_timezone_name(),
            },
        )
        return list(cursor.fetchall())


def _allotted(
    component: Component,
    earning: Earning,
    sellers: dict[int, _Seller],
    rows: list[tuple[Any, ...]],
) -> list[_Sold]:
    if not rows:
        return []
    places = {key: place for place, key in enumerate(sellers)}
    columns = list(zip(*rows, strict=True))
    seller, order, reference, number, paid_at, day, own, first, bv, rsp, rsp_all, net = columns
    lines = OrderLines.of(
        [places[key] for key in seller],
        order,
        reference,
        number,
        bv=bv,
        rsp=rsp,
        rsp_all=rsp_all,
        net=net,
        own=np.array(own, dtype=np.bool_),
        first_order=np.array(first, dtype=np.bool_),
        day=[(one - EPOCH).days for one in day],
    )
    parts = _parts(component, earning.amount, lines, _standing(sellers))
    return [
        _Sold(seller[i], order[i], reference[i], paid_at[i], bv[i], rsp[i], base, amount)
        for i, (base, amount) in enumerate(
            zip(parts.base.tolist(), parts.amount.tolist(), strict=True)
        )
        if base or amount
    ]


def _parts(component: Component, amount: int, lines: OrderLines, standing: Standing) -> Parts:
    """Allot the line; where a preview and the facts have drifted apart, show the bases alone."""
    try:
        return line_parts(component, amount, lines, standing)
    except EngineError:
        return Parts(
            base=component.quantity(lines.orders, standing),
            amount=np.zeros(len(lines), dtype=np.int64),
        )


def _standing(sellers: dict[int, _Seller]) -> Standing:
    joined = dict(
        Representative.objects.filter(pk__in=list(sellers)).values_list("id", "enrolled_on")
    )
    return standing_of(
        np.array([one.status for one in sellers.values()], dtype=np.int64),
        np.array([one.active for one in sellers.values()], dtype=np.bool_),
        np.array([(joined[key] - EPOCH).days for key in sellers], dtype=np.int64),
        np.array([one.pay_rank for one in sellers.values()], dtype=np.int64),
        {
            name: np.array([one.figures[place] for one in sellers.values()], dtype=np.int64)
            for place, name in enumerate(FIGURES)
        },
    )
