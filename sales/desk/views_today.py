"""The day's work on one page, ordered by what it brings and explained."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sales.desk import words
from sales.desk.suggested import job_rows
from sales.models import RefusalReason
from sales.suggestions.selectors import day_of_work
from sales.views_shared import open_desk


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Show what the representative does best today, and how much of it is done."""
    desk = open_desk(request)
    work = day_of_work(desk.seller, company=desk.company, now=desk.now)
    rows = job_rows(desk.seller, work.jobs, today=work.day)
    return render(
        request,
        "sales/desk/today.html",
        desk.context(
            title=words.things_today(len(rows), done=work.done),
            work=work,
            rows=rows,
            today=work.day,
            bv=sum(row.bv for row in rows),
            rsp=sum(row.rsp for row in rows),
            refusals=RefusalReason.choices,
            back=request.get_full_path(),
        ),
    )
