"""Sponsor changes are applied by a real worker."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection

from representatives import checks, services
from representatives.tasks import apply_sponsor_changes_task
from tests.processes import Worker
from tests.representatives.people import NOW, enrol, make_staff


@pytest.mark.django_db(transaction=True)
def test_worker_applies_what_is_due(celery_worker_process: Worker) -> None:
    root = enrol()
    old, new = enrol(root), enrol(root)
    member = enrol(old)
    services.change_sponsor(
        representative=member, new_sponsor=new, reason="moved", decided_by=make_staff(), now=NOW,
        zone=ZoneInfo("UTC"),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE representatives_company SET clock_frozen_at = %s",
            [datetime(2026, 4, 1, tzinfo=UTC)],
        )

    apply_sponsor_changes_task.delay()

    deadline = time.monotonic() + 30
    while member.sponsor_id == old.pk and time.monotonic() < deadline:
        time.sleep(0.1)
        member.refresh_from_db()
    assert member.sponsor_id == new.pk, celery_worker_process.log()
    assert checks.check_tree().faults == []


def test_beat_calls_the_task() -> None:
    tasks = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert apply_sponsor_changes_task.name in tasks
