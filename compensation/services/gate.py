"""The anomaly gate: what a close found is acknowledged by name and reason before it is approved.

Findings are written by the verify step, in its transaction. The last word on an approval is a
trigger's (migration 0010). Rules: docs/closing.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import translation

from compensation import gate_wording, selectors
from compensation.models import Acknowledgement, CheckCode, Finding, Run, RunKind, RunStatus
from compensation.services.errors import UnableToAcknowledge
from compensation.services.gate_checks import MOST_NAMED, check_run
from representatives.models import Representative, User

__all__ = ["MOST_NAMED", "acknowledge", "record_findings"]

REASON_AT_MOST = 500


def record_findings(run: Run) -> dict[str, int]:
    """Write what the checks of a close find; return of how many each code tells.

    Call in the verify step's transaction, while the run is running; the caller keeps the counts in
    `Run.checks`.

    :raises UnableToAdvance: if the plan has lost a rank of the month before.
    """
    checked = check_run(run)
    subjects = [row.subject_id for row in checked.rows if row.subject_id is not None]
    codes = dict(Representative.objects.filter(pk__in=subjects).values_list("pk", "code"))
    with translation.override("en"):
        Finding.objects.bulk_create(
            Finding(
                run=run,
                code=row.code,
                ordinal=row.ordinal,
                subject_id=row.subject_id,
                figures=row.figures,
                text=gate_wording.sentence(row.code, row.ordinal, row.figures)
                if row.subject_id is None
                else f"{codes[row.subject_id]}: "
                + gate_wording.sentence(row.code, row.ordinal, row.figures),
            )
            for row in checked.rows
        )
    return checked.counts


@transaction.atomic
def acknowledge(
    *, run: Run, codes: Sequence[str], reason: str, by: User, now: datetime
) -> list[Acknowledgement]:
    """Note that a person finds it all right that a close has these findings, and why.

    What was acknowledged before stays as it was. Returns the acknowledgements of these codes.

    :raises UnableToAcknowledge: if the run is not a computed close, has no such finding, the
        reason is missing, or the person is not staff.
    """
    if not (by.is_active and by.is_staff):
        raise UnableToAcknowledge(f"{by} is not a member of staff", "by")
    run = Run.objects.select_for_update(of=("self",), no_key=True).get(pk=run.pk)
    wanted = list(dict.fromkeys(codes))
    if not wanted:
        raise UnableToAcknowledge("name at least one finding", "codes")
    done = set(run.acknowledgements.values_list("code", flat=True))
    if done.issuperset(wanted):
        return _acknowledgements(run, wanted)
    if run.kind != RunKind.CLOSE or run.status != RunStatus.COMPUTED:
        raise UnableToAcknowledge(
            f"run {run.pk} is {run.status} and does not wait for approval", "codes"
        )
    found = set(selectors.finding_codes(run))
    for code in wanted:
        if code not in CheckCode.values:
            known = ", ".join(CheckCode.values)
            raise UnableToAcknowledge(f"{code!r} is not one of {known}", "codes")
        if code not in found:
            raise UnableToAcknowledge(f"{run.period.label} has no finding {code}", "codes")
    reason = " ".join(reason.split())
    if len(reason.replace(" ", "")) < 2 or len(reason) > REASON_AT_MOST:
        raise UnableToAcknowledge(
            f"a reason of 2 to {REASON_AT_MOST} characters is needed", "reason"
        )
    Acknowledgement.objects.bulk_create(
        Acknowledgement(run=run, code=code, by=by, reason=reason, at=now)
        for code in wanted
        if code not in done
    )
    return _acknowledgements(run, wanted)


def _acknowledgements(run: Run, codes: list[str]) -> list[Acknowledgement]:
    return list(run.acknowledgements.filter(code__in=codes).order_by("pk"))
