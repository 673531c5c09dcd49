"""What the bank says and can't be true: kept for ever, told to staff once for each file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from compensation.models import (
    AnswerContradiction,
    AnswerFile,
    PartStatus,
    Payout,
    PayoutBatch,
    PayoutPart,
)
from compensation.services.payouts import FILE, HTTP, sending_key
from representatives import alerts, outbox
from representatives.models import OutboxEvent

MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A line of a file that speaks against the state of its payout."""

    payout: Payout
    code: str
    reason: str


def not_handed_over(batches: Iterable[PayoutBatch]) -> dict[tuple[int, int | None], str]:
    """Return the files, by batch and number, that the bank can't have yet, and why that is so.

    By file it has them once staff say so. By HTTP an attempt that is under way, or of which
    nothing certain came, may have brought it: its answer may be here before its end.
    """
    found: dict[tuple[int, int | None], str] = {}
    waiting: dict[str, tuple[int, int | None]] = {}
    by_number = {batch.pk: batch for batch in batches}
    ready = PayoutPart.objects.filter(batch__in=by_number, status=PartStatus.READY)
    for part in ready:
        batch, place = by_number[part.batch_id], (part.batch_id, part.number)
        if batch.channel == FILE and batch.confirmed_at is None:
            found[place] = _("Say first that the bank has the files of this batch.")
        elif batch.channel == HTTP:
            waiting[sending_key(part)] = place
    events = OutboxEvent.objects.filter(key__in=waiting).exclude(last_error=outbox.UNFINISHED)
    for key in events.values_list("key", flat=True):
        found[waiting[key]] = _("Its file was not handed to the bank yet.")
    return found


def note_contradictions(
    contradictions: Sequence[Contradiction], file: AnswerFile, now: datetime
) -> None:
    """Keep what is new of a file's contradictions, and raise one alert that names the first."""
    known = set(
        AnswerContradiction.objects.filter(
            payout__in={one.payout.pk for one in contradictions}
        ).values_list("payout_id", "code", "reason", "status")
    )
    new = {
        key: AnswerContradiction(
            payout=one.payout,
            code=one.code,
            reason=one.reason,
            status=one.payout.status,
            file=file,
            noted_at=now,
        )
        for one in contradictions
        if (key := (one.payout.pk, one.code, one.reason, one.payout.status)) not in known
    }
    if not new:
        return
    AnswerContradiction.objects.bulk_create(new.values())
    told = [
        f"{one.payout.end_to_end_id} is {one.status}, answered {one.code}" for one in new.values()
    ]
    more = f" and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
    alerts.raise_alert(
        code="payout_contradiction",
        key=f"answers:{file.pk}",
        text=(
            f"{len(told)} answers of the bank contradict our payouts:"
            f" {'; '.join(told[:MOST_TOLD])}{more}."
            " Ask the bank, then correct what is wrong by an adjustment."
        ),
        now=now,
    )
