"""Months that were posted before papers were known have papers after the upgrade."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from compensation import verification
from compensation.models import StatementFrame, StatementName
from compensation.services import paper
from tests.compensation.test_paper import papers
from tests.compensation.town import Town

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def test_posted_months_have_papers_after_the_upgrade(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        # What was posted before papers were known has papers of the first form.
        patched.setattr(paper, "EDITION", 1)
        town.close("2017-01")
    before = papers(town, "2017-01")
    MigrationExecutor(connections["owner"]).migrate([("compensation", "0012_payouts")])
    call_command("migrate", database="owner", verbosity=0, interactive=False)

    assert StatementName.objects.count() == len(town.members)
    frame = StatementFrame.objects.select_related("run__period").get()
    assert frame.edition == 1
    assert frame.frozen_at == frame.run.period.published_at
    assert papers(town, "2017-01") == before
    town.set_clock("2017-03-03T09:00")
    town.close("2017-02")
    assert len(papers(town, "2017-01", "2017-02")) == 2 * len(before)
    assert StatementName.objects.count() == len(town.members)
    assert verification.ledger_faults() == []
