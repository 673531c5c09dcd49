"""The RSP bank: points are converted by hand, to cash or to BV.

Every act locks the person's bank first, then the open period, and posts last; what may be taken
is worked out under the lock from what the ledger holds. The database refuses an overdraft, a token
used twice and a conversion that is not its journal.
"""

from __future__ import annotations

import re
from datetime import datetime

from django.db import IntegrityError, OperationalError, transaction
from django.utils.translation import gettext

from compensation import ledger, selectors_bank
from compensation.engine.conversion import Quote, Table, Target, quote
from compensation.engine.lots import Bank
from compensation.fault_points import reach
from compensation.models import ConversionTarget, JournalKind, RspConversion
from compensation.services.bank_shared import (
    Act,
    UnableToConvert,
    busy,
    entries_of,
    hold_promise,
    in_banks,
    lock_banks,
    refused,
    require_unmoved,
    row_of,
    shown,
    table_in_force,
)
from compensation.services.expiry import cash_overdue
from representatives.models import Company, Representative, User

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)


def convert_points(
    *,
    representative: Representative,
    points: int,
    target: ConversionTarget | str,
    token: str,
    by: User,
    now: datetime,
    promised: tuple[int, int] | None = None,
) -> RspConversion:
    """Convert active points (hundredths) to cash or BV at the rates of the plan in force.

    The oldest points go first; what is past its date is cashed before. The same token again
    returns the first conversion. ``promised`` are the cash (minor units) and BV (hundredths) that
    the person was shown: other figures are refused. Locks the person's bank.

    :raises UnableToConvert: with the reason, if the plan has no bank or no BV for points, the
        points are not above nought, too few, or more than are active, the token was used for
        something else, or the figures are no longer those promised.
    :raises Busy: if the bank or the ledger is held by others for too long.
    """
    target = _target(target)
    if not _TOKEN.fullmatch(token):
        raise UnableToConvert(
            gettext("The form is not whole: load the page again."), reason="token"
        )
    if representative.user_id != by.pk and not (by.is_active and by.is_staff):
        raise UnableToConvert(
            gettext("Only the representative can convert points."), reason="not_yours"
        )
    try:
        with transaction.atomic():
            lock_banks([representative.pk])
            found = _done_before(representative, target, points, token)
            if found is not None:
                return found
            person = Representative.objects.get(pk=representative.pk)
            conversion = _convert(person, points, target, token, by, now, promised)
            reach("convert.before_commit")
    except (OperationalError, ledger.LedgerBusy) as fault:
        raise busy(fault) from fault
    except IntegrityError as fault:
        raise refused(fault) from fault
    reach("convert.after_commit")
    return conversion


def _convert(
    person: Representative,
    points: int,
    target: ConversionTarget,
    token: str,
    by: User,
    now: datetime,
    promised: tuple[int, int] | None,
) -> RspConversion:
    if person.status != Representative.Status.ENROLLED:
        raise UnableToConvert(
            gettext("Points can be converted while you are enrolled; they stay in your bank."),
            reason="membership",
        )
    held = hold_promise(now)
    table = table_in_force(held)
    zone = Company.objects.get(pk=Company.ONLY_ID).zone
    cash_overdue([person.pk], held, table, zone=zone, by=None, now=now)
    before = in_banks([person.pk])
    bank = selectors_bank.get_bank(person.pk, now=now, zone=zone)
    worth = priced(table, bank, points, Target(target.value))
    if promised is not None and promised != (worth.cash, worth.bv):
        raise UnableToConvert(
            gettext("The figures have changed: look at them again."), reason="rate_changed"
        )
    draft = ledger.Draft(f"convert:{person.code}:{token}", person.pk, entries_of(worth, held))
    posted = ledger.post_once(
        draft, kind=JournalKind.CONVERSION, period=held.period, effective_at=now
    )
    require_unmoved(before, {person.pk: worth.points})
    row = row_of(
        Act(held, by, now),
        person.pk,
        worth,
        target=target,
        token=token,
        journal=posted.journal_id,
    )
    row.save(force_insert=True)
    return row


def priced(table: Table, bank: Bank, points: int, target: Target) -> Quote:
    """Return what a number of a bank's points brings, if they can be converted.

    :raises UnableToConvert: if not, with the reason.
    """
    if points <= 0:
        raise UnableToConvert(
            gettext("Enter a number of points above nought."), "points", reason="not_positive"
        )
    if points > bank.active:
        raise UnableToConvert(
            gettext("%(shown)s RSP are active.") % {"shown": shown(bank.active)},
            "points",
            reason="not_active",
            points=bank.active,
        )
    least = table.bank.least_points
    if points < least:
        raise UnableToConvert(
            gettext("The fewest to convert are %(shown)s RSP.") % {"shown": shown(least)},
            "points",
            reason="too_few",
            points=least,
        )
    worth = quote(table, points, target)
    if target is Target.BV and not worth.bv:
        if not table.bank.buys_bv:
            raise UnableToConvert(
                gettext("The plan gives no BV for points."), "target", reason="no_bv"
            )
        fewest = table.bank.tiers[0].points if table.bank.tiers else 0
        raise UnableToConvert(
            gettext("BV begins with %(shown)s RSP.") % {"shown": shown(fewest)},
            "points",
            reason="too_few",
            points=fewest,
        )
    if target is Target.CASH and not worth.cash:
        raise UnableToConvert(
            gettext("So few points bring no money."), "points", reason="worth_nothing"
        )
    return worth


def _done_before(
    person: Representative, target: ConversionTarget, points: int, token: str
) -> RspConversion | None:
    """Return the conversion that this token made.

    :raises UnableToConvert: if it was of other points or to something else.
    """
    found = RspConversion.objects.filter(representative=person, token=token).first()
    if found is not None and (found.target, found.asked) != (target.value, points):
        raise UnableToConvert(
            gettext("Points were converted since this page was loaded: look at it again."),
            reason="bank_changed",
        )
    return found


def _target(target: ConversionTarget | str) -> ConversionTarget:
    try:
        found = ConversionTarget(target)
    except ValueError:
        found = ConversionTarget.EXPIRY
    if found is ConversionTarget.EXPIRY:
        raise UnableToConvert(
            gettext("Points are converted to cash or to BV."), "target", reason="no_bv"
        )
    return found
