"""Disputes: a representative says that a line of a posted statement is wrong; staff answer.

The answer is one person's; the adjustment that an accepted dispute asks for is granted by another.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from compensation import dispute_notices, event_notices, ledger
from compensation.explaining import evidence
from compensation.fault_points import reach
from compensation.models import (
    Adjustment,
    AdjustmentStatus,
    Dispute,
    DisputeStatus,
    Earning,
    Run,
    RunKind,
    RunStatus,
    StatementLineKey,
)
from compensation.models.disputes import TEXT_LENGTH
from compensation.services.adjustments import AMOUNT_LIMIT, TEXT_LIMIT, request_adjustment
from compensation.services.errors import UnableToAnswer, UnableToDispute
from representatives.clock import company_zone
from representatives.models import Representative, User

SATURDAY = 5
MOST_OPEN = 20
"""Disputes that one representative may have open at a time."""


def open_dispute(
    *,
    representative: Representative,
    line: StatementLineKey,
    expected_minor: int,
    text: str,
    by: User,
    now: datetime,
    language: str = "en",
) -> Dispute:
    """Open a dispute on a line of a posted statement, with the explanation as it is frozen.

    ``expected_minor`` is what the line should be: minor units, or hundredths of a line in points.

    :raises UnableToDispute: naming the field, if the line is not of this person's posted
        statements, is disputed already, or the text or amount is none.
    """
    text = _plain(text, "text", UnableToDispute)
    if representative.user_id != by.pk:
        raise UnableToDispute(_("You can dispute your own statements only."))
    earning, run = _line_of(representative, line)
    if abs(expected_minor) > AMOUNT_LIMIT:
        raise UnableToDispute(_("The amount is beyond reason."), "expected")
    if expected_minor == earning.amount:
        raise UnableToDispute(_("That is the amount of the line already."), "expected")
    found = evidence.gather(run, earning)
    try:
        with transaction.atomic():
            Representative.objects.select_for_update(of=("self",), no_key=True).get(
                pk=representative.pk
            )
            _check_open(representative, line)
            dispute = Dispute.objects.create(
                representative=representative,
                period=run.period,
                run=run,
                component=line.component,
                paid_level=line.paid_level,
                rate_num=line.rate_num,
                rate_den=line.rate_den,
                unit=earning.unit,
                amount=earning.amount,
                expected_minor=expected_minor,
                text=text,
                language=language,
                evidence=found,
                evidence_digest=evidence.digest_of(found),
                opened_by=by,
                opened_at=now,
                due_at=due_after(now),
            )
            dispute_notices.tell_opened(dispute, now=now)
            reach("dispute.before_commit")
    except IntegrityError as fault:
        if ledger.violated(fault) != "dispute_one_open_per_line":
            raise
        raise UnableToDispute(_("A dispute of this line is open already.")) from fault
    reach("dispute.after_commit")
    return dispute


def answer_dispute(
    *,
    dispute: Dispute,
    by: User,
    accept: bool,
    money_minor: int,
    rsp: int,
    answer: str,
    now: datetime,
) -> Dispute:
    """Answer a dispute: accept it, which asks for an adjustment, or refuse it with a reason.

    The adjustment is granted by another person of staff. Where that person refuses it, the
    dispute is open again and is answered anew. The same answer by the same person twice is one.
    Locks the dispute.

    :raises UnableToAnswer: naming the field, if the person may not, the answer says nothing or
        asks for nothing, or somebody else has answered.
    :raises UnableToAdjust: as `request_adjustment`.
    """
    answer = _plain(answer, "answer", UnableToAnswer)
    if not (by.is_active and by.is_staff):
        raise UnableToAnswer(_("%(person)s is not a member of staff.") % {"person": by})
    if not accept and (money_minor or rsp):
        raise UnableToAnswer(_("A refusal has no amount."), "money_minor" if money_minor else "rsp")
    if accept and not (money_minor or rsp):
        raise UnableToAnswer(_("Say by how much the line is corrected."), "money_minor")
    with transaction.atomic():
        dispute = (
            Dispute.objects.select_for_update(of=("self",), no_key=True)
            .select_related("representative", "adjustment", "period")
            .get(pk=dispute.pk)
        )
        if by.pk in (dispute.opened_by_id, dispute.representative.user_id):
            raise UnableToAnswer(_("Nobody answers a dispute of his own."))
        if dispute.status != DisputeStatus.OPEN:
            if _is_same(dispute, by, accept, money_minor, rsp, answer):
                return dispute
            _reopen(dispute)
        adjustment = _adjust(dispute, by, money_minor, rsp, answer, now) if accept else None
        dispute.status = DisputeStatus.ACCEPTED if accept else DisputeStatus.REFUSED
        dispute.answer, dispute.answered_by, dispute.answered_at = answer, by, now
        dispute.adjustment = adjustment
        dispute.save(update_fields=["status", "answer", "answered_by", "answered_at", "adjustment"])
        event_notices.tell_dispute(dispute, turn=dispute.events.count(), now=now)
        reach("answer.before_commit")
    reach("answer.after_commit")
    return dispute


def due_after(now: datetime) -> datetime:
    """Return the end of the day by which a dispute that is opened now is answered.

    So many working days (``DISPUTE_DAYS``) of the company's zone after the day of its opening.
    """
    zone = company_zone()
    day: date = now.astimezone(zone).date()
    left = settings.DISPUTE_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < SATURDAY
    return datetime.combine(day, time(23, 59, 59), tzinfo=zone)


def _plain(text: str, field: str, fault: type[UnableToDispute | UnableToAnswer]) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise fault(_("Say why, in a few words."), field)
    if len(text) > TEXT_LENGTH:
        raise fault(_("At most %(most)s characters.") % {"most": TEXT_LENGTH}, field)
    if any(not char.isprintable() and char != "\n" for char in text):
        raise fault(_("The text holds characters that can't be shown."), field)
    return text


def _line_of(representative: Representative, line: StatementLineKey) -> tuple[Earning, Run]:
    run = (
        Run.objects.filter(pk=line.run_id, kind=RunKind.CLOSE, status=RunStatus.POSTED)
        .select_related("period", "plan_version")
        .first()
    )
    earning = (
        Earning.objects.filter(
            run_id=line.run_id,
            receiver_id=line.receiver_id,
            component=line.component,
            paid_level=line.paid_level,
            rate_num=line.rate_num,
            rate_den=line.rate_den,
        ).first()
        if run is not None and line.receiver_id == representative.pk
        else None
    )
    if run is None or earning is None:
        raise UnableToDispute(_("Only a line of a posted statement can be disputed."))
    return earning, run


def _check_open(representative: Representative, line: StatementLineKey) -> None:
    """Say what the unique key would only refuse; call with the representative locked.

    A dispute whose correction is not granted yet may be open again, so that it counts as open.
    """
    waiting = Dispute.objects.filter(representative=representative).filter(
        Q(status=DisputeStatus.OPEN)
        | Q(adjustment__status__in=[AdjustmentStatus.REQUESTED, AdjustmentStatus.REFUSED])
    )
    if any(one.line == line for one in waiting):
        raise UnableToDispute(_("A dispute of this line is open already."))
    if len(waiting) >= MOST_OPEN:
        raise UnableToDispute(_("Please wait for the answers to the disputes that are open."))


def _is_same(
    dispute: Dispute, by: User, accept: bool, money_minor: int, rsp: int, answer: str
) -> bool:
    adjustment = dispute.adjustment
    given = (adjustment.money_minor, adjustment.rsp) if adjustment else (0, 0)
    return (
        dispute.answered_by_id == by.pk
        and (dispute.status == DisputeStatus.ACCEPTED) == accept
        and given == (money_minor, rsp)
        and dispute.answer == answer
        and not dispute.is_sent_back
    )


def _reopen(dispute: Dispute) -> None:
    """Open a dispute again whose adjustment the second person refused.

    :raises UnableToAnswer: if it was not: then the answer stands.
    """
    if not dispute.is_sent_back:
        raise UnableToAnswer(
            _("%(person)s has answered already.") % {"person": dispute.answered_by}
        )
    dispute.status = DisputeStatus.OPEN
    dispute.answer, dispute.answered_by, dispute.answered_at = "", None, None
    dispute.adjustment = None
    dispute.save(update_fields=["status", "answer", "answered_by", "answered_at", "adjustment"])


def _adjust(
    dispute: Dispute, by: User, money_minor: int, rsp: int, answer: str, now: datetime
) -> Adjustment:
    """Ask for the adjustment; its reason, which stands on the statement, is the answer's."""
    line = " ".join(answer.split())
    if len(line) > TEXT_LIMIT:
        line = f"{line[: TEXT_LIMIT - 1]}…"
    return request_adjustment(
        representative=dispute.representative,
        money_minor=money_minor,
        rsp=rsp,
        reason=line,
        line=dispute.line,
        related_period=dispute.period,
        by=by,
        now=now,
        key=f"dispute:{dispute.pk}:{dispute.events.count()}",
    )
