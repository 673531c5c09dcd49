"""The sales of a month below a representative: which of them pay him, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from compensation.engine.branches import Verdict
from compensation.engine.plan import Plan
from compensation.engine.types import Reason
from compensation.explaining import words
from compensation.explaining.own_share import Share, own_shares
from compensation.models import MemberResult, Period, Run, RunStatus
from compensation.selectors_pages import downline
from compensation.selectors_pages.numbered import Numbered
from compensation.selectors_pages.order_points import STOPPED
from representatives.managers import RepresentativeQuerySet
from representatives.models import Representative
from sales.models import Order

PAGE_SIZE = 100
"""Orders that are looked at for a page, whatever the filter leaves of them."""
MOST_PAGES = 1_000
NAMED_AT_MOST = 2_000
"""People of a branch, or found by a name, whose orders are asked for one by one."""


@dataclass(frozen=True, slots=True)
class Sales(Numbered):
    """A page of orders, the latest first."""

    rows: list[dict[str, Any]]
    looked_at: int
    unpaid: int
    page: int
    has_next: bool


def list_sales(
    run: Run,
    period: Period,
    plan: Plan,
    viewer: Representative,
    *,
    only_unpaid: bool,
    search: str = "",
    page: int = 1,
) -> Sales:
    """Return the sales below the viewer that count in a month, with what each pays the viewer.

    Never whose customer bought, and nothing of people who were not below then. `search` is the
    number of an order, or a name or code of a seller.
    """
    page = min(page, MOST_PAGES)
    orders = _orders(period, _below(run, viewer), search)
    start = (page - 1) * PAGE_SIZE
    found = list(orders[start : start + PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    shares = own_shares(run, plan, viewer.pk, {one.pk: one.seller_id for one in shown})
    rows = [_row(one, shares.get(one.pk), plan) for one in shown]
    unpaid = [row for row in rows if not row["is_paid"]]
    return Sales(
        rows=unpaid if only_unpaid else rows,
        looked_at=len(rows),
        unpaid=len(unpaid),
        page=page,
        has_next=len(found) > PAGE_SIZE,
    )


def _below(run: Run, viewer: Representative) -> RepresentativeQuerySet:
    """Return the people who are below the viewer now and were below in the run.

    Until a month is posted, people who joined after its figures were computed belong to it too.
    """
    top = downline.get_member(run.pk, viewer.pk)
    start, end = (top.position, top.subtree_end) if top is not None else (0, 0)
    inside = ExpressionWrapper(Q(position__gt=start, position__lt=end), output_field=BooleanField())
    place = MemberResult.objects.filter(run_id=run.pk, representative_id=OuterRef("pk"))
    # A value for each person by index, never a join, which would read the whole run for one page.
    was_below = Subquery(place.annotate(inside=inside).values("inside")[:1])
    joined_later = Value(run.status != RunStatus.POSTED)
    return Representative.objects.downline_of(viewer).filter(Coalesce(was_below, joined_later))


def _orders(period: Period, below: RepresentativeQuerySet, search: str) -> QuerySet[Order]:
    """Return the orders of some people that count in a month, or those that are searched for.

    A branch that is not large is named by its people, so that their own index leads to their
    orders; in a large one the latest orders of the month are found first.
    """
    orders = Order.objects.filter(
        counted_at__gte=period.starts_at, counted_at__lt=period.ends_at
    ).select_related("seller")
    if search:
        named = orders.filter(reference__in={search, search.upper()}, seller__in=below)
        if named.exists():
            return named
        below = below.search(search)
    sellers = list(below.order_by("id").values_list("pk", flat=True)[: NAMED_AT_MOST + 1])
    if len(sellers) <= NAMED_AT_MOST:
        orders = orders.filter(seller_id__in=sellers)
    else:
        orders = orders.filter(seller__in=below)
    return orders.only(
        *("id", "reference", "counted_at", "bv", "rsp", "seller__name", "seller__code")
    ).order_by("-counted_at", "-id")


def _row(order: Order, share: Share | None, plan: Plan) -> dict[str, Any]:
    pays = share.pays if share is not None else []
    return {
        "reference": order.reference,
        "day": order.counted_at,
        "name": order.seller.name,
        "code": order.seller.code,
        "distance": share.distance if share is not None else 0,
        "bv": share.bv if share is not None else order.bv,
        "rsp": share.rsp if share is not None else order.rsp,
        "is_paid": bool(pays),
        "paid": [_paid(plan, index, one) for index, one in pays],
        **_reason(share, plan),
    }


def _paid(plan: Plan, index: int, verdict: Verdict) -> str:
    name = words.source_name(plan, index)
    level = verdict.paid_levels[0]
    if not level:
        return name
    return _("%(name)s, paid level %(level)s") % {"name": name, "level": level}


def _reason(share: Share | None, plan: Plan) -> dict[str, Any]:
    """Say why an order pays nothing: the reason and by how much it was missed."""
    if share is None:
        return {"reason": _("Not in these figures yet"), "kind": "", "missed": ""}
    if share.pays:
        return {"reason": "", "kind": "paid", "missed": ""}
    if not share.bv and not share.rsp:
        return {"reason": words.reason_text(Reason.REFUNDED), "kind": "stop", "missed": ""}
    told = [one for _index, one in share.verdicts]
    if not told:
        return {"reason": _("Pays nobody above"), "kind": "", "missed": ""}
    first = next((one for one in told if one.missed), told[0])
    return {
        "reason": _too_deep(first) or words.reason_text(first.reason),
        "kind": "stop" if first.reason in STOPPED else "",
        "missed": "; ".join(words.missed_text(one, plan) for one in first.missed),
    }


def _too_deep(verdict: Verdict) -> str:
    if verdict.reason is not Reason.TOO_DEEP or verdict.level is None or verdict.depth is None:
        return ""
    return _("Too deep by %(count)s") % {"count": verdict.level - verdict.depth}
