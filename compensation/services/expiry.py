"""Points that nobody converted in time are cashed by themselves, each month of each person once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from compensation import event_notices, ledger, selectors_bank
from compensation.engine.conversion import Table, quote
from compensation.fault_points import reach
from compensation.models import ConversionTarget, ExpirySweep, JournalKind, RspConversion
from compensation.selectors_bank import Overdue, Promise, Terms
from compensation.services.bank_shared import (
    Act,
    UnableToConvert,
    entries_of,
    hold_promise,
    in_banks,
    lock_banks,
    refused,
    require_unmoved,
    row_of,
    table_in_force,
)
from representatives.models import Company, Representative, User

logger = logging.getLogger(__name__)

PEOPLE_AT_A_TIME = 200
EXPIRING_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Expired:
    """What one call of `expire_points` has cashed."""

    people: int
    lots: int
    points: int
    cash_minor: int


def expire_points(*, now: datetime, by: User) -> Expired:
    """Cash what is left of all lots past their date; each month of each person once.

    Some hundred people a transaction; safe to repeat and to run twice at once. Without a plan that
    has a bank nothing expires. Costs next to nothing unless a month has fallen due, or something
    was posted into a due one, since all was cashed.

    :raises UnableToConvert: if the period that holds the clock is not open.
    """
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    promise = selectors_bank.promise(now)
    if promise is None or promise.plan.rsp_bank is None:
        return Expired(0, 0, 0, 0)
    due = selectors_bank.due_periods(now=now, zone=zone)
    if not due:
        return Expired(0, 0, 0, 0)
    # Read first: what is posted while the sweep looks is looked at again by the next.
    batch = selectors_bank.last_batch()
    if selectors_bank.is_swept(due):
        _remember(due, batch, now)
        return Expired(0, 0, 0, 0)
    people = selectors_bank.overdue_people(list(due))
    is_complete = True
    done: list[RspConversion] = []
    for start in range(0, len(people), PEOPLE_AT_A_TIME):
        some = people[start : start + PEOPLE_AT_A_TIME]
        try:
            cashed = _cash(some, zone=zone, by=by, now=now)
        except UnableToConvert as refusal:
            if refusal.reason != "bank_changed":
                raise
            # A return came between: the next call finds what is left.
            logger.warning("points of %s people expire later: %s", len(some), refusal.message)
            is_complete = False
            continue
        done += cashed
        reach("expire.after_commit")
    # A plan that came meanwhile may have changed what is due.
    if is_complete and selectors_bank.due_periods(now=now, zone=zone) == due:
        _remember(due, batch, now)
    return Expired(
        people=len({one.representative_id for one in done}),
        lots=len(done),
        points=sum(one.points for one in done),
        cash_minor=sum(one.cash_minor for one in done),
    )


def _remember(due: dict[int, Terms], batch: int, now: datetime) -> None:
    """Note that nobody has anything left in these months, as of a batch of the ledger."""
    ExpirySweep.objects.bulk_create(
        [ExpirySweep(due=selectors_bank.names_of(due), batch=batch, swept_at=now)],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["due", "batch", "swept_at"],
    )


def _cash(people: Sequence[int], *, zone: ZoneInfo, by: User, now: datetime) -> list[RspConversion]:
    """Cash what is overdue of these people in a transaction of its own."""
    try:
        with transaction.atomic():
            lock_banks(people)
            held = hold_promise(now)
            cashed = cash_overdue(people, held, table_in_force(held), zone=zone, by=by, now=now)
            reach("expire.before_commit")
    except IntegrityError as fault:
        raise refused(fault) from fault
    return cashed


def cash_overdue(
    people: Sequence[int],
    held: Promise,
    table: Table,
    *,
    zone: ZoneInfo,
    by: User | None,
    now: datetime,
) -> list[RspConversion]:
    """Cash what is overdue of these people, whose banks are locked; by the system user or `by`."""
    due = selectors_bank.due_periods(now=now, zone=zone)
    before = in_banks(people)
    lots = selectors_bank.overdue_lots(people, due)
    if not lots:
        return []
    codes = dict(
        Representative.objects.filter(pk__in={lot.representative_id for lot in lots}).values_list(
            "pk", "code"
        )
    )
    names = _expiry_names(lots)
    worths = [quote(table, lot.points) for lot in lots]
    drafts = [
        ledger.Draft(
            f"expire:{codes[lot.representative_id]}:{name}",
            lot.representative_id,
            entries_of(worth, held),
        )
        for lot, name, worth in zip(lots, names, worths, strict=True)
    ]
    numbers = ledger.post(drafts, kind=JournalKind.EXPIRY, period=held.period, effective_at=now)
    taken: dict[int, int] = {}
    for lot in lots:
        taken[lot.representative_id] = taken.get(lot.representative_id, 0) + lot.points
    require_unmoved(before, taken)
    act = Act(held, by or User.objects.get(is_system=True), now)
    cashed = RspConversion.objects.bulk_create(
        row_of(
            act,
            lot.representative_id,
            worth,
            target=ConversionTarget.EXPIRY,
            token=f"expire:{name}",
            journal=numbers[draft.source_key],
        )
        for lot, name, worth, draft in zip(lots, names, worths, drafts, strict=True)
    )
    event_notices.tell_cashed(cashed, currency=held.plan.currency, now=now)
    return cashed


def tell_expiring_points(*, now: datetime) -> int:
    """Tell people of points that expire within EXPIRING_SOON; return how many notices are new.

    Each month of each person once. One pass over the ledger for everybody, so that a day is
    enough; some hundred people a transaction, safe to repeat and to run twice at once.
    """
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    promise = selectors_bank.promise(now)
    if promise is None or promise.plan.rsp_bank is None:
        return 0
    until = selectors_bank.due_periods(now=now + EXPIRING_SOON, zone=zone)
    soon = {
        terms.label: terms.expires_at.astimezone(zone).date()
        for terms in until.values()
        if terms.expires_at > now
    }
    if not soon:
        return 0
    people = selectors_bank.overdue_people(list(until))
    told = 0
    for start in range(0, len(people), PEOPLE_AT_A_TIME):
        some = people[start : start + PEOPLE_AT_A_TIME]
        with transaction.atomic():
            lots = selectors_bank.overdue_lots(some, until)
            told += event_notices.tell_expiring(
                [lot for lot in lots if lot.label in soon], soon, now=now
            )
    return told


def _expiry_names(lots: Sequence[Overdue]) -> list[str]:
    """Name each expiry by its month, with a number where the month was cashed before.

    That happens only where points came into a month after its expiry, such as by a late close.
    """
    before = RspConversion.objects.filter(
        representative_id__in={lot.representative_id for lot in lots},
        target=ConversionTarget.EXPIRY,
    ).values_list("representative_id", "token")
    turns: dict[tuple[int, str], int] = {}
    for number, token in before:
        key = (number, token.split(":")[1])
        turns[key] = turns.get(key, 0) + 1
    names = []
    for lot in lots:
        turn = turns.get((lot.representative_id, lot.label), 0)
        names.append(f"{lot.label}:{turn + 1}" if turn else lot.label)
    return names
