"""The staff page on which a month is closed: what it shows, and what can be done there by whom."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from compensation import selectors, services, tasks
from compensation.models import Acknowledgement, Finding, HeartBeat, Period, Run, RunKind
from compensation.services import runs, steps
from representatives.models import User
from tests.compensation.town import Town, local

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
JANUARY = "/admin/compensation/period/2017-01/close/"
FEBRUARY = "/admin/compensation/period/2017-02/close/"
PERMISSIONS = ("view_run", "view_period", "add_run", "change_run", "add_acknowledgement")


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def log_in(user: User, *codenames: str) -> Client:
    """Give a member of staff permissions and log him in."""
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="compensation", codename__in=codenames)
    )
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def closer(town: Town) -> Client:
    return log_in(town.closer, *PERMISSIONS)


@pytest.fixture
def approver(town: Town) -> Client:
    return log_in(town.approver, *PERMISSIONS)


def act(client: Client, name: str, address: str = JANUARY, **facts: Any) -> Any:
    return client.post(f"{address}{name}/", facts, follow=True)


def work(now: str = "2017-02-03T09:00") -> None:
    """Do what a worker would do for the close that is live."""
    services.advance_to_end(run=Run.objects.latest("pk"), now=local(now))


def test_a_month_is_closed_on_the_page_by_two_people(
    town: Town, closer: Client, approver: Client
) -> None:
    assert "Ready to be computed" in text_of(closer.get(JANUARY))
    assert "Being computed" in text_of(act(closer, "start"))
    run = Run.objects.get()
    assert (run.status, run.computed_by) == ("running", town.closer)
    work()

    page = text_of(approver.get(JANUARY))
    assert "1 finding to look at" in page
    assert "5 people are promoted." in page
    assert "Nothing found: Payout ratio" in page
    assert "close/approve/" not in approver.get(JANUARY).content.decode()
    said = act(approver, "acknowledge", codes=["promotions"], reason="Wanted  by the plan")
    assert "Noted, with your name and reason." in text_of(said)
    assert "“Wanted by the plan”" in text_of(said)

    assert "Waits for another person" in text_of(closer.get(JANUARY))
    assert "another person approves it" in text_of(act(closer, "approve"))
    assert "Ready for your approval" in text_of(approver.get(JANUARY))
    assert "is approved and is being posted" in text_of(act(approver, "approve"))
    work()

    page = text_of(closer.get(JANUARY))
    assert "Posted and shown" in page
    assert "Computed by closer@example.com, approved by approver@example.com" in page
    posted = Run.objects.get().steps.get(name="post").rows
    assert f"Journals {posted}" in page


def test_an_approval_past_the_findings_is_refused_on_the_page(
    town: Town, closer: Client, approver: Client
) -> None:
    act(closer, "start")
    work()

    refused = text_of(act(approver, "approve"))

    assert "findings that nobody has acknowledged: promotions" in refused
    assert Run.objects.get().status == "computed"


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"reason": "fine"}, "Tick the findings"),
        ({"codes": ["promotions"], "reason": ""}, "This field is required"),
        ({"codes": ["promotions"], "reason": "- "}, "at least 2 characters"),
        ({"codes": ["cap_hit"], "reason": "fine"}, "not one of the available choices"),
    ],
)
def test_a_bad_acknowledgement_stands_beside_its_field(
    town: Town, closer: Client, facts: dict[str, Any], message: str
) -> None:
    act(closer, "start")
    work()

    answer = act(closer, "acknowledge", **facts)

    assert answer.status_code == 422
    assert message in text_of(answer)
    if facts.get("codes") == ["promotions"]:
        assert re.search(r'value="promotions" id="c-promotions" checked', answer.content.decode())
    assert not Acknowledgement.objects.exists()


def test_the_month_that_is_running_can_be_previewed(
    town: Town, closer: Client, monkeypatch: Any
) -> None:
    town.set_clock("2017-01-20T09:00")
    asked: list[int] = []
    monkeypatch.setattr(
        tasks.preview_period_task, "delay", lambda *, period_id: asked.append(period_id)
    )

    page = text_of(closer.get(JANUARY))
    assert "The month is still running" in page
    assert "Compute a preview" in page
    assert "A preview is being computed." in text_of(act(closer, "preview"))
    assert tasks.preview_period_task(period_id=asked[0]) == Run.objects.get().pk

    page = text_of(closer.get(JANUARY))
    assert "An estimate from what was paid until" in page
    assert "≈ €" in page
    assert closer.get(FEBRUARY, {"checks": "1"}).status_code == 404
    trial = closer.get(JANUARY, {"checks": "1"}, headers={"HX-Request": "true"})
    assert "<html" not in trial.content.decode()
    assert "5 people are promoted." in text_of(trial)
    assert "Bronze, was IR" in text_of(trial)
    assert "5 people are promoted." in text_of(closer.get(JANUARY, {"checks": "1"}))
    assert not Finding.objects.exists()
    assert "is not over" in text_of(act(closer, "start"))
    assert not Run.objects.filter(kind=RunKind.CLOSE).exists()


def test_a_later_month_leads_to_the_one_that_comes_first(town: Town, closer: Client) -> None:
    town.set_clock("2017-03-03T09:00")

    page = closer.get(FEBRUARY)

    assert "2017-01 comes first" in text_of(page)
    assert JANUARY in page.content.decode()
    assert "2017-01 comes first" in text_of(act(closer, "start", FEBRUARY))
    assert not Run.objects.exists()


def test_progress_is_a_part_that_asks_for_the_page_when_the_state_is_another(
    town: Town, closer: Client
) -> None:
    act(closer, "start")
    page = closer.get(JANUARY).content.decode()
    found = re.search(r'hx-get="([^"]+progress/\?state=[^"]+)" hx-trigger="every 1s"', page)
    assert found is not None
    address = found[1].replace("&amp;", "&")
    run = Run.objects.get()
    with runs.hold(run) as held:
        steps.freeze(held, now=local("2017-02-03T09:00"))
        runs.extend(held)
        there = closer.get(address, headers={"HX-Request": "true"})
    assert "<html" not in there.content.decode()
    assert "Compute: " in text_of(there)
    assert 'hx-swap-oob="true"' in there.content.decode()
    # Freezing has changed the month's state: what the page showed of it is old.
    assert there.headers.get("HX-Refresh") == "true"

    page = closer.get(JANUARY).content.decode()
    found = re.search(r'hx-get="([^"]+progress/\?state=[^"]+)"', page)
    assert found is not None
    same = closer.get(found[1], headers={"HX-Request": "true"})
    assert "HX-Refresh" not in same.headers
    work()
    assert closer.get(found[1]).headers.get("HX-Refresh") == "true"
    assert "hx-trigger" not in closer.get(JANUARY).content.decode()


def test_a_deaf_worker_is_told_and_can_be_called(
    town: Town, closer: Client, monkeypatch: Any
) -> None:
    told: list[int] = []
    monkeypatch.setattr(tasks.advance_run_task, "delay", lambda *, run_id: told.append(run_id))
    act(closer, "start")

    assert "No worker has given a sign of life" in text_of(closer.get(JANUARY))
    tasks.heartbeat_task()
    assert HeartBeat.objects.exists()
    assert "A worker takes it up in a moment." in text_of(closer.get(JANUARY))
    assert "A worker has been told." in text_of(act(closer, "post"))
    run = Run.objects.get()
    assert told == [run.pk, run.pk]
    work()
    assert "No step is waiting for a worker." in text_of(act(closer, "post"))


def test_a_failed_close_says_why_and_is_computed_anew(town: Town, closer: Client) -> None:
    act(closer, "start")
    with runs.hold(Run.objects.get()) as held:
        runs.fail_run(held, "the facts are <b>broken</b>")

    page = closer.get(JANUARY)
    assert "The close has failed" in text_of(page)
    assert "the facts are &lt;b&gt;broken&lt;/b&gt;" in page.content.decode()
    act(closer, "start")
    assert Run.objects.latest("pk").attempt == 2


def test_a_computation_is_given_up_on_the_page(town: Town, closer: Client) -> None:
    assert "There is nothing to give up." in text_of(act(closer, "drop"))
    act(closer, "start")
    work()

    assert "was given up" in text_of(act(closer, "drop"))

    assert Run.objects.get().status == "dropped"
    assert Period.objects.get(label="2017-01").status == "frozen"
    assert "Ready to be computed" in text_of(closer.get(JANUARY))


def test_what_was_computed_anew_is_looked_at_again(
    town: Town, closer: Client, approver: Client
) -> None:
    act(closer, "start")
    work()
    seen = re.findall(r'name="run" value="(\d+)"', approver.get(JANUARY).content.decode())
    assert set(seen) == {str(Run.objects.get().pk)}
    act(closer, "drop")
    act(closer, "start")
    work()

    for name, facts in (
        ("acknowledge", {"codes": ["promotions"], "reason": "As wanted"}),
        ("approve", {}),
        ("drop", {}),
    ):
        told = text_of(act(approver, name, run=seen[0], **facts))
        assert "computed anew since you saw it" in told

    assert Run.objects.latest("pk").status == "computed"
    assert not Acknowledgement.objects.exists()


def test_figures_and_differences_stand_beside_last_month(town: Town, closer: Client) -> None:
    january = town.close("2017-01")
    period = Period.objects.get(label="2017-02")
    town.set_clock("2017-02-27T09:00")
    services.preview_period(period=period, by=town.closer, now=local("2017-02-20T09:00"))
    town.buy("E", "2017-02-27", GREENS=4)
    town.set_clock("2017-03-03T09:00")
    february = town.close("2017-02", post=False)
    assert february.commission_minor > january.commission_minor

    page = closer.get(FEBRUARY)
    text = text_of(page)
    assert "Figure 2017-02 2017-01 Difference" in text
    assert "Against 2017-01" in text
    assert "Against the last preview" in text
    for against in ("month", "preview"):
        part = closer.get(f"{FEBRUARY}?against={against}", headers={"HX-Request": "true"})
        assert "<html" not in part.content.decode()
        assert "sales +€" in text_of(part)
        assert "Whose amounts moved most" in text_of(part)
    assert "Whose amounts moved most" in text_of(closer.get(f"{FEBRUARY}?against=month"))
    assert closer.get(f"{FEBRUARY}?against=nothing").status_code == 404
    assert closer.get(f"{JANUARY}?against=month").status_code == 404


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("start", "add_run"),
        ("preview", "add_run"),
        ("post", "add_run"),
        ("acknowledge", "add_acknowledgement"),
        ("approve", "change_run"),
        ("drop", "change_run"),
    ],
)
def test_every_act_takes_its_permission(town: Town, name: str, needed: str) -> None:
    others = [one for one in PERMISSIONS if one != needed]
    run = town.close("2017-01", post=False)
    before = list(Run.objects.values_list("status", "approved_by"))

    answer = log_in(town.approver, *others).post(f"{JANUARY}{name}/", {"codes": ["promotions"]})

    assert answer.status_code == 403
    assert list(Run.objects.values_list("status", "approved_by")) == before
    assert run.status == "computed"


def test_nobody_sees_the_page_without_the_permission(town: Town) -> None:
    client = log_in(town.approver, "view_period", "add_run")
    for address in (JANUARY, f"{JANUARY}progress/"):
        assert client.get(address).status_code == 403
        assert Client().get(address).status_code == 302
    allowed = log_in(town.approver, "view_run")
    assert allowed.get(JANUARY).status_code == 200
    assert "Compute the month" not in text_of(allowed.get(JANUARY))
    assert allowed.get(JANUARY.replace("01", "13")).status_code == 404
    assert allowed.post(f"{JANUARY}nonsense/").status_code == 404
    assert allowed.get(f"{JANUARY}approve/").status_code == 405


def test_the_page_asks_as_often_for_many_findings_as_for_few(town: Town, closer: Client) -> None:
    town.close("2017-01", post=False)
    closer.get(JANUARY)
    with CaptureQueriesContext(connection) as first:
        closer.get(JANUARY)
    run = Run.objects.get()
    assert len(selectors.list_findings(run)) == 1
    services.drop_run(run=run)
    for code in "BDEF":
        town.members[code].refresh_from_db()
    town.close("2017-01")
    town.set_clock("2017-03-03T09:00")
    town.close("2017-02", post=False)
    with CaptureQueriesContext(connection) as second:
        closer.get(FEBRUARY)

    assert len(selectors.list_findings(Run.objects.latest("pk"))) > 1
    # The month before adds its own three, whatever was found.
    assert len(second) <= len(first) + 3
    assert len(second) <= 40


def test_the_page_speaks_polish(town: Town, closer: Client) -> None:
    town.close("2017-01", post=False)

    with translation.override("en"):  # what the request switches to ends here
        text = text_of(closer.get(JANUARY, headers={"accept-language": "pl"}))

    assert "Zamknięcie miesiąca" in text
    assert "Lista kontrolna" in text
    assert "Checklist" not in text
