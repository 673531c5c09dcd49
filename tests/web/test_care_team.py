"""Care for people below: newcomers, quiet customers as a number, promotions, anniversaries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compensation.models import Period, QuietCustomers
from compensation.selectors_pages import care_rows, care_team
from compensation.selectors_pages.care import Care
from compensation.selectors_pages.care_team import Team
from compensation.services import care as services
from compensation.tasks import count_quiet_customers_task
from representatives.models import Representative
from representatives.services import enrol_representative
from sales.models import Customer, CustomerPulse, FollowUp, ReadingList
from sales.services import add_customer
from tests.sales.guides.conftest import write_guide
from tests.sales.test_guards import WRONG, refused
from tests.web import company
from tests.web.company import Town
from tests.web.test_pages import text_of, visit

TODAY = date(2017, 11, 20)


@pytest.fixture
def town(db: None) -> Town:
    """Marta sponsors Ana, Ana sponsors Bruno; nobody has sold."""
    town = company.found_town()
    company.enrol(town, "Marta Wrona", log_in=True)
    company.enrol(town, "Ana Silva", "Marta Wrona", log_in=True)
    company.enrol(town, "Bruno Costa", "Ana Silva", log_in=True)
    return town


def join(town: Town, name: str, under: str, on: date) -> None:
    town.people[name] = enrol_representative(
        sponsor=town.people[under],
        name=name,
        email=f"{name.split()[0].lower()}@example.org",
        enrolled_on=on,
        now=town.now,
        with_login=False,
    )


def team(town: Town, name: str, **facts: object) -> Team:
    viewer = Representative.objects.get(pk=town.people[name].pk)
    return care_team.list_team(viewer, **{"today": TODAY, "is_large": False, **facts})


def buyers(town: Town, name: str, number: int, *, quiet_on: date = TODAY) -> list[Customer]:
    """Give a person customers who went quiet on a day."""
    seller = town.people[name]
    people = [
        add_customer(representative=seller, name=f"Buyer {place}", now=town.now)
        for place in range(number)
    ]
    CustomerPulse.objects.bulk_create(
        CustomerPulse(
            customer=one,
            orders=2,
            first_on=date(2017, 1, 3),
            last_on=date(2017, 2, 3),
            interval_days=30,
            quiet_on=quiet_on,
            alive_permille=300,
            happy_streak=1,
            computed_at=town.now,
        )
        for one in people
    )
    return people


def test_new_members_without_a_sale_are_named_who_waits_longest_first(town: Town) -> None:
    join(town, "Late Arrival", "Marta Wrona", date(2017, 11, 19))
    join(town, "Early Arrival", "Ana Silva", date(2017, 10, 1))
    join(town, "Selling Arrival", "Ana Silva", date(2017, 10, 20))
    join(town, "Old Hand", "Marta Wrona", date(2017, 9, 1))
    company.sell(town, "Selling Arrival")

    found = team(town, "Marta Wrona").newcomers

    told = [(one.person.name, one.person.level, one.days) for one in found]
    assert told == [("Early Arrival", 2, 50), ("Late Arrival", 1, 1)]


def test_nobody_is_told_of_people_beside_or_above(town: Town) -> None:
    join(town, "Late Arrival", "Marta Wrona", date(2017, 11, 19))

    assert team(town, "Ana Silva").is_empty


def test_a_large_downline_shows_the_front_line_alone(town: Town) -> None:
    join(town, "Late Arrival", "Marta Wrona", date(2017, 11, 19))
    join(town, "Early Arrival", "Ana Silva", date(2017, 10, 1))

    found = team(town, "Marta Wrona", is_large=True).newcomers

    assert [one.person.name for one in found] == ["Late Arrival"]


def test_terminated_and_suspended_members_are_left_out(town: Town) -> None:
    join(town, "Late Arrival", "Marta Wrona", date(2017, 11, 19))
    Representative.objects.filter(name="Late Arrival").update(status="suspended")

    assert team(town, "Marta Wrona").is_empty


@pytest.mark.parametrize(
    ("joined", "today", "told"),
    [
        (date(2015, 11, 20), TODAY, (2, TODAY)),
        (date(2016, 11, 27), TODAY, (1, date(2017, 11, 27))),
        (date(2016, 11, 28), TODAY, None),
        (date(2016, 11, 19), TODAY, None),
        (date(2017, 11, 20), TODAY, None),
        (date(2016, 1, 2), date(2017, 12, 30), (2, date(2018, 1, 2))),
        (date(2016, 2, 29), date(2017, 2, 25), (1, date(2017, 2, 28))),
        (date(2016, 2, 29), date(2020, 2, 25), (4, date(2020, 2, 29))),
    ],
)
def test_anniversaries_of_the_coming_week(
    town: Town, joined: date, today: date, told: tuple[int, date] | None
) -> None:
    join(town, "Old Hand", "Marta Wrona", joined)

    found = team(town, "Marta Wrona", today=today).anniversaries

    old_hand = [(one.years, one.on) for one in found if one.person.name == "Old Hand"]
    assert old_hand == ([told] if told else [])
    if told:
        assert care_team.next_anniversary(joined, today=today) == told[1]


def test_sponsor_sees_how_many_customers_went_quiet(town: Town) -> None:
    buyers(town, "Ana Silva", 3)
    buyers(town, "Bruno Costa", 2)

    services.count_quiet_customers(day=TODAY)

    assert [(one.person.name, one.customers) for one in team(town, "Marta Wrona").quiet] == [
        ("Ana Silva", 3)
    ]
    assert team(town, "Ana Silva").is_empty  # two of Bruno's are too few to be told


def test_only_the_direct_sponsor_sees_the_number(town: Town) -> None:
    buyers(town, "Bruno Costa", 4)
    services.count_quiet_customers(day=TODAY)

    assert team(town, "Marta Wrona").is_empty
    assert [one.customers for one in team(town, "Ana Silva").quiet] == [4]


def test_who_is_gone_asked_for_silence_or_went_quiet_long_ago_is_not_counted(town: Town) -> None:
    people = buyers(town, "Ana Silva", 5)
    Customer.objects.filter(pk=people[0].pk).update(no_contact_at=town.now)
    Customer.objects.filter(pk=people[1].pk).update(erased_at=town.now)
    assert services.count_quiet_customers(day=TODAY) == 1
    assert QuietCustomers.objects.get().people == 3

    assert services.count_quiet_customers(day=TODAY + timedelta(days=60)) == 0
    assert services.count_quiet_customers(day=TODAY - timedelta(days=1)) == 0


def test_a_count_that_is_days_old_is_not_shown(town: Town) -> None:
    buyers(town, "Ana Silva", 3)
    services.count_quiet_customers(day=TODAY)

    assert team(town, "Marta Wrona", today=TODAY + timedelta(days=3)).is_empty


def test_task_counts_on_the_company_s_day(town: Town) -> None:
    buyers(town, "Ana Silva", 3)

    assert count_quiet_customers_task() == 1
    assert QuietCustomers.objects.get().counted_on == TODAY


def test_database_keeps_no_small_number(town: Town) -> None:
    statement = "INSERT INTO compensation_quietcustomers VALUES (%s, 2, '2017-11-20')"

    assert refused(statement, town.people["Ana Silva"].pk) == WRONG


def test_promotions_of_the_month_just_posted_are_told_for_two_weeks(town: Town) -> None:
    for _ in range(5):
        company.sell(town, "Ana Silva", pieces=3)
    run = company.preview(town)
    with connection.cursor() as cursor:  # as if it had been posted with this run
        cursor.execute("SELECT title_rank, opening_title FROM compensation_memberresult")
        assert any(title > opening for title, opening in cursor.fetchall())
    period = Period(
        pk=town.period.pk, posted_at=datetime(2017, 11, 18, tzinfo=UTC), visible_run=run
    )

    found = team(town, "Marta Wrona", posted=period).promoted

    assert [(one.person.name, one.rank) for one in found] == [("Ana Silva", "Bronze")]
    news = care_team.month_of_promotions([period], now=town.now)
    assert news is period
    assert care_team.month_of_promotions([period], now=town.now + timedelta(days=20)) is None


def test_number_of_queries_does_not_grow(town: Town) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            team(town, "Marta Wrona", most=10)
        return len(asked)

    before = queries()
    for place in range(6):
        join(town, f"P{place} Arrival", "Marta Wrona", date(2017, 11, 10))

    assert queries() == before


def test_rows_of_the_first_page_are_few_and_of_every_kind() -> None:
    def group(kind: str, number: int) -> care_rows.Group:
        rows = [care_rows.Row(kind, f"{kind}{place}", "N", "N") for place in range(number)]
        return care_rows.Group(kind, kind, "", rows)

    kept, more = care_rows.first_of([group("a", 3), group("b", 1), group("c", 3)], most=5)

    assert [(one.kind, len(one.rows)) for one in kept] == [("a", 2), ("b", 1), ("c", 2)]
    assert more == 2


def test_nothing_to_say_is_no_group() -> None:
    assert care_rows.list_groups(Care([], [], []), Team(), planned={}) == []


def test_a_talk_is_planned_with_one_click_and_shown_as_planned(town: Town) -> None:
    join(town, "Late Arrival", "Marta Wrona", date(2017, 11, 19))
    company.preview(town)
    marta = visit(town, "Marta Wrona")
    code = town.people["Late Arrival"].code
    data = {"member": code, "about": "new", "next": "/today/people/"}

    answer = marta.post("/today/people/plan/", data, follow=True)
    marta.post("/today/people/plan/", data)

    planned = FollowUp.objects.get()
    assert (planned.kind, planned.member_id) == ("member", town.people["Late Arrival"].pk)
    assert planned.due_on == TODAY + timedelta(days=1)
    assert "On your list for 21 November: Late Arrival" in text_of(answer)
    assert "Planned for 21 November" in text_of(answer)
    assert "Plan a talk" not in text_of(answer)


def test_undone_talk_can_be_planned_again(town: Town) -> None:
    join(town, "Late Arrival", "Marta Wrona", date(2017, 11, 19))
    marta = visit(town, "Marta Wrona")
    data = {"member": town.people["Late Arrival"].code, "about": "new"}

    marta.post("/today/people/plan/", data)
    marta.post(f"/follow-ups/{FollowUp.objects.get().pk}/cancel/")
    marta.post("/today/people/plan/", data)

    assert sorted(FollowUp.objects.values_list("state", flat=True)) == ["cancelled", "open"]


def test_a_talk_on_an_anniversary_is_planned_for_its_day(town: Town) -> None:
    join(town, "Old Hand", "Marta Wrona", date(2015, 11, 24))
    visit(town, "Marta Wrona").post(
        "/today/people/plan/", {"member": town.people["Old Hand"].code, "about": "anniversary"}
    )

    assert FollowUp.objects.get().due_on == date(2017, 11, 24)


@pytest.mark.parametrize(
    ("name", "about"), [("Marta Wrona", "new"), ("Bruno Costa", "x"), ("Ana Silva", "new")]
)
def test_talks_are_planned_with_people_below_alone(town: Town, name: str, about: str) -> None:
    answer = visit(town, "Ana Silva").post(
        "/today/people/plan/", {"member": town.people[name].code, "about": about}
    )

    assert answer.status_code == 404
    assert not FollowUp.objects.exists()


def test_page_names_nobody_s_customers(town: Town) -> None:
    buyers(town, "Ana Silva", 3)
    services.count_quiet_customers(day=TODAY)
    company.preview(town)

    page = visit(town, "Marta Wrona").get("/today/people/")

    assert "3 customers have gone quiet in the last 60 days" in text_of(page)
    assert "Buyer" not in page.content.decode()


def test_new_member_is_led_on_through_the_reading_list(town: Town) -> None:
    company.preview(town)
    first, second = (write_guide(slug, slug.title()) for slug in ("first", "second"))
    entries = ReadingList.objects.create(title_en="Your first weeks", first_days=999).entries
    for place, guide in enumerate((first, second)):
        entries.create(guide=guide, position=place)
    marta = visit(town, "Marta Wrona")

    def part() -> str:
        return text_of(marta.get("/today/people/", headers={"HX-Request": "true"}))

    assert "Next to read: First" in part()
    marta.post("/guides/first/read/")
    assert "Next to read: Second" in part()
    marta.post("/guides/second/read/")
    assert "Next to read" not in part()
