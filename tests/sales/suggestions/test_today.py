"""The day's work: what comes first and why, one job a person, no more than fits the day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from representatives.models import Representative
from sales.followups import services as follow_ups
from sales.models import Customer, FollowUp
from sales.suggestions import services
from tests.sales.conftest import NOW
from tests.sales.suggestions.conftest import TODAY, work_of

Make = Callable[..., Customer]
Say = Callable[..., object]


@pytest.fixture
def plan(seller: Representative) -> Callable[..., FollowUp]:
    """Return a function that plans something: ``plan("Call", days=-2)``."""

    def make(text: str, *, days: int = 0, **said: object) -> FollowUp:
        then = NOW + timedelta(days=min(days, 0))
        return follow_ups.plan_follow_up(
            representative=seller,
            kind=str(said.pop("kind", "own")),
            text=text,
            due_on=TODAY + timedelta(days=days),
            now=then,
            **said,  # type: ignore[arg-type]
        )

    return make


def names(seller: Representative) -> list[str]:
    jobs = work_of(seller).jobs
    return [job.customer.name if job.customer else job.follow_up.text for job in jobs]  # type: ignore[union-attr]


def test_what_brings_most_comes_first_and_says_so(
    seller: Representative, person: Make, foresee: Say
) -> None:
    foresee(person("Tea"), "TEA", chance_permille=900)
    foresee(person("Greens"), "GREENS", chance_permille=300)

    first, second = work_of(seller).jobs

    assert [first.customer.name, second.customer.name] == ["Greens", "Tea"]  # type: ignore[union-attr]
    assert first.why_first == (
        "Worth most today. Brings 25 BV and 20 RSP if it works out, which is so in about 30 of"
        " 100 cases."
    )
    assert (first.bv, first.rsp, first.value) == (2500, 2000, 4500 * 300)
    assert second.why_first.startswith("Brings 6 BV and 5 RSP")


def test_a_person_is_one_job_with_all_there_is_to_say(
    seller: Representative, person: Make, foresee: Say, goes_with: Say, pulse: Say, plan: Say
) -> None:
    anna, ewa = person("Anna"), person("Ewa")
    for one in (anna, ewa):
        foresee(one, "GREENS")
        pulse(one, last=30)
        goes_with(one, "GREENS", "JUG")
    plan("", customer=ewa, kind="care")

    jobs = {job.customer.name: job for job in work_of(seller).jobs if job.customer}

    assert set(jobs) == {"Anna", "Ewa"}
    assert [one.kind for one in jobs["Anna"].also] == ["add_on"]
    assert jobs["Ewa"].follow_up is not None
    assert [one.kind for one in jobs["Ewa"].also] == ["repeat", "add_on"]
    assert jobs["Ewa"].key == f"follow-up-{jobs['Ewa'].follow_up.pk}"


def test_a_day_holds_what_fits_less_what_is_done(
    seller: Representative, person: Make, foresee: Say, plan: Callable[..., FollowUp]
) -> None:
    services.set_capacity(seller=seller, jobs=3)
    for number in range(5):
        foresee(person(f"P{number}"), "GREENS", chance_permille=900 - number)
    assert names(seller) == ["P0", "P1", "P2"]

    first = work_of(seller).jobs[0]
    services.accept(seller=seller, key=first.key, act="message", now=NOW)
    done = plan("Call the hairdresser")
    follow_ups.finish_follow_up(follow_up=done, result="done", now=NOW)

    day = work_of(seller)
    assert [job.customer.name for job in day.jobs] == ["P1"]  # type: ignore[union-attr]
    assert (day.capacity, day.done, day.waiting) == (3, 2, 3)


def test_what_was_promised_is_worth_a_usual_job_and_moves_up_as_it_waits(
    seller: Representative, person: Make, foresee: Say, plan: Say
) -> None:
    foresee(person("Much"), "GREENS", chance_permille=600)
    foresee(person("Little"), "TEA", chance_permille=100)
    plan("Promised today")
    plan("Promised long ago", days=-12)
    plan("Promised for later", days=3)

    assert names(seller) == ["Promised long ago", "Much", "Promised today", "Little"]
    why = [job.why_first for job in work_of(seller).jobs]
    assert why[0] == "Worth most today. Due 12 days ago: what waits moves up each day."
    assert why[2] == "Planned for today."


def test_the_first_of_a_day_are_those_of_the_whole_day(
    seller: Representative, person: Make, foresee: Say, goes_with: Say, pulse: Say, plan: Say
) -> None:
    for number in range(4):
        one = person(f"P{number}")
        foresee(one, "GREENS", chance_permille=900 - number)
        pulse(one, last=30)
        goes_with(one, "GREENS", "JUG")
    plan("Promised long ago", days=-12)
    plan("Promised today")
    services.set_capacity(seller=seller, jobs=5)

    whole = work_of(seller)

    for most in range(7):
        first = work_of(seller, most=most)
        assert first.jobs == whole.jobs[:most]
        assert first.more == max(len(whole.jobs) - most, 0)
        assert (first.done, first.waiting) == (whole.done, whole.waiting) == (0, 1)


def test_without_anything_to_do_the_day_is_free(seller: Representative) -> None:
    day = work_of(seller)

    assert (day.jobs, day.done, day.waiting) == ([], 0, 0)


def test_a_fuller_day_costs_as_many_queries(
    seller: Representative, person: Make, foresee: Say, plan: Say
) -> None:
    def add(number: int) -> None:
        one = person(f"P{number}")
        foresee(one, "GREENS")
        plan("", customer=person(f"Q{number}"), kind="care")

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert work_of(seller).jobs
        return len(counted)

    add(0)
    few = queries()
    for number in range(1, 9):
        add(number)

    assert queries() == few <= 9
