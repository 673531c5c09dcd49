"""The files of a sent batch: made from its rows whenever asked for, always the same bytes."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.utils.translation import gettext as _

from compensation.models import PartStatus, PayoutBatch, PayoutPart
from compensation.payment_file import Account, Message, Payment, payment_file
from compensation.services.errors import UnableToPayOut
from compensation.services.payouts import FILE
from representatives.clock import company_zone


@transaction.atomic
def part_file(*, part: PayoutPart) -> bytes:
    """Return a file of a sent batch as `make_file` does, and keep the first one's digest.

    Once the bank answered, the file is not handed out again: what it refused is released, and
    would be paid beside that if somebody handed the file in now. Locks the batch, then the part.

    :raises UnableToPayOut: if the batch goes by no file, the bank has answered, or the file is
        not the one that was made before.
    """
    batch = PayoutBatch.objects.select_for_update().get(pk=part.batch_id)
    if batch.channel != FILE:
        raise UnableToPayOut(_("This batch went to the bank without a file."))
    found = PayoutPart.objects.select_for_update(of=("self",)).get(pk=part.pk)
    if found.status != PartStatus.READY:
        raise UnableToPayOut(_("The bank has answered to this file: it is not handed out again."))
    data = make_file(found)
    if not found.file_digest:
        found.file_digest = digest_of(data)
        found.save(update_fields=["file_digest"])
    return data


def make_file(part: PayoutPart) -> bytes:
    """Return a file of a sent batch as pain.001.001.09, validated against its schema.

    :raises UnableToPayOut: if it differs from the file that was made before.
    """
    data = _made(part)
    if part.file_digest and part.file_digest != digest_of(data):
        raise UnableToPayOut(_("This file is not the one that was made before: don't use it."))
    return data


def digest_of(data: bytes) -> str:
    """Return what a file is known by."""
    return hashlib.sha256(data).hexdigest()


def _made(part: PayoutPart) -> bytes:
    batch = part.batch
    assert batch.sent_at is not None, "a part is of a sent batch"
    message = Message(
        message_id=part.message_id,
        created_at=batch.sent_at.astimezone(company_zone()),
        execution_date=batch.execution_date,
        debtor=Account(batch.debtor_name, batch.debtor_iban, batch.debtor_bic),
    )
    payouts = batch.payouts.filter(part=part.number).order_by("pk")
    return payment_file(
        message,
        [
            Payment(
                end_to_end_id=payout.end_to_end_id,
                creditor=Account(payout.holder_name, payout.iban, payout.bic),
                amount_minor=payout.amount_minor,
                text=f"{batch.debtor_name} {payout.end_to_end_id}",
            )
            for payout in payouts
        ],
    )
