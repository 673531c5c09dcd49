"""Returns that wait for a reversal are a short list, without those netted or reversed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext

from compensation import selectors, services, verification
from compensation.models import Period, Reversal, WaitingReturn
from sales.models import ImportBatch, Order, Return
from tests.compensation.town import Town, local


def _order(town: Town, prefix: str) -> Order:
    return next(order for key, order in town.orders.items() if key.startswith(prefix))


def _freeze_and_return(town: Town, day: str = "2017-02-10") -> Return:
    """Freeze January, then take back a piece of it."""
    town.close("2017-01", post=False)
    return town.take_back(_order(town, "F-2017-01-09"), 1, day)


def _post(town: Town, label: str) -> None:
    """Approve and post a month that is computed."""
    period = Period.objects.get(label=label)
    run = selectors.live_close(period)
    assert run is not None
    now = period.ends_at + timedelta(days=2)
    services.approve_run(run=run, by=town.approver, now=now)
    services.advance_to_end(run=run, now=now)


def _waiting() -> list[int]:
    return list(WaitingReturn.objects.order_by("pk").values_list("pk", flat=True))


def test_netted_returns_are_not_looked_at_again(town: Town) -> None:
    for code in "ABDEF":
        town.take_back(_order(town, f"{code}-2017-01"), 1, "2017-01-25")
    town.close("2017-01")
    town.take_back(_order(town, "F-2017-02-09"), 1, "2017-02-10")

    with CaptureQueriesContext(connection) as asked:
        assert selectors.waiting_returns() == []

    assert Return.objects.count() == 6
    assert not WaitingReturn.objects.exists()
    (query,) = asked.captured_queries
    assert "compensation_waitingreturn" in query["sql"]
    assert "sales_" not in query["sql"]


def test_a_return_waits_from_its_acceptance_to_its_reversal(town: Town) -> None:
    returned = _freeze_and_return(town)
    assert (_waiting(), selectors.waiting_returns()) == ([returned.pk], [])

    _post(town, "2017-01")
    assert selectors.waiting_returns() == [returned.pk]

    assert services.reverse_waiting_returns(now=local("2017-02-10T12:00")) == 1
    assert (_waiting(), selectors.waiting_returns()) == ([], [])


def test_a_return_reversed_at_once_leaves_nothing_behind(town: Town) -> None:
    town.close("2017-01")
    town.take_back(_order(town, "F-2017-01-09"), 1, "2017-02-10")

    assert Reversal.objects.count() == 1
    assert _waiting() == []


def test_a_return_that_nobody_reverses_for_two_months_is_found(town: Town) -> None:
    returned = _freeze_and_return(town)
    _post(town, "2017-01")
    town.close("2017-02")
    town.close("2017-03")
    services.ensure_periods(first="2017-04", last="2017-04")

    assert selectors.waiting_returns() == [returned.pk]
    assert services.reverse_waiting_returns(now=local("2017-04-10T12:00")) == 1

    assert Reversal.objects.get(sales_return=returned).period.label == "2017-04"
    assert _waiting() == []


def test_a_reversal_that_no_open_month_takes_is_made_up_for(town: Town) -> None:
    returned = _freeze_and_return(town)
    _post(town, "2017-01")
    town.close("2017-02", post=False)

    with pytest.raises(services.UnableToReverse):
        services.reverse_waiting_returns(now=local("2017-02-27T12:00"))
    assert selectors.waiting_returns() == [returned.pk]

    assert services.reverse_waiting_returns(now=local("2017-03-01T12:00")) == 1
    assert _waiting() == []


def test_an_imported_return_waits_too(town: Town) -> None:
    town.close("2017-01")
    line = _order(town, "F-2017-01-09").lines.get(number=1)
    moment = local("2017-02-10T12:00")
    batch = ImportBatch.objects.create(file_name="returns.csv", started_at=moment)
    returned = Return.objects.create(
        line=line, quantity=1, status="accepted", batch=batch, bv=line.unit_bv, rsp=line.unit_rsp,
        requested_at=moment, returned_at=moment, counted_at=moment,
    )  # fmt: skip

    assert selectors.waiting_returns() == [returned.pk]
    assert services.reverse_waiting_returns(now=moment) == 1


def test_the_application_may_only_read_the_list(town: Town) -> None:
    _freeze_and_return(town)
    for statement in (
        "DELETE FROM compensation_waitingreturn",
        "UPDATE compensation_waitingreturn SET period_id = period_id",
        "INSERT INTO compensation_waitingreturn VALUES (1, 1)",
    ):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_verification_names_a_return_that_was_forgotten(
    town: Town, owner_connection: psycopg.Connection[Any]
) -> None:
    returned = _freeze_and_return(town)
    _post(town, "2017-01")
    owner_connection.execute("DELETE FROM compensation_waitingreturn")
    assert verification.ledger_faults() == [
        f"return {returned.pk} of 2017-01 is not reversed and does not wait for it"
    ]

    owner_connection.execute(
        "INSERT INTO compensation_waitingreturn SELECT %s, id FROM compensation_period"
        " WHERE label = '2017-01'",
        [returned.pk],
    )
    assert verification.ledger_faults() == []


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_what_waits_already_is_on_the_list_after_the_upgrade(town: Town) -> None:
    town.take_back(_order(town, "E-2017-01"), 1, "2017-01-25")
    returned = _freeze_and_return(town)
    _post(town, "2017-01")
    town.take_back(_order(town, "D-2017-01"), 1, "2017-02-11")
    assert Reversal.objects.count() == 1

    MigrationExecutor(connections["owner"]).migrate([("compensation", "0014_pin_search_path")])
    call_command("migrate", database="owner", verbosity=0, interactive=False)

    assert _waiting() == [returned.pk]
    assert verification.ledger_faults() == []
