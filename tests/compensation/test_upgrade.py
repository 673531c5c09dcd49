"""A company with posted months is brought up to date, and back, without losing a figure."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Sum

from compensation import selectors, services, verification
from compensation.models import Earning, MemberResult, Period, Run
from sales.models import Order
from tests.compensation.town import Town, digest, local

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
BEFORE = [("compensation", "0004_statistics"), ("sales", "0003_customer_transfer")]


def _go_back() -> None:
    """Without the command, which would grant what the tables of today have."""
    MigrationExecutor(connections["owner"]).migrate(BEFORE)


def _upgrade() -> None:
    call_command("migrate", database="owner", verbosity=0, interactive=False)


def _columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped",
            [table],
        )
        return {name for (name,) in cursor.fetchall()}


def _results(run: Run) -> list[Any]:
    members = MemberResult.objects.filter(run_id=run.pk).order_by("position")
    lines = Earning.objects.filter(run_id=run.pk).order_by("receiver_id", "component", "paid_level")
    return [*members.values_list("representative_id", "group_bv", "rsp_total", "commission_minor"),
            *lines.values_list("receiver_id", "component", "paid_level", "amount")]  # fmt: skip


def test_posted_months_survive_the_way_back_and_forth(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    january = town.close("2017-01")
    town.set_clock("2017-02-27T09:00")
    february = Period.objects.get(label="2017-02")
    now = local("2017-02-27T09:00")
    previewed = services.preview_period(period=february, by=town.closer, now=now)
    before, results = digest(), _results(january)
    facts = list(Order.objects.order_by("id").values_list("id", "units", "rsp_repeat"))

    _go_back()
    assert "units" not in _columns("sales_order")
    assert "figures" not in _columns(f"compensation_memberresult_{january.pk}_1")
    assert digest() == before

    _upgrade()
    assert list(Order.objects.order_by("id").values_list("id", "units", "rsp_repeat")) == facts
    assert all(units for _, units, _ in facts)
    assert any(points for _, _, points in facts)
    assert not Order.objects.exclude(margin_minor=0).exists()
    assert _results(january) == results
    assert MemberResult.objects.filter(run_id=january.pk, figures=[]).count() == len(town.members)
    assert digest() == before
    assert verification.ledger_faults() == []
    _goes_on(town, previewed)


def _goes_on(town: Town, previewed: Run) -> None:
    """Months that were begun before are closed after, old previews dropped with their tables."""
    closed = town.close("2017-02")
    assert closed.commission_minor == previewed.commission_minor
    services.drop_old_previews(period=closed.period)
    assert selectors.dead_runs_with_results() == []
    town.set_clock("2017-03-05T09:00")
    order = town.buy("B", "2017-03-04", GREENS=2)
    assert order.units == order.lines.aggregate(pieces=Sum("quantity"))["pieces"] == 2
    assert verification.ledger_faults() == []


def test_a_close_approved_before_is_posted_after(town: Town) -> None:
    run = town.close("2017-01", post=False)
    now = run.period.ends_at
    services.approve_run(run=run, by=town.approver, now=now)
    _go_back()
    _upgrade()

    services.advance_to_end(run=run, now=now)

    run.refresh_from_db()
    assert run.status == "posted"
