"""Figures that a page tells agree with the page they come from, and say how firm they are."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from django.template.loader import render_to_string

from compensation.comparing.what_if_own import Own
from compensation.engine.plan import Plan, parse_plan
from compensation.models import MemberResult
from compensation.plans import load_plan, preset_text
from compensation.selectors_pages import planner, plans
from compensation.selectors_pages.care import Care
from compensation.selectors_pages.care_rows import list_groups
from compensation.selectors_pages.care_team import Team
from representatives import formatting
from tests.compensation import town as closing
from tests.engine.documents import document
from tests.web import company
from tests.web.test_care import looked_at
from tests.web.test_pages import text_of, visit
from tests.web.test_posted_month import _log_in


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(preset_text("four-levels"))


def test_points_are_worth_what_the_bank_pays_for_them(plan: Plan) -> None:
    # Two lumps of 1,000 and two of 100, each rounded by nobody.
    assert plans.cash_value(plan, 2_200_00) == 2 * 29_00 + 2 * 2_60
    assert plans.cash_value(plan, 0) == 0
    assert plans.cash_value(plan, -1) is None
    # Without a bank the plan's rate decides.
    stated = document()
    stated.pop("rsp_bank", None)
    stated["rsp_cash_rate"] = {"points": "10000", "pays": "260.00"}
    assert plans.cash_value(parse_plan(stated), 2_200_00) == 57_20


def test_the_first_page_states_the_worth_that_the_bank_pays(db: None, plan: Plan) -> None:
    town = company.small_town()
    worth = plans.cash_value(plan, 260_00)  # one lump of 250 and ten points
    assert worth == 6_75 + 26

    text = text_of(visit(town, "Marta Wrona").get("/"))

    assert f"worth {formatting.money(worth, 'EUR')} in cash" in text


def test_who_is_active_all_the_same_is_not_called_inactive(db: None) -> None:
    town = company.found_town()
    company.enrol(town, "Marta Wrona", log_in=True)
    company.enrol(town, "Ana Silva", "Marta Wrona")
    quiet = company.preview(town)
    company.sell(town, "Ana Silva", pieces=4)
    sold = company.preview(town)

    found = looked_at(town, "Marta Wrona", run=quiet, before=(sold.pk, date(2017, 10, 1)))

    # The list takes whether somebody is active from the month that is shown.
    assert [one.person.active for one in found.slipping] == [False]
    slip = found.slipping[0]
    for active, words in ((False, "Was active"), (True, "Still active")):
        one = replace(slip, person=replace(slip.person, active=active), was_active=True)
        rows = care_rows_of(replace(found, slipping=[one, one]))
        assert rows.count(words) == 2
        assert rows.count("is-off") == (0 if active else 2)
    # What is said of all of one kind is said once, and the first page leads to these people.
    page = visit(town, "Marta Wrona").get("/")
    assert '<a href="/today/people/">' in page.content.decode()


def care_rows_of(care: Care) -> str:
    groups = list_groups(care, Team(), planned={})
    rows = render_to_string(
        "compensation/_care.html", {"groups": groups, "period": {"label": "2017-11"}}
    )
    assert rows.count("A call often shows what is in the way.") == 1
    assert rows.count("Plan a talk") == 2
    return rows


def test_the_planner_counts_customers_only_for_a_plan_that_does(plan: Plan) -> None:
    figures = {"personal_bv": 100_00, "retail_customers": 0}
    before = Own(0, 0, True, 0, 0, figures, {})
    after = Own(0, 0, True, 0, 0, {"personal_bv": 150_00, "retail_customers": 1}, {})

    names = [row["name"] for row in planner._figures(before, after, plan)]

    assert names == ["Personal BV"]
    asks = document()
    asks["ranks"]["ladder"][1]["requires"].append({"measure": "retail_customers", "at_least": 1})
    rows = planner._figures(before, after, parse_plan(asks))
    assert [row["name"] for row in rows] == ["Personal BV", "Customers who bought"]


@pytest.mark.django_db(transaction=True)
def test_points_of_the_open_month_are_marked_as_an_estimate() -> None:
    town = closing.build_town()
    town.close("2017-01")
    now = town.set_clock("2017-02-24T12:00")
    closing.services.refresh_live_figures(now=now, by=town.closer)
    reader = _log_in(town.members["A"])

    year, january, february = (
        reader.get(f"/earnings/{part}") for part in ("", "2017-01/", "2017-02/")
    )

    tiles = year.content.decode().split('aria-label="The year in four figures"')[1]
    assert re.search(r'fig-value rsp est-value">', tiles)
    assert "so far, own sales and paid levels" in text_of(year)
    assert "credited, own sales" not in text_of(year)
    assert "RSP so far" in text_of(february)
    assert "RSP credited" not in text_of(february)
    assert "amount rsp est-value" in february.content.decode()
    assert re.search(
        r'card paper is-estimate" aria-labelledby="h-points"', february.content.decode()
    )
    assert "RSP credited" in text_of(january)
    assert "est-value" not in january.content.decode()


def test_a_rank_that_only_the_steps_of_the_month_keep_away_says_so(plan: Plan) -> None:
    figures = plan.ranks.figures
    member = MemberResult(figures=[10**9] * len(figures))
    for field in MemberResult._meta.concrete_fields:
        if field.attname != "figures" and getattr(member, field.attname) is None:
            setattr(member, field.attname, 10**9)
    member.title_rank = member.pay_rank = 1
    member.opening_title = 0

    def told() -> str:
        rank = plans.rank_progress(plan, member, figures, "en")
        assert rank["weakest"] is None
        shown = {
            "rank": rank,
            "period": {"label": "2017-10"},
            "member": member,
            "totals": {"points": 0, "money": 0},
            "currency": "EUR",
            "days": {"day": 31, "length": 31, "left": 0},
        }
        parts = ("_standing", "_rank")
        return " ".join(render_to_string(f"compensation/{part}.html", shown) for part in parts)

    assert "one step a month: Bronze came first" in told()
    assert "Titles rise one step a month, and Bronze came first." in told()
    assert "all requirements met" not in told()
    # Who did not rise has nothing in the way.
    member.opening_title = 1
    assert "came first" not in told()
    assert "all requirements met" in told()


@pytest.mark.django_db(transaction=True)
def test_a_posted_month_is_no_estimate() -> None:
    town = closing.build_town()
    town.close("2017-01")
    reader = _log_in(town.members["A"])

    page = reader.get("/?month=2017-01")
    text = text_of(page)

    # A lacks what Silver asks for: nothing was kept away by the steps.
    assert "came first" not in text
    # What is posted is no estimate any more, and neither is its worth.
    assert "in cash at the plan’s rate" in text
    assert "Estimate" not in text
    assert "est-value" not in page.content.decode()
