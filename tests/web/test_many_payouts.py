"""Payout batches of many: what a page sums up, removes at once, or leaves to the command line."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compensation import selectors_payouts, services, views_payouts_staff
from compensation.models import Payee, PayoutBatch
from compensation.selectors_pages.payouts import with_totals
from representatives.models import User
from tests.compensation.paying import NOW, draft, paying_town, send, settle
from tests.compensation.town import Town
from tests.databases import TestDatabases
from tests.web.test_pages import BACKEND, text_of

LIST = "/admin/compensation/payoutbatch/"


@pytest.fixture
def paying(transactional_db: None, test_databases: TestDatabases) -> Town:
    return paying_town(test_databases)


def _client(user: User) -> Client:
    names = ("view_payoutbatch", "add_payoutbatch", "approve_payoutbatch", "send_payoutbatch")
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def test_the_list_sums_up_files_of_what_was_sent_and_payouts_of_drafts(paying: Town) -> None:
    cancelled = draft(paying)
    services.cancel_batch(batch=cancelled, reason="again", by=paying.closer, now=NOW)
    batch = draft(paying)
    payouts = batch.payouts.count()
    total = sum(one.amount_minor for one in batch.payouts.all())

    def figures() -> list[tuple[int, int]]:
        rows = with_totals(PayoutBatch.objects.order_by("pk")).values_list("count", "sum")
        return [(int(count or 0), int(minor or 0)) for count, minor in rows]

    assert figures() == [(0, 0), (payouts, total)]
    send(paying, batch)
    assert figures() == [(0, 0), (payouts, total)]
    settle(paying, batch)
    with CaptureQueriesContext(connection) as asked:
        assert figures() == [(0, 0), (payouts, total)]
    assert len(asked) == 1
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ANALYZE {asked[0]['sql']}")
        plan = [line for (line,) in cursor.fetchall()]
    read = [n for n, line in enumerate(plan) if "compensation_payout " in line]
    assert read
    assert all("never executed" in plan[n] for n in read), "no payout of ended batches is read"
    shown = _client(paying.closer).get(LIST)
    assert shown.status_code == 200
    assert batch.reference in text_of(shown)


def test_everything_that_may_not_go_out_is_removed_by_one_statement(paying: Town) -> None:
    batch = draft(paying)
    gone = [paying.members[code] for code in ("A", "D", "E")]
    gone = [one for one in gone if batch.payouts.filter(representative=one).exists()]
    Payee.objects.filter(representative__in=gone).update(held=True, held_reason="a question")
    client = _client(paying.approver)

    assert len(gone) > 1
    assert selectors_payouts.count_stale(batch, now=NOW) == len(gone)
    page = text_of(client.get(f"{LIST}{batch.pk}/page/"))
    assert f"{len(gone)} payouts may not go out any more" in page
    with CaptureQueriesContext(connection) as asked:
        client.post(f"{LIST}{batch.pk}/do/remove-stale/")

    posted = [one for one in asked if "INSERT INTO compensation_journal" in one["sql"]]
    assert len(posted) == 1
    ended = batch.payouts.filter(status="cancelled")
    assert {one.representative_id for one in ended} == {one.pk for one in gone}
    assert {one.reason for one in ended} == {"not payable any more"}
    assert selectors_payouts.stale_payouts(batch, now=NOW) == []
    assert services.remove_stale_payouts(batch=batch, by=paying.closer, now=NOW) == 0


def test_a_page_leaves_what_takes_long_to_the_command_line(
    paying: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views_payouts_staff, "MOST_BY_PAGE", 2)
    client = _client(paying.closer)

    drafting = client.post(f"{LIST}draft/", {"execution_date": "2017-02-21"})

    assert drafting.status_code == 422
    assert "More than 2 payouts take too long for a page" in text_of(drafting)
    command = "manage.py payout_batch draft --execution-date 2017-02-21 --by closer@example.com"
    assert command in text_of(drafting)
    assert not PayoutBatch.objects.exists()

    batch = draft(paying)
    services.approve_batch(batch=batch, by=paying.approver, now=NOW)
    for act, facts in (("send", {}), ("cancel", {"reason": "wrong day"})):
        refused: Any = client.post(f"{LIST}{batch.pk}/do/{act}/", facts, follow=True)
        assert f"manage.py payout_batch {act} {batch.reference}" in text_of(refused)
    batch.refresh_from_db()
    assert batch.status == "approved"


def test_a_page_drafts_what_is_few_however_many_payees_there_are(
    paying: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft(paying)  # everybody's balance is reserved from here on
    monkeypatch.setattr(views_payouts_staff, "MOST_BY_PAGE", 2)

    refused = _client(paying.closer).post(f"{LIST}draft/", {"execution_date": "2017-02-21"})

    assert "Nobody can be paid now" in text_of(refused)
