"""What papers say besides figures is kept at the posting; a name is erased on request."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from compensation.models import Run, RunKind, RunStatus, StatementFrame, StatementName
from compensation.statements import EDITION
from representatives.locks import AdvisoryLock
from representatives.models import Company, Representative

_NAMES = """
    INSERT INTO compensation_statementname (representative_id, from_month, name)
    SELECT r.id, %(month)s, r.name
    FROM compensation_memberresult m
    JOIN representatives_representative r ON r.id = m.representative_id
    LEFT JOIN (
        SELECT DISTINCT ON (representative_id) representative_id, name
        FROM compensation_statementname ORDER BY representative_id, from_month DESC
    ) last ON last.representative_id = r.id
    WHERE m.run_id = %(run)s AND last.name IS DISTINCT FROM r.name
    ORDER BY r.id
"""


def freeze_papers(*, run: Run, now: datetime) -> int:
    """Keep what the statements of a posted run say of people and company; return how many names.

    A posted month before it that is not published yet is frozen with it, the oldest first, so
    that a later name never gets onto an earlier paper. Names are written set-based, and only
    those that are new or other than on the paper before. Safe to repeat. Call it in the
    transaction that publishes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [AdvisoryLock.PAPERS])
    waiting = (
        Run.objects.filter(
            kind=RunKind.CLOSE,
            status=RunStatus.POSTED,
            statement_frame__isnull=True,
            period__starts_at__lte=run.period.starts_at,
        )
        .select_related("period")
        .order_by("period__starts_at")
    )
    return sum(_freeze(one, now=now) for one in waiting)


def _freeze(run: Run, *, now: datetime) -> int:
    company = Company.objects.get(pk=Company.ONLY_ID)
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"run": run.pk, "month": run.period.first_day})
        names: int = cursor.rowcount
    StatementFrame.objects.create(
        run=run,
        company_name=company.name,
        representative_label=company.representative_label,
        time_zone=company.time_zone,
        edition=EDITION,
        frozen_at=now,
    )
    return names


@transaction.atomic
def erase_statement_names(*, representative: Representative, now: datetime) -> int:
    """Take a person's name off all papers, for ever; return from how many rows. Twice is done.

    Part of the erasure of a person: all else on the papers stays as it is.
    """
    return StatementName.objects.filter(
        representative_id=representative.pk, erased_at__isnull=True
    ).update(name="", erased_at=now)
