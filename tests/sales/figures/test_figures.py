"""The figures of second sales: what the database counts, against a slow count from the facts."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from statistics import median_low
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from representatives.models import Company, Representative, User
from sales.figures import own, selectors, services
from sales.figures.above import medians
from sales.figures.months import instant_of, plus_months
from sales.models import Customer, MonthFigures
from sales.models.figures import COUNTED
from tests.sales.figures import oracle, world
from tests.sales.figures.world import NOW, TODAY, ZONE

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
QUIET_DAYS = 120
AFTER_IMPORT = NOW + timedelta(hours=3)
"""Later than what is looked at again because it may have been under way."""


def _stored(scope: str) -> dict[tuple[int | None, date], dict[str, Any]]:
    return {
        (row.representative_id, row.month): {
            **{name: getattr(row, name) for name in COUNTED},
            "gaps": row.gaps,
            "median_days": row.median_days,
        }
        for row in MonthFigures.objects.filter(scope=scope)
    }


def _sum(rows: list[dict[str, Any]]) -> dict[str, Any]:
    gaps = [gap for row in rows for gap in row["gaps"]]
    return {
        **{name: sum(row[name] for row in rows) for name in COUNTED},
        "gaps": [],
        "median_days": median_low(gaps) if gaps else None,
    }


def _below(person: Representative) -> set[int]:
    found = set(Representative.objects.filter(sponsor=person).values_list("pk", flat=True))
    for one in Representative.objects.filter(pk__in=found):
        found |= _below(one)
    return found


@pytest.mark.django_db(transaction=True)
def test_the_figures_are_what_a_slow_count_of_the_facts_says(tmp_path: Path) -> None:
    sellers = world.build(tmp_path)
    # Two rows of one person, who bought under both.
    first, second = Customer.objects.filter(representative=sellers[3]).order_by("pk")[:2]
    Customer.objects.filter(pk=second.pk).update(
        merged_into=first, email="", phone="", note="", referred_by=None
    )
    Customer.objects.filter(referred_by=second).update(referred_by=None)

    done = services.refresh_figures(now=AFTER_IMPORT)

    assert done is not None
    assert (done.first, done.last) == (date(2014, 3, 1), date(2017, 6, 1))
    found, expected = _stored("own"), oracle.figures(ZONE, TODAY, QUIET_DAYS)
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        assert found[key] == row, key  # type: ignore[index]
    # Everything that is counted happens in this world, and nothing is a matter of course.
    assert {
        name: sum(row[name] for row in found.values()) > 0 for name in COUNTED
    } == dict.fromkeys(COUNTED, True)
    assert (
        0
        < sum(r["packs_on_time"] for r in found.values())
        < sum(r["packs_due"] for r in found.values())
    )
    _check_sums(sellers, found)
    _check_touched_months(sellers)
    _check_pages(sellers)


def _check_sums(sellers: list[Representative], found: dict[Any, dict[str, Any]]) -> None:
    """The programme is all sellers; a team is those below, told only of many and without money."""
    months = sorted({month for _, month in found})
    programme, teams = _stored("all"), _stored("team")
    for month in months:
        rows = {seller: row for (seller, of), row in found.items() if of == month}
        assert programme[None, month] == _sum(list(rows.values())), month
        for person in sellers:
            below = _below(person)
            team = _sum([row for seller, row in rows.items() if seller in below])
            team["year_net_minor"] = 0
            if team["sellers"] >= 3 and team["customers"] >= 10:
                assert teams.pop((person.pk, month)) == team, (person.code, month)
            else:
                assert (person.pk, month) not in teams
    assert teams == {}
    assert len({key[0] for key in _stored("team")}) > 2


def _check_touched_months(sellers: list[Representative]) -> None:
    """A second look writes the open month alone, or all since the month of what came meanwhile."""
    before = _stored("own"), _stored("team"), _stored("all")
    again = services.refresh_figures(now=NOW + timedelta(hours=4))
    assert again is not None
    assert (again.first, again.last) == (date(2017, 6, 1), date(2017, 6, 1))
    assert (_stored("own"), _stored("team"), _stored("all")) == before

    # A purchase from before the months that are read, by a row that was merged, still counts.
    first = date(2016, 9, 1)
    MonthFigures.objects.filter(month__gte=first).delete()
    own.write(
        own.Span(
            first=first,
            last=date(2017, 6, 1),
            since=instant_of(plus_months(first, -own.HISTORY_MONTHS), ZONE),
            until=NOW,
            today=TODAY,
            zone=ZONE.key,
        ),
        quiet_days=QUIET_DAYS,
        now=NOW,
    )
    assert _stored("own") == before[0]
    assert max(gap for row in before[0].values() for gap in row["gaps"]) > 850

    # Months written one by one are the same as all of them at once.
    whole = services.refresh_figures(now=NOW + timedelta(hours=5), everything=True)
    assert whole is not None
    assert whole.first == date(2014, 3, 1)
    assert (_stored("own"), _stored("team"), _stored("all")) == before
    assert services.refresh_figures_once_a_day(now=NOW + timedelta(hours=6)) is None
    next_day = services.refresh_figures_once_a_day(now=NOW + timedelta(days=30))
    assert next_day is not None
    assert (next_day.first, next_day.last) == (date(2017, 6, 1), date(2017, 7, 1))
    call_command("refresh_figures", "--all")  # the company's clock stands
    assert (_stored("own"), _stored("team"), _stored("all")) == before


def _check_pages(sellers: list[Representative]) -> None:
    """Each scope has its page; a team's tells no money, and staff need the right to read."""
    client = Client()
    top = sellers[0].user
    assert top is not None
    client.force_login(top, backend=BACKEND)
    page = client.get("/figures/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "How your second sales go" in text
    assert "May 2017" in text
    assert text.count("data-estimate") == 3, "the month that is not over, in each table"
    found = selectors.get_figures("own", sellers[0], today=TODAY)
    assert found.latest is not None
    assert found.latest.first_day == date(2017, 5, 1)
    assert [month.first_day for month in found.months] == [
        plus_months(date(2016, 10, 1), count) for count in range(9)
    ]

    team = client.get("/figures/team/").content.decode()
    assert "How your team’s second sales go" in team
    assert "€" not in team
    with CaptureQueriesContext(connection) as queries:
        client.get("/figures/team/")
    assert len([one for one in queries if "sales_monthfigures" in one["sql"]]) == 1
    assert client.get("/figures/programme/").status_code == 404

    staff = User.objects.create_user("desk@example.org", "a long password", is_staff=True)
    client.force_login(staff, backend=BACKEND)
    assert client.get("/figures/programme/").status_code == 403
    assert client.get("/figures/").status_code == 404
    boss = User.objects.create_superuser("boss@example.org", "a long password")
    client.force_login(boss, backend=BACKEND)
    assert (
        "How second sales go in the programme" in client.get("/figures/programme/").content.decode()
    )


def test_a_hundred_per_cent_says_all_and_nought_says_none() -> None:
    rates = {(0, 7): 0, (1, 400): 1, (399, 400): 99, (400, 400): 100, (1, 8): 13, (2, 3): 67}

    assert {key: selectors.Rate(*key).rounded * 100 for key in rates} == rates


def test_medians_of_stretches_are_those_of_their_values() -> None:
    draw = random.Random(3)
    for size in (0, 1, 2, 7, 200):
        values = [draw.choice((0, 1, 7, 30, 31, draw.randrange(700))) for _ in range(size)]
        bounds = [sorted((draw.randint(0, size), draw.randint(0, size))) for _ in range(50)]

        found = medians(
            np.array(values, dtype=np.int64),
            np.array([start for start, _ in bounds]),
            np.array([end for _, end in bounds]),
        )

        expected = [median_low(values[a:b]) if b > a else -1 for a, b in bounds]
        assert found.tolist() == expected


def test_where_nothing_was_sold_there_is_nothing_and_the_pages_say_so(db: None) -> None:
    assert services.refresh_figures(now=NOW) is None
    boss = User.objects.create_superuser("boss@example.org", "a long password")
    client = Client()
    client.force_login(boss, backend=BACKEND)

    assert "No figures yet" in client.get("/figures/programme/").content.decode()


FACTS = dict.fromkeys(COUNTED, 0) | {"month": date(2017, 1, 1), "computed_at": NOW}
MANY = {"scope": "team", "sellers": 3, "customers": 10}


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (MANY | {"sellers": 2}, "monthfigures_team_is_many_and_no_money"),
        (MANY | {"customers": 9}, "monthfigures_team_is_many_and_no_money"),
        (MANY | {"year_net_minor": 1}, "monthfigures_team_is_many_and_no_money"),
        (MANY | {"gaps": [3]}, "monthfigures_gaps_of_one_seller"),
        ({"scope": "all"}, "monthfigures_of_somebody"),
        ({"scope": "own", "month": date(2017, 1, 2)}, "monthfigures_first_day"),
        ({"scope": "own", "came_back": 1}, "monthfigures_parts_within_wholes"),
        ({"scope": "own", "packs_on_time": 1}, "monthfigures_parts_within_wholes"),
        ({"scope": "own", "won_back": 1}, "monthfigures_parts_within_wholes"),
    ],
)
def test_the_database_refuses_a_row_that_tells_too_much_or_does_not_add_up(
    db: None, facts: dict[str, Any], rule: str
) -> None:
    Company.objects.filter(pk=1).update(clock_frozen_at=NOW)
    person = Representative.objects.first() or world.enrol_one()

    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        MonthFigures.objects.create(**(FACTS | {"representative": person} | facts))
    MonthFigures.objects.create(**(FACTS | MANY | {"representative": person}))
