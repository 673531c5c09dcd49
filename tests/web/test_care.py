"""Today's list names who is close to a step and who slips, of people the reader may see."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compensation import services
from compensation.models import Period, Run
from compensation.plans import load_plan
from compensation.selectors_pages import care, downline
from representatives.services import apply_sponsor_changes, change_sponsor
from tests.compensation import town as closing
from tests.web import company
from tests.web.company import Town
from tests.web.test_pages import text_of, visit


@pytest.fixture
def town(db: None) -> Town:
    return company.small_town()


def looked_at(
    town: Town, name: str, *, seen_by: str = "", run: Run | None = None, **month: Any
) -> care.Care:
    """Return the care that a member's place in a run asks for, in a month without one before."""
    run = run or town.run
    assert run is not None
    top = downline.get_member(run.pk, town.people[name].pk)
    assert top is not None
    return care.list_care(
        run,
        top,
        viewer=town.people[seen_by or name],
        plan=load_plan(run.plan_version.document),
        **{"before": None, "day": 20, **month},
    )


def test_people_close_to_active_are_named(town: Town) -> None:
    # Celine has 50 of the 60 BV, Bruno 25.
    found = looked_at(town, "Marta Wrona")

    assert [person.name for person in found.near_active] == ["Celine Petit"]


def test_people_close_to_a_rank_are_named_with_what_they_lack(town: Town) -> None:
    company.sell(town, "Ana Silva")
    run = company.preview(town)

    found = looked_at(town, "Marta Wrona", run=run)

    # Ana's group has 250 BV, more than four fifths of the 300 that Bronze asks for.
    near = [(one.person.name, one.rank) for one in found.near_rank]
    assert near == [("Ana Silva", "Bronze")]
    assert found.near_rank[0].weakest is not None
    assert found.near_rank[0].weakest["measure"] == "group_bv"


def test_who_sold_last_month_and_not_in_this_one_is_slipping(db: None) -> None:
    town = company.found_town()
    company.enrol(town, "Marta Wrona", log_in=True)
    company.enrol(town, "Ana Silva", "Marta Wrona")
    company.enrol(town, "Dawid Nowak", "Ana Silva")
    without_sales = company.preview(town)
    company.sell(town, "Ana Silva", pieces=4)
    with_sales = company.preview(town)
    october = (with_sales.pk, date(2017, 10, 1))

    found = looked_at(town, "Marta Wrona", run=without_sales, before=october)

    assert [(one.person.name, one.bv_before) for one in found.slipping] == [("Ana Silva", 100_00)]
    assert found.slipping[0].was_active
    assert found.slipping[0].month_before == "October"
    early = looked_at(town, "Marta Wrona", run=without_sales, before=october, day=3)
    assert early.is_empty


def test_a_large_downline_asks_as_often_and_looks_at_the_front_line(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CaptureQueriesContext(connection) as small:
        looked_at(town, "Marta Wrona")
    monkeypatch.setattr(downline, "SORTED_AT_MOST", 1)

    with CaptureQueriesContext(connection) as large:
        found = looked_at(town, "Marta Wrona")

    assert len(large) <= len(small) + 1  # the walk along the front line
    # Celine is on level 2: her sponsor looks after her.
    assert found.near_active == []


def test_people_whom_the_reader_may_not_see_are_not_named(town: Town) -> None:
    found = looked_at(town, "Marta Wrona", seen_by="Bruno Costa")

    assert found.is_empty


def test_the_list_is_loaded_after_the_page(town: Town) -> None:
    page = visit(town, "Marta Wrona").get("/")
    part = visit(town, "Marta Wrona").get("/today/people/", headers={"HX-Request": "true"})
    whole = visit(town, "Marta Wrona").get("/today/people/")

    assert 'hx-get="/today/people/"' in page.content.decode()
    assert "Celine Petit is 10 BV short of active" in text_of(part).replace("\u00a0", " ")
    assert "<h1>" not in part.content.decode()
    assert "Celine Petit is 10 BV short of active" in text_of(whole).replace("\u00a0", " ")
    assert "<h1>Whom to have a word with" in whole.content.decode()


@pytest.mark.django_db(transaction=True)
def test_nobody_slips_from_a_month_in_another_line() -> None:
    town = closing.build_town(sales=False)
    town.buy("Y", "2017-01-11", GREENS=3)
    change_sponsor(
        representative=town.members["Y"],
        new_sponsor=town.members["B"],
        reason="as agreed",
        decided_by=town.closer,
        now=town.set_clock("2017-01-25T12:00"),
        zone=closing.ZONE,
    )
    january = town.close("2017-01")
    now = town.set_clock("2017-02-24T12:00")
    apply_sponsor_changes(now=now)
    february = services.preview_period(
        period=Period.objects.get(label="2017-02"), by=town.closer, now=now
    )

    for name, slips in (("TOP", ["Member Y"]), ("B", [])):
        top = downline.get_member(february.pk, town.members[name].pk)
        assert top is not None
        found = care.list_care(
            february,
            top,
            viewer=town.members[name],
            plan=load_plan(february.plan_version.document),
            before=(january.pk, date(2017, 1, 1)),
            day=24,
        )
        assert [one.person.name for one in found.slipping] == slips, name
