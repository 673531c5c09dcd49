"""The rank card: requirements weakest first, periods in a row, grace, and what staff decided."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from django.template.loader import render_to_string

from compensation import services
from compensation.engine.requirements import Requirement
from compensation.explaining.rank_card import (
    IN_A_ROW,
    Row,
    get_rank_card,
    rows_of,
    weakest_first,
)
from compensation.models import OverrideKind, Period, Run
from compensation.plans import load_plan
from compensation.selectors_pages.plans import requirement_row
from tests.compensation.test_shortest_way import plan_with
from tests.compensation.town import Town
from tests.engine.worlds import plan_of

LADDER = """
    - {name: IR}
    - name: Bronze
      requires: [{measure: personal_bv, at_least: "5"}, {measure: group_bv, at_least: "100"}]
    - name: Silver
      consecutive_periods: 2
      requires:
        - {measure: personal_bv, from: customers, at_least: "50"}
        - {measure: active_directs, at_least: 3}
        - {measure: rsp_total, at_least: "100"}
      maintains: [{measure: group_bv, at_least: "500"}]
  grace_periods: 2
"""


def test_weakest_first_compares_shares_exactly() -> None:
    nearly, less = Row("group_bv", 10**15 - 1, 10**15), Row("own_bv", 10**15 - 2, 10**15)
    met, none = Row("active", 1, 1), Row("personal_bv", -500, 100)

    found = weakest_first([met, nearly, less, none])

    assert found == [none, less, nearly, met]
    assert none.reached == 0
    assert none.to_go == 600
    assert met.reached == Fraction(1)


def test_a_row_says_what_of_it_was_bought_with_points() -> None:
    stored = {
        "personal_bv": 10000,
        "group_bv": 17000,
        "group_bv:bought": 13000,
        "group_bv:leg-at-most-8000": 17000,
        "group_bv:leg-at-most-8000:with-bought": 26000,
        "directs:group_bv:6000": 0,
        "directs:group_bv:6000:with-bought": 1,
    }
    names = ("personal_bv", "group_bv", "group_bv:leg-at-most-8000", "directs:group_bv:6000")

    rows = rows_of(tuple(Requirement(name, 20000) for name in names), stored)

    assert [(row.current, row.bought) for row in rows] == [
        (10000, 0),
        (30000, 13000),
        (26000, 9000),
        (1, 0),
    ]
    plan = plan_of()
    shown = [requirement_row(row, plan, "en") for row in rows]
    assert [row["bought"] for row in shown] == [
        "",
        "of which 130\u00a0BV bought with points",
        "of which 90\u00a0BV bought with points",
        "",
    ]
    for row in shown:
        html = render_to_string("components/_requirement.html", {"row": row})
        assert ("bought with points" in html) == bool(row["bought"])


def test_the_card_shows_any_rank_to_advance_and_to_maintain(town: Town) -> None:
    services.add_plan_version(
        document=plan_with(LADDER), effective_from=date(2016, 2, 1), created_by=town.closer
    )
    run = town.close("2017-01")
    plan = load_plan(run.plan_version.document)

    card = get_rank_card(run, plan, town.members["TOP"].pk, rank=2)
    following = get_rank_card(run, plan, town.members["TOP"].pk)

    assert card is not None
    assert following is not None
    # January: 90 BV each, C 6.33 and F 159.31; TOP has two directs, both active.
    assert [(row.measure, row.current, row.required) for row in card.advance] == [
        ("personal_bv:customers:period", 0, 5000),
        (IN_A_ROW, 0, 2),
        ("active_directs", 2, 3),
        ("rsp_total", card.advance[3].current, 10000),
    ]
    assert card.advance[3].is_met
    assert not card.can_advance
    assert [(row.measure, row.is_met) for row in card.maintain] == [("group_bv", True)]
    assert (card.title, card.pay, following.rank) == (1, 1, 2)
    assert get_rank_card(run, plan, -1) is None


def test_the_card_shows_the_end_of_grace_and_decisions_of_staff(town: Town) -> None:
    services.add_plan_version(
        document=plan_with(LADDER), effective_from=date(2016, 2, 1), created_by=town.closer
    )
    town.close("2017-01")
    services.grant_rank_override(
        representative=town.members["B"],
        kind=OverrideKind.AT_LEAST,
        rank="Silver",
        reason="Moved house",
        first_period="2017-02",
        last_period="2017-03",
        by=town.closer,
        now=town.set_clock("2017-02-05T12:00"),
    )
    period = Period.objects.get(label="2017-02")
    now = town.set_clock("2017-02-26")
    run = services.preview_period(period=period, by=town.closer, now=now)
    run = Run.objects.select_related("period", "plan_version").get(pk=run.pk)
    plan = load_plan(run.plan_version.document)

    decided = get_rank_card(run, plan, town.members["B"].pk)
    held = get_rank_card(run, plan, town.members["C"].pk)

    assert decided is not None
    assert [(one.rank, one.reason, one.last_day) for one in decided.overrides] == [
        ("Silver", "Moved house", date(2017, 3, 31))
    ]
    assert decided.pay == 2
    # Bronze asks for 5 BV: C had them in January and sells nothing in February, the first of two.
    assert held is not None
    assert (held.title, held.pay, held.grace_until) == (1, 1, date(2017, 3, 31))
    assert decided.grace_until is None
