"""The demo company end to end on a few households: a real worker closes two months."""

import os
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from django.db.models import F

from compensation import verification
from compensation.explaining.opened import Lines
from compensation.models import (
    Acknowledgement,
    Adjustment,
    Dispute,
    Earning,
    Finding,
    Journal,
    PayoutBatch,
    Period,
    Reversal,
    RspConversion,
    Run,
    RunStep,
)
from compensation.plans import load_plan
from config.demo import closing, command, company, months
from config.demo.files import DemoData, read_demo_data
from config.demo.processes import Processes
from config.demo.purchases import build_purchases, data_folder
from config.demo.year import ZONE
from representatives.clock import company_now
from representatives.models import Representative, User
from sales.models import Order, OrderLine
from tests.databases import addresses

HOUSEHOLDS = 40
LABELS = ["2017-01", "2017-02", "2017-03"]
CLOCK = datetime(2017, 3, 20, 18, 0, tzinfo=ZONE)


@pytest.fixture
def few_months(monkeypatch):
    for module in (months, closing):
        monkeypatch.setattr(module, "labels", lambda: LABELS)
    for module in (months, command):
        monkeypatch.setattr(module, "CLOCK", CLOCK)


def receipts(change_cents: int = 0) -> DemoData:
    """The first households' receipts up to the clock, one line changed in price."""
    transactions = pq.read_table(data_folder() / "transactions.parquet")
    few = pc.less_equal(transactions["household_id"], HOUSEHOLDS)
    transactions = transactions.filter(few)
    values = transactions["sales_value"].to_numpy().copy()
    # A single piece of January: fuel comes by the hundred.
    january = pc.equal(pc.month(transactions["transaction_timestamp"]), 1)
    single = pc.and_(january, pc.equal(transactions["quantity"], 1)).to_numpy()
    values[(values * single).argmax()] += change_cents / 100
    at = transactions.column_names.index("sales_value")
    transactions = transactions.set_column(at, "sales_value", pa.array(values))
    products = pq.read_table(data_folder() / "products.parquet")
    return read_demo_data(build_purchases(transactions, products, CLOCK))


def build(data: DemoData, folder: Path, environment: dict[str, str]) -> list[str]:
    """Build what is missing, with a worker, and return the summary."""
    with Processes(folder, environment) as processes:
        command.build(data, processes)
    return list(command.summary_lines(data))


def unexplained() -> list[Earning]:
    """Statement lines of all months whose parts do not add up to base and amount."""
    found = []
    for period in Period.objects.exclude(visible_run=None).select_related("visible_run"):
        run = Run.objects.select_related("period", "plan_version").get(pk=period.visible_run_id)
        lines = Lines(run, load_plan(run.plan_version.document))
        for earning in Earning.objects.filter(run_id=run.pk):
            opened = lines.open(earning)
            if (opened.base, opened.amount) != (earning.base, earning.amount):
                found.append(earning)
    return found


def assert_money_was_settled() -> None:
    """A batch is paid, somebody has converted points, and staff have things to look at."""
    paid = PayoutBatch.objects.order_by("pk").first()
    assert paid is not None
    assert paid.status == "closed"
    assert paid.approved_by != paid.made_by
    assert PayoutBatch.objects.exclude(pk=paid.pk).filter(status="draft").count() <= 1
    assert RspConversion.objects.exists()
    assert {one.status for one in Dispute.objects.all()} <= {"open"}  # the few may earn nothing
    assert sorted(Adjustment.objects.values_list("status", flat=True)) == ["approved", "requested"]
    assert Finding.objects.exists()
    assert {said.by.email for said in Acknowledgement.objects.all()} == {company.APPROVER}
    assert verification.ledger_faults() == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_worker_closes_the_months_and_a_second_run_changes_nothing(
    few_months, tmp_path, subprocess_env
):
    data = receipts()

    first = build(data, tmp_path, subprocess_env)
    runs = list(Run.objects.order_by("pk").values_list("pk", "status", "posted_at"))
    second = build(data, tmp_path, subprocess_env)

    assert second == first
    assert list(Run.objects.order_by("pk").values_list("pk", "status", "posted_at")) == runs
    assert [p.status for p in Period.objects.order_by("label")] == ["posted", "posted", "open"]
    assert company_now() == CLOCK
    # Everything but the approval was done by the worker.
    mine = RunStep.objects.filter(pid=os.getpid())
    assert {step.name for step in mine} == {"approve"}
    assert RunStep.objects.exclude(name="approve").exists()
    assert unexplained() == []
    for run in Run.objects.filter(status="posted"):
        assert run.computed_by == User.objects.get(email=company.REQUESTER)
        assert run.approved_by == User.objects.get(email=company.APPROVER)
    assert Journal.objects.filter(kind="commission").exists()
    assert Order.objects.count() == len(data.purchases.basket)
    assert OrderLine.objects.count() == len(data.purchases.product)
    returned = [r for r in data.returns if r.returned_at < CLOCK.timestamp()]
    assert Reversal.objects.count() <= len(returned)
    assert not Order.objects.exclude(customer__representative=F("seller")).exists()
    assert_money_was_settled()
    for _, member in company.people_with_logins(data):
        user = Representative.objects.get(code=member.code).user
        assert user is not None
        assert user.check_password(company.PASSWORD)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_one_changed_price_changes_the_ledger_digest(
    few_months, tmp_path, subprocess_env, fresh_database
):
    build(receipts(), tmp_path, subprocess_env)
    digest = closing.ledger_digest()
    fresh_database()

    build(receipts(change_cents=100), tmp_path, {**subprocess_env, **addresses()})

    assert closing.ledger_digest() != digest
