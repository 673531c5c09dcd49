"""Payout batches: drafted by one person, approved by another, then sent.

Every act locks the batch first, from the check to the change of its state, so that of a cancel and
a send only one happens. Journals come last: posting holds the ledger's lock.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _
from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from compensation import event_notices, ledger, payout_posting, selectors, selectors_payouts
from compensation.fault_points import reach
from compensation.models import (
    FLAGS_TO_NOTE,
    OPEN_PAYOUTS,
    BatchStatus,
    Payout,
    PayoutBatch,
    PayoutPart,
    PayoutStatus,
    Period,
)
from compensation.models.payees import REASON_LENGTH
from compensation.payment_file import CURRENCY, NAME_LIMIT, bank_text
from compensation.services.errors import NobodyPayable, OwnBatch, UnableToPayOut
from compensation.services.periods import hold_if_open
from representatives import outbox
from representatives.clock import company_zone
from representatives.locks import AdvisoryLock
from representatives.models import Company, User

SEND_TOPIC = "bank.send"
FILE, HTTP = "file", "http"
STALE_SHOWN = 5


def draft_batch(*, by: User, now: datetime, execution_date: date) -> PayoutBatch:
    """Reserve the whole balance of everybody payable, each as a payout of a new draft.

    One statement writes payouts and journals, whatever their number; the ledger's lock is taken
    before balances are read, so that nobody is paid twice and no balance is overdrawn.

    :raises UnableToPayOut: if nobody is payable, the day is past, the company's currency is not
        the euro, or no open period holds the clock.
    :raises compensation.ledger.LedgerBusy: if others post for too long.
    """
    _require_staff(by)
    with transaction.atomic():
        currency = Company.objects.values_list("currency", flat=True).get(pk=Company.ONLY_ID)
        if currency != CURRENCY:
            raise UnableToPayOut(_("Payment files of the SEPA scheme are in euro only."))
        _refuse_past(execution_date, now)
        period = open_period(now)
        with ledger.waiting(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [AdvisoryLock.LEDGER])
        batch = PayoutBatch.objects.create(
            reference=_reference(execution_date),
            currency=currency,
            execution_date=execution_date,
            made_by=by,
            made_at=now,
        )
        count, _total = payout_posting.reserve_payouts(batch=batch, period=period, now=now)
        if not count:
            raise NobodyPayable(_("Nobody can be paid now: everything is held or paid."))
        reach("reserve.before_commit")
    reach("reserve.after_commit")
    return batch


@transaction.atomic
def remove_payout(*, payout: Payout, reason: str, by: User, now: datetime) -> PayoutBatch:
    """Take a payout out of a batch and release it; an approved batch is a draft again.

    Whoever removes may not approve what is left.

    :raises UnableToPayOut: if the batch was sent or the payout is not reserved, or no reason.
    """
    _require_staff(by)
    batch = _locked(payout.batch_id)
    _require(batch, BatchStatus.DRAFT, BatchStatus.APPROVED)
    found = Payout.objects.select_for_update().get(pk=payout.pk)
    if found.status != PayoutStatus.RESERVED:
        raise UnableToPayOut(_("This payout was removed before."))
    _back_to_draft(batch, by)
    payout_posting.end_payouts(
        [payout_posting.Outcome(found.pk, PayoutStatus.CANCELLED, _reason(reason)[:140])],
        currency=batch.currency,
        period=open_period(now),
        now=now,
    )
    return batch


@transaction.atomic
def remove_stale_payouts(*, batch: PayoutBatch, by: User, now: datetime) -> int:
    """Remove whatever may not be paid any more since the draft, all at once; return how many.

    :raises UnableToPayOut: if the batch was sent or cancelled.
    """
    _require_staff(by)
    found = _locked(batch.pk)
    _require(found, BatchStatus.DRAFT, BatchStatus.APPROVED)
    if not selectors_payouts.stale_payouts(found, now=now):
        return 0
    _back_to_draft(found, by)
    return payout_posting.cancel_stale_payouts(
        batch=found, reason="not payable any more", period=open_period(now), now=now
    )


def approve_batch(
    *, batch: PayoutBatch, by: User, now: datetime, noted: Collection[str] = ()
) -> PayoutBatch:
    """Approve what a batch pays whom; nothing else can be sent afterwards.

    `noted` names the flags that the approver has looked at: a batch with payouts to an account of
    several representatives is not approved in passing.

    :raises OwnBatch: if the person made the batch or ever edited it.
    :raises UnableToPayOut: if it is no draft or empty, its day is past, a flag is not noted, or a
        payout may not go out any more.
    """
    _require_staff(by)
    with transaction.atomic():
        found = _locked(batch.pk)
        _require(found, BatchStatus.DRAFT)
        if selectors_payouts.has_worked_on(found, by):
            raise OwnBatch(_("Somebody else has to approve: you made or edited this batch."))
        if not found.payouts.filter(status=PayoutStatus.RESERVED).exists():
            raise UnableToPayOut(_("The batch is empty."))
        _refuse_past(found.execution_date, now)
        missing = [flag for flag in FLAGS_TO_NOTE if flag not in noted and _has(found, flag)]
        if missing:
            names = ", ".join(flag.label for flag in missing)
            raise UnableToPayOut(_("Look at these first: %(flags)s") % {"flags": names}, "noted")
        _refuse_stale(found, now)
        found.status = BatchStatus.APPROVED
        found.approved_by, found.approved_at = by, now
        found.noted_flags = sorted(set(noted))
        found.content_digest = selectors_payouts.content_digest(found)
        found.save(
            update_fields=[
                *("status", "approved_by", "approved_at", "noted_flags", "content_digest"),
            ]
        )
    return found


@transaction.atomic
def change_execution_date(
    *, batch: PayoutBatch, execution_date: date, by: User, now: datetime
) -> PayoutBatch:
    """Set another day of payment; an approved batch is a draft again, to be approved by another.

    :raises UnableToPayOut: if the batch was sent or cancelled, or the day is past.
    """
    _require_staff(by)
    found = _locked(batch.pk)
    _require(found, BatchStatus.DRAFT, BatchStatus.APPROVED)
    _refuse_past(execution_date, now)
    if execution_date != found.execution_date:
        _back_to_draft(found, by)
        found.execution_date = execution_date
        found.save(update_fields=["execution_date"])
    return found


@transaction.atomic
def cancel_batch(*, batch: PayoutBatch, reason: str, by: User, now: datetime) -> PayoutBatch:
    """Cancel a batch that was not sent and release all of its payouts.

    :raises UnableToPayOut: if it was sent or cancelled, or there is no reason.
    """
    _require_staff(by)
    found = _locked(batch.pk)
    _require(found, BatchStatus.DRAFT, BatchStatus.APPROVED)
    found.cancel_reason = _reason(reason)
    found.status, found.cancelled_by, found.ended_at = BatchStatus.CANCELLED, by, now
    found.approved_by, found.approved_at, found.content_digest = None, None, ""
    found.save(
        update_fields=[
            *("status", "cancelled_by", "cancel_reason", "ended_at", "approved_by"),
            *("approved_at", "content_digest"),
        ]
    )
    payout_posting.cancel_payouts(batch=found, period=open_period(now), now=now)
    return found


def send_batch(*, batch: PayoutBatch, by: User, now: datetime) -> PayoutBatch:
    """Let an approved batch go: from here on it can't be cancelled, only answered.

    By the channel `file` its files can be downloaded from now on, and staff confirm that the bank
    has them; by `http` the outbox carries them. Nothing is sent that differs from what was
    approved.

    :raises UnableToPayOut: if it is not approved, its content differs, its day is past, a payout
        may not go out any more, or the company's account is not set.
    """
    _require_staff(by)
    debtor_iban, debtor_bic = _debtor()
    with transaction.atomic():
        found = _locked(batch.pk)
        _require(found, BatchStatus.APPROVED)
        if selectors_payouts.content_digest(found) != found.content_digest:
            raise UnableToPayOut(_("The batch is not what was approved: don't send it."))
        _refuse_past(found.execution_date, now)
        _refuse_stale(found, now)
        found.status, found.channel = BatchStatus.SENT, settings.BANK_CHANNEL
        found.sent_by, found.sent_at = by, now
        company = Company.objects.get(pk=Company.ONLY_ID)
        found.debtor_name = bank_text(company.name, NAME_LIMIT)
        found.debtor_iban, found.debtor_bic = debtor_iban, debtor_bic
        found.save(
            update_fields=[
                *("status", "channel", "sent_by", "sent_at"),
                *("debtor_name", "debtor_iban", "debtor_bic"),
            ]
        )
        parts = _send_payouts(found, now)
        event_notices.tell_payouts_sent(found, now=now)
        if found.channel == HTTP:
            for part in parts:
                outbox.enqueue(topic=SEND_TOPIC, key=sending_key(part), payload={"part": part.pk})
        reach("send.before_commit")
    reach("send.after_commit")
    return found


@transaction.atomic
def confirm_sending(*, batch: PayoutBatch, by: User, now: datetime) -> PayoutBatch:
    """Note that staff have handed the files of a sent batch to the bank; once.

    :raises UnableToPayOut: if the batch is not sent by file.
    """
    _require_staff(by)
    found = _locked(batch.pk)
    _require(found, BatchStatus.SENT)
    if found.channel != FILE:
        raise UnableToPayOut(_("This batch went to the bank without a file."))
    if found.confirmed_at is None:
        found.confirmed_by, found.confirmed_at = by, now
        found.save(update_fields=["confirmed_by", "confirmed_at"])
    return found


def sending_key(part: PayoutPart) -> str:
    """Return the outbox's key of a file's way to the bank."""
    return f"batch:{part.batch_id}" + (f":{part.number}" if part.number > 1 else "")


def open_period(now: datetime) -> Period:
    """Return the period that takes journals at an instant, held so that a freeze waits.

    :raises UnableToPayOut: if no open period holds the clock.
    :raises compensation.ledger.LedgerBusy: if others hold it for too long.
    """
    period = selectors.current_period(now)
    if period is None or not hold_if_open(period):
        raise UnableToPayOut(_("No open month holds this day."))
    return period


def close_if_ended(batch: PayoutBatch, now: datetime) -> None:
    """Close a sent batch of which every payout has ended; the caller has locked it."""
    open_ones = batch.payouts.filter(status__in=OPEN_PAYOUTS)
    if batch.status == BatchStatus.SENT and not open_ones.exists():
        batch.status, batch.ended_at = BatchStatus.CLOSED, now
        batch.save(update_fields=["status", "ended_at"])


def _debtor() -> tuple[str, str]:
    """Return the company's IBAN and BIC as files bear them: what is sent can't be mended.

    :raises UnableToPayOut: if settings name none that the schema of the files would take.
    """
    try:
        account = IBAN(settings.PAYOUT_DEBTOR_IBAN)
        bank = BIC(settings.PAYOUT_DEBTOR_BIC).compact if settings.PAYOUT_DEBTOR_BIC else ""
    except SchwiftyException as fault:
        raise UnableToPayOut(
            _("The company's bank account is not set (PAYOUT_DEBTOR_IBAN).")
        ) from fault
    return account.compact, bank


def _reference(day: date) -> str:
    """Return the next batch's reference: the day of payment and the number of batches so far."""
    number = PayoutBatch.objects.count() + 1
    return f"{settings.PAYOUT_REFERENCE_PREFIX}{day:%Y%m%d}-{number}"


def _send_payouts(batch: PayoutBatch, now: datetime) -> list[PayoutPart]:
    """Mark the payouts sent, shared out over files, and note the files."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE compensation_payout p SET status = 'sent', part = n.part, changed_at = %s"
            " FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s + 1 AS part"
            " FROM compensation_payout WHERE batch_id = %s AND status = 'reserved') n"
            " WHERE p.id = n.id",
            [now, settings.PAYOUT_FILE_ROWS, batch.pk],
        )
    sums = (
        batch.payouts.filter(status=PayoutStatus.SENT)
        .values("part")
        .annotate(count=Count("pk"), total=Sum("amount_minor"))
        .order_by("part")
    )
    return PayoutPart.objects.bulk_create(
        PayoutPart(
            batch=batch,
            number=int(one["part"] or 0),
            message_id=f"{batch.reference}.{one['part']}",
            payout_count=one["count"],
            total_minor=one["total"],
        )
        for one in sums
    )


def _locked(number: int) -> PayoutBatch:
    return PayoutBatch.objects.select_for_update().get(pk=number)


def _require(batch: PayoutBatch, *statuses: BatchStatus) -> None:
    if batch.status not in statuses:
        raise UnableToPayOut(
            _("The batch %(reference)s is %(status)s.")
            % {"reference": batch.reference, "status": batch.get_status_display().lower()}
        )


def _back_to_draft(batch: PayoutBatch, by: User) -> None:
    batch.status, batch.edited_by = BatchStatus.DRAFT, by
    batch.approved_by, batch.approved_at, batch.content_digest = None, None, ""
    batch.noted_flags = []
    batch.save(
        update_fields=[
            *("status", "edited_by", "approved_by", "approved_at", "content_digest"),
            "noted_flags",
        ]
    )


def _has(batch: PayoutBatch, flag: str) -> bool:
    return batch.payouts.filter(status=PayoutStatus.RESERVED, flags__contains=[flag]).exists()


def _refuse_past(day: date, now: datetime) -> None:
    if day < now.astimezone(company_zone()).date():
        raise UnableToPayOut(_("The day of payment is past."), "execution_date")


def _refuse_stale(batch: PayoutBatch, now: datetime) -> None:
    stale = selectors_payouts.stale_payouts(batch, now=now)
    if stale:
        names = ", ".join(stale[:STALE_SHOWN]) + ("…" if len(stale) > STALE_SHOWN else "")
        raise UnableToPayOut(
            _("Remove first what may not be paid any more: %(names)s") % {"names": names}
        )


def _require_staff(by: User) -> None:
    if not (by.is_active and by.is_staff):
        raise UnableToPayOut(_("Only staff can do this."))


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not reason:
        raise UnableToPayOut(_("Say why."), "reason")
    if not reason.isprintable():
        raise UnableToPayOut(_("Say why in a few words."), "reason")
    return reason[:REASON_LENGTH]
