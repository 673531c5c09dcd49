"""The page of ranks: any rank, the ladder with the own place in it, and the months behind."""

from __future__ import annotations

import re

import pytest

from tests.compensation import town as closing
from tests.web.test_pages import text_of
from tests.web.test_posted_month import _log_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_ladder_history_and_the_way_to_the_planner() -> None:
    town = closing.build_town()
    town.close("2017-01")
    now = town.set_clock("2017-02-24T12:00")
    closing.services.refresh_live_figures(now=now, by=town.closer)
    reader = _log_in(town.members["A"])

    page = reader.get("/rank/")
    text = text_of(page)

    # January's 760 BV of the group made A Bronze: one step, however much it was.
    history = text.split("Month by month")[1]
    january = history[history.index("January 2017") :]
    assert january.startswith("January 2017 Bronze")
    assert "reached" in january
    assert "met so far" in history[: history.index("January 2017")]
    assert re.search(r"<h1[^>]*>\s*Ranks\s*<", page.content.decode())
    assert "Your title: Silver" in text
    assert page.content.decode().split("The ladder of ranks")[0].count("<small>your title") == 1
    ladder = text.split("The ladder of ranks")[1].split("Month by month")[0]
    assert ladder.index("Silver") < ladder.index("Bronze") < ladder.index("IR")
    assert "your title" in ladder
    assert "A title rises by at most 1 step a month, and no rank is jumped." in ladder
    assert 'href="/rank/planner/"' in page.content.decode()

    # A month that is posted has nothing to plan, and shows what it was.
    before = reader.get("/rank/?month=2017-01&rank=1")
    assert 'href="/rank/planner/"' not in before.content.decode()
    assert re.search("to be paid as (it|Bronze)", text_of(before), re.IGNORECASE)


def test_equal_lists_of_a_rank_stand_once() -> None:
    town = closing.build_town()
    town.close("2017-01")
    reader = _log_in(town.members["A"])

    page = text_of(reader.get("/rank/?month=2017-01&rank=1"))

    names = re.findall("To advance to Bronze, and to be paid as it|To be paid as Bronze", page)
    assert len(names) == 1
