"""The hourly expiry looks at everybody only when a month fell due or something came into one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compensation import selectors_bank, services
from compensation.models import Account, Entry, ExpirySweep, Period, RspConversion
from compensation.services import expiry
from tests.compensation import town as plain
from tests.compensation.bank_town import BANK, bank_of, build_bank_town, convert
from tests.compensation.town import Town, build_town, digest, local

NOON = "2017-02-20T12:00"
DUE = "2017-04-01T00:00"


@pytest.fixture
def town(transactional_db: None) -> Town:
    """A company whose plan has a bank; January is posted and falls due in April."""
    town = build_bank_town()
    town.close("2017-01")
    services.ensure_periods(first="2017-04", last="2017-05")
    return town


def expire(town: Town, at: str) -> tuple[int, bool]:
    """Let the hourly task do its work; return how many lots were cashed, and if all was read."""
    with CaptureQueriesContext(connection) as asked:
        done = services.expire_points(now=local(at), by=town.closer)
    return done.lots, any("HAVING" in one["sql"] for one in asked.captured_queries)


def gift(town: Town, code: str, points: int, at: str) -> None:
    """Points by an adjustment, in the month that holds the instant."""
    asked = services.request_adjustment(
        representative=town.members[code],
        money_minor=0,
        rsp=points,
        reason="A gift",
        line=None,
        related_period=None,
        by=town.closer,
        now=local(at),
    )
    services.approve_adjustment(adjustment=asked, by=town.approver, now=local(at))


def test_nothing_new_nothing_read(town: Town) -> None:
    assert expire(town, "2017-03-31T23:59") == (0, False)
    assert not ExpirySweep.objects.exists()

    assert expire(town, DUE) == (9, True)
    before = digest()

    assert expire(town, "2017-04-01T01:00") == (0, False)
    assert expire(town, "2017-04-20T01:00") == (0, False)
    assert digest() == before
    assert ExpirySweep.objects.get().due == "2017-01"


def test_what_is_posted_elsewhere_is_looked_at_once_and_moves_the_mark(town: Town) -> None:
    expire(town, DUE)
    first = ExpirySweep.objects.get().batch
    expire(town, "2017-04-01T01:00")
    second = ExpirySweep.objects.get().batch
    gift(town, "A", 10_000, "2017-04-02T12:00")

    assert expire(town, "2017-04-02T13:00") == (0, False)

    third = ExpirySweep.objects.get().batch
    assert first < second < third == selectors_bank.last_batch()
    assert bank_of(town, "A", "2017-04-02T13:00").balance == 10_000


def test_a_further_month_that_falls_due_is_swept(town: Town) -> None:
    town.close("2017-02")
    expire(town, DUE)

    assert expire(town, "2017-04-30T23:59") == (0, False)
    lots, is_read = expire(town, "2017-05-01T00:00")

    # C bought nothing in February.
    assert (lots, is_read) == (8, True)
    assert ExpirySweep.objects.get().due == "2017-01 2017-02"


def test_a_late_credit_of_a_due_month_is_cashed(town: Town) -> None:
    """February is closed so late that its points are due when they come."""
    assert expire(town, "2017-05-02T00:00") == (9, True)
    assert ExpirySweep.objects.get().due == "2017-01 2017-02"
    town.close("2017-02")

    lots, is_read = expire(town, "2017-05-02T01:00")

    assert (lots, is_read) == (8, True)
    assert all(bank_of(town, code, "2017-05-02T01:00").balance == 0 for code in town.members)
    assert expire(town, "2017-05-02T02:00") == (0, False)


def test_a_gift_into_a_due_month_that_is_still_open_is_cashed(town: Town) -> None:
    assert expire(town, "2017-05-02T00:00") == (9, True)
    gift(town, "A", 10_000, NOON)

    assert expire(town, "2017-05-02T01:00") == (1, True)
    assert bank_of(town, "A", "2017-05-02T01:00").balance == 0


def test_a_reversal_into_a_due_month_takes_what_it_owes_first(town: Town) -> None:
    """Points taken back after they were cashed are owed: a later credit pays them first."""
    expire(town, "2017-05-02T00:00")
    order = next(one for key, one in town.orders.items() if key.startswith("A-2017-01"))
    town.take_back(order, 1, "2017-02-20")
    owed = -bank_of(town, "A", "2017-05-02T00:30").balance
    assert owed > 0
    assert expire(town, "2017-05-02T01:00") == (0, True)

    gift(town, "A", owed + 500, NOON)

    assert expire(town, "2017-05-02T02:00") == (1, True)
    assert RspConversion.objects.latest("pk").points == 500
    assert expire(town, "2017-05-02T03:00") == (0, False)


def test_a_sweep_that_leaves_somebody_out_does_not_count(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine, refusals = expiry.cash_overdue, [1]

    def moved(*of: Any, **named: Any) -> Any:
        if refusals:
            refusals.pop()
            raise services.UnableToConvert("Points came.", reason="bank_changed")
        return genuine(*of, **named)

    monkeypatch.setattr(expiry, "PEOPLE_AT_A_TIME", 4)
    monkeypatch.setattr(expiry, "cash_overdue", moved)

    assert expire(town, DUE) == (5, True)
    assert not ExpirySweep.objects.exists()
    assert expire(town, "2017-04-01T01:00") == (4, True)
    assert expire(town, "2017-04-01T02:00") == (0, False)


def test_a_sweep_that_is_broken_off_does_not_count(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(point: str) -> None:
        raise RuntimeError(point)

    monkeypatch.setattr(expiry, "PEOPLE_AT_A_TIME", 4)
    with monkeypatch.context() as broken:
        broken.setattr(expiry, "reach", lambda point: stop(point) if "after" in point else None)
        with pytest.raises(RuntimeError):
            services.expire_points(now=local(DUE), by=town.closer)

    assert RspConversion.objects.count() == 4
    assert not ExpirySweep.objects.exists()
    assert expire(town, "2017-04-01T01:00") == (5, True)


def test_what_is_posted_while_a_sweep_looks_is_looked_at_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = selectors_bank.overdue_people

    def late(due: Any) -> list[int]:
        people = genuine(due)
        monkeypatch.setattr(selectors_bank, "overdue_people", genuine)
        town.close("2017-02")
        return people

    convert(town, "A", 26_000, NOON)
    monkeypatch.setattr(selectors_bank, "overdue_people", late)

    services.expire_points(now=local("2017-05-02T00:00"), by=town.closer)
    assert bank_of(town, "A", "2017-05-02T00:30").overdue > 0

    assert expire(town, "2017-05-02T01:00") == (1, True)
    assert bank_of(town, "A", "2017-05-02T01:00").overdue == 0


def test_a_plan_with_a_bank_that_comes_later_is_swept(transactional_db: None) -> None:
    town = build_town()
    town.close("2017-01")
    services.ensure_periods(first="2017-04", last="2017-06")
    assert expire(town, "2017-03-20T12:00") == (0, False)
    assert not ExpirySweep.objects.exists()

    services.add_plan_version(
        document=plain.PLAN + BANK, effective_from=date(2017, 4, 1), created_by=town.closer
    )

    # The time of January begins with the bank.
    assert expire(town, "2017-05-31T23:59") == (0, False)
    assert expire(town, "2017-06-01T00:00") == (9, True)
    assert expire(town, "2017-06-01T01:00") == (0, False)
    held = Entry.objects.filter(account=Account.RSP_BANK).values_list("amount", flat=True)
    assert sum(held) == 0


def test_a_plan_that_brings_more_months_to_their_date_is_swept(town: Town) -> None:
    """Under a plan without a bank nothing is cashed; the next one with a bank takes all."""
    services.add_plan_version(
        document=plain.PLAN, effective_from=date(2017, 4, 1), created_by=town.closer
    )
    assert expire(town, DUE) == (0, False)

    services.add_plan_version(
        document=plain.PLAN + BANK, effective_from=date(2017, 5, 1), created_by=town.closer
    )

    assert expire(town, "2017-05-01T00:00")[1]
    assert Period.objects.get(label="2017-05").status == "open"
    assert bank_of(town, "A", "2017-05-01T00:00").overdue == 0


def test_the_database_keeps_one_row(town: Town) -> None:
    expire(town, DUE)
    expire(town, "2017-05-02T00:00")

    (row,) = ExpirySweep.objects.all()
    assert (row.pk, row.due) == (ExpirySweep.ONLY_ID, "2017-01 2017-02")
