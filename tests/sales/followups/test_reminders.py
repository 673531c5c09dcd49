"""Each morning one notice that counts what waits and names nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from representatives.models import Company, Notice, Representative, User
from representatives.notice_kinds import NoticeKind
from representatives.notice_words import tell
from representatives.notices import queue_digests
from sales.followups.reminders import REMINDED_KEY, remind, remind_once_a_day
from sales.models import Customer
from tests.sales.conftest import NOW
from tests.sales.followups.conftest import Plan

pytestmark = pytest.mark.django_db

MORNING = NOW - timedelta(hours=4)
"""At 09:00 of the company's zone."""


def test_representative_is_told_once_how_much_waits(
    seller: Representative, customer: Customer, plan: Plan
) -> None:
    plan(customer, days=-2)
    plan(days=0)
    plan(days=0)
    plan(days=1)

    assert (remind(now=MORNING), remind(now=MORNING + timedelta(hours=1))) == (1, 0)

    notice = Notice.objects.get()
    assert (notice.user, notice.kind) == (seller.user, NoticeKind.FOLLOW_UPS)
    assert notice.facts == {"due": 3, "overdue": 1, "day": "2017-03-20"}
    [told] = tell([notice])
    assert told.title == "3 follow-ups for today"
    assert told.text.startswith("1 of them was due before.")
    assert told.path == "/follow-ups/"
    assert "Helena" not in told.title + told.text


def test_nobody_is_told_before_the_morning_or_of_nothing(plan: Plan) -> None:
    plan(days=1)
    assert remind(now=MORNING) == 0
    plan(days=0)
    assert remind(now=NOW - timedelta(hours=9)) == 0
    assert remind(now=MORNING) == 1


def test_notice_of_today_takes_the_place_of_yesterdays(plan: Plan) -> None:
    plan(days=0)
    remind(now=MORNING)

    remind(now=MORNING + timedelta(days=1))

    unread = Notice.objects.filter(read_at__isnull=True)
    assert [row.event for row in unread] == ["follow-ups:2017-03-21"]
    assert Notice.objects.count() == 2


def test_it_comes_with_the_digest_of_its_day(seller: Representative, plan: Plan) -> None:
    plan(days=0)
    User.objects.filter(pk=seller.user_id).update(email_notices=User.EmailNotices.DAILY)
    Company.objects.update(clock_frozen_at=MORNING)
    remind(now=MORNING)

    assert queue_digests(now=NOW) == 1


@pytest.mark.parametrize("status", ["suspended", "terminated"])
def test_who_is_not_enrolled_is_not_reminded(
    seller: Representative, plan: Plan, status: str
) -> None:
    plan(days=0)
    Representative.objects.filter(pk=seller.pk).update(status=status)

    assert remind(now=MORNING) == 0


def test_many_are_told_by_as_many_statements_as_one(
    seller: Representative, other_seller: Representative, plan: Plan
) -> None:
    plan(days=0)
    with CaptureQueriesContext(connection) as one:
        remind(now=MORNING)
    plan(representative=other_seller, days=0)
    with CaptureQueriesContext(connection) as two:
        assert remind(now=MORNING + timedelta(days=1)) == 2

    assert len(one) == len(two)


def test_the_rest_of_the_day_nothing_is_looked_at(plan: Plan) -> None:
    cache.delete(REMINDED_KEY)
    plan(days=0)

    found = [remind_once_a_day(now=NOW - timedelta(hours=hours)) for hours in (9, 4, 3)]
    with CaptureQueriesContext(connection) as queries:
        remind_once_a_day(now=NOW)

    assert found == [0, 1, 0]
    assert len(queries) == 1
    assert remind_once_a_day(now=NOW + timedelta(days=1)) == 1
