"""The staff's pages of plans, periods, runs and the ledger."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from compensation.models import Journal, Period, PlanVersion, Run
from representatives.models import User
from tests.compensation.town import PLAN, Town, digest

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def approver_client(town: Town) -> Client:
    return _client(town.approver)


def _client(user: User) -> Client:
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def _lead(client: Client, model: str, action: str, *numbers: int) -> str:
    """Return where an action of the list leads."""
    answer = client.post(
        reverse(f"admin:compensation_{model}_changelist"),
        {"action": action, "_selected_action": numbers},
    )
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def test_the_lists_lead_to_the_page_of_the_oldest_month(
    town: Town, approver_client: Client
) -> None:
    page = "/admin/compensation/period/2017-01/close/"
    months = Period.objects.values_list("pk", flat=True)

    assert _lead(approver_client, "period", "close", *months) == page
    assert not Run.objects.exists()
    run = town.close("2017-01", post=False)
    assert _lead(approver_client, "run", "approve", run.pk) == page
    run.refresh_from_db()
    assert (run.status, run.approved_by) == ("computed", None)
    listed = approver_client.get(reverse("admin:compensation_period_changelist"))
    assert page in listed.content.decode()


def test_the_ledger_can_be_read_and_not_written(town: Town, approver_client: Client) -> None:
    run = town.close("2017-01")
    before = digest()
    journal = Journal.objects.get(source_key="close:2017-01:E")

    shown = approver_client.get(reverse("admin:compensation_journal_change", args=[journal.pk]))
    text = shown.content.decode()
    assert shown.status_code == 200
    assert "close:2017-01:E" in text
    assert "Commission payable" in text
    assert not re.search(r'name="(_save|entries-0-amount)"', text)
    for model, number in (("journal", journal.pk), ("run", run.pk), ("period", run.period_id)):
        name = f"admin:compensation_{model}"
        assert approver_client.get(reverse(f"{name}_changelist")).status_code == 200
        assert approver_client.get(reverse(f"{name}_change", args=[number])).status_code == 200
        for act in ("change", "delete"):
            refused = approver_client.post(reverse(f"{name}_{act}", args=[number]), {"post": "yes"})
            assert refused.status_code == 403
    assert digest() == before


def test_a_plan_is_added_by_the_service(town: Town, approver_client: Client) -> None:
    address = reverse("admin:compensation_planversion_add")
    facts: dict[str, Any] = {
        "effective_from": "2017-03-01",
        "document": PLAN.replace("town", "new"),
    }

    for broken, message in (
        ({"document": PLAN.replace('"8"', '"x"')}, "components"),
        ({"effective_from": "2017-03-02"}, "first day"),
        ({"effective_from": "2016-01-01"}, "already"),
    ):
        answer = approver_client.post(address, {**facts, **broken})
        assert answer.status_code == 200
        assert message in answer.content.decode()
    assert PlanVersion.objects.count() == 1
    approver_client.post(address, facts)
    added = PlanVersion.objects.get(name="new")
    assert added.created_by == town.approver
