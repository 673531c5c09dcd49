"""Pages on months that the close has posted, with a return that came afterwards."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.db.models import Sum
from django.test import Client

from compensation import services
from compensation.models import Account, Earning, Entry, MemberResult, Period
from compensation.selectors_pages.statement import line_key
from representatives import formatting
from representatives.models import Representative, User
from representatives.services import (
    apply_sponsor_changes,
    change_sponsor,
    enrol_representative,
)
from tests.compensation import town as closing
from tests.web.test_pages import BACKEND, text_of

pytestmark = pytest.mark.django_db(transaction=True)


def _log_in(member: Representative) -> Client:
    user = member.user
    if user is None:
        user = User.objects.create_user(f"{member.code.lower()}@example.org")
        Representative.objects.filter(pk=member.pk).update(user=user)
        member.user = user
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def test_a_posted_statement_shows_what_the_ledger_holds() -> None:
    town = closing.build_town()
    run = town.close("2017-01")

    for member in town.members.values():
        client = _log_in(member)
        page = client.get("/earnings/2017-01/")
        held = Entry.objects.filter(
            representative=member, account=Account.COMMISSION_PAYABLE, journal__run=run
        ).aggregate(total=Sum("amount"))["total"]

        assert page.status_code == 200
        assert "Final, posted" in text_of(page)
        assert "Estimate" not in text_of(page)
        assert f"{formatting.money(held or 0, 'EUR')} posted to your ledger" in text_of(page)


def test_every_line_of_a_posted_month_adds_up() -> None:
    town = closing.build_town()
    run = town.close("2017-01")
    lines = list(Earning.objects.filter(run_id=run.pk).order_by("receiver_id", "component"))

    assert lines
    for line in lines:
        member = next(one for one in town.members.values() if one.pk == line.receiver_id)
        page = _log_in(member).get(f"/earnings/2017-01/{line_key(line)}/")
        assert page.status_code == 200
        assert "adds up to the line" in text_of(page), (member.code, line_key(line))


def test_a_return_after_the_close_is_a_line_of_the_open_month() -> None:
    town = closing.build_town()
    town.close("2017-01")
    order = min(
        (one for one in town.orders.values() if one.seller_id == town.members["E"].pk),
        key=lambda one: one.paid_at or one.placed_at,
    )
    town.set_clock("2017-02-10T12:00")
    town.take_back(order, 1, "2017-02-10")
    services.reverse_waiting_returns(now=closing.local("2017-02-10T13:00"))
    services.preview_period(
        period=Period.objects.get(label="2017-02"),
        by=town.closer,
        now=closing.local("2017-02-10T13:00"),
    )

    january = text_of(_log_in(town.members["D"]).get("/earnings/2017-01/"))
    february = text_of(_log_in(town.members["D"]).get("/earnings/2017-02/"))

    assert f"Return of order {order.reference}" in february
    assert f"Return of order {order.reference}" not in january
    assert "−" in february


def test_a_past_month_masks_people_who_are_below_another_one_now() -> None:
    town = closing.build_town()
    change_sponsor(
        representative=town.members["F"],
        new_sponsor=town.members["X"],
        reason="moved to another town",
        decided_by=town.closer,
        now=closing.local("2017-01-25T12:00"),
        zone=closing.ZONE,
    )
    town.close("2017-01")
    before = _log_in(town.members["A"]).get("/downline/?month=2017-01&view=table")
    assert "Member F" in text_of(before)
    apply_sponsor_changes(now=closing.local("2017-02-05T12:00"))

    table = text_of(_log_in(town.members["A"]).get("/downline/?month=2017-01&view=table"))
    found = text_of(_log_in(town.members["A"]).get("/downline/?month=2017-01&q=member"))
    card = _log_in(town.members["A"]).get(f"/downline/{town.members['F'].code}/?month=2017-01")

    assert "Member F" not in table
    assert "no longer below you" in table
    assert re.search(r"\bMember F\b", found) is None
    assert card.status_code == 404
    _check_nothing_hidden_is_told(town)


def test_a_month_before_somebody_came_says_so_and_keeps_the_way() -> None:
    town = closing.build_town()
    town.close("2017-01")
    late = enrol_representative(
        sponsor=town.members["E"],
        name="Late Comer",
        email="",
        with_login=False,
        enrolled_on=date(2017, 2, 1),
        now=closing.local("2017-02-01T10:00"),
        code="LATE",
    )
    town.set_clock("2017-02-10T12:00")
    services.preview_period(
        period=Period.objects.get(label="2017-02"),
        by=town.closer,
        now=closing.local("2017-02-10T12:00"),
    )
    client = _log_in(town.members["A"])

    now = client.get(f"/downline/?at={late.code}&month=2017-02")
    before = client.get(f"/downline/?at={late.code}&month=2017-01")
    picture = client.get(f"/downline/chart/?root={late.code}&month=2017-01")

    assert 'id="found"' in now.content.decode()
    assert re.search(r'month=2017-01&amp;at=LATE"[^>]*aria-label="January', now.content.decode())
    for page in (before, picture):
        assert page.status_code == 200
        assert "Late Comer was not below you in this month." in text_of(page)
    assert client.get(f"/downline/{late.code}/?month=2017-01").status_code == 404


def test_a_month_that_is_over_waits_for_no_sale() -> None:
    town = closing.build_town()
    town.close("2017-01")
    now = town.set_clock("2017-02-10T12:00")
    closing.services.refresh_live_figures(now=now, by=town.closer)
    client = _log_in(town.members["A"])

    over = client.get("/downline/?view=table&filters=1&month=2017-01").content.decode()
    still_open = client.get("/downline/?view=table&filters=1&month=2017-02").content.decode()

    assert "No sale" in over
    assert "No sale yet" not in over
    assert "No sale yet" in still_open
    assert client.get("/downline/?view=table&state=dormant&month=2017-01").status_code == 200


def _check_nothing_hidden_is_told(town: closing.Town) -> None:
    """Look for the figures of the one who moved away by every way to ask for them."""
    client = _log_in(town.members["A"])
    figures = MemberResult.objects.get(
        run=Period.objects.get(label="2017-01").visible_run, representative=town.members["F"]
    )
    hidden = {
        formatting.hundredths(figures.group_bv),
        f"{figures.group_bv / 100:.2f}",
        town.members["F"].code + ",",
    }
    for sort in ("tree", "name", "level", "rank", "bv", "rsp", "group", "people", "joined"):
        page = client.get(f"/downline/?month=2017-01&view=table&sort={sort}").content.decode()
        rows = page.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
        assert ["no longer below" in row for row in rows].count(True) == 1, sort
        if sort not in ("tree", "level", "people"):
            assert "no longer below" in rows[-1], sort
        assert not any(figure in page for figure in hidden), sort
    for query in ("state=active", "state=inactive", "rank=0", "bv_least=0", "joined_to=2020-01-01"):
        page = client.get(f"/downline/?month=2017-01&{query}").content.decode()
        assert "no longer below you" not in page, query
    sheet = client.get("/downline/downline.csv?month=2017-01")
    lines = b"".join(sheet.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert [line for line in lines if "no longer" in line] == [
        "Someone who is no longer below you,,5,,,,,,,,,"
    ]
    assert not any(figure in line for line in lines for figure in hidden)
