"""The customers page: whom to call, whom to write to, and whom to leave alone today."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sales.desk import ranges, selectors, words
from sales.desk.acts import link
from sales.desk.standing import Group
from sales.forecast.selectors import day_of
from sales.selectors import sum_of_orders
from sales.views_shared import open_desk, page_number


@require_safe
def customers(request: HttpRequest) -> HttpResponse:
    """Show the day's customers by group, or one group page by page."""
    desk = open_desk(request)
    show = request.GET.get("show", "")
    show = show if show in Group.values else ""
    number = page_number(request) if show else 1
    board = selectors.get_board(desk.seller, now=desk.now, show=show, page=number)
    today = day_of(desk.now)
    month = desk.now.astimezone(desk.company.zone).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    orders = sum_of_orders(desk.seller, since=month)
    first, last = ranges.axis_days(today)
    context = desk.context(
        title=board.title,
        total=board.total,
        chips=board.chips,
        groups=board.groups,
        show=show,
        page=_Pages(number, board.has_next) if show else None,
        sum=selectors.sum_up(board, bv=orders["bv"], rsp=orders["rsp"]),
        unpaid=orders["open"],
        today=today,
        axis_first=words.day(first),
        axis_last=words.day(last),
        back=request.get_full_path(),
    )
    if not show:
        counts = selectors.count_segments(desk.seller, now=desk.now)
        context |= {
            "segments": _segments(counts),
            "is_empty": not counts["everybody"],
            "tomorrow": selectors.get_tomorrow(desk.seller, today=today),
        }
    return render(request, "sales/desk/customers.html", context)


class _Pages:
    """What the pager asks of a list whose length nobody counts."""

    def __init__(self, number: int, has_next: bool) -> None:
        self.number, self.has_next = number, has_next
        self.has_previous = number > 1
        self.previous_number, self.next_number = number - 1, number + 1


def _segments(counts: dict[str, int]) -> list[dict[str, Any]]:
    def rows(name: str, labels: dict[Any, Any]) -> list[dict[str, Any]]:
        return [
            {
                "label": label,
                "count": counts[str(getattr(value, "value", value))],
                "url": link("customers_all", **{name: getattr(value, "value", value)}),
            }
            for value, label in labels.items()
        ]

    return [
        {"title": _("By purchase history"), "rows": rows("account", selectors.ACCOUNTS)},
        {"title": _("By use"), "rows": rows("use", selectors.USES)},
    ]
