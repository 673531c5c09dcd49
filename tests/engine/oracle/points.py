"""Points on own sales and on levels (docs/plan/rsp-points.md)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.engine.oracle.facts import Line, Sale, whole
from tests.engine.oracle.standing import points_of_sale
from tests.engine.oracle.statement import Statement, shared_by


def points_of(component: dict[str, Any], order: Sale) -> int:
    return points_of_sale(order, component.get("points_from", "repeat_only"))


def receivers_of_points(
    period: Statement, component: dict[str, Any], order: Sale, base_depth: int | None = None
) -> Iterator[tuple[int, int]]:
    """Who gets the points of an order, and on which level; the seller's own are level 0.

    ``base_depth`` stands instead of everybody's own depth.
    """
    if component.get("own_points", True) and period.is_enrolled(order.seller):
        yield order.seller, 0
    compression = component.get("compression", "skip_and_recount")
    for above, level in period.levels(order.seller, compression):
        if level is None or not period.members[above].active:
            continue
        depth = base_depth
        if depth is None:
            depth = period.depth_of(component, above, 0)
        if level <= depth:
            yield above, level


def base_depth_of(period: Statement, component: dict[str, Any]) -> int:
    """The depth at which the rank measure rsp_total is taken."""
    if "base_depth" in component:
        return component["base_depth"]
    if "depth" in component:
        return component["depth"]
    return component["depth_by_rank"][period.ladder()[0]["name"]]


def count_base_points(period: Statement) -> None:
    """The rank measure rsp_total: own points and levels at the same depth for everybody."""
    for component in period.plan["components"]:
        if component["kind"] != "rsp_points":
            continue
        depth = base_depth_of(period, component)
        for order in period.orders:
            points = whole(points_of(component, order))
            for receiver, _ in receivers_of_points(period, component, order, depth):
                period.members[receiver].rsp_base += points


def pay(period: Statement, index: int, component: dict[str, Any]) -> None:
    """Credit everybody entitled with the full points of each order."""
    for order in period.orders:
        points = points_of(component, order)
        for receiver, level in receivers_of_points(period, component, order):
            period.add((receiver, index, level), Decimal(1), "rsp", order, points)


def parts(period: Statement, component: dict[str, Any], line: Line) -> dict[int, int]:
    """Share a line's points out by the rows' points."""
    return shared_by(period, line, lambda row: points_of(component, row))
