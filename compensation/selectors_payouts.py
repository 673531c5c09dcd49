"""Reads of payees and payouts: who can be paid, or exactly why not, and what is on its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import connection

from compensation import payout_posting, selectors_ledger
from compensation.models import (
    Account,
    BatchStatus,
    CheckStatus,
    Payee,
    Payout,
    PayoutBatch,
    PayoutStatus,
)
from representatives.clock import company_zone
from representatives.models import Company, Representative, User

SATURDAY = 5


class HoldCode(StrEnum):
    """Why a balance is not paid out now."""

    KYC = "kyc"
    TAX_FORM = "tax_form"
    BANK_ACCOUNT = "bank_account"
    COOLING = "cooling"
    BELOW_MINIMUM = "below_minimum"
    HELD = "held"
    NEGATIVE_BALANCE = "negative_balance"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason why a balance is held.

    `detail` is what staff wrote (held), or the state of the check (kyc, tax_form, bank_account);
    `until` the instant from which it is no longer so, where that is known; `missing_minor` what the
    balance is short of.
    """

    code: HoldCode
    detail: str = ""
    until: datetime | None = None
    missing_minor: int = 0


@dataclass(frozen=True, slots=True)
class PayoutStanding:
    """Where a representative stands; amounts in minor units of `currency`.

    `balance_minor` is posted and neither paid nor on its way; `payable_minor` of it goes out with
    the next batch, nought while there is a reason to hold; `in_transit_minor` is with the bank.
    """

    balance_minor: int
    payable_minor: int
    in_transit_minor: int
    reasons: tuple[Hold, ...]
    currency: str
    payee: Payee | None

    @property
    def is_held(self) -> bool:
        """Whether something is owed that the next batch will not pay."""
        return self.balance_minor > 0 and bool(self.reasons)


def standing(representative: Representative, now: datetime) -> PayoutStanding:
    """Return what a representative will be paid next, or every reason why not.

    A balance of nought is not held: it has a reason only if it is negative.
    """
    currency = Company.objects.values_list("currency", flat=True).get(pk=Company.ONLY_ID)
    payee = Payee.objects.filter(representative=representative).first()
    held = selectors_ledger.balances(
        representative.pk, (Account.COMMISSION_PAYABLE, Account.PAYOUT_IN_TRANSIT), currency
    )
    balance, in_transit = held[Account.COMMISSION_PAYABLE], held[Account.PAYOUT_IN_TRANSIT]
    reasons = (*_balance_holds(balance), *_payee_holds(representative, payee, now))
    return PayoutStanding(
        balance_minor=balance,
        payable_minor=balance if balance > 0 and not reasons else 0,
        in_transit_minor=in_transit,
        reasons=reasons,
        currency=currency,
        payee=payee,
    )


def _balance_holds(balance: int) -> list[Hold]:
    if balance < 0:
        return [Hold(HoldCode.NEGATIVE_BALANCE, missing_minor=-balance)]
    if 0 < balance < settings.PAYOUT_MINIMUM_MINOR:
        return [Hold(HoldCode.BELOW_MINIMUM, missing_minor=settings.PAYOUT_MINIMUM_MINOR - balance)]
    return []


def _payee_holds(representative: Representative, payee: Payee | None, now: datetime) -> list[Hold]:
    """The same tests as `payout_posting.PAYABLE_PAYEE`, each by its name."""
    found = []
    if representative.status == Representative.Status.SUSPENDED:
        found.append(Hold(HoldCode.SUSPENDED))
    if payee is not None and payee.held:
        found.append(Hold(HoldCode.HELD, detail=payee.held_reason))
    for code, status in (
        (HoldCode.KYC, payee.kyc_status if payee else CheckStatus.NONE),
        (HoldCode.TAX_FORM, payee.tax_form_status if payee else CheckStatus.NONE),
    ):
        if status != CheckStatus.APPROVED:
            found.append(Hold(code, detail=status))
    if payee is None or not payee.account_version:
        found.append(Hold(HoldCode.BANK_ACCOUNT, detail="none"))
    elif payee.refused_version >= payee.account_version:
        found.append(Hold(HoldCode.BANK_ACCOUNT, detail="refused"))
    elif payee.usable_from is not None and payee.usable_from > now:
        found.append(Hold(HoldCode.COOLING, until=payee.usable_from))
    return found


def next_payout_date(now: datetime) -> date:
    """Return the day on which the next batch is planned: the company's day of the month.

    A weekend's day moves to the Monday after; bank holidays are the bank's to move.
    """
    today = now.astimezone(company_zone()).date()
    day = today.replace(day=min(settings.PAYOUT_DAY, 28))
    while (moved := _working_day(day)) < today:
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=day.day)
    return moved


def _working_day(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= SATURDAY else 0)


def list_payouts(representative: Representative) -> list[Payout]:
    """Return a representative's payouts, the latest first, without those of withdrawn drafts."""
    return list(
        Payout.objects.filter(representative=representative)
        .exclude(status=PayoutStatus.CANCELLED)
        .select_related("batch")
        .order_by("-id")[:100]
    )


def announced_payout(representative: Representative) -> Payout | None:
    """Return the payout of a batch that is being prepared, or None."""
    return (
        Payout.objects.filter(
            representative=representative,
            status=PayoutStatus.RESERVED,
            batch__status__in=[BatchStatus.DRAFT, BatchStatus.APPROVED],
        )
        .select_related("batch")
        .order_by("id")
        .first()
    )


def stale_payouts(batch: PayoutBatch, *, now: datetime) -> list[str]:
    """Return the identifications of reserved payouts that may not go out any more, at most 100.

    Since the draft the payee was held, suspended or refused, entered another account, or owes.
    """
    return [name for (name,) in _stale("o.end_to_end_id", "ORDER BY o.id LIMIT 100", batch, now)]


def is_many_payable(*, more_than: int, now: datetime) -> bool:
    """Return whether a draft would have more payouts than that.

    Balances are added up only if so many payees could be paid at all.
    """
    papers = Payee.objects.filter(
        kyc_status=CheckStatus.APPROVED, tax_form_status=CheckStatus.APPROVED, held=False
    )
    limit = more_than + 1
    if papers[:limit].count() < limit:
        return False
    currency = Company.objects.values_list("currency", flat=True).get(pk=Company.ONLY_ID)
    return payout_posting.count_payable(currency=currency, now=now, limit=limit) == limit


def count_stale(batch: PayoutBatch, *, now: datetime) -> int:
    """Return how many payouts `stale_payouts` would name if it named all."""
    return int(_stale("count(*)", "", batch, now)[0][0])


def _stale(wanted: str, order: str, batch: PayoutBatch, now: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {wanted} {payout_posting.STALE_PAYOUTS} {order}",
            {
                "batch": batch.pk,
                "now": now,
                "currency": batch.currency,
                "payable": Account.COMMISSION_PAYABLE.value,
            },
        )
        return list(cursor.fetchall())


def has_worked_on(batch: PayoutBatch, person: User) -> bool:
    """Whether somebody made a batch or ever edited it, and so may not approve it."""
    return person.pk == batch.made_by_id or batch.edits.filter(by=person).exists()


def content_digest(batch: PayoutBatch) -> str:
    """Return the digest of what a batch pays whom: its reserved or sent payouts, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT encode(sha256(convert_to(coalesce(string_agg(concat_ws('|', end_to_end_id,"
            " amount_minor, iban, bic, holder_name), chr(10) ORDER BY id), ''), 'UTF8')), 'hex')"
            " FROM compensation_payout WHERE batch_id = %s AND status <> 'cancelled'",
            [batch.pk],
        )
        return str(cursor.fetchone()[0])
