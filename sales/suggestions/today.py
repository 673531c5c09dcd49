"""The day's work: follow-ups that are due and what is suggested, in the order of what they bring.

The rules stand in docs/suggestions.md. In short: a job's value is the BV and RSP it may bring times
the chance of it; a follow-up that is due counts at least as much as the usual suggestion of the
day, and a tenth more for each day it waits, so that what was promised never starves; one job a
person; and no more of them than the representative does in a day, less what is done already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import get_language, gettext, ngettext

from representatives import formatting
from representatives.models import Representative
from sales.followups.selectors import get_follow_ups
from sales.models import FollowUp, WorkDay
from sales.suggestions.finding import Found
from sales.suggestions.kinds import Job, Suggestion

LOOKED_AT = 200
"""So many suggestions are weighed for a day; the rest is worth less than all of them."""
FOLLOW_UPS_LOOKED_AT = 200
MOST_DAYS_COUNTED = 30
"""After so many days overdue a follow-up moves up no further."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is read of a follow-up to weigh it; `likeliest` is what its customer's best forecast is
    worth.
    """

    id: int
    customer_id: int | None
    member_id: int | None
    due_on: date
    likeliest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A job that is weighed and not in words yet: a follow-up, or what was found for a person.

    `found` is ordered by value, the most first.
    """

    due: Due | None = None
    found: list[Found] = field(default_factory=list)
    value: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A day's jobs in their order, how many it holds and had, and how many wait for another."""

    jobs: list[Planned]
    capacity: int
    done: int
    waiting: int


def plan_day(seller: Representative, *, found: list[Found], today: date, zone: ZoneInfo) -> Plan:
    """Weigh what is due and what was found, and keep what fits into the day; two queries."""
    capacity, done = _capacity_and_done(seller, today=today, zone=zone)
    by_customer: dict[int, list[Found]] = {}
    for one in found:
        by_customer.setdefault(one.customer_id, []).append(one)
    usual = _usual(by_customer, capacity)
    jobs = _due_jobs(_list_due(seller, today), by_customer, usual=usual, today=today)
    jobs += [Planned(found=rows, value=rows[0].value) for rows in by_customer.values()]
    jobs.sort(key=lambda job: (-job.value, job.due.due_on if job.due else today))
    room = max(0, capacity - done)
    return Plan(jobs[:room], capacity, done, max(0, len(jobs) - room))


def _usual(by_customer: dict[int, list[Found]], capacity: int) -> int:
    """Return the mean value of the suggestions that would fill the day, at least 1."""
    best = [rows[0].value for rows in by_customer.values()][:capacity]
    return max(1, sum(best) // len(best)) if best else 1


def _due_jobs(
    due: list[Due], by_customer: dict[int, list[Found]], *, usual: int, today: date
) -> list[Planned]:
    """Make the due follow-ups jobs, the first of each person; takes over their suggestions."""
    jobs: list[Planned] = []
    seen: set[tuple[str, int]] = set()
    for one in due:
        person = ("customer", one.customer_id) if one.customer_id else ("member", one.member_id)
        if person[1] is not None:
            if person in seen:
                continue
            seen.add(person)  # type: ignore[arg-type]
        found = by_customer.pop(one.customer_id, []) if one.customer_id else []
        late = min(MOST_DAYS_COUNTED, (today - one.due_on).days)
        worth = max([usual, one.likeliest, *(row.value for row in found)])
        jobs.append(Planned(due=one, found=found, value=worth * (10 + late) // 10))
    return jobs


_DUE = """
SELECT t.id, t.customer_id, t.member_id, t.due_on, coalesce(best.value, 0)
  FROM sales_followup t
  LEFT JOIN LATERAL (
    SELECT max((p.bv + CASE WHEN p.repeat THEN p.rsp ELSE 0 END) * f.chance_permille
               * f.pieces)::bigint AS value
      FROM sales_forecast f JOIN sales_product p ON p.id = f.product_id AND p.is_active
     WHERE f.customer_id = t.customer_id
  ) best ON true
 WHERE t.representative_id = %(seller)s AND t.state = 'open' AND t.due_on <= %(today)s
 ORDER BY t.due_on, t.id
 LIMIT %(most)s
"""

_BEGINNING = """
SELECT (SELECT jobs FROM sales_workday WHERE representative_id = %(seller)s),
       (SELECT count(*) FROM sales_followup
         WHERE representative_id = %(seller)s AND state = 'done' AND closed_at >= %(start)s
           AND NOT (result = 'ordered' AND closing_order_id IS NOT NULL))
     + (SELECT count(*) FROM sales_suggestiondecision
         WHERE representative_id = %(seller)s AND decided_on = %(today)s AND state = 'accepted'
           AND act IN ('order', 'message') AND withdrawn_at IS NULL)
"""


def _list_due(seller: Representative, today: date) -> list[Due]:
    """Return the open follow-ups up to a day, overdue first."""
    with connection.cursor() as cursor:
        wanted = {"seller": seller.pk, "today": today, "most": FOLLOW_UPS_LOOKED_AT}
        cursor.execute(_DUE, wanted)
        return [Due(*row) for row in cursor.fetchall()]


def _capacity_and_done(seller: Representative, *, today: date, zone: ZoneInfo) -> tuple[int, int]:
    """Return how many jobs a seller means to do in a day, and how many are done.

    Done are follow-ups that were closed, and suggestions that were acted on; what an order closed
    by itself was no work.
    """
    start = datetime(today.year, today.month, today.day, tzinfo=zone)
    with connection.cursor() as cursor:
        wanted = {"seller": seller.pk, "start": start, "today": today}
        cursor.execute(_BEGINNING, wanted)
        capacity, done = cursor.fetchone()
    return WorkDay.USUAL_JOBS if capacity is None else capacity, done


def put_into_words(
    plan: Plan, suggestions: Mapping[str, Suggestion], *, today: date, most: int | None
) -> list[Job]:
    """Return the first jobs of a day in words, their suggestions by key.

    What was taken away meanwhile is left out.
    """
    shown = plan.jobs[:most]
    tasks = get_follow_ups([planned.due.id for planned in shown if planned.due])
    jobs = []
    for planned in shown:
        said = [suggestions[row.key] for row in planned.found if row.key in suggestions]
        if planned.due is not None:
            task = tasks.get(planned.due.id)
            if task is not None:
                why = _why_due(task, today)
                jobs.append(Job(follow_up=task, also=said, value=planned.value, why_first=why))
        elif said:
            first, *rest = said
            why = _why_suggested(first)
            jobs.append(Job(suggestion=first, also=rest, value=planned.value, why_first=why))
    if jobs and len(plan.jobs) > 1:
        why = gettext("Worth most today. %(why)s") % {"why": jobs[0].why_first}
        jobs[0] = replace(jobs[0], why_first=why)
    return jobs


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
