"""Import what the bank answered: any number of times, each payment ended once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db import connection, transaction
from django.utils.translation import gettext as _

from compensation import event_notices, payout_posting
from compensation.answer_files import AnswerLine, UnreadableAnswersError, read_answers
from compensation.fault_points import reach
from compensation.models import (
    AnswerFile,
    BankAnswer,
    PartStatus,
    Payout,
    PayoutBatch,
    PayoutPart,
    PayoutStatus,
)
from compensation.payout_posting import Outcome
from compensation.services.bank_contradictions import (
    Contradiction,
    not_handed_over,
    note_contradictions,
)
from compensation.services.errors import UnableToImportAnswers
from compensation.services.payouts import close_if_ended, open_period
from representatives import formatting
from representatives.models import User

SETTLED = {"ACSC", "ACCC"}
FAILED = {"RJCT", "CANC"}
UNDER_WAY = {"RCVD", "ACTC", "ACCP", "ACSP", "ACWC", "PDNG"}
# Reasons that lie in the account: nothing is paid to it again until it is entered anew.
ACCOUNT_REASONS = ("AC01", "AC03", "AC04", "AC06", "AC13", "AC14", "AG01", "BE01", "RC01")
# The bank took it for a repetition of what it has, and says nothing of that.
DUPLICATE_REASONS = ("AM05", "DU01", "DU02", "DU03", "DU04", "DU05")
WITH_THE_BANK = (PayoutStatus.SENT, PayoutStatus.UNKNOWN)
NAME_LIMIT = 200


class Verdict(StrEnum):
    """What became of one line."""

    SETTLED = "settled"
    FAILED = "failed"
    PENDING = "pending"
    REPEATED = "repeated"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A line of the file and what became of it; `text` says why it was refused."""

    number: int
    name: str
    verdict: Verdict
    text: str = ""


@dataclass(slots=True)
class AnswerReport:
    """What an import did, line by line in the order of the file."""

    rows: list[AnswerRow] = field(default_factory=list)

    def count(self, verdict: Verdict) -> int:
        """Return how many lines had a verdict."""
        return sum(row.verdict is verdict for row in self.rows)

    @property
    def refused(self) -> list[AnswerRow]:
        """The lines that fit nothing and changed nothing."""
        return [row for row in self.rows if row.verdict is Verdict.REFUSED]


def import_answers(*, file: bytes, by: User, now: datetime, name: str = "") -> AnswerReport:
    """Import a status report or CSV of the bank; the same one again changes nothing.

    All in one transaction, with the batches locked: a payment is settled or failed with its
    journal, or the line is refused and named. Nothing is believed of what was not handed over yet.
    What contradicts an earlier outcome is refused, kept, and named by one alert for the file.

    :raises UnableToImportAnswers: if the file can't be read or no open period holds the clock.
    """
    if not (by.is_active and (by.is_staff or by.is_system)):
        raise UnableToImportAnswers(_("Only staff can do this."))
    return _import(file=file, by=by, now=now, name=name)


def _import(*, file: bytes, by: User, now: datetime, name: str) -> AnswerReport:
    try:
        lines = read_answers(file)
    except UnreadableAnswersError as fault:
        raise UnableToImportAnswers(str(fault), "file") from fault
    with transaction.atomic():
        batches = _lock_batches(lines)
        report = _Import(batches, lines, now).carry_out(_file(file, name, len(lines), by, now))
        reach("outcome.before_commit")
    reach("outcome.after_commit")
    return report


def _lock_batches(lines: Iterable[AnswerLine]) -> dict[int, PayoutBatch]:
    names = [line.end_to_end_id for line in lines if line.end_to_end_id]
    files = [line.message_id for line in lines if line.message_id]
    numbers = {
        *Payout.objects.filter(end_to_end_id__in=names).values_list("batch_id", flat=True),
        *PayoutPart.objects.filter(message_id__in=files).values_list("batch_id", flat=True),
    }
    locked = PayoutBatch.objects.filter(pk__in=numbers).order_by("pk").select_for_update()
    return {batch.pk: batch for batch in locked}


def _file(data: bytes, name: str, count: int, by: User, now: datetime) -> AnswerFile:
    found, _new = AnswerFile.objects.get_or_create(
        digest=hashlib.sha256(data).hexdigest(),
        defaults={
            "name": name[:NAME_LIMIT],
            "line_count": count,
            "imported_by": by,
            "imported_at": now,
        },
    )
    return found


class _Import:
    """One file against the payouts it speaks of, which the caller's locks keep as they are."""

    def __init__(
        self, batches: dict[int, PayoutBatch], lines: list[AnswerLine], now: datetime
    ) -> None:
        self.batches, self.now = batches, now
        names = [line.end_to_end_id for line in lines if line.end_to_end_id]
        self.payouts = {
            one.end_to_end_id: one for one in Payout.objects.filter(end_to_end_id__in=names)
        }
        self.report = AnswerReport()
        self.lines = [one for line in lines for one in self._spread(line)]
        self.outcomes: dict[str, Outcome] = {}
        self.found_again: set[str] = set()
        self.answers: list[tuple[Payout, AnswerLine]] = []
        self.said = self._said_differently()
        self.contradictions: list[Contradiction] = []
        self.not_handed = not_handed_over(batches.values())

    def _spread(self, line: AnswerLine) -> Iterator[AnswerLine]:
        """Turn an answer on a whole file into one for each of its payouts."""
        if not line.message_id:
            yield line
            return
        part = PayoutPart.objects.filter(message_id=line.message_id).first()
        if part is None:
            self._row(line, Verdict.REFUSED, _("No file of ours has this identification."))
            return
        for payout in Payout.objects.filter(batch_id=part.batch_id, part=part.number).order_by(
            "pk"
        ):
            self.payouts[payout.end_to_end_id] = payout
            yield AnswerLine(
                number=line.number,
                end_to_end_id=payout.end_to_end_id,
                code=line.code,
                reason=line.reason,
            )

    def _said_differently(self) -> set[str]:
        """The payments that one file both settles and refuses."""
        said = defaultdict(set)
        for line in self.lines:
            if line.code in SETTLED | FAILED and not _is_of_a_duplicate(line):
                said[line.end_to_end_id].add(line.code in SETTLED)
        return {name for name, outcomes in said.items() if len(outcomes) > 1}

    def carry_out(self, file: AnswerFile) -> AnswerReport:
        """Judge each line, then write what follows by a statement each."""
        for line in self.lines:
            self._judge(line)
        if self.outcomes:
            payout_posting.end_payouts(
                list(self.outcomes.values()),
                currency=next(iter(self.batches.values())).currency,
                period=open_period(self.now),
                now=self.now,
            )
            failed = [
                one.payout_id for one in self.outcomes.values() if one.status == PayoutStatus.FAILED
            ]
            event_notices.tell_payouts_failed(failed, now=self.now)
            self._note_refused_accounts()
        Payout.objects.filter(
            end_to_end_id__in=self.found_again - self.outcomes.keys(),
            status=PayoutStatus.UNKNOWN,
        ).update(status=PayoutStatus.SENT, changed_at=self.now)
        BankAnswer.objects.bulk_create(
            (
                BankAnswer(payout=payout, code=line.code, reason=line.reason, file=file)
                for payout, line in self.answers
            ),
            ignore_conflicts=True,
        )
        note_contradictions(self.contradictions, file, self.now)
        self._note_parts()
        for batch in self.batches.values():
            close_if_ended(batch, self.now)
        return self.report

    def _judge(self, line: AnswerLine) -> None:
        payout = self.payouts.get(line.end_to_end_id)
        refusal = self._refusal(line, payout)
        if refusal or payout is None:
            self._row(line, Verdict.REFUSED, refusal)
            return
        wanted = _wanted(line.code)
        if wanted is None:
            seen = payout.status not in WITH_THE_BANK or line.end_to_end_id in self.found_again
            self.found_again.add(line.end_to_end_id)
            self._row(line, Verdict.REPEATED if seen else Verdict.PENDING)
        elif payout.status == wanted or line.end_to_end_id in self.outcomes:
            self._row(line, Verdict.REPEATED)
        else:
            self.outcomes[line.end_to_end_id] = Outcome(payout.pk, wanted, line.reason)
            self._row(line, Verdict(wanted.value))
        self.answers.append((payout, line))

    def _refusal(self, line: AnswerLine, payout: Payout | None) -> str:
        """Why a line can't be true of our payouts; empty if it can."""
        wanted = _wanted(line.code)
        if payout is None:
            return _("No payout of ours has this identification.")
        if wanted is None and line.code not in UNDER_WAY:
            return _("The state “%(code)s” is none that we know.") % {"code": line.code}
        if _is_of_a_duplicate(line):
            return _("The bank refused it as a repetition: what became of the first is not said.")
        if line.amount_minor is not None and line.amount_minor != payout.amount_minor:
            return _("The amount is not ours, which is %(amount)s.") % {
                "amount": formatting.plain_money(payout.amount_minor, self._currency(payout))
            }
        if line.end_to_end_id in self.said:
            text = _("The file says both that it is paid and that it is not.")
            return self._contradiction(payout, line, text)
        if payout.status in (PayoutStatus.RESERVED, PayoutStatus.CANCELLED):
            return self._contradiction(payout, line, _("It was never sent to the bank."))
        if (payout.batch_id, payout.part) in self.not_handed:
            return self.not_handed[payout.batch_id, payout.part]
        if wanted is not None and payout.status not in (*WITH_THE_BANK, wanted):
            return self._contradiction(
                payout,
                line,
                _("It is %(status)s already: ask the bank, then correct it by an adjustment.")
                % {"status": payout.get_status_display().lower()},
            )
        return ""

    def _contradiction(self, payout: Payout, line: AnswerLine, text: str) -> str:
        self.contradictions.append(Contradiction(payout, line.code, line.reason))
        return text

    def _currency(self, payout: Payout) -> str:
        return self.batches[payout.batch_id].currency

    def _row(self, line: AnswerLine, verdict: Verdict, text: str = "") -> None:
        name = line.end_to_end_id or line.message_id
        self.report.rows.append(AnswerRow(line.number, name, verdict, text))

    def _note_refused_accounts(self) -> None:
        """Keep a payee from being paid to an account that the bank says is none."""
        failed = [
            one.payout_id
            for one in self.outcomes.values()
            if one.status == PayoutStatus.FAILED and one.reason.startswith(ACCOUNT_REASONS)
        ]
        if failed:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE compensation_payee p SET refused_version = p.account_version"
                    " FROM compensation_payout o WHERE o.id = ANY(%s)"
                    " AND o.representative_id = p.representative_id"
                    " AND o.account_version = p.account_version",
                    [failed],
                )

    def _note_parts(self) -> None:
        """A file that the bank speaks of is with the bank."""
        told = {(payout.batch_id, payout.part or 0) for payout, _line in self.answers}
        for batch, number in told:
            PayoutPart.objects.filter(
                batch_id=batch, number=number, status__in=[PartStatus.READY, PartStatus.UNKNOWN]
            ).update(status=PartStatus.ACCEPTED, answered_at=self.now)


def _is_of_a_duplicate(line: AnswerLine) -> bool:
    """Whether the bank refuses a second file or payment for being the same as the first one.

    Nothing is released for it: the first may be paid.
    """
    return line.code in FAILED and line.reason.startswith(DUPLICATE_REASONS)


def _wanted(code: str) -> PayoutStatus | None:
    """The state that a final answer asks for; None if it is not final."""
    if code in SETTLED:
        return PayoutStatus.SETTLED
    return PayoutStatus.FAILED if code in FAILED else None
