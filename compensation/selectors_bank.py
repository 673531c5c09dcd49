"""Reads of the RSP bank: lots are derived from what was posted, never stored.

A lot is what one source credited in a posted month. Its dates are those of the plan of its month,
in the company's zone; a newer lot is never ready or due before an older one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection
from django.db.models import Max, Min, QuerySet

from compensation import calendar, selectors
from compensation.engine.lots import Bank, Credit, Debit, Source, Use, left_of_lots, settle
from compensation.engine.plan import Plan
from compensation.engine.rsp_bank import RspBank
from compensation.models import (
    Account,
    Batch,
    Entry,
    ExpirySweep,
    Journal,
    JournalKind,
    MemberResult,
    Period,
    PlanVersion,
    RspConversion,
)
from compensation.selectors_pages.plans import get_plan

MONTHS_PER_YEAR = 12
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When points of months without a bank are ready."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The two instants of a month's lots: from when they may be converted, and until when."""

    label: str
    active_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Promise:
    """The plan whose rates hold at an instant, and the period in which conversions then count."""

    period: Period
    version: PlanVersion
    plan: Plan


@dataclass(frozen=True, slots=True)
class Overdue:
    """What is left of a person's lots of a month past their date, hundredths."""

    representative_id: int
    label: str
    points: int


def promise(now: datetime) -> Promise | None:
    """Return the plan in force at an instant with its period, or None where there is neither."""
    period = selectors.current_period(now)
    version = None if period is None else selectors.plan_version_for(period)
    if period is None or version is None:
        return None
    return Promise(period, version, get_plan(version))


def terms_by_period(zone: ZoneInfo) -> dict[int, Terms]:
    """Return the terms of every period's lots, by the period's id; none without a bank.

    Months before the plan had a bank begin their time when it does.
    """
    versions = [
        (version.effective_from, get_plan(version).rsp_bank)
        for version in PlanVersion.objects.defer("document").order_by("effective_from")
    ]
    found: dict[int, Terms] = {}
    latest: Terms | None = None
    rows = Period.objects.order_by("first_day").values_list("pk", "label", "first_day", "last_day")
    for pk, label, first_day, last_day in rows:
        terms = _terms(label, first_day, last_day + timedelta(days=1), versions, zone)
        if terms is None:
            continue
        if latest is not None:
            terms = Terms(
                label,
                max(terms.active_at, latest.active_at),
                max(terms.expires_at, latest.expires_at),
            )
        found[pk] = latest = terms
    return found


def _terms(
    label: str,
    first_day: date,
    after: date,
    versions: Sequence[tuple[date, RspBank | None]],
    zone: ZoneInfo,
) -> Terms | None:
    held = [bank for since, bank in versions if since <= first_day]
    bank = held[-1] if held else None
    begins = after
    if bank is None:
        later = [(since, one) for since, one in versions if since > first_day and one is not None]
        if not later:
            return None
        begins, bank = max(after, later[0][0]), later[0][1]
        assert bank is not None
    return Terms(
        label,
        calendar.day_start(begins + timedelta(days=bank.pending_days), zone),
        calendar.day_start(_months_later(begins, bank.expires_after_months), zone),
    )


def _months_later(first: date, months: int) -> date:
    """Return the first day of the month so many months after that of a day."""
    year, month = divmod(first.year * MONTHS_PER_YEAR + first.month - 1 + months, MONTHS_PER_YEAR)
    return date(year, month + 1, 1)


def get_bank(representative_id: int, *, now: datetime, zone: ZoneInfo) -> Bank:
    """Return a person's lots and what they add up to at an instant of the company's clock.

    Points of months that no plan gives a bank to are pending without end.
    """
    terms = terms_by_period(zone)
    entries = list(
        Entry.objects.filter(representative_id=representative_id, account=Account.RSP_BANK)
        .order_by("journal__created_at", "journal_id", "id")
        .values_list(
            "amount", "journal__kind", "journal__period_id", "journal__period__label",
            "journal__run_id",
        )
    )  # fmt: skip
    runs = {row[4] for row in entries if row[1] == JournalKind.COMMISSION}
    own = dict(
        MemberResult.objects.filter(
            run_id__in=runs, representative_id=representative_id
        ).values_list("run_id", "rsp_own")
    )
    credits: dict[tuple[int, Source], Credit] = {}
    debits = []
    for order, (amount, kind, period, label, run) in enumerate(entries):
        if amount < 0:
            debits.append(Debit(_use(kind), -amount, order))
            continue
        held = terms.get(period, Terms(label, NEVER, NEVER))
        for source, points in _sources(kind, amount, own.get(run, 0)):
            before = credits.get((period, source))
            points += before.points if before else 0
            credits[period, source] = Credit(label, source, points, held.active_at, held.expires_at)
    return settle([one for one in credits.values() if one.points], debits, now=now)


def _use(kind: str) -> Use:
    return {
        JournalKind.CONVERSION.value: Use.CONVERTED,
        JournalKind.EXPIRY.value: Use.EXPIRED,
    }.get(kind, Use.RETURNED)


def _sources(kind: str, amount: int, own: int) -> list[tuple[Source, int]]:
    if kind != JournalKind.COMMISSION:
        return [(Source.CORRECTION, amount)]
    return [(Source.OWN, own), (Source.DOWNLINE, amount - own)]


_OVERDUE_PEOPLE = """
    SELECT e.representative_id
    FROM compensation_entry e JOIN compensation_journal j ON j.id = e.journal_id
    WHERE e.account = %(bank)s AND e.representative_id IS NOT NULL
    GROUP BY e.representative_id
    HAVING coalesce(sum(e.amount) FILTER (
               WHERE e.amount > 0 AND j.period_id = ANY(%(due)s)), 0)
         + coalesce(sum(e.amount) FILTER (WHERE e.amount < 0), 0) > 0
    ORDER BY e.representative_id
"""
_MONTHS_OF_PEOPLE = """
    SELECT e.representative_id, j.period_id,
           coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)::bigint,
           coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)::bigint
    FROM compensation_entry e JOIN compensation_journal j ON j.id = e.journal_id
    WHERE e.account = %(bank)s AND e.representative_id = ANY(%(people)s)
    GROUP BY e.representative_id, j.period_id
"""


def due_periods(*, now: datetime, zone: ZoneInfo) -> dict[int, Terms]:
    """Return the terms of the months whose lots are past their date, by the period's id."""
    return {pk: one for pk, one in terms_by_period(zone).items() if one.expires_at <= now}


def overdue_people(due: Sequence[int]) -> list[int]:
    """Return who has points left in lots of these months (ids of periods), in order of id.

    One pass over the ledger for everybody: what was credited in the months, less all that was ever
    taken, since the oldest points go first.
    """
    if not due:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE_PEOPLE, {"bank": Account.RSP_BANK, "due": list(due)})
        return [number for (number,) in cursor.fetchall()]


def last_batch() -> int:
    """Return the number of the ledger's last batch, 0 before the first."""
    return Batch.objects.aggregate(last=Max("number"))["last"] or 0


def is_swept(due: dict[int, Terms]) -> bool:
    """Return whether nobody can have points left in these due months, without looking at them.

    So it is if the last complete sweep was of the same months and nothing was posted into one of
    them since: points leave by anything, but come into a month only by its own journals.
    """
    sweep = ExpirySweep.objects.filter(pk=ExpirySweep.ONLY_ID).first()
    if sweep is None or sweep.due != names_of(due):
        return False
    since = Batch.objects.filter(number__gt=sweep.batch).aggregate(first=Min("first_journal"))
    if since["first"] is None:
        return True
    # By the primary key, in its order: the few journals since then, not the months' millions.
    came = Journal.objects.filter(pk__gte=since["first"], period_id__in=list(due)).order_by("pk")
    return came.values_list("pk", flat=True).first() is None


def names_of(due: dict[int, Terms]) -> str:
    """Return the labels of due months as one text, which an `ExpirySweep` remembers."""
    return " ".join(sorted(terms.label for terms in due.values()))


def overdue_lots(people: Sequence[int], due: dict[int, Terms]) -> list[Overdue]:
    """Return what is left of these people's lots of due months, by person and month.

    Lock the people's banks first, where anything is to follow from it.
    """
    if not people or not due:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS_OF_PEOPLE, {"bank": Account.RSP_BANK, "people": list(people)})
        rows = cursor.fetchall()
    place = {number: index for index, number in enumerate(people)}
    consumed = np.zeros(len(people), dtype=np.int64)
    for number, _period, _credited, taken in rows:
        consumed[place[number]] += taken
    lots = sorted(
        (place[number], due[period].label, credited)
        for number, period, credited, _taken in rows
        if period in due and credited
    )
    owner, labels, points = (
        (list(column) for column in zip(*lots, strict=True)) if lots else ([],) * 3
    )
    order = np.arange(len(lots), dtype=np.int64)
    left = left_of_lots(
        np.array(owner, dtype=np.int64), order, np.array(points, dtype=np.int64), consumed
    )
    return [
        Overdue(people[who], label, amount)
        for who, label, amount in zip(owner, labels, left.tolist(), strict=True)
        if amount
    ]


def list_conversions(representative_id: int) -> QuerySet[RspConversion]:
    """Return a person's conversions, the latest first."""
    return (
        RspConversion.objects.filter(representative_id=representative_id)
        .select_related("period")
        .order_by("-converted_at", "-pk")
    )


def state_of(representative_id: int) -> int:
    """Return a number that changes with every conversion of a person; 0 before the first."""
    last = RspConversion.objects.filter(representative_id=representative_id).order_by("-pk")
    return last.values_list("pk", flat=True).first() or 0


def bought_bv(period: Period) -> dict[int, int]:
    """Return representative → BV bought with points that counts in a period, hundredths."""
    rows: Any = (
        RspConversion.objects.filter(period=period, bv__gt=0)
        .values_list("representative_id", "bv")
        .order_by("pk")
    )
    found: dict[int, int] = {}
    for number, bv in rows:
        found[number] = found.get(number, 0) + bv
    return found
