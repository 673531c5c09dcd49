"""Opened pages of posted statement lines are kept; those of a preview are read each time."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compensation import services
from compensation.models import Earning, Period, Run
from compensation.selectors_pages.statement import line_key
from representatives.models import Representative, User
from representatives.services import apply_sponsor_changes, change_sponsor
from tests.compensation import town as closing
from tests.web.test_pages import BACKEND, text_of

pytestmark = pytest.mark.django_db(transaction=True)


def _log_in(member: Representative) -> Client:
    user = User.objects.create_user(f"{member.code.lower()}@example.org")
    Representative.objects.filter(pk=member.pk).update(user=user)
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def _open(client: Client, line: Earning, label: str) -> tuple[str, str]:
    """Return what a line's page says, and the statements that it took."""
    with CaptureQueriesContext(connection) as queries:
        page = client.get(f"/earnings/{label}/{line_key(line)}/")
    assert page.status_code == 200
    shown = re.sub(r"csrf\w*\W+\w+|term-\w+-\w+", "", text_of(page))
    return shown, "\n".join(query["sql"] for query in queries)


def _widest(run: Run) -> Earning:
    line = Earning.objects.filter(run_id=run.pk).order_by("-members", "-base").first()
    assert line is not None
    return line


def test_posted_line_is_opened_once_and_says_the_same() -> None:
    town = closing.build_town()
    line = _widest(town.close("2017-01"))
    client = _log_in(Representative.objects.get(pk=line.receiver_id))

    first, read = _open(client, line, "2017-01")
    again, kept = _open(client, line, "2017-01")

    assert "adds up to the line" in first
    assert again == first
    assert "sales_orderline" in read
    assert "sales_orderline" not in kept


def test_kept_line_still_hides_who_left_the_downline() -> None:
    town = closing.build_town()
    change_sponsor(
        representative=town.members["F"],
        new_sponsor=town.members["X"],
        reason="moved to another town",
        decided_by=town.closer,
        now=closing.local("2017-01-25T12:00"),
        zone=closing.ZONE,
    )
    run = town.close("2017-01")
    client = _log_in(town.members["A"])
    lines = list(Earning.objects.filter(run_id=run.pk, receiver=town.members["A"]))
    line = next(one for one in lines if "Member F" in _open(client, one, "2017-01")[0])
    apply_sponsor_changes(now=closing.local("2017-02-05T12:00"))

    later, kept = _open(client, line, "2017-01")

    assert "Member F" not in later
    assert "Someone who is no longer below you" in later
    assert "sales_orderline" not in kept


def test_line_of_a_preview_is_read_each_time() -> None:
    town = closing.build_town()
    now = closing.local("2017-01-31T12:00")
    town.set_clock("2017-01-31T12:00")
    run = services.preview_period(
        period=Period.objects.get(label="2017-01"), by=town.closer, now=now
    )
    line = _widest(run)
    client = _log_in(Representative.objects.get(pk=line.receiver_id))

    _open(client, line, "2017-01")
    _again, read = _open(client, line, "2017-01")

    assert "sales_orderline" in read
