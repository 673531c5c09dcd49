"""What the figures of second sales are, said slowly: by customer, by purchase, by pack.

Reads the facts and computes each figure from its definition in `docs/figures.md`, in plain Python.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from statistics import median_low
from typing import Any
from zoneinfo import ZoneInfo

from sales.figures.months import first_of, next_month, plus_months
from sales.models import Order, OrderLine, Return

Figures = dict[tuple[int, date], dict[str, Any]]
SUMMED = (
    *("sellers", "customers", "buyers", "known", "came_back", "won_back"),
    *("packs_due", "packs_on_time", "lines_first", "lines_add_on", "lines_repeat"),
    *("lines_referral", "bv_first", "bv_add_on", "bv_repeat", "bv_referral"),
    *("year_bv", "year_net_minor"),
)


def figures(zone: ZoneInfo, today: date, quiet_days: int) -> Figures:
    """Return the own figures of each seller and month, by seller's number and first day."""
    found: Figures = defaultdict(lambda: {**dict.fromkeys(SUMMED, 0), "gaps": []})
    lines = _lines(zone)
    visits: dict[int, dict[date, int]] = defaultdict(dict)
    for line in lines:
        visits[line["customer"]][line["day"]] = line["seller"]
    months = _months(min(line["day"] for line in lines), today)
    for line in lines:
        _count_line(found, line, months)
    for days in visits.values():
        _count_visits(found, days, months, quiet_days)
    for pack in _packs(lines):
        _count_pack(found, *pack, today)
    for row in found.values():
        row["sellers"] = int(row["customers"] > 0)
        row["gaps"].sort()
        row["median_days"] = median_low(row["gaps"]) if row["gaps"] else None
    return {key: row for key, row in found.items() if any(row[name] for name in SUMMED)}


def _lines(zone: ZoneInfo) -> list[dict[str, Any]]:
    found = []
    for order in Order.objects.filter(status="paid", own=False).order_by("paid_at", "reference"):
        assert order.paid_at is not None
        for line in OrderLine.objects.filter(order=order).select_related("product"):
            back = list(Return.objects.filter(line=line, status="accepted"))
            found.append(
                {
                    "seller": order.seller_id,
                    "customer": order.customer.merged_into_id or order.customer_id,
                    "day": order.paid_at.astimezone(zone).date(),
                    "product": line.product,
                    "pieces": line.quantity,
                    "repeat": line.repeat,
                    "class": line.line_class,
                    "bv": line.bv - sum(one.bv for one in back),
                    "net": line.net_minor - sum(one.gross_minor - one.tax_minor for one in back),
                }
            )
    return found


def _months(first: date, last: date) -> list[date]:
    months = [first_of(first)]
    while months[-1] < first_of(last):
        months.append(next_month(months[-1]))
    return months


def _count_line(found: Figures, line: dict[str, Any], months: list[date]) -> None:
    row = found[line["seller"], first_of(line["day"])]
    row[f"lines_{line['class']}"] += 1
    row[f"bv_{line['class']}"] += line["bv"]
    for month in months:
        if plus_months(month, -11) <= line["day"] < next_month(month):
            found[line["seller"], month]["year_bv"] += line["bv"]
            found[line["seller"], month]["year_net_minor"] += line["net"]


def _count_visits(
    found: Figures, visits: dict[date, int], months: list[date], quiet_days: int
) -> None:
    days = sorted(visits)
    for month in months:
        end = next_month(month)
        until_end = [day for day in days if day < end]
        if until_end and until_end[-1] >= plus_months(month, -11):
            found[visits[until_end[-1]], month]["customers"] += 1
        earlier = [day for day in days if day < month]
        inside = [day for day in days if month <= day < end]
        if earlier and earlier[-1] >= month - timedelta(days=quiet_days):
            row = found[visits[earlier[-1]], month]
            row["known"] += 1
            row["came_back"] += bool(inside)
        if inside:
            found[visits[inside[0]], month]["buyers"] += 1
    for before, day in pairwise(days):
        row = found[visits[day], first_of(day)]
        row["gaps"].append((day - before).days)
        row["won_back"] += (day - before).days > quiet_days


def _packs(lines: list[dict[str, Any]]) -> list[tuple[int, date, int, date | None]]:
    """Return seller, day, expected days and the next day for each purchase of a repeat product."""
    bought: dict[tuple[int, int], dict[date, list[dict[str, Any]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for line in lines:
        if line["repeat"]:
            bought[line["customer"], line["product"].pk][line["day"]].append(line)
    packs = []
    for days in bought.values():
        order = sorted(days)
        for place, day in enumerate(order):
            of_day = days[day]
            pack_days = of_day[0]["product"].pack_days
            lately = [one for one in order[: place + 1] if (day - one).days <= 365]
            if len(lately) > 3:
                expected = -((lately[0] - day).days // (len(lately) - 1))  # mean, rounded up
            elif pack_days is None:
                continue
            else:
                expected = pack_days * sum(one["pieces"] for one in of_day)
            after = order[place + 1] if place + 1 < len(order) else None
            packs.append((max(one["seller"] for one in of_day), day, min(expected, 365), after))
    return packs


def _count_pack(
    found: Figures, seller: int, day: date, expected: int, after: date | None, today: date
) -> None:
    latest = day + timedelta(days=expected + max(2, expected // 4))
    if latest < today:
        row = found[seller, first_of(latest)]
        row["packs_due"] += 1
        row["packs_on_time"] += after is not None and after <= latest
