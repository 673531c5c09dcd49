"""The day's work: follow-ups that are due and what is suggested, in the order of what they bring.

The rules stand in docs/suggestions.md. In short: a job's value is the BV and RSP it may bring times
the chance of it; a follow-up that is due counts at least as much as the usual suggestion of the
day, and a tenth more for each day it waits, so that what was promised never starves; one job a
person; and no more of them than the representative does in a day, less what is done already.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import get_language, gettext, ngettext

from representatives import formatting
from representatives.clock import company_zone
from representatives.models import Representative
from sales.followups.selectors import open_follow_ups
from sales.models import FollowUp, SuggestionDecision
from sales.suggestions.kinds import Day, Job, Suggestion

LOOKED_AT = 200
"""So many suggestions are weighed for a day; the rest is worth less than all of them."""
FOLLOW_UPS_LOOKED_AT = 200
MOST_DAYS_COUNTED = 30
"""After so many days overdue a follow-up moves up no further."""


def day_of_work(
    seller: Representative, *, capacity: int, suggestions: list[Suggestion], now: datetime
) -> Day:
    """Return the jobs of a day from what is due and what is suggested."""
    zone = company_zone()
    today = now.astimezone(zone).date()
    due = list(open_follow_ups(seller, until=today)[:FOLLOW_UPS_LOOKED_AT])
    by_customer: dict[int, list[Suggestion]] = {}
    for one in suggestions:
        by_customer.setdefault(one.customer.pk, []).append(one)
    jobs = _due_jobs(due, by_customer, usual=_usual(by_customer, capacity), today=today)
    jobs += [
        Job(suggestion=first, also=rest, value=first.value, why_first=_why_suggested(first))
        for first, *rest in by_customer.values()
    ]
    jobs.sort(key=lambda job: (-job.value, job.follow_up.due_on if job.follow_up else today))
    done = _done_today(seller, today=today, zone=zone)
    room = max(0, capacity - done)
    return Day(_with_the_first(jobs[:room]), capacity, done, max(0, len(jobs) - room))


def _usual(by_customer: dict[int, list[Suggestion]], capacity: int) -> int:
    """Return the mean value of the suggestions that would fill the day, at least 1."""
    best = [suggestions[0].value for suggestions in by_customer.values()][:capacity]
    return max(1, sum(best) // len(best)) if best else 1


def _due_jobs(
    due: list[FollowUp], by_customer: dict[int, list[Suggestion]], *, usual: int, today: date
) -> list[Job]:
    """Make the due follow-ups jobs, the first of each person; takes over their suggestions."""
    values = _values_of_customers({one.customer_id for one in due if one.customer_id})
    jobs: list[Job] = []
    seen: set[tuple[str, int]] = set()
    for one in due:
        person = ("customer", one.customer_id) if one.customer_id else ("member", one.member_id)
        if person[1] is not None:
            if person in seen:
                continue
            seen.add(person)  # type: ignore[arg-type]
        also = by_customer.pop(one.customer_id, []) if one.customer_id else []
        late = min(MOST_DAYS_COUNTED, max(0, (today - one.due_on).days))
        worth = max([usual, values.get(one.customer_id or 0, 0), *(s.value for s in also)])
        jobs.append(
            Job(
                follow_up=one,
                also=also,
                value=worth * (10 + late) // 10,
                why_first=_why_due(one, today),
            )
        )
    return jobs


_LIKELIEST = """
SELECT f.customer_id,
       max((p.bv + CASE WHEN p.repeat THEN p.rsp ELSE 0 END) * f.chance_permille
           * f.pieces)::bigint
  FROM sales_forecast f JOIN sales_product p ON p.id = f.product_id AND p.is_active
 WHERE f.customer_id = ANY(%s)
 GROUP BY f.customer_id
"""


def _values_of_customers(customer_ids: set[int]) -> dict[int, int]:
    """Return what each customer's likeliest purchase is worth; one query."""
    if not customer_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LIKELIEST, [sorted(customer_ids)])
        return dict(cursor.fetchall())


def _done_today(seller: Representative, *, today: date, zone: ZoneInfo) -> int:
    """Return how much of the day's work is done: follow-ups closed, suggestions acted on."""
    start = datetime(today.year, today.month, today.day, tzinfo=zone)
    closed = FollowUp.objects.filter(
        representative=seller, state=FollowUp.State.DONE, closed_at__gte=start
    ).exclude(result=FollowUp.Result.ORDERED, closing_order__isnull=False)
    decided = SuggestionDecision.objects.filter(
        representative=seller,
        decided_on=today,
        state=SuggestionDecision.State.ACCEPTED,
        act__in=["order", "message"],
        withdrawn_at__isnull=True,
    )
    return closed.count() + decided.count()


def _why_suggested(one: Suggestion) -> str:
    if one.bv + one.rsp <= 0:
        return gettext("It sells nothing today, and keeps the customer.")
    language = get_language()
    return gettext(
        "Brings %(bv)s BV and %(rsp)s RSP if it works out, which is so in about %(chance)s of"
        " 100 cases."
    ) % {
        "bv": formatting.hundredths(one.bv, language),
        "rsp": formatting.hundredths(one.rsp, language),
        "chance": (one.chance_permille + 5) // 10,
    }


def _why_due(one: FollowUp, today: date) -> str:
    late = (today - one.due_on).days
    if late > 0:
        return ngettext(
            "Due %(days)s day ago: what waits moves up each day.",
            "Due %(days)s days ago: what waits moves up each day.",
            late,
        ) % {"days": late}
    return gettext("Planned for today.")


def _with_the_first(jobs: list[Job]) -> list[Job]:
    """Tell of the first job that it is the one worth most."""
    if len(jobs) < 2:
        return jobs
    return [
        replace(
            jobs[0],
            why_first=gettext("Worth most today. %(why)s") % {"why": jobs[0].why_first},
        ),
        *jobs[1:],
    ]
