"""What conversions by hand and at expiry have in common: locks, rates, postings, refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, OperationalError, connection
from django.db.models import Sum
from django.utils.translation import gettext

from compensation import ledger, selectors_bank
from compensation.engine.conversion import NoBankError, Quote, Table, Target, table_of
from compensation.models import Account, Balance, ConversionTarget, RspConversion
from compensation.selectors_bank import Promise
from compensation.services.errors import Busy
from compensation.services.periods import hold_if_open
from representatives.errors import UnableTo
from representatives.models import User

RSP, BV = "RSP", "BV"
BANK_LOCK = 5_093  # first key of the two-key advisory locks, one for each bank


class UnableToConvert(UnableTo):
    """Points can't be converted; `reason` is a word for it, `points` a figure that belongs to it.

    Reasons: ``no_bank``, ``no_period``, ``not_yours``, ``membership``, ``token``, ``not_positive``,
    ``too_few`` (`points`: the fewest), ``not_active`` (`points`: what is active), ``no_bv``,
    ``worth_nothing``, ``rate_changed``, ``bank_changed``.
    """

    def __init__(
        self, message: str, field: str | None = None, *, reason: str, points: int = 0
    ) -> None:
        super().__init__(message, field)
        self.reason = reason
        self.points = points


@dataclass(frozen=True, slots=True)
class Act:
    """Under which plan and in which period somebody converts, and when."""

    promise: Promise
    by: User
    now: datetime


def lock_banks(people: Sequence[int]) -> None:
    """Lock people's banks until the transaction ends, in order of id; twice is free.

    :raises django.db.OperationalError: if one is held longer than the role's lock time-out.
    """
    assert connection.in_atomic_block, "a bank is locked inside a transaction"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, (number %% 2147483647)::int) FROM ("
            " SELECT number FROM unnest(%s::bigint[]) AS one (number) ORDER BY number) held",
            [BANK_LOCK, sorted(set(people))],
        )


def hold_promise(now: datetime) -> Promise:
    """Return the plan in force and its open period, held so that a freeze waits."""
    held = selectors_bank.promise(now)
    if held is not None and hold_if_open(held.period):
        return held
    raise UnableToConvert(
        gettext("No open month holds the present day: try again later."), reason="no_period"
    )


def in_banks(people: Sequence[int]) -> dict[int, int]:
    """Return what the ledger holds in these people's banks, hundredths; nobody with nothing."""
    held = Balance.objects.filter(representative_id__in=people, account=Account.RSP_BANK, unit=RSP)
    sums = held.values("representative_id").annotate(points=Sum("amount"))
    rows = sums.values_list("representative_id", "points")
    return {number: int(points) for number, points in rows}


def require_unmoved(before: dict[int, int], taken: dict[int, int]) -> None:
    """Refuse a posting that was worked out from banks which others have moved meanwhile.

    A person's lock keeps conversions apart, not returns and adjustments. Call after the posting:
    the ledger's lock is held, so that nobody posts between this look and the commit.

    :raises UnableToConvert: if a bank holds other than what it held ``before`` less what was
        ``taken``.
    """
    after = in_banks(list(taken))
    if any(after.get(one, 0) != before.get(one, 0) - points for one, points in taken.items()):
        raise UnableToConvert(
            gettext("Points came or went a moment ago: look at the balance again."),
            "points",
            reason="bank_changed",
        )


def table_in_force(held: Promise) -> Table:
    """Return what decides on conversions under the plan in force.

    :raises UnableToConvert: if the plan has no bank.
    """
    try:
        return table_of(held.plan)
    except NoBankError as fault:
        raise UnableToConvert(
            gettext("The plan in force has no RSP bank: points can't be converted."),
            reason="no_bank",
        ) from fault


def entries_of(worth: Quote, held: Promise) -> tuple[tuple[Account, str, int], ...]:
    """Return the entries of a conversion's journal; noughts are for the ledger to leave out."""
    currency = held.plan.currency
    return (
        (Account.RSP_BANK, RSP, -worth.points),
        (Account.CLEARING, RSP, worth.points),
        (Account.CLEARING, currency, -worth.cash),
        (Account.COMMISSION_PAYABLE, currency, worth.cash),
        (Account.CLEARING, BV, -worth.bv),
        (Account.VOLUME_BOUGHT, BV, worth.bv),
    )


def row_of(
    act: Act,
    person: int,
    worth: Quote,
    *,
    target: ConversionTarget,
    token: str,
    journal: int,
) -> RspConversion:
    """Return the row of a conversion, not saved yet."""
    return RspConversion(
        representative_id=person,
        token=token,
        target=target,
        asked=worth.asked,
        points=worth.points,
        cash_minor=worth.cash,
        bv=worth.bv,
        decomposition=decomposition(worth),
        plan_version=act.promise.version,
        period=act.promise.period,
        journal_id=journal,
        by=act.by,
        converted_at=act.now,
    )


def decomposition(worth: Quote) -> dict[str, Any]:
    """Return the lumps of a quote as plain data: hundredths and minor units."""
    return {
        "lumps": [
            {
                "points": lump.tier.points,
                "count": lump.count,
                "cash": lump.cash if worth.target is Target.CASH else 0,
                "bv": lump.bv if worth.target is Target.BV else 0,
            }
            for lump in worth.lumps
        ],
        "rest": worth.rest,
        "rest_cash": worth.rest_cash,
    }


def busy(fault: OperationalError | ledger.LedgerBusy) -> Exception:
    """A lock that others hold too long is told; anything else is a fault."""
    state = getattr(fault.__cause__, "sqlstate", None)
    if isinstance(fault, ledger.LedgerBusy) or state in ledger.HELD_BY_OTHERS:
        return Busy("Your bank is busy at the moment: try again.")
    return fault


def refused(fault: IntegrityError) -> Exception:
    """Points that a return took away at the same moment are told; anything else is a fault."""
    if ledger.violated(fault) == "balance_not_overdrawn":
        return UnableToConvert(
            gettext("Points were taken back a moment ago: look at the balance again."),
            "points",
            reason="bank_changed",
        )
    return fault


def shown(points: int) -> str:
    """Write points for an error's plain text."""
    whole, rest = divmod(points, 100)
    return f"{whole:,}" + (f".{rest:02d}" if rest else "")
