"""Adjustments: one person asks for money or points with a reason, another one grants them."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from compensation import event_notices, ledger, selectors
from compensation.fault_points import reach
from compensation.models import (
    Account,
    Adjustment,
    AdjustmentStatus,
    Earning,
    JournalKind,
    Period,
    Run,
    RunKind,
    RunStatus,
    StatementLineKey,
)
from compensation.selectors_pages import statement
from compensation.services.errors import UnableToAdjust
from compensation.services.periods import hold_if_open
from representatives import alerts
from representatives.models import Company, Representative, User

TEXT_LIMIT = 500
KEY_LIMIT = 100
AMOUNT_LIMIT = 10**12


@transaction.atomic
def request_adjustment(
    *,
    representative: Representative,
    money_minor: int,
    rsp: int,
    reason: str,
    line: StatementLineKey | None,
    related_period: Period | None,
    by: User,
    now: datetime,
    key: str | None = None,
) -> Adjustment:
    """Ask for an adjustment: minor units and hundredths that the representative gains or loses.

    Nothing is posted before another person approves it. With a line of a posted statement and no
    period, the line's month is the one it is related to. The same `key` again returns what was
    asked for under it first.

    :raises UnableToAdjust: naming the field, if it is of nothing, without a reason, of an amount
        beyond reason, or about a line that this representative's posted statements lack.
    :raises compensation.ledger.KeyUsedOtherwise: if the key was used with other content.
    """
    _require_staff(by)
    if not money_minor and not rsp:
        raise UnableToAdjust(gettext("Give an amount of money or points."), "money_minor")
    for field, amount in (("money_minor", money_minor), ("rsp", rsp)):
        if abs(amount) > AMOUNT_LIMIT:
            raise UnableToAdjust(gettext("The amount is beyond reason."), field)
    if key is not None and not 0 < len(key) <= KEY_LIMIT:
        raise UnableToAdjust(
            gettext("A key has 1 to %(key_limit)s letters.") % {"key_limit": KEY_LIMIT}, "key"
        )
    if line is not None:
        posted_in = _require_line(line, representative)
        related_period = related_period or posted_in
    wanted = Adjustment(
        representative=representative,
        money_minor=money_minor,
        rsp=rsp,
        reason=_text(reason, "reason"),
        key=key,
        run_id=None if line is None else line.run_id,
        component=None if line is None else line.component,
        paid_level=None if line is None else line.paid_level,
        rate_num=None if line is None else line.rate_num,
        rate_den=None if line is None else line.rate_den,
        related_period=related_period,
        requested_by=by,
        requested_at=now,
    )
    if key is None:
        wanted.save()
        return wanted
    return _request_once(wanted, key)


@transaction.atomic
def approve_adjustment(*, adjustment: Adjustment, by: User, now: datetime) -> Adjustment:
    """Grant what another person asked for and post it into the period that holds the clock.

    Approved twice by the same person is approved. Locks the adjustment, holds the period against
    a freeze, then posts.

    :raises UnableToAdjust: if the person may not or would gain by it, it is decided already, or
        the period that holds the clock is not open.
    :raises compensation.ledger.LedgerBusy: if others post for too long.
    """
    adjustment = _undecided(adjustment, by=by, wanted=AdjustmentStatus.APPROVED)
    if adjustment.status == AdjustmentStatus.APPROVED:
        return adjustment
    period = selectors.current_period(now)
    if period is None or not hold_if_open(period):
        raise UnableToAdjust(gettext("No open period holds the clock."))
    posted = ledger.post_once(
        _draft(adjustment), kind=JournalKind.ADJUSTMENT, period=period, effective_at=now
    )
    adjustment.status = AdjustmentStatus.APPROVED
    adjustment.decided_by = by
    adjustment.decided_at = now
    adjustment.journal_id = posted.journal_id
    adjustment.save(update_fields=["status", "decided_by", "decided_at", "journal"])
    event_notices.tell_adjusted(adjustment, now=now)
    reach("adjust.before_commit")
    return adjustment


@transaction.atomic
def refuse_adjustment(
    *, adjustment: Adjustment, by: User, reason: str, now: datetime
) -> Adjustment:
    """Refuse what another person asked for, saying why; nothing is posted.

    Refused twice by the same person is refused. Locks the adjustment.

    :raises UnableToAdjust: if the person may not, or it is decided already.
    """
    reason = _text(reason, "why_refused")
    adjustment = _undecided(adjustment, by=by, wanted=AdjustmentStatus.REFUSED)
    if adjustment.status == AdjustmentStatus.REFUSED:
        return adjustment
    adjustment.status = AdjustmentStatus.REFUSED
    adjustment.decided_by = by
    adjustment.decided_at = now
    adjustment.decision_reason = reason
    adjustment.save(update_fields=["status", "decided_by", "decided_at", "decision_reason"])
    return adjustment


def statement_line(*, representative: Representative, text: str) -> StatementLineKey:
    """Return the line of a posted statement that a text such as ``2017-03:0-1-5-100`` names.

    The month, then component, level and rate as in the address of the line's page.

    :raises UnableToAdjust: if the person's posted statements have no such line.
    """
    label, _, key = text.strip().partition(":")
    period = selectors.get_period(label)
    run = None if period is None else selectors.posted_run(period)
    line = None if run is None else statement.get_earning(run.pk, representative.pk, key)
    if run is None or line is None:
        raise UnableToAdjust(
            gettext("There is no such line in this person's posted statements."), "line"
        )
    return StatementLineKey(
        run_id=run.pk,
        receiver_id=line.receiver_id,
        component=line.component,
        paid_level=line.paid_level,
        rate_num=line.rate_num,
        rate_den=line.rate_den,
    )


def report_key_conflict(*, fault: ledger.KeyUsedOtherwise, now: datetime) -> None:
    """Raise the alert of a key that was used with other content; after its rollback."""
    alerts.raise_alert(
        code="key_conflict",
        key=f"key_conflict:{fault.used_key}",
        text=f"{fault.message} Nothing was posted; somebody should look who meant what.",
        now=now,
    )


def _request_once(wanted: Adjustment, key: str) -> Adjustment:
    try:
        with transaction.atomic():
            wanted.save()
        return wanted
    except IntegrityError as fault:
        if ledger.violated(fault) != "adjustment_key_once":
            raise
    first = Adjustment.objects.get(key=key)
    if _content(first) != _content(wanted):
        raise ledger.KeyUsedOtherwise(key)
    return first


def _content(adjustment: Adjustment) -> tuple[object, ...]:
    """What was asked for; by whom and when may differ in a repetition."""
    return (
        adjustment.representative_id,
        adjustment.money_minor,
        adjustment.rsp,
        adjustment.reason,
        adjustment.line,
        adjustment.related_period_id,
    )


def _draft(adjustment: Adjustment) -> ledger.Draft:
    currency = Company.objects.get(pk=Company.ONLY_ID).currency
    return ledger.Draft(
        source_key=f"adjustment:{adjustment.pk}",
        representative_id=adjustment.representative_id,
        entries=(
            (Account.COMMISSION_EXPENSE, currency, -adjustment.money_minor),
            (Account.COMMISSION_PAYABLE, currency, adjustment.money_minor),
            (Account.RSP_ISSUED, "RSP", -adjustment.rsp),
            (Account.RSP_BANK, "RSP", adjustment.rsp),
        ),
    )


def _undecided(adjustment: Adjustment, *, by: User, wanted: AdjustmentStatus) -> Adjustment:
    """Lock an adjustment that this person may decide, or has decided so before."""
    _require_staff(by)
    locked = Adjustment.objects.select_for_update(of=("self",), no_key=True).get(pk=adjustment.pk)
    if locked.status == wanted and locked.decided_by_id == by.pk:
        return locked
    if locked.status != AdjustmentStatus.REQUESTED:
        raise UnableToAdjust(
            gettext("Adjustment %(pk)s is %(status)s already.")
            % {"pk": locked.pk, "status": locked.get_status_display().lower()}
        )
    if locked.requested_by_id == by.pk:
        raise UnableToAdjust(
            gettext("%(by)s asked for it: another person decides.") % {"by": by}, "approve-by"
        )
    if Representative.objects.filter(pk=locked.representative_id, user=by).exists():
        raise UnableToAdjust(gettext("Nobody decides on an adjustment of their own."), "approve-by")
    return locked


def _require_staff(by: User) -> None:
    if not (by.is_active and by.is_staff):
        raise UnableToAdjust(gettext("%(by)s is not a member of staff.") % {"by": by})


def _require_line(line: StatementLineKey, representative: Representative) -> Period:
    """Return the month of a line of this representative's posted statements."""
    run = (
        Run.objects.select_related("period")
        .filter(pk=line.run_id, kind=RunKind.CLOSE, status=RunStatus.POSTED)
        .first()
    )
    found = (
        run is not None
        and line.receiver_id == representative.pk
        and Earning.objects.filter(
            run_id=line.run_id,
            receiver_id=line.receiver_id,
            component=line.component,
            paid_level=line.paid_level,
            rate_num=line.rate_num,
            rate_den=line.rate_den,
        ).exists()
    )
    if not found or run is None:
        raise UnableToAdjust(
            gettext("There is no such line in this person's posted statements."), "line"
        )
    return run.period


def _text(text: str, field: str) -> str:
    text = text.strip()
    if not text:
        raise UnableToAdjust(gettext("Give a reason."), field)
    if len(text) > TEXT_LIMIT:
        raise UnableToAdjust(
            gettext("The reason has more than %(limit)s letters.") % {"limit": TEXT_LIMIT},
            field,
        )
    return text
