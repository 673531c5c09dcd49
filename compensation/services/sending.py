"""Carry the files of a sent batch to the bank, and fetch its answers: the HTTP channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from compensation import bank_channel, event_notices, payout_posting
from compensation.answer_files import NoAnswersError
from compensation.bank_channel import BankWord, Word
from compensation.fault_points import reach
from compensation.models import (
    BatchStatus,
    PartStatus,
    Payout,
    PayoutBatch,
    PayoutPart,
    PayoutStatus,
)
from compensation.services.bank_answers import AnswerReport, import_answers
from compensation.services.bank_files import digest_of, make_file
from compensation.services.errors import UnableToImportAnswers
from compensation.services.payouts import HTTP, close_if_ended, open_period
from representatives import alerts, outbox
from representatives.clock import company_now
from representatives.models import OutboxEvent, User


def send_part(*, key: str, payload: dict[str, Any]) -> None:
    """Post one file of a batch; called by the outbox (apps.py), again after a crash.

    The file's identification is the key, so that the bank knows a repeat. No lock is held while it
    thinks: its answer may come in by another way meanwhile. A repeat that it refuses is unknown,
    not refused: it may refuse it because it has the file of the first attempt.

    :raises representatives.outbox.NotDeliveredError: if the file surely was not looked at.
    """
    part = PayoutPart.objects.get(pk=payload["part"])
    if part.status == PartStatus.READY:
        data = make_file(part)
        said = bank_channel.post_file(key=part.message_id, data=data)
        reach("send.answered")
        if said.word is Word.REFUSED and _was_tried_before(key):
            said = BankWord(Word.UNKNOWN, f"{said.detail} to a repetition")
        note_answer(part=part, said=said, digest=digest_of(data), now=company_now())


def _was_tried_before(key: str) -> bool:
    """Whether the outbox began with an event before, of which nothing came that is certain."""
    return OutboxEvent.objects.filter(key=key, attempts__gt=1).exists()


@transaction.atomic
def note_answer(*, part: PayoutPart, said: BankWord, digest: str, now: datetime) -> PayoutPart:
    """Note what the bank said to the file of a digest: accepted, refused whole, or unknown.

    What the bank has said of single payouts meanwhile stands. Refused payouts are released;
    unknown ones wait for an answer and are never sent anew. Locks the batch.

    :raises UnableToPayOut: if no open period holds the clock.
    """
    batch = PayoutBatch.objects.select_for_update().get(pk=part.batch_id)
    found = PayoutPart.objects.select_for_update(of=("self",)).get(pk=part.pk)
    if found.status != PartStatus.READY:
        return found
    found.status, found.detail, found.answered_at = PartStatus(said.word.value), said.detail, now
    found.file_digest = found.file_digest or digest
    found.save(update_fields=["status", "detail", "answered_at", "file_digest"])
    if said.word is Word.REFUSED:
        payout_posting.refuse_part(
            batch=batch, part=found.number, reason=said.detail, period=open_period(now), now=now
        )
        event_notices.tell_part_refused(batch, found.number, now=now)
        close_if_ended(batch, now)
    elif said.word is Word.UNKNOWN:
        Payout.objects.filter(batch=batch, part=found.number, status=PayoutStatus.SENT).update(
            status=PayoutStatus.UNKNOWN, changed_at=now
        )
        alerts.raise_alert(
            code="payout_unknown",
            key=f"payout-part:{found.pk}",
            text=(
                f"Whether the bank has file {found.message_id} is not certain ({said.detail})."
                " Nothing is sent again: import its answers, or ask the bank."
            ),
            now=now,
        )
    return found


def fetch_answers(*, by: User, now: datetime) -> list[AnswerReport]:
    """Ask the bank about every file of the HTTP channel with open payouts; import what it says.

    Each is asked, whatever becomes of the others: what can be imported is, before this raises.

    :raises representatives.outbox.NotDeliveredError: if the bank can't be asked about one.
    :raises UnableToImportAnswers: if it answers with something else than answers.
    """
    still_open = Payout.objects.filter(
        batch=OuterRef("batch"),
        part=OuterRef("number"),
        status__in=[PayoutStatus.SENT, PayoutStatus.UNKNOWN],
    )
    waiting = PayoutPart.objects.filter(
        Exists(still_open), batch__status=BatchStatus.SENT, batch__channel=HTTP
    )
    reports: list[AnswerReport] = []
    faults: list[Exception] = []
    for part in waiting.order_by("pk"):
        try:
            data = bank_channel.get_status(key=part.message_id)
            if data is not None:
                name = f"status of {part.message_id}"
                reports.append(import_answers(file=data, by=by, now=now, name=name))
        except (outbox.NotDeliveredError, UnableToImportAnswers) as fault:
            if not isinstance(fault.__cause__, NoAnswersError):
                faults.append(fault)
    if faults:
        raise faults[0]
    return reports
